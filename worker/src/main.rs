//! `vextrus-worker`: polls Temporal, runs workflows and steps, dispatches the outbox.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use temporalio_sdk::opentelemetry::WorkflowIdGenerator;
use vextrus_platform::probe::{self, Probe};
use vextrus_platform::{Config, shutdown, telemetry};
use vextrus_worker::WorkerVersion;

/// Polls Temporal, runs workflows and their steps, and dispatches the outbox.
#[derive(Debug, Parser)]
#[command(name = "vextrus-worker", version)]
struct Options {
    /// The configuration file; the defaults and the environment apply without one.
    #[arg(long, global = true, env = "VEXTRUS_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask the worker of this machine, where worker.admin_listen says, how it is; fails unless it is well.
    Health(Probe),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let config = Config::load(options.config.as_deref())?;
    if let Some(Command::Health(asked)) = options.command {
        return Ok(probe::report(("worker.admin_listen", &config.worker.admin_listen), &asked).await?);
    }
    let telemetry = telemetry::start_with("vextrus-worker", &config, WorkflowIdGenerator::default())?;
    telemetry::read_filter_again_on_hangup(options.config.clone());
    let commit = option_env!("VEXTRUS_COMMIT").filter(|commit| !commit.is_empty());
    let version = WorkerVersion::from_env(|name| std::env::var(name).ok(), commit)?;
    let ended = vextrus_worker::run(&config, version, shutdown::requested()).await;
    telemetry.stop().await;
    Ok(ended?)
}
