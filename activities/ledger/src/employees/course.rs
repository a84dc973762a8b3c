//! The course of a process: the machine, run over what was put to it. What is checked here is checked from stored inputs, whatever a
//! workflow has accepted.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use vextrus_domain::canonical::CanonicalError;
use vextrus_domain::{Actor, Refusal, RefusalCode, TaskId};
use vextrus_lifecycle::{Command, Event, Machine, Operation, Performed, Plan, SignedCommand, Status, TaskStatus, Work};

use super::log::Put;
use super::processes::{self, State, StoredProcess};
use super::{accounts, claim, log, project, provisions, records};
use crate::approvals::{Trust, has_come};
use crate::db::Tx;
use crate::error::LedgerError;
use crate::outbox::{self, EventKind, NewEvent};
use crate::{effects, masterdata};

/// What is told in the place of words that hold something personal.
const WITHHELD: &str = "withheld: the words hold what is personal";

/// What the ledger answers to an input.
type Taken = Result<Result<(), Refusal>, LedgerError>;

/// The name of the step in which a system works at a task.
#[must_use]
pub fn perform_step(task: &TaskId, attempt: u32) -> String {
    format!("perform/{task}/{attempt}")
}

/// The course of a process, as the ledger knows it.
#[derive(Debug, Clone)]
pub struct Course {
    machine: Machine,
    /// As it was when the tasks were last written.
    written: Machine,
    next: i64,
}

impl Course {
    /// The course of a process, run again from what is stored.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] when the inputs do not lead anywhere any more.
    pub async fn load(tx: &mut Tx, process: &StoredProcess) -> Result<Self, LedgerError> {
        let (machine, next) = log::run(tx, &process.key, None).await?;
        Ok(Self { written: machine.clone(), machine, next })
    }

    /// The same, with every signature verified again.
    ///
    /// # Errors
    /// As [`Self::load`], and [`LedgerError::Unsigned`].
    pub async fn verified(tx: &mut Tx, process: &StoredProcess, trust: &Trust) -> Result<Self, LedgerError> {
        let (machine, next) = log::run(tx, &process.key, Some(trust)).await?;
        Ok(Self { written: machine.clone(), machine, next })
    }

    /// Where the process stands.
    #[must_use]
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Takes up a plan.
    ///
    /// # Errors
    /// [`LedgerError`]; the inner error is the machine's refusal.
    pub async fn plan(&mut self, tx: &mut Tx, process: &StoredProcess, plan: &Plan, at: DateTime<Utc>) -> Taken {
        self.put(tx, process, Put::Plan(plan), at).await
    }

