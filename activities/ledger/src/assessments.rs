//! What was computed for a document, with which rules, and which plan came of it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use vextrus_approval::Plan;
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{DocumentKey, PayeeFacts, Payer, canonical};
use vextrus_tax::{Answers, Assessment};

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
    /// The facts that it used.
    pub facts: Facts,
    /// The taxes and their working; none for what owes none, such as an order.
    pub assessment: Option<Assessment>,
    /// The plan's hash.
    pub plan_hash: String,
    /// The hash of the tax schedule; empty where no tax was computed.
    pub tax_hash: String,
    /// The hash of the approval policy.
    pub approval_hash: String,
    /// The hash of the account mapping; empty where nothing is posted.
    pub accounts_hash: String,
}

/// The facts beside the document that an assessment used, as they were then.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The company that pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payer: Option<Payer>,
    /// The vendor's kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<VendorKind>,
    /// The vendor's facts and evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payee: Option<PayeeFacts>,
    /// What everybody should know and nobody has to answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What the match with purchase order and receipts found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matched: Vec<String>,
    /// What people had answered to questions with choices.
    #[serde(skip_serializing_if = "Answers::is_empty")]
    pub answers: Answers,
}

/// One assessment as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) revision: i64,
    pub(crate) assessed_at: DateTime<Utc>,
    pub(crate) paid_on: NaiveDate,
    pub(crate) facts: String,
    pub(crate) assessment: String,
    pub(crate) plan_hash: String,
    pub(crate) tax_hash: String,
    pub(crate) approval_hash: String,
    pub(crate) accounts_hash: String,
}

impl Row {
    pub(crate) fn read(&self) -> Result<StoredAssessment, LedgerError> {
        Ok(StoredAssessment {
            revision: u32::try_from(self.revision).map_err(|e| LedgerError::corrupt("revision", e))?,
            assessed_at: self.assessed_at,
            paid_on: self.paid_on,
            facts: canonical::from_text(&self.facts)?,
            assessment: canonical::from_text(&self.assessment)?,
            plan_hash: self.plan_hash.clone(),
            tax_hash: self.tax_hash.clone(),
            approval_hash: self.approval_hash.clone(),
            accounts_hash: self.accounts_hash.clone(),
        })
    }
}

/// Stores an assessment.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn store(tx: &mut Tx, key: &DocumentKey, a: &StoredAssessment, plan: &Plan) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO assessments (tenant, document, submission, revision, assessed_at, paid_on, assessment, plan, plan_hash,
            tax_hash, approval_hash, accounts_hash, facts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            key.submission,
            a.revision,
            a.assessed_at,
            a.paid_on,
            canonical::to_text(&a.assessment)?,
            canonical::to_text(plan)?,
            &a.plan_hash,
            &a.tax_hash,
            &a.approval_hash,
            &a.accounts_hash,
            canonical::to_text(&a.facts)?
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
            "SELECT revision, assessed_at, paid_on, facts, assessment, plan_hash, tax_hash, approval_hash, accounts_hash
             FROM assessments WHERE tenant = $1 AND document = $2 AND submission = $3 ORDER BY revision",
            args![key.tenant.as_str(), key.document.as_str(), key.submission],
        )
        .await?;
    rows.iter().map(Row::read).collect()
}
