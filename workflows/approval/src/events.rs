//! What is asked of the machine, and what has happened.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::{PersonId, Refusal, RequestId, TaskId};

use crate::decision::Decision;
use crate::plan::Plan;

/// What is asked of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Start (or, after a re-assessment, go on) with this plan.
    Open(Plan),
    /// Decide a task, or withdraw the document.
    Decide(Decision),
    /// Ask the submitter something; the open task stays open.
    RequestInfo {
        /// Who asks.
        by: PersonId,
        /// What they ask.
        question: String,
    },
    /// Time has passed.
    Tick,
    /// The ledger refused a decision that was accepted here: take it back.
    Void {
        /// The decision's request.
        request_id: RequestId,
        /// Why.
        refusal: Refusal,
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
    /// A task was not answered in time.
    Expired {
        /// The task.
        task: TaskId,
    },
}

/// A question put to the submitter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The task that was open.
    pub task: TaskId,
    /// Who asked.
    pub by: PersonId,
    /// What.
    pub question: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What has happened. The state is nothing but the sum of its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// A plan was taken up.
    PlanOpened {
        /// The plan.
        plan: Plan,
        /// Its hash.
        plan_hash: String,
    },
    /// A task waits for an answer.
    TaskOpened {
        /// The task.
        task: TaskId,
        /// Since when.
        at: DateTime<Utc>,
    },
    /// A task was answered.
    TaskDecided {
        /// The decision.
        decision: Decision,
        /// The answer as the task names it.
        answer: String,
        /// Whether the document goes on.
        proceeds: bool,
        /// When.
        at: DateTime<Utc>,
    },
    /// The submitter was asked something.
    InfoRequested(Question),
    /// The people of a task were reminded.
    Reminded {
        /// The task.
        task: TaskId,
        /// When.
        at: DateTime<Utc>,
    },
    /// A decision was taken back.
    DecisionVoided {
        /// Its request.
        request_id: RequestId,
        /// Why.
        refusal: Refusal,
    },
    /// The approval has ended.
    Concluded {
        /// How.
        outcome: Outcome,
        /// The decision that ended it, where one did.
        request_id: Option<RequestId>,
    },
}
