//! What is put to the machine, and what has happened.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::{PersonId, RequestId, TaskId};

use crate::command::Command;
use crate::plan::Plan;

/// What is put to the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "input")]
pub enum Input {
    /// Start, or go on, with this plan.
    Open {
        /// The plan.
        plan: Box<Plan>,
    },
    /// Somebody asks something.
    Command {
        /// What.
        command: Box<Command>,
    },
    /// Time has passed.
    Tick,
    /// What was approved is not what would be carried out: it must be computed again.
    Reopen {
        /// What has changed.
        why: String,
    },
}

/// How a document's approval ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Outcome {
    /// Every task was answered so that the document goes on.
    Approved,
    /// A task was answered so that it does not.
    Rejected {
        /// The task.
        task: TaskId,
        /// Who.
        by: PersonId,
    },
    /// The submitter took it back.
    Withdrawn,
    /// A task was not answered, or changes were not made, in time.
    Expired {
        /// The task.
        task: TaskId,
    },
}

/// Why a document is to be computed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "cause")]
pub enum Recompute {
    /// An answer, a person, or a change of what would be carried out asks for it.
    Reassess,
    /// The policy is resolved anew.
    Replan,
    /// The submitter has changed the document.
    Resubmit {
        /// The number of the new content.
        content: u32,
        /// Its hash.
        payload_hash: String,
    },
}

/// Who acted, in whose name, and through whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// Who acted.
    pub actor: PersonId,
    /// In whose name.
    pub principal: PersonId,
    /// Those between the two, from the principal on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<PersonId>,
}

impl By {
    /// Somebody who acts for themselves.
    #[must_use]
    pub fn oneself(person: &PersonId) -> Self {
        Self { actor: person.clone(), principal: person.clone(), through: Vec::new() }
    }

    /// Everybody who had a part in it.
    pub fn everybody(&self) -> impl Iterator<Item = &PersonId> {
        [&self.actor, &self.principal].into_iter().chain(&self.through)
    }
}

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum What {
    /// A plan was taken up.
    PlanOpened {
        /// The plan.
        plan: Box<Plan>,
        /// Its hash.
        plan_hash: String,
    },
    /// A task waits for an answer.
    TaskOpened {
        /// The task.
        task: TaskId,
    },
    /// Somebody answered a task.
    Decided {
        /// The task.
        task: TaskId,
        /// The answer, as the task names it.
        answer: String,
        /// Whether the document goes on.
        proceeds: bool,
        /// What was said with it.
        comment: String,
    },
    /// The submitter was asked something; the task's clock stands still.
    InfoRequested {
        /// The task.
        task: TaskId,
        /// What.
        question: String,
    },
    /// The submitter has answered.
    Answered {
        /// The request that asked.
        question: RequestId,
        /// What they said.
        text: String,
    },
    /// The submitter did not answer in time; the task's clock goes on.
    QuestionLapsed {
        /// The request that asked.
        question: RequestId,
    },
    /// The document was given back to its submitter.
    Returned {
        /// The task at which.
        task: TaskId,
        /// What is to be changed.
        comment: String,
    },
    /// The submitter has changed it.
    Resubmitted {
        /// The number of the new content.
        content: u32,
        /// What was changed.
        comment: String,
    },
    /// The submitter took the document back.
    TakenBack {
        /// Why.
        comment: String,
    },
    /// Somebody may decide one task in somebody's name.
    Delegated {
        /// The task.
        task: TaskId,
        /// To whom.
        to: PersonId,
        /// Why.
        comment: String,
    },
    /// A task of one person was given to another.
    Reassigned {
        /// The task.
        task: TaskId,
        /// From whom.
        from: PersonId,
        /// To whom.
        to: PersonId,
        /// Why.
        reason: String,
    },
    /// Somebody said something.
    Commented {
        /// What.
        text: String,
    },
    /// The people of a task were reminded.
    Reminded {
        /// The task.
        task: TaskId,
        /// How many reminders have passed.
        count: u32,
    },
    /// More people are asked.
    Escalated {
        /// The task.
        task: TaskId,
        /// To whom, in words of the policy.
        to: String,
        /// Why, where a person asked for it; otherwise the task's time has passed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The document is to be computed again.
    RecomputeAsked {
        /// Why.
        recompute: Recompute,
        /// In words.
        reason: String,
    },
    /// The approval has ended.
    Concluded {
        /// How.
        outcome: Outcome,
    },
}

/// Something that has happened: when, by whom and by which request. The state is nothing but the sum of its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// Who did it; none for what time did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// The request that it comes from, and what makes that request the same one again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<(RequestId, String)>,
    /// What.
    #[serde(flatten)]
    pub what: What,
}
