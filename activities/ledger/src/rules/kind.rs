//! The kinds of rules, and what a rule is about.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use vextrus_approval::Policy;
use vextrus_domain::calendar::WorkingCalendar;
use vextrus_lifecycle::Template;
use vextrus_tax::Schedule;

use crate::journal::AccountMapping;

/// The subject of a rule that is for the company as a whole, whatever the document.
pub const WHOLE_COMPANY: &str = "";

/// A kind of rule. The names are those of the folders under `rules/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// Tax schedules.
    Tax,
    /// Approval policies.
    Approval,
    /// Account mappings.
    Accounts,
    /// Working calendars.
    Calendar,
    /// Templates of onboarding and offboarding.
    Onboarding,
}

impl RuleKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Tax, Self::Approval, Self::Accounts, Self::Calendar, Self::Onboarding];

    /// The kind's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tax => "tax",
            Self::Approval => "approval",
            Self::Accounts => "accounts",
            Self::Calendar => "calendar",
            Self::Onboarding => "onboarding",
        }
    }

    /// A rule of this kind and subject in words, such as `approval rule for invoice`.
    #[must_use]
    pub fn title(self, subject: &str) -> String {
        if subject == WHOLE_COMPANY { format!("{self} rule") } else { format!("{self} rule for {subject}") }
    }

    /// Checks a text as a rule of this kind.
    ///
    /// # Errors
    /// What is wrong with it, with its place.
    pub fn check(self, content: &str) -> Result<(), String> {
        self.subject_of(content).map(drop)
    }

    /// Checks a text as a rule of this kind, and answers what it is for: the type of document that an approval policy or an
    /// account mapping names, the process of a template, or [`WHOLE_COMPANY`].
    ///
    /// # Errors
    /// What is wrong with it, with its place.
    pub fn subject_of(self, content: &str) -> Result<String, String> {
        match self {
            Self::Tax => Schedule::parse(content).map(|_| WHOLE_COMPANY.to_owned()).map_err(|e| e.to_string()),
            Self::Calendar => {
                WorkingCalendar::parse(content).map(|_| WHOLE_COMPANY.to_owned()).map_err(|e| e.to_string())
            }
            Self::Approval => Policy::parse(content).map(|p| p.document.to_string()).map_err(|e| e.to_string()),
            Self::Accounts => AccountMapping::parse(content).map(|m| m.document.to_string()).map_err(|e| e.to_string()),
            Self::Onboarding => Template::parse(content).map(|t| t.process.to_string()).map_err(|e| e.to_string()),
        }
    }
}

impl fmt::Display for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for RuleKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|k| k.name() == text).ok_or_else(|| {
            format!("{text:?} is not a kind of rule: use tax, approval, accounts, calendar or onboarding")
        })
    }
}
