//! Whatever comes to many processes in whatever order, they end, and what was taken back is gone.

use std::sync::Arc;

use chrono::{Days, TimeDelta};
use vextrus_contract::employees::{PerformOutput, ProcessEntry};
use vextrus_domain::calendar::dhaka_date;
use vextrus_employees::StepError;
use vextrus_lifecycle::{Action, Operation, Performed, Status, TaskState, TaskStatus, Verdict, Work};
use vextrus_tests_support::company::id;
use vextrus_tests_support::dice::Dice;
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::{self, HR, HR_DEPUTY, MANAGER, OTHER_MANAGER};

use crate::adapters::{Say, Scripted};
use crate::desk::{Case, Desk};
use crate::undoing::letters;

on_both![twenty_employees_come_to_an_end];

const EMPLOYEES: usize = 20;
/// Random things that happen to all of them together.
const EVENTS: usize = 300;
/// More than any of them needs to end.
const ROUNDS: usize = 500;
const SOMEBODY: [&str; 6] = [HR, HR_DEPUTY, MANAGER, OTHER_MANAGER, "tuhin", "mina"];
/// What the systems say when they have done their work and it is not heard.
const UNHEARD: &str = "no answer in 30 s";

async fn twenty_employees_come_to_an_end(desk: &Desk) {
    let mut dice = Dice::new();
    let systems = Scripted::new(desk.ledger());
    let mut cases = Vec::new();
    for number in 0..EMPLOYEES {
        let mut employee = staff::employee(&format!("emp-{number}"));
        employee.employment.class = id(["managerial", "clerical", "skilled", "worker"][dice.roll(4)]);
        employee.employment.start_date = day(desk, &mut dice);
        let mut case = desk.onboarding_of(&employee).await;
        case.adapters = Some(systems.adapters());
        cases.push(case);
    }
    for _ in 0..EVENTS {
        let case = &cases[dice.roll(EMPLOYEES)];
        happen(case, &systems, &mut dice).await;
    }
    for case in &cases {
        let mut rounds = 0;
        while advance(case, &mut dice).await {
            rounds += 1;
            assert!(rounds < ROUNDS, "it does not end: {:?}", case.machine().await);
        }
    }
    let mut ended = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let status = case.machine().await.ended().unwrap();
        let has = letters(desk.has(&format!("emp-{number}")).await);
        if matches!(status, Status::Withdrawn | Status::Cancelled) {
            assert_eq!(has, Vec::<String>::new(), "emp-{number}: {status}");
        }
        ended.push(status.name());
    }
    println!("{ended:?}");
    without_a_gap(desk).await;
}

/// Every number of a series was given once.
async fn without_a_gap(desk: &Desk) {
    let mut raw = desk.database.raw().await;
    for (series, operation) in [
        ("WORKSTATION", "assign_workstation"),
        ("BADGE", "issue_badge"),
        ("ORIENTATION", "schedule_orientation"),
        ("LETTER", "send_welcome"),
    ] {
        let given = format!("SELECT reference FROM provisions WHERE operation = '{operation}'");
        let words = raw.texts(&given).await;
        let mut numbers: Vec<i64> = words.iter().map(|w| w.split(' ').nth(1).unwrap().parse().unwrap()).collect();
        numbers.sort_unstable();
        let last = format!("SELECT coalesce(max(last), 0) FROM number_series WHERE series = '{series}'");
        assert_eq!(numbers, (1..=raw.number(&last).await).collect::<Vec<i64>>(), "{series}");
    }
}

/// A day in the next weeks.
fn day(desk: &Desk, dice: &mut Dice) -> chrono::NaiveDate {
    dhaka_date(desk.now()) + Days::new(7 + dice.roll(50) as u64)
}

/// Something that may happen. Whether it is taken is its own matter; that a step fails is not.
async fn happen(case: &Case<'_>, systems: &Arc<Scripted>, dice: &mut Dice) {
    match dice.roll(40) {
        0..28 => {
            advance(case, dice).await;
        }
        28..31 => {
            let say = [Say::No("it will not"), Say::Nothing("no line"), Say::NothingAfterwards];
            systems.say(*dice.pick(&Operation::ALL), dice.pick(&say).clone());
        }
        31..37 => {
            let action = command(case, dice).await;
            drop(case.say(SOMEBODY[dice.roll(6)], action).await);
        }
        37 => {
            let time = TimeDelta::hours(1 + dice.roll(72) as i64);
            case.desk.pass(time);
            drop(case.put(vec![ProcessEntry::Tick { at: case.desk.now() }]).await.unwrap());
        }
        38 => by_hand(case, dice).await,
        _ => {
            let (status, why) = (Status::Cancelled, "an operator cancelled it".to_owned());
            if dice.roll(3) == 0 {
                drop(case.put(vec![ProcessEntry::Stop { at: case.desk.now(), status, why }]).await.unwrap());
            }
        }
    }
}

