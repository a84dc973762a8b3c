//! Whoever can write to the namespace can start a step by hand. It is refused, spoils nothing, and is on the trail once.

use chrono::TimeDelta;
use vextrus_contract::employees::{
    PerformInput, PerformOutput, PlanInput, PlanOutput, ProcessEntry, ProgressInput, ProgressOutput,
};
use vextrus_domain::{DocumentKey, RefusalCode};
use vextrus_employees::StepError;
use vextrus_lifecycle::{Performed, Status, TaskStatus};
use vextrus_tests_support::company::id;
use vextrus_tests_support::on_both;

use crate::desk::{Case, Desk};

on_both![
    a_step_out_of_turn_is_refused_and_told_once,
    a_step_of_what_was_not_claimed_leaves_nothing,
    a_result_that_the_ledger_does_not_know_is_refused,
    what_the_ledger_knows_better_is_answered,
    a_moment_that_is_yet_to_come_changes_nothing,
    a_stop_ends_nothing_as_completed,
    an_ended_process_takes_nothing,
];

fn done(case: &Case<'_>, task: &str, attempt: u32, reference: &str) -> ProcessEntry {
    let result = Performed::Done { reference: reference.to_owned() };
    ProcessEntry::Performed { at: case.desk.now(), task: id(task), attempt, result }
}

async fn code_of_progress(case: &Case<'_>, entry: ProcessEntry) -> RefusalCode {
    match case.put(vec![entry]).await.unwrap() {
        ProgressOutput::Refused(refusal) | ProgressOutput::Elsewhere { why: refusal, .. } => refusal.code,
        recorded => panic!("{recorded:?}"),
    }
}

async fn code_of_plan(case: &Case<'_>, revision: u32) -> RefusalCode {
    match case.steps().plan_step(&case.plan_input(revision)).await.unwrap() {
        PlanOutput::Refused(refusal) | PlanOutput::NotYet(refusal) => refusal.code,
        planned => panic!("{planned:?}"),
    }
}

async fn code_of_perform(case: &Case<'_>, task: &str, attempt: u32) -> RefusalCode {
    match case.perform(task, attempt).await.unwrap() {
        PerformOutput::Refused(refusal) => refusal.code,
        performed @ PerformOutput::Performed(_) => panic!("{performed:?}"),
    }
}

async fn a_step_out_of_turn_is_refused_and_told_once(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    let before = case.machine().await;
    for _ in 0..2 {
        assert_eq!(code_of_plan(&case, 2).await, RefusalCode::StalePlan);
        assert_eq!(code_of_perform(&case, "create-user-account", 1).await, RefusalCode::TaskNotOpen);
        assert_eq!(code_of_perform(&case, "appointment-letter", 1).await, RefusalCode::TaskNotOpen);
        let forged = done(&case, "create-user-account", 1, "account of mine");
        assert_eq!(code_of_progress(&case, forged).await, RefusalCode::ApprovalsIncomplete);
    }
    for (kind, times) in [("plan_refused", 1), ("perform_refused", 2), ("progress_refused", 1)] {
        let told = case.told(kind).await;
        assert_eq!(told.len(), times, "{kind}");
        assert!(told.iter().all(|e| e.actor.is_none() && e.body["code"].is_string()), "{told:?}");
    }
    assert_eq!(case.machine().await, before);
    let keys = "SELECT step FROM effects WHERE step LIKE 'plan/%' OR step LIKE 'perform/%' OR step LIKE 'progress/%'";
    assert_eq!(desk.database.raw().await.texts(keys).await, ["plan/1"]);
    assert_eq!(case.run().await, Status::Completed, "the workflow's own steps are not spoilt");
}

async fn a_step_of_what_was_not_claimed_leaves_nothing(desk: &Desk) {
    let rows = desk.database.raw().await.rows().await;
    let made_up = DocumentKey { tenant: id("acme"), document: id("made-up"), submission: 1 };
    let claimed = desk.onboarding("emp-1").await;
    let after = desk.database.raw().await.rows().await;
    let second = DocumentKey { submission: 2, ..claimed.key.clone() };
    let elsewhere = DocumentKey { tenant: id("globex"), ..claimed.key.clone() };
    for key in [made_up, second, elsewhere] {
        let steps = claimed.steps();
        let plan = steps.plan_step(&PlanInput { key: key.clone(), revision: 1 }).await.unwrap();
        assert!(matches!(plan, PlanOutput::Refused(r) if r.code == RefusalCode::NotClaimed));
        let input = ProgressInput { key: key.clone(), entries: vec![ProcessEntry::Tick { at: desk.now() }] };
        let progress = steps.progress_step(&input).await.unwrap();
        assert!(matches!(progress, ProgressOutput::Refused(r) if r.code == RefusalCode::NotClaimed));
        let input = PerformInput { key, task: id("create-user-account"), attempt: 1 };
        let performed = steps.perform_step(&input, 1).await.unwrap();
        assert!(matches!(performed, PerformOutput::Refused(r) if r.code == RefusalCode::NotClaimed));
    }
    let mut raw = desk.database.raw().await;
    assert_eq!(raw.rows().await, after);
    assert_ne!(rows, after);
}

