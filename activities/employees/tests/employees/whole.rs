//! Whole processes, from the claim to their end.

use vextrus_lifecycle::{Action, Status, TaskStatus};
use vextrus_tests_support::company::id;
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::{self, HR, HR_DEPUTY};

use crate::desk::{Desk, at};

on_both![
    an_onboarding_is_completed,
    what_is_skipped_leaves_it_partial,
    what_lapses_leaves_it_partial,
    a_manager_has_other_tasks_than_a_worker,
];

async fn an_onboarding_is_completed(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    assert_eq!(case.machine().await.phase(), "preparation");
    assert_eq!(case.run().await, Status::Completed);
    let machine = case.machine().await;
    assert!(machine.tasks().iter().all(|t| t.status == TaskStatus::Done), "{:?}", machine.tasks());
    assert_eq!(
        desk.has("emp-1").await,
        [
            "account emp-1 1",
            "badge 1",
            "mailbox emp-1 1",
            "orientation 1 on 2025-11-30",
            "send_welcome 1",
            "workstation 1"
        ]
    );
    let shown = desk.process(&case.key).await.process;
    assert_eq!((shown.state.name(), shown.status.as_deref()), ("ended", Some("completed")));
    assert_eq!(shown.ended_at, Some(desk.now()));
    let review = case.task("probation-review").await;
    assert!(review.opened_at.unwrap() > at("2026-02-01T00:00:00Z"), "three months of probation: {review:?}");
    let trail = desk.trail(&case.key).await;
    assert_eq!((trail.first().unwrap().as_str(), trail.last().unwrap().as_str()), ("claimed", "ended"));
    let mut raw = desk.database.raw().await;
    assert_eq!(raw.number("SELECT count(*) FROM process_task_people").await, 0);
    let told = "SELECT count(*) FROM outbox WHERE event LIKE 'ended%'";
    assert_eq!(raw.number(told).await, 1);
}

async fn what_is_skipped_leaves_it_partial(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    let skip = |task: &str| Action::Skip { task: id(task), reason: "first post".to_owned() };
    let refused = case.say(HR, skip("appointment-letter")).await.unwrap_err();
    assert_eq!(refused.code.name(), "NOT_SKIPPABLE");
    case.say(HR_DEPUTY, skip("previous-service-book")).await.unwrap();
    assert_eq!(case.run().await, Status::Partial);
    assert_eq!(case.tasks_told("task_skipped").await, ["previous-service-book"]);
}

async fn what_lapses_leaves_it_partial(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("benefits-enrollment", TaskStatus::Open).await;
    // Once it is escalated, a second time, and then it is over; everything else blocks and stays.
    while case.status("benefits-enrollment").await == TaskStatus::Open {
        case.wait().await;
    }
    assert_eq!(case.tasks_told("task_escalated").await, ["benefits-enrollment"]);
    assert_eq!(case.run().await, Status::Partial);
    assert_eq!(case.tasks_told("task_lapsed").await, ["benefits-enrollment"]);
}

async fn a_manager_has_other_tasks_than_a_worker(desk: &Desk) {
    let mut manager = staff::employee("emp-1");
    manager.employment.class = id("managerial");
    let case = desk.onboarding_of(&manager).await;
    let machine = case.machine().await;
    let has = |task: &str| machine.task(&id(task)).is_some();
    assert!(has("etin") && !has("service-book"));
    assert_eq!(case.run().await, Status::Completed);
}
