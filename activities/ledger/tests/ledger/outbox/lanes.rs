//! Lanes: order, leases, failures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use vextrus_ledger::outbox::{self, Outcome, Worked};
use vextrus_tests_support::company::{Acme, id};
use vextrus_tests_support::dice::Dice;
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;

use super::{HOOK, LONG, TODAY, add, backlog, counts, finish, later, lease, spread, taken, worked};

on_both![
    a_lane_is_taken_as_a_whole_and_by_one,
    what_a_dispatcher_took_and_lost_is_taken_again,
    what_was_sent_is_not_taken_again,
    who_comes_late_counts_once,
    a_failing_delivery_holds_up_its_own_document_alone,
    a_dead_delivery_lets_the_later_ones_go,
    a_long_lane_leaves_the_others_their_share,
    the_backlog_tells_what_waits,
    dispatchers_at_once_keep_every_documents_order,
];

fn named(all: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    all.iter().map(|(d, events)| ((*d).to_owned(), events.iter().map(|e| (*e).to_owned()).collect())).collect()
}

async fn a_lane_is_taken_as_a_whole_and_by_one(acme: &Acme) {
    acme.at(TODAY);
    assert!(lease(acme, &HOOK, 10).await.lanes.is_empty());
    add(acme, "d-1", &["one", "two"]).await;
    add(acme, "d-2", &["one"]).await;
    spread(acme, &[HOOK]).await;
    assert_eq!(taken(&lease(acme, &HOOK, 1).await), named(&[("d-1", &["one", "two"])]));
    // A later event of a document that somebody works at waits for them.
    add(acme, "d-1", &["three"]).await;
    spread(acme, &[HOOK]).await;
    assert_eq!(taken(&lease(acme, &HOOK, 10).await), named(&[("d-2", &["one"])]));
    assert_eq!(taken(&lease(acme, &HOOK, 10).await), []);
}

async fn what_a_dispatcher_took_and_lost_is_taken_again(acme: &Acme) {
    acme.at(TODAY);
    add(acme, "d-1", &["one", "two"]).await;
    spread(acme, &[HOOK]).await;
    let first = lease(acme, &HOOK, 10).await;
    acme.pass(LONG - TimeDelta::seconds(1));
    assert_eq!(taken(&lease(acme, &HOOK, 10).await), []);
    acme.pass(TimeDelta::seconds(1));
    let second = lease(acme, &HOOK, 10).await;
    assert_eq!(taken(&second), taken(&first));
    let ids = |leased: &outbox::Leased| leased.lanes[0].1.iter().map(|d| d.event.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second), "an event's id stays the same, so that the receiver can tell");
}

async fn what_was_sent_is_not_taken_again(acme: &Acme) {
    acme.at(TODAY);
    add(acme, "d-1", &["one", "two"]).await;
    spread(acme, &[HOOK]).await;
    let leased = lease(acme, &HOOK, 10).await;
    let mut first = worked(&leased, &Outcome::Sent);
    first[0].outcomes.truncate(1);
    finish(acme, &leased, &first).await;
    // What was not tried is due at once.
    let rest = lease(acme, &HOOK, 10).await;
    assert_eq!(taken(&rest), named(&[("d-1", &["two"])]));
    finish(acme, &rest, &worked(&rest, &Outcome::Sent)).await;
    acme.pass(LONG * 2);
    assert_eq!(taken(&lease(acme, &HOOK, 10).await), []);
    assert_eq!(acme.database.raw().await.number("SELECT CAST(sum(pending) AS BIGINT) FROM outbox_lanes").await, 0);
}

