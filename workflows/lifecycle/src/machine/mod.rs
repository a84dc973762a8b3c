//! The machine: where a process stands. It may refuse an input, and is then unchanged; the same inputs lead to the same state.

mod advance;
mod commands;
mod plans;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::{Employment, PersonId, Refusal, RefusalCode, RequestId, TaskId};

use crate::command::Verdict;
use crate::event::{Event, Input, Performed};
use crate::plan::{Head, PlannedTask, Work};
use crate::process::Status;
use crate::template::Fact;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// For other tasks, or for its day.
    Waiting,
    /// A person is asked.
    Open,
    /// A system is asked.
    Running,
    /// It is done.
    Done,
    /// It was left out.
    Skipped,
    /// Its time is over, and it does not block.
    Lapsed,
    /// The process ended early.
    Dropped,
}

impl TaskStatus {
    /// The status's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::Running => "running",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Lapsed => "lapsed",
            Self::Dropped => "dropped",
        }
    }

    /// Whether nothing more comes of it.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::Skipped | Self::Lapsed | Self::Dropped)
    }
}

/// A task and what has become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskState {
    /// As it is planned.
    pub plan: PlannedTask,
    /// Where it stands.
    pub status: TaskStatus,
    /// Who may do it now.
    pub people: Vec<PersonId>,
    /// How often a system was asked, in different attempts.
    #[serde(default)]
    pub attempt: u32,
    /// Which order to the system it is. One that nobody knows the outcome of is given again as the same, so that it is not carried
    /// out twice.
    #[serde(default)]
    pub order: u32,
    /// Since when a person is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<DateTime<Utc>>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<Utc>>,
    /// How many reminders there were.
    #[serde(default)]
    pub reminders: u32,
    /// Whether its time has passed once.
    #[serde(default)]
    pub escalated: bool,
    /// Whether somebody gave it to somebody.
    #[serde(default)]
    pub reassigned: bool,
    /// Why a system could not do it, where a person must.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over: Option<String>,
    /// Whether nobody knows if a system has done it.
    #[serde(default)]
    pub unclear: bool,
    /// Whether it was done once, before a change asked for it again: stopped meanwhile, that is still to be undone.
    #[serde(default)]
    pub done_before: bool,
    /// Who did it, or left it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// In whose place, where it is the employee's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<PersonId>,
    /// What a probation review said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What a system calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The note or reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// When it was settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<DateTime<Utc>>,
}

impl TaskState {
    pub(crate) fn new(plan: PlannedTask) -> Self {
        Self {
            status: TaskStatus::Waiting,
            people: plan.people.clone(),
            attempt: 0,
            order: 0,
            opened_at: None,
            due_at: None,
            reminders: 0,
            escalated: false,
            reassigned: false,
            handed_over: None,
            unclear: false,
            done_before: false,
            by: None,
            on_behalf_of: None,
            verdict: None,
            reference: None,
            note: String::new(),
            settled_at: None,
            plan,
        }
    }

    /// Whether a person did what a system was to do.
    #[must_use]
    pub fn by_hand(&self) -> bool {
        self.status == TaskStatus::Done && self.by.is_some() && matches!(self.plan.work, Work::System(_))
    }

    /// What a system called the thing that the next attempt is about, where there is one.
    #[must_use]
    pub fn earlier_reference(&self) -> Option<&str> {
        self.reference.as_deref().or(self.plan.reference.as_deref())
    }
}

/// How a process that was stopped will end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// How.
    pub status: Status,
    /// By whom, where a person decided it.
    pub by: Option<PersonId>,
    /// Why.
    pub why: String,
}

/// What people have changed of the work since the process began; the next plan takes it up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Changes {
    /// The moved start date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<NaiveDate>,
    /// The new manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<PersonId>,
    /// Whether the probation was extended.
    #[serde(default)]
    pub extended: bool,
}

