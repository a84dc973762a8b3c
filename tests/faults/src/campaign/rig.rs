//! The fleet: two workers and a facade in processes of their own, a PostgreSQL and a Temporal with a file, and a wire to each that can
//! be cut.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tempfile::TempDir;
use temporalio_client::WorkflowDescribeOptions;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use vextrus_domain::Taka;
use vextrus_domain::signature::{AcceptedKeys, KeyPair};
use vextrus_facade::dev_tokens;
use vextrus_invoice::InvoiceApproval;
use vextrus_ledger::Ledger;
use vextrus_ledger::masterdata::Company;
use vextrus_starter_cli::client::Client;
use vextrus_starter_cli::stack::found;
use vextrus_temporal::{ConnectOptions, DevServer, DevServerOptions, connect_to, ensure_search_attributes};
use vextrus_tests_support::postgres::Server;
use vextrus_tests_support::proxy::{Proxy, Target};
use vextrus_tests_support::raw::Raw;

use super::{Fault, Member, Role, Wire};
use crate::process::Process;

/// How many workers there are.
pub const WORKERS: usize = 2;
const ISSUER: &str = "campaign";
const DATABASE: &str = "campaign";
/// How long the facade may take to come up, other parts being down meanwhile.
const UP_WITHIN: Duration = Duration::from_secs(60);
const TOKEN_LIFE: Duration = Duration::from_secs(6 * 3600);

/// The fleet.
pub struct Rig {
    program: &'static str,
    folder: TempDir,
    postgres: Server,
    to_postgres: Proxy,
    temporal: Option<DevServer>,
    to_temporal: Proxy,
    to_facade: Proxy,
    workers: [Option<Process>; WORKERS],
    facade: Option<Process>,
    issuer: KeyPair,
    sealing: KeyPair,
    /// The company.
    pub company: Company,
}

impl Rig {
    /// Starts all of it. `program` is `fault-member`.
    ///
    /// # Errors
    /// What could not be started.
    pub async fn start(program: &'static str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let postgres = Server::durable().await;
        postgres.create(DATABASE).await;
        let to_postgres = Proxy::to(Target::Unix(postgres.socket())).await?;
        let temporal = temporal(folder.path()).await?;
        let to_temporal = Proxy::to(Target::Tcp(temporal.address.clone())).await?;
        let client = connect_to(&temporal.address, "default", ConnectOptions::default()).await?;
        ensure_search_attributes(&client, "default").await?;
        let to_facade = Proxy::to(Target::Tcp(String::new())).await?;
        let (signing, issuer, sealing) =
            (KeyPair::from_seed(&[7; 32]), KeyPair::from_seed(&[8; 32]), KeyPair::from_seed(&[9; 32]));
        let mut rig = Self {
            program,
            folder,
            postgres,
            to_postgres,
            temporal: Some(temporal),
            to_temporal,
            to_facade,
            workers: [None, None],
            facade: None,
            issuer,
            sealing,
            company: serde_json::from_str(include_str!("../../../../examples/company.json"))?,
        };
        // Enough for a campaign of any length.
        rig.company.budgets.iter_mut().for_each(|budget| budget.allocated = Taka::whole(1_000_000_000));
        rig.configure(&signing)?;
        let ledger = rig.ledger().await?;
        found(&ledger, &rig.company).await?;
        ledger.close().await;
        for which in 0..WORKERS {
            rig.start_worker(which, Duration::ZERO)?;
        }
        rig.start_facade().await?;
        Ok(rig)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, signing: &KeyPair) -> anyhow::Result<()> {
        std::fs::write(self.path("signing.key"), signing.to_secret_text())?;
        std::fs::write(self.path("audit.key"), self.sealing.to_secret_text())?;
        std::fs::write(self.path("jwks.json"), dev_tokens::jwks_json(&self.issuer))?;
        let config = format!(
            "[ledger]\naddress = \"{}\"\n[signing]\nkey_file = \"{}\"\naccepted_keys = \"{}\"\n\
             [auth]\nissuer = \"{ISSUER}\"\njwks_file = \"{}\"\n[facade]\nlisten = \"127.0.0.1:0\"\n\
             [steps]\ntimeout_millis = 2000\n\
             [audit]\nkey_file = \"{}\"\naccepted_keys = \"{}\"\nseal_every_millis = 200\nexport = \"{}\"\n",
            Server::address_by(self.to_postgres.address.port(), DATABASE),
            self.path("signing.key").display(),
            signing.public_text(),
            self.path("jwks.json").display(),
            self.path("audit.key").display(),
            self.sealing.public_text(),
            self.checkpoints(),
        );
        Ok(std::fs::write(self.path("vextrus.toml"), config)?)
    }

