//! A policy resolved for one document: which tasks, in which order, who may answer them and by when.

use serde::{Deserialize, Serialize};
use vextrus_domain::calendar::OfficeHours;
use vextrus_domain::canonical::{self, CanonicalError};
use vextrus_domain::{DepartmentId, DocumentType, PersonId, RoleName, Taka, TaskId};

use crate::policy::{Clock, ExceptionKind, Limits};

/// One answer that a task knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedAnswer {
    /// The answer's name.
    pub name: String,
    /// Whether the document goes on with it; otherwise it is refused.
    pub proceeds: bool,
}

/// What a task is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// A level of approval.
    Level,
    /// An exception.
    Exception(ExceptionKind),
}

impl TaskKind {
    /// The kind's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Exception(kind) => kind.name(),
        }
    }
}

/// The answer that is meant: by its name, or `approve` and `reject` for the only one that proceeds or refuses. A task with
/// several ways to proceed wants the very one.
#[must_use]
pub fn allowed<'a>(answers: &'a [AllowedAnswer], answer: &str) -> Option<&'a AllowedAnswer> {
    let only = |proceeds: bool| {
        let mut meant = answers.iter().filter(|a| a.proceeds == proceeds);
        meant.next().filter(|_| meant.next().is_none())
    };
    answers.iter().find(|a| a.name == answer).or_else(|| match answer {
        "approve" => only(true),
        "reject" => only(false),
        _ => None,
    })
}

/// Who is asked beside a task's people when its time has passed, or by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// In words of the policy: `deputy`, `manager`, `next_level`, or a role.
    pub to: String,
    /// The people, sorted.
    pub people: Vec<PersonId>,
    /// How long the task then has, in seconds.
    pub within_seconds: u64,
}

/// One thing that people must decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its id, unique in the document's submission.
    pub id: TaskId,
    /// What it is for.
    pub kind: TaskKind,
    /// The level's or exception's name in the policy.
    pub name: String,
    /// Tasks of one stage are open together; a stage opens when the one before it is decided.
    pub stage: u32,
    /// The role asked; the level's name, where people are named.
    pub role: RoleName,
    /// What is asked.
    pub question: String,
    /// Why it is asked, in words of the policy.
    pub why: String,
    /// What its answer is an answer to, where the answer itself counts and not only whether it proceeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The department that its people must be of, where the level asks only the document's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// The people who may decide it, sorted.
    pub eligible: Vec<PersonId>,
    /// How many of them must let the document go on.
    pub needed: u32,
    /// The answers that it knows.
    pub answers: Vec<AllowedAnswer>,
    /// How long they have, in seconds of its clock.
    pub within_seconds: u64,
    /// Which seconds count.
    pub clock: Clock,
    /// When reminders go out, in percent of its time.
    pub remind_at_percent: Vec<u8>,
    /// Who is asked beside them, step by step; after the last step the document expires.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<Escalation>,
}

impl Task {
    /// Whether the answer itself counts, so that the document must be assessed again with it.
    #[must_use]
    pub fn asks_which(&self) -> bool {
        self.answers.iter().filter(|a| a.proceeds).count() > 1
    }
}

/// Which approvals of an earlier plan still count when a plan takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// None: every level starts again.
    Nothing,
    /// Those of levels that the new plan has too, by people whom it asks too.
    Approved,
}

/// How a plan meets the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Succession {
    /// It adds to what was decided; what is undecided stays.
    Follows,
    /// It takes the place of what is undecided.
    Replaces(Keep),
}

/// How long people have who are not asked to decide: the submitter, who is asked or given the document back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitterTimes {
    /// For an answer, in seconds; then the task's clock goes on.
    pub answer_seconds: u64,
    /// For changes, in seconds; then the document expires.
    pub change_seconds: u64,
}

/// What holds for the whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The type of document.
    pub document: DocumentType,
    /// The amount that limits of delegations are compared with.
    pub amount: Taka,
    /// Who may reassign, escalate, replan and reassess, sorted.
    pub administrators: Vec<PersonId>,
    /// Who may decide more than one level, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_repeat: Vec<PersonId>,
    /// Who may release the payment although they approved, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_release: Vec<PersonId>,
    /// The submitter's times.
    pub submitter: SubmitterTimes,
    /// Which seconds count for the submitter.
    pub clock: Clock,
    /// How much of everything there may be.
    pub limits: Limits,
    /// The office hours that working time is counted by, where any time is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<OfficeHours>,
}

/// The tasks of one assessment of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The assessment that it belongs to; 1 for the first.
    pub revision: u32,
    /// How it meets the plan before it.
    pub succession: Succession,
    /// The hash of the policy that it was resolved from.
    pub policy_hash: String,
    /// What holds for the whole document.
    pub terms: Terms,
    /// The tasks, by stage.
    pub tasks: Vec<Task>,
}

impl Plan {
    /// The hash that decisions on its tasks carry.
    ///
    /// # Errors
    /// [`CanonicalError`] when the plan cannot be written.
    pub fn hash(&self) -> Result<String, CanonicalError> {
        canonical::hash(self)
    }
}
