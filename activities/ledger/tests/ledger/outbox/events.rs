//! Events as they are written, and how they are spread to channels.

use serde_json::json;
use vextrus_ledger::outbox::{self, About, EventKind, NewEvent};
use vextrus_tests_support::company::{Acme, id};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;

use super::{HOOK, LONG, MAIL, TODAY, add, add_as, backlog, counts, finish, key, lease, spread, taken, worked};

on_both![
    an_event_is_added_once_and_takes_the_next_place,
    what_is_rolled_back_is_never_sent,
    no_event_is_older_than_the_one_before_it,
    two_steps_at_once_leave_no_gap,
    each_channel_takes_every_event_once,
    people_are_written_to_each_by_themselves,
    an_event_that_no_channel_takes_is_done_with,
    an_event_is_never_changed,
];

async fn an_event_is_added_once_and_takes_the_next_place(acme: &Acme) {
    add(acme, "d-1", &["one", "one", "two"]).await;
    add(acme, "d-2", &["one"]).await;
    spread(acme, &[HOOK]).await;
    let leased = lease(acme, &HOOK, 10).await;
    finish(acme, &leased, &worked(&leased, &outbox::Outcome::Sent)).await;
    add(acme, "d-1", &["one", "three"]).await;
    let places = "SELECT document || ' ' || event || ' ' || sequence FROM outbox ORDER BY document, sequence";
    let found = acme.database.raw().await.texts(places).await;
    assert_eq!(
        found,
        ["d-1 task_opened/one 1", "d-1 task_opened/two 2", "d-1 task_opened/three 3", "d-2 task_opened/one 1"]
    );
}

async fn what_is_rolled_back_is_never_sent(acme: &Acme) {
    let mut tx = acme.begin().await.unwrap();
    let about = About::Document(vextrus_domain::DocumentType::Invoice);
    let event = NewEvent { kind: EventKind::Settled, about, instance: "", payload: &json!({}) };
    outbox::add(&mut tx, &key("d-1"), event).unwrap();
    tx.rollback().await.unwrap();
    add(acme, "d-1", &["one"]).await;
    assert_eq!(spread(acme, &[HOOK]).await, 1);
    assert_eq!(lease(acme, &HOOK, 10).await.lanes[0].1[0].event.sequence, 1);
}

async fn no_event_is_older_than_the_one_before_it(acme: &Acme) {
    for (moment, instance) in [(TODAY, "one"), ("2025-08-10T05:00:00Z", "two"), ("2025-08-10T07:00:00Z", "three")] {
        acme.at(moment);
        add(acme, "d-1", &[instance]).await;
    }
    spread(acme, &[HOOK]).await;
    let leased = lease(acme, &HOOK, 10).await;
    let moments: Vec<_> = leased.lanes[0].1.iter().map(|d| d.event.created_at).collect();
    let expected: [chrono::DateTime<chrono::Utc>; 3] = [TODAY, TODAY, "2025-08-10T07:00:00Z"].map(id);
    assert_eq!(moments, expected);
}

async fn two_steps_at_once_leave_no_gap(acme: &Acme) {
    let ledger = acme.ledger();
    let added = at_once(12, move |n| {
        let ledger = ledger.clone();
        async move {
            let about = About::Document(vextrus_domain::DocumentType::Invoice);
            let (instance, payload) = (n.to_string(), json!({}));
            // A step that lost is tried again, as Temporal does.
            loop {
                let mut tx = ledger.begin_for_all().await.unwrap();
                let event = NewEvent { kind: EventKind::TaskOpened, about, instance: &instance, payload: &payload };
                outbox::add(&mut tx, &key("d-1"), event).unwrap();
                match tx.commit().await {
                    Ok(()) => return,
                    Err(error) => assert!(error.is_unique_violation(), "{error}"),
                }
            }
        }
    })
    .await;
    assert_eq!(added.len(), 12);
    let mut raw = acme.database.raw().await;
    assert_eq!(raw.number("SELECT count(DISTINCT sequence) FROM outbox").await, 12);
    assert_eq!(raw.number("SELECT max(sequence) FROM outbox").await, 12);
}

