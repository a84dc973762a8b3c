//! What the figures were measured on.

use std::process::{Command, Stdio};

use serde::Serialize;
use vextrus_temporal::dev_server::find_cli;

/// The machine and the programs.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    system: &'static str,
    processor: Option<String>,
    cores: usize,
    memory_mib: Option<u64>,
    rustc: Option<String>,
    temporal: Option<String>,
    /// `release`, or `debug`, whose figures say little.
    pub(crate) profile: &'static str,
}

impl Machine {
    /// This one.
    pub(crate) fn here() -> Self {
        let temporal = find_cli().ok().and_then(|cli| said_by(&cli.display().to_string(), &["--version"]));
        let memory_kib = field("/proc/meminfo", "MemTotal").and_then(|m| m.split(' ').next()?.parse::<u64>().ok());
        Self {
            system: std::env::consts::OS,
            processor: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: memory_kib.map(|kib| kib / 1024),
            rustc: said_by("rustc", &["--version"]),
            temporal,
            profile: if cfg!(debug_assertions) { "debug" } else { "release" },
        }
    }

    /// In lines.
    pub(crate) fn text(&self) -> String {
        let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
        let memory = self.memory_mib.map_or_else(|| "unknown".to_owned(), |mib| format!("{mib} MiB"));
        format!(
            "machine    {}, {} ({} cores), {memory} memory\nbuilt      {}, {} profile\ntemporal   {}",
            self.system,
            known(&self.processor),
            self.cores,
            known(&self.rustc),
            self.profile,
            known(&self.temporal),
        )
    }
}

/// What a program answers; nothing where it is missing or fails.
pub(crate) fn said_by(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stderr(Stdio::null()).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !said.is_empty()).then_some(said)
}

/// The value of the first `name : value` in a file.
fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let (_, value) = text.lines().filter_map(|line| line.split_once(':')).find(|(n, _)| n.trim() == name)?;
    Some(value.trim().to_owned())
}
