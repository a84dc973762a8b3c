//! What people ask of a document, as it is signed, sent, checked and kept.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::canonical::{self, CanonicalError};
use vextrus_domain::signature::{KeyPair, Signed};
use vextrus_domain::{DocumentKey, PersonId, RequestId, TaskId};

use crate::delegation::StandingDelegation;

/// The longest comment, reason, question or answer, in bytes.
pub const MAX_COMMENT: usize = 2000;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Action {
    /// Decide a task: `approve`, `reject` (which needs a comment), or an answer that the task allows.
    Decide {
        /// The task.
        task: TaskId,
        /// The hash of the plan that holds it.
        plan_hash: String,
        /// The answer.
        answer: String,
        /// The comment or reason.
        #[serde(default)]
        comment: String,
    },
    /// Ask the submitter something. The task's clock stops until they answer.
    RequestInfo {
        /// The task.
        task: TaskId,
        /// What is asked.
        question: String,
    },
    /// Answer a question.
    Answer {
        /// The request that asked it.
        question: RequestId,
        /// The answer.
        text: String,
    },
    /// Give the document back to its submitter to be changed.
    Return {
        /// The task at which it is returned.
        task: TaskId,
        /// What is to be changed.
        comment: String,
    },
    /// Submit a returned document again, changed.
    Resubmit {
        /// The number of the new content; the first has 1.
        content: u32,
        /// The hash of the new content.
        payload_hash: String,
        /// What was changed.
        #[serde(default)]
        comment: String,
    },
    /// Take the document back.
    Withdraw {
        /// Why.
        #[serde(default)]
        comment: String,
    },
    /// Have somebody else decide one task in the actor's name. The owner keeps it.
    Delegate {
        /// The task.
        task: TaskId,
        /// To whom.
        to: PersonId,
        /// Why.
        #[serde(default)]
        comment: String,
    },
    /// Give a task of one person to another one. Administrators only.
    Reassign {
        /// The task.
        task: TaskId,
        /// From whom.
        from: PersonId,
        /// To whom.
        to: PersonId,
        /// Why.
        reason: String,
    },
    /// Say something, for everybody who reads the document.
    Comment {
        /// What.
        text: String,
    },
    /// Ask the next ones of a task's escalation now.
    Escalate {
        /// The task.
        task: TaskId,
        /// Why.
        reason: String,
    },
    /// Resolve the policy that is active now into a new plan. Administrators only.
    Replan {
        /// Why.
        reason: String,
    },
    /// Compute the document again: its taxes, its match, its budget.
    Reassess {
        /// Why.
        reason: String,
    },
}

impl Action {
    /// The names of all actions, as data spells them.
    pub const NAMES: [&'static str; 12] = [
        "decide",
        "request_info",
        "answer",
        "return",
        "resubmit",
        "withdraw",
        "delegate",
        "reassign",
        "comment",
        "escalate",
        "replan",
        "reassess",
    ];

    /// Whether a signal of another service can ask for it, which may be unsigned where that is trusted.
    #[must_use]
    pub const fn is_of_a_signal(&self) -> bool {
        matches!(self, Self::Decide { .. } | Self::RequestInfo { .. })
    }

    /// The action's name in data.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Decide { .. } => "decide",
            Self::RequestInfo { .. } => "request_info",
            Self::Answer { .. } => "answer",
            Self::Return { .. } => "return",
            Self::Resubmit { .. } => "resubmit",
            Self::Withdraw { .. } => "withdraw",
            Self::Delegate { .. } => "delegate",
            Self::Reassign { .. } => "reassign",
            Self::Comment { .. } => "comment",
            Self::Escalate { .. } => "escalate",
            Self::Replan { .. } => "replan",
            Self::Reassess { .. } => "reassess",
        }
    }

    /// The task that it names, where it names one.
    #[must_use]
    pub const fn task(&self) -> Option<&TaskId> {
        match self {
            Self::Decide { task, .. }
            | Self::RequestInfo { task, .. }
            | Self::Return { task, .. }
            | Self::Delegate { task, .. }
            | Self::Reassign { task, .. }
            | Self::Escalate { task, .. } => Some(task),
            _ => None,
        }
    }

    /// What was said with it.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Decide { comment, .. }
            | Self::Return { comment, .. }
            | Self::Resubmit { comment, .. }
            | Self::Withdraw { comment }
            | Self::Delegate { comment, .. } => comment,
            Self::RequestInfo { question: text, .. } | Self::Answer { text, .. } | Self::Comment { text } => text,
            Self::Reassign { reason, .. }
            | Self::Escalate { reason, .. }
            | Self::Replan { reason }
            | Self::Reassess { reason } => reason,
        }
    }
}

/// What somebody asks of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The document and its submission.
    #[serde(flatten)]
    pub key: DocumentKey,
    /// What is asked.
    #[serde(flatten)]
    pub action: Action,
    /// Who acts.
    pub actor: PersonId,
    /// In whose name; the actor, where nobody is represented.
    pub principal: PersonId,
    /// The standing delegations by which the actor stands for the principal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<StandingDelegation>,
    /// The caller's id of this request.
    pub request_id: RequestId,
    /// When it was given, by the clock of whoever signed it.
    pub at: DateTime<Utc>,
}

impl Command {
    /// What makes two requests of one id the same: who asks for what. When it came does not count, nor by which way the
    /// actor stands for somebody.
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
}

/// A command with the facade's signature, or without one where the namespace is trusted for what signals say.
pub type SignedCommand = Signed<Command>;

impl Command {
    /// Whether it may be unsigned: a signal of another service can ask for it, and the namespace is trusted.
    #[must_use]
    pub const fn may_be_unsigned(&self, trust_unsigned: bool) -> bool {
        trust_unsigned && self.action.is_of_a_signal()
    }
}
