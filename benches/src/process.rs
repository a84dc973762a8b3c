//! What a process costs, as Linux counts it. Elsewhere nothing is known, and nothing is said.

use std::fs;
use std::path::PathBuf;

/// Ticks a second in `/proc`, where `getconf` is missing: what Linux has had for two decades.
const TICKS: u64 = 100;

/// A process, or a server with a process for each connection.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    id: u32,
    with_children: bool,
    ticks_per_second: u64,
}

impl Process {
    /// The process of this id.
    pub(crate) fn of(id: u32) -> Self {
        let said = crate::machine::said_by("getconf", &["CLK_TCK"]);
        let ticks_per_second = said.and_then(|s| s.parse().ok()).filter(|t| *t > 0).unwrap_or(TICKS);
        Self { id, with_children: false, ticks_per_second }
    }

    /// The same with what it has started itself.
    pub(crate) fn with_children(self) -> Self {
        Self { with_children: true, ..self }
    }

    /// The process that was started with these words, one of them after the other.
    pub(crate) fn called(words: &[&str]) -> Option<Self> {
        let wanted = words.join("\0");
        all()
            .find(|id| {
                fs::read_to_string(format!("/proc/{id}/cmdline"))
                    .is_ok_and(|c| c.contains(&wanted) && !c.starts_with("/bin/sh"))
            })
            .map(Self::of)
    }

    /// The process that has started this one.
    pub(crate) fn parent(&self) -> Option<Self> {
        stat(self.id)?.parent.map(Self::of)
    }

    /// The CPU time of all its threads since its start, in user mode and in the kernel, in microseconds; of children that have ended too.
    pub(crate) fn cpu_us(&self) -> Option<u64> {
        let own = stat(self.id)?;
        let mut ticks = own.ticks;
        if self.with_children {
            let children = all().filter_map(stat).filter(|s| s.parent == Some(self.id));
            ticks += own.ticks_of_ended + children.map(|s| s.ticks).sum::<u64>();
        }
        Some(ticks * 1_000_000 / self.ticks_per_second)
    }

    /// The most memory that it has had resident, in KiB.
    pub(crate) fn peak_kib(&self) -> Option<u64> {
        self.status("VmHWM:")
    }

    /// The memory that it has resident, in KiB.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        self.status("VmRSS:")
    }

    fn status(&self, field: &str) -> Option<u64> {
        let status = fs::read_to_string(PathBuf::from(format!("/proc/{}/status", self.id))).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(field))?;
        line.split_whitespace().next()?.parse().ok()
    }
}

struct Stat {
    parent: Option<u32>,
    ticks: u64,
    ticks_of_ended: u64,
}

/// Fields 4 and 14 to 17 of the page proc(5).
fn stat(id: u32) -> Option<Stat> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // `pid (name) state …`, and a name may hold anything.
    let fields: Vec<u64> =
        stat.rsplit_once(')')?.1.split_whitespace().skip(1).map(|f| f.parse().unwrap_or(0)).collect();
    let at = |field: usize| fields.get(field - 4).copied().unwrap_or_default();
    Some(Stat { parent: u32::try_from(at(4)).ok(), ticks: at(14) + at(15), ticks_of_ended: at(16) + at(17) })
}

fn all() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}
