//! Whether workflow code goes where recorded histories went: histories in every form that is met, the gate that replays them, and
//! what it reports.

pub mod fetch;
pub mod format;
pub mod gate;
pub mod local;
pub mod report;
mod shorthand;
pub mod steps;

use temporalio_common::data_converters::DataConverter;
use temporalio_sdk::error::WorkflowRegistrationError;
pub use temporalio_sdk::workflow_replayer::WorkflowReplayerOptions;
use vextrus_invoice::InvoiceApproval;
use vextrus_onboarding::{EmployeeOffboarding, EmployeeOnboarding};
use vextrus_purchase_order::PurchaseOrderApproval;
use vextrus_reconciliation::LedgerReconciliation;
use vextrus_rollout::RolloutGate;

/// The workflows of this build, as a replayer runs them.
///
/// # Errors
/// Two types of one name.
pub fn workflows(data_converter: DataConverter) -> Result<WorkflowReplayerOptions, WorkflowRegistrationError> {
    Ok(WorkflowReplayerOptions::new()
        .register_workflow::<InvoiceApproval>()?
        .register_workflow::<PurchaseOrderApproval>()?
        .register_workflow::<EmployeeOnboarding>()?
        .register_workflow::<EmployeeOffboarding>()?
        .register_workflow::<LedgerReconciliation>()?
        .register_workflow::<RolloutGate>()?
        .data_converter(data_converter)
        .build())
}
