//! A tax schedule: dated rows with their legal reference, source and confidence.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vextrus_domain::{Rate, Refusal, RefusalCode, Taka};

/// Which tax a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Tax {
    /// Value added tax.
    Vat,
    /// VAT deducted at source.
    Vds,
    /// Income tax deducted at source.
    Tds,
}

impl Tax {
    /// The tax's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vat => "VAT",
            Self::Vds => "VDS",
            Self::Tds => "TDS",
        }
    }
}

impl fmt::Display for Tax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How sure the source of a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confidence {
    /// Primary text, or two independent sources.
    H,
    /// One source.
    M,
    /// Memory or a weak source; never computes silently.
    L,
}

/// One dated rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The tax.
    pub tax: Tax,
    /// What is taxed: a supply's code for VAT, the vendor's kind in upper case for withholding.
    pub code: String,
    /// The rate in parts per million.
    #[serde(rename = "rate_ppm")]
    pub rate: Rate,
    /// The first day that it covers; none means all earlier days.
    #[serde(default)]
    pub from: Option<NaiveDate>,
    /// The first day that it no longer covers; none means all later days.
    #[serde(default)]
    pub to: Option<NaiveDate>,
    /// The section or rule of law.
    pub legal_ref: String,
    /// Where the rate was read.
    pub source: String,
    /// How sure that source is.
    pub confidence: Confidence,
}

impl Row {
    fn covers(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day < to)
    }

    fn meets(&self, other: &Self) -> bool {
        self.from.zip(other.to).is_none_or(|(from, to)| from < to)
            && other.from.zip(self.to).is_none_or(|(from, to)| from < to)
    }
}

/// A schedule of rates, as a company has activated it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The schedule's name.
    #[serde(rename = "schedule")]
    pub name: String,
    /// How far the stated VAT may be from the computed one.
    pub vat_tolerance: Taka,
    /// The rows.
    #[serde(rename = "row")]
    pub rows: Vec<Row>,
}

/// Why a schedule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The text is not a schedule; the message names line and column.
    #[error("the tax schedule cannot be read: {0}")]
    Unreadable(String),
    /// Two rows cover the same day.
    #[error("two {tax} rows for code {code} cover the same days; bound one with `from` or `to`")]
    Overlap {
        /// The tax.
        tax: Tax,
        /// The code.
        code: String,
    },
    /// A rate above what the law allows (Income Tax Act 2023 s.89: 10 %, s.90: 20 %; VAT 15 %), taken as 20 %.
    #[error("the {tax} row for code {code} has a rate of {rate}; the most is 20 %")]
    RateTooHigh {
        /// The tax.
        tax: Tax,
        /// The code.
        code: String,
        /// The rate.
        rate: Rate,
    },
    /// A row that ends before it begins.
    #[error("the {tax} row for code {code} ends before it begins")]
    Empty {
        /// The tax.
        tax: Tax,
        /// The code.
        code: String,
    },
}

const HIGHEST: Rate = Rate::from_ppm(200_000);

impl Schedule {
    /// Reads and checks a schedule.
    ///
    /// # Errors
    /// [`ScheduleError`] for unknown keys, overlaps, empty periods and rates above the ceiling.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let schedule: Self = toml::from_str(text).map_err(|e| ScheduleError::Unreadable(e.to_string()))?;
        let mut by_key: BTreeMap<(Tax, &str), Vec<&Row>> = BTreeMap::new();
        for row in &schedule.rows {
            let (tax, code) = (row.tax, row.code.clone());
            if row.rate > HIGHEST {
                return Err(ScheduleError::RateTooHigh { tax, code, rate: row.rate });
            }
            if row.from.zip(row.to).is_some_and(|(from, to)| to <= from) {
                return Err(ScheduleError::Empty { tax, code });
            }
            let same = by_key.entry((row.tax, &row.code)).or_default();
            if same.iter().any(|other| other.meets(row)) {
                return Err(ScheduleError::Overlap { tax, code });
            }
            same.push(row);
        }
        Ok(schedule)
    }

    /// The one row for this tax, code and day.
    ///
    /// # Errors
    /// `RATE_NOT_COVERED` when there is none.
    pub fn row(&self, tax: Tax, code: &str, day: NaiveDate) -> Result<&Row, Refusal> {
        self.rows.iter().find(|r| r.tax == tax && r.code == code && r.covers(day)).ok_or_else(|| {
            Refusal::new(
                RefusalCode::RateNotCovered,
                format!("schedule {} has no {tax} row for code {code:?} on {day}", self.name),
            )
        })
    }
}
