//! Processes, as the API shows them.

use vextrus_domain::{DocumentKey, Employment, PersonId, PersonalData};
use vextrus_ledger::LedgerError;
use vextrus_ledger::employees::processes::{State, StoredProcess};
use vextrus_ledger::employees::views::ProcessView;
use vextrus_lifecycle::{Machine, Process, TaskState, TaskStatus, Verdict};
use vextrus_proto::onboarding::v1 as proto;

use super::names::{process_name, task_name};
use super::{message, workflow};
use crate::render::timestamp;

/// To whom the employee reports now.
pub(super) fn manager(view: &ProcessView) -> &PersonId {
    view.machine.changes().manager.as_ref().unwrap_or(&view.process.employment.manager)
}

/// A process in a list: what its row holds.
pub(super) fn listed(process: &StoredProcess) -> Result<proto::EmployeeProcess, LedgerError> {
    let (kind, key) = (process.kind, &process.key);
    let status = match &process.status {
        Some(status) => ended(status)?,
        None => proto::ProcessStatus::Unspecified,
    };
    Ok(proto::EmployeeProcess {
        name: process_name(kind, &key.tenant, key.document.as_str()),
        kind: match kind {
            Process::Onboarding => proto::ProcessKind::Onboarding,
            Process::Offboarding => proto::ProcessKind::Offboarding,
        }
        .into(),
        employee: process.employee.to_string(),
        employment: Some(message::employment(&process.employment)),
        state: state(process.state).into(),
        status: status.into(),
        requested_by: process.requested_by.to_string(),
        claim_time: Some(timestamp(process.claimed_at)),
        end_time: process.ended_at.map(timestamp),
        start_date: process.employment.start_date.to_string(),
        workflow_id: workflow::id(kind, key)?.to_string(),
        ..proto::EmployeeProcess::default()
    })
}

/// A process with its tasks; with what people and systems said where `words` says so.
pub(super) fn process(
    view: &ProcessView,
    personal: Option<&PersonalData>,
    words: bool,
) -> Result<proto::EmployeeProcess, LedgerError> {
    let (process, machine) = (&view.process, &view.machine);
    let row = listed(process)?;
    let start_date = machine.changes().start_date.unwrap_or(process.employment.start_date);
    let now = Employment { start_date, manager: manager(view).clone(), ..process.employment.clone() };
    Ok(proto::EmployeeProcess {
        employment: Some(message::employment(&now)),
        status: status(machine).into(),
        phase: machine.phase().to_owned(),
        start_date: start_date.to_string(),
        probation_end: machine.head().and_then(|h| h.probation_end).map(|d| d.to_string()).unwrap_or_default(),
        why: machine.stopped().filter(|_| words).map(|s| s.why.clone()).unwrap_or_default(),
        tasks: machine.tasks().iter().map(|t| task(process.kind, &process.key, t, words)).collect(),
        personal: personal.map(message::personal),
        ..row
    })
}

/// Where a process stands in the ledger.
pub(super) const fn state(state: State) -> proto::ProcessState {
    match state {
        State::Claimed => proto::ProcessState::Claimed,
        State::Running => proto::ProcessState::Running,
        State::Ended => proto::ProcessState::Ended,
    }
}

fn status(machine: &Machine) -> proto::ProcessStatus {
    use proto::ProcessStatus as S;
    use vextrus_lifecycle::Status;
    match (machine.ended(), machine.phase()) {
        (Some(Status::Completed), _) => S::Completed,
        (Some(Status::Partial), _) => S::Partial,
        (Some(Status::Withdrawn), _) => S::Withdrawn,
        (Some(Status::Failed), _) => S::Failed,
        (Some(Status::Cancelled), _) => S::Cancelled,
        (None, "planning") => S::Planning,
        (None, "stopping") => S::Stopping,
        (None, "undoing") => S::Undoing,
        (None, _) => S::Running,
    }
}

fn ended(stored: &str) -> Result<proto::ProcessStatus, LedgerError> {
    let name = format!("PROCESS_STATUS_{}", stored.to_uppercase());
    proto::ProcessStatus::from_str_name(&name).ok_or_else(|| LedgerError::corrupt("status of a process", stored))
}

fn task(kind: Process, key: &DocumentKey, task: &TaskState, words: bool) -> proto::ProcessTask {
    let person = |person: &Option<PersonId>| person.as_ref().map(ToString::to_string).unwrap_or_default();
    let plan = &task.plan;
    proto::ProcessTask {
        name: task_name(kind, &key.tenant, key.document.as_str(), plan.id.as_str()),
        title: plan.name.clone(),
        owner: plan.owner.clone(),
        people: task.people.iter().map(ToString::to_string).collect(),
        state: task_state(task.status).into(),
        open_time: task.opened_at.map(timestamp),
        due_time: task.due_at.or(plan.due_at).map(timestamp),
        settle_time: task.settled_at.map(timestamp),
        by: person(&task.by),
        on_behalf_of: person(&task.on_behalf_of),
        verdict: task.verdict.filter(|_| words).map_or(proto::Verdict::Unspecified, verdict).into(),
        reference: task.reference.clone().unwrap_or_default(),
        handed_over: task.handed_over.clone().filter(|_| words).unwrap_or_default(),
        undoes: plan.undoes.as_ref().map(ToString::to_string).unwrap_or_default(),
        skippable: plan.skippable,
        blocking: plan.blocking,
        review: plan.review,
        note: if words { task.note.clone() } else { String::new() },
    }
}

const fn verdict(verdict: Verdict) -> proto::Verdict {
    match verdict {
        Verdict::Confirm => proto::Verdict::Confirm,
        Verdict::Extend => proto::Verdict::Extend,
        Verdict::End => proto::Verdict::End,
    }
}

const fn task_state(status: TaskStatus) -> proto::ProcessTaskState {
    use proto::ProcessTaskState as S;
    match status {
        TaskStatus::Waiting => S::Waiting,
        TaskStatus::Open => S::Open,
        TaskStatus::Running => S::Running,
        TaskStatus::Done => S::Done,
        TaskStatus::Skipped => S::Skipped,
        TaskStatus::Lapsed => S::Lapsed,
        TaskStatus::Dropped => S::Dropped,
    }
}
