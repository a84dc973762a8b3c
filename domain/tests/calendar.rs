//! Working days and minutes, and what a calendar file must be.
#![cfg(test)]

use chrono::{DateTime, NaiveDate, Utc};
use vextrus_domain::calendar::{Cadence, CalendarError, DayAnswer, MinutesAnswer, SpanError, WorkingCalendar};

const SHIPPED: &str = include_str!("../../rules/calendar/bangladesh.toml");
const HEAD: &str = "weekend = [\"friday\", \"saturday\"]\noffice_hours = { opens = \"09:00\", closes = \"17:00\" }\n";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn listed(table: &str, date: &str, more: &str) -> String {
    format!("[[year.{table}]]\ndate = \"{date}\"\nname = \"n\"\nsource = \"s\"\nconfidence = \"M\"\n{more}\n")
}

/// 2026 is complete: Victory Day (a Wednesday) is kept, Saturday the 12th is worked, the 14th closes at 13:00 and the
/// 31st is the banks'. Nothing is known of 2027.
fn calendar() -> WorkingCalendar {
    let year = "[[year]]\nyear = 2026\ncomplete = true\nsource = \"test\"\n";
    let entries = [
        listed("holiday", "2026-12-16", "kind = \"government\""),
        listed("holiday", "2026-12-24", "kind = \"optional\""),
        listed("holiday", "2026-12-31", "kind = \"bank\""),
        listed("working_day", "2026-12-12", ""),
        listed("half_day", "2026-12-14", "closes = \"13:00\""),
    ];
    WorkingCalendar::parse(&format!("{HEAD}{year}{}", entries.concat())).unwrap()
}

#[test]
fn tells_working_days() {
    let calendar = calendar();
    for (date, working, banking) in [
        ("2026-12-10", true, true),
        ("2026-12-11", false, false),
        ("2026-12-12", true, true),
        ("2026-12-16", false, false),
        ("2026-12-19", false, false),
        ("2026-12-24", true, true),
        ("2026-12-31", true, false),
    ] {
        assert_eq!((calendar.is_working_day(day(date)), calendar.is_banking_day(day(date))), (working, banking));
    }
    assert!(calendar.is_weekend(day("2026-12-11")) && !calendar.is_weekend(day("2026-12-12")));
    assert!(calendar.covers(2026) && !calendar.covers(2027));
}

#[test]
fn counts_working_days_and_names_the_missing_year() {
    let calendar = calendar();
    let certain = |date: &str| DayAnswer { date: day(date), missing_year: None };
    let unsure = |date: &str| DayAnswer { date: day(date), missing_year: Some(2027) };
    assert_eq!(calendar.next_working_day(day("2026-12-16")), certain("2026-12-17"));
    assert_eq!(calendar.next_working_day(day("2026-12-17")), certain("2026-12-17"));
    assert_eq!(calendar.next_working_day(day("2027-01-01")), unsure("2027-01-03"));
    for (after, count, expected) in [
        ("2026-12-15", 0, certain("2026-12-15")),
        ("2026-12-15", 1, certain("2026-12-17")),
        ("2026-12-17", 3, certain("2026-12-22")),
        ("2026-12-10", 1, certain("2026-12-12")),
        ("2026-12-30", 1, certain("2026-12-31")),
        ("2026-12-30", 2, unsure("2027-01-03")),
    ] {
        assert_eq!(calendar.add_working_days(day(after), count), expected, "{after} + {count}");
    }
    for (month, expected) in [("2026-12", "2026-12-31"), ("2026-07", "2026-07-30"), ("2026-10", "2026-10-29")] {
        assert_eq!(calendar.last_working_day_of(month.parse().unwrap()), Some(certain(expected)));
    }
    assert!(!calendar.last_working_day_of("2028-06".parse().unwrap()).unwrap().is_certain());
}

