//! What administrators and time do with a plan: other people, more people, another plan, another assessment.

use chrono::TimeDelta;
use vextrus_approval::{Action, Outcome, Recompute, TaskStatus};
use vextrus_contract::steps::{CloseInput, CloseOutput, CloseReason, Entry, SettleOutput};
use vextrus_domain::vendor::{Vendor, VendorKind};
use vextrus_domain::{DocumentKey, Person, RefusalCode};
use vextrus_ledger::rules::RuleKind;
use vextrus_tests_support::acme::bill;
use vextrus_tests_support::company::{ADMINISTRATOR, CLERK, INVOICES, id, invoice, person, taka, vendor};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, taken};

on_both![
    a_task_is_given_to_another,
    who_cannot_be_given_a_task,
    a_task_is_given_within_limits_and_departments,
    who_gave_a_task_away_does_not_decide_it_for_another,
    a_task_is_escalated_by_hand,
    a_task_is_escalated_by_time_and_expires_after_the_last_step,
    a_moment_to_come_changes_nothing,
    a_document_takes_up_the_policy_that_is_active_now,
    what_was_approved_stands_under_another_plan,
    a_document_is_computed_again_when_somebody_asks,
    only_administrators_administer,
    of_several_as_many_must_agree_as_the_policy_says,
    one_of_several_refuses_for_all,
];

async fn submitted(desk: &Desk) -> DocumentKey {
    desk.submit(&invoice("padma", "INV-1", "100000")).await.0.key
}

async fn do_as(desk: &Desk, key: &DocumentKey, who: &str, action: Action) -> Result<(), vextrus_domain::Refusal> {
    desk.record(&desk.word(key, who, action)).await
}

fn moving(task: &str, from: &str, to: &str) -> Action {
    Action::Reassign { task: id(task), from: id(from), to: id(to), reason: "she is ill".to_owned() }
}

async fn people(desk: &Desk, key: &DocumentKey, task: &str) -> Vec<String> {
    let sql = format!(
        "SELECT person FROM task_people WHERE document = '{}' AND task = '{task}' ORDER BY person",
        key.document
    );
    let shown = desk.document(key).await;
    let eligible: Vec<String> =
        shown.approval.task(&id(task)).unwrap().eligible.iter().map(ToString::to_string).collect();
    assert_eq!(desk.database.raw().await.texts(&sql).await, eligible, "inboxes show what the approval says");
    eligible
}

async fn a_task_is_given_to_another(desk: &Desk) {
    let key = submitted(desk).await;
    assert_eq!(people(desk, &key, "level-1").await, ["omar", "rina", "salma"]);
    assert_eq!(do_as(desk, &key, ADMINISTRATOR, moving("level-1", "rina", "lipi")).await, Ok(()));
    assert_eq!(people(desk, &key, "level-1").await, ["lipi", "omar", "salma"]);
    let gone = desk.record(&desk.signed(&key, "level-1", "rina", "approve").await).await;
    assert_eq!(gone.unwrap_err().code, RefusalCode::NotEligible);
    assert_eq!(desk.record(&desk.signed(&key, "level-1", "lipi", "approve").await).await, Ok(()));
    let told = "SELECT payload FROM outbox WHERE event LIKE 'reassigned/%'";
    let told = desk.database.raw().await.texts(told).await;
    assert!(told[0].contains("\"from\":\"rina\"") && told[0].contains("\"to\":\"lipi\""), "{told:?}");
    desk.carry_out(&key).await;
    let excluded = "SELECT person FROM payment_exclusions ORDER BY person";
    assert_eq!(desk.database.raw().await.texts(excluded).await, ["habib", "lipi"]);
}

