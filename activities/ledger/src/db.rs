//! The two databases behind one face: the same SQL text, the same Rust types, one place that tells them apart.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Connection as _, FromRow, Postgres, SqlSafeStr as _, Sqlite, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vextrus_domain::Taka;

use crate::audit::PendingEntry;
use crate::error::LedgerError;

/// How long one statement may take, below any activity's time limit.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may be waited for.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections of one process.
const CONNECTIONS: u32 = 16;

/// A ledger's database.
#[derive(Debug, Clone)]
pub struct Ledger {
    pool: Pool,
    clock: Clock,
}

/// What a transaction takes for the present.
#[derive(Debug, Clone, Copy, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// One moment, for tests of what happens at the turn of a fiscal year.
    Fixed(DateTime<Utc>),
    /// One that a test moves, in microseconds since 1970: months pass in seconds.
    Moved(&'static AtomicI64),
}

impl Clock {
    fn now(self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Fixed(at) => at,
            Self::Moved(micros) => DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default(),
        }
        .trunc_subsecs(6)
    }
}

#[derive(Debug, Clone)]
enum Pool {
    // SQLite has one writer; waiting for it in a fair queue beats the busy handler's polling.
    Sqlite { pool: SqlitePool, writer: Arc<Semaphore> },
    Postgres(PgPool),
}

/// A transaction. What is not committed never happened, its audit entries included.
#[derive(Debug)]
pub struct Tx {
    conn: Conn,
    now: DateTime<Utc>,
    pub(crate) entries: Vec<PendingEntry>,
    _writer: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
enum Conn {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// One bound value.
#[derive(Debug, Clone)]
pub(crate) enum Arg {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(bool),
    Date(Option<NaiveDate>),
    Time(Option<DateTime<Utc>>),
}

macro_rules! arg_from {
    ($($from:ty => |$v:ident| $arg:expr;)*) => {$(
        impl From<$from> for Arg { fn from($v: $from) -> Self { $arg } }
    )*};
}
arg_from! {
    &str => |v| Self::Text(Some(v.to_owned()));
    String => |v| Self::Text(Some(v));
    &String => |v| Self::Text(Some(v.clone()));
    Option<&str> => |v| Self::Text(v.map(str::to_owned));
    Option<String> => |v| Self::Text(v);
    i64 => |v| Self::Int(Some(v));
    Option<i64> => |v| Self::Int(v);
    u32 => |v| Self::Int(Some(i64::from(v)));
    Taka => |v| Self::Int(Some(v.poisha()));
    bool => |v| Self::Bool(v);
    NaiveDate => |v| Self::Date(Some(v));
    Option<NaiveDate> => |v| Self::Date(v);
    DateTime<Utc> => |v| Self::Time(Some(v.trunc_subsecs(6)));
    Option<DateTime<Utc>> => |v| Self::Time(v.map(|t| t.trunc_subsecs(6)));
}

/// The values of a statement, in the order of `$1`, `$2`, …
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Arg::from($value)),*] };
}
pub(crate) use args;

// Both arms are the same text for two databases; sqlx's traits cannot be named generically at this length.
macro_rules! bind {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for arg in $args {
            query = match arg {
                Arg::Text(v) => query.bind(v),
                Arg::Int(v) => query.bind(v),
                Arg::Bool(v) => query.bind(v),
                Arg::Date(v) => query.bind(v),
                Arg::Time(v) => query.bind(v),
            };
        }
        query
    }};
}
macro_rules! on {
    ($self:ident, $conn:ident => $body:expr) => {
        match &mut $self.conn {
            Conn::Sqlite(tx) => {
                let $conn = &mut **tx;
                $body
            }
            Conn::Postgres(tx) => {
                let $conn = &mut **tx;
                $body
            }
        }
    };
}

/// A row that both databases can give.
pub(crate) trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Row for T {}

