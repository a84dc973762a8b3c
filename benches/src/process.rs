//! What a process costs, as Linux counts it. Elsewhere nothing is known, and nothing is said.

use std::fs;

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
            let children = self.all().into_iter().skip(1).filter_map(stat);
            ticks += own.ticks_of_ended + children.map(|s| s.ticks).sum::<u64>();
        }
        Some(ticks * 1_000_000 / self.ticks_per_second)
    }

    /// The most memory that it has had resident since [`Self::forget_peak`], in KiB. What its children share with it counts once.
    pub(crate) fn peak_kib(&self) -> Option<u64> {
        let (mut of_each, mut shared) = (0, 0);
        for id in self.all() {
            let Some(peak) = status(id, "VmHWM:") else { continue };
            let common = status(id, "RssFile:").unwrap_or_default() + status(id, "RssShmem:").unwrap_or_default();
            of_each += peak.saturating_sub(common);
            shared = common.max(shared);
        }
        (of_each > 0).then_some(of_each + shared)
    }

    /// Lets its peak be what it has now.
    pub(crate) fn forget_peak(&self) {
        for id in self.all() {
            // Where this is not allowed, the peak stays that of its whole life, which is no less.
            let _ = fs::write(format!("/proc/{id}/clear_refs"), "5");
        }
    }

    /// The memory that it has resident, in KiB.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        status(self.id, "VmRSS:")
    }

    /// It, and its children where they count.
    fn all(&self) -> Vec<u32> {
        let is_child = |id: &u32| stat(*id).is_some_and(|stat| stat.parent == Some(self.id));
        let children = all().filter(|id| self.with_children && is_child(id));
        std::iter::once(self.id).chain(children).collect()
    }
}

fn status(id: u32, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
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
