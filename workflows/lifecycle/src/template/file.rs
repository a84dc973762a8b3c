//! The template's file, as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use vextrus_domain::{DepartmentId, EmployeeClass, RoleName, TaskId};

use super::{Anchor, Condition, Day, Fact, Owner, Probation, TaskRule, Template, Undo, Undoing, check};
use crate::operation::Operation;
use crate::process::Process;

/// The longest template that is read, in bytes.
const LONGEST_TEMPLATE: usize = 256 * 1024;
/// The seconds of an office hour.
const HOUR: u64 = 3600;
/// How long a task's owner has, where the template says nothing else: three office days.
const WITHIN_HOURS: u64 = 24;

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text is far longer than any template.
    #[error("the template is longer than {LONGEST_TEMPLATE} bytes")]
    TooLong,
    /// The text is not a template; the message names line and column.
    #[error("the template cannot be read: {0}")]
    Unreadable(String),
    /// Something in it contradicts itself or cannot be.
    #[error("line {line} of the template: {problem}")]
    Wrong {
        /// The line, from 1.
        line: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateFile {
    process: Process,
    administrators: RoleName,
    #[serde(default)]
    probation: ProbationFile,
    undo: Option<Spanned<UndoingFile>>,
    #[serde(default, rename = "task")]
    tasks: Vec<Spanned<TaskFile>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ProbationFile {
    #[serde(default)]
    months: BTreeMap<EmployeeClass, u32>,
    #[serde(default)]
    extension_months: BTreeMap<EmployeeClass, u32>,
    // Read by people, and kept with the version.
    #[expect(dead_code, reason = "the source of the law stands in the file for whoever reads it")]
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UndoingFile {
    #[serde(default)]
    after: Vec<TaskId>,
    opens: Option<DayFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DayFile {
    start: Option<i32>,
    probation: Option<i32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskFile {
    id: TaskId,
    name: String,
    owner: String,
    automatic: Option<Operation>,
    #[serde(default)]
    after: Vec<TaskId>,
    opens: Option<DayFile>,
    due: Option<DayFile>,
    within_hours: Option<u64>,
    #[serde(default = "half_time")]
    remind_at_percent: Vec<u8>,
    #[serde(default = "yes")]
    blocking: bool,
    #[serde(default)]
    skippable: bool,
    #[serde(default)]
    again_when: Vec<Fact>,
    #[serde(default)]
    review: bool,
    undo: Option<UndoFile>,
    when: Option<ConditionFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UndoFile {
    name: String,
    owner: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionFile {
    department: Option<Vec<DepartmentId>>,
    position: Option<Vec<String>>,
    grade: Option<Vec<String>>,
    class: Option<Vec<EmployeeClass>>,
    worker: Option<bool>,
}

fn half_time() -> Vec<u8> {
    vec![50]
}

const fn yes() -> bool {
    true
}

pub(super) fn parse(text: &str) -> Result<Template, TemplateError> {
    if text.len() > LONGEST_TEMPLATE {
        return Err(TemplateError::TooLong);
    }
    let file: TemplateFile = toml::from_str(text).map_err(|e| TemplateError::Unreadable(e.to_string()))?;
    let line_of = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
    let wrong = |at: usize, problem: String| TemplateError::Wrong { line: line_of(at), problem };
    let mut tasks = Vec::new();
    let mut lines = Vec::new();
    for task in file.tasks {
        let at = task.span().start;
        tasks.push(rule(task.into_inner()).map_err(|problem| wrong(at, problem))?);
        lines.push(at);
    }
    let mut undoing = Undoing::default();
    let mut undo_at = None;
    if let Some(said) = file.undo {
        let at = said.span().start;
        let said = said.into_inner();
        undo_at = Some(at);
        undoing = Undoing { after: said.after, opens: day(said.opens, "opens").map_err(|problem| wrong(at, problem))? };
    }
    let probation = Probation { months: file.probation.months, extension_months: file.probation.extension_months };
    let template = Template { process: file.process, administrators: file.administrators, probation, undoing, tasks };
    match check::first_problem(&template) {
        None => Ok(template),
        Some((place, problem)) => {
            let at = match place {
                check::Place::Task(index) => lines.get(index).copied().unwrap_or_default(),
                check::Place::Undoing => undo_at.unwrap_or_default(),
                check::Place::Top => 0,
            };
            Err(wrong(at, problem))
        }
    }
}

fn owner(text: &str) -> Result<Owner, String> {
    match text {
        "manager" => Ok(Owner::Manager),
        "hr" => Ok(Owner::Hr),
        "employee" => Ok(Owner::Employee),
        role => role.parse().map(Owner::Role).map_err(|e| format!("owner: {e}; or manager, hr, employee")),
    }
}

fn day(file: Option<DayFile>, field: &str) -> Result<Option<Day>, String> {
    let Some(file) = file else { return Ok(None) };
    match (file.start, file.probation) {
        (Some(offset), None) => Ok(Some(Day { anchor: Anchor::Start, offset })),
        (None, Some(offset)) => Ok(Some(Day { anchor: Anchor::Probation, offset })),
        _ => Err(format!("{field}: give either start or probation, with a number of working days")),
    }
}

fn rule(file: TaskFile) -> Result<TaskRule, String> {
    let undo = match (file.undo, file.automatic) {
        (Some(undo), _) => Undo::Person { owner: owner(&undo.owner)?, name: undo.name },
        (None, Some(operation)) => operation.undone_by().map_or(Undo::Nothing, Undo::System),
        (None, None) => Undo::Nothing,
    };
    Ok(TaskRule {
        owner: owner(&file.owner)?,
        opens: day(file.opens, "opens")?,
        due: day(file.due, "due")?,
        within_seconds: file.within_hours.unwrap_or(WITHIN_HOURS).saturating_mul(HOUR),
        when: condition(file.when)?,
        id: file.id,
        name: file.name,
        automatic: file.automatic,
        after: file.after,
        remind_at_percent: file.remind_at_percent,
        blocking: file.blocking,
        skippable: file.skippable,
        again_when: file.again_when,
        review: file.review,
        undo,
    })
}

fn condition(file: Option<ConditionFile>) -> Result<Condition, String> {
    let Some(file) = file else { return Ok(Condition::default()) };
    let nobody = |what: &str| format!("when: {what} is empty, so that nobody has the task; leave it out");
    for (what, empty) in [
        ("department", file.department.as_ref().is_some_and(Vec::is_empty)),
        ("position", file.position.as_ref().is_some_and(Vec::is_empty)),
        ("grade", file.grade.as_ref().is_some_and(Vec::is_empty)),
        ("class", file.class.as_ref().is_some_and(Vec::is_empty)),
    ] {
        if empty {
            return Err(nobody(what));
        }
    }
    let mut classes = file.class.unwrap_or_default();
    if let Some(worker) = file.worker {
        let all = if classes.is_empty() { EmployeeClass::ALL.to_vec() } else { classes };
        classes = all.into_iter().filter(|c| c.is_worker() == worker).collect();
        if classes.is_empty() {
            return Err(format!("when: no class that is named has worker = {worker}, so that nobody has the task"));
        }
    }
    Ok(Condition {
        departments: file.department.unwrap_or_default(),
        positions: file.position.unwrap_or_default(),
        grades: file.grade.unwrap_or_default(),
        classes,
    })
}
