//! Quantities on a line of a document, and their sums: exact decimals that are not money.

mod sum;

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digits;
use crate::money::{MoneyError, Taka};

pub use sum::{QuantitySum, SumError};

/// The most decimals of a quantity.
const DECIMALS: u32 = 6;

/// How much of a thing was ordered or supplied: positive, at most six decimals and nine digits before the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(Decimal);

/// The text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a quantity: give a number above zero with at most nine digits and six decimals")]
pub struct QuantityError(String);

impl Quantity {
    /// A quantity from its millionths; none below one.
    #[must_use]
    pub fn from_millionths(millionths: u64) -> Option<Self> {
        let value = Decimal::try_from_i128_with_scale(i128::from(millionths), DECIMALS).ok()?;
        Some(Self(value.normalize())).filter(|_| millionths > 0 && value < Decimal::from(1_000_000_000_u64))
    }

    /// The quantity in millionths.
    #[must_use]
    pub fn millionths(self) -> u64 {
        QuantitySum::from(self).millionths()
    }

    /// The price of this quantity, rounded half-up to the poisha.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond what an amount can be.
    pub fn priced(self, unit_price: Taka) -> Result<Taka, MoneyError> {
        let exact = self.0.checked_mul(unit_price.decimal()).ok_or(MoneyError::OutOfRange)?;
        Taka::round_half_up(exact)
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let positive = plain(text, 9).filter(|value| *value > Decimal::ZERO);
        positive.map(Self).ok_or_else(|| QuantityError(digits::excerpt(text)))
    }
}

/// A number without a sign, in either script, with no more than so many digits before the point and six after it.
fn plain(text: &str, whole_digits: usize) -> Option<Decimal> {
    let ascii = digits::to_ascii(text.trim());
    let (whole, decimals) = ascii.split_once('.').unwrap_or((&ascii, "0"));
    let digits =
        |part: &str, most: usize| !part.is_empty() && part.len() <= most && part.chars().all(|c| c.is_ascii_digit());
    let ok = digits(whole, whole_digits) && digits(decimals, DECIMALS as usize);
    Decimal::from_str_exact(&ascii).ok().filter(|_| ok)
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_exactly() {
        let q: Quantity = "2.5".parse().unwrap();
        assert_eq!(q.priced("33.33".parse().unwrap()).unwrap(), "83.33".parse().unwrap());
        assert_eq!("১০".parse::<Quantity>().unwrap().to_string(), "10");
    }

    #[test]
    fn refuses_what_is_not_a_quantity() {
        for text in ["0", "-1", "", "1e3", ".5", "1.", "1234567890", "1.1234567", "x"] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
    }
}
