//! What a decision and a withdrawal share: read the document, sign, tell the workflow, and understand a repetition.

use vextrus_approval::{Decision, MAX_COMMENT, SignedDecision};
use vextrus_domain::{DocumentId, Refusal, RefusalCode, RequestId, TaskId};
use vextrus_ledger::documents::State;
use vextrus_ledger::views::{self, DocumentView};
use vextrus_ledger::{LedgerError, Tx, tasks};

use crate::call::Call;
use crate::errors::Failure;
use crate::read;
use crate::service::App;
use crate::translate::Reader;
use crate::workflow::{self, Told, Verb};

/// The longest answer, in bytes.
const MAX_ANSWER: usize = 40;

/// What somebody wants of a document.
#[derive(Debug)]
pub(crate) struct Wish {
    verb: Verb,
    document: DocumentId,
    task: Option<TaskId>,
    answer: String,
    comment: String,
    request_id: RequestId,
    submission: i32,
}

/// The fields of a request, as they came.
pub(crate) struct Fields {
    pub(crate) answer: String,
    pub(crate) comment: String,
    pub(crate) request_id: String,
    pub(crate) submission: i32,
}

/// How things are after it.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) view: DocumentView,
    pub(crate) open: Vec<TaskId>,
}

impl Wish {
    pub(crate) fn read(
        verb: Verb,
        document: DocumentId,
        task: Option<TaskId>,
        fields: Fields,
    ) -> Result<Self, Failure> {
        let mut reader = Reader::default();
        let answer: Option<String> = reader.required("answer", &fields.answer);
        reader.limited("answer", &fields.answer, MAX_ANSWER);
        reader.limited("comment", &fields.comment, MAX_COMMENT);
        match (reader.required("request_id", &fields.request_id), answer) {
            (Some(request_id), Some(answer)) if reader.found.is_empty() => {
                let Fields { comment, submission, .. } = fields;
                Ok(Self { verb, document, task, answer, comment, request_id, submission })
            }
            _ => Err(Failure::Fields(reader.found)),
        }
    }

    /// Carries the wish out, or finds that it was carried out before.
    pub(crate) async fn carry(self, app: &App, call: &Call) -> Result<Standing, Failure> {
        let mut tx = app.ledger.read().await?;
        read::member(&mut tx, &call.actor).await?;
        let view = read::document(&mut tx, &call.actor, &self.document).await?;
        if let Some(stored) = self.stored(&mut tx, call).await? {
            return self.repeated(&stored, view, call);
        }
        self.check_submission(&view)?;
        if is_over(&view) {
            return Err(closed(&view).into());
        }
        let (task, plan_hash) = match self.verb {
            Verb::Withdraw => (None, None),
            Verb::Decide => {
                let (task, plan_hash) = self.choose(&mut tx, &view, call).await?;
                (Some(task), Some(plan_hash))
            }
        };
        // Temporal may take its time; the database's connection is not kept for that.
        tx.rollback().await?;
        let decision = Decision {
            key: view.key,
            task,
            plan_hash,
            answer: self.answer.clone(),
            actor: call.actor.person.clone(),
            principal: call.actor.person.clone(),
            request_id: self.request_id.clone(),
            comment: self.comment.clone(),
        };
        match workflow::tell(app, self.verb, decision.sign(&app.key)?, call.left()).await? {
            Told::Refused(refusal) => Err(refusal.into()),
            Told::Accepted(open) => {
                let mut tx = app.ledger.read().await?;
                Ok(Standing { view: read::document(&mut tx, &call.actor, &self.document).await?, open })
            }
            Told::Gone => self.after_its_end(app, call).await,
        }
    }

