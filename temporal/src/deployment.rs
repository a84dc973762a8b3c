//! Versions of workers: which of them takes new workflows, which takes a part of them, and which only brings its old ones to an end.

use std::collections::BTreeSet;
use std::fmt;

use temporalio_client::{Client, NamespacedClient as _};
use temporalio_protos::temporal::api::deployment::v1::{WorkerDeploymentInfo, WorkerDeploymentVersion};
use temporalio_protos::temporal::api::enums::v1::{
    TaskQueueType, VersionDrainageStatus, WorkerDeploymentVersionStatus,
};
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeWorkerDeploymentRequest, DescribeWorkerDeploymentVersionRequest, SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
};
use tonic::{Code, Status};

use crate::rpc::{may_pass, request};

/// Who is said to have changed a deployment.
const IDENTITY: &str = "vextrus rollout";

/// A version of a deployment's workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its build id.
    pub build_id: String,
    /// What the server does with it.
    pub stands: Stands,
}

/// What the server does with a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// Its workers poll, and get nothing yet.
    Inactive,
    /// New workflows go to it.
    Current,
    /// A part of new workflows goes to it.
    Ramping,
    /// It brings the workflows that are pinned to it to their ends.
    Draining,
    /// Nothing is pinned to it any more: its workers can go.
    Drained,
    /// Something that is not known here.
    Unknown,
}

impl fmt::Display for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inactive => "inactive",
            Self::Current => "current",
            Self::Ramping => "ramping",
            Self::Draining => "draining",
            Self::Drained => "drained",
            Self::Unknown => "unknown",
        })
    }
}

/// A deployment as the server has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    /// Its name.
    pub name: String,
    /// The version that takes new workflows; none: workers without a version do.
    pub current: Option<String>,
    /// The version that takes a part of them, and how much, in percent.
    pub ramping: Option<(String, f32)>,
    /// Every version that the server knows, the latest first.
    pub versions: Vec<Version>,
    token: Vec<u8>,
}

impl Deployment {
    /// A version, where the server knows it.
    #[must_use]
    pub fn version(&self, build_id: &str) -> Option<&Version> {
        self.versions.iter().find(|v| v.build_id == build_id)
    }
}

/// The server did not do it.
#[derive(Debug, thiserror::Error)]
#[error("temporal does not {action}: {}", source.message())]
pub struct DeploymentError {
    action: String,
    #[source]
    source: Box<Status>,
}

impl DeploymentError {
    fn of(action: impl Into<String>) -> impl FnOnce(Status) -> Self {
        let action = action.into();
        move |source| Self { action, source: Box::new(source) }
    }

    /// Whether it may succeed later: the server has not heard of a version's workers yet, was asked something else at the same time, or
    /// too much.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        self.source.code() == Code::FailedPrecondition || may_pass(&self.source)
    }
}

/// A deployment; none where no worker of this name has ever polled.
///
/// # Errors
/// [`DeploymentError`].
pub async fn describe(client: &Client, name: &str) -> Result<Option<Deployment>, DeploymentError> {
    let asked = DescribeWorkerDeploymentRequest { namespace: client.namespace(), deployment_name: name.to_owned() };
    let answer = client.connection().workflow_service().describe_worker_deployment(request(asked)).await;
    let answer = match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) if status.code() == Code::NotFound => return Ok(None),
        Err(status) => return Err(DeploymentError::of(format!("describe deployment {name}"))(status)),
    };
    let WorkerDeploymentInfo { name, version_summaries, routing_config, .. } =
        answer.worker_deployment_info.unwrap_or_default();
    let routing = routing_config.unwrap_or_default();
    let build = |version: Option<WorkerDeploymentVersion>| version.map(|v| v.build_id).filter(|id| !id.is_empty());
    let mut summaries = version_summaries;
    summaries.sort_by_key(|s| std::cmp::Reverse(s.create_time.as_ref().map(|t| (t.seconds, t.nanos))));
    let versions = summaries.into_iter().filter_map(|summary| {
        let stands = stands(summary.status(), summary.drainage_status());
        Some(Version { build_id: build(summary.deployment_version)?, stands })
    });
    Ok(Some(Deployment {
        name,
        current: build(routing.current_deployment_version),
        ramping: build(routing.ramping_deployment_version).map(|id| (id, routing.ramping_version_percentage)),
        versions: versions.collect(),
        token: answer.conflict_token,
    }))
}

