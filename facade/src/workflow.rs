//! The calls to Temporal: starting an approval, and telling it what somebody decided.

use std::time::Duration;

use temporalio_client::errors::{WorkflowStartError, WorkflowUpdateError};
use temporalio_client::{
    RpcOptions, WorkflowExecuteUpdateOptions, WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowStartOptions,
};
use temporalio_common::search_attributes::SearchAttributes;
use tonic::Code;
use vextrus_approval::{Action, SignedCommand};
use vextrus_contract::TASK_WITHIN;
use vextrus_contract::document::{CommandAnswer, DocumentStart, Head};
use vextrus_contract::employees::ProcessAnswer;
use vextrus_contract::search_attributes::{STAGE, STATUS};
use vextrus_domain::{DocumentType, Refusal, RefusalCode, TaskId};
use vextrus_invoice::InvoiceApproval;
use vextrus_purchase_order::PurchaseOrderApproval;
use vextrus_temporal::search_attributes::{DEPARTMENT, DOCUMENT, TENANT, TOTAL_POISHA, VENDOR};
use vextrus_temporal::{codec, may_pass, task_queue};

use crate::errors::Failure;
use crate::render::workflow_id;
use crate::service::App;
use crate::summary;

/// What the workflow said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The command counts; these tasks are open now.
    Accepted(Vec<TaskId>),
    /// It does not.
    Refused(Refusal),
    /// There is no such run, or it has ended.
    Gone,
}

/// Starts an approval. One that has started already is as good.
pub(crate) async fn start(app: &App, start: DocumentStart, within: Duration) -> Result<(), Failure> {
    let (key, head) = (&start.key, &start.head);
    let kind = head.kind();
    let attributes = SearchAttributes::new([
        TENANT.value_set(key.tenant.to_string()),
        DOCUMENT.value_set(key.document.to_string()),
        VENDOR.value_set(head.vendor().to_string()),
        DEPARTMENT.value_set(head.department().to_string()),
        TOTAL_POISHA.value_set(head.amount().poisha()),
        STATUS.value_set("assessing".to_owned()),
        STAGE.value_set("assess".to_owned()),
    ]);
    let options = WorkflowStartOptions::new(task_queue::of(kind), workflow_id(kind, key)?.to_string())
        .id_reuse_policy(WorkflowIdReusePolicy::RejectDuplicate)
        .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
        .task_timeout(TASK_WITHIN)
        .search_attributes(attributes)
        .static_summary(summary::line(head))
        .static_details(summary::page(head))
        .rpc_options(RpcOptions::builder().timeout(within).build())
        .build();
    let started = match head {
        Head::Invoice(_) => app.client.start_workflow(InvoiceApproval::run, start, options).await.map(drop),
        Head::PurchaseOrder(_) => app.client.start_workflow(PurchaseOrderApproval::run, start, options).await.map(drop),
    };
    self::started(started, "the document is claimed, but its approval could not be started yet")
}

/// What the start of a workflow led to; `late` says how things stand where it was not answered.
pub(crate) fn started(answer: Result<(), WorkflowStartError>, late: &str) -> Result<(), Failure> {
    match answer {
        Ok(()) | Err(WorkflowStartError::AlreadyStarted { .. }) => Ok(()),
        Err(WorkflowStartError::Rpc(status)) if may_pass(&status) => {
            tracing::warn!(%status, "a workflow could not be started in time");
            Err(unavailable(late))
        }
        Err(error) => Err(Failure::Internal(format!("a workflow could not be started: {error}"))),
    }
}

/// Brings a command to an approval.
pub(crate) async fn tell(
    app: &App,
    kind: DocumentType,
    signed: SignedCommand,
    within: Duration,
) -> Result<Told, Failure> {
    let command = &signed.command;
    // Temporal answers a known update id with its first answer, whatever is sent with it; so the id stands for the content
    // too. Otherwise a second person's command under the same request id would be answered with the first one's.
    let update_id = format!("{}/{}", command.request_id, command.digest()?);
    let id = workflow_id(kind, &command.key)?.to_string();
    let options = WorkflowExecuteUpdateOptions::builder()
        .update_id(update_id)
        .rpc_options(RpcOptions::builder().timeout(within).build())
        .build();
    let decides = matches!(command.action, Action::Decide { .. });
    // The two workflow types have the same messages, and no type in common that the client could name.
    macro_rules! send {
        ($workflow:ident) => {{
            let handle = app.client.get_workflow_handle::<$workflow>(id);
            if decides {
                handle.execute_update($workflow::decide, signed, options).await
            } else {
                handle.execute_update($workflow::command, signed, options).await
            }
        }};
    }
    let answer = match kind {
        DocumentType::Invoice => send!(InvoiceApproval),
        DocumentType::PurchaseOrder => send!(PurchaseOrderApproval),
    };
    heard(app, answer).await
}

/// What an update's answer means, also where its failure travelled encrypted.
pub(crate) async fn heard<A: Into<Told>>(
    app: &App,
    mut answer: Result<A, WorkflowUpdateError>,
) -> Result<Told, Failure> {
    if let Err(WorkflowUpdateError::Failed(failure)) = &mut answer {
        let message = codec::message(&app.client, failure).await;
        failure.message =
            message.map_err(|error| Failure::Internal(format!("an update's failure cannot be read: {error}")))?;
    }
    understood(answer)
}

impl From<CommandAnswer> for Told {
    fn from(answer: CommandAnswer) -> Self {
        match answer {
            CommandAnswer::Accepted { open } => Self::Accepted(open),
            CommandAnswer::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

impl From<ProcessAnswer> for Told {
    fn from(answer: ProcessAnswer) -> Self {
        match answer {
            ProcessAnswer::Accepted { open } => Self::Accepted(open),
            ProcessAnswer::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

fn understood<A: Into<Told>>(answer: Result<A, WorkflowUpdateError>) -> Result<Told, Failure> {
    match answer {
        Ok(answer) => Ok(answer.into()),
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
            Err(unavailable("no worker answered in time, and the command may still be carried out"))
        }
        // Its code fails, as after a rollout that is about to be taken back: the server takes nothing for it meanwhile.
        Err(WorkflowUpdateError::Rpc(status)) if status.code() == Code::FailedPrecondition => {
            tracing::error!(%status, "a workflow takes no commands: look at its failing task");
            Err(unavailable("the workflow takes nothing now"))
        }
        Err(error) => Err(Failure::Internal(format!("an update failed: {error}"))),
    }
}

fn unavailable(what: &str) -> Failure {
    Refusal::new(RefusalCode::Unavailable, format!("{what}; send the same request with the same request id again"))
        .into()
}

#[cfg(test)]
#[path = "workflow_tests.rs"]
mod tests;
