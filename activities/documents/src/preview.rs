//! The preview: who would have to approve a document, why and by when, what its taxes and its budget say. It is the assessment
//! itself, on a claim that is never committed.

use vextrus_approval::{Expected, Plan, forecast};
use vextrus_contract::steps::Totals;
use vextrus_domain::{Actor, Content, Refusal, RefusalCode};
use vextrus_ledger::approvals::Approval;
use vextrus_ledger::assessments::StoredAssessment;
use vextrus_ledger::budgets::{self, BudgetLeft};
use vextrus_ledger::{Ledger, LedgerError, claims, documents, retry};

use crate::assess::{Made, make};
use crate::stop::Stop;

/// What would become of a document if it were submitted now.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The taxes, warnings and rules.
    pub assessment: StoredAssessment,
    /// The amounts, where it owes taxes.
    pub totals: Option<Totals>,
    /// Who would be asked, and why.
    pub plan: Plan,
    /// By when, at the latest.
    pub expected: Vec<Expected>,
    /// What would be left of the budgets that pay.
    pub budgets: Vec<BudgetLeft>,
}

/// Assesses a document that is not submitted. Nothing is written and nothing is started.
///
/// # Errors
/// [`LedgerError`]; the inner error is the refusal that a submission would meet.
pub async fn preview(
    ledger: &Ledger,
    actor: &Actor,
    content: &Content,
) -> Result<Result<Preview, Refusal>, LedgerError> {
    // Another claim of the same number may win the race: the next look sees it.
    retry::keyed(|| preview_once(ledger, actor, content)).await
}

async fn preview_once(
    ledger: &Ledger,
    actor: &Actor,
    content: &Content,
) -> Result<Result<Preview, Refusal>, LedgerError> {
    let mut tx = ledger.begin(&actor.tenant).await?;
    let key = match claims::claim_in(&mut tx, actor, content).await? {
        Ok(key) => key,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(document) = documents::lock(&mut tx, &key).await? else {
        return Err(LedgerError::corrupt("document", "a claim of this transaction is missing"));
    };
    let approval = Approval::load(&mut tx, &document).await?;
    let made = make(&mut tx, &document, &approval).await;
    let left = match &made {
        Ok(Made { paying, .. }) => {
            let year = document.content.fiscal_year();
            budgets::left(&mut tx, &key.tenant, year, &paying.department, paying.project.as_ref()).await?
        }
        Err(_) => Vec::new(),
    };
    let now = tx.now();
    tx.rollback().await?;
    match made {
        Ok(Made { stored, plan, totals, .. }) => {
            let expected = forecast(&plan, now);
            Ok(Ok(Preview { assessment: stored, totals, plan, expected, budgets: left }))
        }
        Err(Stop::Refused(refusal) | Stop::OutOfTurn(refusal)) => Ok(Err(refusal)),
        Err(Stop::Failed(LedgerError::Canonical(error))) => {
            Ok(Err(Refusal::new(RefusalCode::Internal, error.to_string())))
        }
        Err(Stop::Failed(error)) => Err(error),
    }
}
