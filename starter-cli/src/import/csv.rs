//! Records as CSV: a line of heads, then a line a record. A cell that is empty says nothing, and one with a dash that there is none.

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::Kind;

/// What a cell says to take away what is stored.
const NONE: &str = "-";

/// How the cells of one column are read.
#[derive(Clone, Copy)]
enum Cell {
    Text,
    /// Several, separated by semicolons.
    Words,
    /// `true` or `false`, `yes` or `no`.
    Flag,
}

/// The columns of a kind: the head, where its value belongs, and how it is read.
const fn columns(kind: Kind) -> &'static [(&'static str, &'static [&'static str], Cell)] {
    use Cell::{Flag, Text, Words};
    match kind {
        Kind::People => &[
            ("id", &["id"], Text),
            ("department", &["department"], Text),
            ("roles", &["roles"], Words),
            ("manager", &["manager"], Text),
            ("deputy", &["deputy"], Text),
            ("approval_limit", &["approval_limit"], Text),
            ("active", &["active"], Flag),
        ],
        Kind::Departments => &[
            ("id", &["id"], Text),
            ("name", &["name"], Text),
            ("head", &["head"], Text),
            ("active", &["active"], Flag),
        ],
        Kind::Vendors => &[
            ("id", &["id"], Text),
            ("name", &["name"], Text),
            ("kind", &["kind"], Text),
            ("tin", &["tin"], Text),
            ("bin", &["bin"], Text),
            ("class", &["class"], Text),
            ("active", &["active"], Flag),
            ("natural_person", &["tax", "natural_person"], Flag),
            ("non_resident", &["tax", "non_resident"], Flag),
            ("trade", &["tax", "trade"], Text),
            ("vat_status", &["tax", "vat_status"], Text),
            ("psr_kind", &["tax", "psr", "kind"], Text),
            ("psr_number", &["tax", "psr", "number"], Text),
            ("psr_assessment_year", &["tax", "psr", "assessment_year"], Text),
            ("psr_verified_on", &["tax", "psr", "verified_on"], Text),
            ("psr_verified_by", &["tax", "psr", "verified_by"], Text),
            ("psr_exemption", &["tax", "psr_exemption"], Text),
        ],
        Kind::PurchaseOrders => &[
            ("number", &["number"], Text),
            ("vendor", &["vendor"], Text),
            ("total", &["total"], Text),
            ("open", &["open"], Flag),
        ],
        Kind::Budgets => &[
            ("fiscal_year", &["fiscal_year"], Text),
            ("department", &["department"], Text),
            ("project", &["project"], Text),
            ("allocated", &["allocated"], Text),
        ],
    }
}

/// What the lines of a text say of their records, as JSON; `null` is what they take away. A line that cannot be read says why.
pub(super) fn values(kind: Kind, text: &str) -> anyhow::Result<Vec<Result<Value, String>>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let heads = reader.headers().context("the line of heads cannot be read")?.clone();
    let known = columns(kind);
    let mut places = Vec::with_capacity(heads.len());
    for head in &heads {
        let names = || known.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ");
        let column = known.iter().find(|(name, ..)| *name == head);
        places.push(column.with_context(|| format!("there is no column {head:?}; there are {}", names()))?);
    }
    if let Some(twice) = heads.iter().enumerate().find_map(|(at, head)| heads.iter().take(at).find(|h| *h == head)) {
        anyhow::bail!("there are two columns {twice:?}");
    }
    let line = |line: Result<csv::StringRecord, csv::Error>| {
        let line = line.map_err(|e| e.to_string())?;
        let mut record = json!({});
        for ((head, path, cell), text) in places.iter().zip(&line).filter(|(_, text)| !text.is_empty()) {
            let value = match cell {
                _ if text == NONE => Value::Null,
                Cell::Text => Value::from(text),
                Cell::Words => text.split(';').map(str::trim).filter(|word| !word.is_empty()).collect(),
                Cell::Flag => Value::from(flag(head, text)?),
            };
            put(&mut record, if value.is_null() { group(path) } else { path }, value);
        }
        Ok(record)
    };
    Ok(reader.records().map(line).collect())
}

/// What goes with a value that is taken away: of a proof of return, all of it.
fn group(path: &'static [&'static str]) -> &'static [&'static str] {
    match path {
        ["tax", "psr", "kind"] => &["tax", "psr"],
        path => path,
    }
}

