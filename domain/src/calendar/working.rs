//! Working days and working minutes, from a calendar of weekends and holidays.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::file::{self, Cadence, CalendarError, HalfDay, Holiday, HolidayKind, OpenDay, VatReturn};
use super::{OfficeHours, TaxPeriod, dhaka_date};

/// The working days of a company: its weekend, the listed holidays and its office hours.
///
/// A year counts as covered only where the file says that its list is complete. Answers about another year are computed
/// from what is listed and name the year, so that no list is taken for a year without holidays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingCalendar {
    hours: OfficeHours,
    years: BTreeMap<i32, (bool, String)>,
    holidays: BTreeMap<NaiveDate, Holiday>,
    open_days: BTreeMap<NaiveDate, OpenDay>,
    half_days: BTreeMap<NaiveDate, HalfDay>,
    vat_return: Option<VatReturn>,
}

/// A day that was counted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayAnswer {
    /// The day.
    pub date: NaiveDate,
    /// The first year that was touched whose holidays are not all listed: the day may move. None where it is certain.
    pub missing_year: Option<i32>,
}

/// A span that was counted in working minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinutesAnswer {
    /// Whole minutes within office hours.
    pub minutes: u64,
    /// The first year that was touched whose holidays are not all listed. None where the count is certain.
    pub missing_year: Option<i32>,
}

/// The span is too long to be counted in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the span is {days} days long: working minutes are counted over at most {} days", SpanError::LONGEST_DAYS)]
pub struct SpanError {
    /// How many days it touches.
    pub days: i64,
}

impl SpanError {
    /// Ten years: nothing that a person waits for takes longer.
    pub const LONGEST_DAYS: i64 = 3_653;
}