/// The task queues that workers of a version have polled for activities; none where no worker of it has ever polled.
///
/// # Errors
/// [`DeploymentError`].
pub async fn queues(client: &Client, name: &str, build_id: &str) -> Result<BTreeSet<String>, DeploymentError> {
    let version = WorkerDeploymentVersion { deployment_name: name.to_owned(), build_id: build_id.to_owned() };
    let asked = DescribeWorkerDeploymentVersionRequest {
        namespace: client.namespace(),
        deployment_version: Some(version),
        ..Default::default()
    };
    let answer = client.connection().workflow_service().describe_worker_deployment_version(request(asked)).await;
    let answer = match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) if status.code() == Code::NotFound => return Ok(BTreeSet::new()),
        Err(status) => return Err(DeploymentError::of(format!("describe version {build_id} of {name}"))(status)),
    };
    let found = answer.version_task_queues.into_iter();
    Ok(found.filter(|queue| queue.r#type() == TaskQueueType::Activity).map(|queue| queue.name).collect())
}

fn stands(status: WorkerDeploymentVersionStatus, drainage: VersionDrainageStatus) -> Stands {
    use WorkerDeploymentVersionStatus as S;
    match (status, drainage) {
        (S::Current, _) => Stands::Current,
        (S::Ramping, _) => Stands::Ramping,
        (S::Draining, _) | (_, VersionDrainageStatus::Draining) => Stands::Draining,
        (S::Drained, _) | (_, VersionDrainageStatus::Drained) => Stands::Drained,
        (S::Inactive | S::Created, _) => Stands::Inactive,
        _ => Stands::Unknown,
    }
}

/// Lets new workflows go to a version, unless the deployment was changed since it was described.
///
/// # Errors
/// [`DeploymentError`]: no worker of the version polls, or fewer task queues than those of the current one.
pub async fn set_current(client: &Client, deployment: &Deployment, build_id: &str) -> Result<(), DeploymentError> {
    let asked = SetWorkerDeploymentCurrentVersionRequest {
        namespace: client.namespace(),
        deployment_name: deployment.name.clone(),
        build_id: build_id.to_owned(),
        conflict_token: deployment.token.clone(),
        identity: IDENTITY.to_owned(),
        ..Default::default()
    };
    let mut service = client.connection().workflow_service();
    let done = service.set_worker_deployment_current_version(request(asked)).await;
    done.map(drop).map_err(DeploymentError::of(format!("make {build_id} the current version")))
}

/// Lets a part of new workflows go to a version, in percent; without one, none does. Not if the deployment was changed since it was
/// described.
///
/// # Errors
/// [`DeploymentError`], as of [`set_current`].
pub async fn set_ramping(
    client: &Client,
    deployment: &Deployment,
    ramping: Option<(&str, f32)>,
) -> Result<(), DeploymentError> {
    let (build_id, percentage) = ramping.unwrap_or_default();
    let asked = SetWorkerDeploymentRampingVersionRequest {
        namespace: client.namespace(),
        deployment_name: deployment.name.clone(),
        build_id: build_id.to_owned(),
        percentage,
        conflict_token: deployment.token.clone(),
        identity: IDENTITY.to_owned(),
        ..Default::default()
    };
    let mut service = client.connection().workflow_service();
    let done = service.set_worker_deployment_ramping_version(request(asked)).await;
    let action = if build_id.is_empty() { "end the ramp".to_owned() } else { format!("ramp {build_id}") };
    done.map(drop).map_err(DeploymentError::of(action))
}
