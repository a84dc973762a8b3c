//! An approved invoice becomes a payment instruction, postings, obligations and spent budget.

use std::sync::Arc;

use chrono::NaiveDate;
use vextrus_contract::steps::Settlement;
use vextrus_domain::{FiscalYear, Invoice, PersonId};
use vextrus_ledger::approvals::Approval;
use vextrus_ledger::assessments::{Facts, StoredAssessment};
use vextrus_ledger::documents::Document;
use vextrus_ledger::journal::AccountMapping;
use vextrus_ledger::payments::{self, Instruction};
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_ledger::standing::{Standing, standing};
use vextrus_ledger::{LedgerError, Tx, budgets, journal, orders, periods};
use vextrus_tax::{Assessment, Schedule};

use super::taxes::{facts, tax_of, totals};
use crate::counted;
use crate::settle::{self, Carried};

pub(crate) async fn settle(
    tx: &mut Tx,
    document: &Document,
    invoice: &Invoice,
    approval: &Approval,
    (stored, day): (&StoredAssessment, NaiveDate),
) -> Result<Carried, LedgerError> {
    let company = standing(tx, &document.key.tenant, document.content.kind()).await?;
    let on = company.posting_date(day);
    let Some(assessment) = &stored.assessment else {
        return Err(LedgerError::corrupt("assessment", "an invoice was assessed without taxes"));
    };
    let (schedule, facts) =
        match withholding_again(tx, document, invoice, (approval, &company), (stored, assessment, on)).await? {
            Ok(same) => same,
            Err(why) => return Ok(Carried::Changed(why)),
        };
    let key = &document.key;
    let accounts = rules::version(tx, RuleKind::Accounts, &stored.accounts_hash).await?;
    let mapping = accounts.read(tx, AccountMapping::parse)?;
    let postings = match journal::postings(&mapping, assessment) {
        Ok(postings) => postings,
        Err(refusal) => return Ok(Carried::Refused(refusal)),
    };
    if let Some(order) = &invoice.po_number {
        orders::lock_row(tx, &key.tenant, order).await?;
    }
    budgets::commit(tx, key).await?;
    if let Some(order) = &invoice.po_number {
        orders::end_when_billed(tx, key, order).await?;
    }
    periods::hold(tx, &key.tenant, day, on).await?;
    let fiscal_year = FiscalYear::of(on);
    // The number series is the last lock: the whole tenant waits for it.
    let serial = payments::next_number(tx, &key.tenant, "PI", fiscal_year).await?;
    let instruction = Instruction {
        serial,
        fiscal_year,
        vendor: &invoice.vendor,
        amount: assessment.net_payable,
        due_date: invoice.due_date,
        posting_date: on,
    };
    let number = instruction.name();
    payments::propose(tx, key, &instruction).await?;
    payments::exclude(tx, key, &number, &excluded(approval)).await?;
    journal::post(tx, key, &number, on, &postings).await?;
    let calendar = company.calendar(tx).await?;
    let registered = stored.facts.payer.as_ref().is_none_or(|p| p.vat_registered);
    for withheld in &assessment.withheld {
        let due = payments::due(withheld, on, &calendar, registered);
        payments::owe(tx, key, &invoice.vendor, withheld, on, &due).await?;
    }
    let settlement = Settlement { number, date: on, totals: Some(totals(assessment)) };
    settle::conclude(tx, document, &settlement).await?;
    counted::invoice(tx, (document, invoice, approval), (&schedule, &facts, assessment), on);
    Ok(Carried::Out(settlement))
}

/// Who approved, and so does not release the payment: the policy may name exceptions.
fn excluded(approval: &Approval) -> Vec<PersonId> {
    let machine = approval.machine();
    let may_release = machine.terms().map(|t| t.may_release.as_slice()).unwrap_or_default();
    machine.approvers().into_iter().filter(|p| !may_release.contains(p)).collect()
}

/// Computes the withholding again, for the posting date and the vendor's record as it is now, under the rules that the
/// document was assessed with. Answers by what it was computed, or what has changed.
async fn withholding_again(
    tx: &mut Tx,
    document: &Document,
    invoice: &Invoice,
    (approval, company): (&Approval, &Standing),
    (stored, assessment, on): (&StoredAssessment, &Assessment, NaiveDate),
) -> Result<Result<(Arc<Schedule>, Facts), String>, LedgerError> {
    let vendor = match settle::vendor_still(tx, document).await? {
        Ok(vendor) => vendor,
        Err(why) => return Ok(Err(why)),
    };
    let schedule = rules::version(tx, RuleKind::Tax, &stored.tax_hash).await?.read(tx, Schedule::parse)?;
    let facts = facts(company.payer.clone(), vendor, approval.machine());
    Ok(match tax_of(&schedule, invoice, &facts, on) {
        Ok(now) if now.withheld == assessment.withheld && now.net_payable == assessment.net_payable => {
            Ok((schedule, facts))
        }
        Ok(now) => Err(format!("the payable is {} now, it was {}", now.net_payable, assessment.net_payable)),
        Err(refusal) => Err(refusal.to_string()),
    })
}
