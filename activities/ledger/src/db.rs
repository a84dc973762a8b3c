//! The two databases behind one face: the same SQL text, the same Rust types, one place that tells them apart.

use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Postgres, Transaction};
use vextrus_domain::TenantId;
use vextrus_platform::config::LedgerConfig;

use crate::error::LedgerError;
use crate::retry;
use crate::rules::Kept;

mod counted;
mod health;
mod migrate;
mod turn;
mod tx;

use counted::Held;
use turn::Line;
pub(crate) use tx::{Arg, Conn, Kind, MOST_ROWS, Row, Scope, args, places};
pub use tx::{Plan, Plans, Tx};

/// The version of the tables.
pub(crate) const TABLES_VERSION: &str = "SELECT max(version) FROM _sqlx_migrations";
/// Before and after every time that a ledger holds. PostgreSQL's time ends before chrono's.
pub(crate) const EARLIEST: DateTime<Utc> = DateTime::UNIX_EPOCH;
pub(crate) const LATEST: DateTime<Utc> = match DateTime::from_timestamp(253_402_214_400, 0) {
    Some(latest) => latest,
    None => DateTime::UNIX_EPOCH,
};
/// How long a transaction of PostgreSQL may rest between two statements before its locks are taken from it.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(30);
/// How long a replica may be waited for before the primary is asked in its place.
const REPLICA_WITHIN: Duration = Duration::from_secs(1);

/// A ledger's database.
#[derive(Debug, Clone)]
pub struct Ledger {
    pool: Pool,
    /// Where lists and reports are read; none is from the pool.
    replica: Option<PgPool>,
    clock: Clock,
    /// Where the plans of its statements are kept, once a test wants them.
    plans: Arc<OnceLock<Plans>>,
    /// What was made of the rules that it holds.
    rules: Arc<Kept>,
}

/// What a transaction takes for the present.
#[derive(Debug, Clone, Copy, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// One moment, for tests of what happens at the turn of a fiscal year.
    Fixed(DateTime<Utc>),
    /// The machine's clock, behind by so many microseconds: the clock of another machine.
    Behind(i64),
    /// One that a test moves, in microseconds since 1970: months pass in seconds.
    Moved(&'static AtomicI64),
}

impl Clock {
    fn now(self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Fixed(at) => at,
            Self::Behind(micros) => Utc::now() - TimeDelta::microseconds(micros),
            Self::Moved(micros) => DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default(),
        }
        .trunc_subsecs(6)
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Pool {
    Sqlite { pool: SqlitePool, writers: Line },
    Postgres(PgPool),
}

impl Ledger {
    /// Opens a ledger by its address (`sqlite:PATH` or `postgres://…`), with the defaults for all else, and brings its tables to
    /// this version.
    ///
    /// # Errors
    /// As [`Self::open_as`].
    pub async fn open(address: &str) -> Result<Self, LedgerError> {
        Self::open_as(&LedgerConfig::at(address)).await
    }

    /// Opens a ledger as it is configured, and brings its tables to this version.
    ///
    /// # Errors
    /// [`LedgerError::Address`], [`LedgerError::Replica`], [`LedgerError::Database`] or [`LedgerError::Migration`].
    pub async fn open_as(config: &LedgerConfig) -> Result<Self, LedgerError> {
        let address = config.address.as_str();
        let acquire = Duration::from_millis(config.acquire_timeout_millis);
        migrate::migrate(address).await?;
        let mut ledger = Self {
            pool: Pool::open(config, address, acquire).await?,
            replica: None,
            clock: Clock::System,
            plans: Arc::default(),
            rules: Arc::default(),
        };
        if !config.replica_address.is_empty() {
            ledger.replica = Some(ledger.open_replica(config).await?);
        }
        Ok(ledger)
    }

