//! The calendar's file: read, and held to what it promises.

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::clock;
use super::office_hours::{OfficeHours, OfficeHoursError};

/// The longest calendar file that is read, in bytes.
pub const LONGEST_CALENDAR: usize = 1 << 20;

/// How sure a source is: H for the primary text or two independent sources, M for one source, L for less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Confidence {
    /// High.
    H,
    /// Medium.
    M,
    /// Low: somebody must confirm it.
    L,
}

/// Who keeps a holiday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolidayKind {
    /// Offices are closed: a general holiday or one by executive order.
    Government,
    /// Banks alone are closed to the public, as at the end of their half-years.
    Bank,
    /// Some employees may take it; offices are open.
    Optional,
}

/// A day that is listed as a holiday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// Its date.
    pub date: NaiveDate,
    /// What is kept.
    pub name: String,
    /// Who keeps it.
    pub kind: HolidayKind,
    /// Where this was read.
    pub source: String,
    /// How sure that is.
    pub confidence: Confidence,
}

/// A day of the weekend on which offices were ordered to open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenDay {
    /// Its date.
    pub date: NaiveDate,
    /// What it makes up for.
    pub name: String,
    /// Where this was read.
    pub source: String,
    /// How sure that is.
    pub confidence: Confidence,
}

/// A working day on which offices close early.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HalfDay {
    /// Its date.
    pub date: NaiveDate,
    /// When offices close, on the clock of Dhaka.
    #[serde(deserialize_with = "clock::time")]
    pub closes: NaiveTime,
    /// Why.
    pub name: String,
    /// Where this was read.
    pub source: String,
    /// How sure that is.
    pub confidence: Confidence,
}

/// How often VAT returns are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    /// For every month.
    Monthly,
    /// For every quarter of the fiscal year.
    Quarterly,
}

/// When VAT returns are due for periods from July 2026 on, which the sources dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VatReturn {
    /// How often.
    pub cadence: Cadence,
    /// On which day of the month after the period, 1 to 28.
    pub due_day: u32,
    /// Where this was read.
    pub source: String,
    /// How sure that is.
    pub confidence: Confidence,
    /// What is open.
    #[serde(default)]
    pub note: String,
}

