//! Somebody decides in somebody's name: for one task, or by a standing delegation.

use vextrus_approval::{Action, StandingDelegation};
use vextrus_contract::steps::{CloseOutput, CloseReason, SettleOutput};
use vextrus_domain::{DocumentKey, DocumentType, Refusal, RefusalCode};
use vextrus_ledger::views;
use vextrus_tests_support::acme::ordered;
use vextrus_tests_support::company::{ACME, CLERK, id, invoice, order, request, taka};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    one_task_is_delegated,
    who_cannot_be_delegated_to,
    a_standing_delegation_decides,
    a_delegation_covers_its_days_its_types_and_its_limit,
    a_delegation_that_was_revoked_meanwhile_does_not_count,
    a_delegation_that_the_ledger_does_not_hold_does_not_count,
    a_chain_leads_from_the_owner_to_who_decides,
    segregation_holds_for_everybody_in_a_chain,
    whoever_stands_in_sees_the_task,
];

const AUGUST: (&str, &str) = ("2025-08-01", "2025-08-31");

/// A document at its second and last level: the heads of the department.
async fn at_the_last_level(desk: &Desk, number: &str) -> DocumentKey {
    let subtotal = format!("10000{}", number.len());
    let (claim, _) = desk.submit(&invoice("padma", number, &subtotal)).await;
    let first = desk.signed(&claim.key, "level-1", "rina", "approve").await;
    assert_eq!(desk.record(&first).await, Ok(()));
    claim.key
}

fn handing(to: &str) -> Action {
    Action::Delegate { task: id("level-2"), to: id(to), comment: "I am on leave".to_owned() }
}

/// A decision on the last level by a person, in somebody's name, by standing delegations.
async fn decided(
    desk: &Desk,
    key: &DocumentKey,
    who: (&str, &str),
    via: &[StandingDelegation],
) -> Result<SettleOutput, Refusal> {
    let word = desk.word_for(key, who, via, desk.answer(key, "level-2", "approve").await);
    match desk.settle(key, Some(word)).await {
        SettleOutput::NotApproved { mut refused } => Err(refused.remove(0).refusal),
        other => Ok(other),
    }
}

async fn code(desk: &Desk, key: &DocumentKey, who: (&str, &str), via: &[StandingDelegation]) -> RefusalCode {
    decided(desk, key, who, via).await.unwrap_err().code
}

#[track_caller]
fn is_settled(answer: Result<SettleOutput, Refusal>) {
    assert!(matches!(answer, Ok(SettleOutput::Settled(_))), "{answer:?}");
}

async fn one_task_is_delegated(desk: &Desk) {
    let (key, other) = (at_the_last_level(desk, "A").await, at_the_last_level(desk, "BB").await);
    assert_eq!(code(desk, &key, ("lipi", "habib"), &[]).await, RefusalCode::NotEligible);
    assert_eq!(desk.record(&desk.word(&key, "habib", handing("lipi"))).await, Ok(()));
    assert_eq!(code(desk, &other, ("lipi", "habib"), &[]).await, RefusalCode::NotEligible, "another document");
    assert_eq!(code(desk, &key, ("lipi", "lipi"), &[]).await, RefusalCode::NotEligible, "in nobody's name");
    assert_eq!(code(desk, &key, ("lipi", "omar"), &[]).await, RefusalCode::NotEligible, "in another's name");
    // Whom it was given to may give it on.
    let on = desk.word_for(&key, ("lipi", "habib"), &[], handing("mizan"));
    assert_eq!(desk.record(&on).await, Ok(()));
    is_settled(decided(desk, &key, ("mizan", "habib"), &[]).await);
    let last = desk.entries(&key).await.into_iter().rev().find(|e| e.kind == "decided").unwrap();
    assert_eq!((last.actor.as_deref(), last.principal.as_deref()), (Some("mizan"), Some("habib")));
    assert_eq!(last.body["through"], serde_json::json!(["lipi"]));
    let told = "SELECT payload FROM outbox WHERE event LIKE 'delegated/%' ORDER BY created_at, id";
    let told = desk.database.raw().await.texts(told).await;
    assert!(told[0].contains("\"to\":\"lipi\"") && told[1].contains("\"to\":\"mizan\""), "{told:?}");

    assert_eq!(desk.record(&desk.word(&other, "habib", handing("lipi"))).await, Ok(()));
    is_settled(decided(desk, &other, ("habib", "habib"), &[]).await);
}

