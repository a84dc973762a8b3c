//! The signatures of the activities. Each is one transaction in the ledger, and safe to repeat.

use temporalio_common_wasm::ActivityError;
use temporalio_macros::activity_definitions;

use crate::steps::{
    AssessInput, AssessOutput, CloseInput, CloseOutput, RecordInput, RecordOutput, SettleInput, SettleOutput,
};

/// The activities that read or write a vendor's invoice.
#[derive(Debug)]
pub struct InvoiceActivities;

#[expect(clippy::unimplemented, reason = "the macro demands this body; it is never called")]
#[activity_definitions]
impl InvoiceActivities {
    /// Checks the document, computes its taxes, reserves its budget and resolves its plan.
    #[activity(name = "assess")]
    pub fn assess(input: AssessInput) -> Result<AssessOutput, ActivityError> {
        unimplemented!()
    }

    /// Writes the payment instruction, the postings and the obligations of an approved document.
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

/// The activities that every document with approvals shares.
#[derive(Debug)]
pub struct ApprovalActivities;

#[expect(clippy::unimplemented, reason = "the macro demands this body; it is never called")]
#[activity_definitions]
impl ApprovalActivities {
    /// Writes a decision that does not end the approval, and what else has to go on the trail.
    #[activity(name = "record")]
    pub fn record(input: RecordInput) -> Result<RecordOutput, ActivityError> {
        unimplemented!()
    }
}

/// Marker types, for `#[activity(definition = …)]` in the implementing crates.
pub mod definitions {
    pub use super::approval_activities::Record;
    pub use super::invoice_activities::{Assess, Close, Settle};
}
