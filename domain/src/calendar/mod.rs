//! Dates as a Bangladeshi company keeps them: Asia/Dhaka, fiscal years from July to June, working days.

mod clock;
mod file;
mod fiscal;
mod office_hours;
mod period;
mod working;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

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

/// The instant at which this date begins in Dhaka. The first day that there is begins as in UTC.
#[must_use]
pub fn dhaka_midnight(date: NaiveDate) -> DateTime<Utc> {
    let clock = date.and_time(NaiveTime::MIN);
    clock.checked_sub_signed(DHAKA_EAST).unwrap_or(clock).and_utc()
}

/// The clock in Dhaka at this instant. The last hours that a date can hold have no later clock and keep that of UTC.
#[must_use]
pub fn dhaka_time(at: DateTime<Utc>) -> NaiveDateTime {
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
    fn a_day_begins_at_its_midnight_in_dhaka() {
        let july: NaiveDate = "2026-07-01".parse().unwrap();
        let begins = dhaka_midnight(july);
        assert_eq!(begins.to_rfc3339(), "2026-06-30T18:00:00+00:00");
        assert_eq!(dhaka_date(begins), july);
        assert_eq!(dhaka_date(begins - TimeDelta::nanoseconds(1)), july.pred_opt().unwrap());
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        assert_eq!(dhaka_date(DateTime::<Utc>::MAX_UTC), DateTime::<Utc>::MAX_UTC.naive_utc().date());
        assert!(dhaka_date(DateTime::<Utc>::MIN_UTC) <= NaiveDate::MIN + TimeDelta::days(1));
        assert!(dhaka_midnight(NaiveDate::MIN) <= dhaka_midnight(NaiveDate::MAX));
    }
}
