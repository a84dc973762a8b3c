//! Every deadline by table, with its edges, and what holds for any month.
#![cfg(test)]

use chrono::{Datelike, NaiveDate};
use proptest::prelude::*;
use vextrus_domain::calendar::{TaxPeriod, WorkingCalendar};
use vextrus_tax::Confidence::{self, H, L, M};
use vextrus_tax::deadlines::{
    Deadline, Duty, for_month, mushak_66, tds_certificate, tds_deposit, vat_return, vds_adjustment, vds_deposit,
    withholding_return,
};

const SHIPPED: &str = include_str!("../../../rules/calendar/bangladesh.toml");

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn month(text: &str) -> TaxPeriod {
    text.parse().unwrap()
}

/// Covers 2025 to 2027 with the holidays given as dates, and no VAT cadence unless told.
fn calendar(holidays: &[&str], vat: &str) -> WorkingCalendar {
    let mut text = format!(
        "weekend = [\"friday\", \"saturday\"]\noffice_hours = {{ opens = \"09:00\", closes = \"17:00\" }}\n{vat}\n"
    );
    for year in 2025..=2027 {
        text += &format!("[[year]]\nyear = {year}\ncomplete = true\nsource = \"test\"\n");
        for date in holidays.iter().filter(|d| d.starts_with(&year.to_string())) {
            text += &format!(
                "[[year.holiday]]\ndate = \"{date}\"\nname = \"n\"\nkind = \"government\"\nsource = \"s\"\nconfidence = \"H\"\n"
            );
        }
    }
    WorkingCalendar::parse(&text).unwrap()
}

fn plain() -> WorkingCalendar {
    calendar(&[], "")
}

fn vat(cadence: &str) -> String {
    format!(
        "[vat_return]\ncadence = \"{cadence}\"\ndue_day = 15\nsource = \"told\"\nconfidence = \"L\"\nnote = \"disputed\"\n"
    )
}

fn is(deadline: &Deadline, due: &str, confidence: Confidence) {
    assert_eq!((deadline.due, deadline.confidence), (day(due), confidence), "{deadline:?}");
    assert!(!deadline.rule.is_empty() && !deadline.source.is_empty());
}

#[test]
fn tds_is_deposited_two_weeks_after_the_month() {
    for (deducted, due, confidence) in [
        ("2026-07-01", "2026-08-14", H),
        ("2026-07-31", "2026-08-14", H),
        ("2026-12-15", "2027-01-14", H),
        ("2027-02-28", "2027-03-14", H),
        // Holidays do not move it: 14 May 2027 is a Friday.
        ("2027-04-30", "2027-05-14", H),
        ("2027-05-31", "2027-06-14", H),
        ("2026-05-31", "2026-06-14", M),
    ] {
        is(&tds_deposit(day(deducted), &plain()), due, confidence);
    }
}

#[test]
fn june_has_three_rules() {
    // 30 June 2027 is a Wednesday.
    for (deducted, due) in [
        ("2027-06-01", "2027-06-08"),
        ("2027-06-20", "2027-06-27"),
        ("2027-06-21", "2027-06-22"),
        ("2027-06-29", "2027-06-30"),
        ("2027-06-30", "2027-06-30"),
    ] {
        is(&tds_deposit(day(deducted), &plain()), due, H);
    }
    // With the last two days off, the 28th is the last working day, and deductions after it have the next day.
    let off = calendar(&["2027-06-29", "2027-06-30"], "");
    for (deducted, due) in [
        ("2027-06-27", "2027-06-28"),
        ("2027-06-28", "2027-06-28"),
        ("2027-06-29", "2027-06-30"),
        ("2027-06-30", "2027-07-01"),
    ] {
        is(&tds_deposit(day(deducted), &off), due, H);
    }
    let before = tds_deposit(day("2026-06-30"), &plain());
    is(&before, "2026-06-30", L);
    assert!(before.is_doubtful());
}

#[test]
fn the_last_working_day_of_june_is_doubtful_without_holidays() {
    let uncovered = tds_deposit(day("2028-06-29"), &plain());
    assert_eq!((uncovered.due, uncovered.missing_year), (day("2028-06-29"), Some(2028)));
    assert_eq!(tds_deposit(day("2028-06-01"), &plain()).missing_year, None);
    assert_eq!(tds_deposit(day("2028-07-01"), &plain()).missing_year, None);
}

