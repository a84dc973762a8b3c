//! What people may ask, and what follows at once.

use chrono::{DateTime, Utc};
use vextrus_domain::{PersonId, Refusal, RefusalCode, TaskId};

use super::{Machine, TaskStatus, start, unknown};
use crate::command::{Action, Command, MAX_COMMANDS, MAX_NOTE, Verdict};
use crate::event::Event;
use crate::plan::{Head, Work};
use crate::process::Status;
use crate::template::Fact;

type Events = Result<Vec<Event>, Refusal>;

/// The farthest that a start date may be moved away from now, in days.
const FARTHEST_START: i64 = 730;

fn no<T>(code: RefusalCode, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(code, message))
}

impl Machine {
    /// Whether this very request was taken before.
    pub(super) fn knows(&self, command: &Command) -> Result<bool, Refusal> {
        match self.requests.get(&command.request_id) {
            None => Ok(false),
            Some(known) if *known == digest(command)? => Ok(true),
            Some(_) => {
                let message = format!("request id {} was used for another command; use a new one", command.request_id);
                no(RefusalCode::RequestIdReused, message)
            }
        }
    }

    pub(super) fn take_command(&mut self, command: &Command, at: DateTime<Utc>) -> Events {
        if let Some(status) = self.ended {
            return no(RefusalCode::DocumentClosed, format!("the process has ended: {status}"));
        }
        let Some(mut head) = self.head.clone() else {
            return no(RefusalCode::NotAssessed, "the process is not planned yet; try again");
        };
        check_words(&command.action)?;
        if self.requests.len() >= MAX_COMMANDS {
            let message = format!("the process has taken {MAX_COMMANDS} commands, and takes no more");
            return no(RefusalCode::LimitExceeded, message);
        }
        let by = &command.actor;
        if command.in_office && !head.administrators.contains(by) {
            head.administrators.push(by.clone());
        }
        let events = match &command.action {
            Action::Complete { task, verdict, note } => self.complete(&head, task, *verdict, note, by, at),
            Action::Skip { task, reason } => self.skip(&head, task, reason, by, at),
            Action::Reassign { task, to, reason } => self.reassign(&head, task, to, reason, by),
            Action::Retry { task, reason } => self.retry(&head, task, reason, by),
            Action::MoveStart { start_date, reason } => {
                self.may_change(&head, by)?;
                let from = self.changes.start_date.unwrap_or(head.start_date);
                if *start_date == from {
                    return no(RefusalCode::InvalidField, format!("start_date: it is {start_date} already"));
                }
                let days = start_date.signed_duration_since(vextrus_domain::calendar::dhaka_date(at)).num_days();
                if !(-FARTHEST_START..=FARTHEST_START).contains(&days) {
                    let message = format!("start_date: {start_date} is more than {FARTHEST_START} days away");
                    return no(RefusalCode::LimitExceeded, message);
                }
                self.changes.start_date = Some(*start_date);
                self.replan.get_or_insert_default().insert(Fact::StartDate);
                Ok(vec![Event::StartMoved { by: by.clone(), from, to: *start_date, reason: reason.clone() }])
            }
            Action::ChangeManager { to, reason } => {
                self.may_change(&head, by)?;
                let from = self.changes.manager.clone().unwrap_or_else(|| head.manager.clone());
                if *to == from || *to == head.employee {
                    return no(RefusalCode::InvalidField, format!("to: {to} is the manager already, or the employee"));
                }
                self.changes.manager = Some(to.clone());
                self.replan.get_or_insert_default().insert(Fact::Manager);
                Ok(vec![Event::ManagerChanged { by: by.clone(), from, to: to.clone(), reason: reason.clone() }])
            }
            Action::Withdraw { reason } => {
                self.may_change(&head, by)?;
                Ok(self.stop(Status::Withdrawn, Some(by.clone()), reason))
            }
        }?;
        self.requests.insert(command.request_id.clone(), digest(command)?);
        Ok(events)
    }

    fn complete(
        &mut self,
        head: &Head,
        id: &TaskId,
        verdict: Option<Verdict>,
        note: &str,
        by: &PersonId,
        at: DateTime<Utc>,
    ) -> Events {
        let index = self.open_task(id)?;
        let task = &mut self.tasks[index];
        if !task.people.contains(by) {
            return no(RefusalCode::NotEligible, format!("{by} is not among those who may complete {id}"));
        }
        let said = match (task.plan.review, verdict) {
            (false, Some(_)) => {
                return no(RefusalCode::AnswerNotAllowed, format!("{id} takes no verdict; leave it out"));
            }
            (true, None) => {
                let message = format!("{id} decides on the probation; say confirm, extend or end");
                return no(RefusalCode::AnswerNotAllowed, message);
            }
            (true, Some(Verdict::Extend)) if head.extension_months == 0 || self.changes.extended => {
                let message = format!("{id}: the probation cannot be extended (again); confirm or end");
                return no(RefusalCode::AnswerNotAllowed, message);
            }
            (_, said) => said,
        };
        if matches!(said, Some(Verdict::Extend | Verdict::End)) && note.trim().is_empty() {
            return no(RefusalCode::ReasonRequired, "the verdict needs a note that says why");
        }
        let on_behalf_of = (task.plan.of_employee && *by != head.employee).then(|| head.employee.clone());
        task.status = TaskStatus::Done;
        task.unclear = false;
        (task.by, task.on_behalf_of, task.verdict) = (Some(by.clone()), on_behalf_of.clone(), said);
        (task.note, task.settled_at) = (note.to_owned(), Some(at));
        let mut events = vec![Event::Completed {
            task: id.clone(),
            by: Some(by.clone()),
            on_behalf_of,
            verdict: said,
            reference: None,
            note: note.to_owned(),
        }];
        match said {
            Some(Verdict::Extend) => {
                task.status = TaskStatus::Waiting;
                task.settled_at = None;
                self.changes.extended = true;
                self.replan.get_or_insert_default();
                events.push(Event::ProbationExtended { by: by.clone() });
            }
            Some(Verdict::End) => events.extend(self.stop(Status::Withdrawn, Some(by.clone()), note)),
            Some(Verdict::Confirm) | None => {}
        }
        Ok(events)
    }

