//! What operators see and do.

use vextrus_domain::{Refusal, RefusalCode};
use vextrus_ledger::audit::{self, TENANT_CHAIN};
use vextrus_ledger::outbox::{self, Change, DeliveryView, Outcome};
use vextrus_tests_support::company::{Acme, id};
use vextrus_tests_support::on_both;

use super::{HOOK, TODAY, add, counts, finish, later, lease, spread, taken, worked};

on_both![
    what_is_dead_is_listed_shown_and_sent_once_more,
    all_that_is_dead_is_sent_once_more,
    what_is_discarded_stays_so_and_frees_those_behind_it,
    what_cannot_be_is_refused_by_name,
];

async fn listed(acme: &Acme, state: Option<&str>) -> Vec<DeliveryView> {
    let mut tx = acme.read().await.unwrap();
    outbox::list(&mut tx, &id("acme"), (state, None), 100).await.unwrap()
}

async fn replay(acme: &Acme, ids: &[String]) -> Result<(), Refusal> {
    let mut tx = acme.begin().await.unwrap();
    let change = Change { tenant: &id("acme"), by: "operator" };
    let done = outbox::replay(&mut tx, change, ids).await.unwrap();
    if done.is_ok() {
        tx.commit().await.unwrap();
    }
    done
}

async fn discard(acme: &Acme, delivery: &str, reason: &str) -> Result<(), Refusal> {
    let mut tx = acme.begin().await.unwrap();
    let change = Change { tenant: &id("acme"), by: "operator" };
    let done = outbox::discard(&mut tx, change, delivery, reason).await.unwrap();
    if done.is_ok() {
        tx.commit().await.unwrap();
    }
    done
}

async fn on_the_trail(acme: &Acme) -> Vec<(String, Option<String>, serde_json::Value)> {
    let mut tx = acme.read().await.unwrap();
    let entries = audit::read_chain(&mut tx, &id("acme"), TENANT_CHAIN).await.unwrap().unwrap();
    let of_ours = entries.into_iter().filter(|e| e.kind.starts_with("outbox"));
    of_ours.map(|e| (e.kind, e.actor, e.body)).collect()
}

/// Two documents of one event each, which are dead.
async fn dead(acme: &Acme) -> Vec<String> {
    acme.at(TODAY);
    add(acme, "d-1", &["one"]).await;
    add(acme, "d-2", &["one"]).await;
    spread(acme, &[HOOK]).await;
    let leased = lease(acme, &HOOK, 10).await;
    finish(acme, &leased, &worked(&leased, &Outcome::Dead("it answered 400".to_owned()))).await;
    leased.lanes.iter().map(|(_, all)| all[0].delivery.clone()).collect()
}

