//! The employee's own tasks, which others do for them.

use serde_json::Value;
use vextrus_lifecycle::{Status, TaskStatus};
use vextrus_tests_support::company::id;
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::{HR, MANAGER};

use crate::desk::Desk;

on_both![the_trail_says_in_whose_place, the_employee_does_their_own];

async fn the_trail_says_in_whose_place(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    let task = case.task("identity-papers").await;
    assert_eq!(task.people.first(), Some(&id("emp-1")));
    assert!(case.complete_by(&task, &id(MANAGER)).await.is_err());
    case.complete_by(&task, &id(HR)).await.unwrap();
    case.until("create-user-account", TaskStatus::Done).await;
    let task = case.task("bank-account").await;
    assert_eq!(task.status, TaskStatus::Done, "the desk does what is open first");
    assert_eq!(case.run().await, Status::Completed);
    let told = case.told("task_completed").await;
    let account = told.iter().position(|e| e.body["task"] == "create-user-account").unwrap();
    let mut after = 0;
    for (place, entry) in told.iter().enumerate().filter(|(_, e)| !e.body["on_behalf_of"].is_null()) {
        assert_eq!(entry.body["on_behalf_of"], "emp-1");
        assert_eq!(entry.body["without_account"], Value::Bool(place < account), "{entry:?}");
        after += usize::from(place > account);
    }
    assert!(after > 0, "benefits are enrolled in when there is an account");
}

async fn the_employee_does_their_own(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("benefits-enrollment", TaskStatus::Open).await;
    let task = case.task("benefits-enrollment").await;
    case.complete_by(&task, &id("emp-1")).await.unwrap();
    let told = case.told("task_completed").await.pop().unwrap();
    assert_eq!((told.actor.as_deref(), &told.body["on_behalf_of"]), (Some("emp-1"), &Value::Null));
    assert!(told.body.get("without_account").is_none(), "{told:?}");
}
