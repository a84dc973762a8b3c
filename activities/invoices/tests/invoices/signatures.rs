//! Whose word counts: signed by an accepted key, for this document and task, by somebody who may.

use vextrus_approval::{Decision, SignedDecision};
use vextrus_contract::steps::{RecordOutput, SettleOutput};
use vextrus_domain::signature::KeyPair;
use vextrus_domain::{DocumentKey, RefusalCode, TaskId};
use vextrus_ledger::LedgerError;
use vextrus_tests_support::company::{CLERK, id, invoice, request};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, record_input, settle_input};

on_both![
    a_forged_word_does_not_count,
    an_unsigned_word_counts_only_where_the_namespace_is_trusted,
    a_person_who_may_not_does_not_count,
    nobody_decides_two_levels,
    an_answer_that_does_not_fit_does_not_count,
];

/// A document at its second and last level.
async fn at_the_last_level(desk: &Desk, number: &str) -> DocumentKey {
    // No two of them are alike.
    let subtotal = if number == "INV-1" { "100000" } else { "200000" };
    let (claim, _) = desk.submit(&invoice("padma", number, subtotal)).await;
    let first = desk.signed(&claim.key, "level-1", "rina", "approve").await;
    assert_eq!(desk.record(&first).await, RecordOutput::Recorded);
    claim.key
}

/// Neither `settle` nor `record` takes the word, and both put that on the trail.
async fn assert_refused(desk: &Desk, key: &DocumentKey, decision: &SignedDecision, code: RefusalCode, what: &str) {
    let before = desk.trail(key).await.len();
    let settled = desk.settle(key, Some(decision.clone())).await;
    assert!(matches!(&settled, SettleOutput::Refused(r) if r.code == code), "{what}: {settled:?}");
    let mut input = record_input(decision);
    input.key = key.clone();
    let recorded = desk.approvals.record_step(&input).await.unwrap();
    assert!(matches!(&recorded, RecordOutput::Refused(r) if r.code == code), "{what}: {recorded:?}");
    assert_eq!(desk.trail(key).await.split_off(before), ["settle_refused", "decision_refused"], "{what}");
}

async fn assert_true_word_counts(desk: &Desk, key: &DocumentKey) {
    let last = desk.approve(key).await;
    let settled = desk.settle(key, Some(last)).await;
    assert!(matches!(settled, SettleOutput::Settled(_)), "{settled:?}");
}

async fn a_forged_word_does_not_count(desk: &Desk) {
    use RefusalCode::{SignatureInvalid, SignatureMissing};
    let key = at_the_last_level(desk, "INV-1").await;
    let other = at_the_last_level(desk, "INV-2").await;
    let good = desk.decision(&key, "level-2", "habib", "approve").await;
    let signed = |decision: &Decision| decision.clone().sign(&desk.key).unwrap();
    let changed = |change: fn(&mut Decision)| {
        let mut forged = signed(&Decision { answer: "reject".to_owned(), ..good.clone() });
        change(&mut forged.decision);
        forged
    };
    let mut of_nobody = signed(&good);
    of_nobody.signature.as_mut().unwrap().key_id = "0".repeat(16);
    let mut cut = signed(&good);
    cut.signature.as_mut().unwrap().value.truncate(20);
    let next_submission = Decision { key: DocumentKey { submission: 2, ..key.clone() }, ..good.clone() };
    for (what, code, decision) in [
        ("another's key", SignatureInvalid, good.clone().sign(&KeyPair::from_seed(&[8; 32])).unwrap()),
        ("an unknown key", SignatureInvalid, of_nobody),
        ("half a signature", SignatureInvalid, cut),
        ("the answer changed after signing", SignatureInvalid, changed(|d| d.answer = "approve".to_owned())),
        ("the actor changed after signing", SignatureInvalid, changed(|d| d.actor = id("omar"))),
        ("the comment changed after signing", SignatureInvalid, changed(|d| d.comment = "gladly".to_owned())),
        ("another document", SignatureInvalid, desk.signed(&other, "level-2", "habib", "approve").await),
        ("another submission", SignatureInvalid, signed(&next_submission)),
        ("no signature", SignatureMissing, SignedDecision { decision: good.clone(), signature: None }),
    ] {
        assert_refused(desk, &key, &decision, code, what).await;
    }
    assert_true_word_counts(desk, &key).await;
}

