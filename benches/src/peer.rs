//! Beside a worker of another make: a TypeScript worker whose flow has eleven activities that do nothing, in turns with ours, each on
//! a server of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use vextrus_temporal::{DevServer, DevServerOptions};

use crate::figures::per_1000_s;
use crate::fleet::{ByProcess, Engine, Fleet};
use crate::load::Pace;
use crate::mix::{Kind, Mix};
use crate::phase::{self, Plan};
use crate::process::Process;

/// One run of one of them.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Run {
    pub(crate) who: &'static str,
    pub(crate) documents_per_1000_s: u64,
    /// Of one document; of ours with the database's server.
    pub(crate) worker_cpu_us: Option<u64>,
    pub(crate) server_cpu_us: Option<u64>,
    pub(crate) worker_peak_kib: Option<u64>,
}

/// What its load prints.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    count: u32,
    elapsed_us: u64,
}

/// Runs all of them in turns.
pub(crate) async fn compare(folder: &Path, rounds: u32, documents: u32, in_flight: u32) -> anyhow::Result<Vec<Run>> {
    let mut runs = Vec::new();
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        runs.push(typescript(folder, documents, in_flight).await?);
        for engine in [Engine::Sqlite, Engine::Postgres] {
            runs.push(ours(engine, documents, in_flight).await?);
        }
    }
    Ok(runs)
}

async fn ours(engine: Engine, documents: u32, in_flight: u32) -> anyhow::Result<Run> {
    let fleet = Fleet::start(engine, true).await?;
    let pace = Pace::InFlight(usize::try_from(in_flight)?);
    let plan = Plan { mix: Mix::only(Kind::OneLevel), pace, documents, warm_up: in_flight * 3 };
    let (phase, _) = phase::measure(&fleet, &plan, 0).await?;
    fleet.stop().await?;
    let of = |figures: &ByProcess, name: &str| figures.iter().find(|(n, _)| *n == name).and_then(|(_, found)| *found);
    let cpu = |name: &str| of(&phase.cpu_us, name);
    Ok(Run {
        who: engine.name(),
        documents_per_1000_s: phase.documents_per_1000_s,
        worker_cpu_us: cpu("worker").map(|worker| worker + cpu("database").unwrap_or_default()),
        server_cpu_us: cpu("server"),
        worker_peak_kib: of(&phase.peaks_kib, "worker"),
    })
}

async fn typescript(folder: &Path, documents: u32, in_flight: u32) -> anyhow::Result<Run> {
    eprintln!("typescript, {documents} documents, {in_flight} under way");
    let server = DevServer::start(DevServerOptions::default()).await?;
    let port = server.address.rsplit(':').next().context("a server without a port")?.to_owned();
    let mut worker = node(folder, &server, &["worker.js"])?;
    let stdout = worker.stdout.take().context("a worker without stdout")?;
    let said = BufReader::new(stdout).lines().next_line().await?;
    anyhow::ensure!(said.as_deref() == Some("ready"), "the worker did not start; run `npm ci` in {}", folder.display());
    let process = Process::of(worker.id().context("the worker has ended")?);
    let service = Process::called(&["--port", &port]);
    let used = || (process.cpu_us(), service.as_ref().and_then(Process::cpu_us));
    let warm_up = in_flight * 3;
    send(folder, &server, (0, warm_up), in_flight).await?;
    process.forget_peak();
    let before = used();
    let sent = send(folder, &server, (warm_up, documents), in_flight).await?;
    let after = used();
    let each = |before: Option<u64>, after: Option<u64>| Some(after?.saturating_sub(before?) / u64::from(sent.count));
    let worker_peak_kib = process.peak_kib();
    drop(worker.stdin.take());
    worker.wait().await?;
    server.shutdown().await?;
    Ok(Run {
        who: "typescript",
        documents_per_1000_s: per_1000_s(u64::from(sent.count), std::time::Duration::from_micros(sent.elapsed_us)),
        worker_cpu_us: each(before.0, after.0),
        server_cpu_us: each(before.1, after.1),
        worker_peak_kib,
    })
}

async fn send(folder: &Path, server: &DevServer, (first, count): (u32, u32), in_flight: u32) -> anyhow::Result<Sent> {
    let numbers = [count, in_flight, first].map(|number| number.to_string());
    let load = node(folder, server, &["load.js", &numbers[0], &numbers[1], &numbers[2]])?;
    let output = load.wait_with_output().await?;
    anyhow::ensure!(output.status.success(), "load.js ended with {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn node(folder: &Path, server: &DevServer, args: &[&str]) -> anyhow::Result<Child> {
    let mut command = Command::new("node");
    command.args(args).current_dir(folder).env("TEMPORAL_ADDRESS", &server.address);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    command.spawn().context("node cannot be started")
}

/// Where the files are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("typescript")
}
