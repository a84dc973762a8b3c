//! What the server says of workflows. A description is what it knows; a list is by visibility, which lags behind.

use std::collections::BTreeSet;
use std::time::SystemTime;

use temporalio_client::{Client, NamespacedClient as _};
use temporalio_protos::temporal::api::{
    common::v1::WorkflowExecution,
    enums::v1::WorkflowExecutionStatus,
    history::v1::{History, history_event::Attributes},
    workflow::v1::WorkflowExecutionInfo,
    workflowservice::v1::{
        DescribeWorkflowExecutionRequest, GetWorkflowExecutionHistoryRequest, ListWorkflowExecutionsRequest,
    },
};
use tonic::{Code, Status};

use crate::rpc::request;

/// How a run has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// By itself, with a result.
    Completed,
    /// With a failure.
    Failed,
    /// As cancelled.
    Cancelled,
    /// By somebody's hand, at once.
    Terminated,
    /// Its own time limit passed.
    TimedOut,
}

/// What the server says of a workflow's latest run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It runs, or is about to go on in another run.
    Running {
        /// Which run.
        run: String,
        /// Since when.
        started_at: SystemTime,
    },
    /// It has ended.
    Ended {
        /// Which run.
        run: String,
        /// How.
        how: Ended,
    },
    /// There is none, or none any more: what has ended is forgotten after the namespace's retention.
    Missing,
}

/// The server did not answer, or not understandably.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunsError {
    /// A call failed.
    #[error("temporal does not {action}: {}", source.message())]
    Call {
        /// `describe WORKFLOW`, `list workflows` and the like.
        action: String,
        /// The answer.
        #[source]
        source: Box<Status>,
    },
    /// It says something that we do not know.
    #[error("temporal describes workflow {workflow} in a way that is not known here: status {status}")]
    Unknown {
        /// Which.
        workflow: String,
        /// As a number.
        status: i32,
    },
}

/// What the server says of this workflow's latest run.
///
/// # Errors
///
/// Where the server does not answer; that there is no such workflow is an answer.
pub async fn describe(client: &Client, workflow: &str) -> Result<Seen, RunsError> {
    let execution = Some(WorkflowExecution { workflow_id: workflow.to_owned(), ..Default::default() });
    let describe = DescribeWorkflowExecutionRequest { namespace: client.namespace(), execution };
    let answer = client.connection().workflow_service().describe_workflow_execution(request(describe)).await;
    let info = match answer {
        Ok(answer) => answer.into_inner().workflow_execution_info.unwrap_or_default(),
        Err(status) if status.code() == Code::NotFound => return Ok(Seen::Missing),
        Err(source) => {
            return Err(RunsError::Call { action: format!("describe {workflow}"), source: Box::new(source) });
        }
    };
    seen(workflow, info)
}

fn seen(workflow: &str, info: WorkflowExecutionInfo) -> Result<Seen, RunsError> {
    use WorkflowExecutionStatus as S;
    let started_at = info.start_time.and_then(|at| at.try_into().ok()).unwrap_or(SystemTime::UNIX_EPOCH);
    let run = info.execution.map(|execution| execution.run_id).unwrap_or_default();
    let how = match S::try_from(info.status) {
        // Of the latest run, another one is about to be the latest.
        Ok(S::Running | S::Paused | S::ContinuedAsNew) => return Ok(Seen::Running { run, started_at }),
        Ok(S::Completed) => Ended::Completed,
        Ok(S::Failed) => Ended::Failed,
        Ok(S::Canceled) => Ended::Cancelled,
        Ok(S::Terminated) => Ended::Terminated,
        Ok(S::TimedOut) => Ended::TimedOut,
        Ok(S::Unspecified) | Err(_) => {
            return Err(RunsError::Unknown { workflow: workflow.to_owned(), status: info.status });
        }
    };
    Ok(Seen::Ended { run, how })
}

/// Which of these workflows run, as far as visibility knows: one that has just ended may be among them still.
///
/// # Errors
///
/// Where the server does not answer.
pub async fn running_among(client: &Client, workflows: &[String]) -> Result<BTreeSet<String>, RunsError> {
    if workflows.is_empty() {
        return Ok(BTreeSet::new());
    }
    // The ids are ours: letters, digits, and no quote.
    let ids = workflows.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(",");
    let query = format!("ExecutionStatus = 'Running' AND WorkflowId IN ({ids})");
    let most = i32::try_from(workflows.len()).unwrap_or(i32::MAX);
    let (running, _) = list(client, query, most, Vec::new()).await?;
    Ok(running.into_iter().map(|execution| execution.workflow_id).collect())
}

/// A page of the workflows of these types that run, as far as visibility knows, and the mark of the next page.
///
/// # Errors
///
/// Where the server does not answer.
pub async fn running_of(
    client: &Client,
    types: &[&str],
    most: i32,
    page: Vec<u8>,
) -> Result<(Vec<String>, Vec<u8>), RunsError> {
    let types = types.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(",");
    let query = format!("ExecutionStatus = 'Running' AND WorkflowType IN ({types})");
    let (running, next) = list(client, query, most, page).await?;
    Ok((running.into_iter().map(|execution| execution.workflow_id).collect(), next))
}

