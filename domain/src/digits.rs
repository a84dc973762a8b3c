//! Bengali digits (U+09E6..U+09EF) are read wherever ASCII digits are, and written where Bengali is asked for.

/// The text with Bengali digits turned into ASCII ones.
pub(crate) fn to_ascii(text: &str) -> String {
    text.chars().map(ascii_digit).collect()
}

/// The text with ASCII digits turned into Bengali ones.
pub(crate) fn to_bengali(text: &str) -> String {
    text.chars().map(bengali_digit).collect()
}

fn ascii_digit(c: char) -> char {
    match c {
        '\u{09E6}'..='\u{09EF}' => char::from_digit(u32::from(c) - 0x09E6, 10).unwrap_or(c),
        other => other,
    }
}

fn bengali_digit(c: char) -> char {
    c.to_digit(10).and_then(|d| char::from_u32(0x09E6 + d)).unwrap_or(c)
}

/// The start of a text, for a message: an error never repeats more than this of what it was given.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut start: String = text.chars().take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        start.push('…');
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bengali_digits_become_ascii_and_back() {
        assert_eq!(to_ascii("১২৩-৪৫৬ ৭৮৯০ x"), "123-456 7890 x");
        assert_eq!(to_bengali("123-456 7890 x"), "১২৩-৪৫৬ ৭৮৯০ x");
    }

    #[test]
    fn an_excerpt_is_short_whatever_the_script() {
        assert_eq!(excerpt("abc"), "abc");
        assert_eq!(excerpt(&"৳".repeat(1_000)).chars().count(), 41);
    }
}
