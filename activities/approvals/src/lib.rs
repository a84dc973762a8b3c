//! `record`: the step that every document with approvals shares. It writes a decision that does not end the approval,
//! opens what follows it, and puts on the trail what was refused, asked or reminded.

use std::sync::Arc;

use serde_json::json;
use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use vextrus_contract::activities::definitions;
use vextrus_contract::steps::{Note, RecordInput, RecordOutput};
use vextrus_domain::{Refusal, RefusalCode, canonical};
use vextrus_ledger::decisions::{self, Trust};
use vextrus_ledger::documents::{self, Document, State};
use vextrus_ledger::{Ledger, LedgerError, Tx, effects, outbox, tasks};

/// The shared step over one ledger.
#[derive(Debug, Clone)]
pub struct Approvals {
    /// The ledger.
    pub ledger: Ledger,
    /// Whose word is taken.
    pub trust: Trust,
}

#[activities]
impl Approvals {
    /// See [`vextrus_contract::activities::ApprovalActivities::record`].
    ///
    /// # Errors
    /// Retryable while the database does not answer; `EFFECT_CONFLICT` otherwise.
    #[activity(definition = definitions::Record)]
    pub async fn record(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: RecordInput,
    ) -> Result<RecordOutput, ActivityError> {
        self.record_step(&input).await.map_err(failure)
    }
}

fn failure(error: LedgerError) -> ActivityError {
    tracing::warn!(code = error.code().name(), %error, "a step could not be carried out");
    vextrus_contract::failure(error.code(), error.is_final(), &error)
}

impl Approvals {
    /// The step itself.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn record_step(&self, input: &RecordInput) -> Result<RecordOutput, LedgerError> {
        let mut tx = self.ledger.begin().await?;
        if documents::get(&mut tx, &input.key).await?.is_none() {
            return not_claimed(tx, input).await;
        }
        let step = name(input)?;
        // What was decided counts; not when, since after a reset of the workflow the same messages come at other times, nor
        // what else is told with it, since whoever can start this activity by hand can tell anything. Notes name their step.
        if let Some(done) = effects::begin(&mut tx, &input.key, &step, &input.decision).await? {
            return Ok(done);
        }
        let Some(document) = documents::lock(&mut tx, &input.key).await? else {
            return not_claimed(tx, input).await;
        };
        let output = match self.write_decision(&mut tx, &document, input).await? {
            Ok(output) => output,
            Err(refusal) => {
                tx.rollback().await?;
                return self.refused(&document, input, refusal).await;
            }
        };
        self.write_notes(&mut tx, &document, input).await?;
        effects::finish(&mut tx, &input.key, &step, &output).await?;
        tx.commit().await?;
        Ok(output)
    }

    async fn write_decision(
        &self,
        tx: &mut Tx,
        document: &Document,
        input: &RecordInput,
    ) -> Result<Result<RecordOutput, Refusal>, LedgerError> {
        let Some(decision) = &input.decision else { return Ok(Ok(RecordOutput::Recorded)) };
        if document.state != State::Assessed {
            let message = format!("{} is {}", input.key, document.state.name());
            return Ok(Err(Refusal::new(RefusalCode::DocumentClosed, message)));
        }
        let taken = match decisions::store(tx, document, decision, &self.trust, input.at).await? {
            Err(refusal) => return Ok(Err(refusal)),
            Ok(taken) => taken,
        };
        if taken.proceeds {
            tasks::open_next(tx, &input.key, input.at).await?;
        }
        Ok(Ok(if taken.reassess { RecordOutput::Reassess } else { RecordOutput::Recorded }))
    }

    async fn refused(
        &self,
        document: &Document,
        input: &RecordInput,
        refusal: Refusal,
    ) -> Result<RecordOutput, LedgerError> {
        let mut tx = self.ledger.begin().await?;
        let by = input.decision.as_ref().map(|d| &d.decision);
        let body = json!({"code": refusal.code, "message": &refusal.message,
            "request_id": by.map(|d| &d.request_id), "asserted_by": by.map(|d| &d.actor), "task": by.map(|d| &d.task), "answer": by.map(|d| &d.answer)});
        if effects::refused(&mut tx, &input.key, "decision_refused", input, body).await? {
            self.write_notes(&mut tx, document, input).await?;
            tx.commit().await?;
        }
        tracing::warn!(document = %input.key.document, code = refusal.code.name(), "a decision was refused");
        Ok(RecordOutput::Refused(refusal))
    }

    async fn write_notes(&self, tx: &mut Tx, document: &Document, input: &RecordInput) -> Result<(), LedgerError> {
        for note in &input.notes {
            match note {
                Note::Refused { at, message, asserted_by, refusal } => {
                    let body =
                        json!({"received_at": at, "message": message, "asserted_by": asserted_by, "refusal": refusal});
                    tx.audit(&input.key, "message_refused", None, body);
                }
                Note::Reminded { at, task } => {
                    tx.audit(&input.key, "reminded", None, json!({"at": at, "task": task}));
                    outbox::add(tx, &input.key, &format!("task_reminder/{task}"), &json!({"task": task, "at": at}))
                        .await?;
                }
                Note::InfoRequested { at, asked } => match decisions::check_origin(document, asked, &self.trust) {
                    Ok(signed) => {
                        let (actor, question) = (&asked.decision.actor, &asked.decision.comment);
                        let body =
                            json!({"at": at, "task": &asked.decision.task, "question": question, "signed": signed});
                        tx.audit(&input.key, "info_requested", Some(actor), body);
                        let payload = json!({"to": &document.submitter, "by": actor, "question": question});
                        outbox::add(tx, &input.key, &format!("info_requested/{}", asked.decision.request_id), &payload)
                            .await?;
                    }
                    Err(refusal) => {
                        let body = json!({"received_at": at, "message": "requestInfo",
                            "asserted_by": &asked.decision.actor, "refusal": refusal});
                        tx.audit(&input.key, "message_refused", None, body);
                    }
                },
            }
        }
        Ok(())
    }
}

async fn not_claimed(tx: Tx, input: &RecordInput) -> Result<RecordOutput, LedgerError> {
    tx.rollback().await?;
    let message = format!("{} was not claimed", input.key);
    Ok(RecordOutput::Refused(Refusal::new(RefusalCode::NotClaimed, message)))
}

/// The step is named after what it records, never by its caller: under the name of another step it would take that step's
/// key, and whoever can start this activity by hand could keep the workflow from ever settling.
fn name(input: &RecordInput) -> Result<String, LedgerError> {
    Ok(match &input.decision {
        Some(signed) => format!("decision/{}", signed.decision.request_id),
        None => format!("notes/{}", canonical::hash(&input.notes)?),
    })
}
