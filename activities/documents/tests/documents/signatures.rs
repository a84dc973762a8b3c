//! Whose word counts: signed by an accepted key, for this document and task, by somebody who may.

use vextrus_approval::{Action, Command, SignedCommand};
use vextrus_contract::steps::SettleOutput;
use vextrus_domain::signature::KeyPair;
use vextrus_domain::{DocumentKey, RefusalCode};
use vextrus_tests_support::company::{CLERK, id, invoice, request};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, taken};

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
    assert_eq!(desk.record(&first).await, Ok(()));
    claim.key
}

/// Neither `settle` nor `record` takes the word, and both put that on the trail.
async fn assert_refused(desk: &Desk, key: &DocumentKey, word: &SignedCommand, code: RefusalCode, what: &str) {
    let before = desk.trail(key).await.len();
    let SettleOutput::NotApproved { refused } = desk.settle(key, Some(word.clone())).await else { panic!("{what}") };
    assert_eq!(refused.iter().map(|r| r.refusal.code).collect::<Vec<_>>(), [code], "{what}");
    let recorded = taken(desk.record_all(key, vec![desk.entry(word)]).await);
    assert_eq!(recorded.unwrap_err().code, code, "{what}");
    assert_eq!(desk.trail(key).await.split_off(before), ["command_refused", "command_refused"], "{what}");
    assert_eq!(desk.document(key).await.state.name(), "assessed");
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
    let signed = |command: &Command| desk.sign(command.clone());
    let changed = |change: fn(&mut Command)| {
        let mut forged = signed(&good);
        change(&mut forged.command);
        forged
    };
    let mut of_nobody = signed(&good);
    of_nobody.signature.as_mut().unwrap().key_id = "0".repeat(16);
    let mut cut = signed(&good);
    cut.signature.as_mut().unwrap().value.truncate(20);
    let next_submission = Command { key: DocumentKey { submission: 2, ..key.clone() }, ..good.clone() };
    let withdrawn = |d: &mut Command| d.action = Action::Withdraw { comment: String::new() };
    for (what, code, word) in [
        ("another's key", SignatureInvalid, good.clone().sign(&KeyPair::from_seed(&[8; 32])).unwrap()),
        ("an unknown key", SignatureInvalid, of_nobody),
        ("half a signature", SignatureInvalid, cut),
        ("the action changed after signing", SignatureInvalid, changed(withdrawn)),
        ("the actor changed after signing", SignatureInvalid, changed(|d| d.actor = id("omar"))),
        ("the principal changed after signing", SignatureInvalid, changed(|d| d.principal = id("omar"))),
        ("the time changed after signing", SignatureInvalid, changed(|d| d.at += chrono::TimeDelta::seconds(1))),
        ("the request changed after signing", SignatureInvalid, changed(|d| d.request_id = request())),
        ("another document", SignatureInvalid, desk.signed(&other, "level-2", "habib", "approve").await),
        ("another submission", SignatureInvalid, signed(&next_submission)),
        ("no signature", SignatureMissing, SignedCommand { command: good.clone(), signature: None }),
    ] {
        assert_refused(desk, &key, &word, code, what).await;
    }
    assert_true_word_counts(desk, &key).await;
}

async fn an_unsigned_word_counts_only_where_the_namespace_is_trusted(desk: &Desk) {
    let key = at_the_last_level(desk, "INV-1").await;
    let command = desk.decision(&key, "level-2", "habib", "approve").await;
    let unsigned = SignedCommand { command, signature: None };
    let trusting = desk.trusting();
    assert_eq!(taken(trusting.record_step(&desk.record_input(&unsigned)).await.unwrap()), Ok(()));
    let assurances = "SELECT assurance FROM approval_log WHERE kind = 'command' ORDER BY seq";
    assert_eq!(desk.database.raw().await.texts(assurances).await, ["signed", "asserted"]);
    let told: Vec<_> = desk.entries(&key).await.into_iter().filter(|e| e.kind == "decided").collect();
    assert_eq!(told.iter().map(|e| e.body["assurance"].as_str().unwrap()).collect::<Vec<_>>(), ["signed", "asserted"]);

    let strict = desk.settle(&key, None).await;
    assert!(matches!(&strict, SettleOutput::Refused(r) if r.code == RefusalCode::SignatureMissing), "{strict:?}");
    let settled = trusting.settle_step(&desk.settle_input(&key, 1, None)).await.unwrap();
    assert!(matches!(settled, SettleOutput::Settled(_)), "{settled:?}");

    // Trust in the namespace is no trust in a signature that does not stand.
    let key = at_the_last_level(desk, "INV-2").await;
    let forged = desk.decision(&key, "level-2", "habib", "approve").await.sign(&KeyPair::from_seed(&[8; 32])).unwrap();
    let output = trusting.record_step(&desk.record_input(&forged)).await.unwrap();
    assert_eq!(taken(output).unwrap_err().code, RefusalCode::SignatureInvalid);
}

