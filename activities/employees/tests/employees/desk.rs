//! The steps, called as the workflow and its workers call them.

use std::ops::Deref;

use chrono::{DateTime, TimeDelta, Utc};
use vextrus_contract::employees::{
    KnownResult, PerformInput, PerformOutput, PlanInput, PlanOutput, ProcessEntry, ProgressInput, ProgressOutput,
};
use vextrus_domain::{DocumentKey, Employee, PersonId, Refusal, TaskId};
use vextrus_employees::{Adapters, StepError, Steps};
use vextrus_ledger::approvals::Trust;
use vextrus_ledger::audit::Entry;
use vextrus_ledger::employees::claim::Leaving;
use vextrus_lifecycle::{
    Action, DAY_MILLIS, Machine, Performed, Plan, SignedCommand, Status, TaskState, TaskStatus, Verdict,
};
use vextrus_tests_support::company::id;
use vextrus_tests_support::ledgers::{Database, Fixture};
use vextrus_tests_support::staff::{self, Staff, TODAY};

/// More rounds than any process needs.
const ROUNDS: usize = 400;

/// The staff with workers that serve them.
pub(crate) struct Desk {
    staff: Staff,
}

impl Deref for Desk {
    type Target = Staff;

    fn deref(&self) -> &Staff {
        &self.staff
    }
}

impl Fixture for Desk {
    async fn build(database: Database) -> Self {
        Self { staff: Staff::build(database).await }
    }

    async fn after(&self) {
        self.staff.after().await;
    }
}

/// One process at the desk.
pub(crate) struct Case<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) key: DocumentKey,
    /// The systems; the ledger's own where there are none.
    pub(crate) adapters: Option<Adapters>,
    pub(crate) unsigned: bool,
}

impl Desk {
    /// An onboarding that was claimed today, and planned.
    pub(crate) async fn onboarding(&self, name: &str) -> Case<'_> {
        self.onboarding_of(&staff::employee(name)).await
    }

    pub(crate) async fn onboarding_of(&self, employee: &Employee) -> Case<'_> {
        let case = self.case(self.hire(employee).await.unwrap().process.key);
        case.planned().await;
        case
    }

    /// An onboarding that has been completed; the present is what it was.
    pub(crate) async fn onboarded(&self, name: &str) -> Case<'_> {
        let case = self.onboarding(name).await;
        assert_eq!(case.run().await, Status::Completed);
        case
    }

    /// An offboarding that was claimed, and planned.
    pub(crate) async fn offboarding(&self, leaving: &Leaving) -> Case<'_> {
        self.pass(TimeDelta::seconds(1));
        let case = self.case(self.release(leaving).await.unwrap().process.key);
        case.planned().await;
        case
    }

    pub(crate) fn case(&self, key: DocumentKey) -> Case<'_> {
        Case { desk: self, key, adapters: None, unsigned: false }
    }

    /// The beginning of every test.
    pub(crate) fn back(&self) {
        self.at(TODAY);
    }
}

