//! What an invoice would owe, without a document: nothing is claimed, and neither budget nor approval has a say.

use chrono::NaiveDate;
use vextrus_approval::Machine;
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::{Actor, Invoice, Refusal, RefusalCode};
use vextrus_ledger::assessments::{Facts, StoredAssessment};
use vextrus_ledger::rules::{self, RuleKind, WHOLE_COMPANY};
use vextrus_ledger::{Ledger, LedgerError, Tx, masterdata};
use vextrus_tax::Schedule;

use crate::invoice;
use crate::stop::Stop;

/// Computes what an invoice owes if it is paid on a day, or today where none is given, by the active schedule and the records as they
/// are.
///
/// # Errors
/// [`LedgerError`]; the inner error is the refusal that a submission would meet for its taxes.
pub async fn taxes(
    ledger: &Ledger,
    actor: &Actor,
    invoice: &Invoice,
    paid_on: Option<NaiveDate>,
) -> Result<Result<StoredAssessment, Refusal>, LedgerError> {
    let mut tx = ledger.read(&actor.tenant).await?;
    match compute(&mut tx, actor, invoice, paid_on).await {
        Ok(assessment) => Ok(Ok(assessment)),
        Err(Stop::Refused(refusal) | Stop::OutOfTurn(refusal)) => Ok(Err(refusal)),
        Err(Stop::Failed(error)) => Err(error),
    }
}

async fn compute(
    tx: &mut Tx,
    actor: &Actor,
    invoice: &Invoice,
    paid_on: Option<NaiveDate>,
) -> Result<StoredAssessment, Stop> {
    let tenant = &actor.tenant;
    let rule = rules::needed(tx, tenant, RuleKind::Tax, WHOLE_COMPANY).await??;
    let payer = masterdata::payer(tx, tenant).await?;
    let id = &invoice.vendor;
    let vendor = masterdata::vendor(tx, tenant, id)
        .await?
        .ok_or_else(|| Refusal::new(RefusalCode::VendorUnknown, format!("vendor {id} is not in the register")))?;
    let warnings = invoice::check_identity(&payer, &vendor, invoice.date)?;
    let facts = invoice::facts(payer, vendor, &Machine::new(actor.person.clone()));
    let facts = Facts { warnings, ..facts };
    let paid_on = paid_on.unwrap_or_else(|| dhaka_date(tx.now()));
    let schedule = rule.read(tx, Schedule::parse)?;
    let assessment = invoice::tax_of(&schedule, invoice, &facts, paid_on)?;
    Ok(StoredAssessment {
        revision: 0,
        assessed_at: tx.now(),
        paid_on,
        facts,
        assessment: Some(assessment),
        plan_hash: String::new(),
        tax_hash: rule.hash,
        approval_hash: String::new(),
        accounts_hash: String::new(),
    })
}
