//! A rollout step by step, which takes itself back.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail, ensure};
use temporalio_client::errors::WorkflowStartError;
use temporalio_client::{Client, VersioningOverride, WorkflowGetResultOptions, WorkflowStartOptions};
use temporalio_common::worker::WorkerDeploymentVersion;
use tonic::Code;
use uuid::Uuid;
use vextrus_contract::rollout::GateInput;
use vextrus_platform::shutdown;
use vextrus_replay::fetch::{self, Ask};
use vextrus_rollout::RolloutGate;
use vextrus_temporal::deployment::{self, Deployment};
use vextrus_temporal::{converter, task_queue};

use super::options::RunOptions;
use super::watch::{Prometheus, Watch};
use super::{known, roll_back};

/// How long the gate's workflow may take, its worker's start included.
const GATE_WITHIN: Duration = Duration::from_secs(90);
const ASK_EVERY: Duration = Duration::from_millis(500);
/// What may come to run on the new version. What is pinned to another one never does.
const MAY_MOVE: &str = "ExecutionStatus = 'Running' AND \
    (TemporalWorkflowVersioningBehavior IS NULL OR TemporalWorkflowVersioningBehavior != 'Pinned')";

/// Brings the version in.
///
/// # Errors
/// What kept it out, and a signal that asks to stop. Whatever was sent to it is taken back: nobody would watch it any more.
pub(super) async fn run(client: &Client, options: &RunOptions) -> anyhow::Result<()> {
    let prometheus = Prometheus::of(options)?;
    let before = polling(client, options).await?.current;
    if before.as_deref() == Some(options.build.as_str()) {
        tell("it is the current version already");
        return Ok(());
    }
    replays(client, options).await?;
    passes_the_gate(client, options, before.as_deref()).await?;
    let stop = shutdown::requested();
    let came_in = tokio::select! {
        came_in = steps(client, options, prometheus) => came_in,
        () = stop => Err(anyhow!("it was told to stop before its end")),
    };
    if let Err(error) = came_in {
        tell("taking it back");
        let taken_back =
            again(options.within, async || roll_back(client, &options.place, before.as_deref()).await).await;
        taken_back.with_context(|| format!("it could not be taken back after: {error:#}"))?;
        return Err(error.context(format!("version {} was taken back", options.build)));
    }
    Ok(())
}

fn tell(what: &str) {
    eprintln!("rollout: {what}");
}

/// Waits until the server knows the version's workers.
async fn polling(client: &Client, options: &RunOptions) -> anyhow::Result<Deployment> {
    let (build, name) = (&options.build, &options.place.deployment);
    let deadline = Instant::now() + options.within;
    loop {
        let found = again(options.within, async || Ok(deployment::describe(client, name).await?)).await?;
        if let Some(found) = found.filter(|found| found.version(build).is_some()) {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "no worker of version {build} of {name} polls after {:?}", options.within);
        tokio::time::sleep(ASK_EVERY).await;
    }
}

async fn replays(client: &Client, options: &RunOptions) -> anyhow::Result<()> {
    if options.no_replay {
        tell("running workflows are not replayed");
        return Ok(());
    }
    let ask =
        Ask { query: MAY_MOVE.to_owned(), limit: usize::try_from(options.replay_limit)?, threads: fetch::cores() };
    let report =
        fetch::replay_all(client, &vextrus_replay::workflows(converter(options.place.codec()?))?, &ask).await?;
    let total = report.total();
    tell(&format!("{} running workflows that may move to it were replayed", total.histories()));
    ensure!(total.broken() == 0, "running workflows do not replay:\n{}", report.text());
    Ok(())
}

