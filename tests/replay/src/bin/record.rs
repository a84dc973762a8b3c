//! Records the corpus: runs the end-to-end tests on one server, and keeps of their histories those that go a way that no history of
//! the corpus goes yet. With an address, of a server on which they have run already (`VEXTRUS_TEST_TEMPORAL`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use temporalio_client::Client;
use temporalio_common::data_converters::DataConverter;
use temporalio_protos::temporal::api::history::v1::History;
use temporalio_protos::temporal::api::workflowservice::v1::ListNamespacesRequest;
use tonic::IntoRequest as _;
use vextrus_replay::fetch::{self, Ask};
use vextrus_replay::format;
use vextrus_replay::gate::{self, Recorded, Verdict, workflow_type};
use vextrus_temporal::{ConnectOptions, DevServer, DevServerOptions, connect_to, runs};
use vextrus_tests_replay::{corpus, coverage, stable};

/// The most histories that a test leaves.
const MOST: usize = 10_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1) {
        Some(address) => recorded(&address).await,
        None => {
            let server = DevServer::start(DevServerOptions::default()).await?;
            run_scenarios(&server.address)?;
            recorded(&server.address).await?;
            Ok(server.shutdown().await?)
        }
    }
}

async fn recorded(address: &str) -> anyhow::Result<()> {
    let client = connect_to(address, "default", ConnectOptions::default()).await?;
    let mut found: Vec<(String, History)> = Vec::new();
    for namespace in namespaces(&client).await? {
        let Some(scenario) = scenario(&namespace) else { continue };
        let client = connect_to(address, &namespace, ConnectOptions::default()).await?;
        let ask = Ask { query: String::new(), limit: MOST, threads: 1 };
        for execution in fetch::list(&client, &ask).await? {
            let history = runs::history(&client, &execution).await?;
            found.extend(history.map(|history| (scenario.clone(), history)));
        }
    }
    eprintln!("{} histories were recorded", found.len());
    let found = tokio::task::spawn_blocking(|| steady(found)).await??;
    keep(found, &corpus::folder())
}

fn run_scenarios(address: &str) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tests = Command::new(cargo);
    // Of the whole workspace, so that nothing is built anew with other features.
    tests.args(["test", "--workspace", "--locked"]).env("VEXTRUS_TEST_TEMPORAL", address);
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../e2e/tests"))? {
        let path = entry?.path();
        tests.arg("--test").arg(path.file_stem().unwrap_or_default());
    }
    ensure!(tests.status().context("cargo")?.success(), "the end-to-end tests do not pass; nothing was recorded");
    Ok(())
}

async fn namespaces(client: &Client) -> anyhow::Result<Vec<String>> {
    let request = ListNamespacesRequest { page_size: 1000, ..Default::default() };
    let all = client.connection().workflow_service().list_namespaces(request.into_request()).await?.into_inner();
    let names = all.namespaces.into_iter().filter_map(|n| n.namespace_info).map(|info| info.name);
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}

/// The test that a namespace was made for: its name without the process and the number.
fn scenario(namespace: &str) -> Option<String> {
    let mut parts = namespace.rsplitn(3, '-');
    let (number, process, test) = (parts.next()?, parts.next()?, parts.next()?);
    (number.parse::<u32>().is_ok() && process.parse::<u32>().is_ok()).then(|| test.to_owned())
}

/// Without drawn ids, and only what this build replays: a test may have made workflow code of its own.
fn steady(found: Vec<(String, History)>) -> anyhow::Result<Vec<(String, History)>> {
    let mut steady = Vec::new();
    for (place, (scenario, history)) in found.into_iter().enumerate() {
        let json = stable::stable(serde_json::from_str(&format::write(&history)?)?, &format!("{scenario} {place}"));
        steady.push((scenario, format::read(json.to_string().as_bytes())?));
    }
    let recorded = steady.iter().map(|(name, history)| Recorded { name: name.clone(), history: history.clone() });
    let outcomes = gate::replay(&vextrus_replay::workflows(DataConverter::default())?, recorded.collect())?;
    let mut replays = outcomes.iter().map(|o| o.verdict == Verdict::Replayed);
    for outcome in outcomes.iter().filter(|o| o.verdict != Verdict::Replayed) {
        eprintln!("left out: {} ({}): {:?}", outcome.name, outcome.workflow_type, outcome.verdict);
    }
    steady.retain(|_| replays.next().unwrap_or(false));
    Ok(steady)
}

/// Writes those that go a new way, short ones first.
fn keep(mut found: Vec<(String, History)>, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in corpus::read(folder)? {
        known.entry(entry.workflow_type.clone()).or_default().extend(all_of(&entry.history)?);
    }
    found.sort_by(|(a, left), (b, right)| (left.events.len(), a).cmp(&(right.events.len(), b)));
    for (scenario, history) in found {
        let workflow = workflow_type(&history).unwrap_or_default().to_owned();
        let known = known.entry(workflow.clone()).or_default();
        let new: Vec<String> = all_of(&history)?.difference(known).cloned().collect();
        if new.is_empty() {
            continue;
        }
        known.extend(new.iter().cloned());
        let folder = folder.join(&workflow);
        fs::create_dir_all(&folder)?;
        let path = free(&folder, &scenario)?;
        fs::write(&path, format::write(&history)?)?;
        eprintln!("{}: {}", path.display(), new.join(", "));
    }
    let entries = corpus::read(folder)?;
    let missing = coverage::missing(entries.iter().map(|e| (e.workflow_type.as_str(), &e.history)))?;
    for way in missing {
        eprintln!("no history of {}: {}", way.workflows.join(" or "), way.way);
    }
    Ok(())
}

fn all_of(history: &History) -> anyhow::Result<BTreeSet<String>> {
    Ok(coverage::ways(history)?.union(&coverage::turns(history)).cloned().collect())
}

fn free(folder: &Path, scenario: &str) -> anyhow::Result<std::path::PathBuf> {
    let since = env!("CARGO_PKG_VERSION");
    let names = (1..).map(|n| if n == 1 { scenario.to_owned() } else { format!("{scenario}.{n}") });
    let mut paths = names.map(|name| folder.join(format!("{name}@{since}.json")));
    paths.find(|path| !path.exists()).context("there are infinitely many names")
}
