//! Histories, as tests read them.

use futures::StreamExt as _;
use temporalio_client::{Client, WorkflowFetchHistoryOptions, WorkflowHandle};
use temporalio_common::HasWorkflowDefinition;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use vextrus_temporal::runs::life;

/// The types of a workflow's events, such as `ACTIVITY_TASK_SCHEDULED`.
///
/// # Errors
/// The server's.
pub async fn event_types<W: HasWorkflowDefinition>(handle: &WorkflowHandle<Client, W>) -> anyhow::Result<Vec<String>> {
    let mut events = handle.fetch_history(WorkflowFetchHistoryOptions::builder().build());
    let mut types = Vec::new();
    while let Some(event) = events.next().await {
        let event = event.map_err(|e| anyhow::anyhow!("{e:?}"))?;
        types.push(event.event_type().as_str_name().trim_start_matches("EVENT_TYPE_").to_owned());
    }
    Ok(types)
}

/// The events of every run of a workflow, the first run first, as the server has them: payloads are not decoded.
///
/// # Errors
/// The server's.
pub async fn runs(client: &Client, workflow_id: &str) -> anyhow::Result<Vec<Vec<HistoryEvent>>> {
    let runs = life(client, workflow_id).await?;
    anyhow::ensure!(!runs.is_empty(), "there is no {workflow_id}");
    Ok(runs.into_iter().map(|run| run.events).collect())
}