async fn what_is_dead_is_listed_shown_and_sent_once_more(acme: &Acme) {
    let ids = dead(acme).await;
    add(acme, "d-1", &["two"]).await;
    spread(acme, &[HOOK]).await;
    let found = listed(acme, Some("dead")).await;
    assert_eq!(found.len(), 2);
    let first = found.iter().find(|d| d.document == "d-1").unwrap();
    assert_eq!((first.sequence, first.attempts, first.last_error.as_deref()), (1, 1, Some("it answered 400")));
    assert_eq!((first.state.as_str(), first.r#type.as_str()), ("dead", "bd.vextrus.document.task_opened.v1"));
    assert_eq!(listed(acme, None).await.len(), 3);
    assert_eq!(listed(acme, Some("waiting")).await.len(), 1);

    let mut tx = acme.ledger().read_for_all().await.unwrap();
    for id_ in [&first.event, &first.delivery] {
        let (event, deliveries) = outbox::show(&mut tx, &id("acme"), id_).await.unwrap().unwrap();
        assert_eq!((event.id.as_str(), deliveries.len()), (first.event.as_str(), 1));
        assert!(outbox::show(&mut tx, &id("globex"), id_).await.unwrap().is_none(), "a tenant sees its own");
    }
    drop(tx);

    assert_eq!(replay(acme, &ids[..1]).await, Ok(()));
    assert_eq!(counts(acme, &HOOK).await, (2, 0, 0, 1));
    let leased = lease(acme, &HOOK, 10).await;
    assert_eq!(taken(&leased), [("d-1".to_owned(), vec!["one".to_owned(), "two".to_owned()])]);
    finish(acme, &leased, &worked(&leased, &Outcome::Sent)).await;
    let trail = on_the_trail(acme).await;
    assert_eq!((trail[0].0.as_str(), trail[0].1.as_deref()), ("outbox_replayed", Some("operator")));
    assert_eq!(trail[0].2["deliveries"][0], ids[0]);
    assert_eq!(acme.wrong().await, Vec::<String>::new());
}

async fn all_that_is_dead_is_sent_once_more(acme: &Acme) {
    dead(acme).await;
    let mut tx = acme.begin().await.unwrap();
    let tenant = id("acme");
    let change = Change { tenant: &tenant, by: "operator" };
    assert_eq!(outbox::replay_dead(&mut tx, change, Some("smtp")).await.unwrap(), Ok(0));
    assert_eq!(outbox::replay_dead(&mut tx, change, Some("webhook")).await.unwrap(), Ok(2));
    tx.commit().await.unwrap();
    assert_eq!(counts(acme, &HOOK).await, (2, 0, 0, 0));
    assert_eq!(lease(acme, &HOOK, 10).await.lanes.len(), 2);
}

async fn what_is_discarded_stays_so_and_frees_those_behind_it(acme: &Acme) {
    acme.at(TODAY);
    add(acme, "d-1", &["one", "two"]).await;
    spread(acme, &[HOOK]).await;
    let leased = lease(acme, &HOOK, 10).await;
    let mut outcomes = worked(&leased, &later(3600));
    outcomes[0].outcomes.truncate(1);
    finish(acme, &leased, &outcomes).await;
    let first = leased.lanes[0].1[0].delivery.clone();
    assert_eq!(discard(acme, &first, "the receiver is gone").await, Ok(()));
    let leased = lease(acme, &HOOK, 10).await;
    assert_eq!(taken(&leased), [("d-1".to_owned(), vec!["two".to_owned()])]);
    finish(acme, &leased, &worked(&leased, &Outcome::Sent)).await;
    assert_eq!(counts(acme, &HOOK).await, (0, 0, 0, 0));
    assert_eq!(acme.database.raw().await.number("SELECT CAST(sum(pending) AS BIGINT) FROM outbox_lanes").await, 0);
    let [(kind, _, body)] = <[_; 1]>::try_from(on_the_trail(acme).await).unwrap();
    assert_eq!(
        (kind.as_str(), &body["was"], &body["reason"]),
        ("outbox_discarded", &"waiting".into(), &"the receiver is gone".into())
    );
    let again = replay(acme, &[first]).await.unwrap_err();
    assert!(again.message.contains("is discarded"), "{again}");
}

async fn what_cannot_be_is_refused_by_name(acme: &Acme) {
    let ids = dead(acme).await;
    let unknown = replay(acme, &[ids[0].clone(), "nothing".to_owned()]).await.unwrap_err();
    assert_eq!(unknown.code, RefusalCode::NotFound);
    assert!(unknown.message.contains("\"nothing\""), "{unknown}");
    assert_eq!(counts(acme, &HOOK).await.3, 2, "all or none");
    for reason in ["", "  ", "a\nb", "x".repeat(501).as_str()] {
        assert_eq!(discard(acme, &ids[0], reason).await.unwrap_err().code, RefusalCode::ReasonRequired, "{reason:?}");
    }
    assert_eq!(discard(acme, "nothing", "gone").await.unwrap_err().code, RefusalCode::NotFound);
    replay(acme, &ids).await.unwrap();
    let waiting = replay(acme, &ids).await.unwrap_err();
    assert!(waiting.message.contains("is waiting; only what is dead"), "{waiting}");
}
