//! What was measured, as a table and as JSON.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use crate::figures::{Spread, millis, thousandths};
use crate::load::Phase;
use crate::machine::Machine;
use crate::telemetry::Telemetry;

/// Everything.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) in_flight: u32,
    pub(crate) worker_peak_kib: Option<u64>,
    pub(crate) phases: Vec<Phase>,
    pub(crate) telemetry: Telemetry,
}

type Cell<'a> = &'a dyn Fn(&Phase) -> String;

impl Report {
    /// Prints the table.
    pub(crate) fn print(&self) -> anyhow::Result<()> {
        line(&self.machine.text())?;
        line(&format!("load       {} documents under way at a time\n", self.in_flight))?;
        let unknown = || "unknown".to_owned();
        let cost = |us: Option<u64>| us.map_or_else(unknown, millis);
        let spread = |s: &Spread| format!("{} / {}", millis(s.p50_us), millis(s.p95_us));
        let rows: [(&str, Cell<'_>); 9] = [
            ("", &|p| p.kind.to_owned()),
            ("documents", &|p| p.documents.to_string()),
            ("documents per second", &|p| thousandths(p.documents_per_1000_s)),
            ("history events per document", &|p| match p.events {
                (least, most) if least == most => least.to_string(),
                (least, most) => format!("{least} to {most}"),
            }),
            ("worker CPU per document, ms", &|p| cost(p.worker_cpu_us)),
            ("facade and load CPU per document, ms", &|p| cost(p.rest_cpu_us)),
            ("submit, p50 / p95, ms", &|p| spread(&p.submit)),
            ("decide, p50 / p95, ms", &|p| spread(&p.decide)),
            ("submitted to settled, p50 / p95, ms", &|p| spread(&p.settle)),
        ];
        for (name, cell) in rows {
            let cells: String = self.phases.iter().map(|p| format!("{:>20}", cell(p))).collect();
            line(format!("{name:<38}{cells}").trim_end())?;
        }
        let peak = self.worker_peak_kib.map_or_else(unknown, |kib| format!("{} MiB", kib / 1024));
        line(&format!("\nworker's peak memory   {peak}\nledger                 sound"))?;
        let Telemetry { off, on } = &self.telemetry;
        for (name, cost) in [("off", off), ("on ", on)] {
            let (rate, cpu) = (thousandths(cost.documents_per_1000_s()), millis(cost.cpu_us()));
            line(&format!("telemetry {name}          {rate} documents per second, {cpu} ms of worker CPU each"))?;
        }
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

/// Writes a line to stdout.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}
