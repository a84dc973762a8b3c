//! Reading a schedule from its text. What is wrong with it is told with its line.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;
use vextrus_domain::{Taka, canonical};

use super::checks;
use super::{Ambiguous, Policy, Required, Row, Schedule, Withholding};

/// The most rows of a schedule.
const MAX_ROWS: usize = 10_000;

/// Why a schedule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ScheduleError {
    /// The line of the text, from 1.
    pub line: usize,
    /// What is wrong there, and what would be right.
    pub problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    schedule: String,
    vat_tolerance: Taka,
    #[serde(default)]
    policy: Policy,
    #[serde(default)]
    withholding: Option<Spanned<Withholding>>,
    #[serde(default)]
    ambiguous: Vec<Spanned<Ambiguous>>,
    #[serde(default)]
    required: Vec<Spanned<Required>>,
    row: Vec<Spanned<Row>>,
}

impl Schedule {
    /// Reads and checks a schedule.
    ///
    /// # Errors
    /// [`ScheduleError`] for unknown keys, overlaps, gaps in what is promised, empty periods and bands, rates above the
    /// statutory ceiling, and codes that no row has.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let read: Text = toml::from_str(text).map_err(|e| ScheduleError {
            line: line_of(text, e.span().map_or(0, |s| s.start)),
            problem: e.message().to_owned(),
        })?;
        let at = |start: usize, problem: String| ScheduleError { line: line_of(text, start), problem };
        if read.row.len() > MAX_ROWS {
            return Err(at(0, format!("there are {} rows; the most is {MAX_ROWS}", read.row.len())));
        }
        let mut index: [BTreeMap<Box<str>, Vec<u32>>; 4] = Default::default();
        let mut rows: Vec<Arc<Row>> = Vec::with_capacity(read.row.len());
        for (number, spanned) in (0_u32..).zip(read.row) {
            let start = spanned.span().start;
            let row = spanned.into_inner();
            checks::row(&row).map_err(|problem| at(start, problem))?;
            let same = index[row.tax as usize].entry(row.code.as_str().into()).or_default();
            if let Some(other) = same.iter().filter_map(|i| rows.get(*i as usize)).find(|other| other.meets(&row)) {
                let problem = format!(
                    "the {} row for {} covers the same days and bases as the row from {} on; bound one with `from` or `to`",
                    row.tax,
                    row.key(),
                    other.from.map_or_else(|| "ever".to_owned(), |d| d.to_string()),
                );
                return Err(at(start, problem));
            }
            same.push(number);
            rows.push(Arc::new(row));
        }
        let mut schedule = Self {
            name: read.schedule,
            hash: canonical::sha256_hex(text),
            vat_tolerance: read.vat_tolerance,
            policy: read.policy,
            withholding: Withholding::default(),
            ambiguous: Vec::new(),
            required: Vec::new(),
            rows,
            index,
        };
        if schedule.vat_tolerance.is_negative() {
            return Err(at(0, "vat_tolerance is negative".to_owned()));
        }
        if let Some(withholding) = read.withholding {
            let start = withholding.span().start;
            schedule.withholding = withholding.into_inner();
            schedule.check_withholding().map_err(|problem| at(start, problem))?;
        }
        for spanned in read.ambiguous {
            let start = spanned.span().start;
            let ambiguous = spanned.into_inner();
            schedule.check_ambiguous(&ambiguous).map_err(|problem| at(start, problem))?;
            schedule.ambiguous.push(ambiguous);
        }
        for spanned in read.required {
            let start = spanned.span().start;
            let required = spanned.into_inner();
            schedule.check_required(&required).map_err(|problem| at(start, problem))?;
            schedule.required.push(required);
        }
        Ok(schedule)
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|b| *b == b'\n').count()
}
