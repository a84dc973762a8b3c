//! From a configuration to running workers.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use temporalio_client::{Client, NamespacedClient as _};

use vextrus_documents::Steps;
use vextrus_domain::signature::AcceptedKeys;
use vextrus_employees::{Adapters, AdaptersError};
use vextrus_ledger::approvals::Trust;
use vextrus_ledger::{Ledger, LedgerError};
use vextrus_notify::{Channels, NotifyError};
use vextrus_platform::Config;
use vextrus_platform::config::{SignalTrust, Switch};
use vextrus_platform::keys::{self, KeyError};
use vextrus_reconcile::{ReconcileError, Reconciler};
use vextrus_sealer::{Sealer, SealerError};
use vextrus_temporal::{
    Codec, ConnectError, ConnectOptions, KeysError, SdkMetrics, SearchAttributesError, Watched, WatchedError,
    ensure_search_attributes, task_queue,
};

use crate::fleet::{Parts, WorkerError, start};
use crate::renewal::Renewal;
use crate::version::WorkerVersion;

/// Why the process could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// A key cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Nobody's decisions would be accepted.
    #[error("signing.accepted_keys is empty: no decision could be verified; give the facade's public key")]
    NoKeys,
    /// The keys of payloads cannot be used.
    #[error(transparent)]
    Codec(#[from] KeysError),
    /// The systems that are configured cannot be used.
    #[error(transparent)]
    Adapters(#[from] AdaptersError),
    /// The channels of events cannot be used as configured.
    #[error(transparent)]
    Notify(#[from] NotifyError),
    /// The trail cannot be sealed as it is configured.
    #[error(transparent)]
    Sealer(#[from] SealerError),
    /// There is no such task queue.
    #[error("worker.task_queues: {0:?} is none of {known}; take it out, or leave it empty to poll all", known = task_queue::ALL.join(", "))]
    Queue(String),
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Temporal cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The search attributes cannot be brought about.
    #[error(transparent)]
    SearchAttributes(#[from] SearchAttributesError),
    /// The namespace cannot be compared with the ledger's, or the schedule of the rounds cannot be set.
    #[error(transparent)]
    Reconcile(#[from] ReconcileError),
    /// Nothing could be seen of it.
    #[error(transparent)]
    Watched(#[from] WatchedError),
    /// A worker failed.
    #[error(transparent)]
    Worker(#[from] WorkerError),
}

/// Whose word is taken, as the configuration says.
///
/// # Errors
/// [`StartupError::Key`] or [`StartupError::NoKeys`].
fn trust(config: &Config) -> Result<Trust, StartupError> {
    if config.signing.accepted_keys.trim().is_empty() {
        return Err(StartupError::NoKeys);
    }
    let unsigned = config.signals.trust == SignalTrust::Namespace;
    if unsigned {
        tracing::warn!("signals.trust = namespace: unsigned signals count; for development only");
    }
    Ok(Trust { keys: keys::public_keys("signing.accepted_keys", &config.signing.accepted_keys)?, unsigned })
}

fn sealer(config: &Config) -> Result<Option<Sealer>, SealerError> {
    let sealer = Sealer::configured(&config.audit)?;
    if sealer.is_none() {
        tracing::warn!(
            "audit.key_file is empty: the trail is not sealed, and who can write to the database can rewrite it"
        );
    }
    Ok(sealer)
}

/// The task queues that are polled, as the configuration says.
fn queues(config: &Config) -> Result<Vec<&'static str>, StartupError> {
    let said = config.worker.task_queues.trim();
    if said.is_empty() {
        return Ok(task_queue::ALL.to_vec());
    }
    let mut queues: Vec<&'static str> = Vec::new();
    for name in said.split(',').map(str::trim) {
        let known = task_queue::ALL.into_iter().find(|known| *known == name);
        let queue = known.ok_or_else(|| StartupError::Queue(name.to_owned()))?;
        if !queues.contains(&queue) {
            queues.push(queue);
        }
    }
    Ok(queues)
}

/// What the workers need, as the configuration says.
///
/// # Errors
/// [`StartupError::Queue`], [`StartupError::Key`], [`StartupError::NoKeys`], [`StartupError::Adapters`], [`StartupError::Notify`] or
/// [`StartupError::Sealer`].
pub fn parts(config: &Config, client: Client, ledger: Ledger, watched: Option<Watched>) -> Result<Parts, StartupError> {
    let queues = queues(config)?;
    let verifying = verifying(config)?;
    let adapters = Adapters::configured(&config.adapters, &ledger)?;
    let channels = Channels::configured(&config.notify)?;
    let sealer = sealer(config)?;
    let trust = trust(config)?;
    let steps = Steps { ledger: ledger.clone(), trust: trust.clone() };
    let has_rounds = config.reconcile.schedule == Switch::On;
    let reconciler = has_rounds.then(|| Reconciler::configured(config, client.clone(), steps));
    Ok(Parts {
        client,
        ledger,
        trust,
        adapters,
        channels,
        sealer,
        day_millis: config.onboarding.day_millis,
        reconciler,
        watched,
        verifying,
        renewal: Renewal::default(),
        queues,
        version: None,
    })
}

/// How often the trails are verified, and with which keys. Without keys, every checkpoint would look like a fault.
fn verifying(config: &Config) -> Result<Option<(Duration, AcceptedKeys)>, StartupError> {
    let every = config.audit.verify_every_millis;
    if every > 0 && config.audit.accepted_keys.trim().is_empty() {
        tracing::warn!("audit.accepted_keys is empty: the trails are not verified by this worker");
        return Ok(None);
    }
    let keys = vextrus_sealer::accepted(&config.audit)?;
    Ok((every > 0).then(|| (Duration::from_millis(every), keys)))
}

/// What operators see of a worker, served where the configuration says; none where it names no place. Must be called within a tokio
/// runtime.
///
/// # Errors
/// [`WatchedError`].
pub fn watched(config: &Config, sdk: Option<SdkMetrics>) -> Result<Option<Watched>, WatchedError> {
    let place = ("worker.admin_listen", config.worker.admin_listen.as_str());
    Watched::open("vextrus-worker", place, option_env!("VEXTRUS_COMMIT"), sdk)
}

/// Brings about what the workers rely on: the search attributes, the namespace that the ledger knows, the schedule of the rounds. It
/// may be called by many processes at once, and again at every start.
///
/// # Errors
/// [`StartupError`].
pub async fn prepare(config: &Config, client: &Client, ledger: &Ledger) -> Result<(), StartupError> {
    ensure_search_attributes(client, &client.namespace()).await?;
    vextrus_reconcile::keep_namespace(client, ledger).await?;
    Ok(vextrus_reconcile::ensure(client, &config.reconcile).await?)
}

/// Runs the workers until `stop` completes or a worker ends; as this version of a deployment, where they are one.
///
/// # Errors
/// [`StartupError`].
pub async fn run(
    config: &Config,
    version: Option<WorkerVersion>,
    stop: impl Future<Output = ()>,
) -> Result<(), StartupError> {
    // What cannot be used is said before anything is opened.
    trust(config)?;
    queues(config)?;
    let codec = Codec::configured(&config.codec)?;
    // Before anything that may take long: whoever looks sees that it starts.
    let watched = watched(config, None)?;
    let starting = async {
        let metrics = watched.as_ref().map(|watched| watched.sdk.clone());
        let traced = !config.telemetry.otlp_endpoint.is_empty();
        let ledger = Ledger::open_to_serve(&config.ledger).await?;
        let connect = ConnectOptions { codec, metrics, traced, ..ConnectOptions::default() };
        let client = vextrus_temporal::connect(connect).await?;
        prepare(config, &client, &ledger).await?;
        let parts = Parts { version, ..parts(config, client, ledger.clone(), watched)? };
        Ok::<_, StartupError>((ledger, start(parts, |_| {})?))
    };
    let mut stop = pin!(stop);
    let (ledger, mut fleet) = tokio::select! {
        () = &mut stop => return Ok(()),
        started = starting => started?,
    };
    let ended = tokio::select! {
        () = &mut stop => Ok(()),
        ended = fleet.ended() => ended,
    };
    tracing::info!("stopping");
    let stopped = fleet.stop().await;
    ledger.close().await;
    ended.and(stopped).map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(said: &str) -> Result<Vec<&'static str>, String> {
        let mut config = Config::layered(None, |_| None).unwrap();
        said.clone_into(&mut config.worker.task_queues);
        queues(&config).map_err(|error| error.to_string())
    }

    #[test]
    fn a_worker_polls_the_queues_that_it_is_told() {
        assert_eq!(of("").unwrap(), task_queue::ALL);
        assert_eq!(of(" invoice, reconcile,invoice").unwrap(), ["invoice", "reconcile"]);
        for wrong in ["invoices", "invoice,,reconcile", ","] {
            let error = of(wrong).unwrap_err();
            assert!(error.starts_with("worker.task_queues: ") && error.contains("is none of invoice, "), "{error}");
        }
    }
}