async fn command(case: &Case<'_>, dice: &mut Dice) -> Action {
    let tasks = case.machine().await.tasks().to_vec();
    let task = dice.pick(&tasks).clone();
    let name = task.plan.id.clone();
    let reason = if dice.roll(10) == 0 { "ask Zebunnessa".to_owned() } else { "as agreed".to_owned() };
    match dice.roll(18) {
        0..4 => Action::Skip { task: name, reason },
        4..7 => Action::Reassign { task: name, to: id(SOMEBODY[dice.roll(6)]), reason },
        7..10 => Action::MoveStart { start_date: day(case.desk, dice), reason },
        10..13 => Action::ChangeManager { to: id([MANAGER, OTHER_MANAGER][dice.roll(2)]), reason },
        13..16 => Action::Withdraw { reason },
        16 if task.plan.review => {
            Action::Complete { task: name, verdict: Some(*dice.pick(&Verdict::ALL)), note: reason }
        }
        _ if task.plan.work == Work::Person => Action::Complete { task: name, verdict: None, note: reason },
        _ => Action::Retry { task: name, reason },
    }
}

/// Somebody starts steps by hand, with something of their own.
async fn by_hand(case: &Case<'_>, dice: &mut Dice) {
    let tasks = case.machine().await.tasks().to_vec();
    let task = dice.pick(&tasks).plan.id.clone();
    let attempt = 1 + dice.roll(3) as u32;
    let forged = Performed::Done { reference: "of mine".to_owned() };
    let entry = ProcessEntry::Performed { at: case.desk.now(), task, attempt, result: forged };
    drop(case.put(vec![entry]).await.unwrap());
    drop(case.steps().plan_step(&case.plan_input(7 + dice.roll(3) as u32)).await.unwrap());
}

/// Does the next thing that can be done. False when the process has ended.
async fn advance(case: &Case<'_>, dice: &mut Dice) -> bool {
    let machine = case.machine().await;
    let open: Vec<&TaskState> = machine.tasks().iter().filter(|t| t.status == TaskStatus::Open).collect();
    let running: Vec<&TaskState> = machine.running().collect();
    if machine.ended().is_some() {
        return false;
    } else if machine.wants_plan() {
        case.planned().await;
    } else if !running.is_empty() {
        work(case, running[dice.roll(running.len())], dice).await;
    } else if open.is_empty() || dice.roll(12) == 0 {
        if machine.next_moment().is_some() {
            case.wait().await;
        }
    } else {
        settle(case, open[dice.roll(open.len())], dice).await;
    }
    true
}

/// As Temporal does it: a step that failed is tried again, and given up at last.
async fn work(case: &Case<'_>, task: &TaskState, dice: &mut Dice) {
    let (name, attempt) = (&task.plan.id, task.attempt);
    let result = loop {
        match case.perform(name.as_str(), attempt).await {
            Ok(PerformOutput::Performed(performed)) => break performed,
            Ok(PerformOutput::Refused(refusal)) => panic!("{refusal}"),
            // What was done and not heard is known to the ledger's systems alone; a person could not tell.
            Err(StepError::System { why, .. }) if why == UNHEARD || dice.roll(2) == 0 => {}
            Err(StepError::System { .. }) => break Performed::Unclear,
            Err(error) => panic!("{error}"),
        }
    };
    let said = if dice.roll(6) == 0 { Performed::Unclear } else { result.clone() };
    let known = case.performed(name, attempt, said.clone()).await;
    assert!(said == result || known.len() == 1, "{name}: {known:?}");
}

/// A person does a task, or has a system try again where the system knows something that no person can undo for it.
async fn settle(case: &Case<'_>, task: &TaskState, dice: &mut Dice) {
    let system = matches!(task.plan.work, Work::System(_));
    let known = task.plan.undoes.is_some() || task.reference.is_some();
    if system && (known || dice.roll(2) == 0) {
        let action = Action::Retry { task: task.plan.id.clone(), reason: "once more".to_owned() };
        // The one to whom it was given may have left since; HR may always.
        let again = case.say(HR, action).await;
        assert_eq!(again, Ok(()), "{}", task.plan.id);
    } else {
        case.complete(task).await;
    }
}