impl Ledger {
    /// Opens a ledger by its address (`sqlite:PATH` or `postgres://…`) and brings its tables to this version.
    ///
    /// # Errors
    /// [`LedgerError::Address`], [`LedgerError::Database`] or [`LedgerError::Migration`].
    pub async fn open(address: &str) -> Result<Self, LedgerError> {
        let pool = if address.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(address)?;
            if let Some(folder) = options.get_filename().parent().filter(|f| !f.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder).map_err(sqlx::Error::Io)?;
            }
            let options = options
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(ACQUIRE_TIMEOUT);
            let pool = SqlitePoolOptions::new()
                .max_connections(CONNECTIONS)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .connect_with(options)
                .await?;
            Pool::Sqlite { pool, writer: Arc::new(Semaphore::new(1)) }
        } else if address.starts_with("postgres:") || address.starts_with("postgresql:") {
            let millis = STATEMENT_TIMEOUT.as_millis().to_string();
            let options = PgConnectOptions::from_str(address)?
                .application_name("vextrus")
                .options([("statement_timeout", millis.as_str()), ("idle_in_transaction_session_timeout", "30000")]);
            let pool = PgPoolOptions::new()
                .max_connections(CONNECTIONS)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .connect_with(options)
                .await?;
            Pool::Postgres(pool)
        } else {
            return Err(LedgerError::Address(address.split('@').next_back().unwrap_or_default().to_owned()));
        };
        let ledger = Self { pool, clock: Clock::System };
        ledger.migrate().await?;
        Ok(ledger)
    }

    /// The same database under another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    async fn migrate(&self) -> Result<(), LedgerError> {
        let is_sqlite = matches!(self.pool, Pool::Sqlite { .. });
        // The same step in two languages.
        macro_rules! either {
            ($name:literal) => {
                if is_sqlite {
                    include_str!(concat!("../migrations/", $name, ".sqlite.sql"))
                } else {
                    include_str!(concat!("../migrations/", $name, ".postgres.sql"))
                }
            };
        }
        let migration = |version, name: &'static str, sql: &'static str| {
            Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
        };
        let migrator = Migrator::with_migrations(vec![
            migration(1, "ledger", include_str!("../migrations/0001_ledger.sql")),
            migration(2, "guards", either!("0001_guards")),
            migration(3, "tax", include_str!("../migrations/0002_tax.sql")),
            migration(4, "tax guards", either!("0002_guards")),
            migration(5, "rules", include_str!("../migrations/0003_rules.sql")),
            migration(6, "rule guards", either!("0003_guards")),
            migration(7, "remade", either!("0004_remade")),
            migration(8, "approvals", include_str!("../migrations/0004_approvals.sql")),
            migration(9, "approval guards", either!("0004_guards")),
            migration(10, "employees", include_str!("../migrations/0005_employees.sql")),
            migration(11, "employee guards", either!("0005_guards")),
            migration(18, "reconcile", include_str!("../migrations/0009_reconcile.sql")),
            migration(19, "reconcile guards", either!("0009_guards")),
        ]);
        match &self.pool {
            Pool::Sqlite { pool, .. } => {
                // Tables that others refer to are made anew, which needs foreign keys off, which only works outside of a
                // transaction. sqlx locks nothing on SQLite: without one round the whole, two processes that open a new ledger
                // at once would both create its tables.
                let mut conn = pool.acquire().await?;
                sqlx::query("PRAGMA foreign_keys = OFF").execute(&mut *conn).await?;
                let migrated = migrate_sqlite(&migrator, &mut conn).await;
                sqlx::query("PRAGMA foreign_keys = ON").execute(&mut *conn).await?;
                migrated?;
            }
            Pool::Postgres(pool) => migrator.run(pool).await?,
        }
        Ok(())
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn begin(&self) -> Result<Tx, LedgerError> {
        let (conn, writer) = match &self.pool {
            Pool::Sqlite { pool, writer } => {
                let permit = Arc::clone(writer).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
                (Conn::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?), Some(permit))
            }
            Pool::Postgres(pool) => (Conn::Postgres(pool.begin().await?), None),
        };
        Ok(Tx { conn, now: self.clock.now(), entries: Vec::new(), _writer: writer })
    }

    /// Begins a transaction that only reads.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn read(&self) -> Result<Tx, LedgerError> {
        let conn = match &self.pool {
            Pool::Sqlite { pool, .. } => Conn::Sqlite(pool.begin().await?),
            Pool::Postgres(pool) => {
                Conn::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?)
            }
        };
        Ok(Tx { conn, now: self.clock.now(), entries: Vec::new(), _writer: None })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`LedgerError::Database`] when it does not.
    pub async fn ping(&self) -> Result<(), LedgerError> {
        match &self.pool {
            Pool::Sqlite { pool, .. } => sqlx::query("SELECT 1").execute(pool).await.map(drop)?,
            Pool::Postgres(pool) => sqlx::query("SELECT 1").execute(pool).await.map(drop)?,
        }
        Ok(())
    }

    /// Closes all connections.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite { pool, .. } => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

async fn migrate_sqlite(migrator: &Migrator, conn: &mut SqliteConnection) -> Result<(), LedgerError> {
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
    // `run` itself cannot be named here: "implementation of `Acquire` is not general enough".
    migrator.run_direct(None, &mut *tx, false).await?;
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *tx).await?.len();
    if broken > 0 {
        return Err(LedgerError::corrupt("foreign key", format!("{broken} rows refer to nothing after the migration")));
    }
    tx.commit().await?;
    Ok(())
}

impl Tx {
    /// When the transaction began, in microseconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Commits, with the audit entries that were added on the way.
    ///
    /// # Errors
    /// [`LedgerError::Database`]; nothing has been written then, or, when the connection broke, perhaps all of it.
    pub async fn commit(mut self) -> Result<(), LedgerError> {
        crate::audit::flush(&mut self).await?;
        match self.conn {
            Conn::Sqlite(tx) => tx.commit().await?,
            Conn::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Rolls back.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn rollback(self) -> Result<(), LedgerError> {
        match self.conn {
            Conn::Sqlite(tx) => tx.rollback().await?,
            Conn::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    pub(crate) async fn exec(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<u64, LedgerError> {
        Ok(on!(self, conn => bind!(sqlx::query(sql), args).execute(conn).await?.rows_affected()))
    }

    pub(crate) async fn all<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<T>, LedgerError> {
        Ok(on!(self, conn => bind!(sqlx::query_as(sql), args).fetch_all(conn).await?))
    }

    pub(crate) async fn opt<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Option<T>, LedgerError> {
        Ok(on!(self, conn => bind!(sqlx::query_as(sql), args).fetch_optional(conn).await?))
    }

    pub(crate) async fn one<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<T, LedgerError> {
        Ok(on!(self, conn => bind!(sqlx::query_as(sql), args).fetch_one(conn).await?))
    }

    /// Runs one statement of the caller's own, for tests that look behind the ledger's face.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn raw(&mut self, sql: &'static str) -> Result<u64, LedgerError> {
        self.exec(sql, Vec::new()).await
    }
}
