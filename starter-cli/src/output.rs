//! Answers, on stdout. Talk goes to stderr.

use std::io::Write as _;

use serde_json::Value;

use crate::options::Format;
use crate::present;

/// Writes a line to stdout.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// Writes one answer: its text for people, or its JSON.
pub(crate) fn answer(format: Format, text: impl FnOnce() -> String, json: &Value) -> anyhow::Result<()> {
    match format {
        Format::Text => line(&present::shown(plain(&text()).trim_end())),
        Format::Csv => line(plain(&text()).trim_end()),
        Format::Json => line(&serde_json::to_string_pretty(json)?),
        Format::Jsonl => line(&json.to_string()),
    }
}

/// Writes several answers: their text for people, one array, or one object a line.
pub(crate) fn list(format: Format, text: impl FnOnce() -> String, lines: Vec<Value>) -> anyhow::Result<()> {
    match format {
        Format::Jsonl => lines.iter().try_for_each(|one| line(&one.to_string())),
        format => answer(format, text, &Value::Array(lines)),
    }
}

/// Without what a terminal would obey: what others have written is shown too.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_told_nothing() {
        assert_eq!(plain("a\u{1b}[2Jb\u{9b}c\r\nd\te\u{7f}"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\nd\te\u{fffd}");
    }
}
