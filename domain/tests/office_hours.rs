//! The clock of service levels: due times and elapsed time within office hours.
#![cfg(test)]

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use vextrus_domain::calendar::{OfficeHours, WorkingCalendar, dhaka_date};

const SHIPPED: &str = include_str!("../../rules/calendar/bangladesh.toml");
/// Stands at the end of the file, in the year 2026, for a Monday before the holidays of Eid.
const HALF_DAY: &str =
    "half_day = [\n{date = \"2026-03-16\", closes = \"15:30\", name = \"n\", source = \"s\", confidence = \"L\"},\n]\n";
const HOUR: u64 = 3_600;

fn calendar() -> WorkingCalendar {
    WorkingCalendar::parse(&format!("{SHIPPED}{HALF_DAY}")).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// An instant by the clock of Dhaka, such as `2026-03-12 16:00:00`.
fn dhaka(text: &str) -> DateTime<Utc> {
    format!("{text}+06:00").parse().unwrap()
}

fn everything() -> OfficeHours {
    calendar().office_hours(NaiveDate::MIN, NaiveDate::MAX)
}

#[test]
fn tells_when_office_hours_have_passed() {
    let hours = everything();
    for (case, from, seconds, due) in [
        ("nothing to wait for", "2026-03-13 12:00:00", 0, "2026-03-13 12:00:00"),
        ("within a day", "2026-03-11 10:00:00", 2 * HOUR, "2026-03-11 12:00:00"),
        ("before opening", "2026-03-11 03:00:00", HOUR, "2026-03-11 10:00:00"),
        ("until closing time", "2026-03-12 16:00:00", HOUR, "2026-03-12 17:00:00"),
        ("a second longer", "2026-03-12 16:00:00", HOUR + 1, "2026-03-15 09:00:01"),
        ("from closing time", "2026-03-12 17:00:00", 1, "2026-03-15 09:00:01"),
        ("from the weekend", "2026-03-13 12:00:00", HOUR, "2026-03-15 10:00:00"),
        ("over a holiday", "2026-12-15 16:00:00", 2 * HOUR, "2026-12-17 10:00:00"),
        ("from a holiday", "2026-12-16 10:00:00", 8 * HOUR, "2026-12-17 17:00:00"),
        ("the banks' holiday is worked", "2026-12-30 16:00:00", 2 * HOUR, "2026-12-31 10:00:00"),
        ("an opened Saturday", "2025-05-15 16:00:00", 2 * HOUR, "2025-05-17 10:00:00"),
        ("until a half day closes", "2026-03-15 16:00:00", HOUR + 13 * HOUR / 2, "2026-03-16 15:30:00"),
        ("beyond a half day and Eid", "2026-03-15 16:00:00", HOUR + 13 * HOUR / 2 + 1, "2026-03-24 09:00:01"),
        ("after a half day closed", "2026-03-16 16:00:00", HOUR, "2026-03-24 10:00:00"),
        ("ten weeks of nothing special", "2030-01-06 09:00:00", 400 * HOUR, "2030-03-14 17:00:00"),
    ] {
        let (from, due) = (dhaka(from), dhaka(due));
        assert_eq!(hours.after(from, seconds), due, "{case}");
        assert_eq!(hours.between(from, due), seconds, "{case}");
    }
}

#[test]
fn counts_nothing_while_offices_are_closed() {
    let hours = everything();
    for (from, to, seconds) in [
        ("2026-03-12 17:00:00", "2026-03-15 09:00:00", 0),
        ("2026-03-17 00:00:00", "2026-03-24 09:00:00", 0),
        ("2026-03-16 15:00:00", "2026-03-16 23:00:00", HOUR / 2),
        ("2026-03-11 12:00:00", "2026-03-11 11:00:00", 0),
        ("2026-03-11 10:00:00.750", "2026-03-11 10:00:01.500", 0),
        // Parts of a second at both ends are one together.
        ("2026-03-11 16:59:59.500", "2026-03-12 09:00:00.500", 1),
        // A leap second is no time on this clock.
        ("2026-03-11 10:00:59.999999999", "2026-03-11 10:00:60.5", 0),
    ] {
        assert_eq!(hours.between(dhaka(from), dhaka(to)), seconds, "{from} {to}");
    }
}

#[test]
fn the_ends_of_time_are_no_panic() {
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    let around_the_clock: OfficeHours =
        serde_json::from_str(r#"{"weekend":["friday"],"opens":"00:00","closes":"23:59"}"#).unwrap();
    for hours in [everything(), around_the_clock] {
        for from in [first, dhaka("2026-03-11 10:00:00"), last] {
            assert_eq!(hours.after(from, u64::MAX), last);
            assert_eq!(hours.between(last, from), 0);
            assert_eq!(hours.after(from, 0), from);
        }
        assert_eq!(hours.after(last, 1), last);
        let all = hours.between(first, last);
        assert!(hours.after(first, all) <= last && hours.after(first, all + 1) == last);
        assert_eq!(hours.between(first, hours.after(first, all)), all);
    }
}

#[test]
fn a_cut_out_keeps_what_differs_from_its_week() {
    let calendar = calendar();
    let cut = |from: &str, until: &str| calendar.office_hours(day(from), day(until));
    for (from, until, listed) in [
        // The 21st of February is a Saturday, the banks' days are worked.
        ("2026-02-13", "2026-02-28", ""),
        ("2026-12-16", "2026-12-31", r#","holidays":["2026-12-16"]"#),
        ("2026-12-17", "2026-12-15", ""),
        (
            "2025-05-01",
            "2025-05-24",
            r#","holidays":["2025-05-01","2025-05-11"],"open_days":["2025-05-17","2025-05-24"]"#,
        ),
        ("2026-03-10", "2026-03-17", r#","holidays":["2026-03-17"],"half_days":{"2026-03-16":"15:30"}"#),
    ] {
        let hours = cut(from, until);
        let json = format!(r#"{{"weekend":["friday","saturday"],"opens":"09:00","closes":"17:00"{listed}}}"#);
        assert_eq!(serde_json::to_string(&hours).unwrap(), json);
        assert_eq!(serde_json::from_str::<OfficeHours>(&json).unwrap(), hours);
    }
    let (from, hours) = (dhaka("2025-05-15 16:00:00"), cut("2026-01-01", "2026-12-31"));
    assert_eq!(hours.after(from, 2 * HOUR), dhaka("2025-05-18 10:00:00"), "outside the dates the week holds");
}

#[test]
fn hours_that_cannot_be_are_refused() {
    let week = r#""weekend":["friday"],"opens":"09:00","closes":"17:00""#;
    let all = r#"["monday","tuesday","wednesday","thursday","friday","saturday","sunday"]"#;
    let listed = |lists: &str| format!("{{{week},{lists}}}");
    for (json, problem) in [
        (format!(r#"{{"weekend":{all},"opens":"09:00","closes":"17:00"}}"#), "leave a working day"),
        (format!("{{{week}}}").replace("09", "17"), "let it close later than 17:00:00, not at 17:00:00"),
        (format!("{{{week}}}").replace("09", "18"), "closes before it opens"),
        (format!("{{{week}}}").replace("09:00", "9 am"), "\"9 am\" is not a time: write it like 09:00"),
        (format!("{{{week}}}").replace("17:00", "24:00"), "\"24:00\" is not a time"),
        (format!("{{{week}}}").replace("friday", "fri"), "unknown variant `fri`"),
        (listed(r#""half_days":{"2026-03-16":"09:00"}"#), "2026-03-16 does not close within the office hours"),
        (listed(r#""half_days":{"2026-03-16":"17:00"}"#), "2026-03-16 does not close within the office hours"),
        (listed(r#""holidays":["2026-03-16","2026-03-16"]"#), "2026-03-16 is listed twice"),
        (listed(r#""holidays":["2026-03-20"],"open_days":["2026-03-20"]"#), "2026-03-20 is listed twice"),
        (listed(r#""open_days":["2026-03-20"],"half_days":{"2026-03-20":"13:00"}"#), "2026-03-20 is listed twice"),
        (listed(r#""holidays":["2026-02-30"]"#), "out of range"),
        (listed(r#""closed":[]"#), "unknown field `closed`"),
    ] {
        let error = serde_json::from_str::<OfficeHours>(&json).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}\n{json}");
    }
}

/// Any hours that can be stored, with days listed near the ends of time too.
fn office_hours() -> impl Strategy<Value = OfficeHours> {
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let weekend = prop::sample::subsequence(names.to_vec(), 0..=6);
    let from = |first: NaiveDate| (0..=120_u64).prop_map(move |days| first + Days::new(days));
    let last = NaiveDate::MAX - Days::new(120);
    let dates = prop_oneof![6 => from(day("2026-01-20")), 1 => from(NaiveDate::MIN), 1 => from(last)];
    let listed = prop::collection::btree_map(dates, (0..3_usize, 0..1_440_u32), 0..40);
    (weekend, 0..1_437_u32, 2..1_439_u32, listed).prop_map(|(weekend, opens, length, listed)| {
        let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
        let length = length.min(1_439 - opens);
        let of = |kind| listed.iter().filter(move |(_, (k, _))| *k == kind);
        let half = |(date, (_, at)): (&NaiveDate, &(usize, u32))| {
            (date.to_string(), serde_json::json!(clock(opens + 1 + at % (length - 1))))
        };
        let stored = serde_json::json!({
            "weekend": weekend,
            "opens": clock(opens),
            "closes": clock(opens + length),
            "holidays": of(0).map(|(date, _)| date).collect::<Vec<_>>(),
            "open_days": of(1).map(|(date, _)| date).collect::<Vec<_>>(),
            "half_days": of(2).map(half).collect::<serde_json::Map<_, _>>(),
        });
        serde_json::from_value(stored).unwrap()
    })
}

/// Instants near the listed days, near the ends of time, and anywhere; often on a whole minute, or in a leap second.
fn instants() -> impl Strategy<Value = DateTime<Utc>> {
    let (first, last) = (DateTime::<Utc>::MIN_UTC.timestamp(), DateTime::<Utc>::MAX_UTC.timestamp());
    let listed = dhaka("2026-03-20 00:00:00").timestamp();
    let seconds = prop_oneof![
        4 => listed - 6_000_000..listed + 6_000_000,
        2 => (listed / 60 - 100_000..listed / 60 + 100_000).prop_map(|minute| minute * 60),
        1 => (listed / 60 - 100_000..listed / 60 + 100_000).prop_map(|minute| minute * 60 - 1),
        1 => first..first + 6_000_000,
        1 => last - 6_000_000..=last,
        1 => first..=last,
    ];
    let nanos = prop_oneof![2 => Just(0), 1 => 0..1_000_000_000_u32, 1 => 1_000_000_000..2_000_000_000_u32];
    (seconds, nanos).prop_map(|(seconds, nanos)| {
        let leap = DateTime::from_timestamp(seconds, nanos);
        leap.unwrap_or_else(|| DateTime::from_timestamp(seconds, nanos % 1_000_000_000).unwrap())
    })
}

fn spans() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..2_000_000_u64,
        2 => (0..2_000_u64).prop_map(|hours| hours * 3_600),
        1 => 0..4_000_000_000_u64,
        1 => any::<u64>(),
    ]
}

/// Office hours between two instants, added up day by day.
fn walked(calendar: &WorkingCalendar, from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    let days = dhaka_date(from).iter_days().take_while(|day| *day <= dhaka_date(to));
    let worked = days.filter(|day| calendar.is_working_day(*day)).map(|day| {
        let closes = if calendar.half_day(day).is_some() { "15:30" } else { "17:00" };
        let (opening, closing) = (dhaka(&format!("{day} 09:00:00")), dhaka(&format!("{day} {closes}:00")));
        (to.min(closing) - from.max(opening)).num_seconds().max(0)
    });
    worked.sum::<i64>().unsigned_abs()
}

proptest! {
    #[test]
    fn what_has_passed_is_what_was_waited_for(hours in office_hours(), from in instants(), seconds in spans()) {
        let due = hours.after(from, seconds);
        prop_assert!(from <= due);
        if due < DateTime::<Utc>::MAX_UTC {
            prop_assert_eq!(hours.between(from, due), seconds);
            // It is the first such instant.
            if let Some(before) = due.checked_sub_signed(TimeDelta::nanoseconds(1)).filter(|before| from <= *before) {
                prop_assert!(seconds == 0 || hours.between(from, before) < seconds);
            }
        } else {
            prop_assert!(hours.between(from, due) <= seconds);
        }
        prop_assert_eq!(hours.between(due, from), 0);
    }

    #[test]
    fn waits_add_up(hours in office_hours(), from in instants(), a in spans(), b in spans()) {
        prop_assert_eq!(hours.after(hours.after(from, a), b), hours.after(from, a.saturating_add(b)));
    }

    #[test]
    fn later_is_never_sooner(
        hours in office_hours(),
        mut times in [instants(), instants(), instants()],
        a in spans(),
        b in spans(),
    ) {
        times.sort();
        let [x, y, z] = times;
        prop_assert!(hours.after(x, a.min(b)) <= hours.after(y, a.max(b)));
        prop_assert!(hours.between(x, y) <= hours.between(x, z) && hours.between(y, z) <= hours.between(x, z));
        // The parts of a second on either side of the middle may make one more.
        prop_assert!(hours.between(x, z) - hours.between(x, y) - hours.between(y, z) <= 1);
    }

    #[test]
    fn a_multiplied_week_is_a_walked_one(start in 1_735_000_000_i64..1_800_000_000, length in 0_i64..60_000_000) {
        let calendar = calendar();
        let [from, to] = [start, start + length].map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap());
        let seconds = walked(&calendar, from, to);
        prop_assert_eq!(everything().between(from, to), seconds);
        // A cut-out of the days that the span touches answers alike.
        prop_assert_eq!(calendar.office_hours(dhaka_date(from), dhaka_date(to)).between(from, to), seconds);
    }

    #[test]
    fn stored_hours_are_read_again(hours in office_hours()) {
        let json = serde_json::to_string(&hours).unwrap();
        prop_assert_eq!(serde_json::from_str::<OfficeHours>(&json).unwrap(), hours);
    }
}