async fn who_comes_late_counts_once(acme: &Acme) {
    acme.at(TODAY);
    add(acme, "d-1", &["one", "two"]).await;
    spread(acme, &[HOOK]).await;
    let slow = lease(acme, &HOOK, 10).await;
    acme.pass(LONG);
    let quick = lease(acme, &HOOK, 10).await;
    // The slow one has sent the first of them after all.
    let mut first = worked(&slow, &Outcome::Sent);
    first[0].outcomes.truncate(1);
    finish(acme, &slow, &first).await;
    assert_eq!(taken(&lease(acme, &HOOK, 10).await), [], "the lane stays with whoever has it");
    assert_eq!(counts(acme, &HOOK).await.0, 1);
    finish(acme, &quick, &worked(&quick, &Outcome::Sent)).await;
    assert_eq!(counts(acme, &HOOK).await, (0, 0, 0, 0));
    let mut raw = acme.database.raw().await;
    assert_eq!(raw.number("SELECT CAST(sum(pending) AS BIGINT) FROM outbox_lanes").await, 0);
    finish(acme, &slow, &worked(&slow, &later(9))).await;
    assert_eq!(raw.number("SELECT count(*) FROM outbox_deliveries WHERE state = 'sent'").await, 2);
}

async fn a_failing_delivery_holds_up_its_own_document_alone(acme: &Acme) {
    acme.at(TODAY);
    add(acme, "d-1", &["one", "two"]).await;
    add(acme, "d-2", &["one"]).await;
    spread(acme, &[HOOK]).await;
    let leased = lease(acme, &HOOK, 10).await;
    let mut outcomes = worked(&leased, &Outcome::Sent);
    outcomes[0].outcomes = vec![(leased.lanes[0].1[0].delivery.clone(), later(30))];
    finish(acme, &leased, &outcomes).await;
    assert_eq!(counts(acme, &HOOK).await, (2, 0, 1, 0));
    add(acme, "d-2", &["two"]).await;
    add(acme, "d-1", &["three"]).await;
    spread(acme, &[HOOK]).await;
    acme.pass(TimeDelta::seconds(29));
    assert_eq!(taken(&lease(acme, &HOOK, 10).await), named(&[("d-2", &["two"])]));
    acme.pass(TimeDelta::seconds(1));
    let again = lease(acme, &HOOK, 10).await;
    assert_eq!(taken(&again), named(&[("d-1", &["one", "two", "three"])]));
    assert_eq!(again.lanes[0].1.iter().map(|d| d.attempts).collect::<Vec<_>>(), [1, 0, 0]);
}

async fn a_dead_delivery_lets_the_later_ones_go(acme: &Acme) {
    acme.at(TODAY);
    add(acme, "d-1", &["one", "two"]).await;
    spread(acme, &[HOOK]).await;
    let leased = lease(acme, &HOOK, 10).await;
    let mut outcomes = worked(&leased, &Outcome::Dead("it answered 400\r\n, a refusal".repeat(40)));
    outcomes[0].outcomes.truncate(1);
    finish(acme, &leased, &outcomes).await;
    assert_eq!(counts(acme, &HOOK).await, (1, 0, 0, 1));
    assert_eq!(taken(&lease(acme, &HOOK, 10).await), named(&[("d-1", &["two"])]));
    let kept = acme.database.raw().await.texts("SELECT last_error FROM outbox_deliveries WHERE state = 'dead'").await;
    assert!(kept[0].len() == 300 && !kept[0].contains('\n'), "{kept:?}");
}

async fn a_long_lane_leaves_the_others_their_share(acme: &Acme) {
    acme.at(TODAY);
    let many: Vec<String> = (10..70).map(|n| n.to_string()).collect();
    add(acme, "d-1", &many.iter().map(String::as_str).collect::<Vec<_>>()).await;
    add(acme, "d-2", &["one"]).await;
    spread(acme, &[HOOK]).await;
    let mut sent = Vec::new();
    for round in 0..3 {
        let leased = lease(acme, &HOOK, 10).await;
        let all = taken(&leased);
        assert_eq!(all[0].1.len(), 20, "round {round}");
        assert_eq!(all.len(), if round == 0 { 2 } else { 1 });
        sent.extend(all[0].1.clone());
        finish(acme, &leased, &worked(&leased, &Outcome::Sent)).await;
    }
    assert_eq!(sent, many);
    assert_eq!(counts(acme, &HOOK).await.0, 0);
}

