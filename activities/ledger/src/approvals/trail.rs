//! What happened in an approval, on the trail and in the outbox.

use serde_json::{Value, json};
use vextrus_approval::{Event, Machine, What};

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
        if let Some((kind, instance, payload)) = told(document, machine, event) {
            let about = document.content.kind().into();
            let event = NewEvent { kind, about, instance: &instance, payload: &payload };
            outbox::add(tx, &document.key, event).await?;
        }
    }
    Ok(())
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
