//! `close` gives back what was reserved, for a reason that the ledger finds true.

use chrono::TimeDelta;
use vextrus_approval::SignedCommand;
use vextrus_contract::steps::{CloseInput, CloseOutput, CloseReason, Entry};
use vextrus_domain::{DocumentKey, Refusal, RefusalCode};
use vextrus_ledger::rules::RuleKind;
use vextrus_tests_support::company::{CLERK, INVOICES, id, invoice};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    every_reason_needs_its_proof,
    a_rejection_is_no_withdrawal_and_a_withdrawal_no_rejection,
    what_was_reserved_is_released,
    a_document_that_was_never_assessed_is_closed,
    an_expiry_needs_a_deadline_that_has_passed,
    only_the_submitters_own_word_withdraws,
    a_refused_close_keeps_nothing_of_its_decision,
    closed_by_hand_the_true_close_finds_it_closed,
    settle_and_close_at_once_never_both,
];

#[track_caller]
fn refused(output: &CloseOutput, code: RefusalCode) {
    assert!(matches!(output, CloseOutput::Refused(refusal) if refusal.code == code), "{output:?}");
}

async fn submitted(desk: &Desk) -> DocumentKey {
    desk.submit(&invoice("padma", "INV-1", "100000")).await.0.key
}

async fn reserved(desk: &Desk) -> String {
    desk.budget("works", "").await.0
}

async fn every_reason_needs_its_proof(desk: &Desk) {
    use CloseReason as R;
    use RefusalCode as C;
    for (n, (reason, without)) in [
        (R::Rejected, Some(C::ApprovalsIncomplete)),
        (R::Withdrawn, Some(C::ApprovalsIncomplete)),
        (R::Expired, Some(C::NotDue)),
        (R::Cancelled, None),
        (R::Failed, None),
    ]
    .into_iter()
    .enumerate()
    {
        let (claim, _) = desk.submit(&invoice("padma", &format!("INV-{n}"), &format!("{}", 100_000 + n))).await;
        let answer = desk.close(&claim.key, reason, None).await;
        let Some(code) = without else {
            assert_eq!(answer, CloseOutput::Closed, "{reason:?} is an operator's word");
            assert_eq!(desk.trail(&claim.key).await, ["claimed", "assessed", "closed"]);
            continue;
        };
        refused(&answer, code);
        assert_eq!(desk.trail(&claim.key).await, ["claimed", "assessed", "close_refused"]);
        // An approval is no proof either.
        let yes = desk.signed(&claim.key, "level-1", "rina", "approve").await;
        refused(&desk.close(&claim.key, reason, Some(yes)).await, code);
        assert_eq!(desk.document(&claim.key).await.state.name(), "assessed");
    }
}

async fn a_rejection_is_no_withdrawal_and_a_withdrawal_no_rejection(desk: &Desk) {
    let key = submitted(desk).await;
    let no = desk.signed(&key, "level-1", "rina", "reject").await;
    refused(&desk.close(&key, CloseReason::Withdrawn, Some(no.clone())).await, RefusalCode::ApprovalsIncomplete);
    assert_eq!(desk.close(&key, CloseReason::Rejected, Some(no)).await, CloseOutput::Closed);
    assert_eq!(desk.document(&key).await.outcome.as_deref(), Some("rejected"));

    let key = submitted(desk).await;
    let word = desk.withdrawal(&key, CLERK);
    refused(&desk.close(&key, CloseReason::Rejected, Some(word.clone())).await, RefusalCode::ApprovalsIncomplete);
    assert_eq!(desk.close(&key, CloseReason::Withdrawn, Some(word)).await, CloseOutput::Closed);
    assert_eq!(desk.document(&key).await.outcome.as_deref(), Some("withdrawn"));
}

