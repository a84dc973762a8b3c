//! Taka and rates: exact decimal arithmetic, one rounding rule, no floats.

mod rate;
mod reading;

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::lang::Lang;
use crate::{digits, grouping};

pub use rate::{Rate, RateError};

/// An amount of Bangladeshi taka, exact to the poisha (1/100 taka).
///
/// Stored and sent as integer poisha, written in JSON as a decimal string (`"107500.00"`). Its absolute value
/// never exceeds [`Taka::MAX_POISHA`], so that sums of a document cannot overflow what a ledger column holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Taka(Decimal);

/// Why an amount could not be read or computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not a decimal number.
    #[error("{0:?} is not an amount: write digits with an optional decimal point, such as 107500.00")]
    NotANumber(String),
    /// The amount has more than two decimals.
    #[error("{0:?} is finer than a poisha: give at most two decimals")]
    TooFine(String),
    /// The commas stand where neither habit puts them, so that a digit may be missing.
    #[error("{text:?} has its commas in the wrong places: write {right}")]
    BadGrouping {
        /// What was given.
        text: String,
        /// The same digits, grouped by lakh and crore.
        right: String,
    },
    /// The amount is beyond what the ledger accepts.
    #[error("the amount is beyond the limit of {} taka", Taka::MAX_POISHA / 100)]
    OutOfRange,
}

impl Taka {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// The largest amount that is accepted: one lakh crore taka, in poisha.
    pub const MAX_POISHA: i64 = 100_000_000_000_000;

    /// An amount from integer poisha.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond [`Self::MAX_POISHA`].
    pub fn from_poisha(poisha: i64) -> Result<Self, MoneyError> {
        Self::checked(Decimal::new(poisha, 2))
    }

    /// A small whole amount, for constants.
    #[must_use]
    pub const fn whole(taka: u32) -> Self {
        Self(Decimal::from_parts(taka, 0, 0, false, 0))
    }

    /// The amount in poisha.
    #[must_use]
    pub fn poisha(self) -> i64 {
        let mut cents = self.0;
        cents.rescale(2);
        i64::try_from(cents.mantissa()).unwrap_or(if self.0.is_sign_negative() { i64::MIN } else { i64::MAX })
    }

    /// The one place where money is rounded: half-up (away from zero) to the poisha.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond [`Self::MAX_POISHA`].
    pub fn round_half_up(exact: Decimal) -> Result<Self, MoneyError> {
        Self::checked(half_up(exact, 2))
    }

    /// The amount to the nearest taka: 50 poisha or more count as one taka (Income Tax Act 2023 s.331), away from zero
    /// for amounts below it. The limit is a whole number of taka, so this cannot leave it.
    #[must_use]
    pub fn round_to_taka(self) -> Self {
        Self(half_up(self.0, 0))
    }

    /// Reads an amount as people write it: like [`str::parse`], and also with `৳`, `BDT`, `Tk` or `Tk.` before it or
    /// `৳` behind it.
    ///
    /// # Errors
    /// [`MoneyError`] where it is no amount, its commas do not group, it is finer than a poisha or too large.
    pub fn parse_written(text: &str) -> Result<Self, MoneyError> {
        reading::written(text)
    }

    fn checked(value: Decimal) -> Result<Self, MoneyError> {
        if value.abs() > Decimal::new(Self::MAX_POISHA, 2) {
            return Err(MoneyError::OutOfRange);
        }
        // A decimal keeps the sign of zero; "-0.00" on a paper would look like a mistake.
        Ok(Self(if value.is_zero() { Decimal::ZERO } else { value }))
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond [`Self::MAX_POISHA`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_add(other.0).ok_or(MoneyError::OutOfRange).and_then(Self::checked)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond [`Self::MAX_POISHA`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_sub(other.0).ok_or(MoneyError::OutOfRange).and_then(Self::checked)
    }

    /// The sum of many amounts.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when a partial sum is beyond [`Self::MAX_POISHA`].
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// The distance to another amount, never negative.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond [`Self::MAX_POISHA`].
    pub fn distance(self, other: Self) -> Result<Self, MoneyError> {
        self.minus(other).map(|d| Self(d.0.abs()))
    }

    /// This share of the amount, rounded half-up to the poisha.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond [`Self::MAX_POISHA`].
    pub fn share(self, rate: Rate) -> Result<Self, MoneyError> {
        let exact = self.0.checked_mul(Decimal::new(i64::from(rate.ppm()), 6)).ok_or(MoneyError::OutOfRange)?;
        Self::round_half_up(exact)
    }

    /// Whether the amount is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self < Self::ZERO
    }

    /// The exact decimal value in taka.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// The amount as people write it: lakh and crore grouping, two decimals (`1,07,500.00`).
    #[must_use]
    pub fn grouped(self) -> String {
        let plain = self.to_string();
        let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |d| ("-", d));
        let (whole, poisha) = digits.split_once('.').unwrap_or((digits, "00"));
        format!("{sign}{}.{poisha}", grouping::lakh_crore(whole))
    }

