//! Identities of taxpayers and people: TIN, BIN, NID and mobile number, each tagged by its kind.
//!
//! They are read from any usual writing: ASCII or Bengali digits with spaces and hyphens. `Display` and JSON give the one
//! canonical form, `printed` the form for paper. `Debug` hides all but the last digits and no error repeats the number,
//! because both end in logs. Only length and digits are checked: no checksum is published for any of them.

mod bin;
mod mobile;
mod nid;
mod profile;
mod tin;

use std::fmt;

use crate::digits;

pub use bin::{Bin, EntityMatch};
pub use mobile::Mobile;
pub use nid::Nid;
pub use profile::{Accepted, IdentityProfile, IdentityProfileError};
pub use tin::Tin;

/// The longest text that is read as an identity, in characters: the longest kind has 17 digits, the rest is room for
/// separators.
pub const LONGEST_IDENTITY: usize = 64;

/// Why a text or a number is not an identity of the asked kind. No message repeats the number, which is personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The text is far longer than any writing of an identity.
    #[error("the {kind} is longer than {LONGEST_IDENTITY} characters: give the number alone")]
    TooLong {
        /// Which identity.
        kind: &'static str,
    },
    /// There is something else than digits and separators.
    #[error("character {position} of the {kind} is not a digit, space or hyphen: a {kind} has {expected}")]
    StrangeCharacter {
        /// Which identity.
        kind: &'static str,
        /// Where it stands, counted from 1.
        position: usize,
        /// What would be right.
        expected: &'static str,
    },
    /// The number of digits fits no form.
    #[error("the {kind} has {found} digits: a {kind} has {expected}")]
    WrongLength {
        /// Which identity.
        kind: &'static str,
        /// How many digits there are.
        found: usize,
        /// What would be right.
        expected: &'static str,
    },
    /// The digits cannot be what they must be.
    #[error("the {kind} {problem}: {remedy}")]
    Implausible {
        /// Which identity.
        kind: &'static str,
        /// What is wrong.
        problem: &'static str,
        /// What would be right.
        remedy: &'static str,
    },
    /// The company's setting does not take this form.
    #[error("a {kind} of {found} digits is not accepted under identity_profile = {profile}: {remedy}")]
    NotAccepted {
        /// Which identity.
        kind: &'static str,
        /// How many digits it has.
        found: usize,
        /// The setting.
        profile: IdentityProfile,
        /// What would be right.
        remedy: &'static str,
    },
}

/// ASCII digits that passed the checks of an identity. Only this module makes them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digits(String);

impl Digits {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redacted(&self.0))
    }
}

/// The last digits, four of a long number and two of a short one: enough to tell records apart, not enough to use.
fn redacted(number: &str) -> String {
    let shown = if number.len() >= 12 { 4 } else { 2 };
    let hidden = number.len().saturating_sub(shown);
    format!("…{}", number.get(hidden..).unwrap_or_default())
}

/// The digits of a written number, without the separators that people use.
fn digits_of(kind: &'static str, expected: &'static str, text: &str) -> Result<String, IdentityError> {
    if text.chars().nth(LONGEST_IDENTITY).is_some() {
        return Err(IdentityError::TooLong { kind });
    }
    let mut plain = String::with_capacity(17);
    for (index, c) in digits::to_ascii(text).chars().enumerate() {
        match c {
            '0'..='9' => plain.push(c),
            // Word processors write the last three: no-break space, no-break hyphen and en dash.
            ' ' | '-' | '\u{00A0}' | '\u{2011}' | '\u{2013}' => {}
            _ => return Err(IdentityError::StrangeCharacter { kind, position: index + 1, expected }),
        }
    }
    Ok(plain)
}

/// `1234-5678-9012` of `123456789012`: groups of four from the left.
fn in_fours(number: &str) -> String {
    let mut out = String::with_capacity(number.len() + number.len() / 4);
    for (index, c) in number.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            out.push('-');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_separators_of_word_processors_and_nothing_else() {
        assert_eq!(digits_of("TIN", "x", "১২\u{00A0}34\u{2011}5\u{2013}6-7 8").unwrap(), "12345678");
        for (text, position) in [("12.3", 3), ("১২৩/", 4), ("١٢", 1), ("12\t3", 3), ("12\u{2014}3", 3)] {
            let error = digits_of("TIN", "12 digits", text).unwrap_err();
            assert_eq!(error, IdentityError::StrangeCharacter { kind: "TIN", position, expected: "12 digits" });
        }
    }

    #[test]
    fn refuses_enormous_texts_by_their_length() {
        assert!(digits_of("TIN", "x", &" ".repeat(LONGEST_IDENTITY)).is_ok());
        assert_eq!(digits_of("TIN", "x", &"১".repeat(65)), Err(IdentityError::TooLong { kind: "TIN" }));
    }
}
