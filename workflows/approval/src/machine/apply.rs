//! From an event to the next state. Nothing here can refuse.

use chrono::{DateTime, Utc};
use vextrus_domain::{PersonId, RequestId, TaskId};

use super::{HISTORY_KEPT, Machine, Question, Returned, TaskState, TaskStatus};
use crate::event::{By, Event, Outcome, Recompute, What};
use crate::machine::task::Given;
use crate::plan::{Keep, Plan, Succession, Task, TaskKind};

impl Machine {
    /// Takes an event into the state.
    pub fn apply(&mut self, event: &Event) {
        self.last_at = Some(self.last_at.map_or(event.at, |last| last.max(event.at)));
        if let Some((id, digest)) = &event.request {
            self.requests.insert(id.clone(), digest.clone());
        }
        self.take_in(event);
        if !matches!(event.what, What::PlanOpened { .. } | What::TaskOpened { .. }) {
            self.history.push(event.clone());
            let excess = self.history.len().saturating_sub(HISTORY_KEPT);
            self.history.drain(..excess);
        }
    }

    fn take_in(&mut self, event: &Event) {
        let at = event.at;
        match &event.what {
            What::PlanOpened { plan, plan_hash } => {
                self.take_up(plan, plan_hash);
                self.start_clocks(at);
            }
            What::TaskOpened { task } => self.each(task, |t| {
                (t.status, t.opened_at, t.running_since) = (TaskStatus::Open, Some(at), Some(at));
            }),
            What::Decided { task, answer, proceeds, comment } => self.given(event, task, answer, *proceeds, comment),
            What::InfoRequested { task, question } => self.asked(event, task, question),
            What::Answered { question, .. } | What::QuestionLapsed { question } => self.answered(question, at),
            What::Returned { task, .. } => {
                self.returned = Some(Returned { task: task.clone(), at });
                self.used.returns += 1;
                self.stop_clocks(at, |_| true);
            }
            What::Delegated { task, to, .. } => {
                self.used.interventions += 1;
                if let Some(by) = &event.by {
                    let owner = by.actor.clone();
                    self.each(task, |t| t.delegations.push((owner.clone(), to.clone())));
                }
            }
            What::Reassigned { task, from, to, .. } => {
                self.used.interventions += 1;
                let administrator = event.by.as_ref().map(|by| by.actor.clone());
                self.each(task, |t| {
                    reassign(t, from, to);
                    t.reassigned_by.extend(administrator.clone());
                });
            }
            What::Commented { .. } => self.used.comments += 1,
            What::Reminded { task, count } => self.each(task, |t| t.reminded = *count),
            What::Escalated { task, reason, .. } => {
                self.used.interventions += u32::from(reason.is_some());
                self.each(task, |t| escalate(t, at));
            }
            What::RecomputeAsked { recompute, .. } => {
                self.used.interventions += u32::from(event.by.is_some());
                // Nobody can decide until the next plan: that time is not theirs.
                self.stop_clocks(at, |_| true);
                if matches!(recompute, Recompute::Resubmit { .. }) {
                    self.returned = None;
                }
                (self.recompute, self.outcome) = (Some(recompute.clone()), None);
            }
            What::Concluded { outcome } => self.conclude(outcome),
            What::Resubmitted { .. } | What::TakenBack { .. } => {}
        }
    }

    fn each(&mut self, id: &TaskId, change: impl Fn(&mut TaskState)) {
        self.tasks.iter_mut().filter(|t| t.task.id == *id).for_each(change);
    }

    fn take_up(&mut self, plan: &Plan, plan_hash: &str) {
        let mut kept: Vec<TaskState> = Vec::new();
        if let Succession::Replaces(keep) = plan.succession {
            for task in &mut self.tasks {
                if matches!(task.status, TaskStatus::Dropped | TaskStatus::Superseded) {
                    continue;
                }
                if keep == Keep::Approved {
                    kept.push(task.clone());
                }
                let answered = !task.decisions.is_empty();
                task.status = if answered { TaskStatus::Superseded } else { TaskStatus::Dropped };
                task.running_since = None;
            }
            self.questions.iter_mut().for_each(|q| q.open = false);
        }
        // New tasks come before what still waits: what was found changes what the later levels see.
        let waiting = self.tasks.iter().filter(|t| t.status == TaskStatus::Waiting).map(|t| t.stage).min();
        let base = waiting.or_else(|| self.tasks.iter().map(|t| t.stage + 1).max()).unwrap_or(0);
        let span = plan.tasks.iter().map(|t| t.stage + 1).max().unwrap_or(0);
        for task in self.tasks.iter_mut().filter(|t| t.status == TaskStatus::Waiting) {
            task.stage += span;
        }
        self.resolved_for = match plan.succession {
            Succession::Replaces(_) => plan.terms.amount,
            Succession::Follows => self.resolved_for.max(plan.terms.amount),
        };
        (self.revision, self.terms) = (plan.revision, Some(plan.terms.clone()));
        let earlier = self.tasks.len();
        self.tasks.extend(planned(plan, plan_hash, base, &kept));
        if !kept.is_empty() && self.unfilled().is_some() {
            // What was approved takes the people that another level needs now: the levels start again.
            kept.retain(|k| k.task.kind != TaskKind::Level);
            self.tasks.truncate(earlier);
            self.tasks.extend(planned(plan, plan_hash, base, &kept));
        }
        (self.recompute, self.returned, self.outcome) = (None, None, None);
    }