    /// The run has ended or never began: the ledger knows whether this wish came through.
    async fn after_its_end(self, app: &App, call: &Call) -> Result<Standing, Failure> {
        let mut tx = app.ledger.read().await?;
        let view = read::document(&mut tx, &call.actor, &self.document).await?;
        match self.stored(&mut tx, call).await? {
            Some(stored) => self.repeated(&stored, view, call),
            None if is_over(&view) => Err(closed(&view).into()),
            None => Err(Refusal::new(
                RefusalCode::Unavailable,
                "the invoice's approval is not running; send its submission again with its request id",
            )
            .into()),
        }
    }

    async fn stored(&self, tx: &mut Tx, call: &Call) -> Result<Option<SignedDecision>, LedgerError> {
        views::decision(tx, &call.actor.tenant, &self.document, &self.request_id).await
    }

    fn repeated(&self, stored: &SignedDecision, view: DocumentView, call: &Call) -> Result<Standing, Failure> {
        let stored = &stored.decision;
        let same = stored.actor == call.actor.person
            && stored.answer == self.answer
            && stored.comment == self.comment
            && stored.task.is_some() == (self.verb == Verb::Decide)
            && (self.task.is_none() || stored.task == self.task)
            && (self.submission == 0 || i64::from(stored.key.submission) == i64::from(self.submission));
        if !same {
            let message = format!("request id {} was used for another decision; use a new one", self.request_id);
            return Err(Refusal::new(RefusalCode::RequestIdReused, message).into());
        }
        let open =
            view.tasks.iter().filter(|t| t.state == "open").map(|t| task_id(&t.task)).collect::<Result<_, _>>()?;
        Ok(Standing { view, open })
    }

    fn check_submission(&self, view: &DocumentView) -> Result<(), Refusal> {
        let current = view.key.submission;
        if self.submission == 0 || i64::from(self.submission) == i64::from(current) {
            return Ok(());
        }
        let message =
            format!("submission {} is not the current one, {current}; read the invoice again", self.submission);
        Err(Refusal::new(RefusalCode::StalePlan, message))
    }

    /// The task that is meant, with the hash of its plan. Whether it is open, and whether this person may answer it, is the
    /// workflow's to say: it may be a step ahead of the ledger.
    async fn choose(&self, tx: &mut Tx, view: &DocumentView, call: &Call) -> Result<(TaskId, String), Failure> {
        if view.tasks.is_empty() {
            let message = "the invoice has not been assessed yet; try again in a moment";
            return Err(Failure::NotYet(Refusal::new(RefusalCode::NotAssessed, message)));
        }
        if let Some(task) = &self.task {
            let found = view.tasks.iter().find(|t| t.task == task.as_str());
            return match found {
                Some(row) => Ok((task.clone(), row.plan_hash.clone())),
                None => {
                    Err(Refusal::new(RefusalCode::TaskUnknown, format!("{task} is not a task of this invoice")).into())
                }
            };
        }
        let of_state = |state: &'static str| view.tasks.iter().filter(move |t| t.state == state);
        for row in of_state("open").chain(of_state("waiting")) {
            let task = task_id(&row.task)?;
            let stored = tasks::get(tx, &view.key, &task).await?;
            if stored.is_some_and(|t| t.eligible.contains(&call.actor.person)) {
                return Ok((task, row.plan_hash.clone()));
            }
        }
        match of_state("open").next() {
            Some(row) => Ok((task_id(&row.task)?, row.plan_hash.clone())),
            None => Err(Failure::NotYet(Refusal::new(
                RefusalCode::TaskNotOpen,
                "no task of the invoice is open at the moment; read it again",
            ))),
        }
    }
}

fn is_over(view: &DocumentView) -> bool {
    matches!(view.state, State::Settled | State::Closed)
}

fn closed(view: &DocumentView) -> Refusal {
    let outcome = view.outcome.as_deref().unwrap_or_default();
    Refusal::new(RefusalCode::DocumentClosed, format!("the invoice is {}: {outcome}", view.state.name()))
}

fn task_id(stored: &str) -> Result<TaskId, LedgerError> {
    stored.parse().map_err(|error| LedgerError::corrupt("task id", format!("{error}")))
}
