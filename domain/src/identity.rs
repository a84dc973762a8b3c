//! Tax identities: TIN and BIN, tagged by kind. Length and digits are checked; no checksum is published for either.

use std::fmt;
use std::str::FromStr;

use crate::digits;

/// A taxpayer identification number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tin {
    /// Ten digits, issued before 2014.
    Legacy10(String),
    /// Twelve digits, the electronic TIN in force since 2013-07-01 (Income Tax Act 2023 s.261).
    Etin12(String),
}

/// A business identification number (Value Added Tax and Supplementary Duty Act 2012 s.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bin {
    /// Nine digits, not issued since 2019-11-30.
    Legacy9(String),
    /// Thirteen digits: nine of the entity and four of the unit.
    Bin13 {
        /// The first nine digits.
        entity: String,
        /// The last four digits.
        unit: String,
    },
}

/// The text is not an identity of the asked kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} has {found} digits or other characters among them: a {kind} has {expected} digits")]
pub struct IdentityError {
    kind: &'static str,
    expected: &'static str,
    found: usize,
}

fn digits_of(
    kind: &'static str,
    expected: &'static str,
    lengths: [usize; 2],
    text: &str,
) -> Result<String, IdentityError> {
    let plain: String = digits::to_ascii(text).chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if plain.chars().all(|c| c.is_ascii_digit()) && lengths.contains(&plain.len()) {
        Ok(plain)
    } else {
        Err(IdentityError { kind, expected, found: plain.chars().filter(char::is_ascii_digit).count() })
    }
}

impl FromStr for Tin {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = digits_of("TIN", "10 or 12", [10, 12], text)?;
        Ok(if plain.len() == 10 { Self::Legacy10(plain) } else { Self::Etin12(plain) })
    }
}

impl FromStr for Bin {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = digits_of("BIN", "9 or 13", [9, 13], text)?;
        Ok(match plain.split_at(9) {
            (_, "") => Self::Legacy9(plain),
            (entity, unit) => Self::Bin13 { entity: entity.to_owned(), unit: unit.to_owned() },
        })
    }
}

impl fmt::Display for Tin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Legacy10(digits) | Self::Etin12(digits) => f.write_str(digits),
        }
    }
}

impl fmt::Display for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Legacy9(digits) => f.write_str(digits),
            Self::Bin13 { entity, unit } => write!(f, "{entity}-{unit}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_usual_writings() {
        assert_eq!("1234-5678-9012".parse::<Tin>().unwrap(), Tin::Etin12("123456789012".into()));
        assert_eq!("১২৩৪৫৬৭৮৯০".parse::<Tin>().unwrap(), Tin::Legacy10("1234567890".into()));
        assert_eq!("123456789-0101".parse::<Bin>().unwrap().to_string(), "123456789-0101");
        assert_eq!("123 456 789".parse::<Bin>().unwrap(), Bin::Legacy9("123456789".into()));
    }

    #[test]
    fn refuses_other_lengths_and_characters_without_repeating_the_number() {
        for bad in ["", "12345678901", "1234567890123", "12345678901x"] {
            let error = bad.parse::<Tin>().unwrap_err().to_string();
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
        }
        assert!("12345678901".parse::<Bin>().is_err());
    }
}