    fn given(&mut self, event: &Event, task: &TaskId, answer: &str, proceeds: bool, comment: &str) {
        let (Some(by), Some((request_id, _))) = (&event.by, &event.request) else { return };
        let given = Given {
            by: by.clone(),
            answer: answer.to_owned(),
            proceeds,
            comment: comment.to_owned(),
            request_id: request_id.clone(),
            at: event.at,
        };
        self.each(task, |t| {
            t.decisions.push(given.clone());
            if !proceeds || t.missing() == 0 {
                (t.status, t.running_since) = (TaskStatus::Decided, None);
            }
        });
        let is_decided = |id: &TaskId| self.tasks.iter().any(|t| t.task.id == *id && t.status == TaskStatus::Decided);
        if is_decided(task) {
            self.questions.iter_mut().filter(|q| q.task == *task).for_each(|q| q.open = false);
        }
    }

    fn asked(&mut self, event: &Event, task: &TaskId, question: &str) {
        let (Some(By { actor, .. }), Some((id, _))) = (&event.by, &event.request) else { return };
        self.questions.push(Question {
            id: id.clone(),
            task: task.clone(),
            by: actor.clone(),
            text: question.to_owned(),
            at: event.at,
            open: true,
        });
        self.stop_clocks(event.at, |t| t.task.id == *task);
    }

    fn answered(&mut self, question: &RequestId, at: DateTime<Utc>) {
        self.questions.iter_mut().filter(|q| q.id == *question).for_each(|q| q.open = false);
        self.start_clocks(at);
    }

    /// Lets the clocks of open tasks run, but for those that wait for an answer.
    fn start_clocks(&mut self, at: DateTime<Utc>) {
        let asked = |t: &TaskState| self.questions.iter().any(|q| q.open && q.task == t.task.id);
        let goes_on: Vec<TaskId> = self
            .tasks
            .iter()
            .filter(|t| t.is_open() && t.running_since.is_none() && !asked(t))
            .map(|t| t.task.id.clone())
            .collect();
        for task in goes_on {
            self.each(&task, |t| t.running_since = Some(at));
        }
    }

    fn stop_clocks(&mut self, at: DateTime<Utc>, which: impl Fn(&TaskState) -> bool) {
        let hours = self.terms.as_ref().and_then(|t| t.hours.as_ref());
        for task in self.tasks.iter_mut().filter(|t| t.is_open() && which(t)) {
            task.used_seconds = task.elapsed(at, hours);
            task.running_since = None;
        }
    }

    fn conclude(&mut self, outcome: &Outcome) {
        self.outcome = Some(outcome.clone());
        (self.recompute, self.returned) = (None, None);
        self.questions.iter_mut().for_each(|q| q.open = false);
        for task in self.tasks.iter_mut().filter(|t| t.is_undecided()) {
            (task.status, task.running_since) = (TaskStatus::Dropped, None);
        }
    }
}

/// The plan's tasks as they start, with what is kept.
fn planned(plan: &Plan, plan_hash: &str, base: u32, kept: &[TaskState]) -> Vec<TaskState> {
    let mut deciders = Vec::new();
    let start = |task: &Task| {
        let mut state = TaskState::planned(task, plan_hash, base + task.stage);
        keep_answers(&mut state, kept, &plan.terms.may_repeat, &mut deciders);
        state
    };
    plan.tasks.iter().map(start).collect()
}

/// Takes over what was answered under an earlier plan, as far as the new one asks the same of the same people, and nobody
/// decides two levels by it.
fn keep_answers(state: &mut TaskState, kept: &[TaskState], may_repeat: &[PersonId], deciders: &mut Vec<PersonId>) {
    let task = &state.task;
    let is_level = task.kind == TaskKind::Level;
    let same = |k: &&TaskState| {
        k.task.kind == task.kind && k.task.name == task.name && (is_level || k.task.question == task.question)
    };
    let Some(earlier) = kept.iter().find(same) else { return };
    let repeats = |by: &By| is_level && by.everybody().any(|p| deciders.contains(p) && !may_repeat.contains(p));
    let still = |d: &&Given| d.proceeds && task.eligible.contains(&d.by.principal) && !repeats(&d.by);
    let decisions: Vec<Given> = earlier.decisions.iter().filter(still).cloned().collect();
    if is_level {
        deciders.extend(decisions.iter().flat_map(|d| d.by.everybody()).cloned());
    }
    state.decisions = decisions;
    if state.missing() == 0 {
        (state.status, state.opened_at) = (TaskStatus::Decided, earlier.opened_at);
    }
}

fn reassign(task: &mut TaskState, from: &PersonId, to: &PersonId) {
    task.eligible.iter_mut().filter(|p| *p == from).for_each(|p| *p = to.clone());
    task.eligible.sort();
    task.delegations.retain(|(owner, _)| owner != from);
}

fn escalate(task: &mut TaskState, at: DateTime<Utc>) {
    let Some(step) = task.task.escalations.get(usize::try_from(task.escalated).unwrap_or(usize::MAX)) else { return };
    task.eligible.extend(step.people.iter().cloned());
    task.eligible.sort();
    task.eligible.dedup();
    task.escalated += 1;
    (task.within_seconds, task.used_seconds, task.reminded) = (step.within_seconds, 0, 0);
    // A clock that stands still for an answer goes on standing still.
    task.running_since = task.running_since.map(|_| at);
}
