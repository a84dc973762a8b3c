//! Processes as JSON, for scripts.

use serde_json::{Value, json};
use vextrus_proto::onboarding::v1::{
    EmployeeClass, EmployeeProcess, Employment, PersonalData, ProcessKind, ProcessState, ProcessStatus, ProcessTask,
    ProcessTaskState, Verdict,
};

use crate::json::{last, time, word};

pub(super) fn kind(kind: ProcessKind) -> String {
    word(kind.as_str_name(), "PROCESS_KIND_")
}

pub(super) fn state(state: ProcessState) -> String {
    word(state.as_str_name(), "PROCESS_STATE_")
}

/// How a process goes or ended; in lists, only how it ended.
pub(super) fn status(status: ProcessStatus) -> Option<String> {
    Some(word(status.as_str_name(), "PROCESS_STATUS_")).filter(|s| s != "unspecified")
}

pub(super) fn task_state(state: ProcessTaskState) -> String {
    word(state.as_str_name(), "PROCESS_TASK_STATE_")
}

pub(super) fn class(class: EmployeeClass) -> String {
    word(class.as_str_name(), "EMPLOYEE_CLASS_")
}

pub(super) fn verdict(verdict: Verdict) -> Option<String> {
    Some(word(verdict.as_str_name(), "VERDICT_")).filter(|v| v != "unspecified")
}

fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// A process.
pub(super) fn process(p: &EmployeeProcess) -> Value {
    json!({
        "name": p.name,
        "kind": kind(p.kind()),
        "employee": p.employee,
        "employment": p.employment.as_ref().map(employment),
        "state": state(p.state()),
        "status": status(p.status()),
        "phase": given(&p.phase),
        "requested_by": p.requested_by,
        "claimed_at": time(p.claim_time.as_ref()),
        "ended_at": time(p.end_time.as_ref()),
        "start_date": p.start_date,
        "probation_end": given(&p.probation_end),
        "why": given(&p.why),
        "tasks": p.tasks.iter().map(task).collect::<Vec<_>>(),
        "personal": p.personal.as_ref().map(personal),
        "workflow_id": p.workflow_id,
    })
}

fn employment(e: &Employment) -> Value {
    json!({"department": e.department, "position": e.position, "grade": given(&e.grade), "class": class(e.class()),
        "start_date": e.start_date, "manager": e.manager, "hr_manager": e.hr_manager})
}

fn personal(p: &PersonalData) -> Value {
    json!({"name": p.name, "email": p.email, "phone": p.phone, "nid": given(&p.nid),
        "birth_registration": given(&p.birth_registration)})
}

fn task(t: &ProcessTask) -> Value {
    json!({
        "task": last(&t.name),
        "title": t.title,
        "owner": t.owner,
        "people": t.people,
        "state": task_state(t.state()),
        "opened_at": time(t.open_time.as_ref()),
        "due_at": time(t.due_time.as_ref()),
        "settled_at": time(t.settle_time.as_ref()),
        "by": given(&t.by),
        "on_behalf_of": given(&t.on_behalf_of),
        "verdict": verdict(t.verdict()),
        "reference": given(&t.reference),
        "handed_over": given(&t.handed_over),
        "undoes": given(&t.undoes),
        "skippable": t.skippable,
        "blocking": t.blocking,
        "review": t.review,
        "note": given(&t.note),
    })
}
