//! What was computed for a document, with which rules, and which plan came of it.

use chrono::{DateTime, NaiveDate, Utc};
use vextrus_approval::Plan;
use vextrus_domain::{DocumentKey, canonical};
use vextrus_tax::Assessment;

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// One assessment of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAssessment {
    /// 1 for the first.
    pub revision: u32,
    /// When.
    pub assessed_at: DateTime<Utc>,
    /// The date for which withholding was computed.
    pub paid_on: NaiveDate,
    /// The amounts and their working.
    pub assessment: Assessment,
    /// Who must decide what.
    pub plan: Plan,
    /// The plan's hash.
    pub plan_hash: String,
    /// The hash of the tax schedule.
    pub tax_hash: String,
    /// The hash of the approval policy.
    pub approval_hash: String,
    /// The hash of the account mapping.
    pub accounts_hash: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    revision: i64,
    assessed_at: DateTime<Utc>,
    paid_on: NaiveDate,
    assessment: String,
    plan: String,
    plan_hash: String,
    tax_hash: String,
    approval_hash: String,
    accounts_hash: String,
}

impl Row {
    fn into_assessment(self) -> Result<StoredAssessment, LedgerError> {
        Ok(StoredAssessment {
            revision: u32::try_from(self.revision).map_err(|e| LedgerError::corrupt("revision", e))?,
            assessed_at: self.assessed_at,
            paid_on: self.paid_on,
            assessment: canonical::from_text(&self.assessment)?,
            plan: canonical::from_text(&self.plan)?,
            plan_hash: self.plan_hash,
            tax_hash: self.tax_hash,
            approval_hash: self.approval_hash,
            accounts_hash: self.accounts_hash,
        })
    }
}

/// Stores an assessment.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn store(tx: &mut Tx, key: &DocumentKey, a: &StoredAssessment) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO assessments (tenant, document, submission, revision, assessed_at, paid_on, assessment, plan, plan_hash,
            tax_hash, approval_hash, accounts_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            key.submission,
            a.revision,
            a.assessed_at,
            a.paid_on,
            canonical::to_text(&a.assessment)?,
            canonical::to_text(&a.plan)?,
            &a.plan_hash,
            &a.tax_hash,
            &a.approval_hash,
            &a.accounts_hash
        ],
    )
    .await
    .map(drop)
}

/// All assessments of a document's submission, the latest last.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn all(tx: &mut Tx, key: &DocumentKey) -> Result<Vec<StoredAssessment>, LedgerError> {
    let rows: Vec<Row> = tx
        .all(
            "SELECT revision, assessed_at, paid_on, assessment, plan, plan_hash, tax_hash, approval_hash, accounts_hash
             FROM assessments WHERE tenant = $1 AND document = $2 AND submission = $3 ORDER BY revision",
            args![key.tenant.as_str(), key.document.as_str(), key.submission],
        )
        .await?;
    rows.into_iter().map(Row::into_assessment).collect()
}
