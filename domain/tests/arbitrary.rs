//! What must hold for any input at all, as plain functions: `properties.rs` calls them with random texts, and a fuzz target
//! can include this file by its path. It has no `#![cfg(test)]` of its own, which would leave a fuzz target without it.

use vextrus_domain::calendar::{AssessmentYear, FiscalYear, TaxPeriod, WorkingCalendar};
use vextrus_domain::identity::{Bin, IdentityError, IdentityProfile, Mobile, Nid, Tin};
use vextrus_domain::{Lang, Rate, Taka, words};

/// An amount that is read is written so that it is read again, in every form; an error is short.
pub(crate) fn check_amount(text: &str) {
    for read in [text.parse::<Taka>(), Taka::parse_written(text)] {
        match read {
            Ok(amount) => check_amount_forms(amount),
            Err(error) => assert!(error.to_string().chars().count() < 400, "{error}"),
        }
    }
}

/// Every written form of an amount is read as the amount, and its words are not empty.
pub(crate) fn check_amount_forms(amount: Taka) {
    for lang in [Lang::En, Lang::Bn] {
        assert_eq!(amount.grouped_in(lang).parse(), Ok(amount));
        assert_eq!(Taka::parse_written(&amount.currency(lang)), Ok(amount));
        assert!(!words::in_words(amount, lang).is_empty());
    }
    assert_eq!(amount.to_string().parse(), Ok(amount));
    let whole = amount.round_to_taka();
    assert!(whole.poisha() % 100 == 0 && (whole.poisha() - amount.poisha()).abs() <= 50);
}

/// A rate that is read is written so that it is read again.
pub(crate) fn check_rate(text: &str) {
    match text.parse::<Rate>() {
        Ok(rate) => assert_eq!(rate.to_string().parse(), Ok(rate)),
        Err(error) => assert!(error.to_string().chars().count() < 400, "{error}"),
    }
}

/// An identity that is read is written so that it is read again, and is never repeated by `Debug` or an error.
pub(crate) fn check_identities(text: &str) {
    check_identity::<Tin>(text, |tin| (tin.to_string(), tin.printed()));
    check_identity::<Bin>(text, |bin| (bin.to_string(), bin.printed()));
    check_identity::<Nid>(text, |nid| (nid.to_string(), nid.printed()));
    check_identity::<Mobile>(text, |mobile| (mobile.to_string(), mobile.printed()));
}

fn check_identity<T>(text: &str, forms: fn(&T) -> (String, String))
where
    T: std::str::FromStr<Err = IdentityError> + PartialEq + std::fmt::Debug,
{
    match text.parse::<T>() {
        Ok(identity) => {
            let (canonical, printed) = forms(&identity);
            for form in [canonical.as_str(), printed.as_str()] {
                assert!(form.parse::<T>().is_ok_and(|again| again == identity), "{form}");
            }
            let shown = format!("{identity:?}").chars().filter(char::is_ascii_digit).count();
            assert!(shown <= 4, "{identity:?}");
        }
        Err(error) => {
            let said = error.to_string();
            assert!(said.chars().count() < 400, "{said}");
            // Short texts such as "10" may stand in a message by chance.
            assert!(text.chars().count() < 6 || !said.contains(text), "{said}");
        }
    }
}

/// A period or year that is read is written so that it is read again.
pub(crate) fn check_periods(text: &str) {
    if let Ok(period) = text.parse::<TaxPeriod>() {
        assert_eq!(period.to_string().parse(), Ok(period));
        assert_eq!(period.next().previous(), period);
    }
    if let Ok(year) = text.parse::<FiscalYear>() {
        assert_eq!(year.to_string().parse(), Ok(year));
        assert_eq!(year.assessment_year().income_year(), year);
    }
    if let Ok(year) = text.parse::<AssessmentYear>() {
        assert_eq!(year.to_string().parse(), Ok(year));
    }
}

/// Names of settings and calendars are read or refused.
pub(crate) fn check_settings(text: &str) {
    if let Ok(lang) = text.parse::<Lang>() {
        assert_eq!(lang.to_string(), text);
    }
    if let Ok(profile) = text.parse::<IdentityProfile>() {
        assert_eq!(profile.to_string(), text);
    }
    if let Err(error) = WorkingCalendar::parse(text) {
        assert!(!error.to_string().is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handful_of_hostile_texts() {
        let long = "৯".repeat(100_000);
        let commas = ",".repeat(64);
        for text in [
            "",
            " ",
            "-",
            "+",
            "৳",
            "-৳-",
            "০",
            "-0",
            "১,০৭,৫০০.০০৳",
            "BDT",
            "Tk.",
            "T",
            "ট",
            "é",
            "\u{0}",
            "%",
            ".%",
            "-.",
            "1e9",
            "٣",
            "𝟙𝟚𝟛",
            "𑄶",
            "1\u{200B}2",
            "\u{202E}123",
            "+৮৮০",
            "880",
            "+",
            "0000-00",
            "9999-12",
            "9999-00",
            "-001-07",
            "weekend = [",
            "[[year]]",
            &long,
            &commas,
        ] {
            check_amount(text);
            check_rate(text);
            check_identities(text);
            check_periods(text);
            check_settings(text);
        }
        for poisha in [i64::MIN, -Taka::MAX_POISHA, -1, 0, 1, Taka::MAX_POISHA, i64::MAX] {
            if let Ok(amount) = Taka::from_poisha(poisha) {
                check_amount_forms(amount);
            }
        }
    }
}
