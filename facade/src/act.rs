//! Act: read the document, find in whose name the caller acts, sign, tell the workflow, and understand a repetition.

use chrono::{SubsecRound as _, Utc};
use vextrus_approval::{Action, Command, MAX_COMMENT, Machine, SignedCommand, TaskState};
use vextrus_domain::{PersonId, Refusal, RefusalCode, RequestId, TaskId};
use vextrus_ledger::documents::State;
use vextrus_ledger::views::{self, DocumentState, DocumentView};
use vextrus_ledger::{LedgerError, Tx, approvals, delegations};
use vextrus_proto::approval::v1 as proto;
use vextrus_proto::approval::v1::act_request::Action as Wanted;

use crate::call::Call;
use crate::errors::Failure;
use crate::names::Named;
use crate::service::App;
use crate::translate::Reader;
use crate::workflow::{self, Told};
use crate::{masterdata, names, read, render};

/// The longest answer, in bytes.
const MAX_ANSWER: usize = 40;

/// What somebody wants of a document.
struct Wish {
    named: Named,
    wanted: Wanted,
    request_id: RequestId,
    etag: String,
}

/// How things are after it.
struct Standing {
    document: DocumentState,
    open: Vec<TaskId>,
    principal: PersonId,
}

pub(crate) async fn act(app: &App, call: &Call, request: proto::ActRequest) -> Result<proto::ActResponse, Failure> {
    if let Some(change) = masterdata::names::change(&request.name, &call.actor) {
        return masterdata::bank::act(app, call, &change?, request).await;
    }
    let standing = Wish::read(request, call)?.carry(app, call).await?;
    let (kind, key) = (standing.document.kind, &standing.document.key);
    let task = |task: &TaskId| names::task_name(kind, &key.tenant, key.document.as_str(), task.as_str());
    Ok(proto::ActResponse {
        document: names::document_name(kind, &key.tenant, key.document.as_str()),
        state: render::state(standing.document.state).into(),
        outcome: render::outcome(standing.document.outcome.as_deref())?.into(),
        open_tasks: standing.open.iter().map(task).collect(),
        principal: standing.principal.to_string(),
    })
}

/// What was said with it, and the field that holds it.
fn words(wanted: &Wanted) -> (&'static str, &str) {
    match wanted {
        Wanted::Decide(w) => ("decide.comment", &w.comment),
        Wanted::RequestInformation(w) => ("request_information.question", &w.question),
        Wanted::AnswerQuestion(w) => ("answer_question.text", &w.text),
        Wanted::ReturnForChanges(w) => ("return_for_changes.comment", &w.comment),
        Wanted::Withdraw(w) => ("withdraw.comment", &w.comment),
        Wanted::Delegate(w) => ("delegate.comment", &w.comment),
        Wanted::Reassign(w) => ("reassign.reason", &w.reason),
        Wanted::Comment(w) => ("comment.text", &w.text),
        Wanted::Escalate(w) => ("escalate.reason", &w.reason),
        Wanted::Replan(w) => ("replan.reason", &w.reason),
        Wanted::Reassess(w) => ("reassess.reason", &w.reason),
    }
}

/// What can be said of the words and the people of a wish before the document is looked at.
fn check(reader: &mut Reader, wanted: &Wanted) {
    let (field, text) = words(wanted);
    if let Wanted::Decide(decide) = wanted {
        let _: Option<String> = reader.required("decide.answer", &decide.answer);
        reader.limited("decide.answer", &decide.answer, MAX_ANSWER);
    }
    // Whether an answer needs a reason is known once its task is.
    match wanted {
        Wanted::Decide(_) | Wanted::Withdraw(_) | Wanted::Delegate(_) => reader.words(field, text, MAX_COMMENT),
        _ => reader.required_words(field, text, MAX_COMMENT),
    }
    let _: Option<Action> = action(reader, wanted.clone(), None, String::new());
}

impl Wish {
    fn read(request: proto::ActRequest, call: &Call) -> Result<Self, Failure> {
        let named = names::named(&request.name, &call.actor)?;
        let mut reader = Reader::default();
        let request_id: Option<RequestId> = reader.required("request_id", &request.request_id);
        if request.action.is_none() {
            reader.say("action", "it is missing; say what is to be done");
        }
        if let Some(wanted) = &request.action {
            check(&mut reader, wanted);
        }
        let etag = request.etag;
        let read = request.action.zip(request_id);
        reader.done(read.map(|(wanted, request_id)| Self { named, wanted, request_id, etag }))
    }

