//! `close`: a document that is not approved gives back what it has reserved, and leaves a tombstone.

use serde_json::json;
use vextrus_contract::steps::{AssessOutput, CloseInput, CloseOutput, CloseReason, SettleOutput};
use vextrus_domain::{Refusal, RefusalCode, canonical};
use vextrus_ledger::documents::{self, Document, State};
use vextrus_ledger::{LedgerError, Tx, budgets, decisions, effects, outbox, tasks};

use crate::activities::Invoices;

impl Invoices {
    /// The step itself.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn close_step(&self, input: &CloseInput) -> Result<CloseOutput, LedgerError> {
        // A key for each input: a document that was closed by hand is closed for the workflow too, and its state alone keeps
        // it from being closed twice.
        let step = format!("close/{}", canonical::hash(input)?);
        let mut tx = self.ledger.begin().await?;
        if documents::get(&mut tx, &input.key).await?.is_none() {
            // Nothing was ever reserved for it.
            tx.rollback().await?;
            return Ok(CloseOutput::Closed);
        }
        if let Some(done) = effects::begin(&mut tx, &input.key, &step, input).await? {
            return Ok(done);
        }
        let output = self.close_document(&mut tx, input).await?;
        if let CloseOutput::Refused(refusal) = &output {
            tx.rollback().await?;
            let mut tx = self.ledger.begin().await?;
            let body = json!({"code": refusal.code, "message": &refusal.message, "reason": input.reason.name()});
            if effects::refused(&mut tx, &input.key, "close_refused", input, body).await? {
                tx.commit().await?;
            }
            return Ok(output);
        }
        effects::finish(&mut tx, &input.key, &step, &output).await?;
        tx.commit().await?;
        Ok(output)
    }

    async fn close_document(&self, tx: &mut Tx, input: &CloseInput) -> Result<CloseOutput, LedgerError> {
        let Some(document) = documents::lock(tx, &input.key).await? else { return Ok(CloseOutput::Closed) };
        match document.state {
            State::Settled => return settled_before(tx, &document).await,
            State::Closed => return Ok(CloseOutput::Closed),
            State::Claimed | State::Assessed => {}
        }
        if let Some(decision) = &input.decision
            && let Err(refusal) = decisions::store(tx, &document, decision, &self.trust, input.at).await?
        {
            return Ok(CloseOutput::Refused(refusal));
        }
        if let Err(refusal) = reason_holds(tx, &document, input).await? {
            return Ok(CloseOutput::Refused(refusal));
        }
        budgets::release(tx, &document.key).await?;
        tasks::drop_undecided(tx, &document.key).await?;
        documents::concluded(tx, &document, State::Closed, input.reason.name(), input.refusal.as_ref()).await?;
        tx.audit(&document.key, "closed", None, json!({"reason": input.reason.name(), "refusal": &input.refusal}));
        outbox::add(tx, &document.key, "closed", &json!({"reason": input.reason.name(), "refusal": &input.refusal}))
            .await?;
        Ok(CloseOutput::Closed)
    }
}

async fn settled_before(tx: &mut Tx, document: &Document) -> Result<CloseOutput, LedgerError> {
    let step = format!("settle/{}", document.revision);
    match effects::result(tx, &document.key, &step).await? {
        Some(SettleOutput::Settled(settlement)) => Ok(CloseOutput::AlreadySettled(settlement)),
        _ => Err(LedgerError::corrupt("settlement", "a settled document has no settle step")),
    }
}

/// The reason is checked against what is stored, since the workflow's word alone is not taken: a refusal needs a refused
/// assessment or a person's refusing decision, an expiry a task whose time has ended. An operator who can cancel or fail the
/// workflow needs no more than that.
async fn reason_holds(
    tx: &mut Tx,
    document: &Document,
    input: &CloseInput,
) -> Result<Result<(), Refusal>, LedgerError> {
    let no = |message: &str| Ok(Err(Refusal::new(RefusalCode::ApprovalsIncomplete, message)));
    match input.reason {
        CloseReason::Cancelled | CloseReason::Failed => Ok(Ok(())),
        CloseReason::Withdrawn if decisions::withdrawn(tx, &document.key).await? => Ok(Ok(())),
        CloseReason::Withdrawn => no("the ledger holds no withdrawal of this document"),
        CloseReason::Expired if tasks::any_overdue(tx, &document.key).await? => Ok(Ok(())),
        CloseReason::Expired => {
            Ok(Err(Refusal::new(RefusalCode::NotDue, "no open task of this document has passed its deadline")))
        }
        CloseReason::Rejected => {
            let step = format!("assess/{}", document.revision + 1);
            let assessment: Option<AssessOutput> = effects::result(tx, &document.key, &step).await?;
            if matches!(assessment, Some(AssessOutput::Refused(_))) || decisions::refused(tx, &document.key).await? {
                Ok(Ok(()))
            } else {
                no("the ledger holds neither a refused assessment nor a refusing decision on this document")
            }
        }
    }
}
