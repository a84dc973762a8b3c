//! Which version of which deployment this worker is, so that the server sends it the workflows that are its own.

use temporalio_common::worker::VersioningBehavior;
use temporalio_common::worker::{WorkerDeploymentOptions, WorkerDeploymentVersion};
use vextrus_temporal::task_queue;

/// Temporal's own names for both.
const DEPLOYMENT: &str = "TEMPORAL_DEPLOYMENT_NAME";
const BUILD: &str = "TEMPORAL_WORKER_BUILD_ID";

/// A version of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerVersion {
    /// The deployment's name.
    pub deployment: String,
    /// The build's id: its commit.
    pub build_id: String,
}

/// The version of this worker cannot be told.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum VersionError {
    /// There is a deployment and no build.
    #[error("{DEPLOYMENT}={0} without {BUILD}: give the id of this build, such as its commit")]
    NoBuild(String),
    /// There is a build and no deployment.
    #[error("{BUILD}={0} without {DEPLOYMENT}: name the deployment that it is a version of")]
    NoDeployment(String),
}

impl WorkerVersion {
    /// As the environment says. A build id that it does not say is the commit that the program was built from, where that is known.
    /// None where it names no deployment: the worker takes every workflow then, whatever version began it.
    ///
    /// # Errors
    /// [`VersionError`]: half of it is said.
    pub fn from_env(env: impl Fn(&str) -> Option<String>, commit: Option<&str>) -> Result<Option<Self>, VersionError> {
        let said = |name| env(name).filter(|value: &String| !value.is_empty());
        match (said(DEPLOYMENT), said(BUILD)) {
            (None, None) => Ok(None),
            (None, Some(build_id)) => Err(VersionError::NoDeployment(build_id)),
            (Some(deployment), build_id) => match build_id.or_else(|| commit.map(str::to_owned)) {
                Some(build_id) => Ok(Some(Self { deployment, build_id })),
                None => Err(VersionError::NoBuild(deployment)),
            },
        }
    }

    /// For the worker of a queue. A document lives for days: it ends on the version that began it. An employee's process lives for
    /// months, and a round of the reconciler is the same whoever goes on with it: they move on, and changes of their code are patched.
    pub(crate) fn options(&self, queue: &str) -> WorkerDeploymentOptions {
        let behaviour = match queue {
            task_queue::INVOICE | task_queue::PURCHASE_ORDER => VersioningBehavior::Pinned,
            _ => VersioningBehavior::AutoUpgrade,
        };
        let version = WorkerDeploymentVersion::builder()
            .deployment_name(self.deployment.clone())
            .build_id(self.build_id.clone())
            .build();
        WorkerDeploymentOptions::new(version).use_worker_versioning(true).default_versioning_behavior(behaviour).build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(deployment: &str, build: &str, commit: Option<&str>) -> Result<Option<WorkerVersion>, VersionError> {
        let env = |name: &str| Some(if name == DEPLOYMENT { deployment } else { build }.to_owned());
        WorkerVersion::from_env(env, commit)
    }

    #[test]
    fn half_of_a_version_is_none() {
        let version =
            |build: &str| Ok(Some(WorkerVersion { deployment: "vextrus".to_owned(), build_id: build.to_owned() }));
        assert_eq!(told("vextrus", "v1", Some("c0ffee")), version("v1"));
        assert_eq!(told("vextrus", "", Some("c0ffee")), version("c0ffee"));
        assert_eq!(told("", "", Some("c0ffee")), Ok(None));
        assert_eq!(told("vextrus", "", None), Err(VersionError::NoBuild("vextrus".to_owned())));
        assert_eq!(told("", "v1", None), Err(VersionError::NoDeployment("v1".to_owned())));
    }
}