    /// Takes a command, once its signature, its words and the machine allow it. One that is stored already changes nothing.
    ///
    /// # Errors
    /// [`LedgerError`]; the inner error says why the command does not stand.
    pub async fn command(
        &mut self,
        tx: &mut Tx,
        process: &StoredProcess,
        signed: &SignedCommand,
        trust: &Trust,
        at: DateTime<Utc>,
    ) -> Taken {
        let command = &signed.command;
        if command.key != process.key {
            let message = format!("the command is for {}, not for {}", command.key, process.key);
            return Ok(Err(Refusal::new(RefusalCode::SignatureInvalid, message)));
        }
        // First of all, since every other refusal is put on the trail with what was asked.
        if let Err(refusal) = can_take(tx, process, &self.machine, command).await? {
            return Ok(Err(refusal));
        }
        let is_signed = match signed.verify(&trust.keys, command.may_be_unsigned(trust.unsigned)) {
            Ok(is_signed) => is_signed,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Err(refusal) = has_come(tx, at.max(command.at)) {
            return Ok(Err(refusal));
        }
        self.put(tx, process, Put::Command { signed, is_signed }, at).await
    }

    /// Takes what a system's work led to. What the ledger holds of that attempt counts, whatever is said of it; it is answered.
    ///
    /// # Errors
    /// [`LedgerError`]; the inner error is the machine's refusal, says that nothing is known of the attempt, or is `NOT_DUE`.
    pub async fn performed(
        &mut self,
        tx: &mut Tx,
        process: &StoredProcess,
        (task, attempt): (&TaskId, u32),
        said: &Performed,
        at: DateTime<Utc>,
    ) -> Result<Result<Performed, Refusal>, LedgerError> {
        if let Err(refusal) = has_come(tx, at) {
            return Ok(Err(refusal));
        }
        let known: Option<Performed> = effects::result(tx, &process.key, &perform_step(task, attempt)).await?;
        let result = match known {
            Some(known) => known,
            None if *said == Performed::Unclear => Performed::Unclear,
            None => {
                let message = format!("the ledger holds no result of attempt {attempt} at {task}");
                return Ok(Err(Refusal::new(RefusalCode::ApprovalsIncomplete, message)));
            }
        };
        let put = Put::Performed { task, attempt, result: &result };
        Ok(self.put(tx, process, put, at).await?.map(|()| result.clone()))
    }

    /// Ends the process early.
    ///
    /// # Errors
    /// [`LedgerError`]; the inner error is the machine's refusal.
    pub async fn stop(
        &mut self,
        tx: &mut Tx,
        process: &StoredProcess,
        (status, why): (Status, &str),
        at: DateTime<Utc>,
    ) -> Taken {
        if let Err(refusal) = has_come(tx, at) {
            return Ok(Err(refusal));
        }
        if !matches!(status, Status::Failed | Status::Cancelled) {
            let message = format!("a process is stopped as failed or cancelled, not as {status}");
            return Ok(Err(Refusal::new(RefusalCode::InvalidField, message)));
        }
        // A process that cannot go on must end, whatever the words are in which it says so.
        let record = records::get(tx, &process.key.tenant, &process.employee).await?;
        let why = if record.is_some_and(|record| record.is_in(why)) { WITHHELD } else { why };
        self.put(tx, process, Put::Stop { status, why }, at).await
    }

    /// Lets time pass up to a moment that has come.
    ///
    /// # Errors
    /// [`LedgerError`]; the inner error is `NOT_DUE`, when the moment is yet to come.
    pub async fn tick(&mut self, tx: &mut Tx, process: &StoredProcess, at: DateTime<Utc>) -> Taken {
        if let Err(refusal) = has_come(tx, at) {
            return Ok(Err(refusal));
        }
        self.put(tx, process, Put::Tick, at).await
    }

    async fn put(&mut self, tx: &mut Tx, process: &StoredProcess, put: Put<'_>, at: DateTime<Utc>) -> Taken {
        let events = match self.machine.handle(&put.input(), at) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if events.is_empty() {
            return Ok(Ok(()));
        }
        let seq = self.next;
        log::append(tx, &process.key, seq, &put, at).await?;
        self.next += 1;
        let request = match &put {
            Put::Command { signed, .. } => Some((&signed.command.request_id, put.assurance())),
            _ => None,
        };
        for event in &events {
            let mut body = body(event, at)?;
            if let Some((id, assurance)) = request {
                body["request_id"] = json!(id);
                body["assurance"] = json!(assurance);
            }
            if let Event::Completed { on_behalf_of: Some(employee), .. } = event {
                body["without_account"] = json!(!log::has_account(tx, &process.key, employee).await?);
            }
            tx.audit(&process.key, event.name(), event.by(), body);
            if let Some((kind, task, payload)) = told(process, &self.machine, event) {
                let instance = task.map_or_else(|| seq.to_string(), |task| format!("{task}/{seq}"));
                let event = NewEvent { kind, about: process.kind.into(), instance: &instance, payload: &payload };
                outbox::add(tx, &process.key, event)?;
            }
        }
        Ok(Ok(()))
    }

    /// Brings the tasks that people and inboxes see, and the process's own state, to where the machine stands.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn write(&mut self, tx: &mut Tx, process: &StoredProcess) -> Result<(), LedgerError> {
        project::write(tx, &process.key, &self.written, &self.machine).await?;
        self.carry_over(tx, process).await?;
        if process.state == State::Claimed && self.machine.revision() > 0 {
            processes::running(tx, &process.key).await?;
        }
        if let (Some(status), None) = (self.machine.ended(), self.written.ended()) {
            processes::ended(tx, &process.key, status).await?;
        }
        self.written = self.machine.clone();
        Ok(())
    }

    /// What follows in the ledger's own registers from what was settled, whoever did it: who has an account may sign in and has an
    /// inbox, and what a person took back is taken back there too.
    async fn carry_over(&self, tx: &mut Tx, process: &StoredProcess) -> Result<(), LedgerError> {
        let (tenant, employee) = (&process.key.tenant, &process.employee);
        let employment = self.machine.changes().applied_to(&process.employment);
        let was_done = |id: &TaskId| self.written.task(id).is_some_and(|t| t.status == TaskStatus::Done);
        let done = self.machine.tasks().iter().filter(|t| t.status == TaskStatus::Done && !was_done(&t.plan.id));
        for task in done {
            if task.plan.work == Work::System(Operation::CreateAccount) {
                accounts::employ(tx, tenant, employee, &employment).await?;
            }
            let Some(operation) = task.plan.takes_back else { continue };
            if operation == Operation::DisableAccount {
                accounts::dismiss(tx, tenant, employee).await?;
            }
            if task.by.is_some() {
                let key = format!("{}/{}/by-hand", process.key.document, task.plan.id);
                let order = provisions::Order { tenant, key: &key, employee, operation, employment: &employment };
                provisions::take_back(tx, order).await?;
            }
        }
        Ok(())
    }
}

