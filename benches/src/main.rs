//! `make bench`: how many documents go through, how fast, and at what cost, on this machine: a Temporal development server, a
//! SQLite ledger, the facade in this process and the worker in one of its own. It measures and judges nothing.

mod figures;
mod load;
mod machine;
mod process;
mod report;
mod telemetry;
mod worker;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use vextrus_ledger::check;
use vextrus_ledger::masterdata::Company;
use vextrus_platform::config::{LogConfig, LogFormat};
use vextrus_platform::shutdown;
use vextrus_starter_cli::stack::{Stack, StackOptions};

use crate::load::{Kind, Load};
use crate::machine::Machine;
use crate::report::Report;
use crate::worker::{Worker, WorkerOptions};

/// Measures documents through the whole fleet on this machine.
#[derive(Debug, Parser)]
#[command(name = "vextrus-benches", version, args_conflicts_with_subcommands = true)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    bench: BenchOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The worker that is measured; it ends with its stdin.
    #[command(hide = true)]
    Worker(WorkerOptions),
}

#[derive(Debug, Parser)]
struct BenchOptions {
    /// Documents with one level, and as many with three.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3000))]
    documents: u32,
    /// Documents under way at a time.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=64))]
    in_flight: u32,
    /// Writes the figures to this file too, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Options { command, bench } = Options::parse();
    // What the outbox would send is of no interest here.
    vextrus_platform::telemetry::log_only(&LogConfig {
        filter: "warn,vextrus::outbox=off".to_owned(),
        format: LogFormat::Text,
    });
    match command {
        Some(Command::Worker(options)) => worker::run(options).await,
        None => tokio::select! {
            done = bench_all(bench) => done,
            () = shutdown::requested() => anyhow::bail!("stopped before its end"),
        },
    }
}

async fn bench_all(options: BenchOptions) -> anyhow::Result<()> {
    let machine = Machine::here();
    eprintln!("starting a Temporal server, the ledger, the facade and a worker of its own process");
    let mut stack = Stack::start(StackOptions::default()).await?;
    // The one in this process would be measured together with the facade and with the load.
    stack.stop_worker().await?;
    let company = company()?;
    stack.found(&company).await?;
    let worker = Worker::start(&stack, None).await?;
    let load = Load::new(&stack, &company, options.in_flight).await?;
    let mut next = 0;
    let mut phases = Vec::new();
    for kind in Kind::ALL {
        // The first documents find empty caches and pools; they do not count.
        load.phase(kind, next, options.in_flight, &worker).await?;
        next += options.in_flight;
        eprintln!("{}: {} documents, {} under way at a time", kind.name(), options.documents, options.in_flight);
        phases.push(load.phase(kind, next, options.documents, &worker).await?);
        next += options.documents;
    }
    let worker_peak_kib = worker.process.peak_kib();
    worker.stop().await?;
    let seen = telemetry::compare(&stack, &load, (next, options.in_flight), options.documents).await?;
    sound(&stack, &company).await?;
    stack.stop().await?;
    let report = Report { machine, in_flight: options.in_flight, worker_peak_kib, phases, telemetry: seen };
    report.print()?;
    match &options.json {
        Some(file) => report.write(file),
        None => Ok(()),
    }
}

/// The example company with budgets that suffice.
fn company() -> anyhow::Result<Company> {
    let mut company: serde_json::Value = serde_json::from_str(include_str!("../../examples/company.json"))?;
    for budget in company["budgets"].as_array_mut().into_iter().flatten() {
        budget["allocated"] = "900000000000.00".into();
    }
    Ok(serde_json::from_value(company)?)
}

/// What was measured must also be right.
async fn sound(stack: &Stack, company: &Company) -> anyhow::Result<()> {
    let mut tx = stack.ledger.read(&company.tenant).await?;
    let wrong = check::check(&mut tx, &company.tenant).await?;
    anyhow::ensure!(wrong.is_empty(), "the ledger is not sound: {}", wrong.join("; "));
    Ok(tx.rollback().await?)
}