#[test]
fn certificates_are_due_in_the_first_two_weeks() {
    is(&tds_certificate(month("2026-07")), "2026-08-14", M);
    is(&tds_certificate(month("2027-06")), "2027-07-14", M);
    assert!(tds_certificate(month("2026-07")).note.contains("A-Challan"));
}

#[test]
fn the_withholding_return_is_quarterly_from_july_2026() {
    for (period, due, confidence) in [
        ("2026-07", "2026-10-25", M),
        ("2026-09", "2026-10-25", M),
        ("2026-10", "2027-01-25", M),
        ("2027-03", "2027-04-25", M),
        ("2027-06", "2027-07-25", M),
        // Monthly as enacted, moved by the weekend: 15 May 2026 is a Friday.
        ("2026-04", "2026-05-17", L),
        ("2026-06", "2026-07-15", L),
    ] {
        is(&withholding_return(month(period), &plain()), due, confidence);
    }
    is(&withholding_return(month("2026-08"), &calendar(&["2026-10-25", "2026-10-26"], "")), "2026-10-27", M);
    // The quarter's return falls in a year that is not covered.
    assert_eq!(withholding_return(month("2027-12"), &plain()).missing_year, Some(2028));
}

#[test]
fn the_vat_return_moves_for_government_holidays_only() {
    let plain = plain();
    is(&vat_return(month("2025-07"), &plain), "2025-08-15", H);
    assert!(vat_return(month("2025-07"), &plain).note.contains("weekend"), "15 August 2025 is a Friday");
    is(&vat_return(month("2026-06"), &plain), "2026-07-15", H);
    // A holiday on a Thursday moves it over the weekend.
    is(&vat_return(month("2025-12"), &calendar(&["2026-01-15"], "")), "2026-01-18", H);
    is(&vat_return(month("2025-12"), &calendar(&["2026-01-14"], "")), "2026-01-15", H);
}

#[test]
fn the_cadence_from_july_2026_is_data_and_flagged() {
    is(&vat_return(month("2026-07"), &plain()), "2026-08-15", L);
    is(&vat_return(month("2026-07"), &calendar(&[], &vat("monthly"))), "2026-08-15", L);
    let quarterly = calendar(&[], &vat("quarterly"));
    for period in ["2026-07", "2026-08", "2026-09"] {
        is(&vat_return(month(period), &quarterly), "2026-10-15", L);
        is(&vds_adjustment(month(period), &quarterly), "2026-10-15", L);
    }
    is(&vat_return(month("2026-06"), &quarterly), "2026-07-15", H);
    let told = vat_return(month("2026-07"), &quarterly);
    assert_eq!((told.source.as_str(), told.note.as_str()), ("told", "disputed"));
}

#[test]
fn vds_is_adjusted_or_deposited() {
    is(&vds_adjustment(month("2025-07"), &plain()), "2025-08-15", H);
    is(&vds_adjustment(month("2025-06"), &plain()), "2025-07-15", L);
    is(&vds_deposit(day("2026-07-31")), "2026-08-15", H);
    is(&vds_deposit(day("2025-06-30")), "2025-07-15", L);
}

#[test]
fn mushak_66_takes_three_working_days() {
    for (from, due) in [
        ("2026-11-15", "2026-11-18"),
        ("2026-11-17", "2026-11-22"),
        ("2026-11-19", "2026-11-24"),
        ("2026-11-20", "2026-11-24"),
    ] {
        is(&mushak_66(day(from), &plain(), true), due, H);
        is(&mushak_66(day(from), &plain(), false), due, H);
    }
    is(&mushak_66(day("2026-12-15"), &calendar(&["2026-12-16"], ""), true), "2026-12-21", H);
}

