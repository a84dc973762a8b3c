//! A submitter takes a document back, wherever it stands; and who approved what is paid.

use vextrus_approval::{Action, Outcome};
use vextrus_contract::steps::{AssessOutput, CloseOutput, CloseReason, SettleOutput};
use vextrus_domain::vendor::{Vendor, VendorKind};
use vextrus_domain::{DocumentKey, RefusalCode};
use vextrus_ledger::rules::RuleKind;
use vextrus_tests_support::acme::bill;
use vextrus_tests_support::company::{ADMINISTRATOR, CLERK, INVOICES, id, invoice, request, vendor};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    a_document_is_taken_back_wherever_it_stands,
    what_has_ended_is_not_taken_back,
    who_approved_does_not_release_the_payment,
    who_answered_an_exception_may_release_it,
    a_role_that_the_policy_excepts_may_release_what_it_approved,
];

async fn take_back(desk: &Desk, key: &DocumentKey, what: &str) {
    let word = desk.withdrawal(key, CLERK);
    assert_eq!(desk.close(key, CloseReason::Withdrawn, Some(word)).await, CloseOutput::Closed, "{what}");
    let shown = desk.document(key).await;
    assert_eq!(shown.outcome.as_deref(), Some("withdrawn"), "{what}");
    assert_eq!(shown.approval.outcome(), Some(&Outcome::Withdrawn), "{what}");
    assert!(shown.tasks.iter().all(|t| t.state != "open" && t.state != "waiting"), "{what}");
    assert_eq!(desk.budget("works", "").await.0, "0.00", "{what}");
    assert!(matches!(desk.assess_again(key).await, AssessOutput::Refused(_)), "{what}");
    assert!(matches!(desk.settle(key, None).await, SettleOutput::Refused(_)), "{what}");
}

async fn a_document_is_taken_back_wherever_it_stands(desk: &Desk) {
    let do_as = async |key: &DocumentKey, who: &str, action| desk.record(&desk.word(key, who, action)).await.unwrap();
    let back = || Action::Return { task: id("level-1"), comment: "another amount".to_owned() };
    let bill_of = |n: u32| invoice("padma", &format!("INV-{n}"), &format!("{}", 100_000 + n));

    let claim = desk.claim(&bill_of(1)).await.unwrap();
    take_back(desk, &claim.key, "claimed").await;

    let (claim, _) = desk.submit(&bill_of(2)).await;
    take_back(desk, &claim.key, "at its first level").await;

    let (claim, _) = desk.submit(&bill_of(3)).await;
    desk.record(&desk.signed(&claim.key, "level-1", "rina", "approve").await).await.unwrap();
    take_back(desk, &claim.key, "at its last level").await;

    let (claim, _) = desk.submit(&bill_of(4)).await;
    do_as(&claim.key, "rina", Action::RequestInfo { task: id("level-1"), question: "why?".to_owned() }).await;
    take_back(desk, &claim.key, "while it is asked something").await;

    let (claim, _) = desk.submit(&bill_of(5)).await;
    do_as(&claim.key, "rina", back()).await;
    take_back(desk, &claim.key, "returned").await;

    let (claim, _) = desk.submit(&bill_of(6)).await;
    do_as(&claim.key, "rina", back()).await;
    let change = desk.change(&claim.key, CLERK, &request(), &bill(&bill_of(6))).await.unwrap();
    take_back(desk, &claim.key, "changed").await;
    let late = Action::Resubmit { content: 2, payload_hash: change.payload_hash, comment: String::new() };
    assert_eq!(desk.record(&desk.word(&claim.key, CLERK, late)).await.unwrap_err().code, RefusalCode::DocumentClosed);

    let (claim, _) = desk.submit(&bill_of(7)).await;
    do_as(&claim.key, "rina", back()).await;
    let change = desk.change(&claim.key, CLERK, &request(), &bill(&bill_of(7))).await.unwrap();
    let again = Action::Resubmit { content: 2, payload_hash: change.payload_hash, comment: String::new() };
    do_as(&claim.key, CLERK, again).await;
    take_back(desk, &claim.key, "submitted again").await;

    let (claim, _) = desk.submit(&bill_of(8)).await;
    do_as(&claim.key, ADMINISTRATOR, Action::Replan { reason: "a new policy".to_owned() }).await;
    take_back(desk, &claim.key, "while it is planned anew").await;

    let (claim, _) = desk.submit(&bill_of(9)).await;
    let last = desk.approve(&claim.key).await;
    desk.put_vendor(&Vendor { kind: VendorKind::Service, ..vendor("padma") }).await;
    assert!(matches!(desk.settle(&claim.key, Some(last)).await, SettleOutput::Reassess { .. }));
    take_back(desk, &claim.key, "approved, and to be computed again").await;
}

async fn what_has_ended_is_not_taken_back(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    let last = desk.approve(&claim.key).await;
    assert_eq!(desk.record(&last).await, Ok(()));
    let late = desk.close(&claim.key, CloseReason::Withdrawn, Some(desk.withdrawal(&claim.key, CLERK))).await;
    let CloseOutput::NotEnded { refused } = late else { panic!("{late:?}") };
    assert_eq!(refused[0].refusal.code, RefusalCode::DocumentClosed, "it is approved");
    let SettleOutput::Settled(settlement) = desk.settle(&claim.key, None).await else { panic!("not settled") };
    let late = desk.close(&claim.key, CloseReason::Withdrawn, Some(desk.withdrawal(&claim.key, CLERK))).await;
    assert_eq!(late, CloseOutput::AlreadySettled(settlement));
}

async fn excluded(desk: &Desk) -> Vec<String> {
    let sql = "SELECT instruction || ' ' || person FROM payment_exclusions ORDER BY instruction, person";
    let rows = desk.database.raw().await.texts(sql).await;
    rows.into_iter().map(|row| row.replace("PI-2025-26-00000", "")).collect()
}

async fn who_approved_does_not_release_the_payment(desk: &Desk) {
    desk.settled(&invoice("padma", "INV-1", "1000")).await;
    desk.settled(&invoice("padma", "INV-2", "600000")).await;
    assert_eq!(excluded(desk).await, ["1 rina", "2 habib", "2 nasrin", "2 rina"]);
}

async fn who_answered_an_exception_may_release_it(desk: &Desk) {
    desk.settled(&invoice("padma", "INV-1", "1000")).await;
    let (claim, _) = desk.submit(&invoice("padma", "INV-2", "1000")).await;
    let other = desk.signed(&claim.key, "exception-1-1", "omar", "not_a_duplicate").await;
    assert_eq!(desk.record(&other).await, Ok(()));
    desk.carry_out(&claim.key).await;
    assert_eq!(excluded(desk).await, ["1 rina", "2 rina"], "only levels approve");
}

async fn a_role_that_the_policy_excepts_may_release_what_it_approved(desk: &Desk) {
    let text = format!("{INVOICES}\n[separation]\nmay_release = [\"finance_manager\"]\n");
    desk.activate(RuleKind::Approval, &text).await;
    desk.settled(&invoice("padma", "INV-1", "600000")).await;
    assert_eq!(excluded(desk).await, ["1 habib", "1 rina"]);
}
