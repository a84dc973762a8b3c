//! A worker in a process of its own, which a test kills, or which kills itself.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use vextrus_tests_e2e::World;

use crate::points::Points;
use crate::process::Process;

/// How long a process may take to die once it must.
const DIES_WITHIN: Duration = Duration::from_secs(60);

/// What the process `fault-worker` is told, as JSON in its one argument.
#[derive(Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Where Temporal listens.
    pub temporal: String,
    /// The namespace.
    pub namespace: String,
    /// The ledger's address.
    pub ledger: String,
    /// The public keys whose decisions count.
    pub accepted_keys: String,
    /// The length of a day in an employee's process, in milliseconds.
    pub day_millis: u64,
    /// Where it dies or hangs.
    pub points: Points,
}

/// The running process. It is killed when this is dropped.
#[derive(Debug)]
pub struct FaultWorker(Process);

impl FaultWorker {
    /// Starts the program as a world's worker.
    ///
    /// # Errors
    /// A process that cannot be started.
    pub fn start(program: &str, world: &World, points: Points) -> anyhow::Result<Self> {
        let spec = Spec {
            temporal: world.stack.temporal.clone(),
            namespace: world.stack.namespace.clone(),
            ledger: world.stack.config.ledger.address.clone(),
            accepted_keys: world.stack.config.signing.accepted_keys.clone(),
            day_millis: world.stack.config.onboarding.day_millis,
            points,
        };
        Process::start(program, &spec, Stdio::null()).map(Self)
    }

    /// Waits until the process has died by itself.
    ///
    /// # Errors
    /// That it lives on.
    pub async fn died(&mut self) -> anyhow::Result<ExitStatus> {
        let waited = tokio::time::timeout(DIES_WITHIN, self.0.child.wait()).await;
        Ok(waited.context("the worker has not died at its point")??)
    }

    /// Kills the process as `kill -9` does, and waits until it is gone.
    ///
    /// # Errors
    /// The operating system's; among them that it had died before.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        if let Some(status) = self.0.child.try_wait()? {
            anyhow::bail!("the worker had died before it was killed: {status}");
        }
        Ok(self.0.child.kill().await?)
    }
}