async fn who_cannot_be_given_a_task(desk: &Desk) {
    let key = submitted(desk).await;
    for (who, action, code) in [
        ("rina", moving("level-1", "rina", "lipi"), RefusalCode::NotAdministrator),
        (CLERK, moving("level-1", "rina", "lipi"), RefusalCode::SelfApproval),
        (ADMINISTRATOR, moving("level-1", "rina", ADMINISTRATOR), RefusalCode::SelfApproval),
        (ADMINISTRATOR, moving("level-1", "rina", CLERK), RefusalCode::SelfApproval),
        (ADMINISTRATOR, moving("level-1", "habib", "lipi"), RefusalCode::NotEligible),
        (ADMINISTRATOR, moving("level-1", "rina", "salma"), RefusalCode::DelegationInvalid),
        (ADMINISTRATOR, moving("level-1", "rina", "jamal"), RefusalCode::NotEligible),
        (ADMINISTRATOR, moving("level-1", "rina", "nobody"), RefusalCode::NotEligible),
        (ADMINISTRATOR, moving("level-2", "habib", "lipi"), RefusalCode::TaskNotOpen),
        (ADMINISTRATOR, moving("level-9", "habib", "lipi"), RefusalCode::TaskUnknown),
    ] {
        let refusal = do_as(desk, &key, who, action.clone()).await.unwrap_err();
        assert_eq!(refusal.code, code, "{who} {action:?}: {refusal}");
    }
    assert_eq!(people(desk, &key, "level-1").await, ["omar", "rina", "salma"]);
    assert_eq!(desk.record(&desk.signed(&key, "level-1", "rina", "approve").await).await, Ok(()));
    let repeated = do_as(desk, &key, ADMINISTRATOR, moving("level-2", "habib", "rina")).await;
    assert_eq!(repeated.unwrap_err().code, RefusalCode::RepeatedApprover);
}

async fn a_task_is_given_within_limits_and_departments(desk: &Desk) {
    let key = submitted(desk).await;
    // The policy compares the total of 115,000.00.
    for (limit, taken) in [("114999.99", false), ("115000", true)] {
        desk.put_person(Person { approval_limit: Some(taka(limit)), ..person("lipi") }).await;
        let given = do_as(desk, &key, ADMINISTRATOR, moving("level-1", "rina", "lipi")).await;
        assert_eq!(given.map_err(|refusal| refusal.code), if taken { Ok(()) } else { Err(RefusalCode::NotEligible) });
    }
    assert_eq!(desk.record(&desk.signed(&key, "level-1", "lipi", "approve").await).await, Ok(()));
    desk.put_person(Person { department: Some(id("sales")), ..person("mizan") }).await;
    let other = do_as(desk, &key, ADMINISTRATOR, moving("level-2", "habib", "mizan")).await.unwrap_err();
    assert_eq!(other.code, RefusalCode::NotEligible);
    assert!(other.message.contains("people of department works"), "{other}");
}

async fn who_gave_a_task_away_does_not_decide_it_for_another(desk: &Desk) {
    let key = submitted(desk).await;
    let standing = desk.delegate("lipi", ADMINISTRATOR, ("2025-08-01", "2025-08-31")).await.unwrap();
    assert_eq!(do_as(desk, &key, ADMINISTRATOR, moving("level-1", "rina", "lipi")).await, Ok(()));
    let approve = desk.answer(&key, "level-1", "approve").await;
    let word = desk.word_for(&key, (ADMINISTRATOR, "lipi"), &[standing], approve);
    assert_eq!(desk.record(&word).await.unwrap_err().code, RefusalCode::SelfApproval);
    assert_eq!(desk.record(&desk.signed(&key, "level-1", "lipi", "approve").await).await, Ok(()));
}

/// Rina's deputy is lipi, and her manager nasrin.
async fn with_a_deputy(desk: &Desk) {
    let rina = Person { deputy: Some(id("lipi")), manager: Some(id("nasrin")), ..person("rina") };
    desk.put_person(rina).await;
}

async fn a_task_is_escalated_by_hand(desk: &Desk) {
    with_a_deputy(desk).await;
    let key = submitted(desk).await;
    let now = || Action::Escalate { task: id("level-1"), reason: "it is urgent".to_owned() };
    assert_eq!(do_as(desk, &key, "habib", now()).await.unwrap_err().code, RefusalCode::NotEligible);
    desk.pass(TimeDelta::hours(1));
    assert_eq!(do_as(desk, &key, ADMINISTRATOR, now()).await, Ok(()));
    assert_eq!(people(desk, &key, "level-1").await, ["lipi", "omar", "rina", "salma"]);
    let due = desk.document(&key).await.tasks[0].due_at.unwrap();
    assert_eq!(due, desk.now() + TimeDelta::days(1), "the step has a time of its own");
    assert_eq!(do_as(desk, &key, "salma", now()).await, Ok(()), "somebody who is asked may call for more");
    assert_eq!(people(desk, &key, "level-1").await, ["lipi", "nasrin", "omar", "rina", "salma"]);
    assert_eq!(do_as(desk, &key, ADMINISTRATOR, now()).await.unwrap_err().code, RefusalCode::NothingToEscalate);
    let told = "SELECT event FROM outbox WHERE event LIKE 'task_escalated%' ORDER BY event";
    let told = desk.database.raw().await.texts(told).await;
    assert_eq!(told, ["task_escalated/level-1/1", "task_escalated/level-1/2"]);
    assert_eq!(desk.record(&desk.signed(&key, "level-1", "nasrin", "approve").await).await, Ok(()));
}

