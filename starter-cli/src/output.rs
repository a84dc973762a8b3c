//! Answers, on stdout. Talk goes to stderr.

use std::io::Write as _;

use serde_json::Value;

use crate::options::Format;

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
        Format::Text => line(text().trim_end()),
        Format::Json => line(&serde_json::to_string_pretty(json)?),
        Format::Jsonl => line(&json.to_string()),
    }
}