    /// The grouped amount in the digits of a language: `1,07,500.00` or `১,০৭,৫০০.০০` (CLDR `bn`: `#,##,##0.00`).
    #[must_use]
    pub fn grouped_in(self, lang: Lang) -> String {
        match lang {
            Lang::En => self.grouped(),
            Lang::Bn => digits::to_bengali(&self.grouped()),
        }
    }

    /// The grouped amount with the sign of the currency where CLDR puts it: before it in English as written in the
    /// subcontinent (`en-IN`, `¤#,##,##0.00`: `৳1,07,500.00`), behind it in Bengali (`bn`, `#,##,##0.00¤`:
    /// `১,০৭,৫০০.০০৳`). A minus stands before everything.
    #[must_use]
    pub fn currency(self, lang: Lang) -> String {
        let grouped = self.grouped_in(lang);
        let (sign, amount) = grouped.strip_prefix('-').map_or(("", grouped.as_str()), |a| ("-", a));
        match lang {
            Lang::En => format!("{sign}৳{amount}"),
            Lang::Bn => format!("{sign}{amount}৳"),
        }
    }
}

fn half_up(exact: Decimal, decimals: u32) -> Decimal {
    let rounded = exact.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    if rounded.is_zero() { Decimal::ZERO } else { rounded }
}

impl fmt::Display for Taka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0;
        value.rescale(2);
        write!(f, "{value}")
    }
}

impl fmt::Debug for Taka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BDT {self}")
    }
}

impl FromStr for Taka {
    type Err = MoneyError;

    /// Reads a plain amount in either script. Commas must group by lakh and crore or by thousands.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        reading::plain(text)
    }
}

impl Serialize for Taka {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Taka {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taka(text: &str) -> Taka {
        text.parse().unwrap()
    }

    #[test]
    fn reads_and_writes_what_people_write() {
        for (text, poisha, plain, grouped) in [
            ("0", 0, "0.00", "0.00"),
            ("107500", 10_750_000, "107500.00", "1,07,500.00"),
            ("1,00,00,000.5", 1_000_000_050, "10000000.50", "1,00,00,000.50"),
            ("১,২৩৪.৫৬", 123_456, "1234.56", "1,234.56"),
            ("-999.01", -99_901, "-999.01", "-999.01"),
        ] {
            let amount = taka(text);
            assert_eq!(
                (amount.poisha(), amount.to_string().as_str(), amount.grouped().as_str()),
                (poisha, plain, grouped)
            );
        }
    }

    #[test]
    fn refuses_what_is_not_money() {
        for text in ["", "-", ".", "1.", ".5", "1.2.3", "1e3", "12a", "NaN", "+1", "1 000"] {
            assert!(matches!(text.parse::<Taka>(), Err(MoneyError::NotANumber(_))), "{text}");
        }
        assert!(matches!("1.005".parse::<Taka>(), Err(MoneyError::TooFine(_))));
        for text in ["1000000000000.01", "99999999999999999999999999999999999999"] {
            assert_eq!(text.parse::<Taka>(), Err(MoneyError::OutOfRange), "{text}");
        }
    }

    #[test]
    fn rounds_half_up_to_the_poisha() {
        assert_eq!(taka("0.10").share(Rate::from_ppm(150_000)).unwrap(), taka("0.02"));
        assert_eq!(taka("100000").share(Rate::from_ppm(75_000)).unwrap(), taka("7500"));
        assert_eq!(taka("33.33").share(Rate::from_ppm(150_000)).unwrap(), taka("5.00"));
        assert_eq!(taka("-0.10").share(Rate::from_ppm(150_000)).unwrap(), taka("-0.02"));
    }

    #[test]
    fn sums_beyond_the_limit_are_errors() {
        let max = Taka::from_poisha(Taka::MAX_POISHA).unwrap();
        assert_eq!(max.plus(taka("0.01")), Err(MoneyError::OutOfRange));
        assert_eq!(Taka::sum([max, max]), Err(MoneyError::OutOfRange));
    }

    #[test]
    fn rounds_to_the_nearest_taka() {
        for (exact, rounded) in [
            ("0.49", "0.00"),
            ("0.50", "1.00"),
            ("4347.83", "4348.00"),
            ("-0.49", "0.00"),
            ("-0.50", "-1.00"),
            ("1000000000000", "1000000000000.00"),
            ("999999999999.99", "1000000000000.00"),
        ] {
            assert_eq!(taka(exact).round_to_taka().to_string(), rounded);
        }
    }

    #[test]
    fn zero_has_no_sign() {
        for text in ["-0", "-0.00"] {
            assert_eq!(taka(text).to_string(), "0.00");
        }
        assert_eq!(taka("-0.01").share(Rate::from_ppm(1)).unwrap().to_string(), "0.00");
    }

    #[test]
    fn writes_both_scripts_as_cldr_does() {
        for (text, en, bn) in
            [("107500", "৳1,07,500.00", "১,০৭,৫০০.০০৳"), ("-999.01", "-৳999.01", "-৯৯৯.০১৳"), ("0", "৳0.00", "০.০০৳")]
        {
            assert_eq!((taka(text).currency(Lang::En).as_str(), taka(text).currency(Lang::Bn).as_str()), (en, bn));
        }
        assert_eq!(taka("123456").grouped_in(Lang::Bn), "১,২৩,৪৫৬.০০");
    }
}
