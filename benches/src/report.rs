//! What was measured, as a table and as JSON.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use crate::figures::{millis, thousandths};
use crate::knee::Knee;
use crate::machine::Machine;
use crate::memory::Memory;
use crate::peer::Run;
use crate::phase::Phase;
use crate::starts::Starts;
use crate::telemetry::{Cost, Telemetry};

/// Everything that was asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) phases: Vec<Phase>,
    /// By database.
    pub(crate) knees: Vec<(&'static str, Knee)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) telemetry: Option<Telemetry>,
    pub(crate) starts: Vec<(&'static str, Starts)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memory: Option<Memory>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) peer: Vec<Run>,
}

type Row = (&'static str, fn(&Phase) -> String);

/// What is said of each phase.
const ROWS: [Row; 16] = [
    ("documents", |p| p.documents.to_string()),
    ("how they come", |p| p.pace.clone()),
    ("documents per second", |p| thousandths(p.documents_per_1000_s)),
    ("history events; wanted ≤ 24, one level", |p| {
        let ranges = p.history_events.values().map(|(least, most)| match least == most {
            true => least.to_string(),
            false => format!("{least} to {most}"),
        });
        ranges.collect::<Vec<_>>().join(", ")
    }),
    ("CPU per document, ms: worker", |p| named(&p.cpu_us, "worker", millis)),
    ("  facade", |p| named(&p.cpu_us, "facade", millis)),
    ("  database's server", |p| named(&p.cpu_us, "database", millis)),
    ("  Temporal's server", |p| named(&p.cpu_us, "server", millis)),
    ("  the load itself", |p| named(&p.cpu_us, "load", millis)),
    ("peak, MiB: worker / facade", |p| {
        let [worker, facade] = ["worker", "facade"].map(|name| named(&p.peaks_kib, name, mib));
        format!("{worker} / {facade}")
    }),
    ("  database / Temporal / load", |p| {
        ["database", "server", "load"].map(|name| named(&p.peaks_kib, name, mib)).join(" / ")
    }),
    ("SQL statements: worker / facade", |p| both(&p.statements)),
    ("calls of Temporal: worker / facade", |p| both(&p.requests)),
    ("workflow task waits, p95, ms", |p| p.schedule_to_start_us.map_or_else(dash, |us| format!("≤ {}", millis(us)))),
    ("start, p50 / p95 / p99, ms", |p| p.start.text()),
    ("decide", |p| p.decide.text()),
];
const MORE_ROWS: [Row; 3] = [
    ("query", |p| p.query.text()),
    ("inbox, first page", |p| p.inbox.text()),
    ("submitted to settled", |p| p.whole.text()),
];

fn mib(kib: u64) -> String {
    (kib / 1024).to_string()
}

fn dash() -> String {
    "-".to_owned()
}

fn named(of: &[(&'static str, Option<u64>)], name: &str, text: fn(u64) -> String) -> String {
    of.iter().find(|(n, _)| *n == name).and_then(|(_, value)| *value).map_or_else(dash, text)
}

fn both(of: &[(&'static str, Option<u64>)]) -> String {
    let [worker, facade] = ["worker", "facade"].map(|name| named(of, name, thousandths));
    format!("{worker} / {facade}")
}

impl Report {
    /// Prints the tables.
    pub(crate) fn print(&self) -> anyhow::Result<()> {
        line(&self.machine.text())?;
        // Not more beside each other than a page is wide.
        for phases in self.phases.chunks(4) {
            table(phases)?;
        }
        for (ledger, starts) in &self.starts {
            print_starts(ledger, starts)?;
        }
        for (ledger, knee) in &self.knees {
            print_knee(ledger, knee)?;
        }
        if let Some(telemetry) = &self.telemetry {
            print_telemetry(telemetry)?;
        }
        if let Some(memory) = &self.memory {
            let mib: Vec<String> = memory.resident_kib.iter().map(|kib| (kib / 1024).to_string()).collect();
            let (documents, slope) = (memory.documents, memory.kib_per_1000_documents);
            line(&format!("\nworker's memory over {documents} documents, MiB: {}", mib.join(" ")))?;
            line(&format!("  slope               {slope} KiB in 1000 documents; wanted is none"))?;
        }
        print_peer(&self.peer)?;
        line("\nWhat is wanted, what was reached, and what would close a gap: docs/performance.md")?;
        line("the ledger is sound")?;
        if self.machine.profile == "debug" {
            line("This is a debug build: `make bench` builds for release.")?;
        }
        Ok(())
    }

    /// Writes the JSON.
    pub(crate) fn write(&self, file: &Path) -> anyhow::Result<()> {
        let json = serde_json::to_string_pretty(self)?;
        std::fs::write(file, json + "\n").with_context(|| format!("{} cannot be written", file.display()))
    }
}

fn table(phases: &[Phase]) -> anyhow::Result<()> {
    let row = |name: &str, cell: &dyn Fn(&Phase) -> String| {
        let cells: String = phases.iter().map(|p| format!("{:>26}", cell(p))).collect();
        line(format!("{name:<40}{cells}").trim_end())
    };
    line("")?;
    row("", &|p| format!("{}, {}", p.ledger.name(), p.mix))?;
    ROWS.iter().chain(&MORE_ROWS).try_for_each(|(name, cell)| row(name, &|p| cell(p)))
}

fn print_starts(ledger: &str, starts: &Starts) -> anyhow::Result<()> {
    line(&format!("\nstarts, {ledger}, p50 / p95 / p99, ms"))?;
    for (name, way) in [("claim and start", &starts.direct), ("by the facade", &starts.facade)] {
        let (from, to) = way.p99_between_us;
        let (spread, from, to) = (way.spread.text(), millis(from), millis(to));
        line(&format!("  {name:<18}  {spread}; in 95 of 100 such runs the last is between {from} and {to}"))?;
    }
    let [direct, facade] = [&starts.direct, &starts.facade].map(|way| i128::from(way.spread.p99_us));
    let added = (facade - direct) * 100 / direct.max(1);
    line(&format!("  the facade adds {added} % to the 99th percentile; wanted is less than 10"))
}

fn print_knee(ledger: &str, knee: &Knee) -> anyhow::Result<()> {
    let rate = |rate: Option<u64>| rate.map_or_else(dash, thousandths);
    line(&format!(
        "\nthe knee, {ledger}: documents a second that go through as they come, with starts under 300 ms at the 95th percentile"
    ))?;
    for phase in &knee.phases {
        let (came, went) = (&phase.pace, thousandths(phase.documents_per_1000_s));
        line(&format!(
            "  {came:<18}  {went} went through; start {}, whole {} ms",
            phase.start.text(),
            phase.whole.text()
        ))?;
    }
    line(&format!("  carried {}, not {}", rate(knee.carried_per_1000_s), rate(knee.not_carried_per_1000_s)))
}

fn print_peer(runs: &[Run]) -> anyhow::Result<()> {
    if runs.is_empty() {
        return Ok(());
    }
    line("\nbeside eleven activities that do nothing, one server each; CPU per document, of ours with the database")?;
    for run in runs {
        let (rate, cpu) = (thousandths(run.documents_per_1000_s), run.worker_cpu_us.map_or_else(dash, millis));
        let server = run.server_cpu_us.map_or_else(dash, millis);
        let peak = run.worker_peak_kib.map_or_else(dash, |kib| (kib / 1024).to_string());
        line(&format!("  {:<12} {rate:>8} a second, worker {cpu} ms and {peak} MiB, server {server} ms", run.who))?;
    }
    let [theirs, sqlite, postgres] = ["typescript", "sqlite", "postgres"].map(|who| middle(runs, who));
    for (who, ours) in [("sqlite", sqlite), ("postgres", postgres)] {
        let times = |more: u64, less: u64| thousandths(more.saturating_mul(1000) / less.max(1));
        let rate = times(ours.documents_per_1000_s, theirs.documents_per_1000_s);
        let less = |of: fn(&Run) -> Option<u64>| of(&theirs).zip(of(&ours)).map_or_else(dash, |(t, o)| times(t, o));
        let (cpu, memory) = (less(|run| run.worker_cpu_us), less(|run| run.worker_peak_kib));
        line(&format!(
            "  {who}: {rate} times the documents (wanted 3), the CPU by {cpu} (6) and the memory by {memory} (8) less"
        ))?;
    }
    Ok(())
}

/// The middle of what somebody's runs came to.
fn middle(runs: &[Run], who: &'static str) -> Run {
    let runs = || runs.iter().filter(|run| run.who == who);
    let of = |mut figures: Vec<u64>| {
        figures.sort_unstable();
        figures.get(figures.len() / 2).copied()
    };
    Run {
        who,
        documents_per_1000_s: of(runs().map(|run| run.documents_per_1000_s).collect()).unwrap_or_default(),
        worker_cpu_us: of(runs().filter_map(|run| run.worker_cpu_us).collect()),
        server_cpu_us: of(runs().filter_map(|run| run.server_cpu_us).collect()),
        worker_peak_kib: of(runs().filter_map(|run| run.worker_peak_kib).collect()),
    }
}

fn print_telemetry(telemetry: &Telemetry) -> anyhow::Result<()> {
    let said = |name: &str, cost: &Cost| {
        let (rate, cpu) = (thousandths(cost.documents_per_1000_s()), millis(cost.cpu_each_us()));
        line(&format!("  {name:<18}  {rate} documents per second, {cpu} ms of worker and facade CPU each"))
    };
    line("\ntelemetry (metrics served, every trace sent with each statement)")?;
    said("off", &telemetry.off)?;
    said("on", &telemetry.on)
}

/// Writes a line to stdout.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}
