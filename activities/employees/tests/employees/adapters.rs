//! Systems that will not, that do not answer, and that answer late.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::sync::Barrier;
use vextrus_contract::employees::PerformOutput;
use vextrus_employees::adapters::ledger::LedgerSystems;
use vextrus_employees::adapters::{
    AccessControl, AdapterError, Answer, AssetRegister, Calendar, IdentityProvider, MailSystem, Order, Reference,
};
use vextrus_employees::{Adapters, StepError};
use vextrus_ledger::Ledger;
use vextrus_lifecycle::{Action, Operation, Performed, Status, TaskStatus, Work};
use vextrus_tests_support::company::id;
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::HR;

use crate::desk::{Case, Desk};
use crate::undoing::letters;

on_both![
    what_a_system_will_not_do_a_person_does,
    after_a_no_it_is_another_order,
    after_silence_it_is_the_same_order,
    what_was_done_in_silence_is_done_once,
    a_no_after_silence_is_found_out_by_a_person,
    what_a_system_leaves_unclear_is_found_out_by_a_person,
    what_nobody_knows_is_found_out_by_a_person,
    a_slow_system_is_asked_twice_and_has_one_word,
    what_a_system_says_of_the_employee_is_withheld,
    a_no_after_a_withdrawal_opens_nothing,
];

/// What a system says to the next order of an operation.
#[derive(Debug, Clone)]
pub(crate) enum Say {
    /// It will not.
    No(&'static str),
    /// Something that leaves open what it did.
    Unclear(&'static str),
    /// Nothing, and it does nothing.
    Nothing(&'static str),
    /// Nothing, though it has done it.
    NothingAfterwards,
    /// What it does, called so.
    Called(&'static str),
    /// The truth, once so many ask at the same time.
    Together(Arc<Barrier>),
}

/// All five systems, by the ledger's own, but for what they are to say.
#[derive(Debug)]
pub(crate) struct Scripted {
    own: LedgerSystems,
    script: Mutex<VecDeque<(Operation, Say)>>,
    /// The keys under which they were asked.
    asked: Mutex<Vec<(Operation, String)>>,
}

impl Scripted {
    pub(crate) fn new(ledger: Ledger) -> Arc<Self> {
        Arc::new(Self { own: LedgerSystems(ledger), script: Mutex::default(), asked: Mutex::default() })
    }

    pub(crate) fn adapters(self: &Arc<Self>) -> Adapters {
        Adapters {
            identity: self.clone(),
            mail: self.clone(),
            assets: self.clone(),
            access: self.clone(),
            calendar: self.clone(),
        }
    }

    pub(crate) fn say(&self, operation: Operation, what: Say) {
        self.script.lock().unwrap().push_back((operation, what));
    }

    fn keys(&self, operation: Operation) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(o, _)| *o == operation).map(|(_, key)| key.clone()).collect()
    }

    fn next(&self, operation: Operation) -> Option<Say> {
        let mut script = self.script.lock().unwrap();
        let place = script.iter().position(|(o, _)| *o == operation)?;
        script.remove(place).map(|(_, say)| say)
    }

    fn truly<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        match order.operation {
            Operation::CreateAccount => self.own.create_account(order),
            Operation::DisableAccount => self.own.disable_account(order),
            Operation::CreateMailbox => self.own.create_mailbox(order),
            Operation::CloseMailbox => self.own.close_mailbox(order),
            Operation::SendWelcome => self.own.send_welcome(order),
            Operation::AssignWorkstation => self.own.assign_workstation(order),
            Operation::ReturnWorkstation => self.own.return_workstation(order),
            Operation::IssueBadge => self.own.issue_badge(order),
            Operation::RevokeBadge => self.own.revoke_badge(order),
            Operation::ScheduleOrientation => self.own.schedule_orientation(order),
            Operation::CancelOrientation => self.own.cancel_orientation(order),
        }
    }

    fn answer<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
        self.asked.lock().unwrap().push((order.operation, order.key.to_owned()));
        let say = self.next(order.operation);
        Box::pin(async move {
            match say {
                None => self.truly(order).await,
                Some(Say::No(why)) => Err(AdapterError::Impossible(why.to_owned())),
                Some(Say::Unclear(why)) => Err(AdapterError::Unclear(why.to_owned())),
                Some(Say::Nothing(why)) => Err(AdapterError::Unavailable(why.to_owned())),
                Some(Say::NothingAfterwards) => {
                    self.truly(order).await?;
                    Err(AdapterError::Unavailable("no answer in 30 s".to_owned()))
                }
                Some(Say::Called(name)) => self.truly(order).await.map(|_| Reference(name.to_owned())),
                Some(Say::Together(barrier)) => {
                    barrier.wait().await;
                    self.truly(order).await
                }
            }
        })
    }
}

