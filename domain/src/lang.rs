//! The two languages in which papers are written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::digits;

/// A language of the country's papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Bengali.
    Bn,
}

impl Lang {
    /// The text with its digits as the language writes them.
    #[must_use]
    pub fn digits(self, text: &str) -> String {
        match self {
            Self::En => text.to_owned(),
            Self::Bn => digits::to_bengali(text),
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::En => "en",
            Self::Bn => "bn",
        })
    }
}

/// The text names no language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a language: write en or bn")]
pub struct LangError(String);

impl FromStr for Lang {
    type Err = LangError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "en" => Ok(Self::En),
            "bn" => Ok(Self::Bn),
            _ => Err(LangError(digits::excerpt(text))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_everywhere() {
        for lang in [Lang::En, Lang::Bn] {
            assert_eq!(lang.to_string().parse(), Ok(lang));
            assert_eq!(serde_json::to_string(&lang).unwrap(), format!("\"{lang}\""));
        }
        assert!("EN".parse::<Lang>().is_err());
        assert_eq!(
            (Lang::En.digits("2026-12"), Lang::Bn.digits("2026-12")),
            ("2026-12".to_owned(), "২০২৬-১২".to_owned())
        );
    }
}