async fn who_cannot_be_delegated_to(desk: &Desk) {
    let key = at_the_last_level(desk, "A").await;
    for (to, code) in [
        (CLERK, RefusalCode::SelfApproval),
        ("rina", RefusalCode::RepeatedApprover),
        ("omar", RefusalCode::DelegationInvalid),
        ("habib", RefusalCode::DelegationInvalid),
        ("jamal", RefusalCode::NotEligible),
        ("nobody", RefusalCode::NotEligible),
    ] {
        let refusal = desk.record(&desk.word(&key, "habib", handing(to))).await.unwrap_err();
        assert_eq!(refusal.code, code, "{to}: {refusal}");
    }
    let stranger = desk.record(&desk.word(&key, "salma", handing("lipi"))).await;
    assert_eq!(stranger.unwrap_err().code, RefusalCode::NotEligible, "what is not theirs to decide");
    assert_eq!(desk.document(&key).await.approval.task(&id("level-2")).unwrap().delegations, []);
}

async fn a_standing_delegation_decides(desk: &Desk) {
    let given = desk.delegate("habib", "lipi", AUGUST).await.unwrap();
    let key = at_the_last_level(desk, "A").await;
    assert_eq!(code(desk, &key, ("lipi", "habib"), &[]).await, RefusalCode::NotEligible, "by no delegation");
    let mizan = desk.delegate("omar", "mizan", AUGUST).await.unwrap();
    assert_eq!(code(desk, &key, ("lipi", "omar"), &[mizan]).await, RefusalCode::NotEligible, "by another's");
    is_settled(decided(desk, &key, ("lipi", "habib"), std::slice::from_ref(&given)).await);
    // What was decided by it stays, after it was revoked.
    assert_eq!(desk.revoke("habib", given.number).await, Ok(()));
    let shown = desk.document(&key).await;
    let task = &shown.tasks[1];
    assert_eq!((task.actor.as_deref(), task.principal.as_deref()), (Some("lipi"), Some("habib")));
    assert_eq!(shown.approval.outcome(), Some(&vextrus_approval::Outcome::Approved));
}

async fn a_delegation_covers_its_days_its_types_and_its_limit(desk: &Desk) {
    let whole = desk.delegate("habib", "lipi", ("2025-08-10", "2025-08-11")).await.unwrap();
    let asked = |change: fn(&mut StandingDelegation)| {
        let mut wanted = StandingDelegation { to: id("mizan"), ..whole.clone() };
        change(&mut wanted);
        wanted
    };
    // The total of the document, VAT included, is 115,001.15.
    let key = at_the_last_level(desk, "A").await;
    assert_eq!(desk.document(&key).await.content.amount(), taka("115001.15"));
    for wanted in [
        asked(|d| d.documents = vec![DocumentType::PurchaseOrder]),
        asked(|d| d.limit = Some(taka("115001.14"))),
        asked(|d| (d.first_day, d.last_day) = (id("2025-08-11"), id("2025-08-12"))),
    ] {
        let given = desk.give(&request(), "habib", &wanted).await.unwrap();
        let refusal = decided(desk, &key, ("mizan", "habib"), std::slice::from_ref(&given)).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::DelegationInvalid, "{wanted:?}");
        assert!(refusal.message.contains("does not cover this document today"), "{refusal}");
        assert_eq!(desk.revoke("habib", given.number).await, Ok(()));
    }
    let exact = asked(|d| (d.documents, d.limit) = (vec![DocumentType::Invoice], Some(taka("115001.15"))));
    let exact = desk.give(&request(), "habib", &exact).await.unwrap();
    // One second after its last day, in Dhaka.
    let late = at_the_last_level(desk, "BB").await;
    is_settled(decided(desk, &key, ("mizan", "habib"), &[exact]).await);
    desk.at("2025-08-11T17:59:59Z");
    let in_time = desk.word_for(&late, ("lipi", "habib"), &[whole], desk.answer(&late, "level-2", "approve").await);
    desk.at("2025-08-11T18:00:00Z");
    let mut too_late = in_time.command.clone();
    (too_late.at, too_late.request_id) = (desk.now(), request());
    let too_late = desk.record(&desk.sign(too_late)).await;
    assert_eq!(too_late.unwrap_err().code, RefusalCode::DelegationInvalid);
    // A command counts from when it was given.
    assert!(matches!(desk.settle(&late, Some(in_time)).await, SettleOutput::Settled(_)));
}

