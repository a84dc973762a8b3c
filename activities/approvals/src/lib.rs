//! `record`: the step that every document with approvals shares. It writes a decision that does not end the approval,
//! opens what follows it, and puts on the trail what was refused, asked or reminded.

use std::sync::Arc;

use serde_json::json;
use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use vextrus_contract::activities::definitions;
use vextrus_contract::steps::{Note, RecordInput, RecordOutput};
use vextrus_domain::{Refusal, RefusalCode};
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
        let Some(document) = documents::lock(&mut tx, &input.key).await? else {
            tx.rollback().await?;
            let message = format!("{} was not claimed", input.key);
            return Ok(RecordOutput::Refused(Refusal::new(RefusalCode::NotClaimed, message)));
        };
        if let Some(done) = effects::begin(&mut tx, &input.key, &input.step, input).await? {
            return Ok(done);
        }
        if let Err(refusal) = self.write_decision(&mut tx, &document, input).await? {
            tx.rollback().await?;
            return self.refused(&document, input, refusal).await;
        }
        self.write_notes(&mut tx, &document, input).await?;
        let output = RecordOutput::Recorded;
        effects::finish(&mut tx, &input.key, &input.step, &output).await?;
        tx.commit().await?;
        Ok(output)
    }

    async fn write_decision(
        &self,
        tx: &mut Tx,
        document: &Document,
        input: &RecordInput,
    ) -> Result<Result<(), Refusal>, LedgerError> {
        let Some(decision) = &input.decision else { return Ok(Ok(())) };
        if document.state != State::Assessed {
            let message = format!("{} is {}", input.key, document.state.name());
            return Ok(Err(Refusal::new(RefusalCode::DocumentClosed, message)));
        }
        if let Err(refusal) = decisions::store(tx, document, decision, &self.trust, input.at).await? {
            return Ok(Err(refusal));
        }
        for opened in &input.opened {
            tasks::open(tx, &input.key, &opened.task, opened.at).await?;
        }
        Ok(Ok(()))
    }

    /// A refused decision takes no effect key: a message with the same request id must not spoil the step for a true one.
    async fn refused(
        &self,
        document: &Document,
        input: &RecordInput,
        refusal: Refusal,
    ) -> Result<RecordOutput, LedgerError> {
        let mut tx = self.ledger.begin().await?;
        let step = format!("record_refused/{}", vextrus_domain::canonical::hash(input)?);
        if effects::begin::<bool>(&mut tx, &input.key, &step, input).await?.is_none() {
            let by = input.decision.as_ref().map(|d| &d.decision);
            let body = json!({"code": refusal.code, "message": &refusal.message, "step": &input.step,
                "asserted_by": by.map(|d| &d.actor), "task": by.map(|d| &d.task), "answer": by.map(|d| &d.answer)});
            tx.audit(&input.key, "decision_refused", None, body);
            self.write_notes(&mut tx, document, input).await?;
            effects::finish(&mut tx, &input.key, &step, &true).await?;
            tx.commit().await?;
        }
        tracing::warn!(document = %input.key.document, code = refusal.code.name(), "a decision was refused");
        Ok(RecordOutput::Refused(refusal))
    }

    async fn write_notes(&self, tx: &mut Tx, document: &Document, input: &RecordInput) -> Result<(), LedgerError> {
        for (i, note) in input.notes.iter().enumerate() {
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
                        outbox::add(tx, &input.key, &format!("info_requested/{}/{i}", input.step), &payload).await?;
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