async fn each_channel_takes_every_event_once(acme: &Acme) {
    add(acme, "d-1", &["one", "two"]).await;
    add(acme, "d-2", &["one"]).await;
    let log = outbox::Channel { name: "log", to_people: false };
    let (ledger, both) = (acme.ledger(), [HOOK, log.clone()]);
    let counted = at_once(6, move |_| {
        let (ledger, both) = (ledger.clone(), both.clone());
        async move { outbox::spread(&ledger, &both, 500).await.unwrap() }
    })
    .await;
    assert_eq!(counted.iter().sum::<usize>(), 3, "of many dispatchers, one spreads an event");
    for channel in [&HOOK, &log] {
        assert_eq!(counts(acme, channel).await.0, 3, "{}", channel.name);
        let found = outbox::lease(&acme.ledger(), channel.name, 10, LONG).await.unwrap();
        let expected = [("d-1", vec!["one", "two"]), ("d-2", vec!["one"])];
        assert_eq!(
            taken(&found),
            expected.map(|(d, all)| (d.to_owned(), all.into_iter().map(str::to_owned).collect()))
        );
    }
    assert_eq!(spread(acme, &[HOOK]).await, 0, "once for ever");
}

async fn people_are_written_to_each_by_themselves(acme: &Acme) {
    add_as(acme, "d-1", EventKind::TaskOpened, "a", &json!({"to": ["rina", "salma", "rina"]})).await;
    add_as(acme, "d-1", EventKind::Returned, "b", &json!({"to": "karim"})).await;
    add_as(acme, "d-1", EventKind::OrderIssued, "", &json!({"to": "karim", "vendor": "padma"})).await;
    add_as(acme, "d-1", EventKind::Settled, "", &json!({"to": "karim", "vendor": "padma"})).await;
    // Nobody is written to about these.
    add_as(acme, "d-1", EventKind::Assessed, "1", &json!({"to": "karim"})).await;
    add_as(acme, "d-1", EventKind::StartMoved, "", &json!({"to": "2026-01-01"})).await;
    add_as(acme, "d-1", EventKind::TaskReminder, "a", &json!({"to": null})).await;
    spread(acme, &[MAIL]).await;
    let sql =
        "SELECT recipient || ' ' || event || ' ' || d.channel FROM outbox_deliveries d JOIN outbox o ON o.id = d.event
        ORDER BY recipient, o.sequence";
    let sql = sql.replace(" event ", " o.event ");
    assert_eq!(
        acme.database.raw().await.texts(&sql).await,
        [
            "person/karim returned/b smtp",
            "person/karim order_issued smtp",
            "person/karim settled smtp",
            "person/rina task_opened/a smtp",
            "person/salma task_opened/a smtp",
            "vendor/padma order_issued smtp",
        ]
    );
}

async fn an_event_that_no_channel_takes_is_done_with(acme: &Acme) {
    add(acme, "d-1", &["one"]).await;
    assert_eq!(backlog(acme).await.unspread, 1);
    assert_eq!(spread(acme, &[]).await, 1);
    assert_eq!(backlog(acme).await, outbox::Backlog::default());
    assert_eq!(spread(acme, &[HOOK]).await, 0);
}

async fn an_event_is_never_changed(acme: &Acme) {
    add(acme, "d-1", &["one", "two"]).await;
    spread(acme, &[HOOK]).await;
    let leased = lease(acme, &HOOK, 10).await;
    let mut first = worked(&leased, &outbox::Outcome::Sent);
    first[0].outcomes.truncate(1);
    finish(acme, &leased, &first).await;
    let mut raw = acme.database.raw().await;
    let columns =
        ["id", "tenant", "document", "submission", "event", "payload", "created_at", "about", "type", "sequence"];
    for column in columns {
        let said = raw.refused(&format!("UPDATE outbox SET {column} = {column}")).await;
        assert!(said.contains("an event is never changed"), "{column}: {said}");
    }
    for (sql, said) in [
        ("UPDATE outbox SET spread_at = NULL", "an event is spread once"),
        ("DELETE FROM outbox", "an event is never deleted"),
        ("DELETE FROM outbox_deliveries", "a delivery is never deleted"),
        ("DELETE FROM outbox_lanes", "a lane is never deleted"),
        ("UPDATE outbox_deliveries SET channel = 'x' WHERE state = 'waiting'", "a delivery keeps what it is"),
        ("UPDATE outbox_deliveries SET state = 'waiting', ended_at = NULL", "what was sent or discarded stays so"),
    ] {
        let refused = raw.refused(sql).await;
        assert!(refused.contains(said), "{sql}: {refused}");
    }
}
