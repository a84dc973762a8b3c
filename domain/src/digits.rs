//! Bengali digits (U+09E6..U+09EF) are read wherever ASCII digits are.

/// The text with Bengali digits turned into ASCII ones.
pub(crate) fn to_ascii(text: &str) -> String {
    text.chars().map(ascii_digit).collect()
}

fn ascii_digit(c: char) -> char {
    match c {
        '\u{09E6}'..='\u{09EF}' => char::from(b'0' + (u32::from(c) - 0x09E6) as u8),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn bengali_digits_become_ascii() {
        assert_eq!(super::to_ascii("১২৩-৪৫৬ ৭৮৯০ x"), "123-456 7890 x");
    }
}
