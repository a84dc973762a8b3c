//! Employees: their records, their processes and what they were given.

mod check;
mod claims;
mod guards;
mod provisions;
mod records;

use vextrus_domain::calendar::WorkingCalendar;
use vextrus_domain::{DocumentKey, Refusal};
use vextrus_ledger::employees::course::{Course, perform_step};
use vextrus_ledger::employees::processes::{self, StoredProcess};
use vextrus_ledger::employees::provisions as given;
use vextrus_ledger::{Tx, effects, masterdata};
use vextrus_lifecycle::{
    Action, DAY_MILLIS, Facts, Machine, Operation, Performed, Plan, SignedCommand, TaskStatus, Template, Work, resolve,
};
use vextrus_tests_support::company::id;
use vextrus_tests_support::staff::{self, HR, Staff};

/// A letter, then an account, then a badge.
const SMALL: &str = r#"
process = "onboarding"
administrators = "hr_administrator"

[[task]]
id = "letter"
name = "Letter"
owner = "hr"
within_hours = 8

[[task]]
id = "account"
name = "Account"
owner = "it"
automatic = "create_account"
after = ["letter"]
within_hours = 8

[[task]]
id = "badge"
name = "Badge"
owner = "facilities"
automatic = "issue_badge"
after = ["account"]
within_hours = 8
"#;

/// Something that is put to a process.
enum Put<'a> {
    Plan(&'a Plan),
    Command(&'a SignedCommand),
}

/// Puts it, and writes what follows.
async fn put(staff: &Staff, key: &DocumentKey, what: Put<'_>) -> Result<(), Refusal> {
    let mut tx = staff.begin().await.unwrap();
    let process = processes::lock(&mut tx, key).await.unwrap().unwrap();
    let mut course = Course::load(&mut tx, &process).await.unwrap();
    let now = tx.now();
    match what {
        Put::Plan(plan) => course.plan(&mut tx, &process, plan, now).await.unwrap()?,
        Put::Command(signed) => course.command(&mut tx, &process, signed, &staff.trust, now).await.unwrap()?,
    }
    course.write(&mut tx, &process).await.unwrap();
    tx.commit().await.unwrap();
    Ok(())
}

async fn say(staff: &Staff, key: &DocumentKey, action: Action) -> Result<(), Refusal> {
    put(staff, key, Put::Command(&staff.signed_order(key, HR, action))).await
}

async fn withdraw(staff: &Staff, key: &DocumentKey) {
    say(staff, key, Action::Withdraw { reason: "they do not come".to_owned() }).await.unwrap();
}

async fn machine(staff: &Staff, key: &DocumentKey) -> Machine {
    staff.process(key).await.machine
}

/// An onboarding that was claimed.
async fn claimed(staff: &Staff, name: &str) -> DocumentKey {
    staff.hire(&staff::employee(name)).await.unwrap().process.key
}

/// The same, with a plan of three tasks.
pub(crate) async fn planned(staff: &Staff, name: &str) -> DocumentKey {
    let key = claimed(staff, name).await;
    let process = staff.process(&key).await.process;
    put(staff, &key, Put::Plan(&plan(staff, &process).await)).await.unwrap();
    key
}

/// An onboarding of three tasks that has ended.
pub(crate) async fn ended(staff: &Staff, name: &str) -> DocumentKey {
    let key = planned(staff, name).await;
    run(staff, &key).await;
    key
}

async fn plan(staff: &Staff, process: &StoredProcess) -> Plan {
    let mut tx = staff.read().await.unwrap();
    let people = masterdata::people(&mut tx, &process.key.tenant).await.unwrap();
    let facts = Facts {
        employee: &process.employee,
        employment: &process.employment,
        extended: false,
        people: &people,
        calendar: &WorkingCalendar::parse(vextrus_tests_support::company::CALENDAR).unwrap(),
        template: &process.template,
        revision: 1,
        began_at: process.claimed_at,
        day_millis: DAY_MILLIS,
        undoes: None,
    };
    resolve(&Template::parse(SMALL).unwrap(), &facts).unwrap()
}

/// Does whatever can be done, until the process has ended.
async fn run(staff: &Staff, key: &DocumentKey) {
    loop {
        let machine = machine(staff, key).await;
        if machine.ended().is_some() {
            return;
        }
        if let Some(task) = machine.running().next() {
            work_at(staff, key, task.plan.id.as_str()).await;
        } else {
            let task = machine.tasks().iter().find(|t| t.status == TaskStatus::Open).unwrap();
            complete(staff, key, task.plan.id.as_str()).await;
        }
    }
}

/// A system does its work, and the process learns of it.
async fn work(tx: &mut Tx, key: &DocumentKey, (task, attempt): (&str, u32), operation: Operation) {
    let process = processes::lock(tx, key).await.unwrap().unwrap();
    let name = format!("{}/{task}/{attempt}", key.document);
    let order = given::Order {
        tenant: &key.tenant,
        key: &name,
        employee: &process.employee,
        operation,
        employment: &process.employment,
    };
    let takes = Operation::ALL.iter().any(|o| o.undone_by() == Some(operation));
    let reference = if takes { given::take_back(tx, order).await } else { given::give(tx, order).await };
    let result = Performed::Done { reference: reference.unwrap() };
    let step = perform_step(&id(task), attempt);
    assert!(effects::begin::<Performed>(tx, key, &step, &task).await.unwrap().is_none());
    effects::finish(tx, key, &step, &result).await.unwrap();
    let mut course = Course::load(tx, &process).await.unwrap();
    let now = tx.now();
    course.performed(tx, &process, (&id(task), attempt), &result, now).await.unwrap().unwrap();
    course.write(tx, &process).await.unwrap();
}

/// The HR manager completes a task.
async fn complete(staff: &Staff, key: &DocumentKey, task: &str) {
    let done = Action::Complete { task: id(task), verdict: None, note: "as agreed".to_owned() };
    say(staff, key, done).await.unwrap();
}

/// A system does the work that it is asked for.
async fn work_at(staff: &Staff, key: &DocumentKey, task: &str) {
    let machine = machine(staff, key).await;
    let found = machine.running().find(|t| t.plan.id.as_str() == task).unwrap();
    let Work::System(operation) = found.plan.work else { panic!("{found:?}") };
    let mut tx = staff.begin().await.unwrap();
    work(&mut tx, key, (task, found.attempt), operation).await;
    tx.commit().await.unwrap();
}

/// Ends a process that was claimed and cannot go on.
async fn stop(staff: &Staff, key: &DocumentKey) {
    let mut tx = staff.begin().await.unwrap();
    let process = processes::lock(&mut tx, key).await.unwrap().unwrap();
    let mut course = Course::load(&mut tx, &process).await.unwrap();
    let now = tx.now();
    let why = (vextrus_lifecycle::Status::Failed, "it cannot go on");
    course.stop(&mut tx, &process, why, now).await.unwrap().unwrap();
    course.write(&mut tx, &process).await.unwrap();
    tx.commit().await.unwrap();
}
