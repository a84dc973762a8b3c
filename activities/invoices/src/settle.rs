//! `settle`: an approved invoice becomes a payment instruction, postings, obligations and spent budget, all or nothing.

use chrono::TimeDelta;
use serde_json::json;
use vextrus_contract::steps::{SettleInput, SettleOutput, Settlement};
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::{FiscalYear, Refusal, RefusalCode};
use vextrus_ledger::assessments::{self, StoredAssessment};
use vextrus_ledger::documents::{self, Document, State};
use vextrus_ledger::payments::{self, Instruction};
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_ledger::{LedgerError, Tx, budgets, decisions, effects, journal, masterdata, outbox};

use crate::activities::Invoices;
use crate::assess::{facts_of, mapping_of, schedule_of, tax_of, totals};

/// How far the clocks of two machines may be apart.
const CLOCKS_APART: TimeDelta = TimeDelta::minutes(5);

impl Invoices {
    /// The step itself.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn settle_step(&self, input: &SettleInput) -> Result<SettleOutput, LedgerError> {
        let step = format!("settle/{}", input.revision);
        let mut tx = self.ledger.begin().await?;
        if documents::get(&mut tx, &input.key).await?.is_none() {
            let refusal = Refusal::new(RefusalCode::NotClaimed, format!("{} was not claimed", input.key));
            return self.refused(tx, input, refusal).await;
        }
        if let Some(done) = effects::begin(&mut tx, &input.key, &step, input).await? {
            return Ok(done);
        }
        let output = self.settle_document(&mut tx, input).await?;
        match output {
            SettleOutput::Settled(_) => {
                effects::finish(&mut tx, &input.key, &step, &output).await?;
                tx.commit().await?;
                Ok(output)
            }
            SettleOutput::Reassess { .. } => {
                // Nothing was carried out, so the step's key stays free.
                tx.rollback().await?;
                Ok(output)
            }
            SettleOutput::Refused(refusal) => self.refused(tx, input, refusal).await,
        }
    }

    async fn refused(&self, tx: Tx, input: &SettleInput, refusal: Refusal) -> Result<SettleOutput, LedgerError> {
        tx.rollback().await?;
        let mut tx = self.ledger.begin().await?;
        let by = input.decision.as_ref().map(|d| &d.decision.actor);
        let body =
            json!({"code": refusal.code, "message": &refusal.message, "revision": input.revision, "asserted_by": by});
        if effects::refused(&mut tx, &input.key, "settle_refused", input, body).await? {
            tx.commit().await?;
        }
        tracing::warn!(document = %input.key.document, code = refusal.code.name(), "settle was refused");
        Ok(SettleOutput::Refused(refusal))
    }

    async fn settle_document(&self, tx: &mut Tx, input: &SettleInput) -> Result<SettleOutput, LedgerError> {
        let Some(document) = documents::lock(tx, &input.key).await? else {
            return Ok(refuse(RefusalCode::NotClaimed, format!("{} was not claimed", input.key)));
        };
        if document.state == State::Assessed && document.revision > input.revision {
            return Ok(SettleOutput::Reassess { why: format!("revision {} has been assessed", document.revision) });
        }
        if input.at > tx.now() + CLOCKS_APART {
            return Ok(refuse(RefusalCode::InvalidField, format!("at is {}, which is yet to come", input.at)));
        }
        if document.state != State::Assessed || document.revision != input.revision {
            let message = format!("{} is {} at revision {}", input.key, document.state.name(), document.revision);
            return Ok(refuse(RefusalCode::DocumentClosed, message));
        }
        if let Some(decision) = &input.decision
            && let Err(refusal) = decisions::store(tx, &document, decision, &self.trust, input.at).await?
        {
            return Ok(SettleOutput::Refused(refusal));
        }
        if let Err(refusal) = decisions::complete(tx, &document, &self.trust).await? {
            return Ok(SettleOutput::Refused(refusal));
        }
        let assessments = assessments::all(tx, &input.key).await?;
        let Some(assessed) = assessments.last() else {
            return Err(LedgerError::corrupt("assessment", "an assessed document has none"));
        };
        if let Some(why) = withholding_changed(tx, &document, &assessments, assessed, input).await? {
            return Ok(SettleOutput::Reassess { why });
        }
        self.write_settlement(tx, &document, assessed, input).await
    }

    async fn write_settlement(
        &self,
        tx: &mut Tx,
        document: &Document,
        assessed: &StoredAssessment,
        input: &SettleInput,
    ) -> Result<SettleOutput, LedgerError> {
        let key = &document.key;
        let posting_date = dhaka_date(input.at);
        let mapping = mapping_of(&rules::version(tx, RuleKind::Accounts, &assessed.accounts_hash).await?)?;
        documents::concluded(tx, document, State::Settled, "approved", None).await?;
        budgets::commit(tx, key).await?;
        let fiscal_year = FiscalYear::of(posting_date);
        // The number series is the last lock: the whole tenant waits for it.
        let serial = payments::next_number(tx, key, "PI", fiscal_year).await?;
        let instruction = Instruction {
            serial,
            fiscal_year,
            vendor: &document.invoice.vendor,
            amount: assessed.assessment.net_payable,
            due_date: document.invoice.due_date,
            posting_date,
        };
        let name = instruction.name();
        payments::propose(tx, key, &instruction).await?;
        let postings = match journal::postings(&mapping, &assessed.assessment) {
            Ok(postings) => postings,
            Err(refusal) => return Ok(SettleOutput::Refused(refusal)),
        };
        journal::post(tx, key, &name, posting_date, &postings).await?;
        let calendar = rules::calendar(tx, &key.tenant).await?;
        let registered = assessed.facts.payer.as_ref().is_none_or(|p| p.vat_registered);
        for withheld in &assessed.assessment.withheld {
            let due = payments::due(withheld, posting_date, &calendar, registered);
            payments::owe(tx, key, &document.invoice.vendor, withheld, posting_date, &due).await?;
        }
        let settlement = Settlement { instruction: name.clone(), posting_date, totals: totals(&assessed.assessment) };
        tx.audit(key, "settled", None, json!({"settlement": &settlement, "revision": input.revision}));
        outbox::add(tx, key, "settled", &json!({"instruction": name, "net_payable": settlement.totals.net_payable}))
            .await?;
        Ok(SettleOutput::Settled(Box::new(settlement)))
    }
}

