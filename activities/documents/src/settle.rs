//! `settle`: an approved document is carried out, all or nothing: an invoice becomes a payment instruction with its postings, an
//! order is issued.

use serde_json::json;
use vextrus_approval::{Machine, Outcome};
use vextrus_contract::steps::{SettleInput, SettleOutput, Settlement};
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::vendor::Vendor;
use vextrus_domain::{Content, Refusal, RefusalCode, canonical};
use vextrus_ledger::approvals::Approval;
use vextrus_ledger::documents::{self, Conclusion, Document, State};
use vextrus_ledger::outbox::{self, EventKind, NewEvent};
use vextrus_ledger::{LedgerError, Tx, effects, masterdata, retry};

use crate::{Steps, entries, invoice, order};

/// What comes of carrying a document out.
pub(crate) enum Carried {
    Out(Settlement),
    /// Nothing was written: what would be carried out is not what was approved.
    Changed(String),
    Refused(Refusal),
}

impl Steps {
    /// The step itself.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn settle_step(&self, input: &SettleInput) -> Result<SettleOutput, LedgerError> {
        retry::keyed(|| self.settle_once(input)).await
    }

    async fn settle_once(&self, input: &SettleInput) -> Result<SettleOutput, LedgerError> {
        let step = format!("settle/{}", canonical::hash(input)?);
        let mut tx = self.ledger.begin(&input.key.tenant).await?;
        if let Some(done) = effects::begin(&mut tx, &input.key, &step, input).await? {
            return Ok(done);
        }
        let output = self.settle_document(&mut tx, input).await?;
        if let SettleOutput::Refused(refusal) = output {
            return self.refused(tx, input, refusal).await;
        }
        effects::finish(&mut tx, &input.key, &step, &output).await?;
        tx.commit().await?;
        Ok(output)
    }

    async fn refused(&self, tx: Tx, input: &SettleInput, refusal: Refusal) -> Result<SettleOutput, LedgerError> {
        tx.rollback().await?;
        let mut tx = self.ledger.begin(&input.key.tenant).await?;
        let body = json!({"code": refusal.code, "message": &refusal.message, "revision": input.revision});
        if effects::refused(&mut tx, &input.key, "settle_refused", input, body).await? {
            tx.commit().await?;
        }
        tracing::warn!(document = %input.key.document, code = refusal.code.name(), "settle was refused");
        Ok(SettleOutput::Refused(refusal))
    }

    async fn settle_document(&self, tx: &mut Tx, input: &SettleInput) -> Result<SettleOutput, LedgerError> {
        let no = |code, message: String| Ok(SettleOutput::Refused(Refusal::new(code, message)));
        let Some(document) = documents::lock(tx, &input.key).await? else {
            return no(RefusalCode::NotClaimed, format!("{} was not claimed", input.key));
        };
        if document.state == State::Settled {
            return Ok(SettleOutput::Settled(Box::new(stored(&document)?)));
        }
        if document.state != State::Assessed || document.revision != input.revision {
            let message = format!("{} is {} at revision {}", input.key, document.state.name(), document.revision);
            return no(RefusalCode::DocumentClosed, message);
        }
        // Amounts leave the house on this: every signature is verified again, not only those that come with the step.
        let mut approval = match Approval::verified(tx, &document, &self.trust).await? {
            Ok(approval) => approval,
            Err(refusal) => return Ok(SettleOutput::Refused(refusal)),
        };
        let refused = entries::put(tx, &document, &mut approval, &input.entries, &self.trust).await?;
        if approval.machine().outcome() != Some(&Outcome::Approved) {
            if refused.is_empty() {
                return no(RefusalCode::ApprovalsIncomplete, lacking(approval.machine()));
            }
            approval.write_tasks(tx, &document).await?;
            return Ok(SettleOutput::NotApproved { refused });
        }
        if let Err(refusal) = approval.is_past(tx, input.at) {
            return Ok(SettleOutput::Refused(refusal));
        }
        match carry_out(tx, &document, &approval, input).await? {
            Carried::Refused(refusal) => Ok(SettleOutput::Refused(refusal)),
            Carried::Changed(why) => {
                if let Err(refusal) = approval.reopen(tx, &document, &why, input.at).await? {
                    return Ok(SettleOutput::Refused(refusal));
                }
                approval.write_tasks(tx, &document).await?;
                Ok(SettleOutput::Reassess { why })
            }
            Carried::Out(settlement) => {
                approval.write_tasks(tx, &document).await?;
                let body = json!({"settlement": &settlement, "revision": input.revision});
                tx.audit(&document.key, "settled", None, body);
                let payable = settlement.totals.as_ref().map(|t| t.net_payable);
                let told = json!({"number": &settlement.number, "net_payable": payable, "to": &document.submitter,
                    "vendor": document.content.vendor()});
                let about = document.content.kind().into();
                let event = NewEvent { kind: EventKind::Settled, about, instance: "", payload: &told };
                outbox::add(tx, &document.key, event)?;
                Ok(SettleOutput::Settled(Box::new(settlement)))
            }
        }
    }
}

/// What keeps a document from being approved.
fn lacking(machine: &Machine) -> String {
    let undecided = || machine.tasks().iter().filter(|t| t.is_undecided()).map(|t| t.task.id.as_str());
    let why = match (machine.outcome(), machine.recompute(), machine.returned()) {
        (Some(_), ..) => "the approval has ended otherwise".to_owned(),
        (None, Some(_), _) => "the document is to be assessed".to_owned(),
        (None, None, Some(_)) => format!("the document is with {} for changes", machine.submitter()),
        (None, None, None) => format!("{} is undecided", undecided().collect::<Vec<_>>().join(", ")),
    };
    format!("the ledger does not hold every approval: {why}")
}

async fn carry_out(
    tx: &mut Tx,
    document: &Document,
    approval: &Approval,
    input: &SettleInput,
) -> Result<Carried, LedgerError> {
    let Some(latest) = approval.latest_assessment()? else {
        return Err(LedgerError::corrupt("assessment", "an assessed document has none"));
    };
    let on = dhaka_date(input.at);
    match &document.content {
        Content::Invoice(invoice) => invoice::settle(tx, document, invoice, approval, (&latest, on)).await,
        Content::Order(order) => order::settle(tx, document, order, on).await,
    }
}

/// The vendor, locked, if it may still be dealt with; otherwise what has changed.
pub(crate) async fn vendor_still(tx: &mut Tx, document: &Document) -> Result<Result<Vendor, String>, LedgerError> {
    let Some(vendor) = masterdata::lock_vendor(tx, &document.key.tenant, document.content.vendor()).await? else {
        return Err(LedgerError::corrupt("vendor", "a claimed document's vendor is missing"));
    };
    let gone = || format!("vendor {} is not active any more", vendor.id);
    Ok(if vendor.active { Ok(vendor) } else { Err(gone()) })
}

/// Moves a document to `settled`, with what was carried out. Before the number series is locked, for which the whole tenant waits,
/// nobody knows the number: so this comes last.
pub(crate) async fn conclude(tx: &mut Tx, document: &Document, settlement: &Settlement) -> Result<(), LedgerError> {
    let text = canonical::to_text(settlement)?;
    let end = Conclusion { to: State::Settled, outcome: "approved", refusal: None, settlement: Some(&text) };
    documents::concluded(tx, document, end).await
}

/// What a settled document became.
pub(crate) fn stored(document: &Document) -> Result<Settlement, LedgerError> {
    let missing = || LedgerError::corrupt("settlement", "a settled document has none");
    Ok(canonical::from_text(document.settlement.as_deref().ok_or_else(missing)?)?)
}
