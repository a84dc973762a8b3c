//! Backups: the whole ledger in one file, from one consistent moment, in a format that either database can be restored from.
//!
//! The file is lines of JSON. The first one says what it is and of which version; then each table names its columns and gives its
//! rows as arrays; the last one is the manifest, with rows and a hash for each table and one hash over all lines before it. So a
//! file that was cut, changed or mixed up is known before anything of it is committed.

mod catalog;
mod file;
mod load;
mod save;

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::db::{Arg, Kind};
use crate::error::LedgerError;

pub use catalog::tenants;
pub use file::{restore, save};

/// What the first line calls the file.
const FORMAT: &str = "vextrus-ledger-backup";
/// The version of the format that is written, and the latest that is read.
const VERSION: u32 = 1;
/// The longest line that is read, in bytes: far above the longest row.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// What the file is.
    pub format: String,
    /// The version of its format.
    pub version: u32,
    /// The version of the tables.
    pub schema: i64,
    /// When it was taken.
    pub at: DateTime<Utc>,
}

/// The line before a table's rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TableHead {
    table: String,
    columns: Vec<Column>,
}

/// A column, as its table's line names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Column {
    name: String,
    kind: Kind,
}

/// What a table held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSum {
    /// Its name.
    pub table: String,
    /// How many rows.
    pub rows: u64,
    /// SHA-256 of its rows' lines, in hex.
    pub sha256: String,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The companies whose rows it holds.
    pub tenants: Vec<String>,
    /// Every table.
    pub tables: Vec<TableSum>,
    /// SHA-256 of all lines before this one, in hex.
    pub sha256: String,
}

/// A backup that was written or restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// What it says of itself.
    pub head: Head,
    /// What it holds.
    pub manifest: Manifest,
    /// What the check found wrong with the books after a restore that was to keep faults.
    pub faults: Vec<String>,
}

impl Backup {
    /// How many rows it holds.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.manifest.tables.iter().map(|t| t.rows).sum()
    }
}

/// Why a backup could not be written or restored. Nothing has been changed then.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The file cannot be written or read.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The file is no whole backup.
    #[error("line {line} of the backup: {why}; take another copy of it")]
    Damaged {
        /// The line, from 1.
        line: u64,
        /// Why.
        why: String,
    },
    /// It is of another version.
    #[error("the backup is of {what} version {theirs}, this program of {ours}: {remedy}")]
    Version {
        /// What.
        what: &'static str,
        /// The backup's.
        theirs: i64,
        /// Ours.
        ours: i64,
        /// What would help.
        remedy: &'static str,
    },
    /// There is something already where it would be restored.
    #[error("the ledger is not empty: {rows} rows in {table}; restore into a new database")]
    NotEmpty {
        /// A table that has rows.
        table: String,
        /// How many.
        rows: i64,
    },
    /// What was restored does not hold what a ledger promises.
    #[error("the backup holds {} faults, and nothing was restored: {}", .0.len(), .0.join("; "))]
    Unsound(Vec<String>),
}

/// A value as it stands in a row's line.
fn to_json(value: Arg) -> Value {
    match value {
        Arg::Text(v) => v.into(),
        Arg::Int(v) => v.into(),
        Arg::Bool(v) => v.into(),
        Arg::Date(v) => v.map(|day| day.to_string()).into(),
        Arg::Time(v) => v.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)).into(),
    }
}

/// A value from a row's line; none where it is of another kind.
fn from_json(kind: Kind, value: Value) -> Option<Arg> {
    Some(match (kind, value) {
        (Kind::Text, Value::Null) => Arg::Text(None),
        (Kind::Int, Value::Null) => Arg::Int(None),
        (Kind::Bool, Value::Null) => Arg::Bool(None),
        (Kind::Date, Value::Null) => Arg::Date(None),
        (Kind::Time, Value::Null) => Arg::Time(None),
        (Kind::Text, Value::String(text)) => Arg::Text(Some(text)),
        (Kind::Int, Value::Number(number)) => Arg::Int(Some(number.as_i64()?)),
        (Kind::Bool, Value::Bool(flag)) => Arg::Bool(Some(flag)),
        (Kind::Date, Value::String(text)) => Arg::Date(Some(text.parse::<NaiveDate>().ok()?)),
        (Kind::Time, Value::String(text)) => Arg::Time(Some(text.parse::<DateTime<Utc>>().ok()?)),
        _ => return None,
    })
}
