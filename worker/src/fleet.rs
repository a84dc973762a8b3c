//! The workers of one process, and beside them what runs without Temporal: the outbox's dispatcher and the trail's sealer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use temporalio_client::Client;
use temporalio_common::telemetry::TelemetryOptions;
use temporalio_sdk::runtime::RuntimeOptions;
use temporalio_sdk::{Runtime, WorkerOptions};
use tokio::sync::mpsc as reports;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use vextrus_approvals::Approvals;
use vextrus_documents::Steps;
use vextrus_domain::signature::AcceptedKeys;
use vextrus_employees::{Adapters, Employees, Integrations};
use vextrus_invoice::InvoiceApproval;
use vextrus_ledger::Ledger;
use vextrus_ledger::approvals::Trust;
use vextrus_notify::Channels;
use vextrus_onboarding::{EmployeeOffboarding, EmployeeOnboarding};
use vextrus_purchase_order::PurchaseOrderApproval;
use vextrus_reconcile::{Reconciler, Reconciliation};
use vextrus_reconciliation::LedgerReconciliation;
use vextrus_rollout::RolloutGate;
use vextrus_sealer::Sealer;
use vextrus_temporal::{Watched, task_queue};

use crate::checks;
use crate::figures;
use crate::logged::Logged;
use crate::ready::Ready;
use crate::renewal::{self, Making, Renewal, Stop};
use crate::version::WorkerVersion;

/// How long running steps may take to finish after a stop; then they are cancelled and run again elsewhere.
const GRACE: Duration = Duration::from_secs(10);
/// How long a workflow's task waits for the worker that has the workflow at hand, which may be gone, until any may take it. Whoever has
/// sent a command waits for that too, and a call of the facade lasts ten seconds at most; the SDK's own is ten.
const AT_HAND_WITHIN: Duration = Duration::from_secs(4);
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
    /// The systems that employees are known to.
    pub adapters: Adapters,
    /// What seals the trail; none where it is not sealed.
    pub sealer: Option<Sealer>,
    /// The channels by which events leave.
    pub channels: Channels,
    /// The length of a day in an employee's process, in milliseconds.
    pub day_millis: u64,
    /// The reconciler; none where there are to be no rounds.
    pub reconciler: Option<Reconciler>,
    /// What operators see of it; none where nothing is served.
    pub watched: Option<Watched>,
    /// How often the trails are verified, and the keys of their checkpoints; none where they are not.
    pub verifying: Option<(Duration, AcceptedKeys)>,
    /// When the worker of a queue makes way for another.
    pub renewal: Renewal,
    /// The task queues that are polled.
    pub queues: Vec<&'static str>,
    /// The version that the workers are; none where they take workflows of any version.
    pub version: Option<WorkerVersion>,
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
    stops: Vec<Stop>,
    renewed: Arc<AtomicU64>,
    ended: reports::UnboundedReceiver<WorkerError>,
    stop_beside: watch::Sender<bool>,
    beside: Vec<JoinHandle<()>>,
    watched: Option<Watched>,
}

/// Starts the workers. Must be called within a multi-threaded tokio runtime. `adjust` changes the options of each worker, for tests
/// that must stop it at a chosen point.
///
/// # Errors
/// [`WorkerError::Start`].
pub fn start(parts: Parts, adjust: impl Fn(&mut WorkerOptions)) -> Result<Fleet, WorkerError> {
    let metrics = parts.watched.as_ref().map(|watched| watched.sdk.meter());
    let telemetry = TelemetryOptions::builder().maybe_metrics(metrics).build();
    let options = RuntimeOptions::builder()
        .telemetry_options(telemetry)
        .build()
        .map_err(|why| failed(task_queue::INVOICE)(why))?;
    let runtime = Runtime::from_current_tokio(options).map_err(|e| failed(task_queue::INVOICE)(e.to_string()))?;
    let runtime = Arc::new(runtime);
    let (report, ended) = reports::unbounded_channel();
    let renewed = Arc::new(AtomicU64::new(0));
    let mut stops: Vec<Stop> = Vec::new();
    let polled = |queue: &&str| *queue != task_queue::RECONCILE || parts.reconciler.is_some();
    let queues: Vec<&'static str> = parts.queues.iter().copied().filter(polled).collect();
    for queue in queues.iter().copied() {
        let started = options_of(queue, &parts).and_then(|mut options| {
            adjust(&mut options);
            renewal::start(Making {
                queue,
                runtime: Arc::clone(&runtime),
                client: parts.client.clone(),
                options,
                renewal: parts.renewal,
                renewed: Arc::clone(&renewed),
                report: report.clone(),
            })
        });
        match started {
            Ok(stop) => stops.push(stop),
            Err(error) => {
                stops.iter().for_each(|stop| stop());
                return Err(error);
            }
        }
        tracing::info!(queue, "polling");
    }
    let (stop_beside, stopped) = watch::channel(false);
    let channels = parts.channels.names();
    let mut beside = vec![tokio::spawn(vextrus_notify::run(parts.ledger.clone(), parts.channels, stopped.clone()))];
    if let Some(watched) = &parts.watched {
        vextrus_documents::counted::at_zero();
        let (outbox_is, outbox) = watch::channel(Ok(String::new()));
        checks::watch(watched, &parts.client, &parts.ledger, queues, outbox);
        beside.push(tokio::spawn(figures::tell(parts.ledger.clone(), channels, outbox_is, stopped.clone())));
        watched.health.serving();
    }
    beside.push(tokio::spawn(figures::verify_again(parts.ledger.clone(), parts.verifying, stopped.clone())));
    beside.extend(parts.sealer.map(|sealer| tokio::spawn(sealer.run(parts.ledger, stopped))));
    Ok(Fleet { stops, renewed, ended, stop_beside, beside, watched: parts.watched })
}

