//! What people change while a process runs: it is planned again, and nothing is done twice.

use vextrus_contract::employees::PlanOutput;
use vextrus_domain::{Person, RefusalCode};
use vextrus_lifecycle::{Action, Status, TaskStatus, Verdict};
use vextrus_tests_support::company::id;
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::{self, HR, HR_DEPUTY, MANAGER, OTHER_MANAGER};

use crate::desk::{Case, Desk};
use crate::undoing::{assert_undone, letters};

on_both![
    a_moved_start_is_planned_again_once,
    a_withdrawal_while_it_is_moved_undoes_what_was,
    another_manager_has_the_open_tasks,
    a_new_account_has_the_manager_of_its_day,
    a_probation_is_extended_once,
    an_ended_probation_undoes_everything,
    a_plan_waits_until_somebody_answers_for_the_process,
    a_first_plan_that_nobody_answers_for_is_refused,
];

async fn move_start(case: &Case<'_>, day: &str) {
    let action = Action::MoveStart { start_date: id(day), reason: "the notice was longer".to_owned() };
    case.say(HR, action).await.unwrap();
}

/// In whose inbox a task is.
async fn inbox(case: &Case<'_>, task: &str) -> Vec<String> {
    let sql = format!("SELECT person FROM process_task_people WHERE task = '{task}' ORDER BY person");
    case.desk.database.raw().await.texts(&sql).await
}

async fn a_moved_start_is_planned_again_once(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("send-welcome", TaskStatus::Done).await;
    move_start(&case, "2025-12-14").await;
    let machine = case.machine().await;
    assert!(machine.wants_plan() && machine.revision() == 1);
    let input = case.plan_input(2);
    let first = case.steps().plan_step(&input).await.unwrap();
    let PlanOutput::Planned { plan, .. } = &first else { panic!("{first:?}") };
    assert_eq!((plan.head.revision, plan.head.start_date), (2, id("2025-12-14")));
    assert_eq!(case.steps().plan_step(&input).await.unwrap(), first);
    assert_eq!(case.told("planned").await.len(), 2);
    assert_eq!(case.tasks_told("task_again").await, ["schedule-orientation"]);
    assert_eq!(case.run().await, Status::Completed);
    assert_eq!(case.tasks_told("task_completed").await.iter().filter(|t| *t == "create-user-account").count(), 1);
    let given: Vec<_> = desk.given("emp-1").await.into_iter().map(|p| (p.reference, p.active)).collect();
    assert_eq!(given.len(), 7, "{given:?}");
    for expected in [("orientation 1 on 2025-11-30", false), ("orientation 2 on 2025-12-14", true)] {
        assert!(given.contains(&(expected.0.to_owned(), expected.1)), "{given:?}");
    }
}

async fn a_withdrawal_while_it_is_moved_undoes_what_was(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("schedule-orientation", TaskStatus::Done).await;
    move_start(&case, "2025-12-14").await;
    case.withdraw().await;
    assert_eq!(case.run().await, Status::Withdrawn);
    assert_undone(&case).await;
    assert_eq!(letters(desk.has("emp-1").await), Vec::<String>::new());
}

async fn another_manager_has_the_open_tasks(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    assert_eq!(inbox(&case, "assign-mentor").await, [MANAGER]);
    let action = Action::ChangeManager { to: id(OTHER_MANAGER), reason: "another site".to_owned() };
    case.say(HR_DEPUTY, action).await.unwrap();
    case.planned().await;
    assert_eq!(inbox(&case, "assign-mentor").await, [OTHER_MANAGER]);
    case.finish("assign-mentor").await;
    assert_eq!(case.task("assign-mentor").await.by, Some(id(OTHER_MANAGER)));
    assert_eq!(inbox(&case, "assign-mentor").await, Vec::<String>::new());
    // What is done is done again for another manager.
    let action = Action::ChangeManager { to: id(MANAGER), reason: "back again".to_owned() };
    case.say(HR, action).await.unwrap();
    case.planned().await;
    assert_eq!(inbox(&case, "assign-mentor").await, [MANAGER]);
    assert_eq!(case.run().await, Status::Completed);
    let managers = desk.database.raw().await.texts("SELECT manager FROM people WHERE person = 'emp-1'").await;
    assert_eq!(managers, [MANAGER]);
}

