//! Amounts as people write them.

use rust_decimal::Decimal;

use super::{MoneyError, Taka};
use crate::{digits, grouping};

/// The longest text that is read as an amount, in characters.
const LONGEST: usize = 64;
/// The signs of the currency that may stand before an amount; longer ones first, so that `Tk.` is not read as `Tk`.
const SIGNS: [&str; 4] = ["BDT", "Tk.", "Tk", "৳"];

/// An amount without a currency sign: digits in either script, with commas where they group.
pub(super) fn plain(text: &str) -> Result<Taka, MoneyError> {
    let not_a_number = || MoneyError::NotANumber(digits::excerpt(text));
    if text.chars().nth(LONGEST).is_some() {
        return Err(not_a_number());
    }
    let ascii = digits::to_ascii(text.trim());
    let (sign, unsigned) = ascii.strip_prefix('-').map_or(("", ascii.as_str()), |rest| ("-", rest));
    let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "00"));
    let ungrouped = whole.replace(',', "");
    if !whole.starts_with(|c: char| c.is_ascii_digit()) || !all_digits(&ungrouped) || !all_digits(decimals) {
        return Err(not_a_number());
    }
    if whole != ungrouped && !grouping::is_grouped(whole) {
        let mut right = format!("{sign}{}", grouping::lakh_crore(&ungrouped));
        if unsigned.contains('.') {
            right.push('.');
            right.push_str(decimals);
        }
        return Err(MoneyError::BadGrouping { text: digits::excerpt(text), right });
    }
    if decimals.len() > 2 {
        return Err(MoneyError::TooFine(digits::excerpt(text)));
    }
    let exact = Decimal::from_str_exact(&format!("{sign}{ungrouped}.{decimals}"));
    exact.map_err(|_| MoneyError::OutOfRange).and_then(Taka::checked)
}

/// An amount that may carry the currency's sign, before or behind.
pub(super) fn written(text: &str) -> Result<Taka, MoneyError> {
    let whole = |_| MoneyError::NotANumber(digits::excerpt(text));
    let trimmed = text.trim();
    let (sign, unsigned) = trimmed.strip_prefix('-').map_or(("", trimmed), |rest| ("-", rest.trim_start()));
    let Some(number) = without_currency(unsigned) else { return plain(text) };
    if text.chars().nth(LONGEST).is_some() || (!sign.is_empty() && number.starts_with('-')) {
        return Err(whole(()));
    }
    plain(&format!("{sign}{number}")).map_err(|error| match error {
        MoneyError::NotANumber(_) => whole(()),
        other => other,
    })
}

/// What is left when the currency's sign is taken away; none where there is no sign.
fn without_currency(text: &str) -> Option<&str> {
    let before = SIGNS.iter().find_map(|sign| {
        let (head, rest) = text.split_at_checked(sign.len())?;
        head.eq_ignore_ascii_case(sign).then(|| rest.trim_start())
    });
    before.or_else(|| text.strip_suffix('৳').map(str::trim_end))
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_group_or_are_refused_with_the_right_grouping() {
        for (text, poisha) in [
            ("107500", 10_750_000),
            ("1,07,500.00", 10_750_000),
            ("107,500", 10_750_000),
            ("১,০৭,৫০০.৫", 10_750_050),
            ("-1,00,00,000", -1_000_000_000),
            ("10,000,000", 1_000_000_000),
            ("1,234", 123_400),
        ] {
            assert_eq!(plain(text).unwrap().poisha(), poisha, "{text}");
        }
        for (text, right) in [
            ("1,2,3", "123"),
            ("10,75,00", "1,07,500"),
            ("-1,07,50.5", "-10,750.5"),
            ("1,07500", "1,07,500"),
            ("১,০৭,৫০", "10,750"),
            ("1,000,00,000", "10,00,00,000"),
            ("100,", "100"),
        ] {
            let error = plain(text).unwrap_err();
            assert_eq!(error, MoneyError::BadGrouping { text: text.into(), right: right.into() });
            assert!(error.to_string().contains(&format!("write {right}")), "{error}");
        }
        for text in [",100", "1.0,5", "1.,5", ",", "-,1", "--1"] {
            assert!(matches!(plain(text), Err(MoneyError::NotANumber(_))), "{text}");
        }
    }

    #[test]
    fn currency_signs_are_read_only_where_they_are_written() {
        for text in [
            "107500",
            "৳1,07,500.00",
            "৳ ১,০৭,৫০০",
            "১,০৭,৫০০.০০৳",
            "1,07,500 ৳",
            "BDT 107500",
            "bdt107500",
            "Tk 107500",
            "Tk. 1,07,500",
            "TK.107500",
            " tk 107,500 ",
        ] {
            assert_eq!(written(text).unwrap().poisha(), 10_750_000, "{text}");
            assert_eq!(plain(text).is_ok(), text == "107500", "{text}");
        }
        for text in ["-৳5", "৳-5", "- ৳ 5", "-5৳", "BDT -5"] {
            assert_eq!(written(text).unwrap().poisha(), -500, "{text}");
        }
        for text in ["", "৳", "Tk.", "৳৳5", "৳5৳", "-৳-5", "5 BDT", "USD 5", "$5", "Tk .5", "5 টাকা", "Tk5x"]
        {
            assert_eq!(written(text), Err(MoneyError::NotANumber(text.into())), "{text}");
        }
        assert!(matches!(written("৳1,2,3"), Err(MoneyError::BadGrouping { .. })));
        assert!(matches!(written("৳1.005"), Err(MoneyError::TooFine(_))));
    }

    #[test]
    fn enormous_texts_are_refused_and_not_repeated() {
        for text in ["9".repeat(65), "৳".repeat(10_000), format!("৳{}", "১".repeat(10_000))] {
            let Err(MoneyError::NotANumber(kept)) = written(&text) else { panic!("{}", text.len()) };
            assert!(kept.chars().count() <= 41);
        }
    }
}
