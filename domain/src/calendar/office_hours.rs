//! Time that counts only while offices are open: the clock of service levels.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc};
use serde::{Deserialize, Serialize};

use super::DHAKA_EAST;
use super::clock::Clock;
use super::file::DayName;

/// When offices are open: the weekend, the daily hours, and the days that differ from both.
///
/// [`WorkingCalendar::office_hours`](super::WorkingCalendar::office_hours) cuts them out of a calendar, small enough to
/// be stored with what they time. Days that are not listed follow the week, however far away they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct OfficeHours {
    weekend: BTreeSet<DayName>,
    opens: NaiveTime,
    closes: NaiveTime,
    /// When offices close on days that differ from the week; none where they stay closed.
    listed: BTreeMap<NaiveDate, Option<NaiveTime>>,
}

/// Office hours that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum OfficeHoursError {
    #[error("all seven days are weekend: leave a working day")]
    NoWorkingDay,
    #[error("the office closes before it opens: let it close later than {opens}, not at {closes}")]
    ClosesFirst { opens: NaiveTime, closes: NaiveTime },
    #[error("{date} does not close within the office hours {opens} to {closes}")]
    HalfDay { date: NaiveDate, opens: NaiveTime, closes: NaiveTime },
    #[error("{0} is listed twice: list each date once")]
    ListedTwice(NaiveDate),
}

const DAY_SECONDS: i64 = 86_400;
const NANOS: i128 = 1_000_000_000;

impl OfficeHours {
    /// The hours of a week in which no day is listed.
    pub(super) fn weekly(
        weekend: BTreeSet<DayName>,
        opens: NaiveTime,
        closes: NaiveTime,
    ) -> Result<Self, OfficeHoursError> {
        if DayName::ALL.iter().all(|day| weekend.contains(day)) {
            return Err(OfficeHoursError::NoWorkingDay);
        }
        if opens >= closes {
            return Err(OfficeHoursError::ClosesFirst { opens, closes });
        }
        Ok(Self { weekend, opens, closes, listed: BTreeMap::new() })
    }

    /// Holds the closing time of a half day between the daily hours.
    pub(super) fn check_half_day(&self, date: NaiveDate, closes: NaiveTime) -> Result<(), OfficeHoursError> {
        if self.opens < closes && closes < self.closes {
            return Ok(());
        }
        Err(OfficeHoursError::HalfDay { date, opens: self.opens, closes: self.closes })
    }

    /// Lists holidays, opened days and half days, in this order: a later list wins.
    pub(super) fn list(
        &mut self,
        holidays: impl Iterator<Item = NaiveDate>,
        open_days: impl Iterator<Item = NaiveDate>,
        half_days: impl Iterator<Item = (NaiveDate, NaiveTime)>,
    ) {
        let closes = self.closes;
        self.listed.extend(holidays.map(|date| (date, None)));
        self.listed.extend(open_days.map(|date| (date, Some(closes))));
        self.listed.extend(half_days.map(|(date, closes)| (date, Some(closes))));
    }

    /// The same week with those listed days alone that lie between two dates, both included, and differ from the week.
    pub(super) fn within(&self, from: NaiveDate, until: NaiveDate) -> Self {
        let listed = self.listed.iter().map(|(date, closes)| (*date, *closes));
        let listed = listed
            .filter(|(date, closes)| (from..=until).contains(date) && *closes != self.weekly_closing(*date))
            .collect();
        Self { weekend: self.weekend.clone(), listed, ..*self }
    }

    /// Whether the date falls on the weekly holiday, even if it was ordered to be worked.
    pub(super) fn is_weekly_holiday(&self, date: NaiveDate) -> bool {
        self.weekend.iter().any(|day| day.weekday() == date.weekday())
    }

    /// Whether offices are open.
    pub(super) fn is_working_day(&self, date: NaiveDate) -> bool {
        self.listed.get(&date).copied().unwrap_or_else(|| self.weekly_closing(date)).is_some()
    }

    /// The instant at which this many seconds of office hours have passed, on the clock of Dhaka.
    ///
    /// With none it is `from` itself. An end at closing time stays there and does not move to the next opening. What
    /// would end after time does ends at [`DateTime::<Utc>::MAX_UTC`].
    #[must_use]
    pub fn after(&self, from: DateTime<Utc>, working_seconds: u64) -> DateTime<Utc> {
        if working_seconds == 0 {
            return from;
        }
        let worked = self.worked_until(from) + i128::from(working_seconds) * NANOS;
        self.reached(worked, from).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The whole seconds of office hours between two instants, on the clock of Dhaka; 0 where the second is not later.
    #[must_use]
    pub fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
        let worked = self.worked_until(to) - self.worked_until(from);
        u64::try_from(worked / NANOS).unwrap_or_default()
    }

    /// When offices close on a date that is not listed; none on the weekend.
    fn weekly_closing(&self, date: NaiveDate) -> Option<NaiveTime> {
        (!self.is_weekly_holiday(date)).then_some(self.closes)
    }

