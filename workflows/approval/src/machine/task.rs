//! A task with what has happened to it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::calendar::OfficeHours;
use vextrus_domain::{PersonId, RequestId};

use crate::event::By;
use crate::plan::Task;
use crate::policy::Clock;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// An earlier stage is undecided.
    Waiting,
    /// It waits for answers.
    Open,
    /// It has been answered.
    Decided,
    /// The document ended before it was answered, or another plan took its place before anybody answered.
    Dropped,
    /// Somebody answered, and another plan has taken its place since: these answers count no more.
    Superseded,
}

impl TaskStatus {
    /// The status's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::Decided => "decided",
            Self::Dropped => "dropped",
            Self::Superseded => "superseded",
        }
    }
}

/// One answer to a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Who gave it.
    pub by: By,
    /// The answer, as the task names it.
    pub answer: String,
    /// Whether the document goes on.
    pub proceeds: bool,
    /// What was said with it.
    pub comment: String,
    /// The request that brought it.
    pub request_id: RequestId,
    /// When.
    pub at: DateTime<Utc>,
}

/// A task with what has happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskState {
    /// The task, as it was planned.
    pub task: Task,
    /// The hash of the plan that holds it.
    pub plan_hash: String,
    /// Its place among all plans of the document.
    pub stage: u32,
    /// Where it stands.
    pub status: TaskStatus,
    /// When it opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// Since when its clock runs; none while it stands still.
    pub running_since: Option<DateTime<Utc>>,
    /// How much of its time had passed when the clock last stopped, in seconds.
    pub used_seconds: u64,
    /// How long it has since its opening or its latest escalation, in seconds.
    pub within_seconds: u64,
    /// How many reminders have passed since then.
    pub reminded: u32,
    /// How many steps of its escalation have been taken.
    pub escalated: u32,
    /// Who may decide it now.
    pub eligible: Vec<PersonId>,
    /// Who may decide it in whose name, for this task alone.
    pub delegations: Vec<(PersonId, PersonId)>,
    /// The administrators who gave it from one person to another: they have no part in it, in whosever name.
    pub reassigned_by: Vec<PersonId>,
    /// The answers given.
    pub decisions: Vec<Given>,
}

impl TaskState {
    pub(super) fn planned(task: &Task, plan_hash: &str, stage: u32) -> Self {
        Self {
            plan_hash: plan_hash.to_owned(),
            stage,
            status: TaskStatus::Waiting,
            opened_at: None,
            running_since: None,
            used_seconds: 0,
            within_seconds: task.within_seconds,
            reminded: 0,
            escalated: 0,
            eligible: task.eligible.clone(),
            delegations: Vec::new(),
            reassigned_by: Vec::new(),
            decisions: Vec::new(),
            task: task.clone(),
        }
    }

    /// Whether it waits for answers.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status == TaskStatus::Open
    }

    /// Whether it is still to be answered.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        matches!(self.status, TaskStatus::Waiting | TaskStatus::Open)
    }

    /// How many more people must let the document go on.
    #[must_use]
    pub fn missing(&self) -> u32 {
        let given = self.decisions.iter().filter(|d| d.proceeds).count();
        self.task.needed.saturating_sub(u32::try_from(given).unwrap_or(u32::MAX))
    }

    /// When its time ends; none while its clock stands still.
    #[must_use]
    pub fn due_at(&self, hours: Option<&OfficeHours>) -> Option<DateTime<Utc>> {
        self.moment(self.within_seconds, hours)
    }

    /// The next moment at which somebody is reminded, or its time ends.
    pub(super) fn next_moment(&self, hours: Option<&OfficeHours>) -> Option<DateTime<Utc>> {
        let next = self.reminders().nth(usize::try_from(self.reminded).unwrap_or(usize::MAX));
        self.moment(next.unwrap_or(self.within_seconds), hours)
    }

    /// When reminders go out, in seconds of its clock.
    pub(super) fn reminders(&self) -> impl Iterator<Item = u64> {
        let within = self.within_seconds;
        self.task.remind_at_percent.iter().map(move |percent| within.saturating_mul(u64::from(*percent)) / 100)
    }

    /// How much of its time has passed, in seconds.
    pub(super) fn elapsed(&self, now: DateTime<Utc>, hours: Option<&OfficeHours>) -> u64 {
        let running = self.running_since.map_or(0, |since| between(self.task.clock, hours, since, now));
        self.used_seconds.saturating_add(running)
    }

    fn moment(&self, seconds: u64, hours: Option<&OfficeHours>) -> Option<DateTime<Utc>> {
        let left = seconds.saturating_sub(self.used_seconds);
        self.running_since.filter(|_| self.is_open()).map(|since| after(self.task.clock, hours, since, left))
    }
}

/// The moment at which this many seconds of a clock have passed.
pub(crate) fn after(clock: Clock, hours: Option<&OfficeHours>, from: DateTime<Utc>, seconds: u64) -> DateTime<Utc> {
    match (clock, hours) {
        (Clock::Working, Some(hours)) => hours.after(from, seconds),
        _ => i64::try_from(seconds)
            .ok()
            .and_then(TimeDelta::try_seconds)
            .and_then(|d| from.checked_add_signed(d))
            .unwrap_or(DateTime::<Utc>::MAX_UTC),
    }
}

fn between(clock: Clock, hours: Option<&OfficeHours>, from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    match (clock, hours) {
        (Clock::Working, Some(hours)) => hours.between(from, to),
        _ => u64::try_from((to - from).num_seconds()).unwrap_or(0),
    }
}
