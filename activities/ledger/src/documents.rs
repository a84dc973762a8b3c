//! Documents: a state machine of their own, moved by compare-and-set.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use vextrus_domain::ids::PoNumber;
use vextrus_domain::{Content, DocumentKey, DocumentType, PersonId, Refusal, Taka, VendorId, canonical};
use vextrus_platform::metrics;

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Where a document stands in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its business key is taken.
    Claimed,
    /// Its budget is reserved and its plan resolved.
    Assessed,
    /// What was asked for is carried out: the payment instruction or the order exists.
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

    /// Reads a state from data.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`]: it is none.
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
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
    /// What was submitted, as it is now.
    pub content: Content,
    /// The number of that content; 1 for the first, one more after each change.
    pub content_number: u32,
    /// The hash of that content.
    pub payload_hash: String,
    /// How it ended, once it has.
    pub outcome: Option<String>,
    /// What was carried out, as canonical JSON, once it is settled.
    pub settlement: Option<String>,
    /// When it was claimed.
    pub claimed_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    kind: String,
    state: String,
    revision: i64,
    submitter: String,
    payload: String,
    payload_hash: String,
    content: i64,
    outcome: Option<String>,
    settlement: Option<String>,
    claimed_at: DateTime<Utc>,
}

impl Row {
    pub(crate) fn into_document(self, key: &DocumentKey) -> Result<Document, LedgerError> {
        Ok(Document {
            key: key.clone(),
            state: State::parse(&self.state)?,
            revision: u32::try_from(self.revision).map_err(|e| LedgerError::corrupt("revision", e))?,
            submitter: self.submitter.parse().map_err(|e| LedgerError::corrupt("submitter", format!("{e}")))?,
            content: Content::read(kind(&self.kind)?, &self.payload)?,
            content_number: u32::try_from(self.content).map_err(|e| LedgerError::corrupt("content", e))?,
            payload_hash: self.payload_hash,
            outcome: self.outcome,
            settlement: self.settlement,
            claimed_at: self.claimed_at,
        })
    }
}

pub(crate) fn kind(text: &str) -> Result<DocumentType, LedgerError> {
    text.parse().map_err(|e| LedgerError::corrupt("type of document", format!("{e}")))
}

/// The document, locked until the transaction ends, which is not before its claim by anybody's clock.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn lock(tx: &mut Tx, key: &DocumentKey) -> Result<Option<Document>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            "UPDATE documents SET lock_version = lock_version + 1 WHERE tenant = $1 AND document = $2 AND submission = $3
             RETURNING kind, state, revision, submitter, payload, payload_hash, content, outcome, settlement, claimed_at",
            args![key.tenant.as_str(), key.document.as_str(), key.submission],
        )
        .await?;
    let document = row.map(|r| r.into_document(key)).transpose()?;
    if let Some(document) = &document {
        tx.not_before(document.claimed_at);
    }
    Ok(document)
}

/// The document as it is.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn get(tx: &mut Tx, key: &DocumentKey) -> Result<Option<Document>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            "SELECT kind, state, revision, submitter, payload, payload_hash, content, outcome, settlement, claimed_at
             FROM documents WHERE tenant = $1 AND document = $2 AND submission = $3",
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

/// How a document ends.
#[derive(Debug, Clone, Copy)]
pub struct Conclusion<'a> {
    /// `Settled` or `Closed`.
    pub to: State,
    /// In one word.
    pub outcome: &'static str,
    /// The refusal behind it, where there is one.
    pub refusal: Option<&'a Refusal>,
    /// What was carried out, as canonical JSON.
    pub settlement: Option<&'a str>,
}

/// Ends a document.
///
/// # Errors
/// [`LedgerError::Database`], also when the move is not one that a document makes.
pub async fn concluded(tx: &mut Tx, document: &Document, end: Conclusion<'_>) -> Result<(), LedgerError> {
    let refusal = end.refusal.map(canonical::to_text).transpose()?;
    moved(
        tx.exec(
            "UPDATE documents SET state = $5, outcome = $6, refusal = $7, settlement = $8, concluded_at = $9
             WHERE tenant = $1 AND document = $2 AND submission = $3 AND state = $4",
            args![
                document.key.tenant.as_str(),
                document.key.document.as_str(),
                document.key.submission,
                document.state.name(),
                end.to.name(),
                end.outcome,
                refusal,
                end.settlement,
                tx.now()
            ],
        )
        .await?,
    )?;
    tx.count(&metrics::ENDED, &[document.content.kind().name(), end.outcome], 1);
    Ok(())
}

