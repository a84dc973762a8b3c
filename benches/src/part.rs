//! A worker or a facade that is measured: in a process of its own, run by what the shipped programs run.

use std::net::TcpListener as Port;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use temporalio_sdk::opentelemetry::WorkflowIdGenerator;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use vextrus_ledger::Ledger;
use vextrus_platform::config::OtlpProtocol;
use vextrus_platform::{Config, telemetry};
use vextrus_starter_cli::stack::Stack;
use vextrus_temporal::{Codec, ConnectOptions};

use crate::process::Process;
use crate::scrape::{Counts, Scraper};

/// How long a part may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    Worker,
    Facade,
}

/// What a part needs.
#[derive(Debug, Args)]
pub(crate) struct PartOptions {
    #[arg(value_enum)]
    role: Role,
    #[arg(long)]
    config: PathBuf,
}

/// Serves until stdin ends.
pub(crate) async fn run(options: PartOptions) -> anyhow::Result<()> {
    let config = Config::load(Some(&options.config))?;
    let (end, ended) = oneshot::channel();
    // A read of stdin cannot be given up; a thread of its own does not keep the process from ending.
    std::thread::spawn(move || {
        let read = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        drop(end.send(read));
    });
    let stop = async move { drop(ended.await) };
    let telemetry = telemetry::start_with("vextrus-benches", &config, WorkflowIdGenerator::default())?;
    let served = match options.role {
        Role::Worker => Ok(vextrus_worker::run(&config, None, stop).await?),
        Role::Facade => facade(&config, stop).await,
    };
    telemetry.stop().await;
    served
}

async fn facade(config: &Config, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
    let watched = vextrus_facade::watched(config, None)?;
    let metrics = watched.as_ref().map(|watched| watched.sdk.clone());
    let traced = !config.telemetry.otlp_endpoint.is_empty();
    let codec = Codec::configured(&config.codec)?;
    let ledger = Ledger::open_to_serve(&config.ledger).await?;
    let connect = ConnectOptions { codec, metrics, traced, ..ConnectOptions::default() };
    let client = vextrus_temporal::connect(connect).await?;
    let listener = tokio::net::TcpListener::bind(&config.facade.listen).await?;
    vextrus_facade::serve(config, ledger.clone(), client, listener, watched, stop).await?;
    ledger.close().await;
    Ok(())
}

/// A running part. It ends when this is dropped, and also when this process is killed.
pub(crate) struct Part {
    pub(crate) process: Process,
    /// Where a facade listens.
    pub(crate) url: String,
    scraper: Option<Scraper>,
    child: Child,
    lifeline: ChildStdin,
}

impl Part {
    /// Starts one for the stack, which tells of itself where there is a sink for its spans.
    pub(crate) async fn start(role: Role, stack: &Stack, folder: &Path, sink: Option<&str>) -> anyhow::Result<Self> {
        let mut config = stack.config.clone();
        let (listen, admin) = (free()?, free()?);
        "warn,vextrus::outbox=off".clone_into(&mut config.log.filter);
        config.facade.listen.clone_from(&listen);
        if let Some(sink) = sink {
            sink.clone_into(&mut config.telemetry.otlp_endpoint);
            config.telemetry.otlp_protocol = OtlpProtocol::Http;
            let place =
                if role == Role::Worker { &mut config.worker.admin_listen } else { &mut config.facade.admin_listen };
            place.clone_from(&admin);
        }
        let file = folder.join(format!("{role:?}.toml").to_lowercase());
        std::fs::write(&file, toml::to_string(&config)?)?;
        let role = role.to_possible_value().context("a role without a name")?.get_name().to_owned();
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("part").arg(&role).arg("--config").arg(&file);
        command.env("TEMPORAL_ADDRESS", &stack.temporal).env("TEMPORAL_NAMESPACE", &stack.namespace);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("the {role} cannot be started"))?;
        let lifeline = child.stdin.take().context("a part without stdin")?;
        let process = Process::of(child.id().with_context(|| format!("the {role} has ended"))?);
        let scraper = sink.map(|_| Scraper::new(&admin)).transpose()?;
        let mut part = Self { process, url: format!("http://{listen}"), scraper, child, lifeline };
        tokio::time::timeout(READY_WITHIN, part.ready())
            .await
            .with_context(|| format!("the {role} is not ready"))??;
        Ok(part)
    }

    /// One that tells nothing is waited for by the first documents, which do not count.
    async fn ready(&mut self) -> anyhow::Result<()> {
        while let Some(scraper) = &self.scraper {
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("it ended with {status}");
            }
            if scraper.get("/health/ready").await.is_ok_and(|(status, _)| status == 200) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// What it has counted, where it tells.
    pub(crate) async fn counts(&self) -> anyhow::Result<Option<Counts>> {
        match &self.scraper {
            Some(scraper) => Ok(Some(scraper.counts().await?)),
            None => Ok(None),
        }
    }

    /// Lets it end.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.lifeline);
        let status = self.child.wait().await?;
        anyhow::ensure!(status.success(), "a part ended with {status}");
        Ok(())
    }
}

/// An address of this machine that nobody listens on.
fn free() -> anyhow::Result<String> {
    Ok(Port::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