fn refuse(code: RefusalCode, message: String) -> SettleOutput {
    SettleOutput::Refused(Refusal::new(code, message))
}

/// Computes the withholding again, for the posting date and the vendor's record as it is now, under the rules that the
/// document was assessed with.
async fn withholding_changed(
    tx: &mut Tx,
    document: &Document,
    assessments: &[StoredAssessment],
    assessed: &StoredAssessment,
    input: &SettleInput,
) -> Result<Option<String>, LedgerError> {
    let payer = masterdata::payer(tx, &document.key.tenant).await?;
    let Some(vendor) = masterdata::lock_vendor(tx, &document.key.tenant, &document.invoice.vendor).await? else {
        return Err(LedgerError::corrupt("vendor", "a claimed document's vendor is missing"));
    };
    if !vendor.active {
        return Ok(Some(format!("vendor {} is not active any more", vendor.id)));
    }
    let schedule = schedule_of(&rules::version(tx, RuleKind::Tax, &assessed.tax_hash).await?)?;
    let facts = facts_of(tx, &document.key, payer, vendor, assessments).await?;
    Ok(match tax_of(&schedule, document, &facts, dhaka_date(input.at)) {
        Ok(now)
            if now.withheld == assessed.assessment.withheld && now.net_payable == assessed.assessment.net_payable =>
        {
            None
        }
        Ok(now) => Some(format!("the payable is {} now, it was {}", now.net_payable, assessed.assessment.net_payable)),
        Err(refusal) => Some(refusal.to_string()),
    })
}
