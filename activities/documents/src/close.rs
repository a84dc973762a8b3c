//! `close`: a document that is not approved gives back what it has reserved, and leaves a tombstone.

use serde_json::json;
use vextrus_approval::Outcome;
use vextrus_contract::steps::{AssessOutput, CloseInput, CloseOutput, CloseReason, RefusedCommand};
use vextrus_domain::{Refusal, RefusalCode, canonical};
use vextrus_ledger::approvals::Approval;
use vextrus_ledger::documents::{self, Conclusion, Document, State};
use vextrus_ledger::outbox::{self, EventKind, NewEvent};
use vextrus_ledger::{LedgerError, Tx, budgets, effects, orders, retry};

use crate::{Steps, entries, settle};

impl Steps {
    /// The step itself.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn close_step(&self, input: &CloseInput) -> Result<CloseOutput, LedgerError> {
        retry::keyed(|| self.close_once(input)).await
    }

    async fn close_once(&self, input: &CloseInput) -> Result<CloseOutput, LedgerError> {
        // A key for each input: a document that was closed by hand is closed for the workflow too, and its state alone keeps
        // it from being closed twice.
        let step = format!("close/{}", canonical::hash(input)?);
        let mut tx = self.ledger.begin(&input.key.tenant).await?;
        if let Some(done) = effects::begin(&mut tx, &input.key, &step, input).await? {
            return Ok(done);
        }
        let Some(document) = documents::lock(&mut tx, &input.key).await? else {
            // Nothing was ever reserved for it. What was not claimed takes no effect key.
            tx.rollback().await?;
            return Ok(CloseOutput::Closed);
        };
        let output = self.close_document(&mut tx, &document, input).await?;
        if let CloseOutput::Refused(refusal) = &output {
            tx.rollback().await?;
            let mut tx = self.ledger.begin(&input.key.tenant).await?;
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

    async fn close_document(
        &self,
        tx: &mut Tx,
        document: &Document,
        input: &CloseInput,
    ) -> Result<CloseOutput, LedgerError> {
        match document.state {
            State::Settled => return Ok(CloseOutput::AlreadySettled(Box::new(settle::stored(document)?))),
            State::Closed => return Ok(CloseOutput::Closed),
            State::Claimed | State::Assessed => {}
        }
        let mut approval = Approval::load(tx, document).await?;
        let refused = entries::put(tx, document, &mut approval, &input.entries, &self.trust).await?;
        if let Err(refusal) = reason_holds(tx, document, &approval, input).await? {
            return not_ended(tx, document, &mut approval, refused, refusal).await;
        }
        // Of an invoice that was changed, an order that it named before may wait for it still.
        let named = match document.content.invoice() {
            Some(_) => documents::orders_named(tx, document).await?,
            None => Vec::new(),
        };
        for order in &named {
            orders::lock_row(tx, &document.key.tenant, order).await?;
        }
        budgets::release(tx, &document.key).await?;
        approval.drop_undecided(tx, document).await?;
        let end = Conclusion {
            to: State::Closed,
            outcome: input.reason.name(),
            refusal: input.refusal.as_ref(),
            settlement: None,
        };
        documents::concluded(tx, document, end).await?;
        for order in &named {
            orders::end_when_billed(tx, &document.key, order).await?;
        }
        let told = json!({"reason": input.reason.name(), "refusal": &input.refusal, "to": &document.submitter});
        tx.audit(&document.key, "closed", None, json!({"reason": input.reason.name(), "refusal": &input.refusal}));
        let about = document.content.kind().into();
        let event = NewEvent { kind: EventKind::Closed, about, instance: "", payload: &told };
        outbox::add(tx, &document.key, event)?;
        Ok(CloseOutput::Closed)
    }
}

/// The document goes on without the commands that do not stand, where that is why it has not ended.
async fn not_ended(
    tx: &mut Tx,
    document: &Document,
    approval: &mut Approval,
    refused: Vec<RefusedCommand>,
    refusal: Refusal,
) -> Result<CloseOutput, LedgerError> {
    if refused.is_empty() {
        return Ok(CloseOutput::Refused(refusal));
    }
    approval.write_tasks(tx, document).await?;
    Ok(CloseOutput::NotEnded { refused })
}

/// The reason is checked against what is stored, since the workflow's word alone is not taken: a refusal needs a refused
/// assessment or a person's refusing decision, an expiry a task whose time has ended. An operator who can cancel or fail the
/// workflow needs no more than that.
async fn reason_holds(
    tx: &mut Tx,
    document: &Document,
    approval: &Approval,
    input: &CloseInput,
) -> Result<Result<(), Refusal>, LedgerError> {
    let no = |code, message: &str| Ok(Err(Refusal::new(code, message)));
    let outcome = approval.machine().outcome();
    match input.reason {
        CloseReason::Cancelled | CloseReason::Failed => Ok(Ok(())),
        CloseReason::Withdrawn if matches!(outcome, Some(Outcome::Withdrawn)) => Ok(Ok(())),
        CloseReason::Withdrawn => {
            no(RefusalCode::ApprovalsIncomplete, "the ledger holds no withdrawal of this document")
        }
        CloseReason::Expired if matches!(outcome, Some(Outcome::Expired { .. })) => Ok(Ok(())),
        CloseReason::Expired => no(RefusalCode::NotDue, "no open task of this document has passed its deadline"),
        CloseReason::Rejected => {
            let step = format!("assess/{}", document.revision + 1);
            let assessment: Option<AssessOutput> = effects::result(tx, &document.key, &step).await?;
            if matches!(assessment, Some(AssessOutput::Refused(_))) || matches!(outcome, Some(Outcome::Rejected { .. }))
            {
                return Ok(Ok(()));
            }
            let why = "the ledger holds neither a refused assessment nor a refusing decision on this document";
            no(RefusalCode::ApprovalsIncomplete, why)
        }
    }
}
