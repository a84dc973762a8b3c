//! Messages that other services, operators and mischief send to a workflow, past the facade.

use std::time::Duration;

use temporalio_client::{
    Client, RpcOptions, UntypedSignal, WorkflowCancelOptions, WorkflowExecuteUpdateOptions, WorkflowHandle,
    WorkflowSignalOptions,
};
use temporalio_common::HasWorkflowDefinition;
use temporalio_common::data_converters::RawValue;
use temporalio_protos::temporal::api::common::v1::Payload;
use vextrus_approval::{Action, Command, SignedCommand};
use vextrus_contract::document::CommandAnswer;
use vextrus_domain::DocumentKey;
use vextrus_domain::signature::KeyPair;
use vextrus_invoice::InvoiceApproval;
use vextrus_ledger::views;
use vextrus_purchase_order::PurchaseOrderApproval;

use crate::world::{Handle, OrderHandle, World};

/// Sends a signal with these JSON payloads.
///
/// # Errors
/// The server's.
pub async fn signal<W: HasWorkflowDefinition>(
    handle: &WorkflowHandle<Client, W>,
    name: &str,
    payloads: &[&str],
) -> anyhow::Result<()> {
    let payloads = payloads.iter().map(|text| Payload {
        metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
        data: text.as_bytes().to_vec(),
        ..Payload::default()
    });
    let raw = RawValue::new(payloads.collect());
    handle
        .signal(UntypedSignal::new(name), raw, WorkflowSignalOptions::default())
        .await
        .map_err(|e| anyhow::anyhow!("{e:?}"))
}

/// Asks the server to cancel the workflow.
///
/// # Errors
/// The server's.
pub async fn cancel<W: HasWorkflowDefinition>(handle: &WorkflowHandle<Client, W>) -> anyhow::Result<()> {
    handle
        .cancel(WorkflowCancelOptions::builder().reason("by the operator").build())
        .await
        .map_err(|e| anyhow::anyhow!("{e:?}"))
}

/// A decision on a task as the ledger shows it, signed with a key, or unsigned.
///
/// # Errors
/// The ledger's.
pub async fn decision(
    world: &World,
    key: &DocumentKey,
    task: &str,
    person: &str,
    answer: &str,
    signed_with: Option<&KeyPair>,
) -> anyhow::Result<SignedCommand> {
    let mut tx = world.stack.ledger.read(&key.tenant).await?;
    let document = views::document(&mut tx, &key.tenant, &key.document).await?;
    let plan_hash = document.and_then(|d| d.tasks.into_iter().find(|t| t.task == task)).map(|t| t.plan_hash);
    let comment = if answer == "reject" { "it will not do" } else { "" }.to_owned();
    let action = Action::Decide {
        task: task.parse()?,
        plan_hash: plan_hash.unwrap_or_default(),
        answer: answer.to_owned(),
        comment,
    };
    let command = Command {
        key: key.clone(),
        action,
        actor: person.parse()?,
        principal: person.parse()?,
        via: Vec::new(),
        request_id: uuid::Uuid::now_v7().to_string().parse()?,
        at: chrono::Utc::now(),
    };
    match signed_with {
        Some(key) => Ok(command.sign(key)?),
        None => Ok(SignedCommand { command, signature: None }),
    }
}

/// Sends an update past the facade; a validator's refusal comes back as its text.
///
/// # Errors
/// The server's.
pub async fn update(handle: &Handle, signed: SignedCommand) -> anyhow::Result<CommandAnswer> {
    sent(handle, signed, 30).await
}

/// Sends an update and waits this many seconds for its answer.
///
/// # Errors
/// The server's, or that there was no answer in time.
pub async fn sent(handle: &Handle, signed: SignedCommand, seconds: u64) -> anyhow::Result<CommandAnswer> {
    let options = WorkflowExecuteUpdateOptions::builder()
        .update_id(signed.command.request_id.to_string())
        .rpc_options(RpcOptions::builder().timeout(Duration::from_secs(seconds)).build())
        .build();
    handle.execute_update(InvoiceApproval::decide, signed, options).await.map_err(|e| anyhow::anyhow!("{e:?}"))
}

/// The same for an order.
///
/// # Errors
/// The server's, or that there was no answer in time.
pub async fn decided(handle: &OrderHandle, signed: SignedCommand, seconds: u64) -> anyhow::Result<CommandAnswer> {
    let options = WorkflowExecuteUpdateOptions::builder()
        .update_id(signed.command.request_id.to_string())
        .rpc_options(RpcOptions::builder().timeout(Duration::from_secs(seconds)).build())
        .build();
    handle.execute_update(PurchaseOrderApproval::decide, signed, options).await.map_err(|e| anyhow::anyhow!("{e:?}"))
}
