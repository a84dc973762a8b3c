//! The outbox: what others are to be told, written with the step and sent afterwards, at least once.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;
use vextrus_domain::{DocumentKey, canonical};

use crate::db::{Ledger, Tx, args};
use crate::error::LedgerError;

/// Adds an event; the same event of the same document is added once.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn add(tx: &mut Tx, key: &DocumentKey, event: &str, payload: &Value) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO outbox (id, tenant, document, submission, event, payload, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        args![
            Uuid::now_v7().to_string(),
            key.tenant.as_str(),
            key.document.as_str(),
            key.submission,
            event,
            canonical::to_text(payload)?,
            tx.now()
        ],
    )
    .await
    .map(drop)
}

/// An event to be sent. Its id stays the same when it is sent again.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OutboxEvent {
    /// The event's id.
    pub id: String,
    /// The company.
    pub tenant: String,
    /// The document.
    pub document: String,
    /// Its submission.
    pub submission: i64,
    /// What happened.
    pub event: String,
    /// The rest, as JSON.
    pub payload: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Takes up to `most` unsent events for a while; nobody else takes them meanwhile.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn lease(ledger: &Ledger, most: u32, lease: TimeDelta) -> Result<Vec<OutboxEvent>, LedgerError> {
    let mut reader = ledger.read_for_all().await?;
    let (waiting,): (i64,) = reader
        .one(
            "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND (leased_until IS NULL OR leased_until < $1)",
            args![reader.now()],
        )
        .await?;
    reader.rollback().await?;
    if waiting == 0 {
        return Ok(Vec::new());
    }
    let mut tx = ledger.begin_for_all().await?;
    let now = tx.now();
    // The condition stands twice: PostgreSQL checks the outer one again on a row that another dispatcher has just taken.
    let mut events: Vec<OutboxEvent> = tx
        .all(
            "UPDATE outbox SET leased_until = $1, attempts = attempts + 1
             WHERE sent_at IS NULL AND (leased_until IS NULL OR leased_until < $2) AND id IN (
                SELECT id FROM outbox WHERE sent_at IS NULL AND (leased_until IS NULL OR leased_until < $2)
                ORDER BY created_at, id LIMIT $3)
             RETURNING id, tenant, document, submission, event, payload, created_at",
            args![now + lease, now, most],
        )
        .await?;
    tx.commit().await?;
    events.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(events)
}

/// Marks events as sent.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn sent(ledger: &Ledger, events: &[OutboxEvent]) -> Result<(), LedgerError> {
    let mut tx = ledger.begin_for_all().await?;
    let now = tx.now();
    for event in events {
        tx.exec("UPDATE outbox SET sent_at = $2 WHERE id = $1", args![&event.id, now]).await?;
    }
    tx.commit().await
}

/// How many events wait.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn backlog(tx: &mut Tx) -> Result<i64, LedgerError> {
    let (waiting,): (i64,) = tx.one("SELECT count(*) FROM outbox WHERE sent_at IS NULL", args![]).await?;
    Ok(waiting)
}
