//! The whole fleet in one process, on a real Temporal development server: for `vextrus dev`, `vextrus demo` and tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use temporalio_client::Client;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use vextrus_domain::signature::KeyPair;
use vextrus_domain::{PersonId, RefusalCode, TenantId};
use vextrus_facade::{FacadeError, dev_tokens};
use vextrus_ledger::Ledger;
use vextrus_ledger::masterdata::Company;
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_platform::Config;
use vextrus_platform::config::{CodecConfig, ReconcileConfig, SignalTrust, TelemetryConfig};
use vextrus_temporal::{Codec, ConnectOptions, DevServer, DevServerOptions, SdkMetrics, connect_to, ensure_namespace};
use vextrus_worker::{Fleet, Parts};

use crate::secrets::{fresh_key, write_secret};

/// The rules that a development stack founds a company on.
pub const DEFAULT_RULES: [(RuleKind, &str); 7] = [
    (RuleKind::Tax, include_str!("../../rules/tax/house.toml")),
    (RuleKind::Approval, include_str!("../../rules/approval/invoice.toml")),
    (RuleKind::Approval, include_str!("../../rules/approval/purchase_order.toml")),
    (RuleKind::Accounts, include_str!("../../rules/accounts/invoice.toml")),
    (RuleKind::Calendar, include_str!("../../rules/calendar/bangladesh.toml")),
    (RuleKind::Onboarding, include_str!("../../rules/onboarding/onboarding.toml")),
    (RuleKind::Onboarding, include_str!("../../rules/onboarding/offboarding.toml")),
];
/// The file of the key that signs checkpoints.
const AUDIT_KEY: &str = "audit.key";
/// The issuer of development tokens; no other process accepts it.
const ISSUER: &str = "vextrus-dev";
/// How long a development token is good for.
const TOKEN_LIFE: Duration = Duration::from_secs(12 * 3600);
/// More calls than anybody makes.
const NO_LIMIT: u32 = 100_000;
/// The namespace of a development stack.
const NAMESPACE: &str = "default";

/// Which Temporal a stack uses.
#[derive(Debug, Clone)]
pub enum Temporal {
    /// A development server of its own.
    Own {
        /// Its port; a free one where it is unset or 0.
        port: Option<u16>,
        /// The UI: not served, or on this port (0: a free one).
        ui_port: Option<u16>,
    },
    /// A server that runs already.
    Running {
        /// Where.
        address: String,
        /// The namespace; it is made when it is missing.
        namespace: String,
    },
}

/// How a stack is started. The default is one for tests: in memory and in a folder of its own, on free ports.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// Where its files are kept; a folder of its own, deleted with it, where it is unset.
    pub folder: Option<PathBuf>,
    /// The ledger; a SQLite file in the folder where it is unset.
    pub ledger: Option<String>,
    /// Which Temporal.
    pub temporal: Temporal,
    /// Where the facade listens.
    pub listen: String,
    /// Whose signals count.
    pub trust: SignalTrust,
    /// How long one attempt of a step may take.
    pub step_timeout: Duration,
    /// After how many events a workflow goes on in another run; the default where it is unset.
    pub events_of_a_run: Option<u32>,
    /// How long a day lasts in an employee's process; as long as it is where it is unset.
    pub day: Option<Duration>,
    /// How long a system may be asked for one thing; the default where it is unset.
    pub perform_within: Option<Duration>,
    /// The encryption of payloads; the default, none, where it is unset.
    pub codec: Option<CodecConfig>,
    /// The comparison of the ledger with Temporal; the default where it is unset.
    pub reconcile: Option<ReconcileConfig>,
    /// Where traces are sent; nowhere, the default, where it is unset.
    pub telemetry: Option<TelemetryConfig>,
    /// Where the worker's health and metrics are served; nowhere where it is unset.
    pub worker_admin_listen: Option<String>,
    /// Where the facade's are.
    pub facade_admin_listen: Option<String>,
    /// How many workflows the worker keeps between their tasks; the SDK's default where it is unset. With none, each task replays all.
    pub cached_workflows: Option<usize>,
}

