//! What holds for any amount, identity, text and date.
#![cfg(test)]

mod arbitrary;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use vextrus_domain::calendar::{TaxPeriod, WorkingCalendar};
use vextrus_domain::identity::{Bin, EntityMatch, Mobile, Nid, Tin};
use vextrus_domain::{FiscalYear, Lang, Rate, Taka, grouping, words};

const SHIPPED: &str = include_str!("../../rules/calendar/bangladesh.toml");

fn amounts() -> impl Strategy<Value = Taka> {
    let poisha = prop_oneof![
        -Taka::MAX_POISHA..=Taka::MAX_POISHA,
        -100_000_i64..=100_000,
        (0_u32..14).prop_flat_map(|zeros| (-11..=11_i64).prop_map(move |near| 10_i64.pow(zeros) + near)),
    ];
    poisha.prop_filter_map("within the limit", |poisha| Taka::from_poisha(poisha).ok())
}

/// Texts near what is read: digits of both scripts, separators, signs, and anything else now and then.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9০-৯ ,.+৳%\u{A0}\u{2011}\u{2013}-]{0,24}",
        "(-|৳|BDT ?|Tk\\.? ?)?[0-9০-৯]{1,3}(,[0-9০-৯]{2,3}){0,5}(\\.[0-9০-৯]{0,3})?( ?৳)?",
        "[0-9০-৯]{4}-[0-9০-৯]{2}",
        "[0-9০-৯]{9,17}",
        "\\PC{0,80}",
        any::<String>(),
    ]
}

/// The digits in Bengali, with a separator here and there.
fn disguised(digits: &str, separators: &[(usize, char)]) -> String {
    let mut out: String =
        digits.chars().map(|c| c.to_digit(10).and_then(|d| char::from_u32(0x09E6 + d)).unwrap_or(c)).collect();
    for (place, separator) in separators {
        let places: Vec<usize> = out.char_indices().map(|(at, _)| at).collect();
        if let Some(at) = places.get(place % places.len().max(1)) {
            out.insert(*at, *separator);
        }
    }
    out
}

fn separators() -> impl Strategy<Value = Vec<(usize, char)>> {
    let separator = prop::sample::select(vec![' ', '-', '\u{A0}', '\u{2011}', '\u{2013}']);
    prop::collection::vec((0_usize..40, separator), 0..6)
}

/// Groups written down one by one from the right, as a person would.
fn grouped_by_hand(digits: &str, first: usize, then: usize) -> String {
    let mut groups = Vec::new();
    let (mut left, mut size) = (digits, first);
    while left.len() > size {
        let (rest, group) = left.split_at(left.len() - size);
        groups.push(group);
        (left, size) = (rest, then);
    }
    groups.push(left);
    groups.reverse();
    groups.join(",")
}