    /// Opens a ledger for a process that stays: what is wrong with the database's file is found before anybody relies on it.
    ///
    /// # Errors
    /// As [`Self::open_as`], and [`LedgerError::Damaged`].
    pub async fn open_to_serve(config: &LedgerConfig) -> Result<Self, LedgerError> {
        let ledger = Self::open_as(config).await?;
        let damage = ledger.damage().await?;
        if !damage.is_empty() {
            return Err(LedgerError::Damaged(damage.join("; ")));
        }
        if ledger.is_postgres() && !ledger.guards_tenants().await? {
            tracing::warn!(
                "the database's role passes row security: only the program keeps companies apart; see docs/database.md"
            );
        }
        Ok(ledger)
    }

    /// The same database under another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Begins a transaction that writes, of one tenant: it sees and takes no other's rows.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn begin(&self, tenant: &TenantId) -> Result<Tx, LedgerError> {
        self.begin_in(Scope::Tenant(tenant.clone())).await
    }

    /// Begins a transaction that writes for all tenants. For what serves the whole ledger; business steps are of one tenant.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn begin_for_all(&self) -> Result<Tx, LedgerError> {
        self.begin_in(Scope::All).await
    }

    async fn begin_in(&self, scope: Scope) -> Result<Tx, LedgerError> {
        let began = Instant::now();
        let (conn, turn) = match &self.pool {
            Pool::Sqlite { pool, writers } => {
                let turn = writers.turn().await?;
                (Conn::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?), Some(turn))
            }
            Pool::Postgres(pool) => (Conn::Postgres(begin(pool, format!("BEGIN; {}", scope.setting())).await?), None),
        };
        counted::waited(began);
        Ok(Tx { held: Some(Held::begin()), _turn: turn, ..self.opened(conn, scope) })
    }

    /// Begins a transaction that only reads, of one tenant. It sees whatever was committed before.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn read(&self, tenant: &TenantId) -> Result<Tx, LedgerError> {
        self.read_in(Scope::Tenant(tenant.clone()), None).await
    }

    /// Begins a transaction that only reads, for all tenants.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn read_for_all(&self) -> Result<Tx, LedgerError> {
        self.read_in(Scope::All, None).await
    }

    /// Begins a transaction that only reads, of one tenant, for lists and reports: from the replica where there is one, so that it
    /// may be a moment behind. What must see its own writes takes [`Self::read`].
    ///
    /// # Errors
    /// [`LedgerError::Database`]: the primary does not answer either.
    pub async fn report(&self, tenant: &TenantId) -> Result<Tx, LedgerError> {
        let scope = Scope::Tenant(tenant.clone());
        if let Some(replica) = &self.replica {
            // A replica that is away makes lists slower, and not wrong.
            if let Ok(tx) = self.read_in(scope.clone(), Some(replica)).await {
                return Ok(tx);
            }
        }
        self.read_in(scope, None).await
    }

    async fn read_in(&self, scope: Scope, replica: Option<&PgPool>) -> Result<Tx, LedgerError> {
        let began = Instant::now();
        let conn = match &self.pool {
            Pool::Sqlite { pool, .. } => Conn::Sqlite(pool.begin().await?),
            Pool::Postgres(pool) => {
                let sql = format!("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; {}", scope.setting());
                Conn::Postgres(begin(replica.unwrap_or(pool), sql).await?)
            }
        };
        counted::waited(began);
        Ok(self.opened(conn, scope))
    }

    fn opened(&self, conn: Conn, scope: Scope) -> Tx {
        let now = self.clock.now();
        Tx {
            conn,
            scope,
            now,
            entries: Vec::new(),
            ties: Vec::new(),
            events: Vec::new(),
            counted: Vec::new(),
            plans: self.plans.get().cloned(),
            rules: Arc::clone(&self.rules),
            held: None,
            _turn: None,
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`LedgerError::Database`] when it does not.
    pub async fn ping(&self) -> Result<(), LedgerError> {
        match &self.pool {
            Pool::Sqlite { pool, .. } => sqlx::query("SELECT 1").execute(pool).await.map(drop)?,
            Pool::Postgres(pool) => begin(pool, "BEGIN".to_owned()).await?.rollback().await?,
        }
        Ok(())
    }

    /// Closes all connections.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite { pool, .. } => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
        if let Some(replica) = &self.replica {
            replica.close().await;
        }
    }

    /// A replica of the same version. One that is behind would be asked for columns that it does not have.
    async fn open_replica(&self, config: &LedgerConfig) -> Result<PgPool, LedgerError> {
        let wrong = |why: String| LedgerError::Replica(why);
        let address = config.replica_address.as_str();
        let acquire = Duration::from_millis(config.acquire_timeout_millis).min(REPLICA_WITHIN);
        let (Pool::Postgres(primary), true) = (&self.pool, is_postgres(address)) else {
            return Err(wrong(
                "only a PostgreSQL ledger has one, and only another PostgreSQL server can be it".to_owned(),
            ));
        };
        let replica = open_postgres(config, address, acquire).await.map_err(|e| wrong(e.to_string()))?;
        let ours: i64 = sqlx::query_scalar(TABLES_VERSION).fetch_one(primary).await?;
        let theirs: Result<i64, _> = sqlx::query_scalar(TABLES_VERSION).fetch_one(&replica).await;
        match theirs {
            Ok(theirs) if theirs == ours => Ok(replica),
            Ok(theirs) => Err(wrong(format!(
                "its tables are of version {theirs}, the primary's of {ours}; wait until it has caught up"
            ))),
            Err(error) => Err(wrong(error.to_string())),
        }
    }
}