impl Default for StackOptions {
    fn default() -> Self {
        Self {
            folder: None,
            ledger: None,
            temporal: Temporal::Own { port: None, ui_port: None },
            listen: "127.0.0.1:0".to_owned(),
            trust: SignalTrust::Signed,
            step_timeout: Duration::from_secs(15),
            events_of_a_run: None,
            day: None,
            perform_within: None,
            codec: None,
            reconcile: None,
            telemetry: None,
            worker_admin_listen: None,
            facade_admin_listen: None,
            cached_workflows: None,
        }
    }
}

/// A running stack.
pub struct Stack {
    /// The configuration that its parts run with.
    pub config: Config,
    /// The ledger.
    pub ledger: Ledger,
    /// The connection to Temporal.
    pub client: Client,
    /// What its calls to Temporal are counted with, where somebody looks.
    sdk: Option<SdkMetrics>,
    /// Where Temporal listens.
    pub temporal: String,
    /// The namespace.
    pub namespace: String,
    /// Where Temporal's UI is served, when it is.
    pub ui: Option<String>,
    server: Option<DevServer>,
    /// Where the facade listens, as a URL.
    pub facade: String,
    /// The key that signs decisions.
    pub signing_key: KeyPair,
    issuer_key: KeyPair,
    fleet: Option<Fleet>,
    cached_workflows: Option<usize>,
    stop_facade: watch::Sender<bool>,
    /// None once it has ended by itself.
    facade_task: Option<JoinHandle<Result<(), FacadeError>>>,
    // Dropped last: the files go with it.
    _folder: Option<tempfile::TempDir>,
}