/// Why a calendar could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The file is far longer than any calendar.
    #[error("the calendar is longer than {LONGEST_CALENDAR} bytes: give one file of holidays")]
    TooLong,
    /// It is not TOML, or a key is missing, unknown or of the wrong kind.
    #[error("the calendar cannot be read: {0}")]
    Malformed(String),
    /// An entry contradicts another one, or cannot be.
    #[error("line {line} of the calendar: {problem}")]
    Wrong {
        /// The line where the entry begins, counted from 1.
        line: usize,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CalendarFile {
    pub(super) weekend: Spanned<Vec<DayName>>,
    pub(super) office_hours: Spanned<Hours>,
    pub(super) vat_return: Option<Spanned<VatReturn>>,
    #[serde(default, rename = "year")]
    pub(super) years: Vec<Spanned<Year>>,
}

/// A day of the week by its English name; chrono would also take `Fri`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DayName {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl DayName {
    pub(super) const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];

    pub(super) fn weekday(self) -> Weekday {
        match self {
            Self::Monday => Weekday::Mon,
            Self::Tuesday => Weekday::Tue,
            Self::Wednesday => Weekday::Wed,
            Self::Thursday => Weekday::Thu,
            Self::Friday => Weekday::Fri,
            Self::Saturday => Weekday::Sat,
            Self::Sunday => Weekday::Sun,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hours {
    #[serde(deserialize_with = "clock::time")]
    pub(super) opens: NaiveTime,
    #[serde(deserialize_with = "clock::time")]
    pub(super) closes: NaiveTime,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Year {
    pub(super) year: i32,
    /// Whether all its holidays are listed; where not, answers about it are uncertain.
    pub(super) complete: bool,
    pub(super) source: String,
    #[serde(default, rename = "holiday")]
    pub(super) holidays: Vec<Spanned<Holiday>>,
    #[serde(default, rename = "working_day")]
    pub(super) open_days: Vec<Spanned<OpenDay>>,
    #[serde(default, rename = "half_day")]
    pub(super) half_days: Vec<Spanned<HalfDay>>,
}

/// The years that a calendar may list: those of the republic, and none so far ahead that it must be a slip.
const YEARS: std::ops::RangeInclusive<i32> = 1971..=2199;

/// Reads the file and the hours of its week, and refuses what contradicts itself: years and dates must ascend, and each
/// date lies in its year once.
pub(super) fn read(text: &str) -> Result<(CalendarFile, OfficeHours), CalendarError> {
    if text.len() > LONGEST_CALENDAR {
        return Err(CalendarError::TooLong);
    }
    let file: CalendarFile =
        toml::from_str(text).map_err(|e| CalendarError::Malformed(e.to_string().trim_end().to_owned()))?;
    let wrong = |offset: usize, problem: String| CalendarError::Wrong { line: line_of(text, offset), problem };
    let hours = weekly(&file).map_err(|(offset, problem)| wrong(offset, problem))?;
    if let Some(vat) = file.vat_return.as_ref().filter(|v| !(1..=28).contains(&v.get_ref().due_day)) {
        let problem = format!("due_day {} is not in every month: give 1 to 28", vat.get_ref().due_day);
        return Err(wrong(vat.span().start, problem));
    }
    let mut before = None;
    for year in &file.years {
        let number = year.get_ref().year;
        if !YEARS.contains(&number) || before.is_some_and(|b| b >= number) {
            let problem =
                format!("year {number} is out of order or range: list each year once, ascending, 1971 to 2199");
            return Err(wrong(year.span().start, problem));
        }
        before = Some(number);
        check_year(&hours, year.get_ref()).map_err(|(offset, problem)| wrong(offset, problem))?;
    }
    Ok((file, hours))
}

/// The hours of the file's week; the error is the place in the file and the problem.
fn weekly(file: &CalendarFile) -> Result<OfficeHours, (usize, String)> {
    let hours = file.office_hours.get_ref();
    OfficeHours::weekly(file.weekend.get_ref().iter().copied().collect(), hours.opens, hours.closes).map_err(|error| {
        let place = match error {
            OfficeHoursError::NoWorkingDay => file.weekend.span(),
            _ => file.office_hours.span(),
        };
        (place.start, error.to_string())
    })
}

/// Holds the dates of one year; the error is the place in the file and the problem.
fn check_year(hours: &OfficeHours, year: &Year) -> Result<(), (usize, String)> {
    let holidays: Vec<_> = year.holidays.iter().map(|h| (h.span().start, h.get_ref().date)).collect();
    let open: Vec<_> = year.open_days.iter().map(|d| (d.span().start, d.get_ref().date)).collect();
    let half: Vec<_> = year.half_days.iter().map(|d| (d.span().start, d.get_ref().date)).collect();
    for list in [&holidays, &open, &half] {
        let mut before = None;
        for (offset, date) in list {
            if date.year() != year.year {
                return Err((*offset, format!("{date} does not lie in {}: move it to its year", year.year)));
            }
            if before.is_some_and(|b| b >= *date) {
                return Err((
                    *offset,
                    format!("{date} is listed twice or out of order: list each date once, ascending"),
                ));
            }
            before = Some(*date);
        }
    }
    for (offset, date) in &open {
        if !hours.is_weekly_holiday(*date) {
            return Err((*offset, format!("{date} is no day of the weekend: a working_day opens one")));
        }
        if holidays.iter().any(|(_, holiday)| holiday == date) {
            return Err((*offset, format!("{date} is also a holiday: keep one of the two")));
        }
    }
    for (day, (offset, date)) in year.half_days.iter().zip(&half) {
        let opened = open.iter().any(|(_, opened)| opened == date);
        if (hours.is_weekly_holiday(*date) && !opened) || holidays.iter().any(|(_, holiday)| holiday == date) {
            return Err((*offset, format!("{date} is a holiday or weekend: a half_day is a working day")));
        }
        hours.check_half_day(*date, day.get_ref().closes).map_err(|error| (*offset, error.to_string()))?;
    }
    Ok(())
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