async fn the_backlog_tells_what_waits(acme: &Acme) {
    acme.at(TODAY);
    add(acme, "d-1", &["one", "two"]).await;
    acme.pass(TimeDelta::hours(1));
    add(acme, "d-2", &["one"]).await;
    add(acme, "d-3", &["one"]).await;
    assert_eq!(backlog(acme).await.unspread, 4);
    spread(acme, &[HOOK]).await;
    assert_eq!(counts(acme, &HOOK).await, (4, 0, 0, 0));
    assert_eq!(backlog(acme).await.channels["webhook"].oldest, Some(id(TODAY)));
    let leased = lease(acme, &HOOK, 2).await;
    assert_eq!(counts(acme, &HOOK).await, (4, 3, 0, 0));
    finish(acme, &leased, &worked(&leased, &Outcome::Sent)).await;
    assert_eq!(counts(acme, &HOOK).await, (1, 0, 0, 0));
    assert_eq!(backlog(acme).await.channels["webhook"].oldest, Some(id("2025-08-10T07:00:00Z")));
    let mut tx = acme.ledger().read(&id("globex")).await.unwrap();
    let other = outbox::backlog(&mut tx, Some(&id("globex"))).await.unwrap();
    assert_eq!(other, outbox::Backlog::default());
}

/// Eight dispatchers spread, take, fail at random and give back; every event arrives, each document's in order.
async fn dispatchers_at_once_keep_every_documents_order(acme: &Acme) {
    let events: Vec<String> = (10..22).map(|n| n.to_string()).collect();
    let names: Vec<&str> = events.iter().map(String::as_str).collect();
    for document in ["d-1", "d-2", "d-3", "d-4", "d-5"] {
        add(acme, document, &names).await;
    }
    let arrived: Arc<Mutex<BTreeMap<String, Vec<i64>>>> = Arc::default();
    let (ledger, seen, dice) = (acme.ledger(), Arc::clone(&arrived), Arc::new(Mutex::new(Dice::new())));
    at_once(8, move |_| {
        let (ledger, seen, dice) = (ledger.clone(), Arc::clone(&seen), Arc::clone(&dice));
        async move {
            let roll = |sides| dice.lock().unwrap().roll(sides);
            let mut idle = 0;
            while idle < 20 {
                outbox::spread(&ledger, &[HOOK], 7).await.unwrap();
                let leased = outbox::lease(&ledger, HOOK.name, 2, LONG).await.unwrap();
                idle = if leased.lanes.is_empty() { idle + 1 } else { 0 };
                let mut all = Vec::new();
                for (lane, deliveries) in leased.lanes {
                    let mut outcomes = Vec::new();
                    for delivery in deliveries {
                        if roll(4) == 0 {
                            outcomes.push((delivery.delivery, later(0)));
                            break;
                        }
                        let event = delivery.event;
                        seen.lock().unwrap().entry(event.document).or_default().push(event.sequence);
                        outcomes.push((delivery.delivery, Outcome::Sent));
                    }
                    all.push(Worked { lane, outcomes });
                }
                outbox::finish(&ledger, &leased.lease, &all).await.unwrap();
            }
        }
    })
    .await;
    let arrived = arrived.lock().unwrap().clone();
    assert_eq!(arrived.len(), 5);
    for (document, places) in &arrived {
        assert_eq!(places, &(1..=12).collect::<Vec<i64>>(), "{document}");
    }
    let states: BTreeSet<String> =
        acme.database.raw().await.texts("SELECT DISTINCT state FROM outbox_deliveries").await.into_iter().collect();
    assert_eq!(states, BTreeSet::from(["sent".to_owned()]));
}