    fn skip(&mut self, head: &Head, id: &TaskId, reason: &str, by: &PersonId, at: DateTime<Utc>) -> Events {
        let index = self.index(id)?;
        let task = &mut self.tasks[index];
        if task.status.is_settled() {
            return no(RefusalCode::AlreadyDecided, format!("{id} is {}", task.status.name()));
        }
        if !task.people.contains(by) && !head.administrators.contains(by) {
            return no(RefusalCode::NotEligible, format!("{by} is not among those who may skip {id}"));
        }
        if !task.plan.skippable {
            return no(
                RefusalCode::NotSkippable,
                format!("{id} may not be skipped; complete it, or withdraw the process"),
            );
        }
        if task.status == TaskStatus::Running {
            return no(RefusalCode::TaskNotOpen, format!("a system is at {id}; wait for what it says"));
        }
        task.status = TaskStatus::Skipped;
        (task.by, task.note, task.settled_at) = (Some(by.clone()), reason.to_owned(), Some(at));
        Ok(vec![Event::Skipped { task: id.clone(), by: by.clone(), reason: reason.to_owned() }])
    }

    fn reassign(&mut self, head: &Head, id: &TaskId, to: &PersonId, reason: &str, by: &PersonId) -> Events {
        let index = self.index(id)?;
        let task = &mut self.tasks[index];
        if task.status.is_settled() {
            return no(RefusalCode::AlreadyDecided, format!("{id} is {}", task.status.name()));
        }
        if !head.administrators.contains(by) {
            return no(RefusalCode::NotAdministrator, format!("{by} does not answer for this process; ask HR"));
        }
        if *to == head.employee && !task.plan.of_employee {
            return no(RefusalCode::NotEligible, format!("{id} is not a task that {to} may do; name somebody else"));
        }
        let from = std::mem::replace(&mut task.people, vec![to.clone()]);
        task.reassigned = true;
        let event =
            Event::Reassigned { task: id.clone(), by: by.clone(), from, to: to.clone(), reason: reason.to_owned() };
        Ok(vec![event])
    }

    fn retry(&mut self, head: &Head, id: &TaskId, reason: &str, by: &PersonId) -> Events {
        let index = self.open_task(id)?;
        let task = &mut self.tasks[index];
        if !task.people.contains(by) && !head.administrators.contains(by) {
            return no(RefusalCode::NotEligible, format!("{by} is not among those who may retry {id}"));
        }
        if !matches!(task.plan.work, Work::System(_)) {
            return no(RefusalCode::AnswerNotAllowed, format!("{id} is a person's task; complete it"));
        }
        start(task);
        Ok(vec![
            Event::Retried { task: id.clone(), by: by.clone(), reason: reason.to_owned() },
            Event::Started { task: id.clone(), attempt: task.attempt },
        ])
    }

    /// Whether somebody may change the process as a whole, and it can still be changed.
    fn may_change(&self, head: &Head, by: &PersonId) -> Result<(), Refusal> {
        if !head.administrators.contains(by) {
            return no(RefusalCode::NotAdministrator, format!("{by} does not answer for this process; ask HR"));
        }
        match &self.stopped {
            Some(stopped) => {
                no(RefusalCode::DocumentClosed, format!("the process is being undone: {}", stopped.status))
            }
            None => Ok(()),
        }
    }

    fn open_task(&self, id: &TaskId) -> Result<usize, Refusal> {
        let index = self.index(id)?;
        match self.tasks.get(index).map(|t| t.status) {
            Some(TaskStatus::Open) => Ok(index),
            Some(TaskStatus::Waiting) => {
                no(RefusalCode::TaskNotOpen, format!("{id} waits for other tasks or for its day"))
            }
            Some(TaskStatus::Running) => {
                no(RefusalCode::TaskNotOpen, format!("a system is at {id}; it is not a person's"))
            }
            Some(settled) => no(RefusalCode::AlreadyDecided, format!("{id} is {}", settled.name())),
            None => Err(unknown(id)),
        }
    }
}

fn digest(command: &Command) -> Result<String, Refusal> {
    command.digest().map_err(|e| Refusal::new(RefusalCode::Internal, e.to_string()))
}

fn check_words(action: &Action) -> Result<(), Refusal> {
    let words = action.words();
    if words.len() > MAX_NOTE {
        return no(RefusalCode::LimitExceeded, format!("the note has {} bytes; the most is {MAX_NOTE}", words.len()));
    }
    if words.trim().is_empty() && !matches!(action, Action::Complete { .. }) {
        return no(RefusalCode::ReasonRequired, format!("{} needs a reason", action.name()));
    }
    Ok(())
}
