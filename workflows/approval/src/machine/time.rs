//! What time brings: reminders, escalations, lapsed questions, expiry.

use chrono::{DateTime, Utc};
use vextrus_domain::calendar::OfficeHours;

use super::{Machine, TaskState, at, task};
use crate::event::{Event, Outcome, What};
use crate::plan::Terms;

impl Machine {
    /// The next moment at which something is due.
    #[must_use]
    pub fn next_moment(&self) -> Option<DateTime<Utc>> {
        if self.outcome.is_some() || self.recompute.is_some() {
            return None;
        }
        let terms = self.terms.as_ref()?;
        if let Some(returned) = &self.returned {
            return Some(submitter_due(terms, returned.at, terms.submitter.change_seconds));
        }
        let tasks = self.open_tasks().filter_map(|t| t.next_moment(terms.hours.as_ref()));
        let questions = self.questions.iter().filter(|q| q.open);
        let lapses = questions.map(|q| submitter_due(terms, q.at, terms.submitter.answer_seconds));
        tasks.chain(lapses).min()
    }

    /// When a task's time ends; none while its clock stands still.
    #[must_use]
    pub fn due_at(&self, task: &TaskState) -> Option<DateTime<Utc>> {
        task.due_at(self.hours())
    }

    pub(super) fn hours(&self) -> Option<&OfficeHours> {
        self.terms.as_ref().and_then(|t| t.hours.as_ref())
    }

    /// What is due by now.
    pub(super) fn tick(&self, now: DateTime<Utc>) -> Vec<Event> {
        let Some(terms) = self.terms.as_ref().filter(|_| self.outcome.is_none() && self.recompute.is_none()) else {
            return Vec::new();
        };
        if let Some(returned) = &self.returned {
            let due = submitter_due(terms, returned.at, terms.submitter.change_seconds);
            let outcome = Outcome::Expired { task: returned.task.clone() };
            return if due <= now { vec![at(now, What::Concluded { outcome })] } else { Vec::new() };
        }
        let mut events = Vec::new();
        for question in self.questions.iter().filter(|q| q.open) {
            if submitter_due(terms, question.at, terms.submitter.answer_seconds) <= now {
                events.push(at(now, What::QuestionLapsed { question: question.id.clone() }));
            }
        }
        for task in self.open_tasks() {
            let elapsed = task.elapsed(now, terms.hours.as_ref());
            if task.running_since.is_none() {
                continue;
            }
            if elapsed < task.within_seconds {
                let passed = task.reminders().filter(|r| *r <= elapsed).count();
                let count = u32::try_from(passed).unwrap_or(u32::MAX);
                if count > task.reminded {
                    events.push(at(now, What::Reminded { task: task.task.id.clone(), count }));
                }
                continue;
            }
            match task.task.escalations.get(usize::try_from(task.escalated).unwrap_or(usize::MAX)) {
                Some(step) => {
                    let (task, to) = (task.task.id.clone(), step.to.clone());
                    events.push(at(now, What::Escalated { task, to, reason: None }));
                }
                None => {
                    let outcome = Outcome::Expired { task: task.task.id.clone() };
                    events.push(at(now, What::Concluded { outcome }));
                    return events;
                }
            }
        }
        events
    }
}

fn submitter_due(terms: &Terms, since: DateTime<Utc>, seconds: u64) -> DateTime<Utc> {
    task::after(terms.clock, terms.hours.as_ref(), since, seconds)
}
