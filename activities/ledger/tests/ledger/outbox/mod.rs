//! Events and their deliveries: each goes out at least once, in its document's order, by one dispatcher at a time.

mod contacts;
mod desk;
mod events;
mod lanes;
mod migration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use vextrus_domain::{DocumentKey, DocumentType};
use vextrus_ledger::outbox::{self, About, Backlog, Channel, Delivery, EventKind, Leased, NewEvent, Outcome, Worked};
use vextrus_tests_support::company::{Acme, id};

/// Takes everything.
const HOOK: Channel = Channel { name: "webhook", to_people: false };
/// Writes to people.
const MAIL: Channel = Channel { name: "smtp", to_people: true };
const LONG: TimeDelta = TimeDelta::hours(1);
/// What a test takes for the present.
const TODAY: &str = "2025-08-10T06:00:00Z";

fn key(document: &str) -> DocumentKey {
    DocumentKey { tenant: id("acme"), document: id(document), submission: 1 }
}

async fn add_as(acme: &Acme, document: &str, kind: EventKind, instance: &str, payload: &Value) {
    let mut tx = acme.begin().await.unwrap();
    let about = About::from(DocumentType::Invoice);
    outbox::add(&mut tx, &key(document), NewEvent { kind, about, instance, payload }).unwrap();
    tx.commit().await.unwrap();
}

/// Adds events of a document, which these words tell from each other.
async fn add(acme: &Acme, document: &str, instances: &[&str]) {
    for instance in instances {
        add_as(acme, document, EventKind::TaskOpened, instance, &json!({"task": instance, "to": ["rina"]})).await;
    }
}

async fn spread(acme: &Acme, channels: &[Channel]) -> usize {
    outbox::spread(&acme.ledger(), channels, 500).await.unwrap()
}

async fn lease(acme: &Acme, channel: &Channel, most: u32) -> Leased {
    outbox::lease(&acme.ledger(), channel.name, most, LONG).await.unwrap()
}

/// Each lane's document with the events that were taken of it.
fn taken(leased: &Leased) -> Vec<(String, Vec<String>)> {
    let instance = |d: &Delivery| d.event.event.rsplit('/').next().unwrap().to_owned();
    let lanes = leased.lanes.iter().filter(|(_, deliveries)| !deliveries.is_empty());
    lanes.map(|(_, all)| (all[0].event.document.clone(), all.iter().map(instance).collect())).collect()
}

fn later(seconds: i64) -> Outcome {
    Outcome::Later { why: "it answered 503".to_owned(), wait: TimeDelta::seconds(seconds) }
}

/// The same becomes of all that was taken.
fn worked(leased: &Leased, outcome: &Outcome) -> Vec<Worked> {
    let ended = |d: &Delivery| (d.delivery.clone(), outcome.clone());
    let lanes = leased.lanes.iter();
    lanes.map(|(lane, all)| Worked { lane: lane.clone(), outcomes: all.iter().map(ended).collect() }).collect()
}

async fn finish(acme: &Acme, leased: &Leased, worked: &[Worked]) {
    outbox::finish(&acme.ledger(), &leased.lease, worked).await.unwrap();
}

async fn backlog(acme: &Acme) -> Backlog {
    let mut tx = acme.ledger().read_for_all().await.unwrap();
    outbox::backlog(&mut tx, None).await.unwrap()
}

/// Waiting, leased, retrying, dead.
async fn counts(acme: &Acme, channel: &Channel) -> (i64, i64, i64, i64) {
    let found = backlog(acme).await.channels.remove(channel.name).unwrap_or_default();
    (found.waiting, found.leased, found.retrying, found.dead)
}
