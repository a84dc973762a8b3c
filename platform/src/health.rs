//! The health of a process: checks that run by themselves, each with a time-out, and what they last said.
//!
//! Asking for the health costs nothing: no caller makes a check run. Liveness knows of no dependency; readiness is the process's own state
//! and the checks that are [`Weight::Ready`]; the others are told in the whole report alone.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::metrics;

/// How often the runtime shows that it turns.
const TURN: Duration = Duration::from_secs(1);
/// For how long it may not have shown that.
const STANDS_STILL: Duration = Duration::from_secs(15);

/// What depends on a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The process is not ready while it fails.
    Ready,
    /// It is told, and nothing follows.
    Told,
}

/// A check, apart from what it does.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What depends on it.
    pub weight: Weight,
    /// How long it rests between two times.
    pub every: Duration,
    /// How long one time may take; then it has failed.
    pub within: Duration,
}

impl Check {
    /// A check that readiness depends on: looked at every second or so.
    #[must_use]
    pub const fn ready(name: &'static str) -> Self {
        Self { name, weight: Weight::Ready, every: Duration::from_secs(1), within: Duration::from_secs(2) }
    }

    /// A check that is only told.
    #[must_use]
    pub const fn told(name: &'static str) -> Self {
        Self { name, weight: Weight::Told, every: Duration::from_secs(10), within: Duration::from_secs(5) }
    }

    /// After which time the last answer counts no more.
    fn stale_after(&self) -> Duration {
        (self.every + self.within) * 2
    }
}

/// Where a process is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It is not up yet.
    Starting,
    /// It is up.
    Serving,
    /// It takes nothing new, and finishes what it has.
    Draining,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    Pass,
    /// Ready, though a check fails that is only told.
    Warn,
    /// Not as it should be.
    Fail,
    /// Not looked at yet, or not for too long.
    Unknown,
}

/// What a check last said.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// The check's name.
    pub name: &'static str,
    /// How it is.
    pub status: Status,
    /// Whether readiness depends on it.
    pub ready: bool,
    /// What it says beside.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// How long it took, in milliseconds.
    pub latency_millis: u64,
    /// How long it may take, in milliseconds.
    pub time_out_millis: u64,
    /// How long ago it ended, in milliseconds. None where it has not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_millis: Option<u64>,
    /// Why it last failed, also where it passes again.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_error: String,
    /// How long ago that was, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error_age_millis: Option<u64>,
}

/// The whole report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Of all together.
    pub status: Status,
    /// Where the process is in its life.
    pub phase: Phase,
    /// Each check.
    pub checks: Vec<Checked>,
}

/// The health of this process. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    ready: watch::Sender<bool>,
}

struct State {
    phase: Phase,
    turned: Instant,
    checks: Vec<(Check, Last)>,
    tasks: Vec<AbortHandle>,
}

/// One look that fails may be bad luck: a burst that holds every connection, a service that restarts. As many in a row are none.
const IN_A_ROW: u32 = 3;

#[derive(Debug, Clone, Default)]
struct Last {
    said: Option<(Result<String, String>, Instant, Duration)>,
    failed: Option<(String, Instant)>,
    /// Looks that failed since the last one that passed.
    in_a_row: u32,
    /// Whether one has ever passed.
    has_passed: bool,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.tasks.iter().for_each(AbortHandle::abort);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Health {
    /// That of a process that starts. Must be called within a tokio runtime.
    #[must_use]
    pub fn starting() -> Self {
        metrics::READY.with_label_values::<&str>(&[]).set(0);
        let state = State { phase: Phase::Starting, turned: Instant::now(), checks: Vec::new(), tasks: Vec::new() };
        let health = Self(Arc::new(Inner { state: Mutex::new(state), ready: watch::Sender::new(false) }));
        let weak = Arc::downgrade(&health.0);
        let turning = tokio::spawn(async move {
            while let Some(inner) = weak.upgrade() {
                let health = Self(inner);
                health.state(|state| state.turned = Instant::now());
                // An answer can go stale without another one.
                health.tell_ready();
                drop(health);
                tokio::time::sleep(TURN).await;
            }
        });
        health.state(|state| state.tasks.push(turning.abort_handle()));
        health
    }

    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has a check run from now on. Must be called within a tokio runtime.
    pub fn add<F, Asked>(&self, check: Check, ask: F)
    where
        F: Fn() -> Asked + Send + 'static,
        Asked: Future<Output = Result<String, String>> + Send + 'static,
    {
        let place = self.state(|state| {
            state.checks.push((check, Last::default()));
            state.checks.len() - 1
        });
        let weak = Arc::downgrade(&self.0);
        let running = tokio::spawn(async move {
            loop {
                let began = Instant::now();
                let answer = tokio::time::timeout(check.within, ask()).await;
                let answer = answer.unwrap_or_else(|_| Err(format!("it did not answer within {:?}", check.within)));
                let Some(inner) = weak.upgrade() else { return };
                Self(inner).said(place, answer, began.elapsed());
                tokio::time::sleep(check.every).await;
            }
        });
        self.state(|state| state.tasks.push(running.abort_handle()));
    }

    fn said(&self, place: usize, answer: Result<String, String>, took: Duration) {
        let now = Instant::now();
        self.state(|state| {
            let Some((check, last)) = state.checks.get_mut(place) else { return };
            match &answer {
                Ok(_) => (last.in_a_row, last.has_passed) = (0, true),
                Err(why) => {
                    if last.in_a_row == 0 && state.phase != Phase::Draining {
                        tracing::warn!(check = check.name, %why, "a health check fails");
                    }
                    last.in_a_row = last.in_a_row.saturating_add(1);
                    last.failed = Some((why.clone(), now));
                }
            }
            last.said = Some((answer, now, took));
            metrics::HEALTH.with_label_values(&[check.name]).set(i64::from(!last.fails()));
        });
        self.tell_ready();
    }

    /// The process is up.
    pub fn serving(&self) {
        self.state(|state| state.phase = Phase::Serving);
        self.tell_ready();
    }

    /// The process takes nothing new.
    pub fn draining(&self) {
        self.state(|state| state.phase = Phase::Draining);
        self.tell_ready();
    }

    /// Whether the process has come up, whatever has become of it since.
    #[must_use]
    pub fn has_started(&self) -> bool {
        self.state(|state| state.phase != Phase::Starting)
    }

    /// Whether the runtime turns.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.state(|state| state.turned.elapsed() < STANDS_STILL)
    }

