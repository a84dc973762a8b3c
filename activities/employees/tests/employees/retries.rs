//! A step is carried out once, however often and however many at once it is started.

use std::fmt::Debug;

use vextrus_contract::employees::{PerformOutput, ProcessEntry, ProgressInput};
use vextrus_employees::StepError;
use vextrus_lifecycle::{Action, Performed, TaskStatus};
use vextrus_tests_support::company::id;
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::{self, HR};

use crate::desk::{Case, Desk};

on_both![
    a_step_again_is_the_same,
    a_plan_many_times_at_once_is_one,
    a_command_many_times_at_once_is_one,
    a_work_many_times_at_once_is_one,
    a_taking_back_many_times_at_once_is_one,
    another_time_is_the_same_command,
    a_time_finer_than_the_ledger_keeps_leads_to_the_same,
];

/// Calls a step three times; the second and third must change neither the answer nor any row.
async fn repeat<T: PartialEq + Debug>(case: &Case<'_>, step: impl AsyncFn() -> Result<T, StepError>) -> T {
    let mut raw = case.desk.database.raw().await;
    let first = step().await.unwrap();
    let rows = raw.rows().await;
    for _ in 0..2 {
        assert_eq!(step().await.unwrap(), first);
        assert_eq!(raw.rows().await, rows);
    }
    first
}

async fn a_step_again_is_the_same(desk: &Desk) {
    let case = desk.case(desk.hire(&staff::employee("emp-1")).await.unwrap().process.key);
    repeat(&case, async || case.steps().plan_step(&case.plan_input(1)).await).await;
    repeat(&case, async || case.steps().plan_step(&case.plan_input(7)).await).await;
    let done = Action::Complete { task: id("appointment-letter"), verdict: None, note: "signed".to_owned() };
    let entries = vec![case.entry(desk.signed_order(&case.key, HR, done))];
    repeat(&case, async || case.put(entries.clone()).await).await;
    let refused = Action::Skip { task: id("photo-id"), reason: "no camera".to_owned() };
    let entries = vec![case.entry(desk.signed_order(&case.key, HR, refused))];
    repeat(&case, async || case.put(entries.clone()).await).await;
    case.until("create-user-account", TaskStatus::Running).await;
    repeat(&case, async || case.perform("create-user-account", 1).await).await;
    repeat(&case, async || case.perform("create-user-account", 2).await).await;
    let known = ProcessEntry::Performed {
        at: desk.now(),
        task: id("create-user-account"),
        attempt: 1,
        result: Performed::Unclear,
    };
    repeat(&case, async || case.put(vec![known.clone()]).await).await;
    let forged = ProcessEntry::Performed {
        at: desk.now(),
        task: id("create-email"),
        attempt: 1,
        result: Performed::Done { reference: "mine".to_owned() },
    };
    repeat(&case, async || case.put(vec![forged.clone()]).await).await;
    let tick = ProcessEntry::Tick { at: desk.now() };
    repeat(&case, async || case.put(vec![tick.clone()]).await).await;
}

async fn a_plan_many_times_at_once_is_one(desk: &Desk) {
    let case = desk.case(desk.hire(&staff::employee("emp-1")).await.unwrap().process.key);
    let (steps, input) = (case.steps(), case.plan_input(1));
    let plans = at_once(8, move |_| {
        let (steps, input) = (steps.clone(), input.clone());
        async move { steps.plan_step(&input).await.unwrap() }
    })
    .await;
    assert!(plans.iter().all(|p| *p == plans[0]));
    assert_eq!(case.told("planned").await.len(), 1);
}

async fn a_command_many_times_at_once_is_one(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    let done = Action::Complete { task: id("appointment-letter"), verdict: None, note: String::new() };
    let input =
        ProgressInput { key: case.key.clone(), entries: vec![case.entry(desk.signed_order(&case.key, HR, done))] };
    let steps = case.steps();
    let answers = at_once(8, move |_| {
        let (steps, input) = (steps.clone(), input.clone());
        async move { steps.progress_step(&input).await.unwrap() }
    })
    .await;
    assert!(answers.iter().all(|a| *a == answers[0]), "{answers:?}");
    assert_eq!(case.tasks_told("task_completed").await, ["appointment-letter"]);
}

