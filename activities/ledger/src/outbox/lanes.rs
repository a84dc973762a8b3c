//! Lanes: taken by a dispatcher for a while, and given back with what became of their deliveries.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::TimeDelta;
use uuid::Uuid;

use super::OutboxEvent;
use crate::db::{Arg, Ledger, Tx, args, places};
use crate::error::LedgerError;

/// How many deliveries of one lane are taken at once.
const MOST_OF_A_LANE: u32 = 20;
/// The longest error that is kept, in characters.
const LONGEST_ERROR: usize = 300;

/// What one dispatcher has taken.
#[derive(Debug, Default)]
pub struct Leased {
    /// The lease: whoever gives a lane back shows it.
    pub lease: String,
    /// The deliveries, by lane, each lane in its order.
    pub lanes: Vec<(String, Vec<Delivery>)>,
}

/// One event for one receiver.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Delivery {
    /// The delivery's id.
    pub delivery: String,
    /// The lane.
    pub lane: String,
    /// `person/ID` or `vendor/ID`; '' where it goes to the channel itself.
    pub recipient: String,
    /// How often it was tried.
    pub attempts: i64,
    /// The event.
    #[sqlx(flatten)]
    pub event: OutboxEvent,
    /// What a letter needs.
    #[sqlx(flatten)]
    pub letter: Letter,
}

/// What a letter needs beside the event, as it is now.
#[derive(Clone, sqlx::FromRow)]
pub struct Letter {
    /// The address; none where none is known.
    pub email: Option<String>,
    /// The language, `en` or `bn`.
    pub lang: Option<String>,
    /// The document's number.
    pub number: Option<String>,
    /// Its vendor's name.
    pub vendor_name: Option<String>,
    /// Its amount, in poisha.
    pub total: Option<i64>,
}

impl fmt::Debug for Letter {
    // An address is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("email", &self.email.as_ref().map(|_| "…")).finish_non_exhaustive()
    }
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was handed over.
    Sent,
    /// It cannot be sent as things are, and nobody is to blame: there is no address.
    Skipped(String),
    /// It will not be sent: the receiver will not have it, or was asked too often.
    Dead(String),
    /// It may be sent later; those behind it wait too.
    Later {
        /// Why not now.
        why: String,
        /// For how long.
        wait: TimeDelta,
    },
}

/// What became of a lane. Deliveries that are not named were not tried.
#[derive(Debug, Clone)]
pub struct Worked {
    /// The lane.
    pub lane: String,
    /// The deliveries that were tried, in their order.
    pub outcomes: Vec<(String, Outcome)>,
}

/// Takes up to `most` lanes of a channel that have something to send, for a while; nobody else takes them meanwhile.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn lease(ledger: &Ledger, channel: &str, most: u32, time: TimeDelta) -> Result<Leased, LedgerError> {
    let mut reader = ledger.read_for_all().await?;
    let due: Option<(String,)> = reader
        .opt(
            "SELECT lane FROM outbox_lanes WHERE channel = $1 AND pending > 0 AND due_at <= $2 LIMIT 1",
            args![channel, reader.now()],
        )
        .await?;
    reader.rollback().await?;
    if due.is_none() {
        return Ok(Leased::default());
    }
    let mut tx = ledger.begin_for_all().await?;
    let (now, lease) = (tx.now(), Uuid::new_v4().to_string());
    let taken = format!(
        "WITH due AS MATERIALIZED (
            SELECT lane FROM outbox_lanes WHERE channel = $3 AND pending > 0 AND due_at <= $4 ORDER BY due_at LIMIT CAST($5 AS BIGINT){})
         UPDATE outbox_lanes SET due_at = $1, lease = $2 WHERE lane IN (SELECT lane FROM due) RETURNING lane",
        tx.skip_locked()
    );
    let lanes: Vec<(String,)> = tx.all_text(taken, args![now + time, &lease, channel, now, most]).await?;
    tx.commit().await?;
    if lanes.is_empty() {
        return Ok(Leased::default());
    }
    let mut reader = ledger.read_for_all().await?;
    let lanes: BTreeSet<String> = lanes.into_iter().map(|(lane,)| lane).collect();
    let mut found: BTreeMap<String, Vec<Delivery>> = lanes.iter().map(|lane| (lane.clone(), Vec::new())).collect();
    for delivery in waiting(&mut reader, &lanes).await? {
        found.entry(delivery.lane.clone()).or_default().push(delivery);
    }
    reader.rollback().await?;
    Ok(Leased { lease, lanes: found.into_iter().collect() })
}

