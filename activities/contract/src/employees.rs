//! What the workflows of employees' processes are started with, asked, told and answer, and their activities' payloads. Nothing here
//! is personal: the employee is named by id, and by a keyed hash of their record.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::{DocumentKey, Employment, PersonId, Refusal, TaskId};
use vextrus_lifecycle::{Machine, Performed, Plan, Process, SignedCommand, Status, Verdict};

use crate::steps::RefusedCommand;

/// The workflow type of a process.
#[must_use]
pub const fn workflow_type(process: Process) -> &'static str {
    match process {
        Process::Onboarding => "EmployeeOnboarding",
        Process::Offboarding => "EmployeeOffboarding",
    }
}

/// The task queue of calls to outside systems, on which `perform` runs.
pub const INTEGRATIONS: &str = "integrations";

/// What a workflow is started with. Name, e-mail, phone and NID stay in the ledger's record, which can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessStart {
    /// The claimed process.
    pub key: DocumentKey,
    /// Of which kind.
    pub process: Process,
    /// The employee.
    pub employee: PersonId,
    /// The keyed hash of what was claimed.
    pub payload_hash: String,
    /// The work. Of an offboarding, the start date is the last day.
    pub employment: Employment,
    /// How long one attempt of a step may take, in milliseconds.
    pub step_timeout_millis: u64,
    /// How long a system may be asked for one thing, over all attempts, in milliseconds. Then a person must find out.
    pub perform_within_millis: u64,
    /// After how many events the workflow goes on in another run.
    pub events_of_a_run: u32,
    /// What an earlier run of the same process leaves to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<Box<CarriedProcess>>,
}

/// What one run of a workflow leaves to the next. Everything before it is in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedProcess {
    /// Where the process stands, as the ledger has it.
    pub machine: Machine,
    /// Whether unsigned signals count.
    pub trust_unsigned: bool,
    /// How many messages were refused.
    pub refused_messages: u32,
    /// How many signals came without a request id of their own.
    pub signals: u32,
    /// How many runs there have been.
    pub runs: u32,
    /// Status and stage, as the search attributes show them.
    pub shown: (String, String),
}

/// Input of `plan`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanInput {
    /// The process.
    pub key: DocumentKey,
    /// 1 for the first plan; one more for each further one.
    pub revision: u32,
}

/// Output of `plan`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanOutput {
    /// The plan.
    Planned {
        /// When; its first tasks are open since then.
        at: DateTime<Utc>,
        /// What is to be done.
        plan: Box<Plan>,
        /// Whether unsigned signals count: never in production.
        trust_unsigned: bool,
    },
    /// There can be none before something is mended: ask again later.
    NotYet(Refusal),
    /// There can be none.
    Refused(Refusal),
}

/// Something that the workflow has taken and the ledger does not hold yet, in the order of its acceptance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "entry")]
pub enum ProcessEntry {
    /// A command.
    Command {
        /// When it was taken.
        at: DateTime<Utc>,
        /// The command, as it was signed.
        signed: Box<SignedCommand>,
    },
    /// A system's work has ended.
    Performed {
        /// When the workflow learned of it.
        at: DateTime<Utc>,
        /// The task.
        task: TaskId,
        /// Which attempt.
        attempt: u32,
        /// What it led to.
        result: Performed,
    },
    /// The process ends early, since it cannot go on or an operator cancelled it.
    Stop {
        /// When.
        at: DateTime<Utc>,
        /// How it will end.
        status: Status,
        /// Why.
        why: String,
    },
    /// Time has passed.
    Tick {
        /// Until when.
        at: DateTime<Utc>,
    },
    /// A message was refused.
    Refused {
        /// When.
        at: DateTime<Utc>,
        /// The signal's or update's name.
        message: String,
        /// Who it said it came from, where it could be read.
        asserted_by: Option<PersonId>,
        /// Why.
        refusal: Refusal,
    },
}

/// Input of `progress`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressInput {
    /// The process.
    pub key: DocumentKey,
    /// What is to be written.
    pub entries: Vec<ProcessEntry>,
}

/// What the ledger knows better of an attempt than the workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownResult {
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub attempt: u32,
    /// What it led to.
    pub result: Performed,
}