/// Starts one attempt eight times at once; all must be answered the same way.
async fn at_the_same_moment(case: &Case<'_>, task: &str) -> PerformOutput {
    let (steps, input) = (case.steps(), case.perform_input(task, 1));
    let answers = at_once(8, move |_| {
        let (steps, input) = (steps.clone(), input.clone());
        async move { steps.perform_step(&input, 1).await.unwrap() }
    })
    .await;
    assert!(answers.iter().all(|a| *a == answers[0]), "{answers:?}");
    assert_eq!(case.told("system_answered").await.iter().filter(|e| e.body["task"] == task).count(), 1);
    answers.into_iter().next().unwrap()
}

async fn a_work_many_times_at_once_is_one(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    let mut raw = desk.database.raw().await;
    for (task, operation) in [("create-user-account", "create_account"), ("create-badge", "issue_badge")] {
        case.until(task, TaskStatus::Running).await;
        let answer = at_the_same_moment(&case, task).await;
        let PerformOutput::Performed(result @ Performed::Done { .. }) = answer else { panic!("{answer:?}") };
        let given = format!("SELECT count(*) FROM provisions WHERE operation = '{operation}'");
        assert_eq!(raw.number(&given).await, 1);
        case.performed(&id(task), 1, result).await;
    }
    assert_eq!(raw.number("SELECT last FROM number_series WHERE series = 'BADGE'").await, 1);
}

async fn a_taking_back_many_times_at_once_is_one(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("create-user-account", TaskStatus::Done).await;
    case.withdraw().await;
    case.until("undo-create-user-account", TaskStatus::Running).await;
    let answer = at_the_same_moment(&case, "undo-create-user-account").await;
    let expected = Performed::Done { reference: "account emp-1 1".to_owned() };
    assert_eq!(answer, PerformOutput::Performed(expected));
    assert_eq!(case.run().await.name(), "withdrawn");
}

/// After a reset the workflow hears the same messages again, at other times.
async fn another_time_is_the_same_command(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    let done = Action::Complete { task: id("appointment-letter"), verdict: None, note: String::new() };
    let word = desk.signed_order(&case.key, HR, done);
    case.take(word.clone()).await.unwrap();
    let mut raw = desk.database.raw().await;
    let mut rows = raw.rows().await;
    desk.pass(chrono::TimeDelta::hours(1));
    case.take(word.clone()).await.unwrap();
    for table in ["effects", "audit_entries", "audit_unsealed"] {
        *rows.get_mut(table).unwrap() += 1;
    }
    assert_eq!(raw.rows().await, rows, "another step, and nothing of it");
    // Another command under the same id is none.
    let mut other = word.command;
    other.action = Action::Withdraw { reason: "no more".to_owned() };
    let refusal = case.take(other.sign(&desk.key).unwrap()).await.unwrap_err();
    assert_eq!(refusal.code.name(), "REQUEST_ID_REUSED");
}

/// Workflows tell time in nanoseconds, the ledger in microseconds: running the log again leads where it led.
async fn a_time_finer_than_the_ledger_keeps_leads_to_the_same(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    let fine = chrono::TimeDelta::nanoseconds(789);
    let done = Action::Complete { task: id("appointment-letter"), verdict: None, note: String::new() };
    let signed = Box::new(desk.signed_order(&case.key, HR, done));
    let mut live = case.machine().await;
    let at = desk.now() + fine;
    live.handle(&vextrus_lifecycle::Input::Command(Box::new(signed.command.clone())), at).unwrap();
    case.put(vec![ProcessEntry::Command { at, signed }]).await.unwrap();
    assert_eq!(case.machine().await, live);
    for _ in 0..20 {
        let moment = live.next_moment().unwrap() + fine;
        desk.to(moment);
        live.handle(&vextrus_lifecycle::Input::Tick, moment).unwrap();
        case.put(vec![ProcessEntry::Tick { at: moment }]).await.unwrap();
        assert_eq!(case.machine().await, live, "at {moment}");
    }
}
