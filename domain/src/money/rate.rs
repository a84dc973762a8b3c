//! Tax rates, in parts per million.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::digits;

/// A tax rate in parts per million: 75,000 is 7.5 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(u32);

/// Why a rate could not be read or computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// The text is not a percentage.
    #[error("{0:?} is not a rate: write a percentage such as 7.5 or 7.5 %")]
    NotAPercentage(String),
    /// The percentage has more than four decimals.
    #[error("{0:?} is finer than a part per million: give at most four decimals")]
    TooFine(String),
    /// The rate is beyond what can be written.
    #[error("the rate is beyond the limit of {}", Rate(u32::MAX))]
    OutOfRange,
    /// The rate times the factor is not a whole number of parts per million.
    #[error("{rate} times {numerator}/{denominator} is not a whole number of parts per million: state the rate itself")]
    NotExact {
        /// The rate.
        rate: Rate,
        /// What it was multiplied by.
        numerator: u32,
        /// What it was divided by.
        denominator: u32,
    },
}

impl Rate {
    /// A rate from parts per million.
    #[must_use]
    pub const fn from_ppm(ppm: u32) -> Self {
        Self(ppm)
    }

    /// The rate in parts per million.
    #[must_use]
    pub const fn ppm(self) -> u32 {
        self.0
    }

    /// The rate times a fraction, exactly: 5 % times 3/2 is 7.5 % (the uplift of Income Tax Act 2023 s.142).
    ///
    /// A result between two parts per million is refused and not rounded: no rate of law is that fine, so it is the
    /// rate or the factor that is wrong, and money is rounded in one place only.
    ///
    /// # Errors
    /// [`RateError::NotExact`] where the result is no whole number of parts per million, also for a denominator of 0;
    /// [`RateError::OutOfRange`] where it is too large.
    pub fn scaled(self, numerator: u32, denominator: u32) -> Result<Self, RateError> {
        let product = u64::from(self.0) * u64::from(numerator);
        let divisor = u64::from(denominator);
        match product.checked_rem(divisor) {
            Some(0) => u32::try_from(product / divisor).map(Self).map_err(|_| RateError::OutOfRange),
            _ => Err(RateError::NotExact { rate: self, numerator, denominator }),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", Decimal::new(i64::from(self.0), 4).normalize())
    }
}

impl FromStr for Rate {
    type Err = RateError;

    /// Reads a percentage, with or without its sign and in either script: `7.5`, `7.5 %`, `৭.৫%`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const LONGEST: usize = 32;
        let refused = || RateError::NotAPercentage(digits::excerpt(text));
        if text.chars().nth(LONGEST).is_some() {
            return Err(refused());
        }
        let plain = digits::to_ascii(text.trim());
        let number = plain.strip_suffix('%').map_or(plain.as_str(), str::trim_end);
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
        if !all_digits(whole) || !all_digits(decimals) {
            return Err(refused());
        }
        if decimals.len() > 4 {
            return Err(RateError::TooFine(digits::excerpt(text)));
        }
        format!("{whole}{decimals:0<4}").parse().map(Self).map_err(|_| RateError::OutOfRange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_percentages() {
        for (text, ppm, written) in [
            ("7.5", 75_000, "7.5 %"),
            ("7.5 %", 75_000, "7.5 %"),
            ("৭.৫%", 75_000, "7.5 %"),
            (" 15 % ", 150_000, "15 %"),
            ("0.65", 6_500, "0.65 %"),
            ("0.0001", 1, "0.0001 %"),
            ("0", 0, "0 %"),
            ("100", 1_000_000, "100 %"),
            ("4294.9672", 42_949_672, "4294.9672 %"),
        ] {
            assert_eq!(text.parse(), Ok(Rate::from_ppm(ppm)), "{text}");
            assert_eq!(Rate::from_ppm(ppm).to_string(), written);
        }
    }

    #[test]
    fn refuses_what_is_not_a_percentage() {
        for text in ["", "%", "x", "-5", "+5", "5 % %", "%5", "1,000", "5.", ".5", "1.2.3", "1e3", &"1".repeat(33)] {
            assert!(matches!(text.parse::<Rate>(), Err(RateError::NotAPercentage(_))), "{text}");
        }
        assert!(matches!("7.50001".parse::<Rate>(), Err(RateError::TooFine(_))));
        assert_eq!("429496.7296".parse::<Rate>(), Err(RateError::OutOfRange));
    }

    #[test]
    fn scales_exactly_or_not_at_all() {
        for (ppm, scaled) in [(50_000, 75_000), (6_500, 9_750), (75_000, 112_500), (0, 0)] {
            assert_eq!(Rate::from_ppm(ppm).scaled(3, 2), Ok(Rate::from_ppm(scaled)));
        }
        let odd = Rate::from_ppm(1);
        assert_eq!(odd.scaled(3, 2), Err(RateError::NotExact { rate: odd, numerator: 3, denominator: 2 }));
        assert!(matches!(odd.scaled(1, 0), Err(RateError::NotExact { .. })));
        assert_eq!(Rate::from_ppm(u32::MAX).scaled(u32::MAX, 1), Err(RateError::OutOfRange));
        assert_eq!(Rate::from_ppm(u32::MAX).scaled(u32::MAX, u32::MAX), Ok(Rate::from_ppm(u32::MAX)));
    }
}