/// The first deliveries of each lane, in their order.
async fn waiting(tx: &mut Tx, lanes: &BTreeSet<String>) -> Result<Vec<Delivery>, LedgerError> {
    let places = places(2, lanes.len());
    let sql = format!(
        "SELECT d.delivery, d.lane, d.recipient, d.attempts, o.id, o.tenant, o.document, o.submission, o.event, o.about, o.type,
            o.sequence, o.payload, o.created_at, c.email, c.lang, b.number, v.name AS vendor_name, b.total
         FROM (SELECT delivery, lane, recipient, attempts, event,
                row_number() OVER (PARTITION BY lane ORDER BY sequence) AS place
              FROM outbox_deliveries WHERE state = 'waiting' AND lane IN {places}) d
         JOIN outbox o ON o.id = d.event
         LEFT JOIN contacts c ON c.tenant = o.tenant AND c.party = d.recipient
         LEFT JOIN documents b ON b.tenant = o.tenant AND b.document = o.document AND b.submission = o.submission
         LEFT JOIN vendors v ON v.tenant = b.tenant AND v.vendor = b.vendor
         WHERE d.place <= $1 ORDER BY d.lane, o.sequence"
    );
    let args = args![MOST_OF_A_LANE].into_iter().chain(lanes.iter().map(Arg::from)).collect();
    tx.all_text(sql, args).await
}

/// Writes what became of lanes, and gives them back. Where a lease has ended and somebody else has the lane, what was done counts
/// all the same, and the lane stays theirs.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn finish(ledger: &Ledger, lease: &str, worked: &[Worked]) -> Result<(), LedgerError> {
    if worked.is_empty() {
        return Ok(());
    }
    let mut tx = ledger.begin_for_all().await?;
    let ids: BTreeSet<&String> = worked.iter().map(|w| &w.lane).collect();
    let locking = format!(
        "SELECT lane, lease FROM outbox_lanes WHERE lane IN {} ORDER BY lane{}",
        places(1, ids.len()),
        tx.for_update()
    );
    let held: Vec<(String, Option<String>)> =
        tx.all_text(locking, ids.iter().map(|id| Arg::from(*id)).collect()).await?;
    let held: BTreeMap<String, bool> =
        held.into_iter().map(|(lane, holder)| (lane, holder.as_deref() == Some(lease))).collect();
    let ended = end_deliveries(&mut tx, worked).await?;
    // Lanes to which the same happens are written together.
    let mut alike: BTreeMap<(bool, i64, Option<TimeDelta>), Vec<Arg>> = BTreeMap::new();
    for one in worked {
        let Some(is_ours) = held.get(&one.lane).copied() else { continue };
        let wait = one.outcomes.iter().find_map(|(_, outcome)| match outcome {
            Outcome::Later { wait, .. } => Some(*wait),
            _ => None,
        });
        let count = ended.get(&one.lane).copied().unwrap_or_default();
        alike.entry((is_ours, count, wait)).or_default().push(Arg::from(&one.lane));
    }
    let now = tx.now();
    for ((is_ours, count, wait), lanes) in alike {
        if is_ours {
            let due = now + wait.unwrap_or_default();
            let sql = "UPDATE outbox_lanes SET pending = pending - $1, due_at = $2, lease = NULL WHERE lane IN";
            tx.exec_in(sql, args![count, due], lanes).await?;
        } else {
            tx.exec_in("UPDATE outbox_lanes SET pending = pending - $1 WHERE lane IN", args![count], lanes).await?;
        }
    }
    tx.commit().await
}

/// Writes what became of deliveries; answers how many of each lane do not wait any more.
async fn end_deliveries(tx: &mut Tx, worked: &[Worked]) -> Result<BTreeMap<String, i64>, LedgerError> {
    let mut alike: BTreeMap<(&str, Option<String>), Vec<Arg>> = BTreeMap::new();
    for (delivery, outcome) in worked.iter().flat_map(|w| &w.outcomes) {
        let kind = match outcome {
            Outcome::Sent => ("sent", None),
            Outcome::Skipped(why) => ("skipped", Some(shortened(why))),
            Outcome::Dead(why) => ("dead", Some(shortened(why))),
            Outcome::Later { why, .. } => ("waiting", Some(shortened(why))),
        };
        alike.entry(kind).or_default().push(Arg::from(delivery));
    }
    let (now, mut ended) = (tx.now(), BTreeMap::new());
    for ((state, why), deliveries) in alike {
        let at = Some(now).filter(|_| state != "waiting");
        let sql = format!(
            "UPDATE outbox_deliveries SET state = $1, last_error = $2, ended_at = $3, attempts = attempts + 1
             WHERE state = 'waiting' AND delivery IN {} RETURNING lane",
            places(4, deliveries.len())
        );
        let args = args![state, why, at].into_iter().chain(deliveries).collect();
        let lanes: Vec<(String,)> = tx.all_text(sql, args).await?;
        if state != "waiting" {
            lanes.into_iter().for_each(|(lane,)| *ended.entry(lane).or_default() += 1);
        }
    }
    Ok(ended)
}

fn shortened(why: &str) -> String {
    why.chars().filter(|c| !c.is_control()).take(LONGEST_ERROR).collect()
}
