//! How fast, how often, and how long in between.

use std::time::Duration;

use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};
use vextrus_ledger::outbox::{Delivery, Outcome};
use vextrus_platform::notify::NotifyConfig;

use crate::failure::Failure;

/// How long a dispatcher may keep what it took before another one takes it.
pub(crate) const LEASE: TimeDelta = TimeDelta::seconds(60);
/// After which part of that time it begins nothing more.
pub(crate) const BEGINS_WITHIN: Duration = Duration::from_secs(30);
/// The longest that a receiver may take, so that what was begun ends within the lease.
pub(crate) const LONGEST_TIMEOUT: Duration = Duration::from_secs(20);
/// The longest that a receiver's own wish is followed.
const LONGEST_WISH: Duration = Duration::from_secs(24 * 60 * 60);

/// How fast and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) attempts: u32,
    pub(crate) pause: Duration,
    pub(crate) longest_pause: Duration,
    pub(crate) in_flight: usize,
}

impl Pace {
    pub(crate) fn of(config: &NotifyConfig) -> Self {
        Self {
            attempts: config.attempts,
            pause: Duration::from_millis(config.pause_millis),
            longest_pause: Duration::from_millis(config.longest_pause_millis),
            in_flight: usize::try_from(config.in_flight).unwrap_or(usize::MAX),
        }
    }

    /// What becomes of a delivery that was tried.
    pub(crate) fn outcome(&self, delivery: &Delivery, result: Result<(), Failure>) -> Outcome {
        let attempt = u32::try_from(delivery.attempts).unwrap_or(u32::MAX).saturating_add(1);
        match result {
            Ok(()) => Outcome::Sent,
            Err(Failure::Nobody(why)) => Outcome::Skipped(why),
            Err(Failure::Never(why)) => Outcome::Dead(why),
            Err(Failure::Later { why, .. }) if attempt >= self.attempts => {
                Outcome::Dead(format!("given up after {attempt} attempts: {why}"))
            }
            Err(Failure::Later { why, after }) => {
                let wait = self.wait(&delivery.delivery, attempt).max(after.unwrap_or_default().min(LONGEST_WISH));
                Outcome::Later { why, wait: TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX) }
            }
        }
    }

    /// The pause after a failed attempt: twice the one before, and of that between half and all. Which part comes from the
    /// delivery itself, so that those that failed together do not come again together.
    fn wait(&self, delivery: &str, attempt: u32) -> Duration {
        let doubled = 2_u32.checked_pow(attempt.saturating_sub(1)).and_then(|times| self.pause.checked_mul(times));
        let half = doubled.unwrap_or(self.longest_pause).min(self.longest_pause) / 2;
        let part = Sha256::digest(format!("{delivery}/{attempt}"));
        half + half * u32::from(part[0]) / 255
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_differ() {
        let pace = Pace {
            attempts: 40,
            pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(3600),
            in_flight: 1,
        };
        for (attempt, full) in [(1, 5), (2, 10), (3, 20), (10, 2560), (11, 3600), (33, 3600), (u32::MAX, 3600)] {
            for delivery in ["a", "b", "c"] {
                let wait = pace.wait(delivery, attempt);
                let full = Duration::from_secs(full);
                assert!(wait >= full / 2 && wait <= full, "{delivery} {attempt}: {wait:?}");
            }
        }
        let distinct: std::collections::BTreeSet<_> = (0..50).map(|n| pace.wait(&n.to_string(), 5)).collect();
        assert!(distinct.len() > 30, "{}", distinct.len());
        let all: Duration = (1..40).map(|attempt| pace.wait("x", attempt)).sum();
        assert!(all > Duration::from_secs(15 * 3600) && all < Duration::from_secs(31 * 3600), "{all:?}");
    }
}
