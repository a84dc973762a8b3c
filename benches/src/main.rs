//! `make bench`: how many documents go through, how fast, and at what cost, on this machine: a Temporal development server, a worker, a
//! facade and a database in processes of their own. It measures; it judges nothing that it is not told to.

mod figures;
mod fleet;
mod knee;
mod load;
mod machine;
mod memory;
mod mix;
mod part;
mod peer;
mod phase;
mod process;
mod report;
mod scrape;
mod starts;
mod story;
mod telemetry;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use vextrus_platform::config::{LogConfig, LogFormat};
use vextrus_platform::shutdown;

use crate::fleet::{Engine, Fleet};
use crate::load::{Pace, Rate};
use crate::machine::Machine;
use crate::mix::{Kind, Mix};
use crate::phase::Plan;
use crate::report::Report;

/// Measures documents through the whole fleet on this machine.
#[derive(Debug, Parser)]
#[command(name = "vextrus-benches", version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything, on both databases: loads of each kind, starts with and without the facade, the knee, telemetry off and on, memory.
    All(AllOptions),
    /// One load.
    Load(LoadOptions),
    /// The highest rate that goes through.
    Knee(KneeOptions),
    /// Starts by the facade and, in turns, by its steps without it: what it adds to them.
    Starts(StartsOptions),
    /// The worker's memory over many documents.
    Memory(MemoryOptions),
    /// Invoices beside a TypeScript worker with eleven activities that do nothing.
    Peer(PeerOptions),
}

#[derive(Debug, Args)]
struct AllOptions {
    /// Invoices with one level in each load; half as many of each other kind of document, an eighth as many newcomers.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    documents: u32,
    /// Documents under way at a time.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1000))]
    in_flight: u32,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct Setup {
    /// The ledger's database.
    #[arg(long, value_enum, default_value = "sqlite")]
    ledger: Engine,
    /// The kinds with their shares: one-level, many-lines (100), three-levels, order, onboarding. Such as one-level=8,order=1,onboarding=1.
    #[arg(long, default_value = "one-level")]
    mix: Mix,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct Output {
    /// Writes the figures to this file too, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct LoadOptions {
    #[command(flatten)]
    setup: Setup,
    /// How many documents.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    documents: u32,
    /// How many come before and do not count.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    warm_up: u32,
    /// Documents under way at a time.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1000))]
    in_flight: u32,
    /// Documents per second, such as 12.5, whether or not those before have ended.
    #[arg(long, conflicts_with = "in_flight")]
    rate: Option<Rate>,
    /// The worker and the facade tell nothing of themselves.
    #[arg(long)]
    no_telemetry: bool,
}

#[derive(Debug, Args)]
struct KneeOptions {
    #[command(flatten)]
    setup: Setup,
    /// The first rate, in documents per second.
    #[arg(long, default_value = "5")]
    from: Rate,
}

#[derive(Debug, Args)]
struct StartsOptions {
    /// The ledger's database.
    #[arg(long, value_enum, default_value = "sqlite")]
    ledger: Engine,
    /// How many starts each way.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(50..=100_000))]
    each: u32,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct MemoryOptions {
    #[command(flatten)]
    setup: Setup,
    /// How many documents.
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(25..=1_000_000))]
    documents: u32,
    /// How many come before and do not count.
    #[arg(long, default_value_t = 1500, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    warm_up: u32,
    /// Fails where memory grows by more than this, in KiB in 1000 documents.
    #[arg(long)]
    at_most: Option<i64>,
}

#[derive(Debug, Args)]
struct PeerOptions {
    /// How often each takes its turn.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How many documents in each.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    documents: u32,
    /// Documents under way at a time.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1000))]
    in_flight: u32,
    #[command(flatten)]
    output: Output,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Options { command } = Options::parse();
    // What the outbox would send is of no interest here.
    vextrus_platform::telemetry::log_only(&LogConfig {
        filter: "warn,vextrus::outbox=off".to_owned(),
        format: LogFormat::Text,
    });
    let measured = async {
        match command {
            Command::All(options) => all(options).await,
            Command::Load(options) => one_load(options).await,
            Command::Knee(options) => the_knee(options).await,
            Command::Starts(options) => the_starts(options).await,
            Command::Memory(options) => the_memory(options).await,
            Command::Peer(options) => beside(options).await,
        }
    };
    tokio::select! {
        done = measured => done,
        () = shutdown::requested() => anyhow::bail!("stopped before its end"),
    }
}

impl Report {
    fn new() -> Self {
        Self {
            machine: Machine::here(),
            phases: Vec::new(),
            knees: Vec::new(),
            telemetry: None,
            starts: Vec::new(),
            memory: None,
            peer: Vec::new(),
        }
    }

