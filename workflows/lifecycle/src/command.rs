//! What people ask of a process, as it is signed, sent, checked and kept.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::canonical::{self, CanonicalError};
use vextrus_domain::signature::{KeyPair, Signed};
use vextrus_domain::{DocumentKey, PersonId, RequestId, TaskId};

/// The most commands that one process takes.
pub const MAX_COMMANDS: usize = 1000;
/// The longest note or reason, in bytes.
pub const MAX_NOTE: usize = 2000;

/// What a probation review can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The employee is confirmed.
    Confirm,
    /// The probation goes on, once, by what the template allows.
    Extend,
    /// The employment ends.
    End,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 3] = [Self::Confirm, Self::Extend, Self::End];

    /// The verdict's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Extend => "extend",
            Self::End => "end",
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Action {
    /// Complete a person's task.
    Complete {
        /// The task.
        task: TaskId,
        /// What a probation review says; nothing for another task.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verdict: Option<Verdict>,
        /// What is to be remembered of it.
        #[serde(default)]
        note: String,
    },
    /// Leave a task out, where the template allows it.
    Skip {
        /// The task.
        task: TaskId,
        /// Why.
        reason: String,
    },
    /// Give a task to somebody else.
    Reassign {
        /// The task.
        task: TaskId,
        /// To whom.
        to: PersonId,
        /// Why.
        reason: String,
    },
    /// Let the system try again what it could not do.
    Retry {
        /// The task.
        task: TaskId,
        /// Why it may succeed now.
        reason: String,
    },
    /// Move the first day at work; of an offboarding, the last.
    MoveStart {
        /// To which day.
        start_date: NaiveDate,
        /// Why.
        reason: String,
    },
    /// Have the employee report to somebody else.
    ChangeManager {
        /// To whom.
        to: PersonId,
        /// Why.
        reason: String,
    },
    /// Take the process back, and undo what it has done.
    Withdraw {
        /// Why.
        reason: String,
    },
}

impl Action {
    /// The names of all actions, as data spells them.
    pub const NAMES: [&'static str; 7] =
        ["complete", "skip", "reassign", "retry", "move_start", "change_manager", "withdraw"];

    /// The action's name in data.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Complete { .. } => "complete",
            Self::Skip { .. } => "skip",
            Self::Reassign { .. } => "reassign",
            Self::Retry { .. } => "retry",
            Self::MoveStart { .. } => "move_start",
            Self::ChangeManager { .. } => "change_manager",
            Self::Withdraw { .. } => "withdraw",
        }
    }

    /// Whether a signal of another service can ask for it, which may be unsigned where that is trusted.
    #[must_use]
    pub const fn is_of_a_signal(&self) -> bool {
        matches!(self, Self::Complete { .. } | Self::Skip { .. })
    }

    /// The task that it names, where it names one.
    #[must_use]
    pub const fn task(&self) -> Option<&TaskId> {
        match self {
            Self::Complete { task, .. }
            | Self::Skip { task, .. }
            | Self::Reassign { task, .. }
            | Self::Retry { task, .. } => Some(task),
            _ => None,
        }
    }

    /// The person to whom it gives something, where it names one.
    #[must_use]
    pub const fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Reassign { to, .. } | Self::ChangeManager { to, .. } => Some(to),
            _ => None,
        }
    }

    /// What was said with it.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Complete { note, .. } => note,
            Self::Skip { reason, .. }
            | Self::Reassign { reason, .. }
            | Self::Retry { reason, .. }
            | Self::MoveStart { reason, .. }
            | Self::ChangeManager { reason, .. }
            | Self::Withdraw { reason } => reason,
        }
    }
}

/// What somebody asks of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The process.
    #[serde(flatten)]
    pub key: DocumentKey,
    /// What is asked.
    #[serde(flatten)]
    pub action: Action,
    /// Who acts.
    pub actor: PersonId,
    /// Whether the actor answers for processes by the role that they hold today. The ledger checks it; a plan knows only who did when
    /// it was made.
    #[serde(default, skip_serializing_if = "is_false")]
    pub in_office: bool,
    /// The caller's id of this request.
    pub request_id: RequestId,
    /// When it was given, by the clock of whoever signed it.
    pub at: DateTime<Utc>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// A command with the facade's signature, or without one where the namespace is trusted for what signals say.
pub type SignedCommand = Signed<Command>;

impl Command {
    /// What makes two requests of one id the same: who asks for what. When it came does not count.
    ///
    /// # Errors
    /// [`CanonicalError`] when it cannot be written.
    pub fn digest(&self) -> Result<String, CanonicalError> {
        let mut hash = canonical::hash(&(&self.key, &self.action, &self.actor))?;
        hash.truncate(16);
        Ok(hash)
    }

    /// Signs the command.
    ///
    /// # Errors
    /// [`CanonicalError`] when it cannot be written.
    pub fn sign(self, key: &KeyPair) -> Result<SignedCommand, CanonicalError> {
        Signed::new(self, key)
    }

    /// Whether it may be unsigned: a signal of another service can ask for it, and the namespace is trusted.
    #[must_use]
    pub const fn may_be_unsigned(&self, trust_unsigned: bool) -> bool {
        trust_unsigned && self.action.is_of_a_signal() && !self.in_office
    }
}
