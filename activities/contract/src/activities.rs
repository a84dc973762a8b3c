//! The signatures of the activities. Each is one transaction in the ledger, and safe to repeat.

use temporalio_common_wasm::ActivityError;
use temporalio_macros::activity_definitions;

use crate::employees::{PerformInput, PerformOutput, PlanInput, PlanOutput, ProgressInput, ProgressOutput};
use crate::reconcile::{PageInput, PageOutput};
use crate::rollout::{ProbeInput, Probed};
use crate::steps::{
    AssessInput, AssessOutput, CloseInput, CloseOutput, RecordInput, RecordOutput, SettleInput, SettleOutput,
};

/// The steps of every document with approvals. Each type of document has them on its own task queue.
#[derive(Debug)]
pub struct DocumentActivities;

#[expect(clippy::unimplemented, reason = "the macro demands this body; it is never called")]
#[activity_definitions]
impl DocumentActivities {
    /// Checks the document, computes what it owes, reserves its budget and resolves its plan.
    #[activity(name = "assess")]
    pub fn assess(input: AssessInput) -> Result<AssessOutput, ActivityError> {
        unimplemented!()
    }

    /// Writes what people and time have brought and the document goes on with.
    #[activity(name = "record")]
    pub fn record(input: RecordInput) -> Result<RecordOutput, ActivityError> {
        unimplemented!()
    }

    /// Carries an approved document out: a payment instruction with its postings, or an order.
    #[activity(name = "settle")]
    pub fn settle(input: SettleInput) -> Result<SettleOutput, ActivityError> {
        unimplemented!()
    }

    /// Releases what a document that is not approved has reserved.
    #[activity(name = "close")]
    pub fn close(input: CloseInput) -> Result<CloseOutput, ActivityError> {
        unimplemented!()
    }
}

/// What a worker is asked before anything is sent to its version. Each worker has it, on every task queue.
#[derive(Debug)]
pub struct RolloutActivities;

#[expect(clippy::unimplemented, reason = "the macro demands this body; it is never called")]
#[activity_definitions]
impl RolloutActivities {
    /// Looks whether this worker can do its work. Changes nothing.
    #[activity(name = "probe")]
    pub fn probe(input: ProbeInput) -> Result<Probed, ActivityError> {
        unimplemented!()
    }
}

/// The steps of an employee's process.
#[derive(Debug)]
pub struct EmployeeActivities;

#[expect(clippy::unimplemented, reason = "the macro demands this body; it is never called")]
#[activity_definitions]
impl EmployeeActivities {
    /// Makes the plan, or another one after a change.
    #[activity(name = "plan")]
    pub fn plan(input: PlanInput) -> Result<PlanOutput, ActivityError> {
        unimplemented!()
    }

    /// Writes what people, systems and time have brought.
    #[activity(name = "progress")]
    pub fn progress(input: ProgressInput) -> Result<ProgressOutput, ActivityError> {
        unimplemented!()
    }

    /// Has a system do its work. It runs on the task queue of calls to outside systems.
    #[activity(name = "perform")]
    pub fn perform(input: PerformInput) -> Result<PerformOutput, ActivityError> {
        unimplemented!()
    }
}

/// The comparison of the ledger with Temporal.
#[derive(Debug)]
pub struct ReconcileActivities;

#[expect(clippy::unimplemented, reason = "the macro demands this body; it is never called")]
#[activity_definitions]
impl ReconcileActivities {
    /// Looks at one page of what is open, and acts on what the server itself says of it.
    #[activity(name = "reconcile")]
    pub fn reconcile(input: PageInput) -> Result<PageOutput, ActivityError> {
        unimplemented!()
    }
}

/// Marker types, for `#[activity(definition = …)]` in the implementing crate.
pub mod definitions {
    pub use super::document_activities::{Assess, Close, Record, Settle};
    pub use super::employee_activities::{Perform, Plan, Progress};
    pub use super::reconcile_activities::Reconcile;
    pub use super::rollout_activities::Probe;
}
