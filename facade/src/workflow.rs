//! The calls to Temporal: starting an approval, and telling it what somebody decided.

use std::time::Duration;

use temporalio_client::errors::{WorkflowStartError, WorkflowUpdateError};
use temporalio_client::{
    RpcOptions, WorkflowExecuteUpdateOptions, WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowStartOptions,
};
use temporalio_common::search_attributes::SearchAttributes;
use tonic::{Code, Status};
use vextrus_approval::SignedDecision;
use vextrus_contract::invoice::{DecideAnswer, InvoiceHead, InvoiceStart};
use vextrus_contract::search_attributes::{STAGE, STATUS};
use vextrus_domain::{Refusal, RefusalCode, TaskId, canonical};
use vextrus_invoice::InvoiceApproval;
use vextrus_temporal::search_attributes::{DEPARTMENT, DOCUMENT, TENANT, TOTAL_POISHA, VENDOR};
use vextrus_temporal::task_queue;

use crate::errors::Failure;
use crate::render::workflow_id;
use crate::service::App;

/// Which update carries a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Decide,
    Withdraw,
}

/// What the workflow said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The decision counts; these tasks are open now.
    Accepted(Vec<TaskId>),
    /// It does not.
    Refused(Refusal),
    /// There is no such run, or it has ended.
    Gone,
}

/// Starts an approval. One that has started already is as good.
pub(crate) async fn start(app: &App, start: InvoiceStart, within: Duration) -> Result<(), Failure> {
    let key = &start.key;
    let attributes = SearchAttributes::new([
        TENANT.value_set(key.tenant.to_string()),
        DOCUMENT.value_set(key.document.to_string()),
        VENDOR.value_set(start.head.vendor.to_string()),
        DEPARTMENT.value_set(start.head.department.to_string()),
        TOTAL_POISHA.value_set(start.head.total.poisha()),
        STATUS.value_set("assessing".to_owned()),
        STAGE.value_set("assess".to_owned()),
    ]);
    let options = WorkflowStartOptions::new(task_queue::INVOICE, workflow_id(key)?.to_string())
        .id_reuse_policy(WorkflowIdReusePolicy::RejectDuplicate)
        .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
        .search_attributes(attributes)
        .static_summary(summary(&start.head))
        .static_details(details(&start.head))
        .rpc_options(RpcOptions::builder().timeout(within).build())
        .build();
    match app.client.start_workflow(InvoiceApproval::run, start, options).await {
        Ok(_) | Err(WorkflowStartError::AlreadyStarted { .. }) => Ok(()),
        Err(WorkflowStartError::Rpc(status)) if may_pass(&status) => {
            tracing::warn!(%status, "an approval could not be started in time");
            Err(unavailable("the invoice is claimed, but its approval could not be started yet"))
        }
        Err(error) => Err(Failure::Internal(format!("an approval could not be started: {error}"))),
    }
}

/// Tells an approval what somebody decided.
pub(crate) async fn tell(app: &App, verb: Verb, signed: SignedDecision, within: Duration) -> Result<Told, Failure> {
    let decision = &signed.decision;
    // Temporal answers a known update id with its first answer, whatever is sent with it; so the id stands for the content
    // too. Otherwise a second person's decision under the same request id would be answered with the first one's.
    let update_id = format!("{}/{}", decision.request_id, &canonical::hash(decision)?[..16]);
    let handle = app.client.get_workflow_handle::<InvoiceApproval>(workflow_id(&decision.key)?.to_string());
    let options = WorkflowExecuteUpdateOptions::builder()
        .update_id(update_id)
        .rpc_options(RpcOptions::builder().timeout(within).build())
        .build();
    let answer = match verb {
        Verb::Decide => handle.execute_update(InvoiceApproval::decide, signed, options).await,
        Verb::Withdraw => handle.execute_update(InvoiceApproval::withdraw, signed, options).await,
    };
    understood(answer)
}

fn understood(answer: Result<DecideAnswer, WorkflowUpdateError>) -> Result<Told, Failure> {
    match answer {
        Ok(DecideAnswer::Accepted { open }) => Ok(Told::Accepted(open)),
        Ok(DecideAnswer::Refused(refusal)) => Ok(Told::Refused(refusal)),
        Err(WorkflowUpdateError::NotFound(_)) => Ok(Told::Gone),
        Err(WorkflowUpdateError::Failed(failure)) => {
            // The run ended between the update's acceptance and its answer.
            let ended =
                failure.maybe_application_failure().is_some_and(|f| f.r#type == "AcceptedUpdateCompletedWorkflow");
            match Refusal::find_in(&failure.message) {
                _ if ended => Ok(Told::Gone),
                Some(refusal) => Ok(Told::Refused(refusal)),
                None => Err(Failure::Internal(format!("an update failed: {}", failure.message))),
            }
        }
        Err(WorkflowUpdateError::Rpc(status)) if may_pass(&status) => {
            tracing::warn!(%status, "an update was not answered in time");
            Err(unavailable("no worker answered in time, and the decision may still be carried out"))
        }
        Err(error) => Err(Failure::Internal(format!("an update failed: {error}"))),
    }
}

fn unavailable(what: &str) -> Failure {
    Refusal::new(RefusalCode::Unavailable, format!("{what}; send the same request with the same request id again"))
        .into()
}

/// Whether the same call can succeed later. A call that ran into its own time limit comes back as `Cancelled`.
fn may_pass(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Unavailable
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::Internal
            | Code::Unknown
    )
}

/// The one line that lists of runs show. The server takes 400 bytes.
fn summary(head: &InvoiceHead) -> String {
    format!("invoice {} of {}, BDT {}", short(&head.number), head.vendor, head.total.grouped())
}

/// What a run's page shows. Of people and of tax identities it shows nothing.
fn details(head: &InvoiceHead) -> String {
    let none = "–".to_owned();
    let rows = [
        ("vendor", head.vendor.to_string()),
        ("number", short(&head.number)),
        ("date", head.date.to_string()),
        ("due", head.due_date.to_string()),
        ("department", head.department.to_string()),
        ("project", head.project.as_ref().map_or_else(|| none.clone(), ToString::to_string)),
        ("purchase order", head.po_number.as_ref().map_or_else(|| none.clone(), ToString::to_string)),
        ("lines", head.line_count.to_string()),
        ("subtotal", format!("BDT {}", head.subtotal.grouped())),
        ("VAT", format!("BDT {}", head.vat.grouped())),
        ("total", format!("BDT {}", head.total.grouped())),
    ];
    let lines = rows.into_iter().map(|(name, value)| format!("| {name} | {value} |\n"));
    format!("| | |\n|---|---|\n{}", lines.collect::<String>())
}

/// A printed number, short enough, and without what Markdown would read as its own.
fn short(number: &str) -> String {
    const MOST: usize = 40;
    let plain = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '/' | '.' | '#' | '(' | ')');
    number.chars().filter(plain).take(MOST).collect()
}

#[cfg(test)]
#[path = "workflow_tests.rs"]
mod tests;