macro_rules! systems {
    ($($system:ident: $($ask:ident),+;)+) => {$(
        impl $system for Scripted {
            $(fn $ask<'a>(&'a self, order: Order<'a>) -> Answer<'a> {
                self.answer(order)
            })+
        }
    )+};
}
systems! {
    IdentityProvider: create_account, disable_account;
    MailSystem: create_mailbox, close_mailbox, send_welcome;
    AssetRegister: assign_workstation, return_workstation;
    AccessControl: issue_badge, revoke_badge;
    Calendar: schedule_orientation, cancel_orientation;
}

/// A process whose badge is to be issued next, by systems that say what they are told to.
async fn at_the_badge<'a>(desk: &'a Desk, say: &[Say]) -> (Case<'a>, Arc<Scripted>) {
    let systems = Scripted::new(desk.ledger());
    let mut case = desk.onboarding("emp-1").await;
    case.adapters = Some(systems.adapters());
    for what in say {
        systems.say(Operation::IssueBadge, what.clone());
    }
    case.until("create-badge", TaskStatus::Running).await;
    (case, systems)
}

async fn retry(case: &Case<'_>) {
    let action = Action::Retry { task: id("create-badge"), reason: "the line is up again".to_owned() };
    case.say(HR, action).await.unwrap();
}

async fn work(case: &Case<'_>) {
    case.work(&case.task("create-badge").await).await;
}

async fn what_a_system_will_not_do_a_person_does(desk: &Desk) {
    let (case, _) = at_the_badge(desk, &[Say::No("no card stock")]).await;
    work(&case).await;
    let task = case.task("create-badge").await;
    assert_eq!(
        (task.status, task.handed_over.as_deref(), task.unclear),
        (TaskStatus::Open, Some("no card stock"), false)
    );
    assert_eq!(task.people, [id("mina")]);
    case.finish("create-badge").await;
    case.until("probation-review", TaskStatus::Open).await;
    case.withdraw().await;
    let undo = case.task("undo-create-badge").await;
    assert_eq!((undo.plan.work, undo.people), (Work::Person, vec![id("mina")]), "the system knows nothing of it");
    assert_eq!(case.run().await, Status::Withdrawn);
    assert_eq!(letters(desk.has("emp-1").await), Vec::<String>::new());
}

async fn after_a_no_it_is_another_order(desk: &Desk) {
    let (case, systems) = at_the_badge(desk, &[Say::No("no card stock")]).await;
    work(&case).await;
    retry(&case).await;
    work(&case).await;
    let keys = systems.keys(Operation::IssueBadge);
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
    assert_eq!(case.task("create-badge").await.reference.as_deref(), Some("badge 1"), "a no takes no number");
    assert_eq!(case.run().await, Status::Completed);
}

async fn after_silence_it_is_the_same_order(desk: &Desk) {
    let (case, systems) = at_the_badge(desk, &[Say::Nothing("no line"), Say::Nothing("no line")]).await;
    let error = case.perform("create-badge", 1).await.unwrap_err();
    assert!(matches!(&error, StepError::System { why, .. } if why == "no line"), "{error}");
    assert_eq!(case.told("system_answered").await.iter().filter(|e| e.body["task"] == "create-badge").count(), 0);
    work(&case).await;
    let task = case.task("create-badge").await;
    assert_eq!((task.status, task.unclear), (TaskStatus::Open, true));
    retry(&case).await;
    work(&case).await;
    let keys = systems.keys(Operation::IssueBadge);
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(case.task("create-badge").await.attempt, 2);
    assert_eq!(case.run().await, Status::Completed);
}

async fn what_was_done_in_silence_is_done_once(desk: &Desk) {
    let (case, systems) = at_the_badge(desk, &[Say::NothingAfterwards]).await;
    work(&case).await;
    assert_eq!(desk.has("emp-1").await.iter().filter(|name| name.starts_with("badge")).count(), 1);
    assert!(case.task("create-badge").await.unclear, "nobody knows yet");
    retry(&case).await;
    work(&case).await;
    assert_eq!(systems.keys(Operation::IssueBadge).len(), 2);
    assert_eq!(case.task("create-badge").await.reference.as_deref(), Some("badge 1"));
    assert_eq!(desk.database.raw().await.number("SELECT last FROM number_series WHERE series = 'BADGE'").await, 1);
    assert_eq!(case.run().await, Status::Completed);
}

