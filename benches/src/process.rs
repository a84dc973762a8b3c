//! What a process costs, as Linux counts it. Elsewhere nothing is known, and nothing is said.

use std::fs;
use std::path::PathBuf;

/// Ticks a second in `/proc`, where `getconf` is missing: what Linux has had for two decades.
const TICKS: u64 = 100;

/// A process.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    folder: PathBuf,
    ticks_per_second: u64,
}

impl Process {
    /// The process of this id.
    pub(crate) fn of(id: u32) -> Self {
        let said = crate::machine::said_by("getconf", &["CLK_TCK"]);
        let ticks_per_second = said.and_then(|s| s.parse().ok()).filter(|t| *t > 0).unwrap_or(TICKS);
        Self { folder: PathBuf::from(format!("/proc/{id}")), ticks_per_second }
    }

    /// The CPU time of all its threads since its start, in user mode and in the kernel, in microseconds.
    pub(crate) fn cpu_us(&self) -> Option<u64> {
        let stat = fs::read_to_string(self.folder.join("stat")).ok()?;
        // `pid (name) state …`, and a name may hold anything. Fields 14 and 15 of the page proc(5).
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some((user + system) * 1_000_000 / self.ticks_per_second)
    }

    /// The most memory that it has had resident, in KiB.
    pub(crate) fn peak_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(self.folder.join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse().ok()
    }
}
