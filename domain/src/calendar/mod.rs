//! Dates as a Bangladeshi company keeps them: Asia/Dhaka, fiscal years from July to June, working days.

mod clock;
mod file;
mod fiscal;
mod office_hours;
mod period;
mod working;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};

pub use file::{
    Cadence, CalendarError, Confidence, HalfDay, Holiday, HolidayKind, LONGEST_CALENDAR, OpenDay, VatReturn,
};
pub use fiscal::{AssessmentYear, FiscalYear, FiscalYearError};
pub use office_hours::OfficeHours;
pub use period::{TaxPeriod, TaxPeriodError};
pub use working::{DayAnswer, MinutesAnswer, SpanError, WorkingCalendar};

/// Asia/Dhaka is UTC+6 without daylight saving time.
const DHAKA_EAST: TimeDelta = TimeDelta::hours(6);

/// The calendar date in Dhaka at this instant.
#[must_use]
pub fn dhaka_date(at: DateTime<Utc>) -> NaiveDate {
    dhaka_time(at).date()
}

/// The clock in Dhaka at this instant. The last hours that a date can hold have no later clock and keep that of UTC.
fn dhaka_time(at: DateTime<Utc>) -> NaiveDateTime {
    let utc = at.naive_utc();
    utc.checked_add_signed(DHAKA_EAST).unwrap_or(utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_turns_at_midnight_in_dhaka() {
        let at = |text: &str| dhaka_date(text.parse().unwrap()).to_string();
        assert_eq!(at("2026-06-30T17:59:59Z"), "2026-06-30");
        assert_eq!(at("2026-06-30T18:00:00Z"), "2026-07-01");
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        assert_eq!(dhaka_date(DateTime::<Utc>::MAX_UTC), DateTime::<Utc>::MAX_UTC.naive_utc().date());
        assert!(dhaka_date(DateTime::<Utc>::MIN_UTC) <= NaiveDate::MIN + TimeDelta::days(1));
    }
}
