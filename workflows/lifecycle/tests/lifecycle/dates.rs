//! From working days to moments.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use vextrus_domain::calendar::{WorkingCalendar, dhaka_midnight};
use vextrus_domain::{EmployeeClass, RefusalCode};

use crate::common::{BANGLADESH, Case, date, dhaka, onboarding, task, with_probation};

fn days(lines: &str) -> String {
    onboarding(&task("one", "hr", lines))
}

/// The day at whose beginning a task opens, and the one at whose end its time is over, this many working days from the start.
fn shifted(start: &str, offset: i32) -> (NaiveDate, NaiveDate) {
    let task =
        Case::starts(start).only(&days(&format!("opens = {{ start = {offset} }}\ndue = {{ start = {offset} }}")));
    let day = |at: DateTime<Utc>| (at + TimeDelta::hours(6)).date_naive();
    let (opens, due) = (task.opens_at.unwrap(), task.due_at.unwrap());
    assert_eq!((dhaka_midnight(day(opens)), dhaka_midnight(day(due))), (opens, due), "both are midnights of Dhaka");
    (day(opens), day(due).pred_opt().unwrap())
}

#[test]
fn working_days_leave_out_weekends_and_holidays() {
    for (start, offset, expected) in [
        // Sunday, 6 December: Friday and Saturday are before it, Victory Day is on Wednesday the 16th.
        ("2026-12-06", 0, "2026-12-06"),
        ("2026-12-06", -1, "2026-12-03"),
        ("2026-12-06", -2, "2026-12-02"),
        ("2026-12-06", -5, "2026-11-29"),
        ("2026-12-06", -10, "2026-11-22"),
        ("2026-12-06", 1, "2026-12-07"),
        ("2026-12-06", 4, "2026-12-10"),
        ("2026-12-06", 5, "2026-12-13"),
        ("2026-12-06", 7, "2026-12-15"),
        ("2026-12-06", 8, "2026-12-17"),
        // A start on Friday, Saturday or a holiday is not counted either way.
        ("2026-12-04", 0, "2026-12-06"),
        ("2026-12-04", 1, "2026-12-06"),
        ("2026-12-04", -1, "2026-12-03"),
        ("2026-12-05", 0, "2026-12-06"),
        ("2026-12-05", 2, "2026-12-07"),
        ("2026-12-05", -2, "2026-12-02"),
        ("2026-12-16", 0, "2026-12-17"),
        ("2026-12-16", 1, "2026-12-17"),
        ("2026-12-16", -1, "2026-12-15"),
        // Eid-ul-Azha of 2026 is from Tuesday to Sunday.
        ("2026-06-01", -1, "2026-05-25"),
        ("2026-05-25", 1, "2026-06-01"),
        // A Saturday that was ordered to be worked, and a holiday of the banks alone.
        ("2025-05-18", -1, "2025-05-17"),
        ("2025-05-15", 1, "2025-05-17"),
        ("2026-06-30", 1, "2026-07-01"),
    ] {
        let expected = date(expected);
        assert_eq!(shifted(start, offset), (expected, expected), "{offset} from {start}");
    }
}

#[test]
fn probation_ends_the_day_before_the_months_are_over() {
    use EmployeeClass::{Clerical, Managerial, Skilled, Worker};
    let template = with_probation(&task("one", "manager", "opens = { probation = -10 }\ndue = { probation = -2 }"));
    for (class, extended, end, left, opens, due) in [
        (Skilled, false, Some("2027-03-05"), 3, Some("2027-02-21"), Some("2027-03-04")),
        (Skilled, true, Some("2027-06-05"), 0, Some("2027-05-23"), Some("2027-06-03")),
        (Managerial, false, Some("2027-06-05"), 0, Some("2027-05-23"), Some("2027-06-03")),
        (Clerical, true, Some("2027-06-05"), 0, Some("2027-05-23"), Some("2027-06-03")),
        // The template gives workers none: they have no task that is counted from its end.
        (Worker, false, None, 0, None, None),
        (Worker, true, None, 0, None, None),
    ] {
        let case = Case::with(|c| (c.work.class, c.extended) = (class, extended));
        let plan = case.plan(&template);
        assert_eq!(plan.head.probation_end, end.map(date), "{class} {extended}");
        assert_eq!(plan.head.extension_months, left, "{class} {extended}");
        let midnight = |day: Option<&str>| day.map(|d| dhaka_midnight(date(d)));
        let times = plan.tasks.first().map(|task| (task.opens_at, task.due_at));
        assert_eq!(times, end.map(|_| (midnight(opens), midnight(due))), "{class}");
    }
}

