//! One record, field by field.

use serde::Serialize;
use serde_json::Value;

use crate::options::Format;
use crate::{output, text};

/// Shows a message: its fields one a line for people, or as JSON.
pub(super) fn one(format: Format, message: &impl Serialize) -> anyhow::Result<()> {
    let value = serde_json::to_value(message)?;
    output::answer(format, || fields(&value), &value)
}

/// The fields that are set, one a line, each under its path.
fn fields(value: &Value) -> String {
    let mut lines = Vec::new();
    add(&mut lines, "", value);
    let width = lines.iter().map(|(path, _)| path.chars().count()).max().unwrap_or(0);
    lines.iter().map(|(path, text)| format!("{path:<width$}  {text}")).collect::<Vec<_>>().join("\n")
}

fn add(lines: &mut Vec<(String, String)>, path: &str, value: &Value) {
    let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| add(lines, &under(name), value)),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            let all: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            lines.push((path.to_owned(), all.join(", ")));
        }
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(i, value)| add(lines, &format!("{path}[{i}]"), value))
        }
        Value::String(amount) if path.ends_with("Poisha") => {
            let taka = amount.parse().map(text::amount);
            lines.push((
                path.trim_end_matches("Poisha").to_owned(),
                taka.map_or_else(|_| amount.clone(), |t| format!("BDT {t}")),
            ));
        }
        Value::String(text) => lines.push((path.to_owned(), text.clone())),
        other => lines.push((path.to_owned(), other.to_string())),
    }
}

/// A word of an enum as people read it.
pub(super) fn word(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_lowercase().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_stand_under_their_paths_and_amounts_in_taka() {
        let value = json!({"name": "tenants/a/people/b", "roles": ["x", "y"], "approvalLimitPoisha": "15000000",
            "tax": {"papers": [{"number": "C-1"}]}, "inactive": true});
        let shown = fields(&value);
        for line in ["approvalLimit  ", "BDT 1,50,000.00", "x, y", "tax.papers[0].number  C-1", "inactive  "] {
            assert!(shown.contains(line), "{line}: {shown}");
        }
        assert_eq!(word("VENDOR_KIND_SERVICE", "VENDOR_KIND_"), "service");
    }
}
