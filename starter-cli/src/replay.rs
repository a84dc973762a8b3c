//! `vextrus replay`: whether this build's workflow code goes where workflows have gone. The gate before a rollout.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{SecondsFormat, TimeDelta, Utc};
use clap::Args;
use temporalio_client::Client;
use vextrus_platform::Config;
use vextrus_replay::WorkflowReplayerOptions;
use vextrus_replay::fetch::{self, Ask};
use vextrus_replay::format;
use vextrus_replay::gate::{self, Recorded};
use vextrus_replay::report::Report;
use vextrus_temporal::{Codec, converter};

use crate::options::Global;
use crate::output;
use crate::server::Namespace;

#[derive(Debug, Args)]
pub(crate) struct ReplayOptions {
    /// Histories in files or folders, as the Temporal CLI and UI export them, as the Rust SDK writes them, or binary. Without any, those
    /// of a server: the one at --address HOST:PORT, or where TEMPORAL_ADDRESS and temporal.toml say.
    #[arg(value_name = "FILE", conflicts_with = "namespace")]
    files: Vec<PathBuf>,
    /// Which workflows of the server, as in `temporal workflow list --query`. Those that run, and those that ended within a week,
    /// without it.
    #[arg(long, conflicts_with = "files")]
    query: Option<String>,
    #[command(flatten)]
    place: Namespace,
    /// How many histories at most, the latest first.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// How many threads fetch and replay; as many as there are cores without it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Fail too where code goes the same way and says something else: another input, another time.
    #[arg(long)]
    strict: bool,
    /// Where to write what was found as JUnit's XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// The configuration file, for the keys of encrypted payloads.
    #[arg(long, env = "VEXTRUS_CONFIG")]
    config: Option<PathBuf>,
}

pub(crate) async fn run(global: &Global, options: ReplayOptions) -> anyhow::Result<()> {
    let config = Config::load(options.config.as_deref())?;
    let codec = Codec::configured(&config.codec)?;
    let workflows = vextrus_replay::workflows(converter(codec.clone()))?;
    let report = if options.files.is_empty() {
        let client = options.place.client(global, codec).await?;
        of_server(&client, &workflows, &options).await?
    } else {
        of_files(&options.files, workflows).await?
    };
    if let Some(file) = &options.junit {
        fs::write(file, report.junit()).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    output::answer(global.output, || report.text(), &report.json())?;
    let total = report.total();
    anyhow::ensure!(
        total.broken() == 0,
        "this build would break running workflows: {} diverged, {} cannot be replayed",
        total.diverged,
        total.not_replayable
    );
    anyhow::ensure!(!options.strict || total.changed == 0, "{} histories say something else now", total.changed);
    Ok(())
}

async fn of_server(
    client: &Client,
    workflows: &WorkflowReplayerOptions,
    options: &ReplayOptions,
) -> anyhow::Result<Report> {
    let ask = Ask {
        query: options.query.clone().unwrap_or_else(recent),
        limit: usize::try_from(options.limit)?,
        threads: options.threads.map_or_else(fetch::cores, usize::from),
    };
    Ok(fetch::replay_all(client, workflows, &ask).await?)
}

/// What runs, and what ended within a week: it shows what those that run will do.
fn recent() -> String {
    let since = (Utc::now() - TimeDelta::days(7)).to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("ExecutionStatus = 'Running' OR CloseTime > '{since}'")
}

async fn of_files(files: &[PathBuf], workflows: WorkflowReplayerOptions) -> anyhow::Result<Report> {
    let mut paths = Vec::new();
    for file in files {
        collect(file, &mut paths)?;
    }
    let report = tokio::task::spawn_blocking(move || {
        let mut report = Report::default();
        for path in paths {
            let bytes = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            let history = format::read(&bytes).with_context(|| path.display().to_string())?;
            let recorded = Recorded { name: path.display().to_string(), history };
            gate::replay(&workflows, vec![recorded])?.into_iter().for_each(|outcome| report.add(outcome));
        }
        anyhow::Ok(report)
    });
    report.await?
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !path.is_dir() {
        into.push(path.to_owned());
        return Ok(());
    }
    let inside = fs::read_dir(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut inside: Vec<PathBuf> = inside.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    inside.sort();
    inside.iter().try_for_each(|path| collect(path, into))
}
