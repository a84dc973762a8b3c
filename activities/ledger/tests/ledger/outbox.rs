//! Every event is sent at least once, and by one dispatcher at a time.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::json;
use vextrus_domain::DocumentKey;
use vextrus_ledger::outbox::{self, OutboxEvent};
use vextrus_tests_support::company::{Acme, id};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;

on_both![
    the_oldest_events_are_leased_first,
    a_leased_event_is_not_leased_again_until_its_lease_ends,
    a_sent_event_is_not_leased_again,
    the_same_event_is_added_once,
    what_is_rolled_back_is_never_sent,
    dispatchers_at_once_never_share_an_event,
];

/// A lease that has ended when it is given.
const ENDED: TimeDelta = TimeDelta::seconds(-1);
const LONG: TimeDelta = TimeDelta::hours(1);

fn key() -> DocumentKey {
    DocumentKey { tenant: id("acme"), document: id("d-1"), submission: 1 }
}

async fn add(acme: &Acme, events: &[&str]) {
    for event in events {
        let mut tx = acme.begin().await.unwrap();
        outbox::add(&mut tx, &key(), event, &json!({"event": event})).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn lease(acme: &Acme, most: u32, time: TimeDelta) -> Vec<OutboxEvent> {
    outbox::lease(acme, most, time).await.unwrap()
}

fn names(events: &[OutboxEvent]) -> Vec<&str> {
    events.iter().map(|e| e.event.as_str()).collect()
}

async fn backlog(acme: &Acme) -> i64 {
    let mut tx = acme.read().await.unwrap();
    outbox::backlog(&mut tx).await.unwrap()
}

async fn the_oldest_events_are_leased_first(acme: &Acme) {
    assert_eq!(lease(acme, 10, LONG).await, []);
    add(acme, &["one", "two", "three"]).await;
    let first = lease(acme, 2, LONG).await;
    assert_eq!(names(&first), ["one", "two"]);
    assert_eq!((first[0].tenant.as_str(), first[0].payload.as_str()), ("acme", r#"{"event":"one"}"#));
    assert_eq!(names(&lease(acme, 2, LONG).await), ["three"]);
}

async fn a_leased_event_is_not_leased_again_until_its_lease_ends(acme: &Acme) {
    add(acme, &["one"]).await;
    let first = lease(acme, 10, ENDED).await;
    let second = lease(acme, 10, LONG).await;
    assert_eq!(first, second, "its id stays the same, so that the receiver can tell");
    assert_eq!(lease(acme, 10, LONG).await, []);
    assert_eq!(acme.database.raw().await.number("SELECT attempts FROM outbox").await, 2);
    assert_eq!(backlog(acme).await, 1, "leased is not sent");
}

async fn a_sent_event_is_not_leased_again(acme: &Acme) {
    add(acme, &["one", "two"]).await;
    let leased = lease(acme, 1, ENDED).await;
    outbox::sent(acme, &leased).await.unwrap();
    assert_eq!(backlog(acme).await, 1);
    assert_eq!(names(&lease(acme, 10, ENDED).await), ["two"]);
}

async fn the_same_event_is_added_once(acme: &Acme) {
    add(acme, &["one", "one"]).await;
    let leased = lease(acme, 10, LONG).await;
    assert_eq!(names(&leased), ["one"]);
    outbox::sent(acme, &leased).await.unwrap();
    add(acme, &["one"]).await;
    assert_eq!(lease(acme, 10, LONG).await, [], "not after it was sent either");
}

async fn what_is_rolled_back_is_never_sent(acme: &Acme) {
    let mut tx = acme.begin().await.unwrap();
    outbox::add(&mut tx, &key(), "one", &json!({})).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!((backlog(acme).await, lease(acme, 10, LONG).await), (0, vec![]));
}

async fn dispatchers_at_once_never_share_an_event(acme: &Acme) {
    let events: Vec<String> = (0..60).map(|i| format!("event-{i}")).collect();
    let mut tx = acme.begin().await.unwrap();
    for event in &events {
        outbox::add(&mut tx, &key(), event, &json!({})).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut leased = Vec::new();
    while leased.len() < events.len() {
        let ledger = acme.ledger();
        let round = at_once(8, move |_| {
            let ledger = ledger.clone();
            async move { outbox::lease(&ledger, 7, LONG).await.unwrap() }
        })
        .await;
        let taken = leased.len();
        leased.extend(round.into_iter().flatten().map(|e| e.event));
        assert!(leased.len() > taken, "of many dispatchers at once, one gets something");
    }
    assert_eq!(leased.len(), events.len());
    assert_eq!(leased.into_iter().collect::<BTreeSet<_>>(), events.into_iter().collect());
}
