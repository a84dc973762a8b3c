//! A worker or a facade that is measured: the program that is shipped, in a process of its own.

use std::net::TcpListener as Port;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::{Child, Command};
use vextrus_platform::config::OtlpProtocol;
use vextrus_starter_cli::stack::Stack;

use crate::process::Process;
use crate::scrape::{Counts, Scraper};

/// How long a part may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Worker,
    Facade,
}

impl Role {
    const fn program(self) -> &'static str {
        match self {
            Self::Worker => "vextrus-worker",
            Self::Facade => "vextrus-facade",
        }
    }

    /// Built beside this program.
    fn path(self) -> anyhow::Result<PathBuf> {
        let path = std::env::current_exe()?.with_file_name(self.program());
        anyhow::ensure!(
            path.exists(),
            "{} is not built; run `cargo build --release --locked -p vextrus-worker -p vextrus-facade`",
            path.display()
        );
        Ok(path)
    }
}

/// A running part. It is killed when this is dropped.
pub(crate) struct Part {
    pub(crate) process: Process,
    /// Where a facade listens.
    pub(crate) url: String,
    role: Role,
    scraper: Option<Scraper>,
    child: Child,
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
        let name = role.program();
        let mut command = Command::new(role.path()?);
        command.arg("--config").arg(&file);
        command.env("TEMPORAL_ADDRESS", &stack.temporal).env("TEMPORAL_NAMESPACE", &stack.namespace);
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let child = command.spawn().with_context(|| format!("{name} cannot be started"))?;
        let process = Process::of(child.id().with_context(|| format!("{name} has ended"))?);
        let scraper = sink.map(|_| Scraper::new(&admin)).transpose()?;
        let mut part = Self { process, url: format!("http://{listen}"), role, scraper, child };
        tokio::time::timeout(READY_WITHIN, part.ready()).await.with_context(|| format!("{name} is not ready"))??;
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
        let id = self.child.id().context("a part has ended")?.to_string();
        // The standard library can only kill.
        let asked = Command::new("/bin/sh").args(["-c", "kill -TERM \"$1\"", "sh", &id]).status().await?;
        anyhow::ensure!(asked.success(), "{} cannot be asked to end", self.role.program());
        let status = self.child.wait().await?;
        anyhow::ensure!(status.success(), "{} ended with {status}", self.role.program());
        Ok(())
    }
}

/// An address of this machine that nobody listens on.
fn free() -> anyhow::Result<String> {
    Ok(Port::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
