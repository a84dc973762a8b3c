//! Messages that other services, operators and mischief send to a workflow, past the facade.

use std::time::Duration;

use temporalio_client::{
    RpcOptions, UntypedSignal, WorkflowCancelOptions, WorkflowExecuteUpdateOptions, WorkflowSignalOptions,
};
use temporalio_common::data_converters::RawValue;
use temporalio_protos::temporal::api::common::v1::Payload;
use vextrus_approval::{Decision, SignedDecision};
use vextrus_contract::invoice::DecideAnswer;
use vextrus_domain::DocumentKey;
use vextrus_domain::signature::KeyPair;
use vextrus_invoice::InvoiceApproval;
use vextrus_ledger::views;

use crate::world::{Handle, World};

/// Sends a signal with these JSON payloads.
///
/// # Errors
/// The server's.
pub async fn signal(handle: &Handle, name: &str, payloads: &[&str]) -> anyhow::Result<()> {
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
pub async fn cancel(handle: &Handle) -> anyhow::Result<()> {
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
) -> anyhow::Result<SignedDecision> {
    let mut tx = world.stack.ledger.read().await?;
    let document = views::document(&mut tx, &key.tenant, &key.document).await?;
    let plan_hash = document.and_then(|d| d.tasks.into_iter().find(|t| t.task == task)).map(|t| t.plan_hash);
    let decision = Decision {
        key: key.clone(),
        task: Some(task.parse()?),
        plan_hash,
        answer: answer.to_owned(),
        actor: person.parse()?,
        principal: person.parse()?,
        request_id: uuid::Uuid::now_v7().to_string().parse()?,
        comment: String::new(),
    };
    match signed_with {
        Some(key) => Ok(decision.sign(key)?),
        None => Ok(SignedDecision { decision, signature: None }),
    }
}

/// Sends an update past the facade; a validator's refusal comes back as its text.
///
/// # Errors
/// The server's.
pub async fn update(handle: &Handle, signed: SignedDecision) -> anyhow::Result<DecideAnswer> {
    sent(handle, signed, 30).await
}

/// Sends an update and waits this many seconds for its answer.
///
/// # Errors
/// The server's, or that there was no answer in time.
pub async fn sent(handle: &Handle, signed: SignedDecision, seconds: u64) -> anyhow::Result<DecideAnswer> {
    let options = WorkflowExecuteUpdateOptions::builder()
        .update_id(signed.decision.request_id.to_string())
        .rpc_options(RpcOptions::builder().timeout(Duration::from_secs(seconds)).build())
        .build();
    handle.execute_update(InvoiceApproval::decide, signed, options).await.map_err(|e| anyhow::anyhow!("{e:?}"))
}