#[test]
fn what_is_not_listed_is_told() {
    let complete = BANGLADESH.replace("year = 2026\ncomplete = false", "year = 2026\ncomplete = true");
    assert_ne!(complete, BANGLADESH);
    let complete = WorkingCalendar::parse(&complete).unwrap();
    for (start, lines, expected) in [
        ("2026-12-06", "due = { start = 7 }", None),
        ("2026-12-06", "due = { start = -20 }", None),
        ("2026-12-06", "", None),
        ("2026-12-28", "due = { start = 5 }", Some(2027)),
        ("2026-12-28", "opens = { start = 5 }\ndue = { start = 6 }", Some(2027)),
        // Back over the turn of the year, the days of the new one count too.
        ("2027-01-05", "due = { start = -10 }", Some(2027)),
        ("2026-01-04", "due = { start = -10 }", Some(2025)),
    ] {
        let case = Case::with(|c| (c.work.start_date, c.calendar) = (date(start), complete.clone()));
        assert_eq!(case.plan(&days(lines)).head.uncertain_year, expected, "{lines} from {start}");
    }
    assert_eq!(Case::new().plan(&days("due = { start = 1 }")).head.uncertain_year, Some(2026));
}

#[test]
fn dates_beyond_the_calendar_are_refused() {
    for (start, lines) in [
        (NaiveDate::MAX, ""),
        (NaiveDate::MAX - Days::new(10), "due = { start = 1 }"),
        (NaiveDate::MAX - Days::new(40), ""),
        (NaiveDate::MIN, "due = { start = -1 }"),
    ] {
        let case = Case::with(|c| c.work.start_date = start);
        let refusal = case.resolve(&with_probation(&task("one", "hr", lines)), 1).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::LimitExceeded, "{start} {lines}");
    }
}

#[test]
fn shorter_days_keep_the_order_of_dates() {
    let template = |lines: &str| days(lines);
    for millis in [1, 50, 1_000, 60_000] {
        let case = Case::with(|c| c.day_millis = millis);
        let at = |offset: i32| {
            let task = case.only(&template(&format!("opens = {{ start = {offset} }}\ndue = {{ start = {offset} }}")));
            (task.opens_at.unwrap(), task.due_at.unwrap())
        };
        let later = |days: u64| case.began_at + TimeDelta::milliseconds(i64::try_from(days * millis).unwrap());
        // The start is 21 days after the day on which the process began.
        assert_eq!(at(0), (later(21), later(22)));
        assert_eq!(at(1), (later(22), later(23)));
        assert_eq!(at(-1), (later(18), later(19)), "Thursday");
        assert_eq!(at(8), (later(32), later(33)), "after Victory Day");
        assert_eq!(
            at(-16).0,
            later(0) - TimeDelta::milliseconds(i64::try_from(millis * 3).unwrap()),
            "before it began"
        );
        let moments: Vec<_> = (-20..40).map(at).collect();
        assert!(moments.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].0));
    }
    assert_eq!(
        Case::with(|c| c.day_millis = u64::MAX).resolve(&days("due = { start = 1 }"), 1).unwrap_err().code,
        RefusalCode::LimitExceeded
    );
}

#[test]
fn time_from_the_opening_is_office_time() {
    let head = Case::new().plan(&days("")).head;
    for (opened, hours, expected) in [
        ("2026-12-03 16:00", 1, "2026-12-03 17:00"),
        ("2026-12-03 16:00", 2, "2026-12-06 10:00"),
        ("2026-12-15 16:00", 2, "2026-12-17 10:00"),
        ("2026-12-15 20:00", 8, "2026-12-17 17:00"),
    ] {
        assert_eq!(head.deadline(dhaka(opened), hours * 3600), dhaka(expected), "{hours} from {opened}");
    }
    // Tasks are late, and holidays far behind the start still count: Eid-ul-Azha of 2026, half a year after it.
    let head = Case::starts("2025-12-07").plan(&days("")).head;
    assert_eq!(head.deadline(dhaka("2026-05-25 16:00"), 2 * 3600), dhaka("2026-06-01 10:00"));
    let head = Case::with(|c| c.day_millis = 1_000).plan(&days("")).head;
    let opened = dhaka("2026-12-04 23:00");
    for (seconds, millis) in [(8 * 3600, 1_000), (24 * 3600, 3_000), (1, 1), (0, 1), (30, 1), (60, 2)] {
        assert_eq!(head.deadline(opened, seconds), opened + TimeDelta::milliseconds(millis), "{seconds} seconds");
    }
    assert_eq!(head.deadline(opened, u64::MAX).max(opened), head.deadline(opened, u64::MAX), "no overflow");
}