async fn expire(desk: &Desk, key: &DocumentKey) -> CloseOutput {
    let entries = vec![Entry::Tick { at: desk.now() }];
    let input = CloseInput { entries, ..desk.close_input(key, CloseReason::Expired, None) };
    desk.steps().close_step(&input).await.unwrap()
}

async fn a_task_is_escalated_by_time_and_expires_after_the_last_step(desk: &Desk) {
    with_a_deputy(desk).await;
    let key = submitted(desk).await;
    for (days, expected) in
        [(2, &["lipi", "omar", "rina", "salma"][..]), (1, &["lipi", "nasrin", "omar", "rina", "salma"])]
    {
        desk.pass(TimeDelta::days(days) - TimeDelta::seconds(1));
        desk.tick(&key).await;
        let before = people(desk, &key, "level-1").await.len();
        assert_eq!(before, expected.len() - 1, "one second early");
        desk.pass(TimeDelta::seconds(1));
        desk.tick(&key).await;
        assert_eq!(people(desk, &key, "level-1").await, expected);
    }
    desk.pass(TimeDelta::days(2) - TimeDelta::seconds(1));
    assert!(matches!(expire(desk, &key).await, CloseOutput::Refused(r) if r.code == RefusalCode::NotDue));
    desk.pass(TimeDelta::seconds(1));
    // What time has brought comes before a decision that is too late.
    let late = desk.signed(&key, "level-1", "rina", "approve").await;
    assert_eq!(desk.record(&late).await.unwrap_err().code, RefusalCode::DocumentClosed);
    assert_eq!(expire(desk, &key).await, CloseOutput::Closed);
    let shown = desk.document(&key).await;
    assert_eq!(shown.approval.outcome(), Some(&Outcome::Expired { task: id("level-1") }));
    assert_eq!((shown.outcome.as_deref(), desk.budget("works", "").await.0.as_str()), (Some("expired"), "0.00"));
    let trail = desk.trail(&key).await.split_off(2);
    let expected = ["reminded", "escalated", "reminded", "escalated", "command_refused", "closed"];
    let told: Vec<_> = trail.iter().filter(|kind| *kind != "close_refused").collect();
    assert_eq!(told, expected);
}

async fn a_moment_to_come_changes_nothing(desk: &Desk) {
    let key = submitted(desk).await;
    let rows = desk.database.raw().await.rows().await;
    let tomorrow = vec![Entry::Tick { at: desk.now() + TimeDelta::days(3) }];
    assert_eq!(taken(desk.record_all(&key, tomorrow.clone()).await), Ok(()));
    let mut after = desk.database.raw().await.rows().await;
    // That it was carried out stands on the trail, and nothing of it.
    for table in ["effects", "audit_entries", "audit_unsealed"] {
        *after.get_mut(table).unwrap() -= 1;
    }
    assert_eq!(after, rows);
    assert_eq!(desk.document(&key).await.approval.outcome(), None);
    let SettleOutput::Refused(refusal) = desk
        .steps()
        .settle_step(&vextrus_contract::steps::SettleInput { entries: tomorrow, ..desk.settle_input(&key, 1, None) })
        .await
        .unwrap()
    else {
        panic!("settled")
    };
    assert_eq!(refusal.code, RefusalCode::ApprovalsIncomplete);
    // A command from tomorrow is none either; one of today that waited is.
    let word = desk.signed(&key, "level-1", "rina", "approve").await;
    let early = vec![Entry::Command { at: desk.now() + TimeDelta::hours(1), signed: Box::new(word.clone()) }];
    assert_eq!(taken(desk.record_all(&key, early).await).unwrap_err().code, RefusalCode::NotDue);
    desk.pass(TimeDelta::days(1));
    assert_eq!(desk.record(&word).await, Ok(()));
    let decided = desk.document(&key).await.tasks[0].decided_at;
    assert_eq!(decided, Some(desk.now() - TimeDelta::days(1)), "it counts from when it was given");
}