async fn a_person_who_may_not_does_not_count(desk: &Desk) {
    use RefusalCode::{NotEligible, SelfApproval};
    // A head of the department submits, and so may not decide the level of heads.
    let bill = invoice("padma", "INV-1", "100000");
    let claim = desk.claim_as("habib", &request(), &bill).await.unwrap();
    desk.assessed(&claim).await;
    let key = claim.key;
    let first = desk.signed(&key, "level-1", "rina", "approve").await;
    assert_eq!(desk.record(&first).await, Ok(()));
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
        let signed = desk.sign(decision);
        assert_refused(desk, &key, &signed, code, &format!("{actor} for {principal}")).await;
    }
    let good = desk.signed(&key, "level-2", "omar", "approve").await;
    assert!(matches!(desk.settle(&key, Some(good)).await, SettleOutput::Settled(_)));
}

async fn nobody_decides_two_levels(desk: &Desk) {
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    let first = desk.signed(&claim.key, "level-1", "omar", "approve").await;
    assert_eq!(desk.record(&first).await, Ok(()));
    let mut for_another = desk.decision(&claim.key, "level-2", "habib", "approve").await;
    for_another.principal = id("omar");
    for (what, code, twice) in [
        ("as themselves", RefusalCode::RepeatedApprover, desk.signed(&claim.key, "level-2", "omar", "approve").await),
        ("through one who does not stand for them", RefusalCode::NotEligible, desk.sign(for_another)),
    ] {
        assert_refused(desk, &claim.key, &twice, code, what).await;
    }
    assert_true_word_counts(desk, &claim.key).await;
}

async fn an_answer_that_does_not_fit_does_not_count(desk: &Desk) {
    use RefusalCode as C;
    let key = at_the_last_level(desk, "INV-1").await;
    let good = desk.decision(&key, "level-2", "habib", "approve").await;
    let answer = |task: &str, hash: Option<&str>, answer: &str, comment: &str| {
        let Action::Decide { plan_hash, .. } = &good.action else { panic!("{good:?}") };
        Action::Decide {
            task: id(task),
            plan_hash: hash.unwrap_or(plan_hash).to_owned(),
            answer: answer.to_owned(),
            comment: comment.to_owned(),
        }
    };
    let another_plan = "0".repeat(64);
    for (what, code, action) in [
        ("another plan", C::StalePlan, answer("level-2", Some(&another_plan), "approve", "")),
        ("no plan", C::StalePlan, answer("level-2", Some(""), "approve", "")),
        ("an unknown task", C::TaskUnknown, answer("level-3", None, "approve", "")),
        ("a decided task", C::AlreadyDecided, answer("level-1", None, "approve", "")),
        ("an unknown answer", C::AnswerNotAllowed, answer("level-2", None, "perhaps", "")),
        ("no reason", C::ReasonRequired, answer("level-2", None, "reject", " ")),
        ("too many words", C::LimitExceeded, answer("level-2", None, "approve", &"x".repeat(2001))),
    ] {
        assert_refused(desk, &key, &desk.word(&key, "habib", action), code, what).await;
    }
    assert_refused(desk, &key, &desk.withdrawal(&key, "habib"), C::NotSubmitter, "a withdrawal by another").await;
    let first = "SELECT request_id FROM approval_log WHERE kind = 'command'";
    let first = desk.database.raw().await.texts(first).await;
    let reused = Command { request_id: id(&first[0]), ..good };
    assert_refused(desk, &key, &desk.sign(reused), C::RequestIdReused, "the id of another request").await;
    assert_true_word_counts(desk, &key).await;
}
