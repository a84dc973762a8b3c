//! What the ledger holds as open, in pages: each should have a workflow that runs.

use chrono::{DateTime, Utc};
use vextrus_domain::{DocumentKey, DocumentType, TenantId};
use vextrus_lifecycle::Process;

use crate::db::{Tx, args};
use crate::documents;
use crate::error::LedgerError;

/// Where a page begins, whom it is about, and how much it holds.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// After this one; from the beginning where it is unset.
    pub after: Option<&'a DocumentKey>,
    /// One company, or all.
    pub tenant: Option<&'a TenantId>,
    /// Only what was claimed before this moment.
    pub before: DateTime<Utc>,
    /// The most.
    pub most: u32,
}

/// Something open: a submission of a document, or an employee's process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open<K> {
    /// Which.
    pub key: DocumentKey,
    /// Of which kind.
    pub kind: K,
    /// When it was claimed.
    pub claimed_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    tenant: String,
    document: String,
    submission: i64,
    kind: String,
    claimed_at: DateTime<Utc>,
}

impl Row {
    fn into_open<K>(self, kind: impl Fn(&str) -> Result<K, LedgerError>) -> Result<Open<K>, LedgerError> {
        let key = DocumentKey {
            tenant: self.tenant.parse().map_err(|e| LedgerError::corrupt("tenant", format!("{e}")))?,
            document: self.document.parse().map_err(|e| LedgerError::corrupt("document id", format!("{e}")))?,
            submission: u32::try_from(self.submission).map_err(|e| LedgerError::corrupt("submission", e))?,
        };
        Ok(Open { key, kind: kind(&self.kind)?, claimed_at: self.claimed_at })
    }
}

/// Documents that are claimed or assessed, by tenant, document and submission.
///
/// # Errors
/// [`LedgerError`].
pub async fn documents(tx: &mut Tx, page: Page<'_>) -> Result<Vec<Open<DocumentType>>, LedgerError> {
    let (tenant, document, submission) = place(page.after);
    let rows: Vec<Row> = tx
        .all(
            "SELECT tenant, document, submission, kind, claimed_at FROM documents
             WHERE state IN ('claimed', 'assessed') AND (tenant, document, submission) > ($1, $2, $3)
             AND ($4 = '' OR tenant = $4) AND claimed_at < $5 ORDER BY tenant, document, submission LIMIT CAST($6 AS BIGINT)",
            args![tenant, document, submission, page.tenant.map_or("", TenantId::as_str), page.before, page.most],
        )
        .await?;
    rows.into_iter().map(|row| row.into_open(documents::kind)).collect()
}

/// Processes that have not ended, by tenant and process.
///
/// # Errors
/// [`LedgerError`].
pub async fn processes(tx: &mut Tx, page: Page<'_>) -> Result<Vec<Open<Process>>, LedgerError> {
    let (tenant, process, _) = place(page.after);
    let rows: Vec<Row> = tx
        .all(
            "SELECT tenant, process AS document, CAST(1 AS BIGINT) AS submission, kind, claimed_at FROM employee_processes
             WHERE state <> 'ended' AND (tenant, process) > ($1, $2)
             AND ($3 = '' OR tenant = $3) AND claimed_at < $4 ORDER BY tenant, process LIMIT CAST($5 AS BIGINT)",
            args![tenant, process, page.tenant.map_or("", TenantId::as_str), page.before, page.most],
        )
        .await?;
    let kind = |text: &str| text.parse().map_err(|e| LedgerError::corrupt("process", format!("{e}")));
    rows.into_iter().map(|row| row.into_open(kind)).collect()
}

fn place(after: Option<&DocumentKey>) -> (&str, &str, u32) {
    after.map_or(("", "", 0), |key| (key.tenant.as_str(), key.document.as_str(), key.submission))
}

/// Where something stands that a workflow runs for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is open.
    Open,
    /// It has ended, at this moment.
    Ended(DateTime<Utc>),
}

type Ended = Option<(Option<DateTime<Utc>>,)>;

fn standing(row: Ended) -> Option<Standing> {
    row.map(|(ended,)| ended.map_or(Standing::Open, Standing::Ended))
}

/// Where a document of this type stands; none where the ledger does not hold it.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn document_standing(
    tx: &mut Tx,
    key: &DocumentKey,
    kind: DocumentType,
) -> Result<Option<Standing>, LedgerError> {
    let row: Ended = tx
        .opt(
            "SELECT concluded_at FROM documents WHERE tenant = $1 AND document = $2 AND submission = $3 AND kind = $4",
            args![key.tenant.as_str(), key.document.as_str(), key.submission, kind.name()],
        )
        .await?;
    Ok(standing(row))
}

/// Where a process of this kind stands; none where the ledger does not hold it.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn process_standing(tx: &mut Tx, key: &DocumentKey, kind: Process) -> Result<Option<Standing>, LedgerError> {
    let row: Ended = tx
        .opt(
            "SELECT ended_at FROM employee_processes WHERE tenant = $1 AND process = $2 AND kind = $3",
            args![key.tenant.as_str(), key.document.as_str(), kind.name()],
        )
        .await?;
    Ok(standing(row).filter(|_| key.submission == 1))
}
