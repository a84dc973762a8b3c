//! An employee has one process at a time, and only who may asks for it.

use chrono::TimeDelta;
use vextrus_domain::{Employee, RefusalCode};
use vextrus_ledger::employees::claim::{self, Asked, Leaving};
use vextrus_ledger::employees::processes::{self, ProcessFilter};
use vextrus_lifecycle::{Process, Status};
use vextrus_tests_support::company::{ACME, CLERK, GLOBEX, actor, id, request};
use vextrus_tests_support::ledgers::{TestLedger, at_once};
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::{self, HR, HR_DEPUTY, MANAGER, Staff, leaving};

use super::{Put, claimed, machine, plan, planned, put, run, withdraw};

on_both![
    the_same_request_has_the_same_answer,
    a_request_id_belongs_to_one_request,
    an_employee_has_one_open_process,
    of_eight_that_claim_at_once_one_does,
    eight_times_the_same_request_is_one_process,
    who_is_named_must_be_there,
    only_hr_claims,
    only_hr_lets_go,
    what_has_not_started_is_taken_up_under_another_id,
    without_a_template_nothing_is_claimed,
    what_stands_in_histories_names_nobody,
    who_was_not_onboarded_cannot_leave,
    who_did_not_come_may_come_again,
    processes_are_listed_the_latest_first,
];

fn of_position(name: &str, position: &str) -> Employee {
    let mut employee = staff::employee(name);
    position.clone_into(&mut employee.employment.position);
    employee
}

/// A field, and what makes it wrong.
type Change = (&'static str, fn(&mut Employee));

async fn the_same_request_has_the_same_answer(staff: &Staff) {
    let (request, employee) = (request(), staff::employee("emp-1"));
    let first = staff.hire_as(HR, &request, &employee).await.unwrap();
    assert!(!first.repeated && first.process.kind == Process::Onboarding);
    let rows = staff.database.raw().await.rows().await;
    staff.pass(TimeDelta::hours(1));
    let again = staff.hire_as(HR, &request, &employee).await.unwrap();
    assert!(again.repeated);
    assert_eq!((again.process.key, again.process.claimed_at), (first.process.key.clone(), first.process.claimed_at));
    assert_eq!(staff.database.raw().await.rows().await, rows);
    assert_eq!(staff.trail(&first.process.key).await, ["claimed"]);
    let body = &staff.entries(&first.process.key).await[0].body;
    assert_eq!((&body["employee"], &body["process"]), (&"emp-1".into(), &"onboarding".into()));
    assert_eq!(body["employment"]["start_date"], staff::START);
}

async fn a_request_id_belongs_to_one_request(staff: &Staff) {
    let (request, employee) = (request(), staff::employee("emp-1"));
    staff.hire_as(HR, &request, &employee).await.unwrap();
    let changed = |change: fn(&mut Employee)| {
        let mut other = employee.clone();
        change(&mut other);
        other
    };
    for other in [
        changed(|e| e.id = id("emp-2")),
        changed(|e| "Zebunnessa Q.".clone_into(&mut e.personal.name)),
        changed(|e| e.employment.start_date = id("2026-01-04")),
    ] {
        let refused = staff.hire_as(HR, &request, &other).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::RequestIdReused);
    }
    let refused = staff.hire_as(HR_DEPUTY, &request, &employee).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::RequestIdReused, "another person's");
    let asked = leaving("emp-1", "2026-04-30");
    let refused = staff.ask(&actor(HR), &request, Asked::Offboarding(&asked)).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::RequestIdReused, "another process");
}

async fn an_employee_has_one_open_process(staff: &Staff) {
    let key = claimed(staff, "emp-1").await;
    let refused = staff.hire(&of_position("emp-1", "Foreman")).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::ProcessOpen);
    assert!(refused.message.contains(key.document.as_str()), "{refused}");
    let refused = staff.release(&leaving("emp-1", "2026-04-30")).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::ProcessOpen);
    claimed(staff, "emp-2").await;
    // Another company's employee of the same id is somebody else.
    let elsewhere = vextrus_domain::Actor { tenant: id(GLOBEX), ..actor(HR) };
    let employee = staff::employee("emp-1");
    staff.ask(&elsewhere, &request(), Asked::Onboarding(&employee)).await.unwrap();
}

async fn of_eight_that_claim_at_once_one_does(staff: &Staff) {
    let ledger = staff.ledger();
    let answers = at_once(8, move |i| {
        let ledger = ledger.clone();
        async move {
            let employee = of_position("emp-1", &format!("Engineer {i}"));
            let answer = claim::claim(&ledger, &actor(HR), &request(), Asked::Onboarding(&employee)).await.unwrap();
            answer.map(|claim| (claim, employee))
        }
    })
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 7));
    for refusal in lost.into_iter().map(Result::unwrap_err) {
        assert_eq!(refusal.code, RefusalCode::ProcessOpen, "{refusal}");
    }
    // The record is the winner's still: its hash is what was claimed.
    let (claim, employee) = won.into_iter().next().unwrap().unwrap();
    let key = claim.process.key;
    let process = staff.process(&key).await.process;
    let mut tx = staff.read().await.unwrap();
    let record = vextrus_ledger::employees::records::get(&mut tx, &key.tenant, &id("emp-1")).await.unwrap().unwrap();
    assert_eq!(record.hash(&employee).unwrap(), process.payload_hash);
}

