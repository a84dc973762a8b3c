//! The undoing of what was done, as tasks: in the reverse order of dependency.

use std::collections::{BTreeMap, BTreeSet};

use vextrus_domain::TaskId;

use crate::machine::{Machine, TaskState, TaskStatus};
use crate::plan::{PlannedTask, PlannedUndo, Work};

/// How long a person has to undo something, in seconds of office time: two days.
const WITHIN_SECONDS: u64 = 16 * 3600;

/// The task's id when it is undone. Ids are short enough for it by the template's check.
pub(crate) fn id_of(task: &TaskId) -> TaskId {
    format!("undo-{task}").parse().unwrap_or_else(|_| task.clone())
}

/// What makes an undoing itself undone.
pub(crate) fn again_name(name: &str) -> String {
    format!("Restore what was undone: {name}")
}

/// One task for each that was completed, or of which nobody knows whether it was. Each waits for the undoing of everything that
/// rested on what it undoes.
pub(crate) fn tasks(machine: &Machine) -> Vec<PlannedTask> {
    let done: Vec<&TaskState> = machine.tasks().iter().filter(|t| must_be_undone(t)).collect();
    let ids: BTreeSet<&TaskId> = done.iter().map(|t| &t.plan.id).collect();
    let rests_on = closure(machine);
    let mut tasks: Vec<PlannedTask> = done
        .iter()
        .map(|task| {
            let later =
                ids.iter().filter(|other| rests_on.get(**other).is_some_and(|deps| deps.contains(&task.plan.id)));
            planned(task, later.map(|id| id_of(id)).collect())
        })
        .collect();
    tasks.reverse();
    tasks
}

fn must_be_undone(task: &TaskState) -> bool {
    task.status == TaskStatus::Done || task.unclear || task.done_before
}

/// For each task, everything that it rests on, directly or not.
fn closure(machine: &Machine) -> BTreeMap<TaskId, BTreeSet<TaskId>> {
    let mut known: BTreeMap<TaskId, BTreeSet<TaskId>> =
        machine.tasks().iter().map(|t| (t.plan.id.clone(), t.plan.after.iter().cloned().collect())).collect();
    // A path has at most as many steps as there are tasks.
    for _ in 0..machine.tasks().len() {
        let before = known.clone();
        for deps in known.values_mut() {
            let further: BTreeSet<TaskId> = deps.iter().filter_map(|d| before.get(d)).flatten().cloned().collect();
            deps.extend(further);
        }
        if known == before {
            break;
        }
    }
    known
}

fn planned(state: &TaskState, after: Vec<TaskId>) -> PlannedTask {
    let task = &state.plan;
    let by_person = |name: String, owner: &str, people: &[vextrus_domain::PersonId]| {
        (name, owner.to_owned(), people.to_vec(), Work::Person)
    };
    let (name, owner, people, work) = match &task.undo {
        _ if state.unclear => {
            by_person(format!("Find out whether it was done, and undo it: {}", task.name), &task.owner, &state.people)
        }
        // What a person did in a system's place, the system knows nothing of.
        PlannedUndo::System(_) if state.by_hand() || state.reference.is_none() => {
            by_person(format!("Undo by hand: {}", task.name), &task.owner, &state.people)
        }
        PlannedUndo::System(operation) => {
            (format!("Undo: {}", task.name), task.owner.clone(), state.people.clone(), Work::System(*operation))
        }
        PlannedUndo::Person { name, owner, people } => by_person(name.clone(), owner, people),
        PlannedUndo::Nothing => {
            (format!("Nothing to undo: {}", task.name), task.owner.clone(), state.people.clone(), Work::Nothing)
        }
    };
    PlannedTask {
        id: id_of(&task.id),
        name,
        owner,
        people,
        escalate_to: task.escalate_to.clone(),
        of_employee: false,
        work,
        after,
        opens_at: None,
        due_at: None,
        within_seconds: WITHIN_SECONDS,
        remind_at_percent: vec![50],
        blocking: true,
        skippable: false,
        again_when: Vec::new(),
        review: false,
        undo: PlannedUndo::Nothing,
        undoes: Some(task.id.clone()),
        takes_back: match task.work {
            Work::System(operation) => operation.undone_by(),
            Work::Person | Work::Nothing => None,
        },
        reference: state.reference.clone(),
    }
}