    /// Whether work may be sent here.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let report = self.report();
        report.phase == Phase::Serving && report.status != Status::Fail
    }

    /// Whether work may be sent here, as it changes.
    #[must_use]
    pub fn ready(&self) -> watch::Receiver<bool> {
        self.0.ready.subscribe()
    }

    fn tell_ready(&self) {
        let is_ready = self.is_ready();
        metrics::READY.with_label_values::<&str>(&[]).set(i64::from(is_ready));
        let changed = self.0.ready.send_if_modified(|before| std::mem::replace(before, is_ready) != is_ready);
        if changed {
            tracing::info!(ready = is_ready, "readiness has changed");
        }
    }

    /// Everything that is known.
    #[must_use]
    pub fn report(&self) -> Report {
        let (phase, checks) = self.state(|state| {
            (state.phase, state.checks.iter().map(|(check, last)| last.told(check)).collect::<Vec<_>>())
        });
        let fails = |ready: bool| checks.iter().any(|c| c.ready == ready && c.status != Status::Pass);
        let status = if phase != Phase::Serving || fails(true) {
            Status::Fail
        } else if fails(false) {
            Status::Warn
        } else {
            Status::Pass
        };
        Report { status, phase, checks }
    }
}

impl Last {
    fn fails(&self) -> bool {
        self.in_a_row >= IN_A_ROW || (self.in_a_row > 0 && !self.has_passed)
    }

    fn told(&self, check: &Check) -> Checked {
        let (status, detail) = match &self.said {
            None => (Status::Unknown, String::new()),
            Some((_, at, _)) if at.elapsed() > check.stale_after() => (Status::Unknown, String::new()),
            Some((Ok(detail), ..)) => (Status::Pass, detail.clone()),
            Some((Err(_), ..)) if self.fails() => (Status::Fail, String::new()),
            Some((Err(why), ..)) => (Status::Pass, format!("it failed {} times in a row: {why}", self.in_a_row)),
        };
        Checked {
            name: check.name,
            status,
            ready: check.weight == Weight::Ready,
            detail,
            latency_millis: self.said.as_ref().map_or(0, |(_, _, took)| millis(*took)),
            time_out_millis: millis(check.within),
            age_millis: self.said.as_ref().map(|(_, at, _)| millis(at.elapsed())),
            last_error: self.failed.as_ref().map(|(why, _)| why.clone()).unwrap_or_default(),
            last_error_age_millis: self.failed.as_ref().map(|(_, at)| millis(at.elapsed())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn quick(name: &'static str, weight: Weight) -> Check {
        Check { name, weight, every: Duration::from_millis(5), within: Duration::from_millis(200) }
    }

    async fn until(health: &Health, ready: bool) {
        let mut changes = health.ready();
        tokio::time::timeout(Duration::from_secs(10), changes.wait_for(|is| *is == ready)).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn it_is_ready_while_it_serves_and_its_checks_pass() {
        let health = Health::starting();
        let broken = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&broken);
        health.add(quick("database", Weight::Ready), move || {
            let broken = seen.load(Ordering::SeqCst);
            async move { if broken { Err("it is away".to_owned()) } else { Ok(String::new()) } }
        });
        health.add(quick("disk", Weight::Told), || async { Err("it is full".to_owned()) });
        assert!(!health.has_started() && health.is_live() && !health.is_ready());
        health.serving();
        until(&health, true).await;
        let report = health.report();
        let told = report.checks.iter().find(|check| check.name == "disk").unwrap();
        assert!(told.status != Status::Pass && !told.ready, "{told:?}");
        broken.store(true, Ordering::SeqCst);
        until(&health, false).await;
        let report = health.report();
        assert_eq!((report.status, report.checks[0].last_error.as_str()), (Status::Fail, "it is away"));
        broken.store(false, Ordering::SeqCst);
        until(&health, true).await;
        assert_eq!(health.report().checks[0].last_error, "it is away", "the last error stays");
        health.draining();
        until(&health, false).await;
        assert!(health.has_started() && health.is_live());
    }

    #[tokio::test]
    async fn what_does_not_answer_has_failed() {
        let health = Health::starting();
        let check = Check { within: Duration::from_millis(10), ..quick("temporal", Weight::Ready) };
        health.add(check, std::future::pending::<Result<String, String>>);
        health.serving();
        let failed = async {
            while !health.report().checks[0].last_error.contains("did not answer within 10ms") {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), failed).await.unwrap();
        assert!(!health.is_ready());
    }
}
