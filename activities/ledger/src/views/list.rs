//! Lists of documents, the latest first.

use chrono::{DateTime, Utc};
use vextrus_domain::{DocumentType, TenantId};

use crate::db::{EARLIEST, LATEST, Tx, args};
use crate::error::LedgerError;

/// Which documents a list holds: those that are so in every field that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// `claimed`, `assessed`, `settled` or `closed`.
    pub state: Option<String>,
    /// `approved`, `rejected`, `expired`, `withdrawn`, `cancelled` or `failed`.
    pub outcome: Option<String>,
    /// The vendor's id.
    pub vendor: Option<String>,
    /// The department that pays.
    pub department: Option<String>,
    /// Who submitted it.
    pub submitter: Option<String>,
    /// The vendor's number of an invoice, as printed.
    pub number: Option<String>,
    /// Submitted at this moment or later.
    pub since: Option<DateTime<Utc>>,
    /// Submitted before this moment.
    pub before: Option<DateTime<Utc>>,
}

/// A document in a list: its latest submission.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ListLine {
    /// The document.
    pub document: String,
    /// Which submission.
    pub submission: i64,
    /// Where it stands.
    pub state: String,
    /// How it ended, once it has.
    pub outcome: Option<String>,
    /// The vendor.
    pub vendor: String,
    /// The vendor's number; empty for an order.
    pub number: String,
    /// The department that pays.
    pub department: String,
    /// The total of an invoice, the amount of an order, in poisha.
    pub total: i64,
    /// Who submitted it.
    pub submitter: String,
    /// When.
    pub claimed_at: DateTime<Utc>,
    /// When it ended.
    pub concluded_at: Option<DateTime<Utc>>,
    /// The earliest moment by which somebody must answer; none where nobody is asked.
    pub due_at: Option<DateTime<Utc>>,
}

/// Where a page of a list ends: time and id of its last document.
pub type ListCursor = (DateTime<Utc>, String);

/// Documents of a type, the latest submitted first, beyond a cursor.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn list(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: DocumentType,
    filter: &ListFilter,
    beyond: Option<&ListCursor>,
    page: u32,
) -> Result<Vec<ListLine>, LedgerError> {
    let (at, document) = beyond.cloned().unwrap_or((LATEST, String::new()));
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    tx.all(
        "SELECT d.document, d.submission, d.state, d.outcome, d.vendor, d.number, d.department, d.total, d.submitter,
            d.claimed_at, d.concluded_at,
            (SELECT min(t.due_at) FROM tasks t WHERE t.tenant = d.tenant AND t.document = d.document
                AND t.submission = d.submission AND t.state = 'open') AS due_at
         FROM documents d
         WHERE d.tenant = $1 AND d.kind = $2 AND (d.claimed_at, d.document) < ($3, $4)
           AND d.claimed_at >= $5 AND d.claimed_at < $6
           AND ($7 = '' OR d.state = $7) AND ($8 = '' OR d.outcome = $8) AND ($9 = '' OR d.vendor = $9)
           AND ($10 = '' OR d.department = $10) AND ($11 = '' OR d.submitter = $11) AND ($12 = '' OR d.number = $12)
           AND NOT EXISTS (SELECT 1 FROM documents n WHERE n.tenant = d.tenant AND n.document = d.document
                AND n.submission > d.submission)
         ORDER BY d.claimed_at DESC, d.document DESC LIMIT CAST($13 AS BIGINT)",
        args![
            tenant.as_str(),
            kind.name(),
            at.clamp(EARLIEST, LATEST),
            document,
            filter.since.unwrap_or(EARLIEST).clamp(EARLIEST, LATEST),
            filter.before.unwrap_or(LATEST).clamp(EARLIEST, LATEST),
            text(&filter.state),
            text(&filter.outcome),
            text(&filter.vendor),
            text(&filter.department),
            text(&filter.submitter),
            text(&filter.number),
            page,
        ],
    )
    .await
}

/// The kind of a document or of an employee's process, and whether it has ended; none where there is none of this id.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn has_ended(tx: &mut Tx, tenant: &TenantId, id: &str) -> Result<Option<(String, bool)>, LedgerError> {
    let found: Option<(String, String)> = tx
        .opt(
            "SELECT kind, state FROM documents WHERE tenant = $1 AND document = $2 ORDER BY submission DESC LIMIT 1",
            args![tenant.as_str(), id],
        )
        .await?;
    if let Some((kind, state)) = found {
        return Ok(Some((kind, matches!(state.as_str(), "settled" | "closed"))));
    }
    let found: Option<(String, String)> = tx
        .opt(
            "SELECT kind, state FROM employee_processes WHERE tenant = $1 AND process = $2",
            args![tenant.as_str(), id],
        )
        .await?;
    Ok(found.map(|(kind, state)| (kind, state == "ended")))
}
