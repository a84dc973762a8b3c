//! Which forms of TIN and BIN a company takes.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Bin, IdentityError, Tin};
use crate::digits;

/// A company's setting `identity_profile`: which forms of TIN and BIN it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityProfile {
    /// The forms of the company's own rules: TIN of 10 digits, BIN of 9.
    House,
    /// The statutory forms: e-TIN of 12 digits, BIN of 13.
    Nbr,
    /// Every form that is known.
    #[default]
    Any,
}

/// An identity that the profile takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// Its form was valid in law on the day.
    Current,
    /// Its form was no longer valid in law on the day.
    Legacy,
}

impl Accepted {
    /// The warning to put on the document, where there is one.
    #[must_use]
    pub const fn warning(self) -> Option<&'static str> {
        match self {
            Self::Current => None,
            Self::Legacy => Some("LEGACY_IDENTIFIER"),
        }
    }

    const fn from_legacy(legacy: bool) -> Self {
        if legacy { Self::Legacy } else { Self::Current }
    }
}

impl IdentityProfile {
    /// Whether a TIN is taken for a document of this day, and whether its form was void by then.
    ///
    /// # Errors
    /// [`IdentityError::NotAccepted`] where the profile does not take its form.
    pub fn check_tin(&self, tin: &Tin, on: NaiveDate) -> Result<Accepted, IdentityError> {
        let refused = match (self, tin) {
            (Self::House, Tin::Etin12(_)) => Some("give the TIN of 10 digits, or set identity_profile to any"),
            (Self::Nbr, Tin::Legacy10(_)) => Some("give the e-TIN of 12 digits"),
            _ => None,
        };
        match refused {
            Some(remedy) => {
                Err(IdentityError::NotAccepted { kind: "TIN", found: tin.digits().len(), profile: *self, remedy })
            }
            None => Ok(Accepted::from_legacy(tin.is_legacy_on(on))),
        }
    }

    /// Whether a BIN is taken for a document of this day, and whether its form was invalid by then.
    ///
    /// # Errors
    /// [`IdentityError::NotAccepted`] where the profile does not take its form.
    pub fn check_bin(&self, bin: &Bin, on: NaiveDate) -> Result<Accepted, IdentityError> {
        let refused = match (self, bin) {
            (Self::House, Bin::Old11(_) | Bin::Bin13 { .. }) => {
                Some("give the BIN of 9 digits, or set identity_profile to any")
            }
            (Self::Nbr, Bin::Legacy9(_) | Bin::Old11(_)) => Some("give the BIN of 13 digits, such as 123456789-0101"),
            _ => None,
        };
        match refused {
            Some(remedy) => {
                Err(IdentityError::NotAccepted { kind: "BIN", found: bin.digits().len(), profile: *self, remedy })
            }
            None => Ok(Accepted::from_legacy(bin.is_legacy_on(on))),
        }
    }
}

impl fmt::Display for IdentityProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::House => "house",
            Self::Nbr => "nbr",
            Self::Any => "any",
        })
    }
}

/// The text names no profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an identity_profile: write house, nbr or any")]
pub struct IdentityProfileError(String);

impl FromStr for IdentityProfile {
    type Err = IdentityProfileError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "house" => Ok(Self::House),
            "nbr" => Ok(Self::Nbr),
            "any" => Ok(Self::Any),
            _ => Err(IdentityProfileError(digits::excerpt(text))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD_TIN: &str = "1234567890";
    const E_TIN: &str = "123456789012";

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn profiles_take_their_forms() {
        use Accepted::{Current, Legacy};
        use IdentityProfile::{Any, House, Nbr};
        let on = day("2026-08-01");
        for (profile, text, expected) in [
            (House, OLD_TIN, Some(Legacy)),
            (House, E_TIN, None),
            (Nbr, OLD_TIN, None),
            (Nbr, E_TIN, Some(Current)),
            (Any, OLD_TIN, Some(Legacy)),
            (Any, E_TIN, Some(Current)),
        ] {
            assert_eq!(profile.check_tin(&text.parse().unwrap(), on).ok(), expected, "{profile} {text}");
        }
        for (profile, text, expected) in [
            (House, "123456789", Some(Legacy)),
            (House, "12345678901", None),
            (House, "123456789-0101", None),
            (Nbr, "123456789", None),
            (Nbr, "12345678901", None),
            (Nbr, "123456789-0101", Some(Current)),
            (Any, "123456789", Some(Legacy)),
            (Any, "12345678901", Some(Legacy)),
            (Any, "123456789-0101", Some(Current)),
        ] {
            assert_eq!(profile.check_bin(&text.parse().unwrap(), on).ok(), expected, "{profile} {text}");
        }
    }

    #[test]
    fn a_form_is_legacy_from_its_day() {
        let tin = |on| IdentityProfile::Any.check_tin(&OLD_TIN.parse().unwrap(), day(on)).unwrap().warning();
        assert_eq!((tin("2013-12-31"), tin("2014-01-01")), (None, Some("LEGACY_IDENTIFIER")));
        for text in ["123456789", "12345678901"] {
            let bin = |on| IdentityProfile::Any.check_bin(&text.parse().unwrap(), day(on)).unwrap();
            assert_eq!((bin("2019-11-29"), bin("2019-11-30")), (Accepted::Current, Accepted::Legacy));
        }
    }

    #[test]
    fn a_refusal_names_the_setting_and_not_the_number() {
        let error = IdentityProfile::Nbr.check_tin(&OLD_TIN.parse().unwrap(), day("2026-08-01")).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("identity_profile = nbr") && text.contains("12 digits"), "{text}");
        assert!(!text.contains(OLD_TIN), "{text}");
    }

    #[test]
    fn names_are_those_of_the_settings() {
        for profile in [IdentityProfile::House, IdentityProfile::Nbr, IdentityProfile::Any] {
            assert_eq!(profile.to_string().parse(), Ok(profile));
            assert_eq!(serde_json::to_string(&profile).unwrap(), format!("\"{profile}\""));
        }
        assert!("NBR".parse::<IdentityProfile>().is_err());
        assert_eq!(IdentityProfile::default(), IdentityProfile::Any);
    }
}