pub(crate) fn failed(queue: &'static str) -> impl Fn(String) -> WorkerError {
    move |why| WorkerError::Start { queue, why }
}

/// What runs on a queue: its workflow types and their steps, or the calls to outside systems. The reconciler has a queue of its own:
/// versioning is per worker, and its rounds are short.
fn options_of(queue: &'static str, parts: &Parts) -> Result<WorkerOptions, WorkerError> {
    let documents = || Approvals(Steps { ledger: parts.ledger.clone(), trust: parts.trust.clone() });
    let employees = || vextrus_employees::Steps {
        ledger: parts.ledger.clone(),
        trust: parts.trust.clone(),
        adapters: parts.adapters.clone(),
        day_millis: parts.day_millis,
    };
    let options = WorkerOptions::new(queue);
    let options = match queue {
        task_queue::INVOICE => {
            let options = options.register_workflow::<InvoiceApproval>();
            // The gate of a rollout runs here, and asks on every queue.
            let options = options.and_then(|o| o.register_workflow::<RolloutGate>());
            options.map(|o| o.register_activities(documents()))
        }
        task_queue::PURCHASE_ORDER => {
            options.register_workflow::<PurchaseOrderApproval>().map(|o| o.register_activities(documents()))
        }
        task_queue::ONBOARDING => options
            .register_workflow::<EmployeeOnboarding>()
            .and_then(|o| o.register_workflow::<EmployeeOffboarding>())
            .map(|o| o.register_activities(Employees(employees()))),
        task_queue::RECONCILE => options.register_workflow::<LedgerReconciliation>().map(|o| match &parts.reconciler {
            Some(reconciler) => o.register_activities(Reconciliation(reconciler.clone())),
            None => o,
        }),
        _ => Ok(options.register_activities(Integrations(employees()))),
    };
    let options = options.map_err(|e| failed(queue)(e.to_string()))?;
    let build_id = parts.version.as_ref().map(|version| version.build_id.clone());
    let ready = Ready { ledger: parts.ledger.clone(), build_id };
    let mut options = options.register_activities(ready).graceful_shutdown_period(GRACE).build();
    options.activity_inbound_interceptor(Logged);
    options.sticky_queue_schedule_to_start_timeout = AT_HAND_WITHIN;
    if let Some(version) = &parts.version {
        options.deployment_options = version.options(queue);
    }
    Ok(options)
}

impl Fleet {
    /// Where health and metrics are served, if they are.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.watched.as_ref().map(|watched| watched.admin.address)
    }

    /// How often a worker has made way for another.
    #[must_use]
    pub fn renewed(&self) -> u64 {
        self.renewed.load(Ordering::Relaxed)
    }

    /// Waits until a worker cannot go on, or all have ended as they were asked to.
    ///
    /// # Errors
    /// [`WorkerError::Ended`].
    pub async fn ended(&mut self) -> Result<(), WorkerError> {
        self.ended.recv().await.map_or(Ok(()), Err)
    }

    /// Stops polling, lets running steps finish, then the dispatcher hand over what it has taken and the sealer seal what was
    /// written last.
    ///
    /// # Errors
    /// [`WorkerError`] when a worker ended badly or not in time.
    pub async fn stop(mut self) -> Result<(), WorkerError> {
        if let Some(watched) = &self.watched {
            watched.health.draining();
        }
        self.stops.iter().for_each(|stop| stop());
        let all = async {
            let mut first = Ok(());
            while let Some(error) = self.ended.recv().await {
                first = first.and(Err(error));
            }
            first
        };
        let result = tokio::time::timeout(STOP_WITHIN, all).await.unwrap_or(Err(WorkerError::StillRunning));
        self.stop_beside.send_replace(true);
        let beside = async {
            for task in self.beside {
                // One that panicked has told so already.
                drop(task.await);
            }
        };
        if tokio::time::timeout(STOP_WITHIN, beside).await.is_err() {
            return Err(WorkerError::StillRunning);
        }
        result
    }
}
