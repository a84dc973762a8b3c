//! Trying again until a point in time.

use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Until when something may be tried again, and the pause before the next try.
#[derive(Debug)]
pub(crate) struct Deadline {
    start: Instant,
    within: Duration,
    pause: Duration,
}

impl Deadline {
    pub(crate) fn after(within: Duration) -> Self {
        Self { start: Instant::now(), within, pause: FIRST_PAUSE }
    }

    pub(crate) fn remaining(&self) -> Duration {
        self.within.saturating_sub(self.start.elapsed())
    }

    /// Waits a little, longer each time; false, and no wait, once the time is up.
    pub(crate) async fn pause(&mut self) -> bool {
        let remaining = self.remaining();
        if remaining.is_zero() {
            return false;
        }
        tokio::time::sleep(self.pause.min(remaining)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_ends_when_the_time_is_up() {
        let mut deadline = Deadline::after(Duration::from_millis(50));
        let mut tries = 0;
        while deadline.pause().await {
            tries += 1;
        }
        assert!((2..=4).contains(&tries), "{tries}");
        assert!(deadline.remaining().is_zero());
        assert!(!Deadline::after(Duration::ZERO).pause().await);
    }
}