async fn a_delegation_that_was_revoked_meanwhile_does_not_count(desk: &Desk) {
    let given = desk.delegate("habib", "lipi", AUGUST).await.unwrap();
    let key = at_the_last_level(desk, "A").await;
    let via = [given];
    let action = desk.answer(&key, "level-2", "approve").await;
    let waiting = desk.word_for(&key, ("lipi", "habib"), &via, action);
    assert_eq!(desk.revoke("habib", via[0].number).await, Ok(()));
    let SettleOutput::NotApproved { refused } = desk.settle(&key, Some(waiting)).await else { panic!("settled") };
    assert_eq!(refused[0].refusal.code, RefusalCode::DelegationInvalid);
    assert!(refused[0].refusal.message.contains("does not exist or was revoked"), "{}", refused[0].refusal);
    assert!(desk.document(&key).await.approval.task(&id("level-2")).unwrap().is_open());
    is_settled(decided(desk, &key, ("habib", "habib"), &[]).await);
}

async fn a_delegation_that_the_ledger_does_not_hold_does_not_count(desk: &Desk) {
    let given = desk.delegate("habib", "lipi", AUGUST).await.unwrap();
    let key = at_the_last_level(desk, "A").await;
    for (what, made_up) in [
        ("no such number", StandingDelegation { number: 9, ..given.clone() }),
        ("another delegate", StandingDelegation { to: id("mizan"), ..given.clone() }),
        ("another owner", StandingDelegation { from: id("omar"), ..given.clone() }),
        ("more days", StandingDelegation { last_day: id("2025-12-31"), ..given.clone() }),
        ("fewer limits", StandingDelegation { limit: Some(taka("999999999")), ..given.clone() }),
    ] {
        let (actor, principal) = (made_up.to.to_string(), made_up.from.to_string());
        let refusal = code(desk, &key, (&actor, &principal), &[made_up]).await;
        assert_eq!(refusal, RefusalCode::DelegationInvalid, "{what}");
    }
    is_settled(decided(desk, &key, ("lipi", "habib"), &[given]).await);
}

