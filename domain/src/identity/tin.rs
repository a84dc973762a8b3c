//! Taxpayer identification numbers.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Digits, IdentityError, digits_of, in_fours, redacted};

const KIND: &str = "TIN";
const EXPECTED: &str = "12 digits (e-TIN), or 10 where it was issued before 2014";

/// A taxpayer identification number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Tin {
    /// Ten digits, void from 2014-01-01.
    Legacy10(Digits),
    /// Twelve digits, the electronic TIN in force since 2013-07-01 (Income Tax Act 2023 s.261).
    Etin12(Digits),
}

impl Tin {
    /// Its digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        match self {
            Self::Legacy10(digits) | Self::Etin12(digits) => digits.as_str(),
        }
    }

    /// As papers print it: an e-TIN in fours (`1234-5678-9012`), an old TIN as its digits.
    #[must_use]
    pub fn printed(&self) -> String {
        match self {
            Self::Legacy10(digits) => digits.as_str().to_owned(),
            Self::Etin12(digits) => in_fours(digits.as_str()),
        }
    }

    /// Whether its form was void on this day: ten digits are from 2014-01-01.
    #[must_use]
    pub fn is_legacy_on(&self, day: NaiveDate) -> bool {
        matches!(self, Self::Legacy10(_)) && day.year() >= 2014
    }
}

impl FromStr for Tin {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = digits_of(KIND, EXPECTED, text)?;
        match plain.len() {
            10 => Ok(Self::Legacy10(Digits(plain))),
            12 => Ok(Self::Etin12(Digits(plain))),
            found => Err(IdentityError::WrongLength { kind: KIND, found, expected: EXPECTED }),
        }
    }
}

impl fmt::Display for Tin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.digits())
    }
}

impl fmt::Debug for Tin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tin({})", redacted(self.digits()))
    }
}

impl TryFrom<String> for Tin {
    type Error = IdentityError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Tin> for String {
    fn from(tin: Tin) -> Self {
        tin.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_usual_writings() {
        for (text, canonical, printed) in [
            ("1234-5678-9012", "123456789012", "1234-5678-9012"),
            ("১২৩৪ ৫৬৭৮ ৯০১২", "123456789012", "1234-5678-9012"),
            ("১২৩৪৫৬৭৮৯০", "1234567890", "1234567890"),
            ("012-345-6789", "0123456789", "0123456789"),
        ] {
            let tin: Tin = text.parse().unwrap();
            assert_eq!((tin.to_string().as_str(), tin.printed().as_str()), (canonical, printed));
            assert_eq!(tin.printed().parse::<Tin>().unwrap(), tin);
        }
        assert!(matches!("1234567890".parse::<Tin>().unwrap(), Tin::Legacy10(_)));
        assert!(matches!("123456789012".parse::<Tin>().unwrap(), Tin::Etin12(_)));
    }

    #[test]
    fn refuses_other_lengths_and_characters_without_repeating_the_number() {
        for bad in ["", "12345678901", "1234567890123", "12345678901x", "১২৩৪৫৬৭৮৯০১"] {
            let error = bad.parse::<Tin>().unwrap_err().to_string();
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
            assert!(error.contains("TIN") && error.contains("12 digits"), "{error}");
        }
    }

    #[test]
    fn debug_hides_the_number() {
        assert_eq!(format!("{:?}", "123456789012".parse::<Tin>().unwrap()), "Tin(…9012)");
        assert_eq!(format!("{:?}", "1234567890".parse::<Tin>().unwrap()), "Tin(…90)");
    }

    #[test]
    fn json_is_the_canonical_form() {
        let tin: Tin = serde_json::from_str("\"1234-5678-9012\"").unwrap();
        assert_eq!(serde_json::to_string(&tin).unwrap(), "\"123456789012\"");
        assert!(serde_json::from_str::<Tin>("123456789012").is_err(), "a number is not an identity");
    }
}
