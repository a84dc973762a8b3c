//! Quantities added up over papers: what has been received, what has been billed.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DECIMALS, Quantity, plain};
use crate::digits;

/// How much in all: zero or more, exact to the millionth, below one lakh crore (twelve digits before the point).
///
/// Written as a decimal string (`"12.5"`). It holds a thousand of the largest quantities that a line may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct QuantitySum(u64);

/// Why a sum of quantities could not be read or computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SumError {
    /// The text is not a sum of quantities.
    #[error("{0:?} is not a sum of quantities: give zero or more with at most twelve digits and six decimals")]
    NotASum(String),
    /// The sum is beyond what can be written.
    #[error("the sum of quantities is beyond the limit of {}", QuantitySum::MAX)]
    OutOfRange,
    /// More is taken away than there is.
    #[error("{taken} cannot be taken from {there}: take at most what is there")]
    BelowZero {
        /// What there is.
        there: QuantitySum,
        /// What was to be taken.
        taken: QuantitySum,
    },
}

impl QuantitySum {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest sum that is accepted.
    pub const MAX: Self = Self(999_999_999_999_999_999);

    /// A sum from its millionths.
    ///
    /// # Errors
    /// [`SumError::OutOfRange`] beyond [`Self::MAX`].
    pub fn from_millionths(millionths: u64) -> Result<Self, SumError> {
        Some(Self(millionths)).filter(|sum| *sum <= Self::MAX).ok_or(SumError::OutOfRange)
    }

    /// The sum in millionths.
    #[must_use]
    pub const fn millionths(self) -> u64 {
        self.0
    }

    /// The sum and one more quantity or sum.
    ///
    /// # Errors
    /// [`SumError::OutOfRange`] beyond [`Self::MAX`].
    pub fn plus(self, other: impl Into<Self>) -> Result<Self, SumError> {
        self.0.checked_add(other.into().0).map(Self).filter(|sum| *sum <= Self::MAX).ok_or(SumError::OutOfRange)
    }

    /// The sum without a quantity or another sum.
    ///
    /// # Errors
    /// [`SumError::BelowZero`] where that is more than there is.
    pub fn minus(self, other: impl Into<Self>) -> Result<Self, SumError> {
        let taken = other.into();
        self.0.checked_sub(taken.0).map(Self).ok_or(SumError::BelowZero { there: self, taken })
    }
}

impl From<Quantity> for QuantitySum {
    fn from(quantity: Quantity) -> Self {
        let mut millionths = quantity.0;
        millionths.rescale(DECIMALS);
        // A quantity is above zero and below a thousand million, so that its millionths always fit.
        Self(u64::try_from(millionths.mantissa()).unwrap_or(Self::MAX.0))
    }
}

impl FromStr for QuantitySum {
    type Err = SumError;

    /// Reads plain digits of either script, with an optional decimal point.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut millionths = plain(text, 12).ok_or_else(|| SumError::NotASum(digits::excerpt(text)))?;
        millionths.rescale(DECIMALS);
        u64::try_from(millionths.mantissa()).map(Self).map_err(|_| SumError::OutOfRange)
    }
}

impl fmt::Display for QuantitySum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Decimal::from_i128_with_scale(i128::from(self.0), DECIMALS).normalize())
    }
}

impl Serialize for QuantitySum {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for QuantitySum {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(text: &str) -> QuantitySum {
        text.parse().unwrap()
    }

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    #[test]
    fn reads_and_writes_decimals() {
        for (text, millionths, written) in [
            ("0", 0, "0"),
            ("0.000000", 0, "0"),
            ("0.000001", 1, "0.000001"),
            ("12.50", 12_500_000, "12.5"),
            ("১০০", 100_000_000, "100"),
            ("007", 7_000_000, "7"),
            ("999999999999.999999", 999_999_999_999_999_999, "999999999999.999999"),
        ] {
            let read = sum(text);
            assert_eq!((read.millionths(), read.to_string().as_str()), (millionths, written), "{text}");
            assert_eq!(serde_json::from_value::<QuantitySum>(serde_json::to_value(read).unwrap()).unwrap(), read);
        }
        assert_eq!(sum("999999999999.999999"), QuantitySum::MAX);
        assert_eq!(QuantitySum::default(), QuantitySum::ZERO);
    }

    #[test]
    fn refuses_what_is_not_a_sum() {
        for text in ["", "-1", "-0", "+1", "1e3", ".5", "1.", "1,000", "1234567890123", "1.1234567", "x", "1.2.3"] {
            assert_eq!(text.parse::<QuantitySum>(), Err(SumError::NotASum(text.into())), "{text}");
        }
        assert!(serde_json::from_str::<QuantitySum>("1").is_err());
    }

    #[test]
    fn adds_and_takes_away_exactly() {
        assert_eq!(sum("0.1").plus(quantity("0.2")), Ok(sum("0.3")));
        assert_eq!(QuantitySum::ZERO.plus(quantity("999999999.999999")), Ok(sum("999999999.999999")));
        assert_eq!(sum("0.3").minus(quantity("0.1")), Ok(sum("0.2")));
        assert_eq!(sum("5").minus(sum("5")), Ok(QuantitySum::ZERO));
        assert!(sum("0.299999") < quantity("0.3").into() && sum("0.300000") == quantity("0.3").into());
        assert_eq!(QuantitySum::MAX.plus(quantity("0.000001")), Err(SumError::OutOfRange));
        assert_eq!(QuantitySum::MAX.plus(QuantitySum::MAX), Err(SumError::OutOfRange));
        let below = sum("1").minus(quantity("1.000001")).unwrap_err();
        assert_eq!(below.to_string(), "1.000001 cannot be taken from 1: take at most what is there");
    }
}
