//! ActOnProcess: read the process, sign, tell the workflow, and understand a repetition.

use std::time::Duration;

use chrono::{SubsecRound as _, Utc};
use vextrus_domain::violations::FieldViolation;
use vextrus_domain::{Refusal, RefusalCode, RequestId, TaskId};
use vextrus_ledger::employees::processes::State;
use vextrus_ledger::employees::views::{self, ProcessView};
use vextrus_ledger::employees::{claim, course, records};
use vextrus_ledger::{LedgerError, Tx};
use vextrus_lifecycle::{Action, Command, MAX_NOTE, SignedCommand, TaskStatus};
use vextrus_proto::onboarding::v1 as proto;
use vextrus_proto::onboarding::v1::act_on_process_request::Action as Wanted;

use super::fields::PERSON;
use super::names::{self, Named};
use super::{read, render, workflow};
use crate::call::Call;
use crate::errors::Failure;
use crate::read::member;
use crate::service::App;
use crate::translate::Reader;
use crate::workflow::Told;

/// How often a command is sent that meets no run of a process which the ledger knows to be running.
const TRIES: u32 = 5;
/// How long the next run has to begin.
const BETWEEN_RUNS: Duration = Duration::from_millis(100);

/// What somebody wants of a process.
struct Wish {
    named: Named,
    action: Action,
    /// The field that holds what was said with it.
    words: &'static str,
    request_id: RequestId,
}

/// How things are after it.
struct Standing {
    view: ProcessView,
    open: Vec<TaskId>,
}

pub(crate) async fn act(
    app: &App,
    call: &Call,
    request: proto::ActOnProcessRequest,
) -> Result<proto::ActOnProcessResponse, Failure> {
    let standing = Wish::read(request, call)?.carry(app, call).await?;
    let process = &standing.view.process;
    let (kind, tenant, id) = (process.kind, &process.key.tenant, process.key.document.as_str());
    let open = standing.open.iter().map(|task| names::task_name(kind, tenant, id, task.as_str()));
    Ok(proto::ActOnProcessResponse {
        process: names::process_name(kind, tenant, id),
        state: render::state(process.state).into(),
        open_tasks: open.collect(),
    })
}

/// The field that holds what was said with it, and whether that may be empty.
const fn words(wanted: &Wanted) -> (&'static str, bool) {
    match wanted {
        Wanted::Complete(_) => ("complete.note", true),
        Wanted::Skip(_) => ("skip.reason", false),
        Wanted::Reassign(_) => ("reassign.reason", false),
        Wanted::Retry(_) => ("retry.reason", false),
        Wanted::MoveStart(_) => ("move_start.reason", false),
        Wanted::ChangeManager(_) => ("change_manager.reason", false),
        Wanted::Withdraw(_) => ("withdraw.reason", false),
    }
}

const fn is_about_a_task(wanted: &Wanted) -> bool {
    matches!(wanted, Wanted::Complete(_) | Wanted::Skip(_) | Wanted::Reassign(_) | Wanted::Retry(_))
}

/// The wish in the words of the process. Whatever cannot be read has a stand-in, so that everything wrong is named at once.
fn action(reader: &mut Reader, wanted: Wanted, task: Option<TaskId>) -> Option<Action> {
    let task = task.or_else(|| "none".parse().ok())?;
    let stand_in = || "none".parse().ok();
    Some(match wanted {
        Wanted::Complete(w) => {
            Action::Complete { task, verdict: reader.verdict("complete.verdict", w.verdict), note: w.note }
        }
        Wanted::Skip(w) => Action::Skip { task, reason: w.reason },
        Wanted::Reassign(w) => Action::Reassign {
            task,
            to: reader.quiet("reassign.to", &w.to, PERSON).or_else(stand_in)?,
            reason: w.reason,
        },
        Wanted::Retry(w) => Action::Retry { task, reason: w.reason },
        Wanted::MoveStart(w) => {
            let start_date = reader.day("move_start.start_date", &w.start_date).unwrap_or_default();
            Action::MoveStart { start_date, reason: w.reason }
        }
        Wanted::ChangeManager(w) => {
            let to = reader.quiet("change_manager.to", &w.to, PERSON).or_else(stand_in)?;
            Action::ChangeManager { to, reason: w.reason }
        }
        Wanted::Withdraw(w) => Action::Withdraw { reason: w.reason },
    })
}

impl Wish {
    fn read(request: proto::ActOnProcessRequest, call: &Call) -> Result<Self, Failure> {
        let named = names::named(&request.name, &call.actor)?;
        let mut reader = Reader::default();
        let request_id = reader.request_id(&request.request_id);
        let Some(wanted) = request.action else {
            reader.say("action", "it is missing; say what is to be done");
            return reader.done(None);
        };
        if is_about_a_task(&wanted) && named.task.is_none() {
            reader.say("name", "it names no task; write /tasks/{task} behind it");
        }
        let (words, may_be_empty) = words(&wanted);
        let action = action(&mut reader, wanted, named.task.clone());
        if let Some(action) = &action {
            if may_be_empty {
                reader.words(words, action.words(), MAX_NOTE);
            } else {
                reader.required_words(words, action.words(), MAX_NOTE);
            }
        }
        let read = action.zip(request_id);
        reader.done(read.map(|(action, request_id)| Self { named, action, words, request_id }))
    }

