//! A schedule as code: it exists and starts one workflow at a time. What an operator has paused stays paused.

use std::time::Duration;

use temporalio_client::{Client, NamespacedClient as _};
use temporalio_protos::temporal::api::{
    common::v1::{Payload, Payloads, WorkflowType},
    enums::v1::ScheduleOverlapPolicy,
    schedule::v1::{IntervalSpec, Schedule, ScheduleAction, SchedulePolicies, ScheduleSpec, schedule_action},
    taskqueue::v1::TaskQueue,
    workflow::v1::NewWorkflowExecutionInfo,
    workflowservice::v1::{
        CreateScheduleRequest, DeleteScheduleRequest, DescribeScheduleRequest, UpdateScheduleRequest,
    },
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    deadline::Deadline,
    rpc::{may_pass, request},
};

/// How long the server may take.
const WITHIN: Duration = Duration::from_secs(60);

/// What is started, and how often.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The schedule's id.
    pub id: &'static str,
    /// The workflow type.
    pub workflow_type: &'static str,
    /// Its task queue.
    pub task_queue: &'static str,
    /// What the ids of its workflows begin with; the server adds the time.
    pub workflow: &'static str,
    /// Its input, as JSON; nothing that must be encrypted.
    pub input: String,
    /// How often.
    pub every: Duration,
    /// Starts that were missed are made up for within this time.
    pub catch_up: Duration,
    /// The most that one workflow may take, over all its runs, so that one that is stuck does not keep the next ones away.
    pub within: Duration,
}

/// The schedule is not as it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The server refused a call or did not answer.
    #[error("cannot {action} schedule {id}: {}", source.message())]
    Refused {
        /// `describe`, `create`, `update` or `delete`.
        action: &'static str,
        /// Which.
        id: &'static str,
        /// The answer.
        #[source]
        source: Box<Status>,
    },
    /// An interval is too long for the server.
    #[error("schedule {0}: its interval, catch-up window or time limit is too long")]
    TooLong(&'static str),
}

/// Creates the schedule where it is missing, and changes it where it is another. It may be called by many processes at once, and
/// again at every start.
///
/// # Errors
///
/// Where the server refuses or does not answer within a minute.
pub async fn ensure_schedule(client: &Client, wanted: &Wanted) -> Result<(), ScheduleError> {
    let schedule = wanted.schedule().ok_or(ScheduleError::TooLong(wanted.id))?;
    let mut deadline = Deadline::after(WITHIN);
    loop {
        let (action, source) = match step(client, wanted.id, &schedule).await {
            Ok(()) => return Ok(()),
            Err(failed) => failed,
        };
        // Where another process created or changed it a moment ago, it is looked at again.
        let passes = may_pass(&source) || matches!(source.code(), Code::AlreadyExists | Code::FailedPrecondition);
        if !passes || !deadline.pause().await {
            return Err(ScheduleError::Refused { action, id: wanted.id, source: Box::new(source) });
        }
    }
}

/// Deletes a schedule; none is as good.
///
/// # Errors
///
/// Where the server refuses or does not answer.
pub async fn delete_schedule(client: &Client, id: &'static str) -> Result<(), ScheduleError> {
    let delete =
        DeleteScheduleRequest { namespace: client.namespace(), schedule_id: id.to_owned(), ..Default::default() };
    match client.connection().workflow_service().delete_schedule(request(delete)).await {
        Err(source) if source.code() != Code::NotFound => {
            Err(ScheduleError::Refused { action: "delete", id, source: Box::new(source) })
        }
        _ => Ok(()),
    }
}

async fn step(client: &Client, id: &str, wanted: &Schedule) -> Result<(), (&'static str, Status)> {
    let mut service = client.connection().workflow_service();
    let (namespace, schedule_id) = (client.namespace(), id.to_owned());
    let describe = DescribeScheduleRequest { namespace: namespace.clone(), schedule_id: schedule_id.clone() };
    let request_id = Uuid::now_v7().to_string();
    match service.describe_schedule(request(describe)).await {
        Ok(found) => {
            let found = found.into_inner();
            let is = found.schedule.unwrap_or_default();
            if is_as_wanted(&is, wanted) {
                return Ok(());
            }
            let schedule = Some(Schedule { state: is.state, ..wanted.clone() });
            let update = UpdateScheduleRequest {
                namespace,
                schedule_id,
                schedule,
                conflict_token: found.conflict_token,
                request_id,
                ..Default::default()
            };
            service.update_schedule(request(update)).await.map(drop).map_err(|status| ("update", status))
        }
        Err(status) if status.code() == Code::NotFound => {
            let schedule = Some(wanted.clone());
            let create = CreateScheduleRequest { namespace, schedule_id, schedule, request_id, ..Default::default() };
            service.create_schedule(request(create)).await.map(drop).map_err(|status| ("create", status))
        }
        Err(status) => Err(("describe", status)),
    }
}

/// Whether what we set is set. The server fills in the rest.
fn is_as_wanted(is: &Schedule, wanted: &Schedule) -> bool {
    let intervals = |s: &Schedule| s.spec.as_ref().map(|spec| spec.interval.clone());
    let policies = |s: &Schedule| s.policies.as_ref().map(|p| (p.overlap_policy, p.catchup_window));
    let action = |s: &Schedule| {
        let schedule_action::Action::StartWorkflow(w) = s.action.as_ref()?.action.as_ref()?;
        Some((
            w.workflow_id.clone(),
            w.workflow_type.clone(),
            w.task_queue.as_ref().map(|q| q.name.clone()),
            w.input.as_ref().map(|i| i.payloads.iter().map(|p| p.data.clone()).collect::<Vec<_>>()),
            w.workflow_execution_timeout,
        ))
    };
    intervals(is) == intervals(wanted) && policies(is) == policies(wanted) && action(is) == action(wanted)
}

impl Wanted {
    fn schedule(&self) -> Option<Schedule> {
        let json = [("encoding".to_owned(), b"json/plain".to_vec())].into();
        let input = Payload { metadata: json, data: self.input.clone().into_bytes(), ..Default::default() };
        let start = NewWorkflowExecutionInfo {
            workflow_id: self.workflow.to_owned(),
            workflow_type: Some(WorkflowType { name: self.workflow_type.to_owned() }),
            task_queue: Some(TaskQueue { name: self.task_queue.to_owned(), ..Default::default() }),
            input: Some(Payloads { payloads: vec![input] }),
            workflow_execution_timeout: Some(self.within.try_into().ok()?),
            ..Default::default()
        };
        let interval = IntervalSpec { interval: Some(self.every.try_into().ok()?), phase: None };
        Some(Schedule {
            spec: Some(ScheduleSpec { interval: vec![interval], ..Default::default() }),
            action: Some(ScheduleAction { action: Some(schedule_action::Action::StartWorkflow(start)) }),
            policies: Some(SchedulePolicies {
                overlap_policy: ScheduleOverlapPolicy::Skip as i32,
                catchup_window: Some(self.catch_up.try_into().ok()?),
                ..Default::default()
            }),
            state: None,
        })
    }
}