#[test]
fn a_month_lists_what_its_payer_owes_in_order() {
    let duties = |period: &str, registered| -> Vec<(Duty, String)> {
        let all = for_month(month(period), &calendar(&[], &vat("monthly")), registered);
        all.into_iter().map(|d| (d.duty, d.due.to_string())).collect()
    };
    assert_eq!(
        duties("2026-08", true),
        [
            (Duty::TdsDeposit, "2026-09-14".to_owned()),
            (Duty::TdsCertificate, "2026-09-14".to_owned()),
            (Duty::VdsAdjustment, "2026-09-15".to_owned()),
            (Duty::VatReturn, "2026-09-15".to_owned()),
            (Duty::Mushak66, "2026-09-20".to_owned()),
            (Duty::WithholdingReturn, "2026-10-25".to_owned()),
        ]
    );
    assert_eq!(
        duties("2026-08", false),
        [
            (Duty::VdsDeposit, "2026-08-16".to_owned()),
            (Duty::Mushak66, "2026-08-19".to_owned()),
            (Duty::TdsDeposit, "2026-09-14".to_owned()),
            (Duty::TdsCertificate, "2026-09-14".to_owned()),
            (Duty::WithholdingReturn, "2026-10-25".to_owned()),
        ]
    );
    let june: Vec<_> = duties("2027-06", true).into_iter().filter(|(duty, _)| *duty == Duty::TdsDeposit).collect();
    let dates: Vec<_> = june.iter().map(|(_, due)| due.as_str()).collect();
    assert_eq!(dates, ["2027-06-08", "2027-06-22", "2027-06-30"]);
}

#[test]
fn mushak_66_inherits_the_doubt_of_what_it_is_counted_from() {
    let all = for_month(month("2026-08"), &calendar(&[], &vat("monthly")), true);
    let issued = all.iter().find(|d| d.duty == Duty::Mushak66).unwrap();
    assert_eq!(issued.confidence, L);
    let before = for_month(month("2025-06"), &plain(), true);
    assert!(before.iter().filter(|d| d.duty == Duty::Mushak66).all(|d| d.confidence == L));
}

#[test]
fn the_shipped_calendar_gives_every_month_with_its_doubts() {
    let shipped = WorkingCalendar::parse(SHIPPED).unwrap();
    let all = for_month(month("2026-08"), &shipped, true);
    let of = |duty| all.iter().find(|d| d.duty == duty).unwrap();
    assert!(!of(Duty::TdsDeposit).is_doubtful(), "no holiday rule");
    assert_eq!(of(Duty::WithholdingReturn).missing_year, Some(2026));
    assert!(of(Duty::VatReturn).is_doubtful());
}

#[test]
fn a_deadline_is_sent_as_data() {
    let json = serde_json::to_value(tds_certificate(month("2026-07"))).unwrap();
    assert_eq!((json["duty"].as_str(), json["due"].as_str()), (Some("tds_certificate"), Some("2026-08-14")));
    assert_eq!(json["confidence"], "M");
}

#[test]
fn the_ends_of_time_are_no_panic() {
    for end in [NaiveDate::MIN, NaiveDate::MAX] {
        assert!(tds_deposit(end, &plain()).due >= end && vds_deposit(end).due >= end);
        for registered in [true, false] {
            assert!(mushak_66(end, &plain(), registered).due >= end);
            assert!(!for_month(TaxPeriod::of(end), &plain(), registered).is_empty());
        }
    }
}

proptest! {
    #[test]
    fn whatever_the_month(days in 700_000..780_000_i32, registered: bool, quarterly: bool) {
        let date = NaiveDate::from_num_days_from_ce_opt(days).unwrap();
        let calendar = calendar(&[], &vat(if quarterly { "quarterly" } else { "monthly" }));
        let all = for_month(TaxPeriod::of(date), &calendar, registered);
        prop_assert!(all.is_sorted_by_key(|d| d.due));
        for deadline in &all {
            prop_assert!(deadline.due > TaxPeriod::of(date).first_day());
            prop_assert!(!deadline.rule.is_empty() && !deadline.source.is_empty());
        }
        let deposit = tds_deposit(date, &calendar);
        prop_assert!(deposit.due >= date);
        prop_assert!(deposit.due <= TaxPeriod::of(date).last_day() + chrono::Days::new(14));
        prop_assert!(date.month() != 6 || deposit.due <= date + chrono::Days::new(7));
        let issued = mushak_66(date, &calendar, registered).due;
        prop_assert!(issued >= date + chrono::Days::new(3) && issued <= date + chrono::Days::new(5));
    }
}
