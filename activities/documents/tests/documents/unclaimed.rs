//! Steps for what was never claimed, started by whoever can write to the namespace.

use vextrus_approval::Action;
use vextrus_contract::steps::{AssessInput, AssessOutput, CloseOutput, CloseReason, SettleOutput};
use vextrus_domain::{DocumentKey, RefusalCode};
use vextrus_ledger::audit::{self, TENANT_CHAIN};
use vextrus_ledger::claims::Claim;
use vextrus_tests_support::company::{ACME, ADMINISTRATOR, id, invoice};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, assess_input};

on_both![
    assess_without_a_claim_is_refused_and_audited,
    assess_with_another_content_is_refused_and_spoils_nothing,
    assess_out_of_turn_is_refused_and_spoils_nothing,
    the_other_steps_know_no_unclaimed_document,
    no_made_up_document_writes_on_the_tenants_own_trail,
];

fn nothing() -> DocumentKey {
    DocumentKey { tenant: id(ACME), document: id("made-up"), submission: 1 }
}

#[track_caller]
fn refused(output: &AssessOutput, code: RefusalCode) {
    assert!(matches!(output, AssessOutput::Refused(refusal) if refusal.code == code), "{output:?}");
}

async fn assess_without_a_claim_is_refused_and_audited(desk: &Desk) {
    let made_up = Claim { key: nothing(), payload_hash: "0".repeat(64), content: 1, repeated: false };
    for _ in 0..3 {
        refused(&desk.assess(&made_up, 1).await, RefusalCode::NotClaimed);
    }
    assert_eq!(desk.trail(&made_up.key).await, ["assess_refused"], "once, however often it is tried");
    let mut raw = desk.database.raw().await;
    assert_eq!(raw.number("SELECT count(*) FROM documents").await, 0);
}

async fn assess_with_another_content_is_refused_and_spoils_nothing(desk: &Desk) {
    let claim = desk.claim(&invoice("padma", "INV-1", "100000")).await.unwrap();
    let forged = AssessInput { payload_hash: "0".repeat(64), ..assess_input(&claim, 1) };
    for _ in 0..2 {
        refused(&desk.steps().assess_step(&forged).await.unwrap(), RefusalCode::NotClaimed);
    }
    assert_eq!(desk.trail(&claim.key).await, ["claimed", "assess_refused"]);
    desk.assessed(&claim).await;
}

async fn assess_out_of_turn_is_refused_and_spoils_nothing(desk: &Desk) {
    let claim = desk.claim(&invoice("padma", "INV-1", "100000")).await.unwrap();
    for revision in [2, 7, 0, 2] {
        refused(&desk.assess(&claim, revision).await, RefusalCode::DocumentClosed);
    }
    desk.assessed(&claim).await;
    for revision in [3, 2] {
        refused(&desk.assess(&claim, revision).await, RefusalCode::DocumentClosed);
    }
    let again = desk.word(&claim.key, ADMINISTRATOR, Action::Reassess { reason: "the vendor's record".to_owned() });
    assert_eq!(desk.record(&again).await, Ok(()));
    assert!(matches!(desk.assess(&claim, 2).await, AssessOutput::Assessed(_)), "its turn has come");
}

async fn no_made_up_document_writes_on_the_tenants_own_trail(desk: &Desk) {
    let entries = async || {
        let mut tx = desk.read().await.unwrap();
        audit::read_chain(&mut tx, &id(ACME), TENANT_CHAIN).await.unwrap().unwrap().len()
    };
    let before = entries().await;
    for name in ["tenant", TENANT_CHAIN] {
        let Ok(document) = name.parse() else { continue };
        let claim = Claim {
            key: DocumentKey { document, ..nothing() },
            payload_hash: "0".repeat(64),
            content: 1,
            repeated: false,
        };
        refused(&desk.assess(&claim, 1).await, RefusalCode::NotClaimed);
    }
    assert_eq!(entries().await, before);
}

async fn the_other_steps_know_no_unclaimed_document(desk: &Desk) {
    let key = nothing();
    let word = desk.withdrawal(&key, "karim");
    let settle = desk.settle_input(&key, 1, Some(word.clone()));
    let SettleOutput::Refused(refusal) = desk.steps().settle_step(&settle).await.unwrap() else { panic!("settled") };
    assert_eq!(refusal.code, RefusalCode::NotClaimed);
    let refusal = desk.record(&word).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::NotClaimed);
    assert_eq!(
        desk.close(&key, CloseReason::Cancelled, None).await,
        CloseOutput::Closed,
        "nothing was reserved for it"
    );
    assert_eq!(desk.trail(&key).await, ["settle_refused"]);
}
