//! Whose word counts: signed by an accepted key, for this process, by somebody who may.

use vextrus_domain::signature::KeyPair;
use vextrus_domain::{DocumentKey, RefusalCode};
use vextrus_lifecycle::{Action, Command, SignedCommand, TaskStatus};
use vextrus_tests_support::company::{id, request};
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::{HR, HR_DEPUTY, MANAGER};

use crate::desk::Desk;

on_both![
    a_forged_word_does_not_count,
    an_unsigned_word_counts_only_where_the_namespace_is_trusted,
    a_person_who_may_not_does_not_count,
    nothing_is_given_to_somebody_who_is_not_there,
];

fn letter() -> Action {
    Action::Complete { task: id("appointment-letter"), verdict: None, note: String::new() }
}

async fn a_forged_word_does_not_count(desk: &Desk) {
    use RefusalCode::{SignatureInvalid, SignatureMissing};
    let case = desk.onboarding("emp-1").await;
    let other = desk.onboarding("emp-2").await;
    let good = desk.ordered(&case.key, HR, letter());
    let signed = |command: &Command| command.clone().sign(&desk.key).unwrap();
    let changed = |change: fn(&mut Command)| {
        let mut forged = signed(&good);
        change(&mut forged.command);
        forged
    };
    let mut of_nobody = signed(&good);
    of_nobody.signature.as_mut().unwrap().key_id = "0".repeat(16);
    let withdraw = |c: &mut Command| c.action = Action::Withdraw { reason: "no".to_owned() };
    let next = Command { key: DocumentKey { submission: 2, ..case.key.clone() }, ..good.clone() };
    for (what, code, word) in [
        ("another's key", SignatureInvalid, good.clone().sign(&KeyPair::from_seed(&[8; 32])).unwrap()),
        ("an unknown key", SignatureInvalid, of_nobody),
        ("the action changed", SignatureInvalid, changed(withdraw)),
        ("the actor changed", SignatureInvalid, changed(|c| c.actor = id(HR_DEPUTY))),
        ("the time changed", SignatureInvalid, changed(|c| c.at += chrono::TimeDelta::seconds(1))),
        ("the request changed", SignatureInvalid, changed(|c| c.request_id = request())),
        ("another process", SignatureInvalid, desk.signed_order(&other.key, HR, letter())),
        ("another submission", SignatureInvalid, signed(&next)),
        ("no signature", SignatureMissing, SignedCommand { command: good.clone(), signature: None }),
    ] {
        let refused = case.take(word).await.unwrap_err();
        assert_eq!(refused.code, code, "{what}");
    }
    assert_eq!(case.told("command_refused").await.len(), 9);
    assert!(case.told("command_refused").await.iter().all(|e| e.actor.is_none()), "whoever it says it came from");
    assert_eq!(case.status("appointment-letter").await, TaskStatus::Open);
    case.take(signed(&good)).await.unwrap();
    let told = case.told("task_completed").await;
    assert_eq!((&told[0].body["assurance"], told[0].actor.as_deref()), (&"signed".into(), Some(HR)));
}

async fn an_unsigned_word_counts_only_where_the_namespace_is_trusted(desk: &Desk) {
    let mut case = desk.onboarding("emp-1").await;
    case.unsigned = true;
    let bare = |action| SignedCommand { command: desk.ordered(&case.key, HR, action), signature: None };
    case.take(bare(letter())).await.unwrap();
    assert_eq!(case.told("task_completed").await[0].body["assurance"], "asserted");
    let skip = Action::Skip { task: id("previous-service-book"), reason: "first post".to_owned() };
    case.take(bare(skip)).await.unwrap();
    for action in [
        Action::Withdraw { reason: "no".to_owned() },
        Action::MoveStart { start_date: id("2025-12-14"), reason: "later".to_owned() },
        Action::Reassign { task: id("photo-id"), to: id(HR_DEPUTY), reason: "busy".to_owned() },
    ] {
        let refused = case.take(bare(action.clone())).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::SignatureMissing, "{action:?}");
    }
}

async fn a_person_who_may_not_does_not_count(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    let refused = case.say(MANAGER, letter()).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::NotEligible);
    for action in [
        Action::Withdraw { reason: "no".to_owned() },
        Action::MoveStart { start_date: id("2025-12-14"), reason: "later".to_owned() },
        Action::ChangeManager { to: id(HR_DEPUTY), reason: "other work".to_owned() },
        Action::Reassign { task: id("photo-id"), to: id(MANAGER), reason: "mine".to_owned() },
    ] {
        let refused = case.say(MANAGER, action.clone()).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::NotAdministrator, "{action:?}");
    }
    case.say(HR_DEPUTY, Action::Withdraw { reason: "no".to_owned() }).await.unwrap();
}

async fn nothing_is_given_to_somebody_who_is_not_there(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    desk.put_active("mina", false).await;
    for to in ["mina", "nobody"] {
        for action in [
            Action::Reassign { task: id("photo-id"), to: id(to), reason: "busy".to_owned() },
            Action::ChangeManager { to: id(to), reason: "other work".to_owned() },
        ] {
            let refused = case.say(HR, action.clone()).await.unwrap_err();
            assert_eq!(refused.code, RefusalCode::NotEligible, "{action:?}");
            assert!(refused.message.contains(to), "{refused}");
        }
    }
    let reassign = Action::Reassign { task: id("photo-id"), to: id("tuhin"), reason: "busy".to_owned() };
    case.say(HR, reassign).await.unwrap();
    assert_eq!(case.task("photo-id").await.people, [id("tuhin")]);
}
