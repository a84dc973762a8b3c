//! What follows by itself: tasks whose turn has come, time that has passed, the undoing, the end.

use chrono::{DateTime, SubsecRound as _, Utc};
use vextrus_domain::TaskId;

use super::{Machine, TaskState, TaskStatus, open, start};
use crate::event::Event;
use crate::plan::{Head, Work};
use crate::process::Status;
use crate::undo;

impl Machine {
    /// Draws the consequences until there are none left.
    pub(super) fn advance(&mut self, at: DateTime<Utc>, events: &mut Vec<Event>) {
        loop {
            let before = events.len();
            if self.ended.is_some() {
                return;
            }
            if self.stopped.is_some() && !self.undoing {
                self.begin_undoing(events);
            } else if let Some(head) = self.head.clone().filter(|_| self.replan.is_none()) {
                self.open_ready(&head, at, events);
            }
            if let Some(head) = self.head.clone() {
                self.pass_time(&head, at, events);
            }
            self.end(events);
            if events.len() == before {
                return;
            }
        }
    }

    /// The next moment at which something follows by itself.
    #[must_use]
    pub fn next_moment(&self) -> Option<DateTime<Utc>> {
        if self.ended.is_some() {
            return None;
        }
        let opening = self.tasks.iter().filter(|t| t.status == TaskStatus::Waiting && self.is_free(t));
        let asking = self.tasks.iter().filter(|t| t.status == TaskStatus::Open);
        let opens = opening.filter(|_| self.replan.is_none()).filter_map(|t| t.plan.opens_at);
        opens.chain(asking.filter_map(next_of)).min()
    }

    /// Whether everything that a task waits for is settled.
    fn is_free(&self, task: &TaskState) -> bool {
        let settled = |id: &TaskId| self.tasks.iter().find(|t| t.plan.id == *id).is_none_or(|t| t.status.is_settled());
        task.plan.after.iter().all(settled)
    }

    fn open_ready(&mut self, head: &Head, at: DateTime<Utc>, events: &mut Vec<Event>) {
        let is_ready = |t: &TaskState| {
            t.status == TaskStatus::Waiting && t.plan.opens_at.is_none_or(|opens| opens <= at) && self.is_free(t)
        };
        let ready: Vec<usize> = (0..self.tasks.len()).filter(|i| is_ready(&self.tasks[*i])).collect();
        for index in ready {
            let task = &mut self.tasks[index];
            let id = task.plan.id.clone();
            match task.plan.work {
                Work::Person => {
                    let due_at = open(task, head, at);
                    events.push(Event::Opened { task: id, people: task.people.clone(), due_at });
                }
                Work::System(_) => {
                    start(task);
                    events.push(Event::Started { task: id, attempt: task.attempt });
                }
                Work::Nothing => {
                    (task.status, task.settled_at) = (TaskStatus::Done, Some(at));
                    events.push(Event::Completed {
                        task: id,
                        by: None,
                        on_behalf_of: None,
                        verdict: None,
                        reference: None,
                        note: String::new(),
                    });
                }
            }
        }
    }

    fn pass_time(&mut self, head: &Head, at: DateTime<Utc>, events: &mut Vec<Event>) {
        for task in self.tasks.iter_mut().filter(|t| t.status == TaskStatus::Open) {
            while let Some(moment) = next_of(task).filter(|moment| *moment <= at) {
                let id = task.plan.id.clone();
                let due = task.due_at.is_some_and(|due| due <= moment);
                // After its time a task is asked for again and again; it begins anew from now, not from each time that was missed.
                let renewed = head.deadline(at, task.plan.within_seconds);
                if !due {
                    task.reminders += 1;
                    events.push(Event::Reminded { task: id, count: task.reminders });
                } else if !task.escalated {
                    task.escalated = true;
                    let further = task.plan.escalate_to.iter().filter(|p| !task.people.contains(p));
                    let further: Vec<_> = further.cloned().collect();
                    task.people.extend(further);
                    task.due_at = Some(renewed);
                    events.push(Event::Escalated { task: id, people: task.people.clone(), due_at: renewed });
                } else if task.plan.blocking {
                    task.reminders += 1;
                    task.due_at = Some(renewed);
                    events.push(Event::Reminded { task: id, count: task.reminders });
                } else {
                    (task.status, task.settled_at) = (TaskStatus::Lapsed, Some(at));
                    events.push(Event::Lapsed { task: id });
                    break;
                }
            }
        }
    }

    /// Nothing is undone before every system has said what it did.
    fn begin_undoing(&mut self, events: &mut Vec<Event>) {
        if self.running().next().is_some() {
            return;
        }
        self.undoing = true;
        let tasks = undo::tasks(self);
        events.push(Event::UndoBegan { tasks: tasks.iter().map(|t| t.id.clone()).collect() });
        self.tasks.extend(tasks.into_iter().map(TaskState::new));
    }

    fn end(&mut self, events: &mut Vec<Event>) {
        let waits = self.stopped.is_some() && !self.undoing || self.wants_plan();
        if waits || self.tasks.iter().any(|t| !t.status.is_settled()) {
            return;
        }
        let left_out = |t: &TaskState| matches!(t.status, TaskStatus::Skipped | TaskStatus::Lapsed);
        let status = match &self.stopped {
            Some(stopped) => stopped.status,
            None if self.tasks.iter().any(left_out) => Status::Partial,
            None => Status::Completed,
        };
        self.ended = Some(status);
        events.push(Event::Ended { status });
    }
}

/// The next moment of an open task: a reminder before its time ends, or that end.
fn next_of(task: &TaskState) -> Option<DateTime<Utc>> {
    let (opened, due) = (task.opened_at?, task.due_at?);
    let next = usize::try_from(task.reminders).ok().and_then(|n| task.plan.remind_at_percent.get(n));
    let percent = next.filter(|_| !task.escalated);
    // In microseconds, as all time of a process is kept: a moment between two of them would never come.
    Some(percent.map_or(due, |percent| opened + (due - opened) * i32::from(*percent) / 100).trunc_subsecs(6))
}
