//! What has happened in an approval, as the API shows it.

use vextrus_approval::{Event, Outcome, Recompute, What};
use vextrus_proto::approval::v1 as proto;

use crate::render::timestamp;

pub(crate) fn entry(event: &Event) -> proto::HistoryEntry {
    let (name, task, subject, text) = told(&event.what);
    let person = |of: fn(&vextrus_approval::By) -> &vextrus_domain::PersonId| {
        event.by.as_ref().map(|by| of(by).to_string()).unwrap_or_default()
    };
    proto::HistoryEntry {
        time: Some(timestamp(event.at)),
        event: name.to_owned(),
        actor: person(|by| &by.actor),
        principal: person(|by| &by.principal),
        task,
        subject,
        text,
    }
}

/// The event's name, its task, what it is about, and what was said.
fn told(what: &What) -> (&'static str, String, String, String) {
    let none = String::new;
    match what {
        What::PlanOpened { plan, .. } => ("plan_opened", none(), plan.revision.to_string(), none()),
        What::TaskOpened { task } => ("task_opened", task.to_string(), none(), none()),
        What::Decided { task, answer, comment, .. } => ("decided", task.to_string(), answer.clone(), comment.clone()),
        What::InfoRequested { task, question } => ("info_requested", task.to_string(), none(), question.clone()),
        What::Answered { question, text } => ("answered", none(), question.to_string(), text.clone()),
        What::QuestionLapsed { question } => ("question_lapsed", none(), question.to_string(), none()),
        What::Returned { task, comment } => ("returned", task.to_string(), none(), comment.clone()),
        What::Resubmitted { content, comment } => ("resubmitted", none(), content.to_string(), comment.clone()),
        What::TakenBack { comment } => ("taken_back", none(), none(), comment.clone()),
        What::Delegated { task, to, comment } => ("delegated", task.to_string(), to.to_string(), comment.clone()),
        What::Reassigned { task, from, to, reason } => {
            ("reassigned", task.to_string(), format!("{from} to {to}"), reason.clone())
        }
        What::Commented { text } => ("commented", none(), none(), text.clone()),
        What::Reminded { task, count } => ("reminded", task.to_string(), count.to_string(), none()),
        What::Escalated { task, to, reason } => {
            ("escalated", task.to_string(), to.clone(), reason.clone().unwrap_or_default())
        }
        What::RecomputeAsked { recompute, reason } => {
            let why = match recompute {
                Recompute::Reassess => "reassess",
                Recompute::Replan => "replan",
                Recompute::Resubmit { .. } => "resubmit",
            };
            ("recompute_asked", none(), why.to_owned(), reason.clone())
        }
        What::Concluded { outcome } => {
            let (how, task) = match outcome {
                Outcome::Approved => ("approved", none()),
                Outcome::Rejected { task, .. } => ("rejected", task.to_string()),
                Outcome::Withdrawn => ("withdrawn", none()),
                Outcome::Expired { task } => ("expired", task.to_string()),
            };
            ("concluded", task, how.to_owned(), none())
        }
    }
}