    /// The office hours of a day that closes then, in seconds.
    fn seconds_until(&self, closes: Option<NaiveTime>) -> i64 {
        closes.map_or(0, |closes| closes.signed_duration_since(self.opens).num_seconds())
    }

    /// The seconds of office hours from the first day of 1970 until this many days later; negative where it is earlier.
    ///
    /// Weeks are multiplied, not walked, so that every answer is exact and quick however far away it lies.
    fn worked_before(&self, day: i64) -> i64 {
        // The first day of 1970 was a Thursday, three days into its week.
        let (weeks, rest) = ((day + 3).div_euclid(7), (day + 3).rem_euclid(7));
        let open = (0..).zip(DayName::ALL).filter(|(_, name)| !self.weekend.contains(name));
        let days: i64 = open.map(|(number, _)| weeks + i64::from(number < rest)).sum();
        let listed = self.listed.iter().take_while(|(date, _)| i64::from(date.to_epoch_days()) < day);
        let differ = |(date, closes): (&NaiveDate, &Option<NaiveTime>)| {
            self.seconds_until(*closes) - self.seconds_until(self.weekly_closing(*date))
        };
        days * self.seconds_until(Some(self.closes)) + listed.map(differ).sum::<i64>()
    }

    /// The nanoseconds of office hours from the first day of 1970 until an instant; negative where it is earlier.
    fn worked_until(&self, at: DateTime<Utc>) -> i128 {
        let local = dhaka_seconds(at);
        let day = local.div_euclid(DAY_SECONDS);
        let before = self.worked_before(day);
        let open = i128::from(self.worked_before(day + 1) - before) * NANOS;
        // In a leap second chrono counts on beyond a second's nanoseconds: its time passes outside the count.
        let nanos = i128::from(at.timestamp_subsec_nanos()).min(NANOS - 1);
        let since_opening = i128::from(local.rem_euclid(DAY_SECONDS) - self.opening_second()) * NANOS + nanos;
        i128::from(before) * NANOS + since_opening.clamp(0, open)
    }

    /// The first instant until which this much was worked, on the day of `from` or later; none after the end of time.
    fn reached(&self, worked: i128, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let day_of = |at| dhaka_seconds(at).div_euclid(DAY_SECONDS);
        let (mut day, mut last) = (day_of(from), day_of(DateTime::<Utc>::MAX_UTC) + 1);
        while day < last {
            let middle = day + (last - day) / 2;
            if i128::from(self.worked_before(middle + 1)) * NANOS < worked {
                day = middle + 1;
            } else {
                last = middle;
            }
        }
        let since_opening = worked - i128::from(self.worked_before(day)) * NANOS;
        let opening = day * DAY_SECONDS + self.opening_second() - DHAKA_EAST.num_seconds();
        let seconds = i64::try_from(since_opening.div_euclid(NANOS)).ok()?.checked_add(opening)?;
        DateTime::from_timestamp(seconds, u32::try_from(since_opening.rem_euclid(NANOS)).ok()?)
    }

    /// The second of the day at which offices open.
    fn opening_second(&self) -> i64 {
        i64::from(self.opens.num_seconds_from_midnight())
    }
}

/// The clock of Dhaka as seconds since its first day of 1970 began. Unlike a date it runs on at the ends of time.
fn dhaka_seconds(at: DateTime<Utc>) -> i64 {
    at.timestamp() + DHAKA_EAST.num_seconds()
}

/// Office hours as they are stored. A half day counts as open, so that it stands in no other list.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    weekend: BTreeSet<DayName>,
    opens: Clock,
    closes: Clock,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holidays: Vec<NaiveDate>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    open_days: Vec<NaiveDate>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    half_days: BTreeMap<NaiveDate, Clock>,
}

impl TryFrom<Written> for OfficeHours {
    type Error = OfficeHoursError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { weekend, opens, closes, holidays, open_days, half_days } = written;
        let mut hours = Self::weekly(weekend, opens.0, closes.0)?;
        let mut dates = BTreeSet::new();
        if let Some(twice) = holidays.iter().chain(&open_days).chain(half_days.keys()).find(|date| !dates.insert(*date))
        {
            return Err(OfficeHoursError::ListedTwice(*twice));
        }
        for (date, closes) in &half_days {
            hours.check_half_day(*date, closes.0)?;
        }
        let half_days = half_days.into_iter().map(|(date, closes)| (date, closes.0));
        hours.list(holidays.into_iter(), open_days.into_iter(), half_days);
        Ok(hours)
    }
}

impl From<OfficeHours> for Written {
    fn from(hours: OfficeHours) -> Self {
        let (opens, closes) = (Clock(hours.opens), Clock(hours.closes));
        let mut written = Self {
            weekend: hours.weekend,
            opens,
            closes,
            holidays: Vec::new(),
            open_days: Vec::new(),
            half_days: BTreeMap::new(),
        };
        for (date, closing) in hours.listed {
            match closing {
                None => written.holidays.push(date),
                Some(full) if full == hours.closes => written.open_days.push(date),
                Some(early) => {
                    written.half_days.insert(date, Clock(early));
                }
            }
        }
        written
    }
}