    /// The ledger, past every wire, once its server is up.
    ///
    /// # Errors
    /// A server that does not answer.
    pub async fn ledger(&self) -> anyhow::Result<Ledger> {
        self.postgres.wait_until_it_answers().await;
        Ok(Ledger::open(&self.address()).await?)
    }

    /// The ledger's address, past every wire.
    #[must_use]
    pub fn address(&self) -> String {
        self.postgres.owners(DATABASE)
    }

    /// Where checkpoints are taken to.
    #[must_use]
    pub fn checkpoints(&self) -> String {
        format!("file://{}", self.path("checkpoints").display())
    }

    /// The keys of checkpoints.
    ///
    /// # Errors
    /// None: it is a key.
    pub fn checkpoint_keys(&self) -> anyhow::Result<AcceptedKeys> {
        Ok(AcceptedKeys::from_public_texts([self.sealing.public_text().as_str()])?)
    }

    /// A person's connection to the facade.
    ///
    /// # Errors
    /// A facade that does not answer.
    pub async fn person(&self, person: &str) -> anyhow::Result<Client> {
        let (tenant, person) = (&self.company.tenant, person.parse()?);
        let token = dev_tokens::mint(&self.issuer, ISSUER, "vextrus", tenant, &person, TOKEN_LIFE)?;
        Client::new(&format!("http://{}", self.to_facade.address), tenant.as_str(), &token).await
    }

    fn process(&self, role: Role, clock_behind: Duration) -> anyhow::Result<Process> {
        let member = Member {
            role,
            config: self.path("vextrus.toml"),
            temporal: self.to_temporal.address.to_string(),
            clock_behind_micros: i64::try_from(clock_behind.as_micros())?,
        };
        Process::start(self.program, &member, Stdio::piped())
    }

    fn start_worker(&mut self, which: usize, clock_behind: Duration) -> anyhow::Result<()> {
        self.workers[which] = Some(self.process(Role::Worker, clock_behind)?);
        Ok(())
    }

    /// Starts the facade, again and again where it cannot reach what it needs.
    async fn start_facade(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + UP_WITHIN;
        loop {
            anyhow::ensure!(Instant::now() < deadline, "the facade did not come up within {UP_WITHIN:?}");
            let mut process = self.process(Role::Facade, Duration::ZERO)?;
            let out = process.child.stdout.take().context("the facade has no stdout")?;
            if let Some(address) = BufReader::new(out).lines().next_line().await? {
                self.to_facade.lead_to(Target::Tcp(address));
                self.facade = Some(process);
                return Ok(());
            }
        }
    }

    /// Starts again what has ended by itself: a worker ends where it cannot come up, as its orchestrator would see.
    ///
    /// # Errors
    /// A process that cannot be started.
    pub fn tend(&mut self) -> anyhow::Result<()> {
        for which in 0..WORKERS {
            let ended = match &mut self.workers[which] {
                Some(process) => process.child.try_wait()?.is_some(),
                None => true,
            };
            if ended {
                self.start_worker(which, Duration::ZERO)?;
            }
        }
        Ok(())
    }

    fn wire(&self, wire: Wire) -> &Proxy {
        match wire {
            Wire::Postgres => &self.to_postgres,
            Wire::Temporal => &self.to_temporal,
            Wire::Facade => &self.to_facade,
        }
    }

