//! `vextrus-facade`: serves gRPC until it is asked to stop.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use tokio::net::TcpListener;
use vextrus_ledger::Ledger;
use vextrus_platform::probe::{self, Probe};
use vextrus_platform::{Config, shutdown, telemetry};
use vextrus_temporal::{Codec, ConnectOptions};

/// The gRPC service of Vextrus Workflows.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The configuration file, laid over the defaults.
    #[arg(long, global = true, env = "VEXTRUS_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask the facade of this machine, where facade.admin_listen says, how it is; fails unless it is well.
    Health(Probe),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let config = Config::load(arguments.config.as_deref())?;
    if let Some(Command::Health(asked)) = arguments.command {
        return Ok(probe::report(("facade.admin_listen", &config.facade.admin_listen), &asked).await?);
    }
    let telemetry = telemetry::start("vextrus-facade", &config)?;
    telemetry::read_filter_again_on_hangup(arguments.config);
    let served = serve(&config).await;
    telemetry.stop().await;
    served
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let watched = vextrus_facade::watched(config, None)?;
    let metrics = watched.as_ref().map(|watched| watched.sdk.clone());
    let traced = !config.telemetry.otlp_endpoint.is_empty();
    let codec = Codec::configured(&config.codec)?;
    let ledger = Ledger::open_to_serve(&config.ledger).await?;
    let client =
        vextrus_temporal::connect(ConnectOptions { codec, metrics, traced, ..ConnectOptions::default() }).await?;
    let listener = TcpListener::bind(&config.facade.listen)
        .await
        .with_context(|| format!("cannot listen on {} (facade.listen)", config.facade.listen))?;
    vextrus_facade::serve(config, ledger.clone(), client, listener, watched, shutdown::requested()).await?;
    ledger.close().await;
    Ok(())
}
