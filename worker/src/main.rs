//! `vextrus-worker`: polls Temporal, runs workflows and steps, dispatches the outbox.

use std::path::PathBuf;

use clap::Parser;
use temporalio_sdk::opentelemetry::WorkflowIdGenerator;
use vextrus_platform::{Config, shutdown, telemetry};
use vextrus_worker::WorkerVersion;

/// Polls Temporal, runs workflows and their steps, and dispatches the outbox.
#[derive(Debug, Parser)]
#[command(name = "vextrus-worker", version)]
struct Options {
    /// The configuration file; the defaults and the environment apply without one.
    #[arg(long, env = "VEXTRUS_CONFIG")]
    config: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let config = Config::load(options.config.as_deref())?;
    let telemetry = telemetry::start_with("vextrus-worker", &config, WorkflowIdGenerator::default())?;
    telemetry::read_filter_again_on_hangup(options.config.clone());
    let commit = option_env!("VEXTRUS_COMMIT").filter(|commit| !commit.is_empty());
    let version = WorkerVersion::from_env(|name| std::env::var(name).ok(), commit)?;
    let ended = vextrus_worker::run(&config, version, shutdown::requested()).await;
    telemetry.stop().await;
    Ok(ended?)
}
