//! Commas in whole numbers: by lakh and crore, as the country writes, and by thousands, as others do.

/// The digits in groups of three and then two from the right: `1,07,500` (CLDR `#,##,##0`).
#[must_use]
pub fn lakh_crore(digits: &str) -> String {
    with_commas(digits, |left| left == 3 || (left > 3 && left % 2 == 1))
}

/// The digits in groups of three: `107,500` (CLDR `#,##0`).
#[must_use]
pub fn thousands(digits: &str) -> String {
    with_commas(digits, |left| left % 3 == 0)
}

/// Whether the commas of this text stand as one of the two groupings puts them. A text without commas is not grouped.
#[must_use]
pub fn is_grouped(text: &str) -> bool {
    let plain = text.replace(',', "");
    text.contains(',') && (text == lakh_crore(&plain) || text == thousands(&plain))
}

fn with_commas(digits: &str, before: impl Fn(usize) -> bool) -> String {
    let count = digits.chars().count();
    let mut out = String::with_capacity(digits.len() + count / 2);
    for (index, c) in digits.chars().enumerate() {
        if index > 0 && before(count - index) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_as_the_two_habits_do() {
        for (plain, indian, western) in [
            ("", "", ""),
            ("1", "1", "1"),
            ("999", "999", "999"),
            ("1000", "1,000", "1,000"),
            ("99999", "99,999", "99,999"),
            ("107500", "1,07,500", "107,500"),
            ("10000000", "1,00,00,000", "10,000,000"),
            ("1000000000000", "10,00,00,00,00,000", "1,000,000,000,000"),
        ] {
            assert_eq!((lakh_crore(plain).as_str(), thousands(plain).as_str()), (indian, western));
        }
    }

    #[test]
    fn tells_groupings_from_stray_commas() {
        for good in ["1,000", "1,07,500", "107,500", "1,00,00,000", "10,000,000"] {
            assert!(is_grouped(good), "{good}");
        }
        for bad in ["", "1000", "1,2,3", "1,0000", ",100", "100,", "1,,000", "10,75,00", "1,07,50", "1,000,00"] {
            assert!(!is_grouped(bad), "{bad}");
        }
    }
}
