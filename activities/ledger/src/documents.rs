//! Documents: a state machine of their own, moved by compare-and-set.

use chrono::{DateTime, Utc};
use vextrus_domain::{DocumentKey, Invoice, PersonId, Refusal, canonical};

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Where a document stands in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its business key is taken.
    Claimed,
    /// Its budget is reserved and its plan resolved.
    Assessed,
    /// Its payment instruction exists.
    Settled,
    /// It ended otherwise.
    Closed,
}

impl State {
    /// The state's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Assessed => "assessed",
            Self::Settled => "settled",
            Self::Closed => "closed",
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, LedgerError> {
        [Self::Claimed, Self::Assessed, Self::Settled, Self::Closed]
            .into_iter()
            .find(|s| s.name() == text)
            .ok_or_else(|| LedgerError::corrupt("document state", text))
    }
}

/// A document as its steps need it.
#[derive(Debug, Clone)]
pub struct Document {
    /// Which.
    pub key: DocumentKey,
    /// Where it stands.
    pub state: State,
    /// The revision of its latest assessment; 0 before the first.
    pub revision: u32,
    /// Who submitted it.
    pub submitter: PersonId,
    /// What was submitted.
    pub invoice: Invoice,
    /// The hash of that.
    pub payload_hash: String,
    /// How it ended, once it has.
    pub outcome: Option<String>,
    /// When it was claimed.
    pub claimed_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    state: String,
    revision: i64,
    submitter: String,
    payload: String,
    payload_hash: String,
    outcome: Option<String>,
    claimed_at: DateTime<Utc>,
}

impl Row {
    fn into_document(self, key: &DocumentKey) -> Result<Document, LedgerError> {
        Ok(Document {
            key: key.clone(),
            state: State::parse(&self.state)?,
            revision: u32::try_from(self.revision).map_err(|e| LedgerError::corrupt("revision", e))?,
            submitter: self.submitter.parse().map_err(|e| LedgerError::corrupt("submitter", format!("{e}")))?,
            invoice: canonical::from_text(&self.payload)?,
            payload_hash: self.payload_hash,
            outcome: self.outcome,
            claimed_at: self.claimed_at,
        })
    }
}

/// The document, locked until the transaction ends.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn lock(tx: &mut Tx, key: &DocumentKey) -> Result<Option<Document>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            "UPDATE documents SET lock_version = lock_version + 1 WHERE tenant = $1 AND document = $2 AND submission = $3
             RETURNING state, revision, submitter, payload, payload_hash, outcome, claimed_at",
            args![key.tenant.as_str(), key.document.as_str(), key.submission],
        )
        .await?;
    row.map(|r| r.into_document(key)).transpose()
}

/// The document as it is.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn get(tx: &mut Tx, key: &DocumentKey) -> Result<Option<Document>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            "SELECT state, revision, submitter, payload, payload_hash, outcome, claimed_at FROM documents
             WHERE tenant = $1 AND document = $2 AND submission = $3",
            args![key.tenant.as_str(), key.document.as_str(), key.submission],
        )
        .await?;
    row.map(|r| r.into_document(key)).transpose()
}

/// Moves a document that is not ended to `assessed`, with the revision of its assessment.
///
/// # Errors
/// [`LedgerError::Database`], also when the move is not one that a document makes.
pub async fn assessed(tx: &mut Tx, document: &Document, revision: u32) -> Result<(), LedgerError> {
    moved(
        tx.exec(
            "UPDATE documents SET state = 'assessed', revision = $5
             WHERE tenant = $1 AND document = $2 AND submission = $3 AND state = $4 AND revision = $5 - 1",
            args![
                document.key.tenant.as_str(),
                document.key.document.as_str(),
                document.key.submission,
                document.state.name(),
                revision
            ],
        )
        .await?,
    )
}

/// Ends a document.
///
/// # Errors
/// [`LedgerError::Database`], also when the move is not one that a document makes.
pub async fn concluded(
    tx: &mut Tx,
    document: &Document,
    to: State,
    outcome: &str,
    refusal: Option<&Refusal>,
) -> Result<(), LedgerError> {
    let refusal = refusal.map(canonical::to_text).transpose()?;
    moved(
        tx.exec(
            "UPDATE documents SET state = $5, outcome = $6, refusal = $7, concluded_at = $8
             WHERE tenant = $1 AND document = $2 AND submission = $3 AND state = $4",
            args![
                document.key.tenant.as_str(),
                document.key.document.as_str(),
                document.key.submission,
                document.state.name(),
                to.name(),
                outcome,
                refusal,
                tx.now()
            ],
        )
        .await?,
    )
}

fn moved(rows: u64) -> Result<(), LedgerError> {
    if rows == 1 { Ok(()) } else { Err(LedgerError::corrupt("document", "its state moved under its lock")) }
}

/// Other open or approved documents with the same vendor, amount and date.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn lookalikes(tx: &mut Tx, document: &Document) -> Result<Vec<(String, String)>, LedgerError> {
    let invoice = &document.invoice;
    tx.all(
        "SELECT document, number FROM documents WHERE tenant = $1 AND vendor = $2 AND invoice_date = $3 AND total = $4
         AND document <> $5 AND state IN ('assessed', 'settled') ORDER BY document",
        args![
            document.key.tenant.as_str(),
            invoice.vendor.as_str(),
            invoice.date,
            invoice.total,
            document.key.document.as_str()
        ],
    )
    .await
}
