//! Documents that an earlier version of the ledger has left.

use vextrus_contract::steps::{CloseInput, CloseOutput, CloseReason, SettleInput, SettleOutput};
use vextrus_documents::Steps;
use vextrus_domain::{DocumentKey, RefusalCode};
use vextrus_ledger::approvals::Trust;
use vextrus_ledger::{Ledger, check, views};
use vextrus_tests_support::company::{ACME, id};
use vextrus_tests_support::first_version;
use vextrus_tests_support::ledgers::Database;
use vextrus_tests_support::on_both;

on_both![
    what_was_assessed_before_cannot_go_on_and_can_be_closed,
    what_was_settled_before_stays_so,
    what_was_claimed_before_is_closed,
];

async fn migrated(database: &Database) -> Steps {
    first_version::write(database).await;
    Steps { ledger: Ledger::open(&database.address).await.unwrap(), trust: Trust::default() }
}

async fn close(steps: &Steps, key: DocumentKey, reason: CloseReason) -> CloseOutput {
    let input = CloseInput { key, reason, refusal: None, entries: Vec::new() };
    steps.close_step(&input).await.unwrap()
}

async fn settle(steps: &Steps, key: DocumentKey) -> SettleOutput {
    let input = SettleInput { key, revision: 1, at: id("2026-01-02T00:00:00Z"), entries: Vec::new() };
    steps.settle_step(&input).await.unwrap()
}

/// Nothing is wrong, and this much of the budget is reserved.
async fn reserved(steps: &Steps) -> String {
    let mut tx = steps.ledger.read(&id(ACME)).await.unwrap();
    assert_eq!(check::check(&mut tx, &id(ACME)).await.unwrap(), Vec::<String>::new());
    views::budgets(&mut tx, &id(ACME)).await.unwrap()[0].reserved.to_string()
}

async fn what_was_assessed_before_cannot_go_on_and_can_be_closed(database: &Database) {
    let (steps, key) = (migrated(database).await, first_version::assessed());
    let SettleOutput::Refused(refusal) = settle(&steps, key.clone()).await else { panic!("settled") };
    assert_eq!(refusal.code, RefusalCode::ApprovalsIncomplete, "what was decided before counts no more");
    assert_eq!(reserved(&steps).await, "100000.00");
    let refused = close(&steps, key.clone(), CloseReason::Expired).await;
    assert!(matches!(refused, CloseOutput::Refused(r) if r.code == RefusalCode::NotDue));
    assert_eq!(close(&steps, key.clone(), CloseReason::Failed).await, CloseOutput::Closed);
    assert_eq!(reserved(&steps).await, "0.00");
    let mut tx = steps.ledger.read(&id(ACME)).await.unwrap();
    let shown = views::document(&mut tx, &key.tenant, &key.document).await.unwrap().unwrap();
    let tasks: Vec<_> = shown.tasks.iter().map(|t| (t.state.as_str(), t.actor.as_deref())).collect();
    assert_eq!(tasks, [("decided", Some("salma")), ("dropped", None)]);
    assert_eq!(shown.outcome.as_deref(), Some("failed"));
}

async fn what_was_settled_before_stays_so(database: &Database) {
    let (steps, key) = (migrated(database).await, first_version::settled());
    let SettleOutput::Settled(settlement) = settle(&steps, key.clone()).await else { panic!("not settled") };
    assert_eq!((settlement.number.as_str(), settlement.date), ("PI-2025-26-000001", id("2026-01-02")));
    let closed = close(&steps, key, CloseReason::Cancelled).await;
    assert_eq!(closed, CloseOutput::AlreadySettled(settlement));
    assert_eq!(reserved(&steps).await, "100000.00", "of the other document");
}

async fn what_was_claimed_before_is_closed(database: &Database) {
    let (steps, key) = (migrated(database).await, first_version::claimed());
    assert_eq!(close(&steps, key, CloseReason::Cancelled).await, CloseOutput::Closed);
    reserved(&steps).await;
}
