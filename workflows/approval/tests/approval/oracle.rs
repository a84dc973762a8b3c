//! A second opinion on what the machine did, from its events alone.

use std::collections::{BTreeMap, BTreeSet};

use vextrus_approval::{
    By, Event, Machine, Outcome, Plan, StandingDelegation, Succession, Task, TaskKind, Terms, What,
};
use vextrus_domain::{PersonId, RequestId, TaskId};

use crate::common::id;

/// A task of the plans that are followed, with what the events say of it.
struct Live {
    task: Task,
    is_open: bool,
    eligible: Vec<PersonId>,
    steps: usize,
    links: Vec<(PersonId, PersonId)>,
    given: Vec<By>,
}

/// Counts approvals and watches the rules, and panics where one is broken.
pub(crate) struct Oracle {
    submitter: PersonId,
    twin: Machine,
    live: BTreeMap<TaskId, Live>,
    terms: Option<Terms>,
    questions: BTreeMap<RequestId, TaskId>,
    requests: BTreeSet<RequestId>,
    pub(crate) is_closed: bool,
    is_busy: bool,
    is_returned: bool,
}

impl Oracle {
    pub(crate) fn new(submitter: &str) -> Self {
        Self {
            submitter: id(submitter),
            twin: Machine::new(id(submitter)),
            live: BTreeMap::new(),
            terms: None,
            questions: BTreeMap::new(),
            requests: BTreeSet::new(),
            is_closed: false,
            is_busy: true,
            is_returned: false,
        }
    }

    pub(crate) fn see(&mut self, event: &Event, standing: &[StandingDelegation]) {
        self.twin.apply(event);
        if let Some((request, _)) = &event.request {
            assert!(self.requests.insert(request.clone()), "{request} brings something twice");
        }
        let reopens = matches!(event.what, What::RecomputeAsked { .. }) && event.by.is_none();
        assert!(!self.is_closed || reopens, "{event:?} after the end");
        match &event.what {
            What::PlanOpened { plan, .. } => self.plan(plan),
            What::TaskOpened { task } => self.task(task).is_open = true,
            What::Decided { task, proceeds, .. } => self.decided(event, task, *proceeds, standing),
            What::InfoRequested { task, .. } => {
                let request = event.request.as_ref().expect("a question comes from a request").0.clone();
                self.questions.insert(request, task.clone());
            }
            What::Answered { question, .. } | What::QuestionLapsed { question } => {
                self.questions.remove(question).expect("an open question");
            }
            What::Returned { .. } => self.is_returned = true,
            What::Delegated { task, to, .. } => {
                let from = event.by.as_ref().expect("somebody").actor.clone();
                self.task(task).links.push((from, to.clone()));
            }
            What::Reassigned { task, from, to, .. } => {
                let live = self.task(task);
                live.eligible.retain(|p| p != from);
                live.eligible.push(to.clone());
                live.links.retain(|(owner, _)| owner != from);
            }
            What::Escalated { task, .. } => {
                let live = self.task(task);
                live.eligible.extend(live.task.escalations[live.steps].people.iter().cloned());
                live.steps += 1;
            }
            What::RecomputeAsked { .. } => (self.is_busy, self.is_closed, self.is_returned) = (true, false, false),
            What::Concluded { outcome } => self.concluded(outcome),
            What::Resubmitted { .. } | What::TakenBack { .. } | What::Commented { .. } | What::Reminded { .. } => {}
        }
    }

    fn task(&mut self, id: &TaskId) -> &mut Live {
        self.live.get_mut(id).expect("a task of the plan that is followed")
    }

    fn plan(&mut self, plan: &Plan) {
        let earlier = match plan.succession {
            Succession::Follows => BTreeMap::new(),
            Succession::Replaces(_) => std::mem::take(&mut self.live),
        };
        if !earlier.is_empty() {
            self.questions.clear();
        }
        self.terms = Some(plan.terms.clone());
        for task in &plan.tasks {
            let kept: Vec<By> =
                self.twin.task(&task.id).expect("planned").decisions.iter().map(|d| d.by.clone()).collect();
            for by in &kept {
                let was_given = |l: &Live| l.task.kind == task.kind && l.task.name == task.name && l.given.contains(by);
                assert!(earlier.values().any(was_given), "{by:?} never approved {}", task.name);
                assert!(task.eligible.contains(&by.principal), "{by:?} is not asked any more");
            }
            let live = Live {
                is_open: false,
                eligible: task.eligible.clone(),
                steps: 0,
                links: Vec::new(),
                given: Vec::new(),
                task: task.clone(),
            };
            self.live.insert(task.id.clone(), live);
            for by in kept {
                self.duties_are_separate(&task.id, &by);
                self.task(&task.id).given.push(by);
            }
        }
        (self.is_busy, self.is_returned) = (false, false);
    }

    fn decided(&mut self, event: &Event, id: &TaskId, proceeds: bool, standing: &[StandingDelegation]) {
        assert!(!self.is_busy && !self.is_returned, "decided while nobody can: {event:?}");
        let by = event.by.clone().expect("somebody decides");
        let terms = self.terms.clone().expect("a plan");
        let live = self.task(id);
        assert!(live.is_open && live.given.len() < live.task.needed as usize, "{id} does not wait");
        assert!(live.eligible.contains(&by.principal), "{} is not asked", by.principal);
        let mut chain = vec![&by.principal];
        chain.extend(&by.through);
        if by.actor != by.principal {
            chain.push(&by.actor);
        }
        assert!(chain.len() <= 1 + terms.limits.delegation_hops as usize, "{chain:?} is too long");
        for step in chain.windows(2) {
            let alone = live.links.iter().any(|(from, to)| from == step[0] && to == step[1]);
            let counts = |d: &StandingDelegation| {
                d.from == *step[0] && d.to == *step[1] && d.covers(terms.document, terms.amount, event.at)
            };
            assert!(alone || standing.iter().any(counts), "nothing leads from {} to {}", step[0], step[1]);
        }
        self.duties_are_separate(id, &by);
        // One no is the end, whatever else was given.
        let live = self.task(id);
        live.is_open = proceeds;
        live.given.extend(proceeds.then_some(by));
    }

    /// Nobody in the chain is the submitter, or had a part in another approval of the level, or in another level, unless they
    /// may decide several.
    fn duties_are_separate(&self, task: &TaskId, by: &By) {
        let may_repeat = self.terms.as_ref().map(|t| t.may_repeat.clone()).unwrap_or_default();
        let is_level = self.live[task].task.kind == TaskKind::Level;
        for person in by.everybody() {
            assert_ne!(*person, self.submitter, "the submitter decided {task}");
            for (id, other) in &self.live {
                let levels = is_level && other.task.kind == TaskKind::Level && !may_repeat.contains(person);
                if id == task || levels {
                    let had_a_part = other.given.iter().any(|given| given.everybody().any(|p| p == person));
                    assert!(!had_a_part, "{person} decided {id} and {task}");
                }
            }
        }
    }

    fn concluded(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Approved => {
                for (id, live) in &self.live {
                    let people: BTreeSet<&PersonId> = live.given.iter().map(|by| &by.principal).collect();
                    assert!(people.len() >= live.task.needed as usize, "{id} has the approval of {people:?} alone");
                }
            }
            Outcome::Expired { task } if !self.is_returned => {
                assert!(!self.is_busy, "expired while it was computed");
                assert!(
                    self.questions.values().all(|asked| asked != task),
                    "{task} expired while its clock stood still"
                );
            }
            Outcome::Expired { .. } | Outcome::Rejected { .. } | Outcome::Withdrawn => {}
        }
        self.is_closed = true;
    }
}
