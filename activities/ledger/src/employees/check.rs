//! Whether the processes of employees are what their logs lead to.

use std::collections::BTreeSet;

use vextrus_domain::TenantId;
use vextrus_lifecycle::{Machine, Process, Status};

use super::course::Course;
use super::processes::{self, State, StoredProcess};
use super::project;
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Each query answers one line for each thing that is wrong.
const QUESTIONS: &[(&str, &str)] = &[
    (
        "an inbox holds a task of an employee that is not open",
        "SELECT p.process || ' ' || p.task FROM process_task_people p
            JOIN process_tasks t ON t.tenant = p.tenant AND t.process = p.process AND t.task = p.task
            WHERE p.tenant = $1 AND t.state <> 'open'",
    ),
    (
        "a task of an employee does not stand in an inbox where its time says",
        "SELECT p.process || ' ' || p.task || ' ' || p.person FROM process_task_people p
            JOIN process_tasks t ON t.tenant = p.tenant AND t.process = p.process AND t.task = p.task
            WHERE p.tenant = $1
            AND p.sorted_at IS DISTINCT FROM CASE WHEN t.state = 'open' THEN coalesce(t.due_at, t.opened_at) END",
    ),
    (
        "a task is unsettled though its process has ended",
        "SELECT t.process || ' ' || t.task FROM process_tasks t
            JOIN employee_processes p ON p.tenant = t.tenant AND p.process = t.process
            WHERE t.tenant = $1 AND p.state = 'ended' AND t.state IN ('waiting', 'open', 'running')",
    ),
    (
        "a number of what employees are given is missing",
        "SELECT n.series FROM number_series n WHERE n.tenant = $1 AND n.series IN ('WORKSTATION', 'BADGE', 'ORIENTATION', 'LETTER')
            AND n.last <> (SELECT count(*) FROM provisions v WHERE v.tenant = n.tenant AND v.operation = CASE n.series
                WHEN 'WORKSTATION' THEN 'assign_workstation' WHEN 'BADGE' THEN 'issue_badge'
                WHEN 'ORIENTATION' THEN 'schedule_orientation' ELSE 'send_welcome' END)",
    ),
    (
        "an employee whose coming was undone or who has left has something still",
        "SELECT v.employee || ' ' || v.reference FROM provisions v WHERE v.tenant = $1 AND v.state = 'active'
            AND v.operation <> 'send_welcome' AND EXISTS (
                SELECT 1 FROM employee_processes p WHERE p.tenant = v.tenant AND p.employee = v.employee AND p.state = 'ended'
                AND (p.kind = 'onboarding' AND p.status IN ('withdrawn', 'failed', 'cancelled')
                    OR p.kind = 'offboarding' AND p.status IN ('completed', 'partial'))
                AND NOT EXISTS (SELECT 1 FROM employee_processes later WHERE later.tenant = p.tenant
                    AND later.employee = p.employee AND later.claimed_at > p.claimed_at))",
    ),
];

/// Everything that is wrong with the processes of a tenant. `on_trail`: chain, submission and kind of every entry of the trail.
pub(crate) async fn check(
    tx: &mut Tx,
    tenant: &TenantId,
    on_trail: &BTreeSet<(String, i64, String)>,
) -> Result<Vec<String>, LedgerError> {
    let mut wrong = Vec::new();
    for (what, sql) in QUESTIONS {
        let rows: Vec<(String,)> = tx.all(sql, args![tenant.as_str()]).await?;
        wrong.extend(rows.into_iter().map(|(which,)| format!("{what}: {which}")));
    }
    let ids: Vec<(String,)> = tx
        .all("SELECT process FROM employee_processes WHERE tenant = $1 ORDER BY process", args![tenant.as_str()])
        .await?;
    for (id,) in ids {
        let key = processes::key_of(tenant, &id)?;
        let Some(process) = processes::get(tx, &key).await? else { continue };
        let ended = process.status.is_some();
        for kind in std::iter::once("claimed").chain(ended.then_some("ended")) {
            if !on_trail.contains(&(id.clone(), 1, kind.to_owned())) {
                wrong.push(format!("a process's state is not on its trail: {id} {kind}"));
            }
        }
        match Course::load(tx, &process).await {
            Ok(course) => {
                let status = course.machine().ended().map(Status::name);
                if status != process.status.as_deref() {
                    wrong.push(format!("a process has not ended as its log says: {id}"));
                }
                if process.state != derived(course.machine()) {
                    wrong.push(format!("a process's state is not where its log leads: {id} {}", process.state.name()));
                }
                wrong.extend(tasks(tx, &process, course.machine()).await?);
                if process.kind == Process::Offboarding && process.undoes.is_none() {
                    wrong.push(format!("an offboarding undoes nothing: {id}"));
                }
            }
            Err(error) if error.is_final() => wrong.push(format!("a process leads nowhere: {id}: {error}")),
            Err(error) => return Err(error),
        }
    }
    Ok(wrong)
}

fn derived(machine: &Machine) -> State {
    match machine.ended() {
        Some(_) => State::Ended,
        None if machine.revision() > 0 => State::Running,
        None => State::Claimed,
    }
}

/// What inboxes are shown, against where the process stands.
async fn tasks(tx: &mut Tx, process: &StoredProcess, machine: &Machine) -> Result<Vec<String>, LedgerError> {
    let key = args![process.key.tenant.as_str(), process.key.document.as_str()];
    let rows: Vec<(String, String)> =
        tx.all("SELECT task, state FROM process_tasks WHERE tenant = $1 AND process = $2", key.clone()).await?;
    let people: Vec<(String, String)> =
        tx.all("SELECT task, person FROM process_task_people WHERE tenant = $1 AND process = $2", key).await?;
    let all = || machine.tasks().iter().map(|t| (t.plan.id.to_string(), t));
    let states = all().map(|(id, t)| (id, t.status.name().to_owned()));
    let asked = all().flat_map(|(id, t)| project::asked(t).into_iter().map(move |p| (id.clone(), p.to_string())));
    let differs = |stored: Vec<(String, String)>, wanted: BTreeSet<(String, String)>| {
        let stored: BTreeSet<_> = stored.into_iter().collect();
        let tasks: BTreeSet<String> = stored.symmetric_difference(&wanted).map(|(task, _)| task.clone()).collect();
        tasks
    };
    let id = &process.key.document;
    let moved = differs(rows, states.collect()).into_iter();
    let moved = moved.map(|task| format!("a task of an employee is not where its log leads: {id} {task}"));
    let others = differs(people, asked.collect()).into_iter();
    let others = others.map(|task| format!("a task of an employee is in other inboxes than it should be: {id} {task}"));
    Ok(moved.chain(others).collect())
}
