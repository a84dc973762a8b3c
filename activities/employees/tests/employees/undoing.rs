//! What was done is undone, in the reverse order of dependency, whenever a process is taken back.

use std::collections::{BTreeMap, BTreeSet};

use vextrus_contract::employees::ProcessEntry;
use vextrus_domain::TaskId;
use vextrus_lifecycle::{Machine, Status, TaskStatus, Work};
use vextrus_tests_support::company::id;
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::HR;

use crate::desk::{Case, Desk};

on_both![
    a_withdrawal_after_each_task_undoes_what_was_done,
    a_withdrawal_waits_for_what_a_system_does_now,
    what_was_undone_by_hand_is_a_persons_task,
    a_stop_undoes_too,
];

/// For each task, everything that it rests on, directly or not.
fn rests_on(machine: &Machine) -> BTreeMap<TaskId, BTreeSet<TaskId>> {
    let direct: BTreeMap<TaskId, Vec<TaskId>> =
        machine.tasks().iter().map(|t| (t.plan.id.clone(), t.plan.after.clone())).collect();
    let reach = |task: &TaskId| {
        let (mut found, mut next) = (BTreeSet::new(), direct[task].clone());
        while let Some(one) = next.pop() {
            if found.insert(one.clone()) {
                next.extend(direct.get(&one).into_iter().flatten().cloned());
            }
        }
        found
    };
    direct.keys().map(|task| (task.clone(), reach(task))).collect()
}

/// Asserts of the trail that everything done was undone once, and nothing before what rested on it.
pub(crate) async fn assert_undone(case: &Case<'_>) {
    let machine = case.machine().await;
    let order = case.tasks_told("task_completed").await;
    let place = |task: &str| order.iter().position(|told| told == task);
    let rests = rests_on(&machine);
    let done: Vec<&TaskId> = machine
        .tasks()
        .iter()
        .filter(|t| t.status == TaskStatus::Done && t.plan.undoes.is_none())
        .map(|t| &t.plan.id)
        .collect();
    for task in &done {
        let undone = place(&format!("undo-{task}")).unwrap_or_else(|| panic!("{task} is not undone: {order:?}"));
        for later in done.iter().filter(|later| rests[**later].contains(*task)) {
            let first = place(&format!("undo-{later}"));
            assert!(first < Some(undone), "{later} rests on {task}, and is undone after it: {order:?}");
        }
    }
    let undoing = machine.tasks().iter().filter(|t| t.plan.undoes.is_some()).count();
    assert_eq!(undoing, done.len(), "nothing else is undone");
}

/// The names of what somebody has who has no more than a letter.
pub(crate) fn letters(names: Vec<String>) -> Vec<String> {
    names.into_iter().filter(|name| !name.starts_with("send_welcome")).collect()
}

async fn a_withdrawal_after_each_task_undoes_what_was_done(desk: &Desk) {
    // As many tasks as the default template has for a skilled worker, but for the last: then there is nothing to withdraw.
    let mut most = 0;
    for settled in 0.. {
        desk.back();
        let name = format!("emp-{settled}");
        let case = desk.onboarding(&name).await;
        let done = |machine: &Machine| machine.tasks().iter().filter(|t| t.status == TaskStatus::Done).count();
        let mut machine = case.machine().await;
        while done(&machine) < settled && case.next().await {
            machine = case.machine().await;
        }
        if machine.ended().is_some() {
            break;
        }
        case.withdraw().await;
        assert_eq!(case.run().await, Status::Withdrawn, "after {settled} tasks");
        assert_undone(&case).await;
        assert_eq!(letters(desk.has(&name).await), Vec::<String>::new(), "after {settled} tasks");
        most = settled;
    }
    assert_eq!(most, 15, "each task but the last was the latest once");
    let mut raw = desk.database.raw().await;
    assert_eq!(
        raw.number("SELECT count(*) FROM people WHERE person LIKE 'emp-%' AND tenant = 'acme' AND active").await,
        1
    );
}

async fn a_withdrawal_waits_for_what_a_system_does_now(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("create-user-account", TaskStatus::Running).await;
    case.withdraw().await;
    assert_eq!(case.machine().await.phase(), "stopping");
    assert_eq!(case.told("undo_began").await.len(), 0);
    case.work(&case.task("create-user-account").await).await;
    assert_eq!(case.machine().await.phase(), "undoing");
    assert_eq!(case.run().await, Status::Withdrawn);
    assert_undone(&case).await;
    assert_eq!(desk.has("emp-1").await, Vec::<String>::new());
    let given = desk.given("emp-1").await;
    assert_eq!((given.len(), given[0].reference.as_str()), (1, "account emp-1 1"));
}

async fn what_was_undone_by_hand_is_a_persons_task(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("photo-id", TaskStatus::Done).await;
    case.withdraw().await;
    let undo = case.task("undo-photo-id").await;
    assert_eq!((undo.plan.work, undo.status), (Work::Person, TaskStatus::Open));
    assert_eq!(undo.people, [id(HR)]);
    assert_eq!(case.run().await, Status::Withdrawn);
}

async fn a_stop_undoes_too(desk: &Desk) {
    for (name, status) in [("emp-1", Status::Cancelled), ("emp-2", Status::Failed)] {
        desk.back();
        let case = desk.onboarding(name).await;
        case.until("create-badge", TaskStatus::Done).await;
        let stop = ProcessEntry::Stop { at: desk.now(), status, why: "it cannot go on".to_owned() };
        case.put(vec![stop]).await.unwrap();
        assert_eq!(case.run().await, status);
        assert_undone(&case).await;
        assert_eq!(letters(desk.has(name).await), Vec::<String>::new());
    }
}