/// The task queues that the version polls, once it polls each that the current version does.
async fn polled(client: &Client, options: &RunOptions, before: Option<&str>) -> anyhow::Result<BTreeSet<String>> {
    let (build, name) = (&options.build, &options.place.deployment);
    let of =
        async |build: &str| again(options.within, async || Ok(deployment::queues(client, name, build).await?)).await;
    let wanted = match before {
        Some(before) if !options.fewer_queues => of(before).await?,
        _ => BTreeSet::new(),
    };
    let deadline = Instant::now() + options.within;
    loop {
        let found = of(build).await?;
        let missing: Vec<&str> = wanted.difference(&found).map(String::as_str).collect();
        if !found.is_empty() && missing.is_empty() {
            return Ok(found);
        }
        ensure!(
            Instant::now() < deadline || !missing.is_empty(),
            "no worker of version {build} of {name} polls for activities after {:?}",
            options.within
        );
        ensure!(
            Instant::now() < deadline,
            "no worker of version {build} of {name} polls {} after {:?}, which the current version does; start one \
             (worker.task_queues), or leave it out with --fewer-queues",
            missing.join(", "),
            options.within
        );
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Runs the gate's workflow on the new version and no other.
async fn passes_the_gate(client: &Client, options: &RunOptions, before: Option<&str>) -> anyhow::Result<()> {
    let (build, name) = (&options.build, &options.place.deployment);
    let version = WorkerDeploymentVersion::builder().deployment_name(name.clone()).build_id(build.clone()).build();
    let id = format!("rollout/{name}/{build}/{}", Uuid::new_v4());
    let queues: Vec<String> = polled(client, options, before).await?.into_iter().collect();
    let deadline = Instant::now() + options.within;
    let handle = loop {
        let start = WorkflowStartOptions::new(task_queue::INVOICE, id.clone())
            .execution_timeout(GATE_WITHIN)
            .versioning_override(VersioningOverride::Pinned(version.clone()))
            .build();
        let input = GateInput { build_id: build.clone(), queues: queues.clone() };
        match client.start_workflow(RolloutGate::run, input, start).await {
            // The server has heard of the version, and not yet of its workers on this task queue.
            Err(WorkflowStartError::Rpc(status))
                if status.code() == Code::FailedPrecondition && Instant::now() < deadline =>
            {
                tokio::time::sleep(ASK_EVERY).await;
            }
            started => break started.context("the gate cannot be started")?,
        }
    };
    let result = tokio::time::timeout(GATE_WITHIN, handle.get_result(WorkflowGetResultOptions::default())).await;
    match result {
        Ok(Ok(probed)) => {
            let (queues, tables) = (queues.join(", "), probed.tables);
            tell(&format!("the gate has passed on {build}, on {queues}; the ledger's tables are of version {tables}"));
            Ok(())
        }
        Ok(Err(error)) => bail!("the gate has not passed on {build}: {error}"),
        Err(_) => bail!("the gate has not passed on {build} within {GATE_WITHIN:?}"),
    }
}

async fn steps(client: &Client, options: &RunOptions, prometheus: Option<Prometheus>) -> anyhow::Result<()> {
    let watch = Watch::of(client, options, prometheus).await?;
    for percent in &options.steps {
        again(options.within, async || {
            let found = known(client, &options.place).await?;
            Ok(deployment::set_ramping(client, &found, Some((&options.build, *percent))).await?)
        })
        .await?;
        tell(&format!("{percent} % of new workflows go to {}", options.build));
        watch.over(options.watch).await?;
    }
    again(options.within, async || {
        let found = known(client, &options.place).await?;
        Ok(deployment::set_current(client, &found, &options.build).await?)
    })
    .await?;
    tell(&format!("new workflows go to {}", options.build));
    watch.over(options.watch).await
}

/// Again after what may pass: the server has not heard of the version's workers on every task queue, or is asked too much.
async fn again<T>(within: Duration, change: impl AsyncFn() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let deadline = Instant::now() + within;
    loop {
        match change().await {
            Err(error)
                if Instant::now() < deadline
                    && error.downcast_ref::<deployment::DeploymentError>().is_some_and(|e| e.may_pass()) =>
            {
                tokio::time::sleep(ASK_EVERY).await;
            }
            done => return done,
        }
    }
}
