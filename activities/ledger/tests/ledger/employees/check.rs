//! The ledger's own check is content with good processes, and finds what is planted in them.

use vextrus_ledger::LedgerError;
use vextrus_ledger::approvals::Trust;
use vextrus_ledger::employees::course::Course;
use vextrus_ledger::employees::processes;
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::Staff;

use super::{claimed, planned, run, withdraw};

on_both![good_processes_are_found_good, planted_damage_is_found_and_named, a_changed_word_is_not_verified,];

/// A completed process, a withdrawn one, one that runs, and one that was claimed.
async fn fill(staff: &Staff) {
    let completed = planned(staff, "emp-1").await;
    run(staff, &completed).await;
    let withdrawn = planned(staff, "emp-2").await;
    super::complete(staff, &withdrawn, "letter").await;
    super::work_at(staff, &withdrawn, "account").await;
    super::work_at(staff, &withdrawn, "badge").await;
    let running = planned(staff, "emp-3").await;
    super::complete(staff, &running, "letter").await;
    planned(staff, "emp-4").await;
    claimed(staff, "emp-5").await;
    let stopped = planned(staff, "emp-6").await;
    super::complete(staff, &stopped, "letter").await;
    withdraw(staff, &stopped).await;
    super::work_at(staff, &stopped, "account").await;
    run(staff, &stopped).await;
}

async fn good_processes_are_found_good(staff: &Staff) {
    fill(staff).await;
    assert_eq!(staff.wrong().await, Vec::<String>::new());
}

/// The processes of one employee.
macro_rules! of {
    ($name:literal) => {
        concat!("process IN (SELECT process FROM employee_processes WHERE employee = '", $name, "')")
    };
}

/// What is found, the damage, and how it is undone.
const DAMAGE: &[(&str, &str, &str)] = &[
    (
        "a process leads nowhere",
        concat!(
            "UPDATE process_log SET content = replace(content, 'account', 'nothing') WHERE kind = 'performed' AND ",
            of!("emp-1")
        ),
        concat!(
            "UPDATE process_log SET content = replace(content, 'nothing', 'account') WHERE kind = 'performed' AND ",
            of!("emp-1")
        ),
    ),
    (
        "a process leads nowhere",
        concat!("UPDATE process_log SET seq = 7 WHERE seq = 2 AND ", of!("emp-3")),
        concat!("UPDATE process_log SET seq = 2 WHERE seq = 7 AND ", of!("emp-3")),
    ),
    (
        "a process leads nowhere",
        concat!("UPDATE process_log SET content = '{}' WHERE kind = 'plan' AND ", of!("emp-4")),
        concat!("UPDATE process_log SET content = '{\"revision\":1}' WHERE kind = 'plan' AND ", of!("emp-4")),
    ),
    (
        "a process leads nowhere",
        concat!("UPDATE process_plans SET tenant = 'elsewhere' WHERE ", of!("emp-4")),
        "UPDATE process_plans SET tenant = 'acme' WHERE tenant = 'elsewhere'",
    ),
    (
        // The last entry of a log, so that the rest still leads somewhere.
        "a process has not ended as its log says",
        concat!("UPDATE process_log SET tenant = 'elsewhere' WHERE seq = 4 AND ", of!("emp-1")),
        "UPDATE process_log SET tenant = 'acme' WHERE tenant = 'elsewhere'",
    ),
    (
        "a process has not ended as its log says",
        "UPDATE employee_processes SET status = 'partial' WHERE employee = 'emp-1'",
        "UPDATE employee_processes SET status = 'completed' WHERE employee = 'emp-1'",
    ),
    (
        "a process's state is not where its log leads",
        "UPDATE employee_processes SET state = 'running' WHERE employee = 'emp-5'",
        "UPDATE employee_processes SET state = 'claimed' WHERE employee = 'emp-5'",
    ),
    (
        "a process's state is not on its trail",
        "UPDATE employee_processes SET state = 'ended', status = 'failed', ended_at = claimed_at WHERE employee = 'emp-5'",
        "UPDATE employee_processes SET state = 'claimed', status = NULL, ended_at = NULL WHERE employee = 'emp-5'",
    ),
    (
        "a process's state is not on its trail",
        "UPDATE audit_entries SET tenant = 'elsewhere' WHERE content LIKE '%\"kind\":\"ended\"%'",
        "UPDATE audit_entries SET tenant = 'acme' WHERE tenant = 'elsewhere'",
    ),
    (
        "a task of an employee is not where its log leads",
        concat!("UPDATE process_tasks SET state = 'done' WHERE task = 'letter' AND ", of!("emp-4")),
        concat!("UPDATE process_tasks SET state = 'open' WHERE task = 'letter' AND ", of!("emp-4")),
    ),
    (
        "a task of an employee is not where its log leads",
        concat!("UPDATE process_tasks SET task = 'card' WHERE task = 'badge' AND ", of!("emp-4")),
        concat!("UPDATE process_tasks SET task = 'badge' WHERE task = 'card' AND ", of!("emp-4")),
    ),
    (
        "a task is unsettled though its process has ended",
        concat!("UPDATE process_tasks SET state = 'open' WHERE task = 'letter' AND ", of!("emp-1")),
        concat!("UPDATE process_tasks SET state = 'done' WHERE task = 'letter' AND ", of!("emp-1")),
    ),
    (
        "an inbox holds a task of an employee that is not open",
        concat!(
            "INSERT INTO process_task_people (tenant, person, process, task)
            SELECT tenant, 'mina', process, task FROM process_tasks WHERE task = 'letter' AND ",
            of!("emp-3")
        ),
        "DELETE FROM process_task_people WHERE person = 'mina'",
    ),
    (
        "a task of an employee does not stand in an inbox where its time says",
        "UPDATE process_task_people SET sorted_at = NULL",
        "UPDATE process_task_people SET sorted_at = (SELECT coalesce(t.due_at, t.opened_at) FROM process_tasks t
            WHERE t.tenant = process_task_people.tenant AND t.process = process_task_people.process
            AND t.task = process_task_people.task)",
    ),
    (
        "a task of an employee is in other inboxes than it should be",
        concat!("UPDATE process_task_people SET person = 'mina' WHERE ", of!("emp-4")),
        "UPDATE process_task_people SET person = 'hasina' WHERE person = 'mina'",
    ),
    (
        "a number of what employees are given is missing: BADGE",
        "UPDATE number_series SET last = last + 1 WHERE series = 'BADGE'",
        "UPDATE number_series SET last = last - 1 WHERE series = 'BADGE'",
    ),
    (
        "a number of what employees are given is missing: BADGE",
        "UPDATE provisions SET tenant = 'elsewhere' WHERE reference = 'badge 1'",
        "UPDATE provisions SET tenant = 'acme' WHERE tenant = 'elsewhere'",
    ),
    (
        "an employee whose coming was undone or who has left has something still: emp-6 account emp-6 1",
        "UPDATE provisions SET state = 'active', ended_at = NULL, ended_by = NULL WHERE employee = 'emp-6'",
        "UPDATE provisions SET state = 'ended', ended_at = created_at, ended_by = 'x' WHERE employee = 'emp-6'",
    ),
];

