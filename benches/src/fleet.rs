//! All that is measured: a Temporal server, a database, a worker and a facade, each in a process of its own, and this one, the load.

use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::routing::post;
use clap::ValueEnum;
use serde::Serialize;
use tokio::net::TcpListener;
use vextrus_domain::vendor::Vendor;
use vextrus_ledger::check;
use vextrus_ledger::masterdata::Company;
use vextrus_starter_cli::stack::{Stack, StackOptions};
use vextrus_tests_support::ledgers::{Database, Engine as TestEngine};
use vextrus_tests_support::raw::Raw;

use crate::mix::{self, VENDORS};
use crate::part::{Part, Role};
use crate::process::Process;
use crate::scrape::Counts;
use crate::story::People;

/// How long a day lasts for employees: an onboarding of half a year so takes some twenty seconds.
const DAY: Duration = Duration::from_millis(100);

/// The ledger's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Engine {
    /// In the worker and in the facade, `synchronous=FULL`.
    Sqlite,
    /// A server of its own, `fsync=on`.
    Postgres,
}

impl Engine {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// Everything that runs.
pub(crate) struct Fleet {
    pub(crate) stack: Stack,
    pub(crate) company: Company,
    pub(crate) engine: Engine,
    pub(crate) worker: Part,
    pub(crate) facade: Part,
    pub(crate) people: People,
    server: Option<Process>,
    database: Option<Process>,
    load: Process,
    /// Where spans are sent.
    sink: String,
    folder: tempfile::TempDir,
}

/// What was found of each process, or of some of them; none where it is not known.
pub(crate) type ByProcess = Vec<(&'static str, Option<u64>)>;

/// What has been used up to now. CPU times in microseconds, by process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Used {
    pub(crate) cpu_us: ByProcess,
    pub(crate) worker: Option<Counts>,
    pub(crate) facade: Option<Counts>,
}

impl Fleet {
    /// Starts everything.
    pub(crate) async fn start(engine: Engine, is_watched: bool) -> anyhow::Result<Self> {
        let address = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Database::create(TestEngine::Postgres).await.address),
        };
        let database = match &address {
            Some(address) => {
                let id = Raw::open(address).await.number("SELECT CAST(pg_backend_pid() AS BIGINT)").await;
                Process::of(u32::try_from(id)?).parent().map(Process::with_children)
            }
            None => None,
        };
        let options = StackOptions { ledger: address, day: Some(DAY), ..StackOptions::default() };
        let mut stack = Stack::start(options).await?;
        // The one in this process would be measured together with the load.
        stack.stop_worker().await?;
        let company = company()?;
        stack.found(&company).await?;
        let sink = sink().await?;
        let folder = tempfile::tempdir().context("no temporary folder")?;
        let seen = is_watched.then_some(sink.as_str());
        let worker = Part::start(Role::Worker, &stack, folder.path(), seen).await?;
        let facade = Part::start(Role::Facade, &stack, folder.path(), seen).await?;
        let people = connect(&stack, &company, &facade.url).await?;
        let port = stack.temporal.rsplit(':').next().context("a server without a port")?;
        let server = Process::called(&["--port", port]);
        let load = Process::of(std::process::id());
        Ok(Self { stack, company, engine, worker, facade, people, server, database, load, sink, folder })
    }

    /// Puts another worker and another facade in their place, which tell of themselves or do not.
    pub(crate) async fn renew(self, is_watched: bool) -> anyhow::Result<Self> {
        self.worker.stop().await?;
        self.facade.stop().await?;
        let seen = is_watched.then_some(self.sink.as_str());
        let worker = Part::start(Role::Worker, &self.stack, self.folder.path(), seen).await?;
        let facade = Part::start(Role::Facade, &self.stack, self.folder.path(), seen).await?;
        let people = connect(&self.stack, &self.company, &facade.url).await?;
        Ok(Self { worker, facade, people, ..self })
    }

    /// What everything has used.
    pub(crate) async fn used(&self) -> anyhow::Result<Used> {
        let cpu_us =
            self.processes().into_iter().map(|(name, process)| (name, process.and_then(Process::cpu_us))).collect();
        Ok(Used { cpu_us, worker: self.worker.counts().await?, facade: self.facade.counts().await? })
    }

    /// The most memory that each process has had since [`Self::forget_peaks`], in KiB.
    pub(crate) fn peaks_kib(&self) -> ByProcess {
        self.processes().into_iter().map(|(name, process)| (name, process.and_then(Process::peak_kib))).collect()
    }

    /// Lets the peaks be of what comes now.
    pub(crate) fn forget_peaks(&self) {
        self.processes().into_iter().filter_map(|(_, process)| process).for_each(Process::forget_peak);
    }

    fn processes(&self) -> Vec<(&'static str, Option<&Process>)> {
        let mut all = vec![("worker", Some(&self.worker.process)), ("facade", Some(&self.facade.process))];
        if self.engine == Engine::Postgres {
            all.push(("database", self.database.as_ref()));
        }
        all.extend([("server", self.server.as_ref()), ("load", Some(&self.load))]);
        all
    }

    /// Stops everything. What was measured must also be right.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.worker.stop().await?;
        self.facade.stop().await?;
        let tenant = &self.company.tenant;
        let mut tx = self.stack.ledger.read(tenant).await?;
        let wrong = check::check(&mut tx, tenant).await?;
        anyhow::ensure!(wrong.is_empty(), "the ledger is not sound: {}", wrong.join("; "));
        tx.rollback().await?;
        self.stack.stop().await
    }
}

/// Connects everybody, once the facade answers.
async fn connect(stack: &Stack, company: &Company, facade: &str) -> anyhow::Result<People> {
    let mut tries = 0;
    loop {
        match People::connect(stack, company, facade).await {
            Err(_) if tries < 100 => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            people => return people,
        }
    }
}

/// The example company with budgets that suffice and with more vendors.
fn company() -> anyhow::Result<Company> {
    let mut company: serde_json::Value = serde_json::from_str(include_str!("../../examples/company.json"))?;
    for budget in company["budgets"].as_array_mut().into_iter().flatten() {
        budget["allocated"] = "900000000000.00".into();
    }
    let mut company: Company = serde_json::from_value(company)?;
    let like = company.vendors.clone();
    for number in 0..VENDORS {
        for known in &like {
            company.vendors.push(Vendor { id: mix::vendor(known.id.as_str(), number).parse()?, ..known.clone() });
        }
    }
    Ok(company)
}

/// Takes spans and throws them away.
async fn sink() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/v1/traces", post(async |_: axum::body::Bytes| ""));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(format!("http://{address}"))
}
