//! Offboarding: what the onboarding has done is undone, when the template says so.

use chrono::TimeDelta;
use vextrus_domain::RefusalCode;
use vextrus_lifecycle::{Action, Status, TaskStatus};
use vextrus_tests_support::company::id;
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::{self, HR, MANAGER, OTHER_MANAGER, leaving};

use crate::desk::{Desk, at};
use crate::undoing::letters;

on_both![
    an_offboarding_undoes_everything,
    who_takes_their_leaving_back_may_leave_another_time,
    who_leaves_reports_to_whom_they_report_now,
    who_has_left_may_come_again,
    a_record_is_erased_once_they_have_left,
];

const LAST_DAY: &str = "2026-04-30";

async fn an_offboarding_undoes_everything(desk: &Desk) {
    let onboarding = desk.onboarded("emp-1").await;
    let case = desk.offboarding(&leaving("emp-1", LAST_DAY)).await;
    let machine = case.machine().await;
    assert_eq!(machine.head().unwrap().start_date, id(LAST_DAY));
    let undo = machine.tasks().iter().filter(|t| t.plan.undoes.is_some()).map(|t| t.plan.id.as_str());
    let undo: Vec<&str> = undo.collect();
    assert_eq!(
        undo,
        [
            "undo-benefits-enrollment",
            "undo-schedule-orientation",
            "undo-create-badge",
            "undo-assign-workstation",
            "undo-create-email",
            "undo-create-user-account",
            "undo-photo-id"
        ]
    );
    case.until("handover", TaskStatus::Done).await;
    case.settle().await;
    assert_eq!(case.status("undo-create-badge").await, TaskStatus::Waiting, "they work until their last day");
    assert!(desk.now() < at("2026-04-30T00:00:00Z"));
    case.until("undo-create-badge", TaskStatus::Running).await;
    // `opens = { start = 1 }`: a working day after the last one, a Thursday, is the Sunday.
    assert!(desk.now() >= at("2026-05-02T18:00:00Z"), "{}", desk.now());
    assert_eq!(case.status("final-dues").await, TaskStatus::Waiting);
    assert_eq!(case.run().await, Status::Completed);
    assert_eq!(letters(desk.has("emp-1").await), Vec::<String>::new());
    let order = case.tasks_told("task_completed").await;
    let place = |task: &str| order.iter().position(|t| t == task).unwrap();
    assert!(place("undo-schedule-orientation") < place("undo-create-email"), "{order:?}");
    assert!(place("undo-create-email") < place("undo-create-user-account"), "{order:?}");
    assert!(place("undo-create-user-account") < place("final-dues"), "{order:?}");
    let mut raw = desk.database.raw().await;
    assert_eq!(raw.number("SELECT count(*) FROM people WHERE person = 'emp-1' AND active").await, 0);
    let earlier = desk.process(&onboarding.key).await.process;
    assert_eq!(earlier.status.as_deref(), Some("completed"), "what was is not rewritten");
}

async fn who_takes_their_leaving_back_may_leave_another_time(desk: &Desk) {
    let onboarding = desk.onboarded("emp-1").await;
    let case = desk.offboarding(&leaving("emp-1", LAST_DAY)).await;
    case.until("handover", TaskStatus::Done).await;
    case.withdraw().await;
    assert_eq!(case.run().await, Status::Withdrawn);
    assert_eq!(desk.has("emp-1").await.len(), 6, "they have what they had");
    let again = desk.offboarding(&leaving("emp-1", "2026-10-29")).await;
    assert_eq!(desk.process(&again.key).await.process.undoes.as_ref(), Some(&onboarding.key));
    assert_eq!(again.run().await, Status::Completed);
    assert_eq!(letters(desk.has("emp-1").await), Vec::<String>::new());
    desk.pass(TimeDelta::days(1));
    let refused = desk.release(&leaving("emp-1", "2026-12-31")).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::NotOnboarded, "who has left cannot leave");
}

async fn who_leaves_reports_to_whom_they_report_now(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    let action = Action::ChangeManager { to: id(OTHER_MANAGER), reason: "another site".to_owned() };
    case.say(HR, action).await.unwrap();
    assert_eq!(case.run().await, Status::Completed);
    desk.put_active(MANAGER, false).await;
    let case = desk.offboarding(&leaving("emp-1", LAST_DAY)).await;
    assert_eq!(case.task("handover").await.people, [id(OTHER_MANAGER)]);
    case.withdraw().await;
    assert_eq!(case.run().await, Status::Withdrawn);
    // When that one has left too, those who answer for the process stand in.
    desk.put_active(OTHER_MANAGER, false).await;
    let case = desk.offboarding(&leaving("emp-1", LAST_DAY)).await;
    assert!(case.task("handover").await.people.contains(&id(HR)));
    assert_eq!(case.run().await, Status::Completed);
}

async fn who_has_left_may_come_again(desk: &Desk) {
    desk.onboarded("emp-1").await;
    let case = desk.offboarding(&leaving("emp-1", LAST_DAY)).await;
    assert_eq!(case.run().await, Status::Completed);
    desk.pass(TimeDelta::days(30));
    let mut employee = staff::employee("emp-1");
    employee.employment.start_date = id("2026-09-06");
    let again = desk.onboarding_of(&employee).await;
    assert_eq!(again.run().await, Status::Completed);
    let has = desk.has("emp-1").await;
    assert!(has.contains(&"account emp-1 2".to_owned()) && has.contains(&"badge 2".to_owned()), "{has:?}");
}

async fn a_record_is_erased_once_they_have_left(desk: &Desk) {
    use vextrus_ledger::employees::records;
    use vextrus_tests_support::company::actor;
    use vextrus_tests_support::staff::{PERSONAL, places};
    desk.onboarded("emp-1").await;
    let case = desk.offboarding(&leaving("emp-1", LAST_DAY)).await;
    let erase = async || {
        let mut tx = desk.begin().await.unwrap();
        let erased = records::erase(&mut tx, &actor(HR), &id("emp-1"), "ten years have passed").await.unwrap();
        if erased.is_ok() {
            tx.commit().await.unwrap();
        }
        erased
    };
    assert_eq!(erase().await.unwrap_err().code, RefusalCode::ProcessOpen);
    assert_eq!(case.run().await, Status::Completed);
    let records = places(&desk.database, PERSONAL).await;
    assert_eq!(records.len(), PERSONAL.len(), "{records:?}");
    assert_eq!(erase().await, Ok(()));
    assert_eq!(places(&desk.database, PERSONAL).await, Vec::<String>::new());
    assert_eq!(case.told("record_erased").await.len(), 1);
    assert_eq!(erase().await, Ok(()), "again it changes nothing");
    assert_eq!(case.told("record_erased").await.len(), 1);
}
