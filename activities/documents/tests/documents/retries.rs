//! A step that is tried again, as Temporal does when an answer is lost, answers the same and adds no row.

use std::fmt::Debug;

use vextrus_approval::Action;
use vextrus_contract::steps::{AssessInput, CloseReason, RecordInput, SettleInput, SettleOutput};
use vextrus_domain::RefusalCode;
use vextrus_domain::vendor::{Vendor, VendorKind};
use vextrus_ledger::LedgerError;
use vextrus_tests_support::company::{CLERK, id, invoice, taka, vendor};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, assess_input};

on_both![
    assess_again_is_the_same,
    assess_many_times_at_once_is_the_same,
    record_again_is_the_same,
    settle_again_is_the_same,
    close_again_is_the_same,
    another_input_is_another_question,
];

/// Carries a step out three times and compares the answers and the rows.
async fn repeat<T: PartialEq + Debug>(desk: &Desk, what: &str, step: impl AsyncFn() -> Result<T, LedgerError>) -> T {
    let mut raw = desk.database.raw().await;
    let first = step().await.unwrap();
    let rows = raw.rows().await;
    for _ in 0..2 {
        assert_eq!(step().await.unwrap(), first, "{what}");
        assert_eq!(raw.rows().await, rows, "{what}");
    }
    first
}

async fn assess_again_is_the_same(desk: &Desk) {
    let assess = |input: AssessInput| async move { desk.steps().assess_step(&input).await };
    let good = desk.claim(&invoice("padma", "INV-1", "100000")).await.unwrap();
    repeat(desk, "assessed", || assess(assess_input(&good, 1))).await;
    let mut wrong = invoice("padma", "INV-2", "100000");
    wrong.total = taka("1");
    let wrong = desk.claim(&wrong).await.unwrap();
    repeat(desk, "refused", || assess(assess_input(&wrong, 1))).await;
    repeat(desk, "out of turn", || assess(assess_input(&good, 5))).await;
    let unclaimed = AssessInput { payload_hash: "x".to_owned(), ..assess_input(&good, 1) };
    repeat(desk, "not claimed", || assess(unclaimed.clone())).await;

    // What a refusal rests on may change; its answer stays, so that a late retry cannot assess a closed document.
    desk.put_vendor(&Vendor { active: false, ..vendor("meghna") }).await;
    let claim = desk.claim(&invoice("meghna", "INV-3", "100000")).await.unwrap();
    let refused = repeat(desk, "inactive", || assess(assess_input(&claim, 1))).await;
    desk.put_vendor(&vendor("meghna")).await;
    assert_eq!(assess(assess_input(&claim, 1)).await.unwrap(), refused);
}

async fn assess_many_times_at_once_is_the_same(desk: &Desk) {
    let mut wrong = invoice("padma", "INV-2", "100000");
    wrong.total = taka("1");
    for (bill, trail) in
        [(invoice("padma", "INV-1", "100000"), ["claimed", "assessed"]), (wrong, ["claimed", "assess_refused"])]
    {
        let claim = desk.claim(&bill).await.unwrap();
        let (steps, input) = (desk.steps(), assess_input(&claim, 1));
        let answers = at_once(16, move |_| {
            let (steps, input) = (steps.clone(), input.clone());
            async move { steps.assess_step(&input).await.unwrap() }
        })
        .await;
        assert!(answers.iter().all(|a| *a == answers[0]), "{answers:?}");
        assert_eq!(desk.trail(&claim.key).await, trail);
    }
}

async fn record_again_is_the_same(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    let record = |input: RecordInput| async move { desk.steps().record_step(&input).await };
    let early = desk.record_input(&desk.signed(&claim.key, "level-2", "habib", "approve").await);
    repeat(desk, "too early", || record(early.clone())).await;
    let first = desk.record_input(&desk.signed(&claim.key, "level-1", "rina", "approve").await);
    repeat(desk, "recorded", || record(first.clone())).await;
    let late = desk.record_input(&desk.signed(&claim.key, "level-1", "salma", "approve").await);
    repeat(desk, "too late", || record(late.clone())).await;
}

async fn settle_again_is_the_same(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    let settle = |input: SettleInput| async move { desk.steps().settle_step(&input).await };
    repeat(desk, "by hand", || settle(desk.settle_input(&claim.key, 1, None))).await;
    let last = desk.approve(&claim.key).await;
    let input = desk.settle_input(&claim.key, 1, Some(last));
    desk.put_vendor(&Vendor { kind: VendorKind::Service, ..vendor("padma") }).await;
    repeat(desk, "reassess", || settle(input.clone())).await;
    desk.put_vendor(&vendor("padma")).await;
    repeat(desk, "settled", || settle(input.clone())).await;
    desk.put_vendor(&Vendor { active: false, ..vendor("padma") }).await;
    repeat(desk, "settled, and the vendor gone", || settle(input.clone())).await;
    let unclaimed = desk.settle_input(&vextrus_domain::DocumentKey { document: id("made-up"), ..claim.key }, 1, None);
    repeat(desk, "not claimed", || settle(unclaimed.clone())).await;
}

async fn close_again_is_the_same(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    let close = |input| async move { desk.steps().close_step(&input).await };
    let early = desk.close_input(&claim.key, CloseReason::Expired, None);
    repeat(desk, "not due", || close(early.clone())).await;
    let forged = desk.close_input(&claim.key, CloseReason::Withdrawn, Some(desk.withdrawal(&claim.key, "rina")));
    repeat(desk, "not the submitter", || close(forged.clone())).await;
    let word = desk.close_input(&claim.key, CloseReason::Withdrawn, Some(desk.withdrawal(&claim.key, CLERK)));
    repeat(desk, "closed", || close(word.clone())).await;
    repeat(desk, "closed already", || close(early.clone())).await;
    let late = desk.close_input(&claim.key, CloseReason::Failed, None);
    repeat(desk, "closed for another reason", || close(late.clone())).await;
    let (settled, _) = desk.settled(&invoice("padma", "INV-2", "100000")).await;
    let late = desk.close_input(&settled, CloseReason::Cancelled, None);
    repeat(desk, "settled", || close(late.clone())).await;
}

async fn another_input_is_another_question(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    let first = desk.signed(&claim.key, "level-1", "rina", "approve").await;
    assert_eq!(desk.record(&first).await, Ok(()));
    let rows = desk.database.raw().await.rows().await;
    let mut other = first.command;
    let Action::Decide { comment, .. } = &mut other.action else { panic!("{other:?}") };
    "another word".clone_into(comment);
    let refusal = desk.record(&desk.sign(other)).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::RequestIdReused);
    assert_eq!(desk.database.raw().await.rows().await["approval_log"], rows["approval_log"]);

    let settle = desk.settle_input(&claim.key, 1, Some(desk.approve(&claim.key).await));
    let SettleOutput::Settled(settled) = desk.steps().settle_step(&settle).await.unwrap() else { panic!("no") };
    let rows = desk.database.raw().await.rows().await;
    let other = SettleInput { at: id("2025-08-11T06:00:00Z"), ..settle };
    assert_eq!(desk.steps().settle_step(&other).await.unwrap(), SettleOutput::Settled(settled), "as it was settled");
    let mut after = desk.database.raw().await.rows().await;
    // That it was carried out stands on the trail, and nothing of it.
    for table in ["effects", "audit_entries", "audit_unsealed"] {
        *after.get_mut(table).unwrap() -= 1;
    }
    assert_eq!(after, rows);
}