/// What the machine takes on trust: that the words hold nothing personal, that people are there, and who answers for processes by
/// the role that they hold today.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `PERSONAL_DATA`, `NOT_ELIGIBLE` or `NOT_ADMINISTRATOR`.
pub async fn can_take(tx: &mut Tx, process: &StoredProcess, machine: &Machine, command: &Command) -> Taken {
    let tenant = &process.key.tenant;
    if let Some(record) = records::get(tx, tenant, &process.employee).await? {
        // The tasks of the plan have names of their own.
        let unknown = command.action.task().filter(|task| machine.task(task).is_none());
        let fields = [
            ("note", command.action.words()),
            ("request_id", command.request_id.as_str()),
            ("task", unknown.map_or("", |task| task.as_str())),
        ];
        if let Some((field, _)) = fields.into_iter().find(|(_, words)| record.is_in(words)) {
            return Ok(Err(records::personal_words(field)));
        }
    }
    if let Some(to) = command.action.person()
        && !masterdata::is_active(tx, tenant, to).await?
    {
        let message = format!("{to} is not an active person of {tenant}; name one");
        return Ok(Err(Refusal::new(RefusalCode::NotEligible, message)));
    }
    if command.in_office {
        let actor = Actor { tenant: tenant.clone(), person: command.actor.clone() };
        return claim::may_administer(tx, &actor, process).await;
    }
    Ok(Ok(()))
}

fn body(event: &Event, at: DateTime<Utc>) -> Result<Value, LedgerError> {
    let mut body = serde_json::to_value(event).map_err(CanonicalError::from)?;
    if let Some(fields) = body.as_object_mut() {
        fields.remove("event");
        fields.insert("at".to_owned(), json!(at));
    }
    Ok(body)
}

/// What others are told: the kind of event, the task that it is about, and the rest. People by id alone.
fn told<'a>(
    process: &StoredProcess,
    machine: &Machine,
    event: &'a Event,
) -> Option<(EventKind, Option<&'a TaskId>, Value)> {
    let employee = &process.employee;
    Some(match event {
        Event::Completed { task, reference: Some(reference), .. } if reference.starts_with(provisions::LETTER) => {
            (EventKind::Welcome, Some(task), json!({"task": task, "employee": employee, "reference": reference}))
        }
        Event::Opened { task, people, due_at } => (
            EventKind::ProcessTaskOpened,
            Some(task),
            json!({"task": task, "to": people, "employee": employee, "due_at": due_at}),
        ),
        Event::HandedOver { task, people, why, due_at } => (
            EventKind::ProcessTaskHandedOver,
            Some(task),
            json!({"task": task, "to": people, "employee": employee, "why": why, "due_at": due_at}),
        ),
        Event::Reminded { task, count } => {
            let to = machine.task(task).map(|t| &t.people);
            let payload = json!({"task": task, "to": to, "employee": employee, "count": count});
            (EventKind::ProcessTaskReminder, Some(task), payload)
        }
        Event::Escalated { task, people, due_at } => (
            EventKind::ProcessTaskEscalated,
            Some(task),
            json!({"task": task, "to": people, "employee": employee, "due_at": due_at}),
        ),
        Event::Reassigned { task, by, to, reason, .. } => (
            EventKind::ProcessReassigned,
            Some(task),
            json!({"task": task, "to": to, "by": by, "employee": employee, "reason": reason}),
        ),
        Event::StartMoved { by, from, to, reason } => (
            EventKind::StartMoved,
            None,
            json!({"employee": employee, "by": by, "from": from, "to": to, "reason": reason}),
        ),
        Event::Stopped { status, why, .. } => {
            let to = &process.employment.hr_manager;
            (EventKind::Stopped, None, json!({"employee": employee, "to": to, "status": status, "why": why}))
        }
        Event::Ended { status } => {
            let to = &process.employment.hr_manager;
            (EventKind::Ended, None, json!({"employee": employee, "to": to, "status": status}))
        }
        _ => return None,
    })
}
