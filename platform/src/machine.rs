//! What the machine has left: checks that are told and nothing depends on.

use std::path::Path;

use crate::Health;
use crate::health::Check;
use crate::metrics;

/// Of a hundred parts, how many of the cgroup's memory may be used.
const MOST_MEMORY: u64 = 90;
/// What must be free on the disk, in bytes.
const LEAST_DISK: u64 = 512 * 1024 * 1024;

/// Where Linux tells of the cgroup's memory: what is used, and what may be. Version 2 first.
const CGROUPS: [(&str, &str); 2] = [
    ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.max"),
    ("/sys/fs/cgroup/memory/memory.usage_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
];

/// Has memory and disk looked at from now on. Must be called within a tokio runtime.
pub fn watch(health: &Health) {
    health.add(Check::told("memory"), || async { memory() });
    health.add(Check::told("disk"), || async { disk(Path::new(".")) });
}

/// The machine's name, as the network knows it.
#[must_use]
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn number(file: &str) -> Option<u64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// What the kernel gives back when it is needed: pages of files that were read or written.
fn cached(used: &str) -> u64 {
    let Some((folder, _)) = used.rsplit_once('/') else { return 0 };
    let stat = std::fs::read_to_string(format!("{folder}/memory.stat")).unwrap_or_default();
    let of = |name: &str| stat.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    of("total_inactive_file ").or_else(|| of("inactive_file ")).unwrap_or_default()
}

fn memory() -> Result<String, String> {
    // Without a limit the file says `max`, or a number near 2^63.
    let limited =
        CGROUPS.iter().find_map(|(used, most)| Some((number(used)?.saturating_sub(cached(used)), number(most)?)));
    let limited = limited.filter(|(_, most)| *most < 1 << 60);
    metrics::MEMORY_LIMIT.with_label_values::<&str>(&[]).set(limited.map_or(0, |(_, most)| signed(most)));
    let Some((used, most)) = limited else { return Ok("the cgroup has no limit".to_owned()) };
    let said = format!("{used} of {most} bytes are used");
    if used / MOST_MEMORY <= most / 100 { Ok(said) } else { Err(said) }
}

fn disk(folder: &Path) -> Result<String, String> {
    let found = rustix::fs::statvfs(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    metrics::DISK_FREE.with_label_values::<&str>(&[]).set(signed(free));
    let said = format!("{free} bytes are free");
    if free >= LEAST_DISK { Ok(said) } else { Err(format!("{said}, {LEAST_DISK} are wanted")) }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_asked() {
        assert!(disk(Path::new(".")).is_ok_and(|said| said.ends_with("are free")));
        assert!(disk(Path::new("/nowhere")).is_err());
        let said = memory();
        assert!(said.is_ok() || said.is_err_and(|why| why.contains("are used")));
    }
}
