//! Business identification numbers.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Digits, IdentityError, digits_of, redacted};

const KIND: &str = "BIN";
const EXPECTED: &str = "13 digits (such as 123456789-0101), or 9 or 11 where it was issued before 30 November 2019";

/// A business identification number (Value Added Tax and Supplementary Duty Act 2012 s.6).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Bin {
    /// Nine digits, invalid from 2019-11-30.
    Legacy9(Digits),
    /// Eleven digits of the registrations before, invalid from 2019-11-30.
    Old11(Digits),
    /// Thirteen digits: nine of the entity and four of the unit.
    Bin13 {
        /// The first nine digits.
        entity: Digits,
        /// The last four digits, the branch.
        unit: Digits,
    },
}

/// Whether two BINs belong to one business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityMatch {
    /// The numbers say so: they are equal, or units of one entity.
    Same,
    /// Nothing in the numbers links them. A business may still have had both: an 11-digit BIN shares no digits with its
    /// successor.
    Different,
    /// A 9-digit BIN equals the first nine digits of a 13-digit one. That they belong together is an assumption that no
    /// source settles: a person must confirm it.
    HintConfirm,
}

impl Bin {
    /// Its digits, without the hyphen.
    #[must_use]
    pub fn digits(&self) -> String {
        match self {
            Self::Legacy9(digits) | Self::Old11(digits) => digits.as_str().to_owned(),
            Self::Bin13 { entity, unit } => format!("{}{}", entity.as_str(), unit.as_str()),
        }
    }

    /// As papers print it, which is also its canonical form: `123456789-0101`, or the digits of an older one.
    #[must_use]
    pub fn printed(&self) -> String {
        self.to_string()
    }

    /// Whether its form was invalid on this day: all but thirteen digits are from 2019-11-30.
    #[must_use]
    pub fn is_legacy_on(&self, day: NaiveDate) -> bool {
        let invalid_from = NaiveDate::from_ymd_opt(2019, 11, 30);
        !matches!(self, Self::Bin13 { .. }) && invalid_from.is_some_and(|from| day >= from)
    }

    /// Whether this BIN and another one belong to one business, as far as the numbers tell.
    #[must_use]
    pub fn same_entity(&self, other: &Self) -> EntityMatch {
        match (self, other) {
            (Self::Bin13 { entity: a, .. }, Self::Bin13 { entity: b, .. }) if a == b => EntityMatch::Same,
            (Self::Legacy9(old), Self::Bin13 { entity, .. }) | (Self::Bin13 { entity, .. }, Self::Legacy9(old))
                if old == entity =>
            {
                EntityMatch::HintConfirm
            }
            (a, b) if a == b => EntityMatch::Same,
            _ => EntityMatch::Different,
        }
    }
}

impl FromStr for Bin {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut plain = digits_of(KIND, EXPECTED, text)?;
        match plain.len() {
            9 => Ok(Self::Legacy9(Digits(plain))),
            11 => Ok(Self::Old11(Digits(plain))),
            13 => {
                let unit = Digits(plain.split_off(9));
                Ok(Self::Bin13 { entity: Digits(plain), unit })
            }
            found => Err(IdentityError::WrongLength { kind: KIND, found, expected: EXPECTED }),
        }
    }
}

impl fmt::Display for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Legacy9(digits) | Self::Old11(digits) => f.write_str(digits.as_str()),
            Self::Bin13 { entity, unit } => write!(f, "{}-{}", entity.as_str(), unit.as_str()),
        }
    }
}

impl fmt::Debug for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bin({})", redacted(&self.digits()))
    }
}

impl TryFrom<String> for Bin {
    type Error = IdentityError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Bin> for String {
    fn from(bin: Bin) -> Self {
        bin.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bin(text: &str) -> Bin {
        text.parse().unwrap()
    }

    #[test]
    fn reads_usual_writings() {
        for (text, canonical) in [
            ("123456789-0101", "123456789-0101"),
            ("1234567890101", "123456789-0101"),
            ("১২৩৪৫৬৭৮৯\u{2011}০১০১", "123456789-0101"),
            ("123 456 789", "123456789"),
            ("12345678901", "12345678901"),
        ] {
            assert_eq!(bin(text).to_string(), canonical);
        }
        assert!(matches!(bin("123 456 789"), Bin::Legacy9(_)));
        assert!(matches!(bin("12345678901"), Bin::Old11(_)));
        for wrong in ["", "12345678", "1234567890", "123456789012", "12345678901234"] {
            assert!(wrong.parse::<Bin>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn debug_hides_the_number() {
        assert_eq!(format!("{:?}", bin("123456789-0101")), "Bin(…0101)");
        assert_eq!(format!("{:?}", bin("123456789")), "Bin(…89)");
    }

    #[test]
    fn equal_prefixes_of_old_and_new_are_a_hint_only() {
        use EntityMatch::{Different, HintConfirm, Same};
        for (a, b, expected) in [
            ("123456789-0101", "123456789-0102", Same),
            ("123456789-0101", "123456780-0101", Different),
            ("123456789", "123456789", Same),
            ("123456789", "123456780", Different),
            ("123456789", "123456789-0101", HintConfirm),
            ("123456780", "123456789-0101", Different),
            ("12345678901", "12345678901", Same),
            ("12345678901", "123456789-0101", Different),
            ("12345678901", "123456789", Different),
        ] {
            assert_eq!(bin(a).same_entity(&bin(b)), expected, "{a} {b}");
            assert_eq!(bin(b).same_entity(&bin(a)), expected, "{b} {a}");
        }
    }
}
