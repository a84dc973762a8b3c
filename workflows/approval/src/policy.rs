//! Who must approve what, as data.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use vextrus_domain::{RoleName, Taka};

use crate::duration;

/// What can make a document need a person's answer before its levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExceptionKind {
    /// The invoice differs from its purchase order by more than the tolerance.
    PoVariance,
    /// Same vendor, amount and date as another open or approved document.
    PossibleDuplicate,
    /// A tax row of low confidence was needed.
    UncertainRate,
    /// The payable differs from what was approved.
    PayableChanged,
}

impl ExceptionKind {
    /// Every kind; a policy has a rule for each.
    pub const ALL: [Self; 4] = [Self::PoVariance, Self::PossibleDuplicate, Self::UncertainRate, Self::PayableChanged];

    /// The kind's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PoVariance => "po_variance",
            Self::PossibleDuplicate => "possible_duplicate",
            Self::UncertainRate => "uncertain_rate",
            Self::PayableChanged => "payable_changed",
        }
    }
}

/// How an exception is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionRule {
    /// Which exception.
    pub kind: ExceptionKind,
    /// Whose it is to answer.
    pub role: RoleName,
    /// How long they have, in seconds.
    #[serde(rename = "within", deserialize_with = "duration::seconds")]
    pub within_seconds: u64,
    /// The answer that lets the document go on.
    pub proceed: String,
    /// The answer that refuses it.
    pub refuse: String,
}

/// One level of approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelRule {
    /// Whose it is to approve.
    pub role: RoleName,
    /// Only documents whose total is strictly above this amount; none means every document.
    #[serde(default)]
    pub above: Option<Taka>,
    /// How long they have, in seconds.
    #[serde(rename = "within", deserialize_with = "duration::seconds")]
    pub within_seconds: u64,
    /// Whether only people of the document's own department are asked.
    #[serde(default)]
    pub same_department: bool,
}

/// The match with a purchase order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matching {
    /// A difference above this asks a person.
    pub po_tolerance: Taka,
}

/// What happens when a budget does not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortfall {
    /// The document is refused.
    Stop,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BudgetRule {
    shortfall: Shortfall,
}

/// The approval policy of one type of document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The type of document.
    pub document: String,
    /// When the reminder goes out, as a share of a task's time.
    pub remind_at_percent: u8,
    /// The match with a purchase order.
    pub matching: Matching,
    budget: BudgetRule,
    /// How exceptions are answered.
    #[serde(rename = "exception")]
    pub exceptions: Vec<ExceptionRule>,
    /// The levels, in order.
    #[serde(rename = "level")]
    pub levels: Vec<LevelRule>,
}

/// Why a policy cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text is not a policy; the message names line and column.
    #[error("the approval policy cannot be read: {0}")]
    Unreadable(String),
    /// There is nobody to ask.
    #[error("the approval policy has no level without `above`: a small document would need nobody")]
    NoFirstLevel,
    /// Levels out of order.
    #[error("level {0} is above a smaller amount than the level before it; sort the levels by `above`")]
    Unsorted(usize),
    /// More levels than are handled.
    #[error("the approval policy has {0} levels; the most is {MAX_LEVELS}")]
    TooManyLevels(usize),
    /// A reminder outside the task's time.
    #[error("remind_at_percent is {0}; give 1 to 99")]
    Reminder(u8),
    /// An exception kind without a rule, or with two.
    #[error("the approval policy has {found} rules for exception {kind}; give exactly one")]
    Exceptions {
        /// The kind.
        kind: &'static str,
        /// How many rules there are.
        found: usize,
    },
    /// The two answers of an exception are one.
    #[error("exception {0} has the same answer for proceed and refuse")]
    SameAnswer(&'static str),
}

/// The most levels that one policy may have.
const MAX_LEVELS: usize = 20;

impl Policy {
    /// Reads and checks a policy.
    ///
    /// # Errors
    /// [`PolicyError`], in words for the person who keeps the policy.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let policy: Self = toml::from_str(text).map_err(|e| PolicyError::Unreadable(e.to_string()))?;
        if !(1..=99).contains(&policy.remind_at_percent) {
            return Err(PolicyError::Reminder(policy.remind_at_percent));
        }
        if policy.levels.len() > MAX_LEVELS {
            return Err(PolicyError::TooManyLevels(policy.levels.len()));
        }
        if !policy.levels.iter().any(|l| l.above.is_none()) {
            return Err(PolicyError::NoFirstLevel);
        }
        if let Some(i) = (1..policy.levels.len()).find(|i| policy.levels[*i].above < policy.levels[*i - 1].above) {
            return Err(PolicyError::Unsorted(i + 1));
        }
        for kind in ExceptionKind::ALL {
            let found = policy.exceptions.iter().filter(|e| e.kind == kind).count();
            if found != 1 {
                return Err(PolicyError::Exceptions { kind: kind.name(), found });
            }
        }
        if let Some(rule) = policy.exceptions.iter().find(|e| e.proceed == e.refuse) {
            return Err(PolicyError::SameAnswer(rule.kind.name()));
        }
        Ok(policy)
    }

    /// What a budget that does not suffice does.
    #[must_use]
    pub fn shortfall(&self) -> Shortfall {
        self.budget.shortfall
    }

    /// The roles that the policy asks for.
    #[must_use]
    pub fn roles(&self) -> BTreeSet<&RoleName> {
        self.levels.iter().map(|l| &l.role).chain(self.exceptions.iter().map(|e| &e.role)).collect()
    }
}
