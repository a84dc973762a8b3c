//! Mobile telephone numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Digits, IdentityError, digits_of, redacted};

const KIND: &str = "mobile number";
const EXPECTED: &str = "11 digits beginning with 013 to 019, or the same behind +88";

/// A mobile number of Bangladesh, 013 to 019 (BTRC numbering plan 2017; 013 and 014 since August 2018).
///
/// The prefix does not name the operator: numbers can be ported.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mobile(Digits);

impl Mobile {
    /// As people write it: `01712-345678`.
    #[must_use]
    pub fn printed(&self) -> String {
        let (operator, subscriber) = self.0.as_str().split_at_checked(4).unwrap_or_default();
        format!("0{operator}-{subscriber}")
    }
}

impl FromStr for Mobile {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (international, rest) = text.trim_matches(' ').strip_prefix('+').map_or((false, text), |rest| (true, rest));
        let plain = digits_of(KIND, EXPECTED, rest)?;
        let national = match plain.strip_prefix("880") {
            Some(behind) => behind,
            None if international => {
                return Err(IdentityError::Implausible {
                    kind: KIND,
                    problem: "is of another country",
                    remedy: "give one of Bangladesh, behind +880",
                });
            }
            None => plain.strip_prefix('0').unwrap_or(&plain),
        };
        if national.len() != 10 {
            return Err(IdentityError::WrongLength { kind: KIND, found: plain.len(), expected: EXPECTED });
        }
        match national.as_bytes() {
            [b'1', b'3'..=b'9', ..] => Ok(Self(Digits(national.to_owned()))),
            _ => Err(IdentityError::Implausible {
                kind: KIND,
                problem: "does not begin with 013 to 019",
                remedy: "give a mobile number, not one of a landline",
            }),
        }
    }
}

impl fmt::Display for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+880{}", self.0.as_str())
    }
}

impl fmt::Debug for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mobile({})", redacted(self.0.as_str()))
    }
}

impl TryFrom<String> for Mobile {
    type Error = IdentityError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Mobile> for String {
    fn from(mobile: Mobile) -> Self {
        mobile.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_usual_writings() {
        for text in [
            "01712345678",
            "1712345678",
            "8801712345678",
            "+8801712345678",
            "+88 01712-345678",
            " +880 1712 345678",
            "০১৭১২-৩৪৫৬৭৮",
            "+৮৮০১৭১২৩৪৫৬৭৮",
        ] {
            let mobile: Mobile = text.parse().unwrap();
            assert_eq!(
                (mobile.to_string().as_str(), mobile.printed().as_str()),
                ("+8801712345678", "01712-345678"),
                "{text}"
            );
        }
        assert_eq!(format!("{:?}", "01712345678".parse::<Mobile>().unwrap()), "Mobile(…78)");
    }

    #[test]
    fn refuses_other_numbers_without_repeating_them() {
        for bad in [
            "01212345678",
            "0171234567",
            "017123456789",
            "+441712345678",
            "++8801712345678",
            "00 8801712345678",
            "+01712345678",
            "880 0171 234 5678",
            "",
            "+",
        ] {
            let error = bad.parse::<Mobile>().unwrap_err().to_string();
            assert!(bad.len() < 2 || !error.contains(bad), "{error}");
        }
    }
}