fn days() -> impl Strategy<Value = NaiveDate> {
    // 1990 to 2060: years that are listed and years that are not.
    (726_468..752_038_i32).prop_map(|day| NaiveDate::from_num_days_from_ce_opt(day).unwrap())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in texts()) {
        arbitrary::check_amount(&text);
        arbitrary::check_rate(&text);
        arbitrary::check_identities(&text);
        arbitrary::check_periods(&text);
        arbitrary::check_settings(&text);
    }

    #[test]
    fn amounts_are_read_as_they_are_written(amount in amounts()) {
        arbitrary::check_amount_forms(amount);
    }

    #[test]
    fn groupings_are_those_of_a_person(digits in "[1-9][0-9]{0,17}") {
        prop_assert_eq!(grouping::lakh_crore(&digits), grouped_by_hand(&digits, 3, 2));
        prop_assert_eq!(grouping::thousands(&digits), grouped_by_hand(&digits, 3, 3));
    }

    #[test]
    fn commas_elsewhere_are_refused(digits in "[1-9][0-9]{0,11}", places in prop::collection::btree_set(1_usize..14, 1..4)) {
        let mut written = digits.clone();
        for place in places.into_iter().rev().filter(|p| *p <= digits.len()) {
            written.insert(place, ',');
        }
        let grouped = [digits.clone(), grouping::lakh_crore(&digits), grouping::thousands(&digits)].contains(&written);
        prop_assert_eq!(written.parse::<Taka>().is_ok(), grouped, "{}", written);
    }

    #[test]
    fn different_amounts_have_different_words(a in amounts(), b in amounts(), near in -200_i64..200) {
        let close = Taka::from_poisha(a.poisha() + near).unwrap_or(a);
        for lang in [Lang::En, Lang::Bn] {
            for other in [b, close] {
                prop_assert_eq!(words::in_words(a, lang) == words::in_words(other, lang), a == other);
            }
        }
    }

    #[test]
    fn rates_are_read_as_they_are_written_and_scale_exactly(ppm: u32, numerator: u32, denominator: u32) {
        let rate = Rate::from_ppm(ppm);
        prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        if let Ok(scaled) = rate.scaled(numerator, denominator) {
            prop_assert_eq!(
                u128::from(scaled.ppm()) * u128::from(denominator),
                u128::from(ppm) * u128::from(numerator)
            );
        }
    }

    #[test]
    fn identities_are_read_from_both_scripts(
        tin in "[0-9]{10}|[0-9]{12}",
        bin in "[0-9]{9}|[0-9]{11}|[0-9]{13}",
        nid in "[1-9][0-9]{9}|[0-9]{13}|(19|20)[0-9]{15}",
        mobile in "(0|880)?1[3-9][0-9]{8}",
        marks in separators(),
    ) {
        let (tin_read, bin_read, nid_read, mobile_read): (Tin, Bin, Nid, Mobile) =
            (tin.parse().unwrap(), bin.parse().unwrap(), nid.parse().unwrap(), mobile.parse().unwrap());
        prop_assert_eq!(tin_read.digits(), tin.as_str());
        prop_assert_eq!(bin_read.digits(), bin.as_str());
        prop_assert_eq!(nid_read.digits(), nid.as_str());
        prop_assert!(mobile_read.to_string().ends_with(&mobile[mobile.len() - 10..]));
        prop_assert_eq!(disguised(&tin, &marks).parse(), Ok(tin_read.clone()));
        prop_assert_eq!(disguised(&bin, &marks).parse(), Ok(bin_read.clone()));
        prop_assert_eq!(disguised(&nid, &marks).parse(), Ok(nid_read.clone()));
        prop_assert_eq!(disguised(&mobile, &marks).parse(), Ok(mobile_read.clone()));
        for json in [
            serde_json::to_string(&tin_read).unwrap(),
            serde_json::to_string(&bin_read).unwrap(),
            serde_json::to_string(&nid_read).unwrap(),
            serde_json::to_string(&mobile_read).unwrap(),
        ] {
            arbitrary::check_identities(json.trim_matches('"'));
        }
        prop_assert_eq!(bin_read.same_entity(&bin_read), EntityMatch::Same);
    }

    #[test]
    fn periods_tile_the_calendar(day in days()) {
        let period = TaxPeriod::of(day);
        prop_assert!(period.contains(day) && period.first_day() <= day && day <= period.last_day());
        prop_assert_eq!(period.last_day() + Days::new(1), period.next().first_day());
        prop_assert_eq!(period.next().previous(), period);
        prop_assert_eq!(period.quarter_end().month() % 3, 0);
        prop_assert_eq!(period.quarter_end().fiscal_year(), FiscalYear::of(day));
        let year = FiscalYear::of(day);
        prop_assert!(year.contains(day) && year.contains(year.first_day()) && year.contains(year.last_day()));
        prop_assert_eq!(year.last_day() + Days::new(1), year.next().first_day());
    }

    #[test]
    fn working_days_add_up(day in days(), a in 1_u16..40, b in 1_u16..40) {
        let calendar = WorkingCalendar::parse(SHIPPED).unwrap();
        let next = calendar.next_working_day(day);
        prop_assert!(calendar.is_working_day(next.date) && next.date >= day);
        prop_assert!(day.iter_days().take_while(|d| *d < next.date).all(|d| !calendar.is_working_day(d)));
        let far = calendar.add_working_days(day, a + b).date;
        prop_assert_eq!(calendar.add_working_days(calendar.add_working_days(day, a).date, b).date, far);
        let counted = day.iter_days().skip(1).take_while(|d| *d <= far).filter(|d| calendar.is_working_day(*d)).count();
        prop_assert_eq!(counted, usize::from(a + b));
        let last = calendar.last_working_day_of(TaxPeriod::of(day)).unwrap().date;
        prop_assert!(calendar.is_working_day(last) && TaxPeriod::of(last) == TaxPeriod::of(day));
        prop_assert!(!TaxPeriod::of(calendar.next_working_day(last + Days::new(1)).date).contains(day));
    }

    #[test]
    fn working_minutes_add_up(
        start in 1_600_000_000_i64..1_900_000_000,
        first in 0_i64..20_000,
        second in 0_i64..20_000,
    ) {
        let calendar = WorkingCalendar::parse(SHIPPED).unwrap();
        // Whole minutes: a part of one on either side of the middle would be dropped twice.
        let a: DateTime<Utc> = DateTime::from_timestamp(start / 60 * 60, 0).unwrap();
        let (b, c) = (a + TimeDelta::minutes(first), a + TimeDelta::minutes(first + second));
        let minutes = |from, to| calendar.working_minutes(from, to).unwrap().minutes;
        prop_assert_eq!(minutes(a, b) + minutes(b, c), minutes(a, c));
        prop_assert!(minutes(a, b) <= first.unsigned_abs());
        prop_assert_eq!(minutes(b, a), 0);
    }
}
