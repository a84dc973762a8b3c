//! The worker of a task queue, which makes way for another after so many steps: the SDK keeps a little of every activity that a worker has
//! run (1.1.1: a cancellation token and its key, some 200 bytes) for as long as that worker lives.
//!
//! A task that reaches a worker in the moment of its stop is lost, and comes again once it has timed out. So a worker makes way while
//! nothing is going on; only where that never happens, while none of its steps runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use temporalio_client::Client;
use temporalio_sdk::interceptors::{ActivityInboundInterceptor, ExecuteActivityInput, ExecuteActivityOutput, Next};
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio::sync::Notify;
use tokio::sync::mpsc as reports;

use crate::fleet::{WorkerError, failed};

/// When a worker makes way for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewal {
    /// After so many steps, once it has had none for a quarter of a second.
    pub when_idle: u64,
    /// After so many steps, once none is running; after twice as many in any case.
    pub at_latest: u64,
}

impl Default for Renewal {
    /// What is kept of the steps comes to two megabytes, to ten where it is never idle, and to twenty at the most.
    fn default() -> Self {
        Self { when_idle: 10_000, at_latest: 50_000 }
    }
}

/// For how long there must have been no step.
const IDLE: Duration = Duration::from_millis(250);

/// Has something stop polling.
pub(crate) type Stop = Box<dyn Fn() + Send + Sync>;
/// Where a worker that cannot go on says so. It is closed once every worker has ended.
pub(crate) type Report = reports::UnboundedSender<WorkerError>;

/// What a worker is made of, again and again.
pub(crate) struct Making {
    pub(crate) queue: &'static str,
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) client: Client,
    pub(crate) options: WorkerOptions,
    /// When the next one is made.
    pub(crate) renewal: Renewal,
    /// How often one was.
    pub(crate) renewed: Arc<AtomicU64>,
    pub(crate) report: Report,
}

/// The worker that polls now.
struct Polling {
    stop: Stop,
    steps: Arc<Steps>,
}

/// Starts the worker of a queue. Must be called within a tokio runtime.
///
/// # Errors
/// [`WorkerError::Start`].
pub(crate) fn start(making: Making) -> Result<Stop, WorkerError> {
    let polling = Arc::new(Mutex::new(Some(making.begin()?)));
    tokio::spawn(making.renew_again(Arc::clone(&polling)));
    Ok(Box::new(move || {
        if let Some(polling) = locked(&polling).take() {
            (polling.stop)();
            polling.steps.changed.notify_one();
        }
    }))
}

