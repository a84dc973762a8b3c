//! Figures, in whole microseconds.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest time that is told apart from longer ones.
const LONGEST_US: u64 = 600_000_000;

/// A duration in microseconds.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// How long things took, to three digits.
#[derive(Debug, Clone)]
pub(crate) struct Times(Histogram<u64>);

impl Times {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST_US, 3)?))
    }

    pub(crate) fn record(&mut self, took: Duration) {
        self.0.saturating_record(micros(took).max(1));
    }

    pub(crate) fn spread(&self) -> Spread {
        let at = |quantile: f64| self.0.value_at_quantile(quantile);
        Spread { count: self.0.len(), p50_us: at(0.5), p95_us: at(0.95), p99_us: at(0.99), max_us: self.0.max() }
    }
}

/// What a histogram comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Spread {
    pub(crate) count: u64,
    pub(crate) p50_us: u64,
    pub(crate) p95_us: u64,
    pub(crate) p99_us: u64,
    pub(crate) max_us: u64,
}

impl Spread {
    /// In milliseconds: the middle, and what 5 and 1 of a hundred exceed.
    pub(crate) fn text(&self) -> String {
        let [p50, p95, p99] = [self.p50_us, self.p95_us, self.p99_us].map(millis);
        format!("{p50} / {p95} / {p99}")
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

/// So many, in so much time, in thousandths per second.
pub(crate) fn per_1000_s(count: u64, within: Duration) -> u64 {
    count.saturating_mul(1_000_000_000) / micros(within).max(1)
}
