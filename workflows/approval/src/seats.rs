//! Whether different people can give every approval that is wanted: levels that cannot be filled would only wait until they
//! expire.

use std::collections::{BTreeMap, BTreeSet};

use vextrus_domain::{PersonId, Refusal, RefusalCode};

use crate::plan::{Task, TaskKind};

/// A level with the approvals that it wants.
pub(crate) struct Wanted<'a> {
    /// The level's task.
    pub(crate) task: &'a Task,
    /// How many approvals.
    pub(crate) number: u32,
    /// Who may give them.
    pub(crate) people: Vec<&'a PersonId>,
}

/// Checks that every approval of every level can be given by another person. Those who may decide several levels count
/// once for each level.
///
/// # Errors
/// `NO_ELIGIBLE_APPROVER`, naming the level that finds nobody.
pub(crate) fn check(tasks: &[Task], may_repeat: &[PersonId]) -> Result<(), Refusal> {
    let levels = tasks.iter().filter(|t| t.kind == TaskKind::Level);
    let wanted: Vec<Wanted<'_>> =
        levels.map(|task| Wanted { task, number: task.needed, people: task.eligible.iter().collect() }).collect();
    if let Some(level) = wanted.iter().find(|w| usize::try_from(w.number).is_ok_and(|n| n > w.people.len())) {
        return Err(too_few(level.task, "there are not so many"));
    }
    match unfilled(&wanted, may_repeat) {
        None => Ok(()),
        Some(task) => Err(too_few(task, "the others decide another level of the same document")),
    }
}

/// A level that finds too few people when everybody decides one level alone, where there is one.
pub(crate) fn unfilled<'a>(wanted: &[Wanted<'a>], may_repeat: &[PersonId]) -> Option<&'a Task> {
    let seats: Vec<&Wanted<'a>> = wanted.iter().flat_map(|level| (0..level.number).map(move |_| level)).collect();
    // Kuhn's algorithm: give each seat a person, moving those who sit already where that frees one.
    let mut taken = BTreeMap::new();
    let hall = Hall { seats: &seats, may_repeat };
    let empty = (0..seats.len()).find(|seat| !hall.sit(*seat, &mut taken, &mut BTreeSet::new()));
    empty.map(|seat| seats[seat].task)
}

/// A person, once; or once a level, where they may decide several.
type Place<'a> = (&'a PersonId, Option<&'a str>);

struct Hall<'s, 'a> {
    seats: &'s [&'s Wanted<'a>],
    may_repeat: &'s [PersonId],
}

impl<'a> Hall<'_, 'a> {
    fn sit(&self, seat: usize, taken: &mut BTreeMap<Place<'a>, usize>, tried: &mut BTreeSet<Place<'a>>) -> bool {
        let Wanted { task, people, .. } = self.seats[seat];
        let places = || people.iter().map(|p| (*p, self.may_repeat.contains(p).then_some(task.id.as_str())));
        if let Some(free) = places().find(|place| !taken.contains_key(place)) {
            taken.insert(free, seat);
            return true;
        }
        for place in places() {
            if tried.insert(place)
                && let Some(other) = taken.get(&place).copied()
                && self.sit(other, taken, tried)
            {
                taken.insert(place, seat);
                return true;
            }
        }
        false
    }
}

fn too_few(task: &Task, why: &str) -> Refusal {
    let people: Vec<&str> = task.eligible.iter().map(PersonId::as_str).collect();
    Refusal::new(
        RefusalCode::NoEligibleApprover,
        format!(
            "level {} needs {} of {}, and {why}; name more people for it",
            task.name,
            task.needed,
            people.join(", ")
        ),
    )
}
