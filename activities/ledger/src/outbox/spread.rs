//! From events to deliveries.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use uuid::Uuid;
use vextrus_domain::canonical;
use vextrus_domain::contact::Party;

use super::{EventKind, OutboxEvent};
use crate::db::{Arg, Ledger, Tx, args};
use crate::error::LedgerError;

/// A channel by which events leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its name, such as `webhook`.
    pub name: &'static str,
    /// Whether it writes to people, each by themselves; otherwise it takes every event once.
    pub to_people: bool,
}

/// A delivery to be made.
struct Planned<'a> {
    event: &'a OutboxEvent,
    channel: &'static str,
    recipient: String,
    lane: String,
}

/// Makes the deliveries of up to `most` events, the oldest first, and answers how many events there were. Where another dispatcher
/// is about it, there are none. An event that no channel takes is done with.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn spread(ledger: &Ledger, channels: &[Channel], most: u32) -> Result<usize, LedgerError> {
    let mut reader = ledger.read_for_all().await?;
    let waits: Option<(String,)> = reader.opt("SELECT id FROM outbox WHERE spread_at IS NULL LIMIT 1", args![]).await?;
    reader.rollback().await?;
    if waits.is_none() {
        return Ok(0);
    }
    let mut tx = ledger.begin_for_all().await?;
    let alone = format!("SELECT id FROM outbox_spreading WHERE id = 1{}", tx.skip_locked());
    if tx.all_text::<(i64,)>(alone, args![]).await?.is_empty() {
        tx.rollback().await?;
        return Ok(0);
    }
    let events: Vec<OutboxEvent> = tx
        .all(
            "SELECT id, tenant, document, submission, event, about, type, sequence, payload, created_at FROM outbox
             WHERE spread_at IS NULL ORDER BY created_at, sequence, id LIMIT CAST($1 AS BIGINT)",
            args![most],
        )
        .await?;
    let planned: Vec<Planned<'_>> = events.iter().flat_map(|event| plan(event, channels)).collect();
    write(&mut tx, &planned).await?;
    let ids: Vec<Arg> = events.iter().map(|event| Arg::from(&event.id)).collect();
    tx.exec_in("UPDATE outbox SET spread_at = $1 WHERE id IN", args![tx.now()], ids).await?;
    tx.commit().await?;
    Ok(events.len())
}

fn plan<'a>(event: &'a OutboxEvent, channels: &[Channel]) -> Vec<Planned<'a>> {
    let mut planned = Vec::new();
    for channel in channels {
        let recipients = if channel.to_people { recipients(event) } else { BTreeSet::from([String::new()]) };
        for recipient in recipients {
            let lane = format!("{}/{}/{}/{recipient}", event.tenant, event.document, channel.name);
            planned.push(Planned { event, channel: channel.name, recipient, lane });
        }
    }
    planned
}

/// Who is written to.
fn recipients(event: &OutboxEvent) -> BTreeSet<String> {
    let Some(kind) = EventKind::of_type(&event.kind).filter(|kind| kind.is_notice()) else { return BTreeSet::new() };
    let payload: Value = canonical::from_text(&event.payload).unwrap_or_default();
    let named = match &payload["to"] {
        Value::Array(people) => people.iter().filter_map(Value::as_str).collect(),
        Value::String(person) => vec![person.as_str()],
        _ => Vec::new(),
    };
    let people = named.into_iter().filter_map(|person| person.parse().ok().map(Party::Person));
    let is_for_vendor = matches!(kind, EventKind::OrderIssued | EventKind::OrderAmended);
    let vendor = payload["vendor"].as_str().filter(|_| is_for_vendor);
    let vendor = vendor.and_then(|vendor| vendor.parse().ok()).map(Party::Vendor);
    people.chain(vendor).map(|party| party.to_string()).collect()
}

async fn write(tx: &mut Tx, planned: &[Planned<'_>]) -> Result<(), LedgerError> {
    // Sorted, as everybody locks lanes.
    let mut lanes: BTreeMap<&str, (&Planned<'_>, i64)> = BTreeMap::new();
    for one in planned {
        lanes.entry(&one.lane).or_insert((one, 0)).1 += 1;
    }
    let now = tx.now();
    let rows = lanes.into_values().map(|(one, count)| {
        let event = one.event;
        args![&one.lane, &event.tenant, &event.document, one.channel, &one.recipient, count, now]
    });
    tx.insert(
        "INSERT INTO outbox_lanes (lane, tenant, document, channel, recipient, pending, due_at) VALUES",
        rows.collect(),
        "ON CONFLICT (lane) DO UPDATE SET pending = outbox_lanes.pending + excluded.pending,
            due_at = CASE WHEN outbox_lanes.pending = 0 THEN excluded.due_at ELSE outbox_lanes.due_at END",
    )
    .await?;
    let rows = planned.iter().map(|one| {
        let (id, event) = (Uuid::now_v7().to_string(), one.event);
        let (channel, recipient) = (one.channel, &one.recipient);
        args![id, &event.id, &one.lane, &event.tenant, channel, recipient, event.sequence, event.created_at, "waiting"]
    });
    tx.insert(
        "INSERT INTO outbox_deliveries (delivery, event, lane, tenant, channel, recipient, sequence, created_at, state) VALUES",
        rows.collect(),
        "",
    )
    .await
}