impl WorkingCalendar {
    /// Reads a calendar from TOML; `rules/calendar/bangladesh.toml` shows its form.
    ///
    /// # Errors
    /// [`CalendarError`] where it cannot be read, has unknown keys, lists a date twice, out of order or under another
    /// year, or contradicts itself; the message names the line.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let (parsed, hours) = file::read(text)?;
        let mut calendar = Self {
            hours,
            years: BTreeMap::new(),
            holidays: BTreeMap::new(),
            open_days: BTreeMap::new(),
            half_days: BTreeMap::new(),
            vat_return: parsed.vat_return.map(toml::Spanned::into_inner),
        };
        for year in parsed.years.into_iter().map(toml::Spanned::into_inner) {
            calendar.years.insert(year.year, (year.complete, year.source));
            calendar.holidays.extend(year.holidays.into_iter().map(|h| (h.get_ref().date, h.into_inner())));
            calendar.open_days.extend(year.open_days.into_iter().map(|d| (d.get_ref().date, d.into_inner())));
            calendar.half_days.extend(year.half_days.into_iter().map(|d| (d.get_ref().date, d.into_inner())));
        }
        let government = calendar.holidays.values().filter(|holiday| holiday.kind == HolidayKind::Government);
        calendar.hours.list(
            government.map(|holiday| holiday.date),
            calendar.open_days.keys().copied(),
            calendar.half_days.values().map(|half| (half.date, half.closes)),
        );
        Ok(calendar)
    }

    /// Whether all holidays of the year are listed.
    #[must_use]
    pub fn covers(&self, year: i32) -> bool {
        self.years.get(&year).is_some_and(|(complete, _)| *complete)
    }

    /// Where the list of a year was read, where there is one.
    #[must_use]
    pub fn source_of(&self, year: i32) -> Option<&str> {
        self.years.get(&year).map(|(_, source)| source.as_str())
    }

    /// The holiday of this date, of any kind, where one is listed.
    #[must_use]
    pub fn holiday(&self, date: NaiveDate) -> Option<&Holiday> {
        self.holidays.get(&date)
    }

    /// All listed holidays, by date.
    pub fn holidays(&self) -> impl Iterator<Item = &Holiday> {
        self.holidays.values()
    }

    /// The order by which offices open on this day of the weekend, where there is one.
    #[must_use]
    pub fn open_day(&self, date: NaiveDate) -> Option<&OpenDay> {
        self.open_days.get(&date)
    }

    /// Why offices close early on this date, where they do.
    #[must_use]
    pub fn half_day(&self, date: NaiveDate) -> Option<&HalfDay> {
        self.half_days.get(&date)
    }

    /// When VAT returns are due from July 2026 on, where the file says so.
    #[must_use]
    pub fn vat_return(&self) -> Option<&VatReturn> {
        self.vat_return.as_ref()
    }

    /// The last period of the VAT return that holds this period: itself, or the end of its quarter.
    #[must_use]
    pub fn vat_return_period(&self, period: TaxPeriod) -> TaxPeriod {
        match self.vat_return.as_ref().map(|v| v.cadence) {
            Some(Cadence::Quarterly) => period.quarter_end(),
            Some(Cadence::Monthly) | None => period,
        }
    }

    /// Whether the date falls on the weekly holiday and was not ordered to be worked.
    #[must_use]
    pub fn is_weekend(&self, date: NaiveDate) -> bool {
        self.hours.is_weekly_holiday(date) && !self.open_days.contains_key(&date)
    }

    /// Whether the date is listed as a holiday of the government.
    #[must_use]
    pub fn is_government_holiday(&self, date: NaiveDate) -> bool {
        self.holiday(date).is_some_and(|h| h.kind == HolidayKind::Government)
    }

    /// Whether offices are open. A day on which banks alone are closed is a working day.
    #[must_use]
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        self.hours.is_working_day(date)
    }

    /// Whether banks are open: on working days that are no bank holiday.
    #[must_use]
    pub fn is_banking_day(&self, date: NaiveDate) -> bool {
        self.is_working_day(date) && self.holiday(date).is_none_or(|h| h.kind != HolidayKind::Bank)
    }

    /// The first working day on or after the date.
    #[must_use]
    pub fn next_working_day(&self, on_or_after: NaiveDate) -> DayAnswer {
        let mut date = on_or_after;
        // The file leaves a working weekday and lists finitely many days, so this ends before time does.
        while !self.is_working_day(date)
            && let Some(next) = date.succ_opt()
        {
            date = next;
        }
        self.answer(on_or_after, date)
    }

    /// The working day that is this many after the date, which is not counted itself: 3 working days after a Thursday
    /// are Tuesday. None at all are the first working day on or after the date.
    #[must_use]
    pub fn add_working_days(&self, after: NaiveDate, count: u16) -> DayAnswer {
        if count == 0 {
            return self.next_working_day(after);
        }
        let mut date = after;
        for _ in 0..count {
            let Some(next) = date.succ_opt() else { break };
            date = self.next_working_day(next).date;
        }
        self.answer(after, date)
    }

    /// The last working day of a month; none where the whole month is weekend and holidays.
    #[must_use]
    pub fn last_working_day_of(&self, month: TaxPeriod) -> Option<DayAnswer> {
        let mut days = (1..=month.last_day().day()).rev().map(|number| month.day(number));
        let date = days.find(|day| self.is_working_day(*day))?;
        Some(self.answer(date, date))
    }

    /// The minutes of office hours between two instants, on the clock of Dhaka; none where the second is not later.
    ///
    /// # Errors
    /// [`SpanError`] where the span touches more than [`SpanError::LONGEST_DAYS`] days.
    pub fn working_minutes(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<MinutesAnswer, SpanError> {
        if to <= from {
            return Ok(MinutesAnswer { minutes: 0, missing_year: None });
        }
        let (first, last) = (dhaka_date(from), dhaka_date(to));
        let days = last.signed_duration_since(first).num_days().saturating_add(1);
        if days > SpanError::LONGEST_DAYS {
            return Err(SpanError { days });
        }
        let missing_year = self.answer(first, last).missing_year;
        Ok(MinutesAnswer { minutes: self.hours.between(from, to) / 60, missing_year })
    }

    /// The office hours alone, with what is listed from one date until another, both included; other days follow the
    /// week. It names no missing year: ask [`covers`](Self::covers) where that matters.
    #[must_use]
    pub fn office_hours(&self, from: NaiveDate, until: NaiveDate) -> OfficeHours {
        self.hours.within(from, until)
    }

    /// The later date, with the first year between the two that is not covered.
    fn answer(&self, from: NaiveDate, date: NaiveDate) -> DayAnswer {
        DayAnswer { date, missing_year: (from.year()..=date.year()).find(|year| !self.covers(*year)) }
    }
}

impl DayAnswer {
    /// Whether every year that was touched has its holidays listed.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.missing_year.is_none()
    }
}