    fn give(&self, output: &Output) -> anyhow::Result<()> {
        self.print()?;
        output.json.as_ref().map_or(Ok(()), |file| self.write(file))
    }
}

async fn all(options: AllOptions) -> anyhow::Result<()> {
    let mut report = Report::new();
    let pace = Pace::InFlight(usize::try_from(options.in_flight)?);
    let plan = |kind, documents| Plan { mix: Mix::only(kind), pace, documents, warm_up: options.in_flight * 3 };
    let half = options.documents / 2;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (mut fleet, mut next) = (Fleet::start(engine, true).await?, 0);
        // They take their days whatever else there is: all come at once.
        let newcomers = options.documents.div_ceil(8);
        let at_once = Pace::InFlight(usize::try_from(newcomers)?);
        let onboardings = Plan { pace: at_once, warm_up: 0, ..plan(Kind::Onboarding, newcomers) };
        let documents = [
            (Kind::OneLevel, options.documents),
            (Kind::ManyLines, half),
            (Kind::ThreeLevels, half),
            (Kind::Order, half),
        ];
        for plan in documents.map(|(kind, documents)| plan(kind, documents)).iter().chain([&onboardings]) {
            let measured = phase::measure(&fleet, plan, next).await?;
            next = measured.1;
            report.phases.push(measured.0);
        }
        // What one kind carries with so many under way is near the knee.
        let of_engine = report.phases.iter().find(|phase| phase.ledger == engine);
        let carried = of_engine.map_or(5000, |phase| phase.documents_per_1000_s);
        let (knee, number) = knee::find(&fleet, &Mix::only(Kind::OneLevel), Rate(carried / 2), next).await?;
        report.knees.push((engine.name(), knee));
        next = number;
        if engine == Engine::Sqlite {
            let (told, renewed, number) = telemetry::compare(fleet, &plan(Kind::OneLevel, half), next).await?;
            report.telemetry = Some(told);
            fleet = renewed;
            let (memory, number) =
                memory::watch(&fleet, (&Mix::only(Kind::OneLevel), pace), (1500, 5000), number).await?;
            report.memory = Some(memory);
            next = number;
        }
        let (starts, _) = starts::compare(&fleet, (options.documents * 2).max(100), next).await?;
        report.starts.push((engine.name(), starts));
        fleet.stop().await?;
    }
    report.give(&options.output)
}

async fn one_load(options: LoadOptions) -> anyhow::Result<()> {
    let LoadOptions { setup, documents, warm_up, in_flight, rate, no_telemetry } = options;
    let mut report = Report::new();
    let pace = rate.map_or(Pace::InFlight(usize::try_from(in_flight)?), Pace::Rate);
    let fleet = Fleet::start(setup.ledger, !no_telemetry).await?;
    let (phase, _) = phase::measure(&fleet, &Plan { mix: setup.mix, pace, documents, warm_up }, 0).await?;
    report.phases.push(phase);
    fleet.stop().await?;
    report.give(&setup.output)
}

async fn the_knee(options: KneeOptions) -> anyhow::Result<()> {
    let KneeOptions { setup, from } = options;
    let mut report = Report::new();
    let fleet = Fleet::start(setup.ledger, true).await?;
    let warm = Plan { mix: setup.mix.clone(), pace: Pace::InFlight(8), documents: 50, warm_up: 0 };
    let (_, next) = phase::measure(&fleet, &warm, 0).await?;
    report.knees.push((setup.ledger.name(), knee::find(&fleet, &setup.mix, from, next).await?.0));
    fleet.stop().await?;
    report.give(&setup.output)
}

async fn the_starts(options: StartsOptions) -> anyhow::Result<()> {
    let mut report = Report::new();
    let fleet = Fleet::start(options.ledger, true).await?;
    report.starts.push((options.ledger.name(), starts::compare(&fleet, options.each, 0).await?.0));
    fleet.stop().await?;
    report.give(&options.output)
}

async fn the_memory(options: MemoryOptions) -> anyhow::Result<()> {
    let MemoryOptions { setup, documents, warm_up, at_most } = options;
    let mut report = Report::new();
    let fleet = Fleet::start(setup.ledger, true).await?;
    let (memory, _) = memory::watch(&fleet, (&setup.mix, Pace::InFlight(16)), (warm_up, documents), 0).await?;
    fleet.stop().await?;
    let slope = memory.kib_per_1000_documents;
    report.memory = Some(memory);
    report.give(&setup.output)?;
    anyhow::ensure!(
        at_most.is_none_or(|most| slope <= most),
        "the worker's memory grows by {slope} KiB in 1000 documents"
    );
    Ok(())
}

async fn beside(options: PeerOptions) -> anyhow::Result<()> {
    let PeerOptions { rounds, documents, in_flight, output } = options;
    let mut report = Report::new();
    report.peer = peer::compare(&peer::folder(), rounds, documents, in_flight).await?;
    report.give(&output)
}