fn moved(rows: u64) -> Result<(), LedgerError> {
    if rows == 1 { Ok(()) } else { Err(LedgerError::corrupt("document", "its state moved under its lock")) }
}

/// The most lookalikes that are read of a document.
const MOST_LOOKALIKES: u32 = 20;

/// Documents that look the same as another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookalikes {
    /// The ids and numbers of the first, by id.
    pub first: Vec<(String, String)>,
    /// How many there are beside them.
    pub more: u64,
}

/// Other open or approved documents of the same type with the same vendor, amount and date.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn lookalikes(tx: &mut Tx, document: &Document) -> Result<Lookalikes, LedgerError> {
    let content = &document.content;
    let found: Vec<(String, String, i64)> = tx
        .all(
            "SELECT document, number, count(*) OVER () FROM documents WHERE tenant = $1 AND kind = $2 AND vendor = $3
             AND dated = $4 AND total = $5 AND document <> $6 AND state IN ('assessed', 'settled') ORDER BY document LIMIT CAST($7 AS BIGINT)",
            args![
                document.key.tenant.as_str(),
                content.kind().name(),
                content.vendor().as_str(),
                content.date(),
                content.amount(),
                document.key.document.as_str(),
                MOST_LOOKALIKES
            ],
        )
        .await?;
    let all = found.first().map_or(0, |(.., all)| all.unsigned_abs());
    let first: Vec<(String, String)> = found.into_iter().map(|(id, number, _)| (id, number)).collect();
    let more = all.saturating_sub(first.len() as u64);
    Ok(Lookalikes { first, more })
}

/// The orders that the contents of a document have named, each once and in order: the one that it names now, and those that it
/// named before it was changed.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn orders_named(tx: &mut Tx, document: &Document) -> Result<Vec<PoNumber>, LedgerError> {
    let mut named: BTreeSet<PoNumber> = document.content.po_number().cloned().into_iter().collect();
    if document.content_number > 1 {
        let key = &document.key;
        let earlier: Vec<(String,)> = tx
            .all(
                "SELECT payload FROM document_contents WHERE tenant = $1 AND document = $2 AND submission = $3 AND content < $4",
                args![key.tenant.as_str(), key.document.as_str(), key.submission, document.content_number],
            )
            .await?;
        for (payload,) in earlier {
            named.extend(Content::read(document.content.kind(), &payload)?.po_number().cloned());
        }
    }
    Ok(named.into_iter().collect())
}

/// What other open or approved orders of the same requester to the same vendor amount to, if they or an amendment of theirs were
/// claimed within this many seconds before this one. Each counts as it is now, or as an open amendment would have it.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn ordered_together(tx: &mut Tx, document: &Document, seconds: u64) -> Result<Taka, LedgerError> {
    let span = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX);
    let since = document.claimed_at.checked_sub_signed(span).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let vendor: &VendorId = document.content.vendor();
    let (sum,): (i64,) = tx
        .one(
            "SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM (
                SELECT max(CASE WHEN d.state = 'assessed' THEN d.total ELSE coalesce(o.amount, a.amount) END) AS amount
                FROM documents d LEFT JOIN purchase_orders o ON o.tenant = d.tenant AND o.document = d.document
                LEFT JOIN purchase_orders a ON a.tenant = d.tenant AND a.po_number = d.po_number
                WHERE d.tenant = $1 AND d.kind = $2 AND d.vendor = $3 AND d.submitter = $4 AND d.claimed_at >= $5
                    AND d.document <> $6 AND d.state IN ('assessed', 'settled') AND coalesce(o.po_number, a.po_number, '-') <> $7
                GROUP BY coalesce(o.po_number, a.po_number, d.document)) AS orders",
            args![
                document.key.tenant.as_str(),
                DocumentType::PurchaseOrder.name(),
                vendor.as_str(),
                document.submitter.as_str(),
                since,
                document.key.document.as_str(),
                document.content.po_number().map_or("", PoNumber::as_str)
            ],
        )
        .await?;
    Taka::from_poisha(sum).map_err(|e| LedgerError::corrupt("amount", e))
}