async fn a_result_that_the_ledger_does_not_know_is_refused(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("create-user-account", TaskStatus::Running).await;
    for (attempt, said) in [
        (1, Performed::Done { reference: "account of mine".to_owned() }),
        (1, Performed::Impossible { why: "it will not".to_owned() }),
        (2, Performed::Done { reference: "account of mine".to_owned() }),
    ] {
        let entry =
            ProcessEntry::Performed { at: desk.now(), task: id("create-user-account"), attempt, result: said.clone() };
        assert_eq!(code_of_progress(&case, entry).await, RefusalCode::ApprovalsIncomplete, "{said:?}");
    }
    assert_eq!(case.status("create-user-account").await, TaskStatus::Running);
    assert_eq!(case.told("progress_refused").await.len(), 3);
    case.until("create-email", TaskStatus::Running).await;
    // Another thing than what the ledger knows is said of a true attempt.
    case.perform("create-email", 1).await.unwrap();
    let known = case.performed(&id("create-email"), 1, Performed::Done { reference: "mine".to_owned() }).await;
    let [known] = known.as_slice() else { panic!("{known:?}") };
    assert_eq!(known.result, Performed::Done { reference: "mailbox emp-1 1".to_owned() });
    assert_eq!(case.task("create-email").await.reference.as_deref(), Some("mailbox emp-1 1"));
}

async fn what_the_ledger_knows_better_is_answered(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("create-user-account", TaskStatus::Running).await;
    // The system did its work, and its answer was lost on the way to the workflow.
    case.perform("create-user-account", 1).await.unwrap();
    let known = case.performed(&id("create-user-account"), 1, Performed::Unclear).await;
    let [known] = known.as_slice() else { panic!("{known:?}") };
    assert_eq!((known.task.as_str(), known.attempt), ("create-user-account", 1));
    assert_eq!(known.result, Performed::Done { reference: "account emp-1 1".to_owned() });
    assert_eq!(case.status("create-user-account").await, TaskStatus::Done);
    // Of the next one the ledger knows nothing either.
    case.until("create-email", TaskStatus::Running).await;
    assert_eq!(case.performed(&id("create-email"), 1, Performed::Unclear).await, []);
    let task = case.task("create-email").await;
    assert_eq!((task.status, task.unclear), (TaskStatus::Open, true));
}

async fn a_moment_that_is_yet_to_come_changes_nothing(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("create-user-account", TaskStatus::Running).await;
    case.perform("create-user-account", 1).await.unwrap();
    let before = desk.database.raw().await.rows().await;
    let at = desk.now() + TimeDelta::days(400);
    let performed = |result| ProcessEntry::Performed { at, task: id("create-user-account"), attempt: 1, result };
    for entry in [
        ProcessEntry::Tick { at },
        ProcessEntry::Stop { at, status: Status::Failed, why: "it cannot go on".to_owned() },
        performed(Performed::Done { reference: "account emp-1 1".to_owned() }),
        performed(Performed::Unclear),
    ] {
        let error = case.put(vec![entry.clone()]).await.unwrap_err();
        assert!(matches!(&error, StepError::NotYet(no) if no.code == RefusalCode::NotDue), "{entry:?}: {error}");
    }
    assert_eq!(desk.database.raw().await.rows().await, before);
    desk.pass(TimeDelta::days(400));
    case.put(vec![performed(Performed::Unclear)]).await.unwrap();
    let task = case.task("create-user-account").await;
    assert_eq!((task.status, task.settled_at), (TaskStatus::Done, Some(at)), "the same step, once its moment has come");
}

async fn a_stop_ends_nothing_as_completed(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    for status in [Status::Completed, Status::Partial, Status::Withdrawn] {
        let stop = ProcessEntry::Stop { at: desk.now(), status, why: "enough".to_owned() };
        assert_eq!(code_of_progress(&case, stop).await, RefusalCode::InvalidField, "{status}");
    }
    assert_eq!(case.machine().await.stopped(), None);
}

async fn an_ended_process_takes_nothing(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.withdraw().await;
    assert_eq!(case.run().await, Status::Withdrawn);
    let machine = case.machine().await;
    assert_eq!(code_of_plan(&case, 2).await, RefusalCode::StalePlan);
    let tick = ProcessEntry::Tick { at: desk.now() };
    assert_eq!(code_of_progress(&case, tick).await, RefusalCode::DocumentClosed);
    assert_eq!(code_of_perform(&case, "create-user-account", 1).await, RefusalCode::TaskNotOpen);
    let word = vextrus_lifecycle::Action::Withdraw { reason: "once more".to_owned() };
    let refusal = case.say("hasina", word).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::DocumentClosed);
    assert_eq!(case.machine().await, machine);
    assert_eq!(case.told("progress_refused").await.len(), 2);
}