async fn a_new_account_has_the_manager_of_its_day(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    let action = Action::ChangeManager { to: id(OTHER_MANAGER), reason: "another site".to_owned() };
    case.say(HR, action).await.unwrap();
    case.planned().await;
    case.until("create-user-account", TaskStatus::Done).await;
    let managers = desk.database.raw().await.texts("SELECT manager FROM people WHERE person = 'emp-1'").await;
    assert_eq!(managers, [OTHER_MANAGER]);
}

async fn review(case: &Case<'_>, verdict: Verdict) -> Result<(), vextrus_domain::Refusal> {
    let note = "absent for long".to_owned();
    let action = Action::Complete { task: id("probation-review"), verdict: Some(verdict), note };
    case.say(MANAGER, action).await
}

async fn a_probation_is_extended_once(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("probation-review", TaskStatus::Open).await;
    let before = case.machine().await.head().unwrap().probation_end.unwrap();
    review(&case, Verdict::Extend).await.unwrap();
    case.planned().await;
    let after = case.machine().await.head().unwrap().probation_end.unwrap();
    assert_eq!((before, after), (id("2026-02-28"), id("2026-05-29")));
    assert_eq!(case.status("probation-review").await, TaskStatus::Waiting);
    case.until("probation-review", TaskStatus::Open).await;
    assert_eq!(review(&case, Verdict::Extend).await.unwrap_err().code, RefusalCode::AnswerNotAllowed);
    review(&case, Verdict::Confirm).await.unwrap();
    assert_eq!(case.run().await, Status::Completed);
    assert_eq!(case.told("probation_extended").await.len(), 1);
}

async fn an_ended_probation_undoes_everything(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("probation-review", TaskStatus::Open).await;
    review(&case, Verdict::End).await.unwrap();
    assert_eq!(case.run().await, Status::Withdrawn);
    assert_undone(&case).await;
    assert_eq!(letters(desk.has("emp-1").await), Vec::<String>::new());
}

async fn a_plan_waits_until_somebody_answers_for_the_process(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("create-badge", TaskStatus::Done).await;
    move_start(&case, "2025-12-14").await;
    for gone in [HR, HR_DEPUTY] {
        desk.put_active(gone, false).await;
    }
    let rows = desk.database.raw().await.rows().await;
    for _ in 0..2 {
        let answer = case.steps().plan_step(&case.plan_input(2)).await.unwrap();
        assert!(matches!(&answer, PlanOutput::NotYet(no) if no.code == RefusalCode::NoEligibleApprover), "{answer:?}");
    }
    assert_eq!(desk.database.raw().await.rows().await, rows);
    desk.put_active(HR_DEPUTY, true).await;
    let plan = case.planned().await;
    assert_eq!((plan.head.revision, plan.head.administrators), (2, vec![id(HR_DEPUTY)]));
    assert_eq!(case.run().await, Status::Completed);
}

async fn a_first_plan_that_nobody_answers_for_is_refused(desk: &Desk) {
    let case = desk.case(desk.hire(&staff::employee("emp-1")).await.unwrap().process.key);
    for gone in [HR, HR_DEPUTY] {
        desk.put_person(Person { active: false, ..staff::person(gone) }).await;
    }
    let refused = case.steps().plan_step(&case.plan_input(1)).await.unwrap();
    assert!(matches!(&refused, PlanOutput::Refused(no) if no.code == RefusalCode::NoEligibleApprover), "{refused:?}");
    assert_eq!(case.told("plan_refused").await.len(), 1);
    // The workflow then ends it.
    let stop = vextrus_contract::employees::ProcessEntry::Stop {
        at: desk.now(),
        status: Status::Failed,
        why: "nobody answers for it".to_owned(),
    };
    case.put(vec![stop]).await.unwrap();
    assert_eq!(desk.process(&case.key).await.process.status.as_deref(), Some("failed"));
}