async fn an_unsigned_word_counts_only_where_the_namespace_is_trusted(desk: &Desk) {
    let key = at_the_last_level(desk, "INV-1").await;
    let decision = desk.decision(&key, "level-2", "habib", "approve").await;
    let unsigned = SignedDecision { decision, signature: None };
    let (invoices, approvals) = desk.trusting();
    assert_eq!(approvals.record_step(&record_input(&unsigned)).await.unwrap(), RecordOutput::Recorded);
    let assurances = "SELECT assurance FROM decisions ORDER BY task";
    assert_eq!(desk.database.raw().await.texts(assurances).await, ["signed", "asserted"]);

    let strict = desk.settle(&key, None).await;
    assert!(matches!(&strict, SettleOutput::Refused(r) if r.code == RefusalCode::ApprovalsIncomplete), "{strict:?}");
    let settled = invoices.settle_step(&settle_input(&key, 1, None)).await.unwrap();
    assert!(matches!(settled, SettleOutput::Settled(_)), "{settled:?}");

    // Trust in the namespace is no trust in a signature that does not stand.
    let key = at_the_last_level(desk, "INV-2").await;
    let forged = desk.decision(&key, "level-2", "habib", "approve").await.sign(&KeyPair::from_seed(&[8; 32])).unwrap();
    let output = approvals.record_step(&record_input(&forged)).await.unwrap();
    assert!(matches!(&output, RecordOutput::Refused(r) if r.code == RefusalCode::SignatureInvalid), "{output:?}");
}

async fn a_person_who_may_not_does_not_count(desk: &Desk) {
    use RefusalCode::{NotEligible, SelfApproval};
    // A head of the department submits, and so may not decide the level of heads.
    let bill = invoice("padma", "INV-1", "100000");
    let claim = desk.claim_as("habib", &request(), &bill).await.unwrap();
    desk.assessed(&claim).await;
    let key = claim.key;
    let first = desk.signed(&key, "level-1", "rina", "approve").await;
    desk.record(&first).await;
    for (actor, principal, code) in [
        ("habib", "habib", SelfApproval),
        ("omar", "habib", SelfApproval),
        ("habib", "omar", SelfApproval),
        (CLERK, CLERK, NotEligible),
        ("nasrin", "nasrin", NotEligible),
        ("salma", "omar", NotEligible),
        ("omar", "salma", NotEligible),
        ("jamal", "jamal", NotEligible),
    ] {
        let mut decision = desk.decision(&key, "level-2", actor, "approve").await;
        decision.principal = id(principal);
        let signed = decision.sign(&desk.key).unwrap();
        assert_refused(desk, &key, &signed, code, &format!("{actor} for {principal}")).await;
    }
    let good = desk.signed(&key, "level-2", "omar", "approve").await;
    assert!(matches!(desk.settle(&key, Some(good)).await, SettleOutput::Settled(_)));
}

async fn nobody_decides_two_levels(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    let first = desk.signed(&claim.key, "level-1", "omar", "approve").await;
    assert_eq!(desk.record(&first).await, RecordOutput::Recorded);
    let mut for_another = desk.decision(&claim.key, "level-2", "habib", "approve").await;
    for_another.principal = id("omar");
    for (what, twice) in [
        ("as themselves", desk.signed(&claim.key, "level-2", "omar", "approve").await),
        ("through another", for_another.sign(&desk.key).unwrap()),
    ] {
        assert_refused(desk, &claim.key, &twice, RefusalCode::RepeatedApprover, what).await;
    }
    assert_true_word_counts(desk, &claim.key).await;
}

async fn an_answer_that_does_not_fit_does_not_count(desk: &Desk) {
    use RefusalCode as C;
    let key = at_the_last_level(desk, "INV-1").await;
    let good = desk.decision(&key, "level-2", "habib", "approve").await;
    let stored = desk.document(&key).await.tasks[0].clone();
    let again = Decision { task: Some(id(&stored.task)), ..good.clone() };
    let task = |name: &str| Some(name.parse::<TaskId>().unwrap());
    for (what, code, decision) in [
        ("another plan", C::StalePlan, Decision { plan_hash: Some("0".repeat(64)), ..good.clone() }),
        ("no plan", C::StalePlan, Decision { plan_hash: None, ..good.clone() }),
        ("an unknown task", C::TaskUnknown, Decision { task: task("level-3"), ..good.clone() }),
        ("a decided task", C::AlreadyDecided, again),
        ("an unknown answer", C::AnswerNotAllowed, Decision { answer: "perhaps".to_owned(), ..good.clone() }),
        ("no task", C::AnswerNotAllowed, Decision { task: None, ..good.clone() }),
        ("a withdrawal by another", C::NotSubmitter, desk.withdrawal(&key, "habib").decision),
    ] {
        let signed = Decision { request_id: request(), ..decision }.sign(&desk.key).unwrap();
        assert_refused(desk, &key, &signed, code, what).await;
    }
    let first = desk.database.raw().await.texts("SELECT request_id FROM decisions").await;
    let reused = Decision { request_id: id(&first[0]), ..good }.sign(&desk.key).unwrap();
    let settled = desk.settle(&key, Some(reused.clone())).await;
    assert!(matches!(&settled, SettleOutput::Refused(r) if r.code == C::RequestIdReused), "{settled:?}");
    let recorded = desk.approvals.record_step(&record_input(&reused)).await.unwrap_err();
    assert!(matches!(recorded, LedgerError::EffectConflict { .. }), "{recorded}");
    assert_true_word_counts(desk, &key).await;
}