impl Case<'_> {
    pub(crate) fn steps(&self) -> Steps {
        let ledger = self.desk.ledger();
        let adapters = self.adapters.clone().unwrap_or_else(|| Adapters::of_ledger(&ledger));
        let trust = Trust { unsigned: self.unsigned, ..self.desk.trust.clone() };
        Steps { ledger, trust, adapters, day_millis: DAY_MILLIS }
    }

    pub(crate) async fn machine(&self) -> Machine {
        self.desk.process(&self.key).await.machine
    }

    pub(crate) async fn task(&self, task: &str) -> TaskState {
        self.machine().await.task(&id(task)).unwrap().clone()
    }

    pub(crate) async fn status(&self, task: &str) -> TaskStatus {
        self.task(task).await.status
    }

    /// The entries of the trail of one kind.
    pub(crate) async fn told(&self, kind: &str) -> Vec<Entry> {
        self.desk.entries(&self.key).await.into_iter().filter(|e| e.kind == kind).collect()
    }

    /// The tasks of the trail's entries of one kind, in order.
    pub(crate) async fn tasks_told(&self, kind: &str) -> Vec<String> {
        self.told(kind).await.into_iter().map(|e| e.body["task"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn plan_input(&self, revision: u32) -> PlanInput {
        PlanInput { key: self.key.clone(), revision }
    }

    /// The plan that is asked for.
    pub(crate) async fn planned(&self) -> Plan {
        let input = self.plan_input(self.machine().await.revision() + 1);
        match self.steps().plan_step(&input).await.unwrap() {
            PlanOutput::Planned { plan, .. } => *plan,
            PlanOutput::Refused(refusal) | PlanOutput::NotYet(refusal) => panic!("{refusal}"),
        }
    }

    pub(crate) async fn put(&self, entries: Vec<ProcessEntry>) -> Result<ProgressOutput, StepError> {
        self.steps().progress_step(&ProgressInput { key: self.key.clone(), entries }).await
    }

    /// A command as the workflow takes it now.
    pub(crate) fn entry(&self, signed: SignedCommand) -> ProcessEntry {
        ProcessEntry::Command { at: self.desk.now(), signed: Box::new(signed) }
    }

    pub(crate) async fn take(&self, signed: SignedCommand) -> Result<(), Refusal> {
        match self.put(vec![self.entry(signed)]).await.unwrap() {
            ProgressOutput::Recorded { refused, .. } => refused.into_iter().next().map_or(Ok(()), |r| Err(r.refusal)),
            ProgressOutput::Refused(refusal) | ProgressOutput::Elsewhere { why: refusal, .. } => Err(refusal),
        }
    }

    /// Signs a command and takes it.
    pub(crate) async fn say(&self, person: &str, action: Action) -> Result<(), Refusal> {
        self.take(self.desk.signed_order(&self.key, person, action)).await
    }

    pub(crate) async fn withdraw(&self) {
        self.say(staff::HR, Action::Withdraw { reason: "they do not come".to_owned() }).await.unwrap();
    }

    pub(crate) fn perform_input(&self, task: &str, attempt: u32) -> PerformInput {
        PerformInput { key: self.key.clone(), task: id(task), attempt }
    }

    pub(crate) async fn perform(&self, task: &str, attempt: u32) -> Result<PerformOutput, StepError> {
        self.steps().perform_step(&self.perform_input(task, attempt), 1).await
    }

    /// Tells the ledger what a system's work led to; what it knows better is answered.
    pub(crate) async fn performed(&self, task: &TaskId, attempt: u32, result: Performed) -> Vec<KnownResult> {
        let entry = ProcessEntry::Performed { at: self.desk.now(), task: task.clone(), attempt, result };
        match self.put(vec![entry]).await.unwrap() {
            ProgressOutput::Recorded { known, .. } => known,
            ProgressOutput::Refused(refusal) | ProgressOutput::Elsewhere { why: refusal, .. } => panic!("{refusal}"),
        }
    }

    /// Has one running task done by its system, as a worker and the workflow do. A system that does not answer leaves it unclear.
    pub(crate) async fn work(&self, task: &TaskState) {
        let (name, attempt) = (&task.plan.id, task.attempt);
        let result = match self.perform(name.as_str(), attempt).await {
            Ok(PerformOutput::Performed(performed)) => performed,
            Ok(PerformOutput::Refused(refusal)) => panic!("{refusal}"),
            Err(StepError::System { .. }) => Performed::Unclear,
            Err(error) => panic!("{error}"),
        };
        self.performed(name, attempt, result).await;
    }

    /// Does what does not wait for people or time: plans, and the work of systems.
    pub(crate) async fn settle(&self) -> Machine {
        loop {
            let machine = self.machine().await;
            if machine.wants_plan() {
                self.planned().await;
                continue;
            }
            let running: Vec<TaskState> = machine.running().cloned().collect();
            if running.is_empty() {
                return machine;
            }
            for task in &running {
                self.work(task).await;
            }
        }
    }

    /// A person completes a task; a review is confirmed.
    pub(crate) async fn complete(&self, task: &TaskState) {
        let employee = self.desk.process(&self.key).await.process.employee;
        let by = task.people.iter().find(|p| **p != employee).unwrap();
        self.complete_by(task, by).await.unwrap();
    }

    pub(crate) async fn complete_by(&self, task: &TaskState, by: &PersonId) -> Result<(), Refusal> {
        let verdict = task.plan.review.then_some(Verdict::Confirm);
        let action = Action::Complete { task: task.plan.id.clone(), verdict, note: String::new() };
        self.say(by.as_str(), action).await
    }

    pub(crate) async fn finish(&self, task: &str) {
        self.complete(&self.task(task).await).await;
    }

    /// Lets time pass until something follows by itself.
    pub(crate) async fn wait(&self) {
        let moment = self.machine().await.next_moment().unwrap();
        self.wait_until(moment.max(self.desk.now()) + TimeDelta::seconds(1)).await;
    }

    pub(crate) async fn wait_until(&self, moment: DateTime<Utc>) {
        self.desk.to(moment);
        let done = self.put(vec![ProcessEntry::Tick { at: moment }]).await.unwrap();
        assert!(matches!(done, ProgressOutput::Recorded { .. }), "{done:?}");
    }

    /// Does the next thing that can be done: one task, or a moment passes. False when the process has ended.
    pub(crate) async fn next(&self) -> bool {
        let machine = self.machine().await;
        if machine.ended().is_some() {
            return false;
        }
        if machine.wants_plan() {
            self.planned().await;
        } else if let Some(task) = machine.running().next() {
            self.work(task).await;
        } else if let Some(task) = machine.tasks().iter().find(|t| t.status == TaskStatus::Open) {
            self.complete(task).await;
        } else {
            self.wait().await;
        }
        true
    }

    /// Runs the process to its end.
    pub(crate) async fn run(&self) -> Status {
        for _ in 0..ROUNDS {
            if !self.next().await {
                return self.machine().await.ended().unwrap();
            }
        }
        panic!("the process does not end: {:?}", self.machine().await);
    }

    /// Runs until a task has a status.
    pub(crate) async fn until(&self, task: &str, status: TaskStatus) {
        for _ in 0..ROUNDS {
            if self.machine().await.task(&id(task)).is_some_and(|t| t.status == status) {
                return;
            }
            assert!(self.next().await, "the process ended before {task} was {}", status.name());
        }
        panic!("{task} is never {}", status.name());
    }
}

/// A moment.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    id(text)
}