fn anew() -> Action {
    Action::Replan { reason: "the new policy".to_owned() }
}

/// The policy with a level for everybody above the heads of department.
fn stricter() -> String {
    INVOICES.replace("above = \"500000\"", "above = \"110000\"")
}

async fn a_document_takes_up_the_policy_that_is_active_now(desk: &Desk) {
    let (claim, first) = desk.submit(&invoice("padma", "INV-1", "100000")).await;
    desk.activate(RuleKind::Approval, &stricter().replace("above = \"100000\"", "above = \"90\"")).await;
    assert_eq!(do_as(desk, &claim.key, "rina", anew()).await.unwrap_err().code, RefusalCode::NotAdministrator);
    assert_eq!(do_as(desk, &claim.key, ADMINISTRATOR, anew()).await, Ok(()));
    let early = desk.record(&desk.signed(&claim.key, "level-1", "rina", "approve").await).await;
    assert_eq!(early.unwrap_err().code, RefusalCode::NotAssessed, "nobody decides until it is there");
    let second = desk.reassessed(&claim.key).await;
    assert_ne!(first.rules.approval, second.rules.approval);
    assert_eq!((first.rules.tax.as_str(), first.totals), (second.rules.tax.as_str(), second.totals));
    assert_eq!(
        second.plan.tasks.iter().map(|t| t.role.as_str()).collect::<Vec<_>>(),
        ["accounts_payable", "department_head", "finance_manager"]
    );
    let old = desk.record(&desk.signed(&claim.key, "level-1", "rina", "approve").await).await;
    assert_eq!(old.unwrap_err().code, RefusalCode::StalePlan);
    assert_eq!(desk.budget("works", "").await.0, "100000.00", "reserved once");
    desk.carry_out(&claim.key).await;
}

async fn what_was_approved_stands_under_another_plan(desk: &Desk) {
    let key = submitted(desk).await;
    assert_eq!(desk.record(&desk.signed(&key, "level-1", "rina", "approve").await).await, Ok(()));
    desk.activate(RuleKind::Approval, &stricter()).await;
    assert_eq!(do_as(desk, &key, ADMINISTRATOR, anew()).await, Ok(()));
    desk.reassessed(&key).await;
    let shown = desk.document(&key).await;
    let status = |task: &str| shown.approval.task(&id(task)).unwrap().status;
    assert_eq!((status("level-1"), status("level-2")), (TaskStatus::Superseded, TaskStatus::Dropped));
    assert_eq!((status("level-2-1"), status("level-2-2")), (TaskStatus::Decided, TaskStatus::Open));
    let kept = shown.tasks.iter().find(|t| t.task == "level-2-1").unwrap();
    assert_eq!((kept.state.as_str(), kept.actor.as_deref(), kept.given), ("decided", Some("rina"), 1));
    desk.carry_out(&key).await;
    let excluded = "SELECT person FROM payment_exclusions ORDER BY person";
    assert_eq!(desk.database.raw().await.texts(excluded).await, ["habib", "nasrin", "rina"]);
}

async fn a_document_is_computed_again_when_somebody_asks(desk: &Desk) {
    let key = submitted(desk).await;
    let again = || Action::Reassess { reason: "the vendor's record was wrong".to_owned() };
    assert_eq!(do_as(desk, &key, "habib", again()).await.unwrap_err().code, RefusalCode::NotAdministrator);
    desk.put_vendor(&Vendor { kind: VendorKind::Service, ..vendor("padma") }).await;
    assert_eq!(do_as(desk, &key, "rina", again()).await, Ok(()), "who is asked may ask for it");
    let assessed = desk.reassessed(&key).await;
    assert_eq!(assessed.totals.unwrap().net_payable, taka("105000"));
    assert_eq!(assessed.plan.tasks, [], "nobody had approved the payable");
    let shown = desk.document(&key).await;
    assert_eq!((shown.assessment.unwrap().revision, shown.approval.recompute()), (2, None));
    assert_eq!(shown.tasks.iter().map(|t| t.state.as_str()).collect::<Vec<_>>(), ["open", "waiting"]);
    assert_eq!(desk.record(&desk.signed(&key, "level-1", "rina", "approve").await).await, Ok(()));
    desk.put_vendor(&vendor("padma")).await;
    assert_eq!(do_as(desk, &key, ADMINISTRATOR, again()).await, Ok(()));
    assert_eq!(desk.document(&key).await.approval.recompute(), Some(&Recompute::Reassess));
    let assessed = desk.reassessed(&key).await;
    assert_eq!(assessed.plan.tasks[0].kind.name(), "payable_changed", "what was approved has changed");
}

