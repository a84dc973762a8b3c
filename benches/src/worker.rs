//! The worker that is measured, in a process of its own: how it is started, and what it does.

use std::process::Stdio;

use anyhow::Context as _;
use clap::Args;
use temporalio_sdk::opentelemetry::WorkflowIdGenerator;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use vextrus_ledger::Ledger;
use vextrus_platform::config::OtlpProtocol;
use vextrus_platform::{Config, telemetry};
use vextrus_starter_cli::stack::Stack;
use vextrus_temporal::{ConnectOptions, connect_to};

use crate::process::Process;

/// What it says when it polls.
const READY: &str = "ready";

/// What the worker needs.
#[derive(Debug, Args)]
pub(crate) struct WorkerOptions {
    #[arg(long)]
    temporal: String,
    #[arg(long)]
    namespace: String,
    #[arg(long)]
    ledger: String,
    #[arg(long)]
    accepted_keys: String,
    /// Where it sends its spans. Then it serves its metrics too.
    #[arg(long)]
    telemetry: Option<String>,
}

/// Polls until stdin ends.
pub(crate) async fn run(options: WorkerOptions) -> anyhow::Result<()> {
    let mut config = Config::layered(None, |_| None)?;
    config.signing.accepted_keys = options.accepted_keys;
    let traced = options.telemetry.is_some();
    if let Some(sink) = options.telemetry {
        config.telemetry.otlp_endpoint = sink;
        config.telemetry.otlp_protocol = OtlpProtocol::Http;
        config.worker.admin_listen = "127.0.0.1:0".to_owned();
    }
    config.log.filter = "warn,vextrus::outbox=off".to_owned();
    let telemetry = telemetry::start_with("vextrus-worker", &config, WorkflowIdGenerator::default())?;
    let watched = vextrus_worker::watched(&config, None)?;
    let metrics = watched.as_ref().map(|watched| watched.sdk.clone());
    let connect = ConnectOptions { metrics, traced, ..ConnectOptions::default() };
    let client = connect_to(&options.temporal, &options.namespace, connect).await?;
    let ledger = Ledger::open(&options.ledger).await?;
    let mut fleet = vextrus_worker::start(vextrus_worker::parts(&config, client, ledger.clone(), watched)?, |_| {})?;
    let (end, ended) = oneshot::channel();
    // A read of stdin cannot be given up; a thread of its own does not keep the process from ending.
    std::thread::spawn(move || {
        let read = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        drop(end.send(read));
    });
    crate::report::line(READY)?;
    let failed = tokio::select! {
        _ = ended => Ok(()),
        failed = fleet.ended() => failed,
    };
    let stopped = fleet.stop().await;
    ledger.close().await;
    telemetry.stop().await;
    Ok(failed.and(stopped)?)
}

/// A running worker. It ends when this is dropped, and also when this process is killed.
pub(crate) struct Worker {
    /// What it costs.
    pub(crate) process: Process,
    child: Child,
    lifeline: ChildStdin,
}

impl Worker {
    /// Starts a worker for the stack, and waits until it polls.
    pub(crate) async fn start(stack: &Stack, telemetry: Option<&str>) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("worker").args(["--temporal", &stack.temporal, "--namespace", &stack.namespace]);
        command.args(["--ledger", &stack.config.ledger.address]);
        command.args(telemetry.map(|sink| format!("--telemetry={sink}")));
        // Such a key may begin with a hyphen.
        command.arg(format!("--accepted-keys={}", stack.config.signing.accepted_keys));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("the worker cannot be started")?;
        let lifeline = child.stdin.take().context("the worker has no stdin")?;
        let stdout = child.stdout.take().context("the worker has no stdout")?;
        let said = BufReader::new(stdout).lines().next_line().await?;
        anyhow::ensure!(said.as_deref() == Some(READY), "the worker did not start");
        let process = Process::of(child.id().context("the worker has ended")?);
        Ok(Self { process, child, lifeline })
    }

    /// Lets it end.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.lifeline);
        let status = self.child.wait().await?;
        anyhow::ensure!(status.success(), "the worker ended with {status}");
        Ok(())
    }
}
