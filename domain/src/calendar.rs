//! Dates as a Bangladeshi company keeps them: Asia/Dhaka, fiscal years from July to June.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// Asia/Dhaka is UTC+6 without daylight saving time.
const DHAKA_SECONDS_EAST: i32 = 6 * 3600;

/// The calendar date in Dhaka at this instant.
#[must_use]
pub fn dhaka_date(at: DateTime<Utc>) -> NaiveDate {
    let naive = at.naive_utc();
    FixedOffset::east_opt(DHAKA_SECONDS_EAST).map_or(naive, |dhaka| at.with_timezone(&dhaka).naive_local()).date()
}

/// A fiscal year, 1 July to 30 June, named after the year in which it starts.
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
        NaiveDate::from_ymd_opt(self.0, 7, 1).unwrap_or_default()
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0 + 1, 6, 30).unwrap_or_default()
    }
}

impl fmt::Display for FiscalYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.0, (self.0 + 1).rem_euclid(100))
    }
}

/// The text is not a fiscal year.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a fiscal year: write it like 2026-27")]
pub struct FiscalYearError(String);

impl FromStr for FiscalYear {
    type Err = FiscalYearError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.get(..4)
            .and_then(|start| start.parse().ok())
            .map(Self)
            .filter(|fy| fy.to_string() == text)
            .ok_or_else(|| FiscalYearError(text.to_owned()))
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
        assert!("2026-28".parse::<FiscalYear>().is_err());
        assert!("26".parse::<FiscalYear>().is_err());
    }

    #[test]
    fn the_day_turns_at_midnight_in_dhaka() {
        let at = |text: &str| dhaka_date(text.parse().unwrap());
        assert_eq!(at("2026-06-30T17:59:59Z"), date("2026-06-30"));
        assert_eq!(at("2026-06-30T18:00:00Z"), date("2026-07-01"));
    }
}