/// Output of `progress`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProgressOutput {
    /// Written, but for these commands.
    Recorded {
        /// What was not taken.
        refused: Vec<RefusedCommand>,
        /// What was taken in the place of what was said.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        known: Vec<KnownResult>,
    },
    /// Nothing was written: the ledger has come elsewhere, by a step that somebody started by hand. The workflow goes on from there.
    Elsewhere {
        /// Why nothing was written.
        why: Refusal,
        /// Where the ledger has the process.
        machine: Box<Machine>,
    },
    /// Nothing can be written: the process was never claimed.
    Refused(Refusal),
}

/// Input of `perform`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerformInput {
    /// The process.
    pub key: DocumentKey,
    /// The task.
    pub task: TaskId,
    /// Which attempt at it, from 1.
    pub attempt: u32,
}

/// Output of `perform`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PerformOutput {
    /// The work has ended so.
    Performed(Performed),
    /// It is not this task's turn.
    Refused(Refusal),
}

/// The answer to the update `command`. A refusal is data: the message was handled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessAnswer {
    /// It counts; these tasks wait for people now.
    Accepted {
        /// The open tasks.
        open: Vec<TaskId>,
    },
    /// It does not count.
    Refused(Refusal),
}

/// The signal `completeTask`. Without `assertion` it counts only where the namespace is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompleteTaskSignal {
    /// The task.
    pub task_id: TaskId,
    /// Who has completed it.
    pub completed_by: PersonId,
    /// What a probation review says.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// What is to be remembered of it.
    #[serde(default)]
    pub note: String,
    /// The facade's signed command.
    #[serde(default)]
    pub assertion: Option<SignedCommand>,
}

/// The signal `skipTask`. Without `assertion` it counts only where the namespace is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SkipTaskSignal {
    /// The task.
    pub task_id: TaskId,
    /// Why.
    pub reason: String,
    /// Who leaves it out; the HR manager, when it is left out.
    #[serde(default)]
    pub skipped_by: Option<PersonId>,
    /// The facade's signed command.
    #[serde(default)]
    pub assertion: Option<SignedCommand>,
}

/// One task, as the queries and the result show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessTaskView {
    /// The task.
    pub task: TaskId,
    /// What is to be done.
    pub name: String,
    /// Whose it is.
    pub owner: String,
    /// Who may do it.
    pub people: Vec<PersonId>,
    /// `waiting`, `open`, `running`, `done`, `skipped`, `lapsed` or `dropped`.
    pub state: String,
    /// Since when it is open.
    pub opened_at: Option<DateTime<Utc>>,
    /// Until when.
    pub due_at: Option<DateTime<Utc>>,
    /// Who did it, or left it out; nobody, where a system did.
    pub by: Option<PersonId>,
    /// In whose place.
    pub on_behalf_of: Option<PersonId>,
    /// What a probation review said.
    pub verdict: Option<Verdict>,
    /// What a system calls it.
    pub reference: Option<String>,
    /// When it was settled.
    pub settled_at: Option<DateTime<Utc>>,
    /// What it undoes.
    pub undoes: Option<TaskId>,
}

/// The answer to the query `status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessStatusView {
    /// `planning`, `running`, `stopping`, `undoing`, or how it ended.
    pub status: String,
    /// Which part of its life the process is in: `planning`, `preparation`, `settling_in`, `probation`, `stopping`, `undoing`, `ended`.
    pub phase: String,
    /// The number of the plan; 0 before the first.
    pub revision: u32,
    /// The first day at work; of an offboarding, the last.
    pub start_date: Option<NaiveDate>,
    /// The last day of probation.
    pub probation_end: Option<NaiveDate>,
    /// The tasks that wait for people.
    pub open: Vec<TaskId>,
    /// The tasks that wait for systems.
    pub running: Vec<TaskId>,
    /// How many tasks are settled, and how many there are.
    pub settled: (usize, usize),
    /// How many messages were refused.
    pub refused_messages: u32,
    /// How many runs of the workflow there have been before this one.
    pub runs: u32,
}

/// What a workflow answers when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessResult {
    /// How it ended.
    pub status: Status,
    /// Why it ended early, where it did.
    pub why: Option<String>,
    /// The tasks, with times and people.
    pub tasks: Vec<ProcessTaskView>,
}