/// The record that cells make of what is stored, or of nothing.
pub(super) fn laid_over(kind: Kind, stored: Value, cells: Value) -> Value {
    let mut record = stored;
    lay_over(&mut record, cells);
    let missing: &[(&str, Value)] = match kind {
        Kind::People => &[("roles", json!([]))],
        // A vendor's numbers may be unknown; that is found out when an invoice is assessed.
        Kind::Vendors => &[("tin", json!("")), ("bin", json!(""))],
        _ => &[],
    };
    for (name, value) in missing {
        if record.get(name).is_none() {
            put(&mut record, &[name], value.clone());
        }
    }
    record
}

fn lay_over(base: &mut Value, over: Value) {
    match over {
        Value::Object(over) => {
            if !base.is_object() {
                *base = Value::Object(Map::new());
            }
            for (name, value) in over {
                if value.is_null() {
                    base.as_object_mut().map(|fields| fields.remove(&name));
                } else {
                    lay_over(&mut base[name.as_str()], value);
                }
            }
        }
        over => *base = over,
    }
}

fn flag(head: &str, text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" => Ok(true),
        "false" | "no" => Ok(false),
        _ => Err(format!("{head}: {text:?} is neither yes nor no")),
    }
}

fn put(record: &mut Value, path: &[&str], value: Value) {
    let mut place = record;
    for part in path {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[*part];
    }
    *place = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_record_and_an_empty_cell_says_nothing() {
        let text = "id, name, kind, tin, active, psr_kind, psr_number, psr_assessment_year, psr_verified_on\n\
                    padma,\"Padma, Sons\",contractor,123456789012,yes,,,,\n\
                    meghna,Meghna,supplier,,no,return_acknowledgement,R-1,2026-27,2026-08-01\n\
                    surma,Surma,service,,perhaps,,,,\n";
        let found = values(Kind::Vendors, text).unwrap();
        let padma =
            json!({"id": "padma", "name": "Padma, Sons", "kind": "contractor", "tin": "123456789012", "active": true});
        assert_eq!(found[0], Ok(padma.clone()));
        let new = laid_over(Kind::Vendors, json!({}), padma);
        assert_eq!((&new["tin"], &new["bin"]), (&json!("123456789012"), &json!("")));
        let meghna = laid_over(Kind::Vendors, json!({}), found[1].clone().unwrap());
        assert_eq!(meghna["tax"]["psr"]["number"], "R-1");
        assert!(Kind::Vendors.read(meghna).is_ok());
        assert_eq!(found[2], Err("active: \"perhaps\" is neither yes nor no".to_owned()));
    }

    #[test]
    fn what_no_cell_speaks_of_stays_and_a_dash_takes_away() {
        let stored = json!({"id": "padma", "name": "Padma", "kind": "contractor", "tin": "1", "bin": "2", "class": "works",
            "active": false, "tax": {"trade": "trader", "psr": {"kind": "x"}, "certificates": [{"number": "C-1"}]}});
        let cells = values(Kind::Vendors, "id,name,kind,bin,class,trade,psr_kind\npadma,Padma Ltd,,,-,,-\n").unwrap();
        let record = laid_over(Kind::Vendors, stored, cells.into_iter().next().unwrap().unwrap());
        let left = json!({"id": "padma", "name": "Padma Ltd", "kind": "contractor", "tin": "1", "bin": "2", "active": false,
            "tax": {"trade": "trader", "certificates": [{"number": "C-1"}]}});
        assert_eq!(record, left);
        let people = values(Kind::People, "id,roles\nkarim,-\n").unwrap();
        let record = laid_over(Kind::People, json!({"id": "karim", "roles": ["hr"]}), people[0].clone().unwrap());
        assert_eq!(record["roles"], json!([]));
    }

    #[test]
    fn an_unknown_column_is_named_with_those_that_are_known() {
        let wrong = values(Kind::Budgets, "year,department\n2026-27,works\n").unwrap_err().to_string();
        assert_eq!(wrong, "there is no column \"year\"; there are fiscal_year, department, project, allocated");
        let twice = values(Kind::People, "id,roles,id\nrahim,,karim\n").unwrap_err().to_string();
        assert_eq!(twice, "there are two columns \"id\"");
        let people = values(Kind::People, "id,roles\nrahim,accounts_payable; hr\n").unwrap();
        assert_eq!(people[0].as_ref().unwrap()["roles"], json!(["accounts_payable", "hr"]));
    }
}
