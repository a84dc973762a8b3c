//! Taking up a plan, and another one after a change.

use std::collections::BTreeSet;

use vextrus_domain::{Refusal, RefusalCode};

use super::{Machine, TaskState, TaskStatus};
use crate::event::Event;
use crate::plan::{Head, Plan, PlannedTask};
use crate::template::Fact;

impl Machine {
    pub(super) fn take_plan(&mut self, plan: &Plan) -> Result<Vec<Event>, Refusal> {
        let expected = self.revision() + 1;
        if !self.wants_plan() || plan.head.revision != expected {
            let message =
                format!("plan {} is not awaited; the process has plan {}", plan.head.revision, self.revision());
            return Err(Refusal::new(RefusalCode::StalePlan, message));
        }
        let changed = self.replan.take().unwrap_or_default();
        let missed = self.missed_by(&plan.head);
        let mut events = vec![Event::Planned {
            revision: plan.head.revision,
            template: plan.head.template.clone(),
            start_date: plan.head.start_date,
            probation_end: plan.head.probation_end,
            tasks: plan.tasks.iter().map(|t| t.id.clone()).collect(),
        }];
        for planned in &plan.tasks {
            match self.tasks.iter_mut().find(|t| t.plan.id == planned.id) {
                None => self.tasks.push(TaskState::new(planned.clone())),
                Some(task) => {
                    renew(task, planned, &plan.head);
                    let taken_up = |fact: &Fact| changed.contains(fact) && !missed.contains(fact);
                    let again = planned.again_when.iter().any(taken_up);
                    if again && task.status == TaskStatus::Done {
                        (task.status, task.done_before) = (TaskStatus::Waiting, true);
                        (task.by, task.on_behalf_of, task.handed_over, task.settled_at) = (None, None, None, None);
                        task.note.clear();
                        events.push(Event::Again { task: planned.id.clone() });
                    }
                }
            }
        }
        let extension_missed = self.changes.extended && plan.head.extension_months > 0;
        self.replan = (extension_missed || !missed.is_empty()).then_some(missed);
        self.head = Some(plan.head.clone());
        Ok(events)
    }

    /// What was changed while the plan was made, so that it does not know of it. It is planned once more.
    fn missed_by(&self, head: &Head) -> BTreeSet<Fact> {
        let start = self.changes.start_date.is_some_and(|date| date != head.start_date);
        let manager = self.changes.manager.as_ref().is_some_and(|manager| *manager != head.manager);
        [(start, Fact::StartDate), (manager, Fact::Manager)]
            .into_iter()
            .filter_map(|(m, fact)| m.then_some(fact))
            .collect()
    }
}

/// Gives a task its new people and times. What somebody gave to somebody stays theirs.
fn renew(task: &mut TaskState, planned: &PlannedTask, head: &Head) {
    task.plan = planned.clone();
    if !task.reassigned {
        task.people.clone_from(&planned.people);
        if task.escalated {
            task.people.extend(planned.escalate_to.iter().filter(|p| !planned.people.contains(p)).cloned());
        }
    }
    if let (TaskStatus::Open, Some(opened_at), false) = (task.status, task.opened_at, task.escalated) {
        let least = head.deadline(opened_at, planned.within_seconds);
        task.due_at = Some(planned.due_at.map_or(least, |due| due.max(least)));
    }
}
