//! The outbox: what others are to be told, written with the step and sent afterwards, at least once.
//!
//! An event is one row, which never changes. A dispatcher *spreads* it: it makes a delivery of it for each channel, and for each
//! person where a channel writes to people. Deliveries about one document to one receiver stand in a *lane*, and a lane is taken as
//! a whole by one dispatcher at a time: so they go out in their order, and what was sent already costs a poll nothing.

mod backlog;
mod contacts;
mod desk;
mod kinds;
mod lanes;
mod spread;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;
use vextrus_domain::{DocumentKey, canonical};

use crate::db::{Tx, args};
use crate::error::LedgerError;

pub use backlog::{Backlog, ChannelBacklog, backlog};
pub use contacts::put_contact;
pub use desk::{Change, DeliveryView, MOST_LISTED, discard, list, replay, replay_dead, show};
pub use kinds::{About, EventKind};
pub use lanes::{Delivery, Leased, Letter, Outcome, Worked, finish, lease};
pub use spread::{Channel, spread};

/// An event to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewEvent<'a> {
    /// What happened.
    pub kind: EventKind,
    /// What it is about.
    pub about: About,
    /// What tells it from others of its kind about the same document; '' where there is one alone.
    pub instance: &'a str,
    /// The rest.
    pub payload: &'a Value,
}

/// An event that is written when its transaction commits.
#[derive(Debug)]
pub(crate) struct PendingEvent {
    key: DocumentKey,
    event: String,
    payload: String,
    about: &'static str,
    kind: &'static str,
}

/// Adds an event; the same event of the same document is added once. It is written when the transaction commits.
///
/// It takes the document's next place. Two steps that would take the same one cannot both commit: the document is locked, as for
/// its trail, or the later step fails and is tried again.
///
/// # Errors
/// [`LedgerError::Corrupt`]: the payload cannot be written.
pub fn add(tx: &mut Tx, key: &DocumentKey, event: NewEvent<'_>) -> Result<(), LedgerError> {
    let name = match event.instance {
        "" => event.kind.name().to_owned(),
        instance => format!("{}/{instance}", event.kind.name()),
    };
    if tx.events.iter().any(|pending| pending.event == name && pending.key == *key) {
        return Ok(());
    }
    tx.events.push(PendingEvent {
        key: key.clone(),
        event: name,
        payload: canonical::to_text(event.payload)?,
        about: event.about.name(),
        kind: event.kind.type_name(),
    });
    Ok(())
}

/// Writes the events of a transaction.
pub(crate) async fn flush(tx: &mut Tx) -> Result<(), LedgerError> {
    let (now, events) = (tx.now(), std::mem::take(&mut tx.events));
    let row = |(place, event): (i64, PendingEvent)| {
        args![
            place,
            Uuid::now_v7().to_string(),
            event.key.tenant.as_str(),
            event.key.document.as_str(),
            event.key.submission,
            event.event,
            event.payload,
            event.about,
            event.kind,
            now
        ]
    };
    let rows = (0..).zip(events).map(row).collect();
    // No event of a document is older than the one before it, so that the order of time is that of places too.
    tx.insert(
        "WITH e (place, id, tenant, document, submission, event, payload, about, type, at) AS (VALUES",
        rows,
        "), n AS (
             SELECT e.*, (SELECT max(o.sequence) FROM outbox o WHERE o.tenant = e.tenant AND o.document = e.document) AS taken,
                (SELECT max(o.created_at) FROM outbox o WHERE o.tenant = e.tenant AND o.document = e.document) AS last_at
             FROM e WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.tenant = e.tenant AND o.document = e.document
                AND o.submission = e.submission AND o.event = e.event))
         INSERT INTO outbox (id, tenant, document, submission, event, payload, about, type, sequence, created_at)
         SELECT id, tenant, document, submission, event, payload, about, type,
             coalesce(taken, 0) + row_number() OVER (PARTITION BY tenant, document ORDER BY place),
             CASE WHEN last_at > at THEN last_at ELSE at END
         FROM n WHERE TRUE ON CONFLICT (tenant, document, submission, event) DO NOTHING",
    )
    .await
}

/// An event. Its id stays the same however often it is sent.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OutboxEvent {
    /// The event's id.
    pub id: String,
    /// The company.
    pub tenant: String,
    /// The document, or the process.
    pub document: String,
    /// Its submission.
    pub submission: i64,
    /// What happened, with what tells it from others of its kind.
    pub event: String,
    /// The name of what it is about; see [`About`].
    pub about: String,
    /// The type's name; see [`EventKind`].
    #[sqlx(rename = "type")]
    pub kind: String,
    /// The event's place among those of its document, from 1.
    pub sequence: i64,
    /// The rest, as JSON.
    pub payload: String,
    /// When.
    pub created_at: DateTime<Utc>,
}