    /// Carries the wish out, or finds that it was carried out before.
    async fn carry(self, app: &App, call: &Call) -> Result<Standing, Failure> {
        let mut tx = app.ledger.read(&call.actor.tenant).await?;
        read::member(&mut tx, &call.actor).await?;
        let view = read::document(&mut tx, &call.actor, self.named.kind, &self.named.document).await?;
        if let Some(stored) = self.stored(&mut tx, call).await? {
            return self.repeated(stored, view, call);
        }
        self.check_etag(&view)?;
        if is_over(&view) {
            return Err(closed(&view).into());
        }
        let command = self.command(&mut tx, &view, call).await?;
        // Temporal may take its time; the database's connection is not kept for that.
        tx.rollback().await?;
        let principal = command.principal.clone();
        match workflow::tell(app, self.named.kind, command.sign(&app.key)?, call.left()).await? {
            Told::Refused(refusal) => Err(refusal.into()),
            Told::Accepted(open) => {
                let mut tx = app.ledger.read(&call.actor.tenant).await?;
                let found = views::state(&mut tx, &call.actor.tenant, &self.named.document).await?;
                let document =
                    found.ok_or_else(|| LedgerError::corrupt("document", "a claimed document is missing"))?;
                Ok(Standing { document, open, principal })
            }
            Told::Gone => self.after_its_end(app, call).await,
        }
    }

    /// The run has ended or never began: the ledger knows whether this wish came through.
    async fn after_its_end(self, app: &App, call: &Call) -> Result<Standing, Failure> {
        let mut tx = app.ledger.read(&call.actor.tenant).await?;
        let view = read::document(&mut tx, &call.actor, self.named.kind, &self.named.document).await?;
        match self.stored(&mut tx, call).await? {
            Some(stored) => self.repeated(stored, view, call),
            None if is_over(&view) => Err(closed(&view).into()),
            None => Err(Refusal::new(
                RefusalCode::Unavailable,
                "the document's approval is not running; send its submission again with its request id",
            )
            .into()),
        }
    }

    async fn stored(&self, tx: &mut Tx, call: &Call) -> Result<Option<SignedCommand>, LedgerError> {
        views::command(tx, &call.actor.tenant, &self.named.document, &self.request_id).await
    }

    fn repeated(&self, stored: SignedCommand, view: DocumentView, call: &Call) -> Result<Standing, Failure> {
        let stored = stored.command;
        let plan_hash = match &stored.action {
            Action::Decide { plan_hash, .. } => plan_hash.clone(),
            _ => String::new(),
        };
        let task = stored.action.task().cloned();
        let same = stored.actor == call.actor.person
            && self.action(task.as_ref(), plan_hash).is_ok_and(|action| action == stored.action)
            && (self.named.task.is_none() || !self.is_about_a_task() || task == self.named.task);
        if !same {
            let message = format!("request id {} was used for another command; use a new one", self.request_id);
            return Err(Refusal::new(RefusalCode::RequestIdReused, message).about(self.request_id.as_str()).into());
        }
        let open = view.approval.open_tasks().filter(|_| view.approval.takes_decisions());
        let open = open.map(|t| t.task.id.clone()).collect();
        let document =
            DocumentState { kind: view.content.kind(), key: view.key, state: view.state, outcome: view.outcome };
        Ok(Standing { document, open, principal: stored.principal })
    }

    /// That the document is the one that the caller has read.
    fn check_etag(&self, view: &DocumentView) -> Result<(), Refusal> {
        let current = render::etag(view);
        if self.etag.is_empty() || self.etag == current {
            return Ok(());
        }
        let message = format!("etag {:?} was meant, {current:?} is current; read the document again", self.etag);
        Err(Refusal::new(RefusalCode::StalePlan, message))
    }