impl Stack {
    /// Starts everything.
    ///
    /// # Errors
    /// What could not be started, and why.
    pub async fn start(options: StackOptions) -> anyhow::Result<Self> {
        let (folder, temporary) = match &options.folder {
            Some(folder) => (folder.clone(), None),
            None => {
                let temporary = tempfile::tempdir().context("a temporary folder cannot be made")?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        std::fs::create_dir_all(&folder).with_context(|| format!("folder {} cannot be made", folder.display()))?;
        let (signing_key, issuer_key) = (key_in(&folder, "signing.key")?, key_in(&folder, "issuer.key")?);
        let audit_key = key_in(&folder, AUDIT_KEY)?;
        let config = configure(&options, &folder, (&signing_key, &issuer_key, &audit_key))?;
        let server = own_server(&options, &folder).await?;
        let (temporal, namespace) = match (&options.temporal, &server) {
            (Temporal::Running { address, namespace }, _) => (address.clone(), namespace.clone()),
            (Temporal::Own { .. }, Some(server)) => (server.address.clone(), NAMESPACE.to_owned()),
            (Temporal::Own { .. }, None) => anyhow::bail!("the development server has not started"),
        };
        let codec = Codec::configured(&config.codec)?;
        let traced = !config.telemetry.otlp_endpoint.is_empty();
        let is_watched =
            [&config.worker.admin_listen, &config.facade.admin_listen].iter().any(|place| !place.is_empty());
        let sdk = is_watched.then(SdkMetrics::start).transpose()?;
        let connect = ConnectOptions { codec, traced, metrics: sdk.clone(), ..ConnectOptions::default() };
        let client = connect_to(&temporal, &namespace, connect).await?;
        ensure_namespace(&client, &namespace, vextrus_temporal::RETENTION).await?;
        let ledger = Ledger::open_to_serve(&config.ledger).await?;
        vextrus_worker::prepare(&config, &client, &ledger).await?;
        let listener = TcpListener::bind(&options.listen).await.with_context(|| {
            format!("the facade cannot listen on {}; choose another address with --listen", options.listen)
        })?;
        let facade = format!("http://{}", listener.local_addr()?);
        let (stop_facade, stopped) = watch::channel(false);
        let facade_task = serve_facade(config.clone(), ledger.clone(), client.clone(), listener, sdk.clone(), stopped);
        let mut stack = Self {
            config,
            ledger,
            client,
            sdk,
            temporal,
            namespace,
            ui: server.as_ref().and_then(|s| s.ui_address.as_ref().map(|a| format!("http://{a}"))),
            server,
            facade,
            signing_key,
            issuer_key,
            fleet: None,
            cached_workflows: options.cached_workflows,
            stop_facade,
            facade_task: Some(facade_task),
            _folder: temporary,
        };
        stack.start_worker()?;
        Ok(stack)
    }

    /// What a worker of this stack needs.
    ///
    /// # Errors
    /// A configuration that cannot be used.
    pub fn parts(&self) -> anyhow::Result<Parts> {
        let watched = vextrus_worker::watched(&self.config, self.sdk.clone())?;
        Ok(vextrus_worker::parts(&self.config, self.client.clone(), self.ledger.clone(), watched)?)
    }

    /// Starts the worker, when none is running.
    ///
    /// # Errors
    /// What could not be started, and why.
    pub fn start_worker(&mut self) -> anyhow::Result<()> {
        if self.fleet.is_none() {
            let cached = self.cached_workflows;
            let fleet = vextrus_worker::start(self.parts()?, |options| {
                options.max_cached_workflows = cached.unwrap_or(options.max_cached_workflows);
            });
            self.fleet = Some(fleet?);
        }
        Ok(())
    }

    /// Stops the worker, when one is running.
    ///
    /// # Errors
    /// A worker that ended badly.
    pub async fn stop_worker(&mut self) -> anyhow::Result<()> {
        match self.fleet.take() {
            Some(fleet) => Ok(fleet.stop().await?),
            None => Ok(()),
        }
    }

    /// Waits until the worker or the facade ends, which they do only when they cannot go on.
    pub async fn failed(&mut self) -> anyhow::Error {
        let worker = async {
            match &mut self.fleet {
                Some(fleet) => fleet.ended().await,
                None => std::future::pending().await,
            }
        };
        let facade = async {
            match &mut self.facade_task {
                Some(task) => task.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = worker => anyhow::anyhow!("the worker ended: {ended:?}"),
            ended = facade => {
                self.facade_task = None;
                anyhow::anyhow!("the facade ended: {ended:?}")
            }
        }
    }

    /// Founds a company in this stack's ledger ([`found`]).
    ///
    /// # Errors
    /// The ledger's.
    pub async fn found(&self, company: &Company) -> anyhow::Result<()> {
        found(&self.ledger, company).await
    }

    /// A token of the development issuer.
    ///
    /// # Errors
    /// A token that cannot be made.
    pub fn token(&self, tenant: &TenantId, person: &PersonId) -> anyhow::Result<String> {
        Ok(dev_tokens::mint(&self.issuer_key, ISSUER, &self.config.auth.audience, tenant, person, TOKEN_LIFE)?)
    }

    /// Tokens of all people of a company, by their ids.
    ///
    /// # Errors
    /// A token that cannot be made.
    pub fn tokens(&self, company: &Company) -> anyhow::Result<BTreeMap<String, String>> {
        company.people.iter().map(|p| Ok((p.id.to_string(), self.token(&company.tenant, &p.id)?))).collect()
    }

    /// Stops everything, in the order in which nothing is lost.
    ///
    /// # Errors
    /// What did not stop well.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.stop_facade.send_replace(true);
        let facade = match self.facade_task.take() {
            Some(task) => task.await,
            None => Ok(Ok(())),
        };
        let worker = self.stop_worker().await;
        self.ledger.close().await;
        if let Some(server) = self.server {
            server.shutdown().await?;
        }
        facade.context("the facade panicked")??;
        worker
    }
}

/// Writes a company's master data and founds it on the default rules. What a ledger that is kept has in place of one of them stays.
///
/// # Errors
/// The ledger's.
pub async fn found(ledger: &Ledger, company: &Company) -> anyhow::Result<()> {
    let mut tx = ledger.begin(&company.tenant).await?;
    vextrus_ledger::masterdata::import(&mut tx, company, "vextrus-dev").await?;
    for (kind, content) in DEFAULT_RULES {
        match rules::found(&mut tx, &company.tenant, kind, content, "vextrus-dev").await? {
            Err(refusal) if refusal.code != RefusalCode::ProposalNeeded => return Err(refusal.into()),
            _ => {}
        }
    }
    tx.commit().await?;
    Ok(())
}

async fn own_server(options: &StackOptions, folder: &Path) -> anyhow::Result<Option<DevServer>> {
    let Temporal::Own { port, ui_port } = options.temporal else { return Ok(None) };
    let options = DevServerOptions {
        port: port.filter(|p| *p != 0),
        ui: ui_port.is_some(),
        ui_port: ui_port.filter(|p| *p != 0),
        db_file: options.folder.as_ref().map(|f| f.join("temporal.db")),
        log_file: Some(folder.join("temporal.log")),
        ..DevServerOptions::default()
    };
    Ok(Some(DevServer::start(options).await?))
}

fn serve_facade(
    config: Config,
    ledger: Ledger,
    client: Client,
    listener: TcpListener,
    sdk: Option<SdkMetrics>,
    mut stopped: watch::Receiver<bool>,
) -> JoinHandle<Result<(), FacadeError>> {
    tokio::spawn(async move {
        let stop = async move { drop(stopped.wait_for(|s| *s).await) };
        let watched = vextrus_facade::watched(&config, sdk)?;
        vextrus_facade::serve(&config, ledger, client, listener, watched, stop).await
    })
}

fn configure(
    options: &StackOptions,
    folder: &Path,
    (signing, issuer, audit): (&KeyPair, &KeyPair, &KeyPair),
) -> anyhow::Result<Config> {
    let (key_file, jwks_file) = (folder.join("signing.key"), folder.join("jwks.json"));
    std::fs::write(&jwks_file, dev_tokens::jwks_json(issuer))?;
    let mut config = Config::layered(None, |_| None)?;
    let own_ledger = || format!("sqlite:{}", folder.join("ledger.db").display());
    config.ledger.address = options.ledger.clone().unwrap_or_else(own_ledger);
    config.signing.key_file = key_file;
    config.signing.accepted_keys = signing.public_text();
    config.signals.trust = options.trust;
    config.audit.key_file = folder.join(AUDIT_KEY);
    config.audit.accepted_keys = audit.public_text();
    config.audit.export = address_of(folder, "checkpoints")?;
    config.attachments.place = address_of(folder, "attachments")?;
    config.auth.issuer = ISSUER.to_owned();
    config.auth.jwks_file = jwks_file;
    config.facade.listen = options.listen.clone();
    // One program often asks for all people here: for a demonstration, a test, a load.
    (config.facade.calls_per_second, config.facade.calls_in_a_burst) = (NO_LIMIT, NO_LIMIT);
    config.facade.calls_at_once = NO_LIMIT;
    config.steps.timeout_millis = u64::try_from(options.step_timeout.as_millis())?;
    config.steps.events_of_a_run = options.events_of_a_run.unwrap_or(config.steps.events_of_a_run);
    if let Some(day) = options.day {
        config.onboarding.day_millis = u64::try_from(day.as_millis())?;
    }
    if let Some(within) = options.perform_within {
        config.steps.perform_within_millis = u64::try_from(within.as_millis())?;
    }
    config.codec = options.codec.clone().unwrap_or(config.codec);
    config.reconcile = options.reconcile.clone().unwrap_or(config.reconcile);
    config.telemetry = options.telemetry.clone().unwrap_or(config.telemetry);
    config.worker.admin_listen = options.worker_admin_listen.clone().unwrap_or_default();
    config.facade.admin_listen = options.facade_admin_listen.clone().unwrap_or_default();
    Ok(config)
}

/// The address of a folder within the stack's own.
fn address_of(folder: &Path, name: &str) -> anyhow::Result<String> {
    let folder = std::path::absolute(folder.join(name))?;
    Ok(format!("file://{}", folder.display()))
}

/// The key in this file of the folder, made when it is missing: a folder that is kept keeps its keys.
fn key_in(folder: &Path, name: &str) -> anyhow::Result<KeyPair> {
    let path = folder.join(name);
    if path.exists() {
        return Ok(vextrus_platform::keys::read_secret_key("signing.key_file", &path)?);
    }
    let key = fresh_key();
    write_secret(&path, &key.to_secret_text())?;
    Ok(key)
}
