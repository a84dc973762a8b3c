//! What happened in an approval, on the trail and in the outbox.

use serde_json::{Value, json};
use vextrus_approval::{Event, Machine, What};
use vextrus_domain::TaskId;
use vextrus_platform::metrics;

use crate::db::Tx;
use crate::documents::Document;
use crate::error::LedgerError;
use crate::outbox::{self, EventKind, NewEvent};

pub(super) async fn tell(
    tx: &mut Tx,
    document: &Document,
    machine: &Machine,
    events: &[Event],
    assurance: &'static str,
) -> Result<(), LedgerError> {
    for event in events {
        if let Some(kind) = kind(&event.what) {
            let body = body(event, assurance)?;
            let (actor, principal) = (event.by.as_ref().map(|b| &b.actor), event.by.as_ref().map(|b| &b.principal));
            tx.audit_as(&document.key, kind, actor, principal, body);
        }
        count(tx, document.content.kind().name(), &event.what);
        if let Some((kind, instance, payload)) = told(document, machine, event) {
            let about = document.content.kind().into();
            let event = NewEvent { kind, about, instance: &instance, payload: &payload };
            outbox::add(tx, &document.key, event)?;
        }
    }
    Ok(())
}

/// What metrics count of it.
fn count(tx: &mut Tx, kind: &'static str, what: &What) {
    match what {
        What::Decided { task, proceeds, .. } => {
            let outcome = if *proceeds { "approved" } else { "rejected" };
            tx.count(&metrics::DECISIONS, &[kind, level(task), outcome], 1);
        }
        What::Returned { task, .. } => tx.count(&metrics::DECISIONS, &[kind, level(task), "returned"], 1),
        What::Reminded { .. } => tx.count(&metrics::REMINDERS, &[kind], 1),
        What::Escalated { reason, .. } => {
            let reason = if reason.is_none() { "overdue" } else { "asked" };
            tx.count(&metrics::ESCALATIONS, &[kind, reason], 1);
        }
        _ => {}
    }
}

/// The level of a task, as a label: few, whatever a policy says.
fn level(task: &TaskId) -> &'static str {
    const LEVELS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    let Some(rest) = task.as_str().strip_prefix("level-") else { return "exception" };
    let number = rest.rsplit('-').next().unwrap_or_default();
    LEVELS.into_iter().find(|level| *level == number).unwrap_or("higher")
}

/// What the trail calls it. A plan is on the trail with its assessment, an end with what was carried out or closed, and what opens
/// follows from what was decided.
const fn kind(what: &What) -> Option<&'static str> {
    Some(match what {
        What::PlanOpened { .. } | What::TaskOpened { .. } | What::Concluded { .. } => return None,
        What::Decided { .. } => "decided",
        What::InfoRequested { .. } => "info_requested",
        What::Answered { .. } => "answered",
        What::QuestionLapsed { .. } => "question_lapsed",
        What::Returned { .. } => "returned",
        What::Resubmitted { .. } => "resubmitted",
        What::TakenBack { .. } => "taken_back",
        What::Delegated { .. } => "delegated",
        What::Reassigned { .. } => "reassigned",
        What::Commented { .. } => "commented",
        What::Reminded { .. } => "reminded",
        What::Escalated { .. } => "escalated",
        What::RecomputeAsked { .. } => "recompute_asked",
    })
}

fn body(event: &Event, assurance: &'static str) -> Result<Value, LedgerError> {
    let mut body = serde_json::to_value(&event.what).map_err(vextrus_domain::canonical::CanonicalError::from)?;
    if let Some(fields) = body.as_object_mut() {
        fields.remove("event");
        fields.insert("at".to_owned(), json!(event.at));
        if let Some((request_id, _)) = &event.request {
            fields.insert("request_id".to_owned(), json!(request_id));
            fields.insert("assurance".to_owned(), json!(assurance));
        }
        if let Some(by) = event.by.as_ref().filter(|by| !by.through.is_empty()) {
            fields.insert("through".to_owned(), json!(by.through));
        }
    }
    Ok(body)
}

/// What others are told: the kind of event, what makes it the same one again, and the rest.
fn told(document: &Document, machine: &Machine, event: &Event) -> Option<(EventKind, String, Value)> {
    let request = event.request.as_ref().map(|(id, _)| id.as_str().to_owned()).unwrap_or_default();
    let submitter = &document.submitter;
    let actor = event.by.as_ref().map(|b| &b.actor);
    Some(match &event.what {
        What::TaskOpened { task } => {
            let state = machine.task(task)?;
            let due_at = machine.due_at(state);
            let payload = json!({"task": task, "to": &state.eligible, "role": &state.task.role,
                "question": &state.task.question, "due_at": due_at});
            (EventKind::TaskOpened, task.to_string(), payload)
        }
        What::Reminded { task, count } => {
            let to = machine.task(task).map(|t| &t.eligible);
            (EventKind::TaskReminder, format!("{task}/{count}"), json!({"task": task, "to": to, "at": event.at}))
        }
        What::Escalated { task, to, reason } => {
            let state = machine.task(task)?;
            let payload = json!({"task": task, "to": &state.eligible, "step": to, "reason": reason});
            (EventKind::TaskEscalated, format!("{task}/{}", state.escalated), payload)
        }
        What::InfoRequested { task, question } => {
            let payload = json!({"to": submitter, "by": actor, "task": task, "question": question});
            (EventKind::InfoRequested, request, payload)
        }
        What::Answered { question, text } => {
            let asker = machine.questions().iter().find(|q| q.id == *question).map(|q| &q.by);
            (EventKind::Answered, request, json!({"to": asker, "question": question, "text": text}))
        }
        What::Returned { task, comment } => {
            (EventKind::Returned, request, json!({"to": submitter, "by": actor, "task": task, "comment": comment}))
        }
        What::Delegated { task, to, comment } => {
            (EventKind::Delegated, request, json!({"to": to, "by": actor, "task": task, "comment": comment}))
        }
        What::Reassigned { task, from, to, reason } => {
            let payload = json!({"to": to, "from": from, "by": actor, "task": task, "reason": reason});
            (EventKind::Reassigned, request, payload)
        }
        _ => return None,
    })
}
