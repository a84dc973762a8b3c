//! Histories, as tests read them.

use anyhow::Context as _;
use futures::StreamExt as _;
use temporalio_client::{Client, WorkflowFetchHistoryOptions, WorkflowHandle};
use temporalio_common::HasWorkflowDefinition;
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use vextrus_temporal::runs::history;

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
    let mut runs = Vec::new();
    let mut run_id = String::new();
    loop {
        let execution = WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: run_id.clone() };
        let events = history(client, &execution).await?.with_context(|| format!("there is no {workflow_id}"))?.events;
        let before = events.first().and_then(|event| match &event.attributes {
            Some(Attributes::WorkflowExecutionStartedEventAttributes(a)) => Some(a.continued_execution_run_id.clone()),
            _ => None,
        });
        runs.push(events);
        match before {
            Some(id) if !id.is_empty() => run_id = id,
            _ => break,
        }
    }
    runs.reverse();
    Ok(runs)
}