    /// Lets something go wrong, and mends it.
    ///
    /// # Errors
    /// What could not be started again.
    pub async fn suffer(&mut self, fault: Fault) -> anyhow::Result<()> {
        match fault {
            Fault::Worker { which, gone, clock_behind } => {
                if let Some(mut process) = self.workers[which].take() {
                    process.child.kill().await?;
                }
                tokio::time::sleep(gone).await;
                self.start_worker(which, clock_behind)?;
            }
            Fault::Facade { gone } => {
                if let Some(mut process) = self.facade.take() {
                    process.child.kill().await?;
                }
                tokio::time::sleep(gone).await;
                self.start_facade().await?;
            }
            Fault::Postgres => self.postgres.crash(),
            Fault::Temporal { gone } => {
                if let Some(server) = self.temporal.take() {
                    server.shutdown().await?;
                }
                tokio::time::sleep(gone).await;
                let server = temporal(self.folder.path()).await?;
                self.to_temporal.lead_to(Target::Tcp(server.address.clone()));
                self.temporal = Some(server);
            }
            Fault::Cut(wire) => self.wire(wire).cut(),
            Fault::Stall { wire, lasts } => {
                self.wire(wire).stall(true);
                tokio::time::sleep(lasts).await;
                self.wire(wire).stall(false);
            }
        }
        self.tend()
    }

    /// A connection to Temporal, past every wire.
    ///
    /// # Errors
    /// A server that does not answer.
    pub async fn temporal(&self) -> anyhow::Result<temporalio_client::Client> {
        let server = self.temporal.as_ref().context("Temporal is not running")?;
        Ok(connect_to(&server.address, "default", ConnectOptions::default()).await?)
    }

    /// What is open, and what its workflows wait for: for whoever asks why a campaign has not come to its end.
    ///
    /// # Errors
    /// A server that does not answer.
    pub async fn open(&self) -> anyhow::Result<Vec<String>> {
        let mut raw = Raw::open(&self.address()).await;
        let open =
            "SELECT document || ' ' || kind || ' ' || state FROM documents WHERE state NOT IN ('settled', 'closed')";
        let mut lines = raw.texts(open).await;
        let client = self.temporal().await?;
        for line in &mut lines {
            let mut words = line.split(' ').map(str::to_owned);
            let (document, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let steps = format!("SELECT step FROM effects WHERE document = '{document}' ORDER BY at");
            line.push_str(&format!(" {:?}", raw.texts(&steps).await));
            let id = format!("{kind}/{}/{document}/1", self.company.tenant);
            let handle = client.get_workflow_handle::<InvoiceApproval>(id);
            match handle.describe(WorkflowDescribeOptions::default()).await {
                Ok(seen) => {
                    let seen = seen.raw_description;
                    let task = seen.pending_workflow_task.map(|t| (t.state, t.attempt));
                    line.push_str(&format!(" task {task:?}"));
                    for activity in seen.pending_activities {
                        let why = activity.last_failure.map(|f| f.message);
                        line.push_str(&format!(" {:?} attempt {}: {why:?}", activity.activity_type, activity.attempt));
                    }
                }
                Err(error) => line.push_str(&format!(" {error:?}")),
            }
        }
        Ok(lines)
    }

    /// Ends all of it.
    ///
    /// # Errors
    /// What does not end.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        for process in self.workers.iter_mut().chain([&mut self.facade]).flatten() {
            process.child.kill().await?;
        }
        match self.temporal.take() {
            Some(server) => Ok(server.shutdown().await?),
            None => Ok(()),
        }
    }
}

/// A server that keeps its workflows in a file, and is killed when it is ended.
async fn temporal(folder: &Path) -> anyhow::Result<DevServer> {
    let options = DevServerOptions {
        db_file: Some(folder.join("temporal.db")),
        grace: Duration::ZERO,
        ..DevServerOptions::default()
    };
    Ok(DevServer::start(options).await?)
}