async fn what_was_reserved_is_released(desk: &Desk) {
    let other = desk.submit(&invoice("meghna", "INV-9", "5000")).await.0.key;
    let mut bill = invoice("padma", "INV-1", "100000");
    bill.project = Some(id("bridge"));
    let key = desk.submit(&bill).await.0.key;
    assert_eq!(reserved(desk).await, "105000.00");
    let refusal = Refusal::new(RefusalCode::Internal, "the worker gave up");
    let input = CloseInput { refusal: Some(refusal.clone()), ..desk.close_input(&key, CloseReason::Failed, None) };
    assert_eq!(desk.steps().close_step(&input).await.unwrap(), CloseOutput::Closed);
    assert_eq!(reserved(desk).await, "5000.00", "what the other document reserved stays");
    let shown = desk.document(&key).await;
    assert_eq!((shown.outcome.as_deref(), shown.refusal), (Some("failed"), Some(refusal)));
    assert!(shown.tasks.iter().all(|t| t.state == "dropped"));
    assert_eq!(desk.document(&other).await.state.name(), "assessed");
    let told = "SELECT count(*) FROM outbox WHERE event = 'closed'";
    assert_eq!(desk.database.raw().await.number(told).await, 1);
}

async fn a_document_that_was_never_assessed_is_closed(desk: &Desk) {
    let claim = desk.claim(&invoice("padma", "INV-1", "100000")).await.unwrap();
    refused(&desk.close(&claim.key, CloseReason::Rejected, None).await, RefusalCode::ApprovalsIncomplete);
    let word = desk.withdrawal(&claim.key, CLERK);
    assert_eq!(desk.close(&claim.key, CloseReason::Withdrawn, Some(word)).await, CloseOutput::Closed);
    let (again, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    assert_eq!(again.key.submission, 2);
}

/// `close` as the workflow calls it when its timer has fired at a moment.
async fn expire(desk: &Desk, key: &DocumentKey, at: chrono::DateTime<chrono::Utc>) -> CloseOutput {
    let input = CloseInput { entries: vec![Entry::Tick { at }], ..desk.close_input(key, CloseReason::Expired, None) };
    desk.steps().close_step(&input).await.unwrap()
}

async fn an_expiry_needs_a_deadline_that_has_passed(desk: &Desk) {
    let key = submitted(desk).await;
    let second = TimeDelta::seconds(1);
    refused(&expire(desk, &key, desk.now()).await, RefusalCode::NotDue);
    refused(&expire(desk, &key, desk.now() + TimeDelta::days(2)).await, RefusalCode::NotDue);
    desk.activate(RuleKind::Approval, &INVOICES.replace("within = \"2d\"", "within = \"30m\"")).await;
    let (other, _) = desk.submit(&invoice("padma", "INV-2", "90000")).await;
    let (decided, _) = desk.submit(&invoice("padma", "INV-3", "110000")).await;
    let first = desk.signed(&decided.key, "level-1", "rina", "approve").await;
    assert_eq!(desk.record(&first).await, Ok(()));
    desk.pass(TimeDelta::minutes(30));
    refused(&expire(desk, &other.key, desk.now() - second).await, RefusalCode::NotDue);
    refused(&desk.close(&other.key, CloseReason::Expired, None).await, RefusalCode::NotDue);
    assert_eq!(expire(desk, &other.key, desk.now()).await, CloseOutput::Closed);
    assert_eq!(desk.document(&other.key).await.outcome.as_deref(), Some("expired"));
    // A decided task is not overdue, whenever it was due.
    refused(&expire(desk, &decided.key, desk.now()).await, RefusalCode::NotDue);
    // The first document keeps the policy that it was assessed with: two days.
    refused(&expire(desk, &key, desk.now()).await, RefusalCode::NotDue);
    desk.pass(TimeDelta::days(2));
    assert_eq!(expire(desk, &key, desk.now()).await, CloseOutput::Closed);
}

async fn only_the_submitters_own_word_withdraws(desk: &Desk) {
    let key = submitted(desk).await;
    let good = desk.withdrawal(&key, CLERK);
    let mut forged = desk.withdrawal(&key, "rina");
    forged.command.actor = id(CLERK);
    forged.command.principal = id(CLERK);
    let unsigned = SignedCommand { signature: None, ..good.clone() };
    let mut behalf = good.command.clone();
    behalf.actor = id("rina");
    for (what, code, word) in [
        ("another's", RefusalCode::NotSubmitter, desk.withdrawal(&key, "rina")),
        ("on behalf", RefusalCode::NotSubmitter, desk.sign(behalf)),
        ("forged", RefusalCode::SignatureInvalid, forged),
        ("unsigned", RefusalCode::SignatureMissing, unsigned),
    ] {
        let CloseOutput::NotEnded { refused } = desk.close(&key, CloseReason::Withdrawn, Some(word)).await else {
            panic!("{what}");
        };
        assert_eq!(refused.iter().map(|r| r.refusal.code).collect::<Vec<_>>(), [code], "{what}");
    }
    assert_eq!(desk.close(&key, CloseReason::Withdrawn, Some(good)).await, CloseOutput::Closed);
    let trail = desk.trail(&key).await.split_off(2);
    assert_eq!(trail, [&["command_refused"; 4][..], &["taken_back", "closed"]].concat());
}

async fn a_refused_close_keeps_nothing_of_its_decision(desk: &Desk) {
    let key = submitted(desk).await;
    let yes = desk.signed(&key, "level-1", "rina", "approve").await;
    refused(&desk.close(&key, CloseReason::Rejected, Some(yes)).await, RefusalCode::ApprovalsIncomplete);
    assert_eq!(desk.database.raw().await.rows().await["approval_log"], 1, "the plan");
    assert_eq!(
        (reserved(desk).await, desk.document(&key).await.tasks[0].state.as_str()),
        ("100000.00".to_owned(), "open")
    );
}

async fn closed_by_hand_the_true_close_finds_it_closed(desk: &Desk) {
    let key = submitted(desk).await;
    assert_eq!(desk.close(&key, CloseReason::Failed, None).await, CloseOutput::Closed);
    let no = desk.signed(&key, "level-1", "rina", "reject").await;
    assert_eq!(desk.close(&key, CloseReason::Rejected, Some(no)).await, CloseOutput::Closed);
    let shown = desk.document(&key).await;
    assert_eq!((shown.outcome.as_deref(), shown.tasks[0].state.as_str()), (Some("failed"), "dropped"));
    assert_eq!(desk.trail(&key).await, ["claimed", "assessed", "closed"]);
}

async fn settle_and_close_at_once_never_both(desk: &Desk) {
    for n in 0..8 {
        let (claim, _) = desk.submit(&invoice("padma", &format!("INV-{n}"), &format!("{}", 100_000 + n))).await;
        let settle = desk.settle_input(&claim.key, 1, Some(desk.approve(&claim.key).await));
        let close = desk.close_input(&claim.key, CloseReason::Cancelled, None);
        let steps = desk.steps();
        let outcomes = at_once(8, move |i| {
            let (steps, settle, close) = (steps.clone(), settle.clone(), close.clone());
            async move {
                if i % 2 == 0 {
                    format!("{:?}", steps.settle_step(&settle).await.unwrap())
                } else {
                    format!("{:?}", steps.close_step(&close).await.unwrap())
                }
            }
        })
        .await;
        let first_word = |i: usize| outcomes[i].split(['(', ' ']).next().unwrap().to_owned();
        let (settled, closed) = (first_word(0), first_word(1));
        assert!(
            (settled == "Settled" && closed == "AlreadySettled") || (settled == "Refused" && closed == "Closed"),
            "{outcomes:#?}"
        );
        assert!((0..8).all(|i| outcomes[i] == outcomes[i % 2]), "{outcomes:#?}");
    }
    assert_eq!(reserved(desk).await, "0.00", "every document has ended");
}