/// The secret may have been changed after the system had acted, for example.
async fn a_no_after_silence_is_found_out_by_a_person(desk: &Desk) {
    let (case, systems) = at_the_badge(desk, &[Say::NothingAfterwards, Say::No("it answered 401, a refusal")]).await;
    let (steps, input) = (case.steps(), case.perform_input("create-badge", 1));
    steps.perform_step(&input, 1).await.unwrap_err();
    let answer = steps.perform_step(&input, 2).await.unwrap();
    assert_eq!(answer, PerformOutput::Performed(Performed::Unclear));
    let told = case.told("system_answered").await.pop().unwrap().body;
    assert_eq!((&told["result"], &told["why"]), (&"unclear".into(), &"it answered 401, a refusal".into()));
    work(&case).await;
    assert!(case.task("create-badge").await.unclear);
    retry(&case).await;
    work(&case).await;
    let keys = systems.keys(Operation::IssueBadge);
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(case.task("create-badge").await.reference.as_deref(), Some("badge 1"));
    assert_eq!(case.run().await, Status::Completed);
}

async fn what_a_system_leaves_unclear_is_found_out_by_a_person(desk: &Desk) {
    let (case, _) = at_the_badge(desk, &[Say::Unclear("its reference cannot be kept")]).await;
    work(&case).await;
    let task = case.task("create-badge").await;
    assert_eq!((task.status, task.unclear), (TaskStatus::Open, true));
    case.withdraw().await;
    case.settle().await;
    assert_eq!(case.task("undo-create-badge").await.plan.work, Work::Person);
    assert_eq!(case.run().await, Status::Withdrawn);
}

async fn what_nobody_knows_is_found_out_by_a_person(desk: &Desk) {
    let (case, _) = at_the_badge(desk, &[Say::Nothing("no line")]).await;
    work(&case).await;
    case.withdraw().await;
    case.settle().await;
    let undo = case.task("undo-create-badge").await;
    assert_eq!((undo.plan.work, undo.status), (Work::Person, TaskStatus::Open));
    assert!(undo.plan.name.starts_with("Find out whether it was done"), "{}", undo.plan.name);
    assert_eq!(case.run().await, Status::Withdrawn);
}

async fn a_slow_system_is_asked_twice_and_has_one_word(desk: &Desk) {
    let together = Say::Together(Arc::new(Barrier::new(2)));
    let (case, systems) = at_the_badge(desk, &[together.clone(), together]).await;
    // An attempt that ran out of time goes on beside the one after it.
    let (first, second) = tokio::join!(case.perform("create-badge", 1), case.perform("create-badge", 1));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first, second);
    assert_eq!(first, PerformOutput::Performed(Performed::Done { reference: "badge 1".to_owned() }));
    assert_eq!(systems.keys(Operation::IssueBadge).len(), 2);
    assert_eq!(case.told("system_answered").await.iter().filter(|e| e.body["task"] == "create-badge").count(), 1);
    assert_eq!(case.run().await, Status::Completed);
}

async fn what_a_system_says_of_the_employee_is_withheld(desk: &Desk) {
    let said = [
        Say::Nothing("zebu.q@example.com is not known"),
        Say::No("Zebunnessa has one"),
        Say::Called("card of Quaderi"),
    ];
    let (case, _) = at_the_badge(desk, &said).await;
    let error = case.perform("create-badge", 1).await.unwrap_err().to_string();
    assert!(error.contains("withheld") && !error.contains("zebu"), "{error}");
    work(&case).await;
    assert!(case.task("create-badge").await.handed_over.unwrap().contains("withheld"));
    retry(&case).await;
    work(&case).await;
    // It has acted: nothing that could not be undone by its name counts as done, nor as a no.
    let task = case.task("create-badge").await;
    assert_eq!((task.status, task.reference, task.unclear), (TaskStatus::Open, None, true));
    let told = case.told("system_answered").await.pop().unwrap().body;
    assert!(told["result"] == "unclear" && told["why"].as_str().unwrap().contains("withheld"), "{told}");
    assert_eq!(desk.spoken_of().await, Vec::<String>::new());
    assert_eq!(case.run().await, Status::Completed);
}

async fn a_no_after_a_withdrawal_opens_nothing(desk: &Desk) {
    let (case, _) = at_the_badge(desk, &[Say::No("no card stock")]).await;
    case.withdraw().await;
    work(&case).await;
    assert_eq!(case.status("create-badge").await, TaskStatus::Dropped);
    assert!(case.machine().await.task(&id("undo-create-badge")).is_none());
    assert_eq!(case.run().await, Status::Withdrawn);
}