fn locked(polling: &Mutex<Option<Polling>>) -> MutexGuard<'_, Option<Polling>> {
    polling.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Making {
    /// Puts another worker in the place of the one that polls, again and again until it is stopped.
    async fn renew_again(self, polling: Arc<Mutex<Option<Polling>>>) {
        loop {
            let Some(steps) = locked(&polling).as_ref().map(|now| Arc::clone(&now.steps)) else { return };
            if !steps.are_enough().await {
                continue;
            }
            let mut now = locked(&polling);
            let Some(old) = now.take() else { return };
            tracing::info!(queue = self.queue, steps = steps.begun(), "the worker makes way for another");
            // It takes nothing from here on, and brings what it has to its end beside the new one.
            (old.stop)();
            match self.begin() {
                Ok(new) => *now = Some(new),
                // Whoever waits for the workers is gone where nobody hears it.
                Err(error) => return drop(self.report.send(error)),
            }
            self.renewed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The SDK runs a worker's workflow code on the thread that calls `run`, whose future cannot move between threads.
    fn begin(&self) -> Result<Polling, WorkerError> {
        let (queue, runtime, client) = (self.queue, Arc::clone(&self.runtime), self.client.clone());
        let mut options = self.options.clone();
        let steps = Arc::new(Steps::until(self.renewal));
        options.activity_inbound_interceptor(Counted(Arc::clone(&steps)));
        let (report, registered) = (self.report.clone(), self.client.connection().workers());
        let handle = tokio::runtime::Handle::current();
        let (started, starting) = mpsc::channel();
        let body = move || {
            let _inside = handle.enter();
            let mut worker = match Worker::new(&runtime, client, options) {
                Ok(worker) => worker,
                Err(error) => return drop(started.send(Err(error.to_string()))),
            };
            let stop: Stop = Box::new(worker.shutdown_handle());
            if started.send(Ok(stop)).is_err() {
                return;
            }
            let panicked = Panicked { queue, report: Some(report) };
            let result = handle.block_on(worker.run());
            // The SDK leaves it among those whose heartbeats it sends. One that could not go on still stands there, and the process ends.
            if result.is_ok()
                && let Err(error) = registered.finalize_unregister(worker.worker_instance_key())
            {
                tracing::warn!(queue, %error, "a worker that has ended stays registered");
            }
            panicked.instead(result.map_err(|e| WorkerError::Ended { queue, why: e.to_string() }));
        };
        let failed = failed(queue);
        std::thread::Builder::new().name(format!("worker-{queue}")).spawn(body).map_err(|e| failed(e.to_string()))?;
        match starting.recv() {
            Ok(Ok(stop)) => Ok(Polling { stop, steps }),
            Ok(Err(why)) => Err(failed(why)),
            Err(_) => Err(failed("its thread panicked".to_owned())),
        }
    }
}

/// The steps of one worker.
struct Steps {
    renewal: Renewal,
    begun: AtomicU64,
    ended: AtomicU64,
    /// There may be enough of them, or there will be no more.
    changed: Notify,
}

impl Steps {
    fn until(renewal: Renewal) -> Self {
        Self { renewal, begun: AtomicU64::new(0), ended: AtomicU64::new(0), changed: Notify::new() }
    }

    fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    fn none_runs(&self) -> bool {
        self.ended.load(Ordering::SeqCst) == self.begun()
    }

    /// Waits until the worker should make way; answers whether it is so, or only may be soon.
    async fn are_enough(&self) -> bool {
        if self.begun() < self.renewal.when_idle {
            self.changed.notified().await;
            return false;
        }
        let (before, quiet) = (self.begun(), self.none_runs());
        let undisturbed = tokio::time::timeout(IDLE, self.changed.notified()).await.is_err();
        let idle = undisturbed && quiet && self.begun() == before;
        let late = self.begun() >= self.renewal.at_latest;
        // Where steps overlap without end, there is no better moment.
        let too_late = self.begun() >= self.renewal.at_latest.saturating_mul(2);
        idle || late && self.none_runs() || too_late
    }
}

/// Counts the steps of a worker.
struct Counted(Arc<Steps>);

impl ActivityInboundInterceptor for Counted {
    fn execute_activity<'a>(
        &'a self,
        input: ExecuteActivityInput,
        next: Next<'a, ExecuteActivityInput, ExecuteActivityOutput<'a>>,
    ) -> ExecuteActivityOutput<'a> {
        let steps = &self.0;
        if steps.begun.fetch_add(1, Ordering::SeqCst) + 1 == steps.renewal.when_idle {
            steps.changed.notify_one();
        }
        let running = Running(steps);
        let step = next.run(input);
        Box::pin(async move {
            let _running = running;
            step.await
        })
    }
}

/// A step that runs, until this is dropped.
struct Running<'a>(&'a Steps);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let steps = self.0;
        if steps.ended.fetch_add(1, Ordering::SeqCst) + 1 >= steps.renewal.at_latest && steps.none_runs() {
            steps.changed.notify_one();
        }
    }
}

/// Reports a worker's bad end, also when its thread panics.
struct Panicked {
    queue: &'static str,
    report: Option<Report>,
}

impl Panicked {
    fn instead(mut self, result: Result<(), WorkerError>) {
        if let (Some(report), Err(error)) = (self.report.take(), result) {
            // Nobody may be waiting any more.
            drop(report.send(error));
        }
    }
}

impl Drop for Panicked {
    fn drop(&mut self) {
        if let Some(report) = self.report.take() {
            let why = "its thread panicked".to_owned();
            drop(report.send(WorkerError::Ended { queue: self.queue, why }));
        }
    }
}