async fn only_administrators_administer(desk: &Desk) {
    // Whoever administers does not where they have submitted, and decides nothing by it.
    let (claim, _) = desk.submit_as(ADMINISTRATOR, &bill(&invoice("padma", "INV-1", "100000"))).await;
    for action in [anew(), moving("level-1", "rina", "lipi")] {
        let refusal = do_as(desk, &claim.key, ADMINISTRATOR, action).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::SelfApproval);
    }
    let (other, _) = desk.submit(&invoice("padma", "INV-2", "90000")).await;
    let decided = desk.record(&desk.signed(&other.key, "level-1", ADMINISTRATOR, "approve").await).await;
    assert_eq!(decided.unwrap_err().code, RefusalCode::NotEligible);
    assert_eq!(
        do_as(desk, &other.key, ADMINISTRATOR, Action::Replan { reason: " ".to_owned() }).await.unwrap_err().code,
        RefusalCode::ReasonRequired
    );
}

async fn two_of_them(desk: &Desk) {
    let text = INVOICES.replacen(
        "[[level]]\nrole = \"accounts_payable\"\n",
        "[[level]]\nrole = \"accounts_payable\"\nquorum = 2\n",
        1,
    );
    assert_ne!(text, INVOICES);
    desk.activate(RuleKind::Approval, &text).await;
}

async fn of_several_as_many_must_agree_as_the_policy_says(desk: &Desk) {
    two_of_them(desk).await;
    let (claim, assessed) = desk.submit(&invoice("padma", "INV-1", "80000")).await;
    assert_eq!(assessed.plan.tasks[0].needed, 2);
    let first = desk.signed(&claim.key, "level-1", "rina", "approve").await;
    let SettleOutput::Refused(refusal) = desk.settle(&claim.key, Some(first.clone())).await else { panic!("settled") };
    assert_eq!(refusal.code, RefusalCode::ApprovalsIncomplete);
    assert_eq!(desk.record(&first).await, Ok(()));
    let shown = desk.document(&claim.key).await;
    let task = &shown.tasks[0];
    assert_eq!((task.state.as_str(), task.given, task.needed), ("open", 1, 2));
    let twice = desk.record(&desk.signed(&claim.key, "level-1", "rina", "approve").await).await;
    assert_eq!(twice.unwrap_err().code, RefusalCode::RepeatedApprover);
    let second = desk.signed(&claim.key, "level-1", "salma", "approve").await;
    assert!(matches!(desk.settle(&claim.key, Some(second)).await, SettleOutput::Settled(_)));
    let task = desk.document(&claim.key).await.tasks.remove(0);
    assert_eq!((task.state.as_str(), task.given), ("decided", 2));
    let excluded = "SELECT person FROM payment_exclusions ORDER BY person";
    assert_eq!(desk.database.raw().await.texts(excluded).await, ["rina", "salma"]);
}

async fn one_of_several_refuses_for_all(desk: &Desk) {
    two_of_them(desk).await;
    let (claim, _) = desk.submit(&invoice("padma", "INV-1", "80000")).await;
    assert_eq!(desk.record(&desk.signed(&claim.key, "level-1", "rina", "approve").await).await, Ok(()));
    let no = desk.signed(&claim.key, "level-1", "salma", "reject").await;
    assert_eq!(desk.close(&claim.key, CloseReason::Rejected, Some(no)).await, CloseOutput::Closed);
    let task = desk.document(&claim.key).await.tasks.remove(0);
    assert_eq!((task.state.as_str(), task.given, task.answer.as_deref()), ("decided", 1, Some("reject")));
}