    /// Carries the wish out, or finds that it was carried out before.
    async fn carry(self, app: &App, call: &Call) -> Result<Standing, Failure> {
        let kind = self.named.kind;
        let mut tx = app.ledger.read(&call.actor.tenant).await?;
        member(&mut tx, &call.actor).await?;
        let view = read::process(&mut tx, kind, &self.named.key).await?;
        if let Some(stored) = self.stored(&mut tx).await? {
            return self.repeated(&stored, view, call);
        }
        if view.process.state == State::Ended {
            return Err(closed(&view).into());
        }
        let command = Command {
            key: view.process.key.clone(),
            action: self.action.clone(),
            actor: call.actor.person.clone(),
            // Whoever answers for processes today may not have when the plan was made.
            in_office: is_of_administrators(&self.action)
                && claim::may_administer(&mut tx, &call.actor, &view.process).await?.is_ok(),
            request_id: self.request_id.clone(),
            at: Utc::now().trunc_subsecs(6),
        };
        // The ledger would not take it after the workflow has, and what is personal must not even reach Temporal.
        let taken = course::can_take(&mut tx, &view.process, &view.machine, &command).await?;
        taken.map_err(|refusal| self.refused(refusal))?;
        // Temporal may take its time; the database's connection is not kept for that.
        tx.rollback().await?;
        self.send(app, call, command.sign(&app.key)?).await
    }

    async fn send(&self, app: &App, call: &Call, signed: SignedCommand) -> Result<Standing, Failure> {
        let kind = self.named.kind;
        for _ in 0..TRIES {
            match workflow::tell(app, kind, signed.clone(), call.left()).await? {
                Told::Refused(refusal) => return Err(refusal.into()),
                Told::Accepted(open) => {
                    let mut tx = app.ledger.read(&call.actor.tenant).await?;
                    return Ok(Standing { view: read::process(&mut tx, kind, &self.named.key).await?, open });
                }
                Told::Gone => {}
            }
            if let Some(standing) = self.without_a_run(app, call).await? {
                return Ok(standing);
            }
            // It goes on in another run. The same command counts once, however often it is sent.
            if call.left() <= BETWEEN_RUNS {
                break;
            }
            tokio::time::sleep(BETWEEN_RUNS).await;
        }
        Err(unavailable("the process could not be reached; send the same command with the same request id again"))
    }

    /// There is no run, or it has ended: the ledger knows whether this wish came through. None where the process goes on.
    async fn without_a_run(&self, app: &App, call: &Call) -> Result<Option<Standing>, Failure> {
        let mut tx = app.ledger.read(&call.actor.tenant).await?;
        let view = read::process(&mut tx, self.named.kind, &self.named.key).await?;
        if let Some(stored) = self.stored(&mut tx).await? {
            return self.repeated(&stored, view, call).map(Some);
        }
        match view.process.state {
            State::Running => Ok(None),
            State::Claimed => Err(unavailable("the process has not started; send its start again, then this command")),
            State::Ended => Err(closed(&view).into()),
        }
    }

    async fn stored(&self, tx: &mut Tx) -> Result<Option<SignedCommand>, LedgerError> {
        views::command(tx, &self.named.key, &self.request_id).await
    }

    fn repeated(&self, stored: &SignedCommand, view: ProcessView, call: &Call) -> Result<Standing, Failure> {
        if stored.command.actor != call.actor.person || stored.command.action != self.action {
            let message = format!("request id {} was used for another command; use a new one", self.request_id);
            return Err(Refusal::new(RefusalCode::RequestIdReused, message).into());
        }
        let open = view.machine.tasks().iter().filter(|t| t.status == TaskStatus::Open);
        let open = open.map(|t| t.plan.id.clone()).collect();
        Ok(Standing { view, open })
    }

    /// What is personal stands in a field of the request.
    fn refused(&self, refusal: Refusal) -> Failure {
        if refusal.code != RefusalCode::PersonalData {
            return refusal.into();
        }
        let field = match refusal.message.split_once(": ") {
            Some(("request_id", _)) => "request_id",
            Some(("task", _)) => "name",
            _ => self.words,
        };
        Failure::Fields(vec![FieldViolation { field: field.to_owned(), refusal: records::personal_words(field) }])
    }
}

/// Whether those who answer for a process may ask for it. A task is completed by those who are asked.
const fn is_of_administrators(action: &Action) -> bool {
    match action {
        Action::Complete { .. } => false,
        Action::Skip { .. }
        | Action::Reassign { .. }
        | Action::Retry { .. }
        | Action::MoveStart { .. }
        | Action::ChangeManager { .. }
        | Action::Withdraw { .. } => true,
    }
}

fn unavailable(message: &str) -> Failure {
    Refusal::new(RefusalCode::Unavailable, message).into()
}

fn closed(view: &ProcessView) -> Refusal {
    let status = view.process.status.as_deref().unwrap_or_default();
    Refusal::new(RefusalCode::DocumentClosed, format!("the {} has ended: {status}", view.process.kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_completed_by_those_asked_and_the_rest_by_those_in_office_too() {
        for (action, expected) in [
            (r#"{"action":"complete","task":"handover"}"#, false),
            (r#"{"action":"skip","task":"handover","reason":"none"}"#, true),
            (r#"{"action":"reassign","task":"handover","to":"rubel","reason":"ill"}"#, true),
            (r#"{"action":"retry","task":"handover","reason":"it is up"}"#, true),
            (r#"{"action":"move_start","start_date":"2027-01-10","reason":"visa"}"#, true),
            (r#"{"action":"change_manager","to":"rubel","reason":"site"}"#, true),
            (r#"{"action":"withdraw","reason":"no"}"#, true),
        ] {
            let read: Action = serde_json::from_str(action).unwrap();
            assert_eq!(is_of_administrators(&read), expected, "{action}");
        }
    }
}
