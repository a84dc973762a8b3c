//! What a template must be, beyond its form.

use std::collections::{BTreeMap, BTreeSet};

use vextrus_domain::TaskId;

use super::{Anchor, Day, MAX_TASKS, TaskRule, Template, UNDO_GROUP, Undo};
use crate::process::Process;

/// The longest id: `undo-undo-` and the id are a task's id of 40 characters.
const LONGEST_ID: usize = 30;
/// The longest name, in bytes.
const LONGEST_NAME: usize = 200;
/// The farthest day, in working days.
const FARTHEST: i32 = 1000;
/// The longest time for a task, in office hours: about a year.
const LONGEST_WITHIN: u64 = 2000 * 3600;

/// Where a problem is.
pub(super) enum Place {
    Top,
    Undoing,
    Task(usize),
}

type Problem = (Place, String);

pub(super) fn first_problem(template: &Template) -> Option<Problem> {
    top(template)
        .or_else(|| template.tasks.iter().enumerate().find_map(|(i, t)| Some((Place::Task(i), task(template, i, t)?))))
        .or_else(|| references(template))
        .or_else(|| cycle(template))
}

fn top(template: &Template) -> Option<Problem> {
    let at_top = |problem: String| Some((Place::Top, problem));
    if template.tasks.is_empty() || template.tasks.len() > MAX_TASKS {
        return at_top(format!("there are {} tasks; give 1 to {MAX_TASKS}", template.tasks.len()));
    }
    let onboarding = template.process == Process::Onboarding;
    if onboarding && (template.undoing.opens.is_some() || !template.undoing.after.is_empty()) {
        return Some((Place::Undoing, "undo: only an offboarding undoes what was done; take it out".to_owned()));
    }
    if !onboarding && !template.probation.months.is_empty() {
        return at_top("probation: it is a matter of the onboarding; take it out".to_owned());
    }
    let probation = &template.probation;
    let all = probation.months.iter().chain(&probation.extension_months);
    if let Some((class, months)) = all.clone().find(|(_, m)| !(1..=24).contains(*m)) {
        return at_top(format!("probation: {class} has {months} months; give 1 to 24"));
    }
    let extended = probation.extension_months.keys().find(|class| !probation.months.contains_key(class));
    if let Some(class) = extended {
        return at_top(format!("probation: {class} has an extension and no months"));
    }
    undoing_day(template)
}

fn undoing_day(template: &Template) -> Option<Problem> {
    let problem = day(template, "undo.opens", template.undoing.opens)?;
    Some((Place::Undoing, problem))
}

fn day(template: &Template, field: &str, day: Option<Day>) -> Option<String> {
    let day = day?;
    if day.anchor == Anchor::Probation && template.probation.months.is_empty() {
        return Some(format!("{field}: it counts from the end of probation, and no class has one"));
    }
    (!(-FARTHEST..=FARTHEST).contains(&day.offset))
        .then(|| format!("{field}: {} working days are too many; the most is {FARTHEST}", day.offset))
}

fn task(template: &Template, index: usize, task: &TaskRule) -> Option<String> {
    let id = task.id.as_str();
    if template.tasks.iter().take(index).any(|t| t.id == task.id) {
        return Some(format!("{id} is there twice; give each task an id of its own"));
    }
    if id.len() > LONGEST_ID || id.starts_with("undo-") || id == UNDO_GROUP {
        return Some(format!("{id}: use at most {LONGEST_ID} characters, and neither {UNDO_GROUP} nor undo-…"));
    }
    let undo_name = match &task.undo {
        Undo::Person { name, .. } => name.as_str(),
        Undo::Nothing | Undo::System(_) => &task.name,
    };
    for (field, name) in [("name", task.name.as_str()), ("undo.name", undo_name)] {
        if name.trim().is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Some(format!("{id}: {field}: give 1 to {LONGEST_NAME} bytes of plain text"));
        }
    }
    if task.blocking && task.skippable {
        return Some(format!("{id}: what blocks cannot be skipped; set blocking = false or skippable = false"));
    }
    if !(1..=LONGEST_WITHIN).contains(&task.within_seconds) {
        return Some(format!("{id}: within_hours: give 1 to {} office hours", LONGEST_WITHIN / 3600));
    }
    if task.remind_at_percent.iter().any(|p| !(1..=99).contains(p))
        || task.remind_at_percent.windows(2).any(|pair| pair[0] >= pair[1])
    {
        return Some(format!("{id}: remind_at_percent: give rising numbers from 1 to 99"));
    }
    if task.review && (task.automatic.is_some() || template.process != Process::Onboarding) {
        return Some(format!("{id}: review: a person decides on the probation, in an onboarding"));
    }
    if let Some(operation) = task.automatic.filter(|o| template.process == Process::Onboarding && is_undoing(*o)) {
        return Some(format!("{id}: automatic: {operation} undoes something; it is no task of an onboarding"));
    }
    day(template, &format!("{id}: opens"), task.opens).or_else(|| day(template, &format!("{id}: due"), task.due))
}

fn is_undoing(operation: crate::operation::Operation) -> bool {
    crate::operation::Operation::ALL.iter().any(|o| o.undone_by() == Some(operation))
}

/// Every reference leads to a task, once.
fn references(template: &Template) -> Option<Problem> {
    let known: BTreeSet<&TaskId> = template.tasks.iter().map(|t| &t.id).collect();
    let group = |id: &TaskId| id.as_str() == UNDO_GROUP && template.process == Process::Offboarding;
    for (i, task) in template.tasks.iter().enumerate() {
        let mut seen = BTreeSet::new();
        for id in &task.after {
            if !known.contains(id) && !group(id) {
                return Some((Place::Task(i), format!("{}: after: there is no task {id}", task.id)));
            }
            if !seen.insert(id) {
                return Some((Place::Task(i), format!("{}: after: {id} is there twice", task.id)));
            }
        }
    }
    let unknown = template.undoing.after.iter().find(|id| !known.contains(id))?;
    Some((Place::Undoing, format!("undo: after: there is no task {unknown}")))
}

/// A task in a circle could never begin.
fn cycle(template: &Template) -> Option<Problem> {
    let mut waits: BTreeMap<&str, Vec<&str>> =
        template.tasks.iter().map(|t| (t.id.as_str(), t.after.iter().map(TaskId::as_str).collect())).collect();
    waits.insert(UNDO_GROUP, template.undoing.after.iter().map(TaskId::as_str).collect());
    loop {
        let free: Vec<&str> = waits.iter().filter(|(_, after)| after.is_empty()).map(|(id, _)| *id).collect();
        if free.is_empty() {
            break;
        }
        waits.retain(|id, _| !free.contains(id));
        waits.values_mut().for_each(|after| after.retain(|id| !free.contains(id)));
    }
    // What only waits for the circle is not in it: follow what is waited for until something comes again.
    let mut path: Vec<&str> = Vec::new();
    let mut next = *waits.keys().next()?;
    while !path.contains(&next) {
        path.push(next);
        next = *waits.get(next)?.first()?;
    }
    let circle: Vec<&str> = path.into_iter().skip_while(|id| *id != next).chain([next]).collect();
    let index = template.tasks.iter().position(|t| t.id.as_str() == next);
    let place = index.map_or(Place::Undoing, Place::Task);
    Some((place, format!("after: {} is a circle; none of them could ever begin", circle.join(" waits for "))))
}
