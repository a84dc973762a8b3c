//! The state of one document's approval.

mod apply;
mod commands;
mod decide;
mod people;
mod task;
mod time;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::{PersonId, Refusal, RefusalCode, RequestId, Taka, TaskId};

use crate::event::{By, Event, Input, Outcome, Recompute, What};
use crate::plan::{TaskKind, Terms};

pub use people::Standing;
pub(crate) use task::after;
pub use task::{Given, TaskState, TaskStatus};

/// How many entries of its history a machine carries; the ledger keeps all of them.
pub const HISTORY_KEPT: usize = 100;

/// A question put to the submitter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The request that asked it.
    pub id: RequestId,
    /// The task whose clock stands still.
    pub task: TaskId,
    /// Who asked.
    pub by: PersonId,
    /// What.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it waits for an answer.
    pub open: bool,
}

/// A document that is with its submitter for changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// The task at which it was returned.
    pub task: TaskId,
    /// When.
    pub at: DateTime<Utc>,
}

/// How much of what is limited has been used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Used {
    comments: u32,
    returns: u32,
    interventions: u32,
}

/// The approval of one submission of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    submitter: PersonId,
    terms: Option<Terms>,
    resolved_for: Taka,
    revision: u32,
    tasks: Vec<TaskState>,
    questions: Vec<Question>,
    returned: Option<Returned>,
    recompute: Option<Recompute>,
    outcome: Option<Outcome>,
    last_at: Option<DateTime<Utc>>,
    /// Every request that was accepted, with what makes it the same one again.
    requests: BTreeMap<RequestId, String>,
    used: Used,
    history: Vec<Event>,
}

impl Machine {
    /// A document that has not been assessed.
    #[must_use]
    pub fn new(submitter: PersonId) -> Self {
        Self {
            submitter,
            terms: None,
            resolved_for: Taka::ZERO,
            revision: 0,
            tasks: Vec::new(),
            questions: Vec::new(),
            returned: None,
            recompute: Some(Recompute::Reassess),
            outcome: None,
            last_at: None,
            requests: BTreeMap::new(),
            used: Used::default(),
            history: Vec::new(),
        }
    }

    /// What an input leads to, or why it is refused. Changes nothing.
    ///
    /// Time never goes back: a moment before the latest event is taken for that event's. It has whole microseconds, as the
    /// ledger keeps it: a finer moment would lead elsewhere when it is run again.
    ///
    /// # Errors
    /// A typed refusal, in words for the person who asked.
    pub fn decide(&self, input: &Input, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        let now = now.trunc_subsecs(6);
        let now = self.last_at.map_or(now, |last| now.max(last));
        match input {
            Input::Open { plan } => self.open(plan, now),
            Input::Tick => Ok(self.tick(now)),
            Input::Reopen { why } => self.reopen(why, now),
            Input::Command { command } => self.command(command, now),
        }
    }

    /// Decides and applies in one step.
    ///
    /// # Errors
    /// As [`Self::decide`]; nothing has changed then.
    pub fn handle(&mut self, input: &Input, now: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        let events = self.decide(input, now)?;
        for event in &events {
            self.apply(event);
        }
        Ok(events)
    }

    /// Who submitted the document.
    #[must_use]
    pub const fn submitter(&self) -> &PersonId {
        &self.submitter
    }

    /// What holds for the whole document; none before the first plan.
    #[must_use]
    pub const fn terms(&self) -> Option<&Terms> {
        self.terms.as_ref()
    }

    /// The highest amount that levels were resolved for since the plan was last replaced, on the policy's basis.
    #[must_use]
    pub const fn resolved_for(&self) -> Taka {
        self.resolved_for
    }

    /// Whether people can decide now: not while the submitter changes the document, nor while it is computed again.
    #[must_use]
    pub const fn takes_decisions(&self) -> bool {
        self.outcome.is_none() && self.recompute.is_none() && self.returned.is_none()
    }

    /// The revision of the latest plan; 0 before the first.
    #[must_use]
    pub const fn revision(&self) -> u32 {
        self.revision
    }

    /// How the approval ended, once it has.
    #[must_use]
    pub const fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// Why the document is to be computed (again) before anybody can decide.
    #[must_use]
    pub const fn recompute(&self) -> Option<&Recompute> {
        self.recompute.as_ref()
    }

    /// Whether the document is with its submitter for changes.
    #[must_use]
    pub const fn returned(&self) -> Option<&Returned> {
        self.returned.as_ref()
    }

    /// When the latest thing happened.
    #[must_use]
    pub const fn last_at(&self) -> Option<DateTime<Utc>> {
        self.last_at
    }

    /// The tasks of all plans, in order.
    #[must_use]
    pub fn tasks(&self) -> &[TaskState] {
        &self.tasks
    }

    /// The questions put to the submitter.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The latest entries of what happened, plans and openings left out.
    #[must_use]
    pub fn history(&self) -> &[Event] {
        &self.history
    }

    /// The tasks that wait for an answer.
    pub fn open_tasks(&self) -> impl Iterator<Item = &TaskState> {
        self.tasks.iter().filter(|t| t.is_open())
    }

    /// One task.
    #[must_use]
    pub fn task(&self, id: &TaskId) -> Option<&TaskState> {
        self.tasks.iter().find(|t| t.task.id == *id)
    }

    /// Everybody who had a part in approving a level: none of them releases the payment, unless the policy says so.
    #[must_use]
    pub fn approvers(&self) -> BTreeSet<PersonId> {
        let counts = |t: &&TaskState| t.task.kind == TaskKind::Level && t.status != TaskStatus::Superseded;
        let levels = self.tasks.iter().filter(counts);
        let given = levels.flat_map(|t| &t.decisions).filter(|d| d.proceeds);
        given.flat_map(|d| d.by.everybody()).cloned().collect()
    }

    /// The task that a person means who names none: the first open one that they may decide, else the first open one.
    ///
    /// # Errors
    /// `NOT_ASSESSED`, `DOCUMENT_RETURNED` or `DOCUMENT_CLOSED` when nothing is open.
    pub fn current_task(&self, actor: &PersonId) -> Result<&TaskState, Refusal> {
        self.open_tasks()
            .find(|t| t.eligible.contains(actor) || t.delegations.iter().any(|(_, to)| to == actor))
            .or_else(|| self.open_tasks().next())
            .ok_or_else(|| self.nothing_open())
    }

    fn nothing_open(&self) -> Refusal {
        if self.outcome.is_some() {
            return Refusal::new(RefusalCode::DocumentClosed, "the approval has ended; nothing is open");
        }
        if self.returned.is_some() {
            let message = format!("the document is with {} for changes; wait until it is back", self.submitter);
            return Refusal::new(RefusalCode::DocumentReturned, message);
        }
        Refusal::new(RefusalCode::NotAssessed, "the document is being assessed; try again in a moment")
    }
}

/// An event that time or the system brings.
fn at(now: DateTime<Utc>, what: What) -> Event {
    Event { at: now, by: None, request: None, what }
}

/// An event that a person brings.
fn by(now: DateTime<Utc>, by: By, what: What) -> Event {
    Event { at: now, by: Some(by), request: None, what }
}