async fn eight_times_the_same_request_is_one_process(staff: &Staff) {
    let (ledger, request) = (staff.ledger(), request());
    let answers = at_once(8, move |_| {
        let (ledger, request) = (ledger.clone(), request.clone());
        async move {
            let employee = staff::employee("emp-1");
            claim::claim(&ledger, &actor(HR), &request, Asked::Onboarding(&employee)).await.unwrap().unwrap()
        }
    })
    .await;
    assert!(answers.iter().all(|a| a.process.key == answers[0].process.key));
    assert_eq!(answers.iter().filter(|a| !a.repeated).count(), 1);
    assert_eq!(staff.database.raw().await.number("SELECT count(*) FROM employee_processes").await, 1);
}

async fn who_is_named_must_be_there(staff: &Staff) {
    staff.put_active("mina", false).await;
    let changes: [Change; 4] = [
        ("employment.manager", |e| e.employment.manager = id("nobody")),
        ("employment.manager", |e| e.employment.manager = id("mina")),
        ("employment.hr_manager", |e| e.employment.hr_manager = id("nobody")),
        ("employment.hr_manager", |e| e.employment.hr_manager = id("mina")),
    ];
    for (field, change) in changes {
        let mut employee = staff::employee("emp-1");
        change(&mut employee);
        let refused = staff.hire_as(HR_DEPUTY, &request(), &employee).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::InvalidField, "{field}");
        assert!(refused.message.starts_with(field), "{refused}");
    }
    assert_eq!(staff.database.raw().await.number("SELECT count(*) FROM employee_records").await, 0);
}

async fn only_hr_claims(staff: &Staff) {
    let employee = staff::employee("emp-1");
    for person in [CLERK, MANAGER, "tuhin"] {
        let refused = staff.hire_as(person, &request(), &employee).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::NotAdministrator, "{person}");
    }
    for stranger in ["nobody", "jamal"] {
        let refused = staff.hire_as(stranger, &request(), &employee).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::PermissionDenied, "{stranger}");
    }
    assert_eq!(staff.database.raw().await.number("SELECT count(*) FROM employee_records").await, 0);
    // Whoever names themselves is no more than they were.
    let mut own = employee.clone();
    own.employment.hr_manager = id(CLERK);
    let refused = staff.hire_as(CLERK, &request(), &own).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::NotAdministrator);
    let key = staff.hire_as(HR_DEPUTY, &request(), &own).await.unwrap().process.key;
    // Of a process that somebody else began, the HR manager answers for it, and nobody for their own.
    let mut process = staff.process(&key).await.process;
    let mut tx = staff.read().await.unwrap();
    for (person, may) in [(CLERK, true), (HR, true), (MANAGER, false)] {
        assert_eq!(claim::may_administer(&mut tx, &actor(person), &process).await.unwrap().is_ok(), may, "{person}");
    }
    process.employee = id(HR);
    assert!(claim::may_administer(&mut tx, &actor(HR), &process).await.unwrap().is_err());
}

async fn only_hr_lets_go(staff: &Staff) {
    let key = planned(staff, "emp-1").await;
    run(staff, &key).await;
    staff.pass(TimeDelta::days(1));
    for person in [CLERK, MANAGER] {
        let own = Leaving { hr_manager: id(person), ..leaving("emp-1", "2026-04-30") };
        let refused = staff.ask(&actor(person), &request(), Asked::Offboarding(&own)).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::NotAdministrator, "{person}");
    }
    assert_eq!(staff.database.raw().await.number("SELECT count(*) FROM employee_processes").await, 1);
}

async fn what_has_not_started_is_taken_up_under_another_id(staff: &Staff) {
    let employee = staff::employee("emp-1");
    let first = staff.hire(&employee).await.unwrap();
    let again = staff.hire(&employee).await.unwrap();
    assert!(again.repeated && again.process.key == first.process.key);
    assert_eq!(again.process.request_id, first.process.request_id);
    let refused = staff.hire_as(HR_DEPUTY, &request(), &employee).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::ProcessOpen, "another person's");
    let refused = staff.hire(&of_position("emp-1", "Foreman")).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::ProcessOpen, "other content");
    let process = staff.process(&first.process.key).await.process;
    put(staff, &process.key, Put::Plan(&plan(staff, &process).await)).await.unwrap();
    assert_eq!(staff.hire(&employee).await.unwrap_err().code, RefusalCode::ProcessOpen, "it runs");
    run(staff, &process.key).await;
    staff.pass(TimeDelta::days(1));
    let asked = leaving("emp-1", "2026-04-30");
    let first = staff.release(&asked).await.unwrap();
    let again = staff.release(&asked).await.unwrap();
    assert!(again.repeated && again.process.key == first.process.key);
    let refused = staff.release(&leaving("emp-1", "2026-05-31")).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::ProcessOpen);
}