async fn planted_damage_is_found_and_named(staff: &Staff) {
    fill(staff).await;
    let mut raw = staff.database.raw().await;
    raw.take_guards_away().await;
    for (said, damage, undo) in DAMAGE {
        assert!(raw.exec(damage).await.unwrap() > 0, "{damage}");
        let wrong = staff.wrong().await;
        assert!(wrong.iter().any(|w| w.starts_with(said)), "{damage}\nfound {wrong:#?}");
        raw.exec(undo).await.unwrap();
        assert_eq!(staff.wrong().await, Vec::<String>::new(), "{undo}");
    }
}

/// A note that nobody has signed leads where the true one led. Only the signature tells.
async fn a_changed_word_is_not_verified(staff: &Staff) {
    let key = planned(staff, "emp-1").await;
    run(staff, &key).await;
    let verified = async |trust: &Trust| {
        let mut tx = staff.read().await.unwrap();
        let process = processes::get(&mut tx, &key).await.unwrap().unwrap();
        Course::verified(&mut tx, &process, trust).await
    };
    let course = verified(&staff.trust).await.unwrap();
    assert_eq!(*course.machine(), super::machine(staff, &key).await);
    assert!(matches!(verified(&Trust::default()).await, Err(LedgerError::Unsigned(_))), "with no key");
    let mut raw = staff.database.raw().await;
    raw.take_guards_away().await;
    let change = |from: &str, to: &str| {
        format!("UPDATE process_log SET content = replace(content, '{from}', '{to}') WHERE kind = 'command'")
    };
    assert_eq!(raw.exec(&change("as agreed", "as ordered")).await.unwrap(), 1);
    assert!(matches!(verified(&staff.trust).await, Err(LedgerError::Unsigned(_))));
    raw.exec(&change("as ordered", "as agreed")).await.unwrap();
    verified(&staff.trust).await.unwrap();
}
