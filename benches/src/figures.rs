//! Figures, in whole microseconds.

use std::time::Duration;

use serde::Serialize;

/// A duration in microseconds.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// How long things took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Spread {
    pub(crate) count: usize,
    pub(crate) p50_us: u64,
    pub(crate) p95_us: u64,
    pub(crate) max_us: u64,
}

impl Spread {
    /// Of these durations; the percentiles by the nearest rank.
    pub(crate) fn of(mut all: Vec<u64>) -> Self {
        all.sort_unstable();
        let rank = |percent: usize| {
            let at = (all.len() * percent).div_ceil(100).saturating_sub(1);
            all.get(at).copied().unwrap_or_default()
        };
        Self { count: all.len(), p50_us: rank(50), p95_us: rank(95), max_us: rank(100) }
    }
}

/// Microseconds as milliseconds with one digit.
pub(crate) fn millis(us: u64) -> String {
    let tenths = us.saturating_add(50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Thousandths as a number with two digits.
pub(crate) fn thousandths(value: u64) -> String {
    let hundredths = value.saturating_add(5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
