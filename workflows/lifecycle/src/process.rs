//! The two processes, and how they end.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A process in the life of an employee. Each has templates and a workflow type of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Process {
    /// From the signed letter to the end of probation.
    Onboarding,
    /// From the notice to the final dues. It undoes what the onboarding has done.
    Offboarding,
}

impl Process {
    /// Every process.
    pub const ALL: [Self; 2] = [Self::Onboarding, Self::Offboarding];

    /// The process's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Onboarding => "onboarding",
            Self::Offboarding => "offboarding",
        }
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no process.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a process: use onboarding or offboarding")]
pub struct UnknownProcess(String);

impl FromStr for Process {
    type Err = UnknownProcess;

    fn from_str(text: &str) -> Result<Self, UnknownProcess> {
        Self::ALL.into_iter().find(|p| p.name() == text).ok_or_else(|| UnknownProcess(text.to_owned()))
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Everything that applied was done.
    Completed,
    /// Everything that blocks was done; something else was skipped or lapsed.
    Partial,
    /// It was taken back, and what had been done is undone.
    Withdrawn,
    /// It could not go on, and what had been done is undone.
    Failed,
    /// An operator cancelled the workflow, and what had been done is undone.
    Cancelled,
}

impl Status {
    /// The status's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Partial => "partial",
            Self::Withdrawn => "withdrawn",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
