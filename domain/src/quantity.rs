//! Quantities on an invoice line: exact decimals that are not money.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digits;
use crate::money::{MoneyError, Taka};

/// How much of a thing was supplied: positive, at most six decimals and nine digits before the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(Decimal);

/// The text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a quantity: give a number above zero with at most nine digits and six decimals")]
pub struct QuantityError(String);

impl Quantity {
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
        let plain = digits::to_ascii(text.trim());
        let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, "0"));
        let digits = |part: &str, most: usize| {
            !part.is_empty() && part.len() <= most && part.chars().all(|c| c.is_ascii_digit())
        };
        match Decimal::from_str_exact(&plain) {
            Ok(value) if digits(whole, 9) && digits(decimals, 6) && value > Decimal::ZERO => Ok(Self(value)),
            _ => Err(QuantityError(text.chars().take(40).collect())),
        }
    }
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
