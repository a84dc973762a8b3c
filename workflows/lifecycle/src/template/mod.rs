//! Templates: which tasks a process has, as data.

mod check;
mod file;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vextrus_domain::{DepartmentId, EmployeeClass, RoleName, TaskId};

use crate::operation::Operation;
use crate::process::Process;

pub use file::TemplateError;

/// The most tasks of a template.
pub const MAX_TASKS: usize = 60;
/// The name by which tasks of an offboarding can wait for everything that is undone.
pub const UNDO_GROUP: &str = "undo";

/// Whose task it is. An automatic one is theirs when the system cannot do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The manager of the employee.
    Manager,
    /// The HR manager of the process.
    Hr,
    /// The employee. The HR manager may do it on their behalf.
    Employee,
    /// Everybody who holds a role.
    Role(RoleName),
}

impl Owner {
    /// The owner as the template spells it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Manager => "manager",
            Self::Hr => "hr",
            Self::Employee => "employee",
            Self::Role(role) => role.as_str(),
        }
    }
}

/// What working days are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The first day at work; of an offboarding, the last.
    Start,
    /// The last day of probation.
    Probation,
}

/// A day, counted in working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// From which day.
    pub anchor: Anchor,
    /// How many working days later; negative is earlier.
    pub offset: i32,
}

/// A change after which a task that is done has to be done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The start date was moved.
    StartDate,
    /// The employee reports to somebody else.
    Manager,
}

/// How a completed task is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// There is nothing to undo.
    Nothing,
    /// A system undoes it.
    System(Operation),
    /// A person undoes it.
    Person {
        /// What is to be done.
        name: String,
        /// By whom.
        owner: Owner,
    },
}

/// Which employees have a task. What is empty does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition {
    /// Only these departments.
    pub departments: Vec<DepartmentId>,
    /// Only these positions, whatever their capitals.
    pub positions: Vec<String>,
    /// Only these grades.
    pub grades: Vec<String>,
    /// Only these classes.
    pub classes: Vec<EmployeeClass>,
}

/// One task of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRule {
    /// Its id in the template.
    pub id: TaskId,
    /// What is to be done.
    pub name: String,
    /// By whom.
    pub owner: Owner,
    /// What a system does; a person's task where there is none.
    pub automatic: Option<Operation>,
    /// What must be done before.
    pub after: Vec<TaskId>,
    /// Not before this day.
    pub opens: Option<Day>,
    /// By the end of this day.
    pub due: Option<Day>,
    /// How long its owner has from its opening at least, in seconds of office time.
    pub within_seconds: u64,
    /// When reminders go out, in percent of the time.
    pub remind_at_percent: Vec<u8>,
    /// Whether the process cannot be completed without it. What does not block lapses when its time is over.
    pub blocking: bool,
    /// Whether it may be skipped.
    pub skippable: bool,
    /// After which changes it is done again.
    pub again_when: Vec<Fact>,
    /// Whether it decides on the probation: confirm, extend or end.
    pub review: bool,
    /// How it is undone.
    pub undo: Undo,
    /// Who has it.
    pub when: Condition,
}

/// How long probation lasts (Labour Act 2006 s.4(8) for workers, the contract for others).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probation {
    /// Months by class; none has no probation.
    pub months: BTreeMap<EmployeeClass, u32>,
    /// By how many months it may be extended once.
    pub extension_months: BTreeMap<EmployeeClass, u32>,
}

/// What a template says of undoing, for an offboarding.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Undoing {
    /// What must be done before anything is undone.
    pub after: Vec<TaskId>,
    /// Not before this day.
    pub opens: Option<Day>,
}

/// A template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// For which process.
    pub process: Process,
    /// Who may begin processes, and do what their HR managers may.
    pub administrators: RoleName,
    /// The probation.
    pub probation: Probation,
    /// When an offboarding undoes what the onboarding has done.
    pub undoing: Undoing,
    /// The tasks, in the order of the file.
    pub tasks: Vec<TaskRule>,
}

impl Template {
    /// Reads a template from TOML; `rules/onboarding/onboarding.toml` shows its form.
    ///
    /// # Errors
    /// [`TemplateError`] where it cannot be read, has unknown keys, a cycle, an unknown reference or a task that nobody can ever
    /// have; the message names the line.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        file::parse(text)
    }
}
