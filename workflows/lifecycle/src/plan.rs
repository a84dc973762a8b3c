//! A plan: the tasks of one employee's process, with people and times.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::calendar::OfficeHours;
use vextrus_domain::{PersonId, TaskId};

use crate::operation::Operation;
use crate::process::Process;
use crate::template::Fact;

/// A day in milliseconds. A plan with shorter ones is for trying out.
pub const DAY_MILLIS: u64 = 86_400_000;
/// The seconds of an office day, by which office time is scaled in a plan with shorter days.
const OFFICE_DAY_SECONDS: u64 = 8 * 3600;

/// What a task consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// A person does it.
    Person,
    /// A system does it.
    System(Operation),
    /// Nothing has to be done: what there was needs no undoing.
    Nothing,
}

/// How a task is undone, with the people who would do it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlannedUndo {
    /// There is nothing to undo.
    Nothing,
    /// A system undoes it.
    System(Operation),
    /// A person undoes it.
    Person {
        /// What is to be done.
        name: String,
        /// Whose it is.
        owner: String,
        /// Who may do it.
        people: Vec<PersonId>,
    },
}

/// One task with people and times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTask {
    /// The task.
    pub id: TaskId,
    /// What is to be done.
    pub name: String,
    /// Whose it is, as the template spells it.
    pub owner: String,
    /// Who may do it.
    pub people: Vec<PersonId>,
    /// Who is asked beside them when its time has passed: their deputies, and those who answer for the process.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalate_to: Vec<PersonId>,
    /// Whether it is the employee's own, so that others do it on their behalf.
    #[serde(default, skip_serializing_if = "is_false")]
    pub of_employee: bool,
    /// What it consists of.
    pub work: Work,
    /// What must be settled before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<TaskId>,
    /// Not before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<DateTime<Utc>>,
    /// By when it should be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<Utc>>,
    /// How long its owner has from its opening at least, in seconds of office time.
    pub within_seconds: u64,
    /// When reminders go out, in percent of the time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remind_at_percent: Vec<u8>,
    /// Whether the process cannot be completed without it.
    pub blocking: bool,
    /// Whether it may be skipped.
    #[serde(default, skip_serializing_if = "is_false")]
    pub skippable: bool,
    /// After which changes it is done again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again_when: Vec<Fact>,
    /// Whether it decides on the probation.
    #[serde(default, skip_serializing_if = "is_false")]
    pub review: bool,
    /// How it is undone.
    pub undo: PlannedUndo,
    /// What it undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<TaskId>,
    /// What a system would have done to undo it, also where a person does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_back: Option<Operation>,
    /// What a system called the thing that is to be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// What a plan says beside its tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Of which process.
    pub process: Process,
    /// 1 for the first; one more each time it is planned again.
    pub revision: u32,
    /// The hash of the template.
    pub template: String,
    /// The employee.
    pub employee: PersonId,
    /// The first day at work; of an offboarding, the last.
    pub start_date: NaiveDate,
    /// When that day begins.
    pub begins_at: DateTime<Utc>,
    /// The last day of probation, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probation_end: Option<NaiveDate>,
    /// By how many months the probation may still be extended.
    #[serde(default)]
    pub extension_months: u32,
    /// The manager.
    pub manager: PersonId,
    /// Who may skip, reassign, move and withdraw: the HR manager, and those who may do what they may.
    pub administrators: Vec<PersonId>,
    /// Office hours, in which a task's time is counted.
    pub hours: OfficeHours,
    /// The length of a day in milliseconds; 86,400,000 but for trying out.
    pub day_millis: u64,
    /// The first year that was touched whose holidays are not all listed: times in it may move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncertain_year: Option<i32>,
}

impl Head {
    /// When a task's time ends that opens at a moment.
    #[must_use]
    pub fn deadline(&self, opened_at: DateTime<Utc>, within_seconds: u64) -> DateTime<Utc> {
        if self.day_millis == DAY_MILLIS {
            return self.hours.after(opened_at, within_seconds);
        }
        let millis = within_seconds.saturating_mul(self.day_millis) / OFFICE_DAY_SECONDS;
        let millis = i64::try_from(millis).unwrap_or(i64::MAX).max(1);
        TimeDelta::try_milliseconds(millis)
            .and_then(|time| opened_at.checked_add_signed(time))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What it says beside its tasks.
    pub head: Head,
    /// The tasks.
    pub tasks: Vec<PlannedTask>,
}