async fn a_chain_leads_from_the_owner_to_who_decides(desk: &Desk) {
    let chain = [
        desk.delegate("habib", "lipi", AUGUST).await.unwrap(),
        desk.delegate("lipi", "mizan", AUGUST).await.unwrap(),
        desk.delegate("mizan", "babul", AUGUST).await.unwrap(),
        desk.delegate("babul", "farida", AUGUST).await.unwrap(),
    ];
    let circle = desk.delegate("mizan", "habib", AUGUST).await.unwrap_err();
    assert_eq!(circle.code, RefusalCode::DelegationInvalid);
    let key = at_the_last_level(desk, "A").await;
    let broken = [chain[0].clone(), chain[2].clone()];
    assert_eq!(code(desk, &key, ("babul", "habib"), &broken).await, RefusalCode::NotEligible, "a link is missing");
    // The policy lets a chain pass through three people after its owner.
    assert_eq!(code(desk, &key, ("farida", "habib"), &chain).await, RefusalCode::NotEligible);
    is_settled(decided(desk, &key, ("babul", "habib"), &chain[..3]).await);
    let last = desk.entries(&key).await.into_iter().rev().find(|e| e.kind == "decided").unwrap();
    assert_eq!(last.body["through"], serde_json::json!(["lipi", "mizan"]));
    let excluded = "SELECT person FROM payment_exclusions ORDER BY person";
    assert_eq!(desk.database.raw().await.texts(excluded).await, ["babul", "habib", "lipi", "mizan", "rina"]);
    // One who stands in for one task may be stood in for.
    let key = at_the_last_level(desk, "BB").await;
    assert_eq!(desk.record(&desk.word(&key, "omar", handing("mizan"))).await, Ok(()));
    is_settled(decided(desk, &key, ("babul", "omar"), &chain[2..3]).await);
}

async fn segregation_holds_for_everybody_in_a_chain(desk: &Desk) {
    let own = desk.delegate("habib", CLERK, AUGUST).await.unwrap();
    let on = desk.delegate(CLERK, "lipi", AUGUST).await.unwrap();
    let rina = desk.delegate("omar", "rina", AUGUST).await.unwrap();
    let after = desk.delegate("rina", "mizan", AUGUST).await.unwrap();
    let key = at_the_last_level(desk, "A").await;
    let through_the_submitter = [own.clone(), on];
    assert_eq!(code(desk, &key, (CLERK, "habib"), &[own]).await, RefusalCode::SelfApproval);
    assert_eq!(code(desk, &key, ("lipi", "habib"), &through_the_submitter).await, RefusalCode::SelfApproval);
    let through_another_level = [rina.clone(), after];
    assert_eq!(code(desk, &key, ("rina", "omar"), &[rina]).await, RefusalCode::RepeatedApprover);
    assert_eq!(code(desk, &key, ("mizan", "omar"), &through_another_level).await, RefusalCode::RepeatedApprover);
    // A task of one's own is not decided for somebody who has decided it.
    let (claim, _) = desk.submit_as("babul", &ordered(&order("meghna", &[("cement", "1", "60000")]))).await;
    let given = desk.delegate("habib", "salma", AUGUST).await.unwrap();
    let word =
        desk.word_for(&claim.key, ("salma", "habib"), &[given], desk.answer(&claim.key, "level-1", "reject").await);
    assert_eq!(desk.close(&claim.key, CloseReason::Rejected, Some(word)).await, CloseOutput::Closed);
}

async fn whoever_stands_in_sees_the_task(desk: &Desk) {
    let key = at_the_last_level(desk, "A").await;
    let inbox = async |who: &str| {
        let mut tx = desk.read().await.unwrap();
        let lines = views::inbox(&mut tx, &id(ACME), &id(who), None, 10).await.unwrap();
        lines.into_iter().map(|l| format!("{} {}", l.task, l.principal)).collect::<Vec<_>>()
    };
    assert_eq!(inbox("lipi").await, Vec::<String>::new());
    let given = desk.delegate("habib", "lipi", AUGUST).await.unwrap();
    desk.delegate("lipi", "mizan", AUGUST).await.unwrap();
    assert_eq!(
        (inbox("lipi").await, inbox("mizan").await),
        (vec!["level-2 habib".to_owned()], vec!["level-2 habib".to_owned()])
    );
    assert_eq!(desk.revoke("lipi", given.number).await, Ok(()));
    assert_eq!(inbox("mizan").await, Vec::<String>::new());
    assert_eq!(desk.record(&desk.word(&key, "omar", handing("lipi"))).await, Ok(()));
    assert_eq!(inbox("lipi").await.len(), 1);
    is_settled(decided(desk, &key, ("omar", "omar"), &[]).await);
    assert_eq!(inbox("lipi").await, Vec::<String>::new());
}