/// A company that has no templates.
async fn without_a_template_nothing_is_claimed(ledger: &TestLedger) {
    let mut tx = ledger.begin(&id(ACME)).await.unwrap();
    let people = [HR, MANAGER].map(staff::person).to_vec();
    let company = vextrus_tests_support::company::company(ACME);
    let company = vextrus_ledger::masterdata::Company { people, ..company };
    vextrus_ledger::masterdata::import(&mut tx, &company, "controller").await.unwrap();
    tx.commit().await.unwrap();
    let employee = staff::employee("emp-1");
    let asked = Asked::Onboarding(&employee);
    let refused = claim::claim(ledger, &actor(HR), &request(), asked).await.unwrap().unwrap_err();
    assert!(refused.message.contains("onboarding"), "{refused}");
    assert_eq!(ledger.database.raw().await.number("SELECT count(*) FROM employee_processes").await, 0);
}

async fn what_stands_in_histories_names_nobody(staff: &Staff) {
    let changes: [Change; 4] = [
        ("id", |e| e.id = id("zebunnessa")),
        ("employment.position", |e| "Deputy of Quaderi".clone_into(&mut e.employment.position)),
        ("employment.grade", |e| e.employment.grade = Some("01798765432".to_owned())),
        ("employment.department", |e| e.employment.department = id("quaderi")),
    ];
    for (field, change) in changes {
        let mut employee = staff::employee("emp-1");
        change(&mut employee);
        let refused = staff.hire(&employee).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::PersonalData, "{field}");
        assert!(refused.message.starts_with(field), "{refused}");
    }
    let refused = staff.hire_as(HR, &id("hire-zebunnessa"), &staff::employee("emp-1")).await.unwrap_err();
    assert!(refused.code == RefusalCode::PersonalData && refused.message.starts_with("request_id"), "{refused}");
    let key = planned(staff, "emp-1").await;
    run(staff, &key).await;
    staff.pass(TimeDelta::days(1));
    let mut asked = leaving("emp-1", "2026-04-30");
    "Zebunnessa moves away".clone_into(&mut asked.reason);
    assert_eq!(staff.release(&asked).await.unwrap_err().code, RefusalCode::PersonalData);
}

async fn who_was_not_onboarded_cannot_leave(staff: &Staff) {
    let leave = async || staff.release(&leaving("emp-1", "2026-04-30")).await.unwrap_err().code;
    assert_eq!(leave().await, RefusalCode::NotOnboarded);
    let key = planned(staff, "emp-1").await;
    withdraw(staff, &key).await;
    run(staff, &key).await;
    assert_eq!(leave().await, RefusalCode::NotOnboarded);
    staff.pass(TimeDelta::days(1));
    let key = planned(staff, "emp-1").await;
    run(staff, &key).await;
    staff.pass(TimeDelta::days(1));
    let claim = staff.release(&leaving("emp-1", "2026-04-30")).await.unwrap();
    assert_eq!((claim.process.kind, claim.process.undoes), (Process::Offboarding, Some(key)));
    assert_eq!(claim.process.employment.start_date, id("2026-04-30"));
}

async fn who_did_not_come_may_come_again(staff: &Staff) {
    let key = planned(staff, "emp-1").await;
    withdraw(staff, &key).await;
    run(staff, &key).await;
    assert_eq!(machine(staff, &key).await.ended(), Some(Status::Withdrawn));
    staff.pass(TimeDelta::days(1));
    let again = planned(staff, "emp-1").await;
    assert_ne!(again, key);
    run(staff, &again).await;
    assert_eq!(machine(staff, &again).await.ended(), Some(Status::Completed));
    let mut tx = staff.read().await.unwrap();
    let latest = processes::latest_of(&mut tx, &id(ACME), &id("emp-1")).await.unwrap().unwrap();
    assert_eq!(latest.key, again);
}

async fn processes_are_listed_the_latest_first(staff: &Staff) {
    let mut keys = Vec::new();
    for number in 0..5 {
        keys.push(claimed(staff, &format!("emp-{number}")).await);
        // Two of them at the same moment.
        staff.pass(TimeDelta::seconds(i64::from(number != 2)));
    }
    keys.reverse();
    let (mut found, mut place) = (Vec::new(), None);
    loop {
        let mut tx = staff.read().await.unwrap();
        let page = processes::list(&mut tx, &id(ACME), &ProcessFilter::default(), place.as_ref(), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        place = Some((last.claimed_at, last.key.document.to_string()));
        found.extend(page.into_iter().map(|p| p.key));
    }
    assert_eq!(found, keys);
}
