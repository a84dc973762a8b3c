//! Fiscal years and assessment years.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::digits;
use crate::lang::Lang;

/// A fiscal year, 1 July to 30 June, named after the year in which it starts. It is the income year of most companies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FiscalYear(i32);

impl FiscalYear {
    /// The fiscal year that holds this date.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        Self(if date.month() >= 7 { date.year() } else { date.year() - 1 })
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0, 7, 1).unwrap_or(NaiveDate::MIN)
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0.saturating_add(1), 6, 30).unwrap_or(NaiveDate::MAX)
    }

    /// Whether the date lies in it.
    #[must_use]
    pub fn contains(self, date: NaiveDate) -> bool {
        Self::of(date) == self
    }

    /// The fiscal year after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The fiscal year before it.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The year in which its income is assessed, where it is an income year.
    #[must_use]
    pub fn assessment_year(self) -> AssessmentYear {
        AssessmentYear(self.next())
    }

    /// Its name in a language: `2026-27` or `২০২৬-২৭`.
    #[must_use]
    pub fn label(self, lang: Lang) -> String {
        match lang {
            Lang::En => self.to_string(),
            Lang::Bn => digits::to_bengali(&self.to_string()),
        }
    }
}

impl fmt::Display for FiscalYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.0, self.0.saturating_add(1).rem_euclid(100))
    }
}

/// The text is not a fiscal year.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a fiscal year: write it like 2026-27")]
pub struct FiscalYearError(String);

impl FromStr for FiscalYear {
    type Err = FiscalYearError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || FiscalYearError(digits::excerpt(text));
        if text.chars().nth("2026-27".len()).is_some() {
            return Err(refused());
        }
        let plain = digits::to_ascii(text);
        plain
            .get(..4)
            .and_then(|start| start.parse().ok())
            .map(Self)
            .filter(|fy| fy.to_string() == plain)
            .ok_or_else(refused)
    }
}

impl TryFrom<String> for FiscalYear {
    type Error = FiscalYearError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<FiscalYear> for String {
    fn from(fy: FiscalYear) -> Self {
        fy.to_string()
    }
}

/// An assessment year: the fiscal year after the income year. Income of 2025-26 is assessed in 2026-27.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AssessmentYear(FiscalYear);

impl AssessmentYear {
    /// The income year that it assesses.
    #[must_use]
    pub fn income_year(self) -> FiscalYear {
        self.0.previous()
    }

    /// The fiscal year that it coincides with.
    #[must_use]
    pub fn fiscal_year(self) -> FiscalYear {
        self.0
    }
}

impl fmt::Display for AssessmentYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AssessmentYear {
    type Err = FiscalYearError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_year_turns_on_the_first_of_july() {
        assert_eq!(FiscalYear::of(date("2026-06-30")).to_string(), "2025-26");
        assert_eq!(FiscalYear::of(date("2026-07-01")).to_string(), "2026-27");
        assert_eq!(FiscalYear::of(date("2099-12-31")).to_string(), "2099-00");
        let fy: FiscalYear = "2026-27".parse().unwrap();
        assert_eq!((fy.first_day(), fy.last_day()), (date("2026-07-01"), date("2027-06-30")));
        assert!(fy.contains(fy.first_day()) && fy.contains(fy.last_day()) && !fy.contains(date("2027-07-01")));
        assert_eq!((fy.next().to_string(), fy.previous().to_string()), ("2027-28".into(), "2025-26".into()));
        for bad in ["2026-28", "26", "", "2026-27 ", "2026/27", "২০২৬-২৮", "২০২", "2026-২", &"২".repeat(1_000)]
        {
            assert!(bad.parse::<FiscalYear>().is_err(), "{bad}");
        }
        assert_eq!("২০২৬-২৭".parse(), Ok(fy));
        assert_eq!(fy.label(Lang::Bn), "২০২৬-২৭");
    }

    #[test]
    fn income_is_assessed_in_the_year_after() {
        let income: FiscalYear = "2025-26".parse().unwrap();
        let assessed = income.assessment_year();
        assert_eq!((assessed.to_string().as_str(), assessed.income_year()), ("2026-27", income));
        assert_eq!("2026-27".parse(), Ok(assessed));
        assert_eq!(serde_json::to_string(&assessed).unwrap(), "\"2026-27\"");
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        for day in [NaiveDate::MIN, NaiveDate::MAX] {
            let fy = FiscalYear::of(day);
            assert!(fy.first_day() <= day && day <= fy.last_day(), "{fy}");
        }
    }
}
