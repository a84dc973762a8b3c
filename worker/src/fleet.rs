//! The workers of one process, and the outbox's dispatcher beside them.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use temporalio_client::Client;
use temporalio_sdk::runtime::RuntimeOptions;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use vextrus_approvals::Approvals;
use vextrus_invoice::InvoiceApproval;
use vextrus_invoices::Invoices;
use vextrus_ledger::Ledger;
use vextrus_ledger::decisions::Trust;
use vextrus_temporal::task_queue;

/// How long running steps may take to finish after a stop; then they are cancelled and run again elsewhere.
const GRACE: Duration = Duration::from_secs(10);
/// How long a stop may take in all.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// What the workers need.
#[derive(Clone)]
pub struct Parts {
    /// The connection to Temporal.
    pub client: Client,
    /// The ledger.
    pub ledger: Ledger,
    /// Whose word is taken.
    pub trust: Trust,
}

/// Why the workers could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The SDK refused.
    #[error("the worker of task queue {queue} cannot start: {why}")]
    Start {
        /// The task queue.
        queue: &'static str,
        /// Why.
        why: String,
    },
    /// A worker ended without being asked to.
    #[error("the worker of task queue {queue} ended: {why}")]
    Ended {
        /// The task queue.
        queue: &'static str,
        /// Why.
        why: String,
    },
    /// Running steps did not finish in time.
    #[error("the workers did not stop within {STOP_WITHIN:?}")]
    StillRunning,
}

/// The running workers of this process.
pub struct Fleet {
    stop_worker: Box<dyn Fn() + Send + Sync>,
    ended: oneshot::Receiver<Result<(), WorkerError>>,
    stop_dispatcher: watch::Sender<bool>,
    dispatcher: JoinHandle<()>,
    has_ended: bool,
}

/// Starts the workers. Must be called within a multi-threaded tokio runtime. `adjust` changes the options of the worker,
/// for tests that must stop it at a chosen point.
///
/// # Errors
/// [`WorkerError::Start`].
pub fn start(parts: Parts, adjust: impl FnOnce(&mut WorkerOptions)) -> Result<Fleet, WorkerError> {
    let queue = task_queue::INVOICE;
    let failed = |why: String| WorkerError::Start { queue, why };
    let options = RuntimeOptions::builder().build().map_err(failed)?;
    let runtime = Runtime::from_current_tokio(options).map_err(|e| failed(e.to_string()))?;
    let Parts { client, ledger, trust } = parts;
    let mut options = WorkerOptions::new(queue)
        .register_workflow::<InvoiceApproval>()
        .map_err(|e| failed(e.to_string()))?
        .register_activities(Invoices { ledger: ledger.clone(), trust: trust.clone() })
        .register_activities(Approvals { ledger: ledger.clone(), trust })
        .graceful_shutdown_period(GRACE)
        .build();
    adjust(&mut options);
    let (stop_worker, ended) = on_its_own_thread(queue, Arc::new(runtime), client, options)?;
    let (stop_dispatcher, stopped) = watch::channel(false);
    let dispatcher = tokio::spawn(vextrus_notify::run(ledger, stopped));
    tracing::info!(queue, "polling");
    Ok(Fleet { stop_worker, ended, stop_dispatcher, dispatcher, has_ended: false })
}

type Stop = Box<dyn Fn() + Send + Sync>;
type Ended = oneshot::Receiver<Result<(), WorkerError>>;

/// The SDK runs a worker's workflow code on the thread that calls `run`, whose future cannot move between threads.
fn on_its_own_thread(
    queue: &'static str,
    runtime: Arc<Runtime>,
    client: Client,
    options: WorkerOptions,
) -> Result<(Stop, Ended), WorkerError> {
    let handle = tokio::runtime::Handle::current();
    let (started, starting) = mpsc::channel();
    let (report, ended) = oneshot::channel();
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
        let result = handle.block_on(worker.run());
        // Nobody may be waiting any more.
        drop(report.send(result.map_err(|e| WorkerError::Ended { queue, why: e.to_string() })));
    };
    let failed = |why: String| WorkerError::Start { queue, why };
    std::thread::Builder::new().name(format!("worker-{queue}")).spawn(body).map_err(|e| failed(e.to_string()))?;
    match starting.recv() {
        Ok(Ok(stop)) => Ok((stop, ended)),
        Ok(Err(why)) => Err(failed(why)),
        Err(_) => Err(failed("its thread panicked".to_owned())),
    }
}

impl Fleet {
    /// Waits until a worker ends, which it does only when it is asked to or cannot go on.
    ///
    /// # Errors
    /// [`WorkerError::Ended`].
    pub async fn ended(&mut self) -> Result<(), WorkerError> {
        let result = (&mut self.ended).await;
        self.has_ended = true;
        result.unwrap_or_else(|_| {
            Err(WorkerError::Ended { queue: task_queue::INVOICE, why: "its thread panicked".to_owned() })
        })
    }

    /// Stops polling, lets running steps finish and the dispatcher hand over what it has taken.
    ///
    /// # Errors
    /// [`WorkerError`] when a worker ended badly or not in time.
    pub async fn stop(mut self) -> Result<(), WorkerError> {
        (self.stop_worker)();
        self.stop_dispatcher.send_replace(true);
        let result = if self.has_ended {
            Ok(())
        } else {
            tokio::time::timeout(STOP_WITHIN, self.ended()).await.unwrap_or(Err(WorkerError::StillRunning))
        };
        if tokio::time::timeout(STOP_WITHIN, self.dispatcher).await.is_err() {
            return Err(WorkerError::StillRunning);
        }
        result
    }
}
