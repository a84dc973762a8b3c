//! How much one caller may ask: calls in a second, and calls at the same time. What is refused here has cost next to nothing.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use vextrus_domain::{Actor, Refusal, RefusalCode};
use vextrus_platform::config::FacadeConfig;

use crate::errors::Failure;

/// Callers that are remembered before those are forgotten who have been quiet.
const REMEMBERED: usize = 10_000;

type Key = (String, String);

/// The limits, and who has used how much of them.
pub(crate) struct Limits {
    rate: DefaultKeyedRateLimiter<Key>,
    per_second: u32,
    at_once: usize,
    under_way: Mutex<HashMap<Key, usize>>,
}

/// A call under way. It ends when this is dropped.
pub(crate) struct Slot {
    limits: Arc<Limits>,
    key: Key,
}

impl Limits {
    pub(crate) fn new(config: &FacadeConfig) -> Self {
        let of = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(of(config.calls_per_second)).allow_burst(of(config.calls_in_a_burst));
        Self {
            rate: RateLimiter::keyed(quota),
            per_second: config.calls_per_second,
            at_once: usize::try_from(config.calls_at_once).unwrap_or(usize::MAX),
            under_way: Mutex::default(),
        }
    }

    /// Takes a caller's call, or refuses it.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS`, with the time after which it may be sent again where that is known.
    pub(crate) fn take(self: &Arc<Self>, actor: &Actor) -> Result<Slot, Failure> {
        let key = key(actor);
        if self.rate.len() > REMEMBERED {
            self.rate.retain_recent();
        }
        self.count(&key, NonZeroU32::MIN)?;
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let count = under_way.entry(key.clone()).or_default();
        if *count >= self.at_once {
            let message = format!("{} calls are under way, and more are not taken; wait for one to end", self.at_once);
            return Err(Refusal::new(RefusalCode::TooManyRequests, message).into());
        }
        *count += 1;
        Ok(Slot { limits: Arc::clone(self), key })
    }

    /// Counts so many more calls: what one call does that several would.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub(crate) fn more(&self, actor: &Actor, calls: usize) -> Result<(), Failure> {
        match u32::try_from(calls).ok().and_then(NonZeroU32::new) {
            Some(calls) => self.count(&key(actor), calls),
            None => Ok(()),
        }
    }

    fn count(&self, key: &Key, calls: NonZeroU32) -> Result<(), Failure> {
        let refusal = || {
            let message = format!("more than {} calls in a second; send this one again later", self.per_second);
            Refusal::new(RefusalCode::TooManyRequests, message)
        };
        match self.rate.check_key_n(key, calls) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(early)) => {
                let wait = early.wait_time_from(DefaultClock::default().now());
                Err(Failure::Early(refusal(), wait.max(Duration::from_millis(1))))
            }
            // More than a whole burst: that never passes.
            Err(_) => Err(refusal().into()),
        }
    }
}

fn key(actor: &Actor) -> Key {
    (actor.tenant.to_string(), actor.person.to_string())
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut under_way = self.limits.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = under_way.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(per_second: u32, burst: u32, at_once: u32) -> Arc<Limits> {
        let mut config = vextrus_platform::Config::layered(None, |_| None).unwrap().facade;
        (config.calls_per_second, config.calls_in_a_burst, config.calls_at_once) = (per_second, burst, at_once);
        Arc::new(Limits::new(&config))
    }

    fn actor(person: &str) -> Actor {
        Actor { tenant: "acme".parse().unwrap(), person: person.parse().unwrap() }
    }

    #[test]
    fn one_callers_calls_are_counted_and_not_anothers() {
        let limits = limits(1, 2, 100);
        let taken = [limits.take(&actor("rahim")), limits.take(&actor("rahim"))];
        assert!(taken.iter().all(Result::is_ok));
        let Err(Failure::Early(refusal, wait)) = limits.take(&actor("rahim")) else { panic!("it is refused for now") };
        assert_eq!(refusal.code, RefusalCode::TooManyRequests);
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        assert!(limits.take(&actor("salma")).is_ok());
        // What one call does that several would is counted so.
        assert!(limits.more(&actor("salma"), 0).is_ok() && limits.more(&actor("salma"), 1).is_ok());
        assert!(limits.more(&actor("salma"), 1).is_err() && limits.more(&actor("karim"), 3).is_err());
    }

    #[test]
    fn a_call_that_has_ended_makes_room() {
        let limits = limits(1000, 1000, 1);
        let first = limits.take(&actor("rahim")).unwrap_or_else(|failure| panic!("{failure:?}"));
        assert!(limits.take(&actor("rahim")).is_err());
        drop(first);
        assert!(limits.take(&actor("rahim")).is_ok());
        assert!(limits.under_way.lock().unwrap().is_empty());
    }
}
