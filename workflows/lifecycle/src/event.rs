//! What a process is told, and what has happened then.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::{PersonId, TaskId};

use crate::command::{Command, Verdict};
use crate::plan::Plan;
use crate::process::Status;

/// What a system's work led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Performed {
    /// It is done; the system calls it so.
    Done {
        /// What the system calls it.
        reference: String,
    },
    /// The system will not do it. Nothing was done.
    Impossible {
        /// Why.
        why: String,
    },
    /// Nobody knows whether it was done: the system did not answer for too long.
    Unclear,
}

/// What a process is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A plan.
    Plan(Box<Plan>),
    /// A command.
    Command(Box<Command>),
    /// A system's work has ended.
    Performed {
        /// The task.
        task: TaskId,
        /// Which attempt at it, from 1.
        attempt: u32,
        /// What it led to.
        result: Performed,
    },
    /// It cannot go on, or an operator cancelled it.
    Stop {
        /// How it is to end: failed or cancelled.
        status: Status,
        /// Why.
        why: String,
    },
    /// Time has passed.
    Tick,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// A plan was taken up.
    Planned {
        /// Its number.
        revision: u32,
        /// The hash of its template.
        template: String,
        /// The first day at work.
        start_date: NaiveDate,
        /// The last day of probation.
        probation_end: Option<NaiveDate>,
        /// Its tasks.
        tasks: Vec<TaskId>,
    },
    /// A person's task is open.
    Opened {
        /// The task.
        task: TaskId,
        /// Who may do it.
        people: Vec<PersonId>,
        /// Until when.
        due_at: DateTime<Utc>,
    },
    /// A system's work is asked for.
    Started {
        /// The task.
        task: TaskId,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// A task is done.
    Completed {
        /// The task.
        task: TaskId,
        /// Who did it; nobody, where a system did or nothing had to be done.
        by: Option<PersonId>,
        /// In whose place, where it is the employee's own task and somebody else did it.
        on_behalf_of: Option<PersonId>,
        /// What a probation review says.
        verdict: Option<Verdict>,
        /// What a system calls it.
        reference: Option<String>,
        /// What is to be remembered of it.
        note: String,
    },
    /// A system could not do it: a person must.
    HandedOver {
        /// The task.
        task: TaskId,
        /// Who may do it.
        people: Vec<PersonId>,
        /// Why.
        why: String,
        /// Until when.
        due_at: DateTime<Utc>,
    },
    /// A task was left out.
    Skipped {
        /// The task.
        task: TaskId,
        /// By whom.
        by: PersonId,
        /// Why.
        reason: String,
    },
    /// The time of a task that does not block is over.
    Lapsed {
        /// The task.
        task: TaskId,
    },
    /// The owner was reminded.
    Reminded {
        /// The task.
        task: TaskId,
        /// How many times so far.
        count: u32,
    },
    /// The task's time has passed: those who answer for the process are asked too.
    Escalated {
        /// The task.
        task: TaskId,
        /// Who may do it now.
        people: Vec<PersonId>,
        /// Until when.
        due_at: DateTime<Utc>,
    },
    /// The task is somebody else's now.
    Reassigned {
        /// The task.
        task: TaskId,
        /// By whom.
        by: PersonId,
        /// Whose it was.
        from: Vec<PersonId>,
        /// Whose it is.
        to: PersonId,
        /// Why.
        reason: String,
    },
    /// A system is to try again.
    Retried {
        /// The task.
        task: TaskId,
        /// By whom.
        by: PersonId,
        /// Why.
        reason: String,
    },
    /// A task that was done has to be done again.
    Again {
        /// The task.
        task: TaskId,
    },
    /// The first day at work was moved.
    StartMoved {
        /// By whom.
        by: PersonId,
        /// From which day.
        from: NaiveDate,
        /// To which day.
        to: NaiveDate,
        /// Why.
        reason: String,
    },
    /// The employee reports to somebody else.
    ManagerChanged {
        /// By whom.
        by: PersonId,
        /// To whom they reported.
        from: PersonId,
        /// To whom they report.
        to: PersonId,
        /// Why.
        reason: String,
    },
    /// The probation goes on.
    ProbationExtended {
        /// By whom.
        by: PersonId,
    },
    /// The process ends early, and what was done is undone.
    Stopped {
        /// How it will end.
        status: Status,
        /// By whom, where a person decided it.
        by: Option<PersonId>,
        /// Why.
        why: String,
    },
    /// A task that was not done will not be.
    Dropped {
        /// The task.
        task: TaskId,
    },
    /// The undoing begins.
    UndoBegan {
        /// Its tasks.
        tasks: Vec<TaskId>,
    },
    /// The process has ended.
    Ended {
        /// How.
        status: Status,
    },
}

impl Event {
    /// The event's name on the trail.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Planned { .. } => "planned",
            Self::Opened { .. } => "task_opened",
            Self::Started { .. } => "task_started",
            Self::Completed { .. } => "task_completed",
            Self::HandedOver { .. } => "task_handed_over",
            Self::Skipped { .. } => "task_skipped",
            Self::Lapsed { .. } => "task_lapsed",
            Self::Reminded { .. } => "task_reminded",
            Self::Escalated { .. } => "task_escalated",
            Self::Reassigned { .. } => "task_reassigned",
            Self::Retried { .. } => "task_retried",
            Self::Again { .. } => "task_again",
            Self::StartMoved { .. } => "start_moved",
            Self::ManagerChanged { .. } => "manager_changed",
            Self::ProbationExtended { .. } => "probation_extended",
            Self::Stopped { .. } => "stopped",
            Self::Dropped { .. } => "task_dropped",
            Self::UndoBegan { .. } => "undo_began",
            Self::Ended { .. } => "ended",
        }
    }

    /// Who did it, where a person did.
    #[must_use]
    pub const fn by(&self) -> Option<&PersonId> {
        match self {
            Self::Completed { by, .. } | Self::Stopped { by, .. } => by.as_ref(),
            Self::Skipped { by, .. }
            | Self::Reassigned { by, .. }
            | Self::Retried { by, .. }
            | Self::StartMoved { by, .. }
            | Self::ManagerChanged { by, .. }
            | Self::ProbationExtended { by } => Some(by),
            _ => None,
        }
    }

    /// The task that it is about, where it is about one.
    #[must_use]
    pub const fn task(&self) -> Option<&TaskId> {
        match self {
            Self::Opened { task, .. }
            | Self::Started { task, .. }
            | Self::Completed { task, .. }
            | Self::HandedOver { task, .. }
            | Self::Skipped { task, .. }
            | Self::Lapsed { task }
            | Self::Reminded { task, .. }
            | Self::Escalated { task, .. }
            | Self::Reassigned { task, .. }
            | Self::Retried { task, .. }
            | Self::Again { task }
            | Self::Dropped { task } => Some(task),
            _ => None,
        }
    }
}
