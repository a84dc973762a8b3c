//! A ledger for one test, on either database, and the macro that runs one scenario on both.

use std::ops::Deref;

use tempfile::TempDir;
use vextrus_ledger::Ledger;

use crate::postgres;
use crate::raw::Raw;

/// A database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// An empty database that goes away with the test.
#[derive(Debug)]
pub struct Database {
    /// Which.
    pub engine: Engine,
    /// Where.
    pub address: String,
    _folder: Option<TempDir>,
}

impl Database {
    /// A new one.
    pub async fn create(engine: Engine) -> Self {
        let (address, folder) = match engine {
            Engine::Postgres => (postgres::fresh_database().await, None),
            Engine::Sqlite => {
                let folder = tempfile::Builder::new().prefix("vextrus-sqlite-").tempdir().unwrap();
                (format!("sqlite:{}", folder.path().join("ledger.db").display()), Some(folder))
            }
        };
        Self { engine, address, _folder: folder }
    }

    /// A connection of the test's own.
    pub async fn raw(&self) -> Raw {
        Raw::open(&self.address).await
    }
}

/// A ledger with its database.
#[derive(Debug)]
pub struct TestLedger {
    // Before the database, so that its connections close before the file goes.
    ledger: Ledger,
    /// What it stands on.
    pub database: Database,
}

impl Deref for TestLedger {
    type Target = Ledger;

    fn deref(&self) -> &Ledger {
        &self.ledger
    }
}

/// What a scenario is given.
pub trait Fixture: Sized {
    /// Makes it on an empty database.
    fn build(database: Database) -> impl Future<Output = Self>;

    /// What must hold after every scenario.
    fn after(&self) -> impl Future<Output = ()> {
        async {}
    }
}

impl Fixture for Database {
    async fn build(database: Database) -> Self {
        database
    }
}

impl Fixture for TestLedger {
    async fn build(database: Database) -> Self {
        Self { ledger: Ledger::open(&database.address).await.unwrap(), database }
    }
}

/// Runs a scenario on one engine.
pub fn run<F: Fixture>(engine: Engine, scenario: impl AsyncFnOnce(&F)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let fixture = F::build(Database::create(engine).await).await;
        scenario(&fixture).await;
        fixture.after().await;
    });
}

/// Runs `times` tasks at once and answers their results in order. A task that panics fails the test.
pub async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    times: usize,
    task: impl Fn(usize) -> F,
) -> Vec<T> {
    all_at_once((0..times).map(task)).await
}

/// The same for tasks that have been made already.
pub async fn all_at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    tasks: impl IntoIterator<Item = F>,
) -> Vec<T> {
    let running: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::with_capacity(running.len());
    for one in running {
        results.push(one.await.unwrap());
    }
    results
}

/// One test for each engine from each scenario, an `async fn(&F)` where `F` is a [`Fixture`].
///
/// A scenario that is written and not listed is dead code, which the compiler reports.
#[macro_export]
macro_rules! on_both {
    ($($scenario:ident),+ $(,)?) => {$(
        mod $scenario {
            #[test]
            fn sqlite() {
                $crate::ledgers::run($crate::ledgers::Engine::Sqlite, super::$scenario);
            }

            #[test]
            fn postgres() {
                $crate::ledgers::run($crate::ledgers::Engine::Postgres, super::$scenario);
            }
        }
    )+};
}