impl Changes {
    /// The work as it is with them.
    #[must_use]
    pub fn applied_to(&self, claimed: &Employment) -> Employment {
        Employment {
            start_date: self.start_date.unwrap_or(claimed.start_date),
            manager: self.manager.clone().unwrap_or_else(|| claimed.manager.clone()),
            ..claimed.clone()
        }
    }
}

/// Where a process stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Machine {
    head: Option<Head>,
    tasks: Vec<TaskState>,
    changes: Changes,
    /// The process must be planned again, since these have changed.
    replan: Option<BTreeSet<Fact>>,
    stopped: Option<Stopped>,
    undoing: bool,
    ended: Option<Status>,
    requests: BTreeMap<RequestId, String>,
    last_at: Option<DateTime<Utc>>,
}

impl Machine {
    /// A process that was not planned yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the plan says beside its tasks, once there is one.
    #[must_use]
    pub const fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The number of the plan; 0 before the first.
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.head.as_ref().map_or(0, |h| h.revision)
    }

    /// The tasks, those that undo something last.
    #[must_use]
    pub fn tasks(&self) -> &[TaskState] {
        &self.tasks
    }

    /// One task.
    #[must_use]
    pub fn task(&self, id: &TaskId) -> Option<&TaskState> {
        self.tasks.iter().find(|t| t.plan.id == *id)
    }

    /// What people have changed since the process began.
    #[must_use]
    pub const fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Whether a plan is asked for: the first one, or another one after a change.
    #[must_use]
    pub const fn wants_plan(&self) -> bool {
        self.stopped.is_none() && self.ended.is_none() && (self.head.is_none() || self.replan.is_some())
    }

    /// Why it ends early, where it does.
    #[must_use]
    pub const fn stopped(&self) -> Option<&Stopped> {
        self.stopped.as_ref()
    }

    /// Whether what was done is being undone.
    #[must_use]
    pub const fn is_undoing(&self) -> bool {
        self.undoing
    }

    /// How it ended, once it has.
    #[must_use]
    pub const fn ended(&self) -> Option<Status> {
        self.ended
    }

    /// The tasks that a system is asked for, with the attempt.
    pub fn running(&self) -> impl Iterator<Item = &TaskState> {
        self.tasks.iter().filter(|t| t.status == TaskStatus::Running)
    }

    /// When the latest thing happened.
    #[must_use]
    pub const fn last_at(&self) -> Option<DateTime<Utc>> {
        self.last_at
    }

    /// Which part of its life the process is in.
    #[must_use]
    pub fn phase(&self) -> &'static str {
        let (Some(head), None) = (&self.head, self.ended) else {
            return self.ended.map_or("planning", |_| "ended");
        };
        if self.stopped.is_some() {
            return if self.undoing { "undoing" } else { "stopping" };
        }
        let begun = self.last_at.is_some_and(|at| at >= head.begins_at);
        let open = |t: &&TaskState| !t.status.is_settled() && !t.plan.review;
        match (begun, self.tasks.iter().find(open)) {
            (false, _) => "preparation",
            (true, Some(_)) => "settling_in",
            (true, None) => "probation",
        }
    }

    /// Takes an input. Answers what has happened; nothing, where it was taken before.
    ///
    /// # Errors
    /// Why the input does not stand. The machine is as it was.
    pub fn handle(&mut self, input: &Input, at: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        let mut next = self.clone();
        // The ledger keeps microseconds; running its log again must lead to the same.
        let at = at.trunc_subsecs(6);
        let at = next.last_at.map_or(at, |last| last.max(at));
        // A request that was taken before brings nothing, not even the time that has passed since: it is not put on the log again.
        if matches!(input, Input::Command(command) if next.knows(command)?) {
            return Ok(Vec::new());
        }
        let mut events = next.take(input, at)?;
        next.advance(at, &mut events);
        if !events.is_empty() {
            next.last_at = Some(at);
        }
        *self = next;
        Ok(events)
    }

    /// What an input would lead to.
    ///
    /// # Errors
    /// As [`Self::handle`].
    pub fn decide(&self, input: &Input, at: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        self.clone().handle(input, at)
    }

    fn take(&mut self, input: &Input, at: DateTime<Utc>) -> Result<Vec<Event>, Refusal> {
        if let (Some(status), false) = (self.ended, matches!(input, Input::Command(_))) {
            return Err(Refusal::new(RefusalCode::DocumentClosed, format!("the process has ended: {status}")));
        }
        match input {
            Input::Plan(plan) => self.take_plan(plan),
            Input::Command(command) => self.take_command(command, at),
            Input::Performed { task, attempt, result } => self.take_performed(task, *attempt, result, at),
            Input::Stop { status, why } => Ok(self.stop(*status, None, why)),
            Input::Tick => Ok(Vec::new()),
        }
    }

    fn take_performed(
        &mut self,
        id: &TaskId,
        attempt: u32,
        result: &Performed,
        at: DateTime<Utc>,
    ) -> Result<Vec<Event>, Refusal> {
        let index = self.index(id)?;
        let Some(head) = self.head.clone() else { return Err(unknown(id)) };
        let task = &mut self.tasks[index];
        if task.status != TaskStatus::Running || task.attempt != attempt {
            let message = format!("{id} is {}, and attempt {attempt} is not awaited", task.status.name());
            return Err(Refusal::new(RefusalCode::TaskNotOpen, message));
        }
        let task_id = id.clone();
        let (why, unclear) = match result {
            Performed::Done { reference } => {
                task.status = TaskStatus::Done;
                task.unclear = false;
                task.reference = Some(reference.clone());
                task.settled_at = Some(at);
                return Ok(vec![Event::Completed {
                    task: task_id,
                    by: None,
                    on_behalf_of: None,
                    verdict: None,
                    reference: Some(reference.clone()),
                    note: String::new(),
                }]);
            }
            Performed::Impossible { why } => (why.clone(), task.unclear),
            Performed::Unclear => ("the system did not answer; find out whether it was done".to_owned(), true),
        };
        task.unclear = unclear;
        task.handed_over = Some(why.clone());
        if self.stopped.is_some() && !self.undoing {
            // Nobody is to do any more what would only be undone.
            task.status = TaskStatus::Dropped;
            return Ok(vec![Event::Dropped { task: task_id }]);
        }
        let due_at = open(task, &head, at);
        Ok(vec![Event::HandedOver { task: task_id, people: task.people.clone(), why, due_at }])
    }

    /// Drops what was not done. What a system is doing now is awaited before anything is undone.
    fn stop(&mut self, status: Status, by: Option<PersonId>, why: &str) -> Vec<Event> {
        if self.stopped.is_some() {
            return Vec::new();
        }
        self.stopped = Some(Stopped { status, by: by.clone(), why: why.to_owned() });
        self.replan = None;
        let mut events = vec![Event::Stopped { status, by, why: why.to_owned() }];
        for task in &mut self.tasks {
            if matches!(task.status, TaskStatus::Waiting | TaskStatus::Open) {
                task.status = TaskStatus::Dropped;
                events.push(Event::Dropped { task: task.plan.id.clone() });
            }
        }
        events
    }

    fn index(&self, id: &TaskId) -> Result<usize, Refusal> {
        self.tasks.iter().position(|t| t.plan.id == *id).ok_or_else(|| unknown(id))
    }
}

/// Asks a person, and answers until when.
fn open(task: &mut TaskState, head: &Head, at: DateTime<Utc>) -> DateTime<Utc> {
    let least = head.deadline(at, task.plan.within_seconds);
    let due_at = task.plan.due_at.map_or(least, |due| due.max(least));
    task.status = TaskStatus::Open;
    task.opened_at = Some(at);
    task.due_at = Some(due_at);
    task.reminders = 0;
    task.escalated = false;
    due_at
}

/// Asks a system.
fn start(task: &mut TaskState) {
    task.status = TaskStatus::Running;
    task.attempt += 1;
    task.handed_over = None;
    if !task.unclear {
        task.order += 1;
    }
}

fn unknown(id: &TaskId) -> Refusal {
    Refusal::new(RefusalCode::TaskUnknown, format!("the process has no task {id}"))
}