/// Which of the workflows that a query finds do not go on: their task has failed this often, one after another. Each is told with its
/// failure.
///
/// # Errors
///
/// Where the server does not answer.
pub async fn stuck(client: &Client, query: &str, most: i32, after: i32) -> Result<Vec<String>, RunsError> {
    let (workflows, _) = list(client, query.to_owned(), most, Vec::new()).await?;
    let mut stuck = Vec::new();
    for workflow in workflows.into_iter().map(|execution| execution.workflow_id) {
        let execution = Some(WorkflowExecution { workflow_id: workflow.clone(), ..Default::default() });
        let describe = DescribeWorkflowExecutionRequest { namespace: client.namespace(), execution };
        let answer = client.connection().workflow_service().describe_workflow_execution(request(describe)).await;
        let described = match answer {
            Ok(answer) => answer.into_inner(),
            // It has ended and is forgotten.
            Err(status) if status.code() == Code::NotFound => continue,
            Err(source) => {
                return Err(RunsError::Call { action: format!("describe {workflow}"), source: Box::new(source) });
            }
        };
        let attempt = described.pending_workflow_task.map_or(0, |task| task.attempt);
        if attempt > after {
            stuck.push(format!("{workflow}: its task has failed {} times", attempt - 1));
        }
    }
    Ok(stuck)
}

/// The running workflows, of this deployment where one is named, of which the server itself says that their tasks fail: it does so after
/// some failures in a row, and takes it back with the next task that succeeds.
///
/// # Errors
///
/// Where the server does not answer.
pub async fn troubled(
    client: &Client,
    deployment: Option<&str>,
    most: i32,
) -> Result<Vec<WorkflowExecution>, RunsError> {
    let mut query = "ExecutionStatus = 'Running' AND \
        TemporalReportedProblems IN ('category=WorkflowTaskFailed', 'category=WorkflowTaskTimedOut')"
        .to_owned();
    if let Some(deployment) = deployment {
        query.push_str(&format!(" AND TemporalWorkerDeployment = '{deployment}'"));
    }
    Ok(list(client, query, most, Vec::new()).await?.0)
}

/// A page of the runs that a query finds, as far as visibility knows, and the mark of the next page.
///
/// # Errors
///
/// Where the server does not answer, or does not understand the query.
pub async fn list(
    client: &Client,
    query: String,
    page_size: i32,
    next_page_token: Vec<u8>,
) -> Result<(Vec<WorkflowExecution>, Vec<u8>), RunsError> {
    let list = ListWorkflowExecutionsRequest { namespace: client.namespace(), page_size, next_page_token, query };
    let answer = client.connection().workflow_service().list_workflow_executions(request(list)).await;
    let page = answer
        .map_err(|source| RunsError::Call { action: "list workflows".to_owned(), source: Box::new(source) })?
        .into_inner();
    Ok((page.executions.into_iter().filter_map(|e| e.execution).collect(), page.next_page_token))
}

/// The history of a run, or of the latest one where it is not said which, as the server has it: payloads are not decoded. None where
/// the server has none.
///
/// # Errors
///
/// Where the server does not answer.
pub async fn history(client: &Client, execution: &WorkflowExecution) -> Result<Option<History>, RunsError> {
    let mut whole = History::default();
    let mut next_page_token = Vec::new();
    loop {
        let get = GetWorkflowExecutionHistoryRequest {
            namespace: client.namespace(),
            execution: Some(execution.clone()),
            next_page_token,
            ..Default::default()
        };
        let page = match client.connection().workflow_service().get_workflow_execution_history(request(get)).await {
            Ok(page) => page.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Ok(None),
            Err(source) => {
                let action = format!("give the history of {}", execution.workflow_id);
                return Err(RunsError::Call { action, source: Box::new(source) });
            }
        };
        whole.events.extend(page.history.map(|h| h.events).unwrap_or_default());
        next_page_token = page.next_page_token;
        if next_page_token.is_empty() {
            return Ok(Some(whole));
        }
    }
}

/// The histories of a workflow's runs, the first run first; none where the server has none.
///
/// # Errors
///
/// Where the server does not answer.
pub async fn life(client: &Client, workflow: &str) -> Result<Vec<History>, RunsError> {
    let mut runs = Vec::new();
    let mut run_id = String::new();
    loop {
        let execution = WorkflowExecution { workflow_id: workflow.to_owned(), run_id };
        let Some(run) = history(client, &execution).await? else { break };
        run_id = run.events.first().and_then(|event| event.attributes.as_ref()).map_or_else(String::new, before);
        runs.push(run);
        if run_id.is_empty() {
            break;
        }
    }
    runs.reverse();
    Ok(runs)
}

/// Which run a run goes on from; empty where it is the first.
fn before(attributes: &Attributes) -> String {
    match attributes {
        Attributes::WorkflowExecutionStartedEventAttributes(started) => started.continued_execution_run_id.clone(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: i32) -> Result<Seen, RunsError> {
        let execution = Some(WorkflowExecution { workflow_id: "w".to_owned(), run_id: "r".to_owned() });
        seen("w", WorkflowExecutionInfo { execution, status, ..Default::default() })
    }

    #[test]
    fn only_what_is_known_to_have_ended_has() {
        for status in [1, 6, 8] {
            assert!(matches!(of(status), Ok(Seen::Running { .. })), "{status}");
        }
        for (status, how) in [
            (2, Ended::Completed),
            (3, Ended::Failed),
            (4, Ended::Cancelled),
            (5, Ended::Terminated),
            (7, Ended::TimedOut),
        ] {
            assert_eq!(of(status).unwrap(), Seen::Ended { run: "r".to_owned(), how });
        }
        for status in [0, 99] {
            assert!(matches!(of(status), Err(RunsError::Unknown { .. })), "{status}");
        }
    }
}