    /// The command, with the task that is meant and in whose name the caller acts on it.
    async fn command(&self, tx: &mut Tx, view: &DocumentView, call: &Call) -> Result<Command, Failure> {
        let actor = &call.actor.person;
        let at = Utc::now().trunc_subsecs(6);
        let standing = delegations::open(tx, &call.actor.tenant).await?;
        let machine = &view.approval;
        let meant = if self.is_about_a_task() { Some(self.meant(machine, actor, &standing, at)?) } else { None };
        let found = meant.and_then(|task| machine.standing(task, actor, &standing, at));
        let (principal, via) = found.map_or_else(|| (actor.clone(), Vec::new()), |s| (s.principal, s.via));
        let plan_hash = meant.map(|t| t.plan_hash.clone()).unwrap_or_default();
        let action = self.action(meant.map(|t| &t.task.id), plan_hash)?;
        // The ledger would not take it after the workflow has: who asks is to know at once.
        approvals::can_take(tx, &call.actor.tenant, machine, &action).await??;
        Ok(Command {
            key: view.key.clone(),
            action,
            actor: actor.clone(),
            principal,
            via,
            request_id: self.request_id.clone(),
            at,
        })
    }

    fn is_about_a_task(&self) -> bool {
        matches!(
            self.wanted,
            Wanted::Decide(_)
                | Wanted::RequestInformation(_)
                | Wanted::ReturnForChanges(_)
                | Wanted::Delegate(_)
                | Wanted::Reassign(_)
                | Wanted::Escalate(_)
        )
    }

    /// The task that is meant: the one named; else the first open one that the caller may decide, for whomever; else one that they
    /// will be able to, since the workflow may be ahead of the ledger; else the first open one.
    fn meant<'m>(
        &self,
        machine: &'m Machine,
        actor: &PersonId,
        standing: &[vextrus_approval::StandingDelegation],
        at: chrono::DateTime<Utc>,
    ) -> Result<&'m TaskState, Failure> {
        if let Some(named) = &self.named.task
            && !machine.tasks().is_empty()
        {
            let unknown = || Refusal::new(RefusalCode::TaskUnknown, format!("{named} is not a task of this document"));
            return machine.task(named).ok_or_else(|| unknown().into());
        }
        let undecided =
            || machine.open_tasks().chain(machine.tasks().iter().filter(|t| !t.is_open() && t.is_undecided()));
        let own = undecided().find(|t| machine.standing(t, actor, standing, at).is_some());
        Ok(own.map_or_else(|| machine.current_task(actor), Ok)?)
    }

    fn action(&self, task: Option<&TaskId>, plan_hash: String) -> Result<Action, Failure> {
        let mut reader = Reader::default();
        let action = action(&mut reader, self.wanted.clone(), task, plan_hash);
        reader.done(action)
    }
}

/// The wish in the approval's words, on this task where it is about one.
fn action(reader: &mut Reader, wanted: Wanted, task: Option<&TaskId>, plan_hash: String) -> Option<Action> {
    let task = task.cloned().or_else(|| "none".parse().ok())?;
    Some(match wanted {
        Wanted::Decide(w) => Action::Decide { task, plan_hash, answer: w.answer, comment: w.comment },
        Wanted::RequestInformation(w) => Action::RequestInfo { task, question: w.question },
        Wanted::AnswerQuestion(w) => {
            Action::Answer { question: reader.required("answer_question.question", &w.question)?, text: w.text }
        }
        Wanted::ReturnForChanges(w) => Action::Return { task, comment: w.comment },
        Wanted::Withdraw(w) => Action::Withdraw { comment: w.comment },
        Wanted::Delegate(w) => {
            Action::Delegate { task, to: reader.required("delegate.to", &w.to)?, comment: w.comment }
        }
        Wanted::Reassign(w) => {
            let (from, to) = (reader.required("reassign.from", &w.from), reader.required("reassign.to", &w.to));
            Action::Reassign { task, from: from?, to: to?, reason: w.reason }
        }
        Wanted::Comment(w) => Action::Comment { text: w.text },
        Wanted::Escalate(w) => Action::Escalate { task, reason: w.reason },
        Wanted::Replan(w) => Action::Replan { reason: w.reason },
        Wanted::Reassess(w) => Action::Reassess { reason: w.reason },
    })
}

fn is_over(view: &DocumentView) -> bool {
    matches!(view.state, State::Settled | State::Closed)
}

fn closed(view: &DocumentView) -> Refusal {
    let (what, outcome) = (view.content.kind().words(), view.outcome.as_deref().unwrap_or_default());
    Refusal::new(RefusalCode::DocumentClosed, format!("the {what} is {}: {outcome}", view.state.name()))
}
