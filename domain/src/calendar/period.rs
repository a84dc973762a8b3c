//! Tax periods.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::FiscalYear;
use crate::digits;

/// A tax period of VAT and of deductions at source: one calendar month, written `2026-07`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaxPeriod(NaiveDate);

impl TaxPeriod {
    /// The period that holds this date.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        Self(date.with_day(1).unwrap_or(date))
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        self.0
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        self.0.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(NaiveDate::MAX)
    }

    /// A day of it, by its number in the month; the last day where the month is shorter.
    #[must_use]
    pub fn day(self, number: u32) -> NaiveDate {
        self.0.with_day(number.max(1)).unwrap_or_else(|| self.last_day())
    }

    /// Its calendar year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// Its month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u32 {
        self.0.month()
    }

    /// Whether the date lies in it.
    #[must_use]
    pub fn contains(self, date: NaiveDate) -> bool {
        Self::of(date) == self
    }

    /// The period after it; itself at the end of time.
    #[must_use]
    pub fn next(self) -> Self {
        self.0.checked_add_months(Months::new(1)).map_or(self, Self)
    }

    /// The period before it; itself at the beginning of time.
    #[must_use]
    pub fn previous(self) -> Self {
        self.0.checked_sub_months(Months::new(1)).map_or(self, Self)
    }

    /// The last period of its quarter: September, December, March or June.
    #[must_use]
    pub fn quarter_end(self) -> Self {
        self.0.checked_add_months(Months::new((12 - self.month()) % 3)).map_or(self, Self)
    }

    /// The fiscal year that holds it.
    #[must_use]
    pub fn fiscal_year(self) -> FiscalYear {
        FiscalYear::of(self.0)
    }
}

impl fmt::Display for TaxPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

/// The text is not a tax period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a tax period: write year and month like 2026-07")]
pub struct TaxPeriodError(String);

impl FromStr for TaxPeriod {
    type Err = TaxPeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || TaxPeriodError(digits::excerpt(text));
        if text.chars().nth("2026-07".len()).is_some() {
            return Err(refused());
        }
        let plain = digits::to_ascii(text);
        let (year, month) = plain.split_once('-').ok_or_else(refused)?;
        let first = year.parse().ok().zip(month.parse().ok()).and_then(|(y, m)| NaiveDate::from_ymd_opt(y, m, 1));
        first.map(Self).filter(|period| period.to_string() == plain).ok_or_else(refused)
    }
}

impl TryFrom<String> for TaxPeriod {
    type Error = TaxPeriodError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TaxPeriod> for String {
    fn from(period: TaxPeriod) -> Self {
        period.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> TaxPeriod {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_is_a_month() {
        for (text, first, last, previous, next, quarter) in [
            ("2026-07", "2026-07-01", "2026-07-31", "2026-06", "2026-08", "2026-09"),
            ("2028-02", "2028-02-01", "2028-02-29", "2028-01", "2028-03", "2028-03"),
            ("2026-12", "2026-12-01", "2026-12-31", "2026-11", "2027-01", "2026-12"),
            ("2026-01", "2026-01-01", "2026-01-31", "2025-12", "2026-02", "2026-03"),
        ] {
            let p = period(text);
            assert_eq!((p.first_day().to_string(), p.last_day().to_string()), (first.into(), last.into()));
            assert_eq!((p.previous(), p.next(), p.quarter_end()), (period(previous), period(next), period(quarter)));
            assert!(p.contains(p.last_day()) && !p.contains(p.next().first_day()));
        }
        assert_eq!(period("২০২৬-০৭"), period("2026-07"));
        assert_eq!(period("2026-06").fiscal_year().to_string(), "2025-26");
        assert_eq!(
            (period("2026-02").day(30), period("2026-02").day(0)),
            (period("2026-02").last_day(), period("2026-02").first_day())
        );
    }

    #[test]
    fn refuses_what_is_not_a_month() {
        for bad in ["", "2026", "2026-13", "2026-00", "2026-7", "26-07", "2026/07", "2026-07-01", "+026-07", "মাস"]
        {
            assert!(bad.parse::<TaxPeriod>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        for day in [NaiveDate::MIN, NaiveDate::MAX] {
            let p = TaxPeriod::of(day);
            assert!(p.first_day() <= day && day <= p.last_day());
            assert!(p.previous() <= p && p <= p.next() && p <= p.quarter_end());
        }
    }
}