impl Pool {
    async fn open(config: &LedgerConfig, address: &str, acquire: Duration) -> Result<Self, LedgerError> {
        if is_sqlite(address) {
            let options = SqliteConnectOptions::from_str(address)?
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(acquire);
            let writers = Line::of(options.get_filename(), acquire)?;
            // A connection is none that could be lost.
            let pool = SqlitePoolOptions::new()
                .max_connections(config.connections)
                .acquire_timeout(acquire)
                .test_before_acquire(false)
                .connect_with(options)
                .await?;
            Ok(Self::Sqlite { pool, writers })
        } else if is_postgres(address) {
            Ok(Self::Postgres(open_postgres(config, address, acquire).await?))
        } else {
            Err(no_ledger(address))
        }
    }
}

async fn open_postgres(config: &LedgerConfig, address: &str, acquire: Duration) -> Result<PgPool, sqlx::Error> {
    // A wait for a lock ends before the statement does, so that it can be told from a slow statement and begun again.
    let (statement, lock) = (config.statement_timeout_millis, config.statement_timeout_millis / 2);
    let options = PgConnectOptions::from_str(address)?.application_name("vextrus").options([
        ("statement_timeout", statement.to_string()),
        ("lock_timeout", lock.to_string()),
        ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION.as_millis().to_string()),
    ]);
    // What is lost meanwhile shows when a transaction begins, without a round trip of its own: see `begin`.
    PgPoolOptions::new()
        .max_connections(config.connections)
        .acquire_timeout(acquire)
        .test_before_acquire(false)
        .connect_with(options)
        .await
}

/// Begins a transaction. A connection that was lost while it lay idle is left aside for another, of which as many may be lost.
async fn begin(pool: &PgPool, sql: String) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let mut others = pool.options().get_max_connections();
    loop {
        match pool.begin_with(AssertSqlSafe(sql.clone())).await {
            Err(error) if others > 0 && retry::is_broken(&error) => others -= 1,
            begun => return begun,
        }
    }
}

/// Whatever stands before the `@` may be a password, and is not repeated.
fn no_ledger(address: &str) -> LedgerError {
    LedgerError::Address(address.split('@').next_back().unwrap_or_default().to_owned())
}

fn is_sqlite(address: &str) -> bool {
    address.starts_with("sqlite:")
}

fn is_postgres(address: &str) -> bool {
    address.starts_with("postgres:") || address.starts_with("postgresql:")
}