#[test]
fn counts_the_minutes_of_office_hours_in_dhaka() {
    let calendar = calendar();
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    for (from, to, minutes) in [
        // 09:00 to 17:00 in Dhaka is 03:00 to 11:00 UTC.
        ("2026-12-15T03:00:00Z", "2026-12-15T11:00:00Z", 480),
        ("2026-12-14T20:00:00Z", "2026-12-15T20:00:00Z", 480),
        ("2026-12-15T10:30:00Z", "2026-12-17T03:15:30Z", 45),
        ("2026-12-14T03:00:00Z", "2026-12-14T20:00:00Z", 240),
        ("2026-12-11T00:00:00Z", "2026-12-11T17:59:00Z", 0),
        ("2026-12-12T04:00:00Z", "2026-12-12T04:00:59Z", 0),
        ("2026-12-15T11:00:00Z", "2026-12-15T03:00:00Z", 0),
    ] {
        let answer = calendar.working_minutes(at(from), at(to)).unwrap();
        assert_eq!(answer, MinutesAnswer { minutes, missing_year: None }, "{from} {to}");
    }
    let beyond = calendar.working_minutes(at("2026-12-31T00:00:00Z"), at("2027-01-04T00:00:00Z")).unwrap();
    assert_eq!((beyond.minutes, beyond.missing_year), (480 + 480, Some(2027)));
    let error = calendar.working_minutes(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC).unwrap_err();
    assert!(error.days > SpanError::LONGEST_DAYS);
}

#[test]
fn the_shipped_calendar_lists_fixed_days_and_claims_no_more() {
    let calendar = WorkingCalendar::parse(SHIPPED).unwrap();
    for year in [2025, 2026] {
        for date in ["02-21", "03-26", "04-14", "05-01", "12-16", "12-25"] {
            assert!(calendar.is_government_holiday(day(&format!("{year}-{date}"))), "{year}-{date}");
        }
        assert!(calendar.source_of(year).is_some() && !calendar.covers(year));
    }
    assert!(calendar.is_working_day(day("2025-05-17")) && calendar.open_day(day("2025-05-17")).is_some());
    assert_eq!(calendar.vat_return().unwrap().cadence, Cadence::Monthly);
    assert_eq!(calendar.last_working_day_of("2026-06".parse().unwrap()).unwrap().date, day("2026-06-30"));
}

#[test]
fn a_wrong_entry_is_named_by_its_line() {
    let year = |number: i32| format!("[[year]]\nyear = {number}\ncomplete = true\nsource = \"s\"\n");
    let holiday = |date: &str| listed("holiday", date, "kind = \"government\"");
    let head = HEAD.to_owned();
    for (text, line, problem) in [
        (head.clone() + &year(2026) + &holiday("2026-12-16") + &holiday("2026-12-16"), 13, "listed twice"),
        (head.clone() + &year(2026) + &holiday("2026-12-16") + &holiday("2026-02-21"), 13, "out of order"),
        (head.clone() + &year(2026) + &holiday("2025-12-16"), 7, "does not lie in 2026"),
        (head.clone() + &year(2026) + &year(2025), 7, "year 2025 is out of order"),
        (head.clone() + &year(26), 3, "year 26 is out of order or range"),
        (head.clone() + &year(2026) + &listed("working_day", "2026-12-15", ""), 7, "no day of the weekend"),
        (head.clone() + &year(2026) + &listed("half_day", "2026-12-11", "closes = \"13:00\""), 7, "holiday or weekend"),
        (head + &year(2026) + &listed("half_day", "2026-12-15", "closes = \"17:00\""), 7, "office hours"),
        (HEAD.replace("09:00", "18:00"), 2, "closes before it opens"),
    ] {
        match WorkingCalendar::parse(&text).unwrap_err() {
            CalendarError::Wrong { line: found, problem: said } => {
                assert!(found == line && said.contains(problem), "{found} {said}\n{text}");
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn unknown_keys_and_malformed_values_are_refused() {
    for text in [
        HEAD.replace("weekend", "weekends"),
        format!("{HEAD}extra = 1\n"),
        HEAD.replace("friday", "fri"),
        HEAD.replace("09:00", "9 am"),
        format!("{HEAD}[[year]]\nyear = 2026\ncomplete = true\nsource = \"s\"\nclosed = true\n"),
        format!(
            "{HEAD}[[year]]\nyear = 2026\ncomplete = true\nsource = \"s\"\n{}",
            listed("holiday", "2026-02-30", "")
        ),
        "ছুটি".to_owned(),
    ] {
        assert!(matches!(WorkingCalendar::parse(&text), Err(CalendarError::Malformed(_))), "{text}");
    }
    assert_eq!(WorkingCalendar::parse(&"#".repeat(2_000_000)), Err(CalendarError::TooLong));
    let no_rest =
        HEAD.replace("\"friday\"", "\"monday\", \"tuesday\", \"wednesday\", \"thursday\", \"friday\", \"sunday\"");
    assert!(WorkingCalendar::parse(&no_rest).unwrap_err().to_string().contains("leave a working day"));
}
