//! What differs between two versions of a schedule.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::{Row, Schedule};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Change {
    /// The newer version has this row.
    Added {
        /// The row.
        row: Box<Row>,
    },
    /// The newer version has it no more.
    Removed {
        /// The row.
        row: Box<Row>,
    },
    /// Same key and start, other content.
    Changed {
        /// The older row.
        before: Box<Row>,
        /// The newer row.
        after: Box<Row>,
    },
    /// A setting differs.
    Setting {
        /// Which.
        name: &'static str,
        /// As it was, as JSON.
        before: String,
        /// As it is, as JSON.
        after: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { row } => write!(f, "+ {}", line(row)),
            Self::Removed { row } => write!(f, "- {}", line(row)),
            Self::Changed { before, after } => write!(f, "~ {}\n    is now {}", line(before), line(after)),
            Self::Setting { name, before, after } => write!(f, "~ {name}: {before} is now {after}"),
        }
    }
}

fn line(row: &Row) -> String {
    let day = |d: Option<chrono::NaiveDate>, open: &str| d.map_or_else(|| open.to_owned(), |d| d.to_string());
    format!(
        "{} {} {} from {} to {} ({:?}; {}; confidence {:?})",
        row.tax,
        row.key(),
        row.rate,
        day(row.from, "ever"),
        day(row.to, "open"),
        row.basis,
        row.legal_ref,
        row.confidence
    )
}

/// The differences, settings first, then rows by key and start.
#[must_use]
pub fn diff(before: &Schedule, after: &Schedule) -> Vec<Change> {
    let mut changes = Vec::new();
    let json = |value: Result<String, serde_json::Error>| value.unwrap_or_default();
    for (name, old, new) in [
        ("schedule", json(serde_json::to_string(&before.name)), json(serde_json::to_string(&after.name))),
        (
            "vat_tolerance",
            json(serde_json::to_string(&before.vat_tolerance)),
            json(serde_json::to_string(&after.vat_tolerance)),
        ),
        ("policy", json(serde_json::to_string(&before.policy)), json(serde_json::to_string(&after.policy))),
        (
            "withholding",
            json(serde_json::to_string(&before.withholding)),
            json(serde_json::to_string(&after.withholding)),
        ),
        ("ambiguous", json(serde_json::to_string(&before.ambiguous)), json(serde_json::to_string(&after.ambiguous))),
        ("required", json(serde_json::to_string(&before.required)), json(serde_json::to_string(&after.required))),
    ] {
        if old != new {
            changes.push(Change::Setting { name, before: old, after: new });
        }
    }
    let (old, new) = (by_key(before), by_key(after));
    for (key, row) in &old {
        match new.get(key) {
            None => changes.push(Change::Removed { row: Box::new((*row).clone()) }),
            Some(other) if other != row => {
                changes.push(Change::Changed { before: Box::new((*row).clone()), after: Box::new((*other).clone()) })
            }
            Some(_) => {}
        }
    }
    let added = new.iter().filter(|(key, _)| !old.contains_key(*key));
    changes.extend(added.map(|(_, row)| Change::Added { row: Box::new((*row).clone()) }));
    changes
}

fn by_key(schedule: &Schedule) -> BTreeMap<String, &Row> {
    let key = |r: &Row| format!("{:?} {} {:?} {:?} {:?} {:?}", r.tax, r.key(), r.payee, r.basis, r.over, r.from);
    schedule.rows.iter().map(|r| (key(r), &**r)).collect()
}
