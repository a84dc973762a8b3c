//! What stands in one place of a table.

use std::fmt;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::Value;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing, or nothing that the ledger has.
    Empty,
    /// Words, also those of others.
    Text(String),
    /// An amount in poisha; a sum of many may be larger than any one that the ledger holds.
    Amount(i128),
    /// A number of things or days.
    Count(i64),
    /// A day.
    Day(NaiveDate),
    /// A moment.
    Time(DateTime<Utc>),
    /// Yes or no.
    Flag(bool),
}

impl Cell {
    /// A text; nothing where there is none.
    pub(super) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    pub(super) fn poisha(amount: i64) -> Self {
        Self::Amount(i128::from(amount))
    }

    pub(super) fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, cell)
    }

    /// As JSON: amounts are strings, so that no reader makes floats of them.
    #[must_use]
    pub fn json(&self) -> Value {
        match self {
            Self::Empty => Value::Null,
            Self::Count(count) => Value::from(*count),
            Self::Flag(flag) => Value::from(*flag),
            Self::Text(_) | Self::Amount(_) | Self::Day(_) | Self::Time(_) => Value::from(self.to_string()),
        }
    }
}

/// Amounts with two decimals, days and times in ISO form, `yes` or `no`.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Amount(poisha) => {
                let sign = if *poisha < 0 { "-" } else { "" };
                let poisha = poisha.unsigned_abs();
                write!(f, "{sign}{}.{:02}", poisha / 100, poisha % 100)
            }
            Self::Count(count) => write!(f, "{count}"),
            Self::Day(day) => write!(f, "{day}"),
            Self::Time(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            Self::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_however_large() {
        for (poisha, written) in [
            (0, "0.00"),
            (5, "0.05"),
            (-5, "-0.05"),
            (-123_456, "-1234.56"),
            (1_000_000_000_000_000_000_000, "10000000000000000000.00"),
        ] {
            assert_eq!(Cell::Amount(poisha).to_string(), written);
            assert_eq!(Cell::Amount(poisha).json(), Value::from(written));
        }
        assert_eq!(Cell::text(""), Cell::Empty);
        assert_eq!((Cell::Flag(true).json(), Cell::Empty.json()), (Value::Bool(true), Value::Null));
    }
}
