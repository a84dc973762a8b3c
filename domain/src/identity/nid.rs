//! National identity numbers.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Digits, IdentityError, digits_of, redacted};

const KIND: &str = "NID";
const EXPECTED: &str = "10, 13 or 17 digits";
const EARLIEST_BIRTH: i32 = 1900;

/// A national identity number of the Election Commission.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Nid {
    /// Ten digits of a smart card. The first is never 0 (one source, confidence M).
    Smart10(Digits),
    /// Thirteen digits of the first cards: district 2, RMO 1, upazila 2, union 2, serial 6.
    Old13(Digits),
    /// The thirteen digits behind the year of birth.
    Birth17 {
        /// The year of birth, 1900 or later.
        year: i32,
        /// The thirteen digits.
        number: Digits,
    },
}

impl Nid {
    /// Reads a number that was shown on this day: a 17-digit one must not be of somebody born in a later year. That is
    /// our own rule of plausibility, not one of law.
    ///
    /// # Errors
    /// [`IdentityError`] where the text is not an NID, or the year of birth lies after the day.
    pub fn parse_on(text: &str, day: NaiveDate) -> Result<Self, IdentityError> {
        let nid: Self = text.parse()?;
        match nid {
            Self::Birth17 { year, .. } if year > day.year() => Err(implausible_year()),
            plausible => Ok(plausible),
        }
    }

    /// Its digits.
    #[must_use]
    pub fn digits(&self) -> String {
        match self {
            Self::Smart10(digits) | Self::Old13(digits) => digits.as_str().to_owned(),
            Self::Birth17 { year, number } => format!("{year:04}{}", number.as_str()),
        }
    }

    /// As papers print it: the digits; no source gives a grouping.
    #[must_use]
    pub fn printed(&self) -> String {
        self.digits()
    }
}

fn implausible_year() -> IdentityError {
    IdentityError::Implausible {
        kind: KIND,
        problem: "of 17 digits does not begin with a year of birth from 1900 until now",
        remedy: "check its first four digits",
    }
}

impl FromStr for Nid {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut plain = digits_of(KIND, EXPECTED, text)?;
        match plain.len() {
            10 if plain.starts_with('0') => Err(IdentityError::Implausible {
                kind: KIND,
                problem: "of 10 digits begins with 0",
                remedy: "a smart card's number does not; check it against the card",
            }),
            10 => Ok(Self::Smart10(Digits(plain))),
            13 => Ok(Self::Old13(Digits(plain))),
            17 => {
                let number = Digits(plain.split_off(4));
                let year = plain.parse().ok().filter(|y| *y >= EARLIEST_BIRTH).ok_or_else(implausible_year)?;
                Ok(Self::Birth17 { year, number })
            }
            found => Err(IdentityError::WrongLength { kind: KIND, found, expected: EXPECTED }),
        }
    }
}

impl fmt::Display for Nid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits())
    }
}

impl fmt::Debug for Nid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nid({})", redacted(&self.digits()))
    }
}

impl TryFrom<String> for Nid {
    type Error = IdentityError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Nid> for String {
    fn from(nid: Nid) -> Self {
        nid.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_by_length() {
        assert!(matches!("123 456 7890".parse::<Nid>().unwrap(), Nid::Smart10(_)));
        assert!(matches!("০১২৩৪৫৬৭৮৯০১২".parse::<Nid>().unwrap(), Nid::Old13(_)));
        let nid: Nid = "19900123456789012".parse().unwrap();
        assert!(matches!(nid, Nid::Birth17 { year: 1990, .. }));
        assert_eq!(nid.to_string(), "19900123456789012");
        assert_eq!(format!("{nid:?}"), "Nid(…9012)");
    }

    #[test]
    fn refuses_implausible_numbers_without_repeating_them() {
        for bad in ["0123456789", "18990123456789012", "123456789", "123456789012345678", "1990-x"] {
            let error = bad.parse::<Nid>().unwrap_err().to_string();
            assert!(error.contains("NID") && !error.contains(bad), "{error}");
        }
    }

    #[test]
    fn nobody_is_born_after_the_day() {
        let day = "2026-01-01".parse().unwrap();
        assert!(Nid::parse_on("20260123456789012", day).is_ok());
        assert!(Nid::parse_on("20270123456789012", day).is_err());
        assert!(Nid::parse_on("1234567890", day).is_ok());
    }
}
