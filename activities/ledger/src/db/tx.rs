//! A transaction: its statements, their values, and the company that it is held to.
//!
//! A statement's most rows are `LIMIT CAST($n AS BIGINT)`: for a bare `LIMIT $n`, SQLite looks at the value when it plans, and so plans the
//! statement anew each time it runs.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow, Postgres, Row as _, Sqlite, Transaction};
use vextrus_domain::{Taka, TenantId};

use super::counted::{self, Counted, Held, Statement};
use super::turn::Turn;
use crate::audit::{PendingEntry, PendingTie};
use crate::error::LedgerError;
use crate::outbox::PendingEvent;
use crate::retry;
use crate::rules::Kept;

/// Whose rows a transaction may see and write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// One company's.
    Tenant(TenantId),
    /// Those of all companies: for what serves the whole ledger, such as the dispatcher of the outbox.
    All,
}

impl Scope {
    /// What PostgreSQL's policies take for every company. No tenant can have this id.
    pub(super) const EVERY_TENANT: &'static str = "*";

    /// The statement by which a transaction of PostgreSQL is bound to its scope until it ends. A tenant's id is made of letters,
    /// digits, '.', '_' and '-' alone, so that it can stand in the text; in the text, it costs no round trip of its own.
    pub(crate) fn setting(&self) -> String {
        let tenant = match self {
            Self::Tenant(tenant) => tenant.as_str(),
            Self::All => Self::EVERY_TENANT,
        };
        format!("SET LOCAL vextrus.tenant = '{tenant}'")
    }

    /// Whether a statement stays within the scope. It does where it names no tenant, or this one among its values.
    fn allows(&self, sql: &str, args: &[Arg]) -> bool {
        let Self::Tenant(tenant) = self else { return true };
        !sql.contains("tenant")
            || args.iter().any(|arg| matches!(arg, Arg::Text(Some(text)) if text == tenant.as_str()))
    }
}

/// A transaction. What is not committed never happened, its events and audit entries included.
#[derive(Debug)]
pub struct Tx {
    pub(super) conn: Conn,
    pub(super) scope: Scope,
    pub(super) now: DateTime<Utc>,
    pub(crate) entries: Vec<PendingEntry>,
    pub(crate) ties: Vec<PendingTie>,
    pub(crate) events: Vec<PendingEvent>,
    pub(super) counted: Vec<Counted>,
    /// Where somebody wants to know how its statements go.
    pub(super) plans: Option<Plans>,
    /// What was made of rules.
    pub(crate) rules: Arc<Kept>,
    /// Of one that writes.
    pub(super) held: Option<Held>,
    /// Of one that writes an SQLite file.
    pub(super) _turn: Option<Turn>,
}

#[derive(Debug)]
pub(crate) enum Conn {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// One bound value.
#[derive(Debug, Clone)]
pub(crate) enum Arg {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(Option<bool>),
    Date(Option<NaiveDate>),
    Time(Option<DateTime<Utc>>),
}

/// What a column holds: the types that both databases have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Text,
    Int,
    Bool,
    Date,
    Time,
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
    bool => |v| Self::Bool(Some(v));
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

mod built;
mod plans;
pub(crate) use built::{MOST_ROWS, places};
pub use plans::{Plan, Plans};

/// A row that both databases can give.
pub(crate) trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Row for T {}

impl Tx {
    /// When the transaction began, in microseconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// What is done here follows something that happened then: this machine's clock may be behind that of the machine that did it.
    pub(crate) fn not_before(&mut self, then: DateTime<Utc>) {
        self.now = self.now.max(then);
    }

    /// Commits, with the events and the audit entries that were added on the way.
    ///
    /// # Errors
    /// [`LedgerError::Database`]: nothing has been written. [`LedgerError::Unknown`]: the connection broke while the commit was
    /// under way, and all of it has been written, or nothing.
    pub async fn commit(mut self) -> Result<(), LedgerError> {
        crate::outbox::flush(&mut self).await?;
        crate::audit::flush(&mut self).await?;
        let statement = self.statement("COMMIT");
        match self.conn {
            Conn::Sqlite(tx) => statement.end(tx.commit().await)?,
            Conn::Postgres(tx) => statement.end(tx.commit().await).map_err(|error| {
                if retry::is_broken(&error) { LedgerError::Unknown(error) } else { LedgerError::Database(error) }
            })?,
        }
        counted::commit(self.counted);
        if let Some(held) = &mut self.held {
            held.committed();
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

    fn statement(&self, sql: &str) -> Statement {
        Statement::begin(if self.is_postgres() { "postgresql" } else { "sqlite" }, sql)
    }

    fn hold(&self, sql: &str, args: &[Arg]) -> Result<(), LedgerError> {
        if self.scope.allows(sql, args) { Ok(()) } else { Err(LedgerError::OtherTenant) }
    }

    /// What comes before a statement: it stays within the scope, and is under way.
    async fn ready(&mut self, sql: &str, args: &[Arg]) -> Result<Statement, LedgerError> {
        self.hold(sql, args)?;
        self.explain(sql, args).await?;
        Ok(self.statement(sql))
    }

    pub(crate) async fn exec(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<u64, LedgerError> {
        let statement = self.ready(sql, &args).await?;
        Ok(on!(self, conn => statement.end(bind!(sqlx::query(sql), args).execute(conn).await)?.rows_affected()))
    }

    pub(crate) async fn all<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<T>, LedgerError> {
        let statement = self.ready(sql, &args).await?;
        Ok(on!(self, conn => statement.end(bind!(sqlx::query_as(sql), args).fetch_all(conn).await)?))
    }

    /// Hands on the rows of a query as the database gives them: however many there are, few are held.
    ///
    /// # Errors
    /// [`LedgerError::Database`], or what `take` says; nothing is read on then.
    pub(crate) async fn each<T: Row>(
        &mut self,
        sql: &'static str,
        args: Vec<Arg>,
        mut take: impl FnMut(T) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        self.hold(sql, &args)?;
        self.explain(sql, &args).await?;
        if let Conn::Postgres(tx) = &mut self.conn {
            // The time of a statement is also that of its reader.
            sqlx::query("SET LOCAL statement_timeout = '10min'").execute(&mut **tx).await?;
        }
        on!(self, conn => {
            let mut rows = bind!(sqlx::query_as(sql), args).fetch(conn);
            while let Some(row) = rows.try_next().await? {
                take(row)?;
            }
        });
        Ok(())
    }

    pub(crate) async fn opt<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Option<T>, LedgerError> {
        let statement = self.ready(sql, &args).await?;
        Ok(on!(self, conn => statement.end(bind!(sqlx::query_as(sql), args).fetch_optional(conn).await)?))
    }

    pub(crate) async fn one<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<T, LedgerError> {
        let statement = self.ready(sql, &args).await?;
        Ok(on!(self, conn => statement.end(bind!(sqlx::query_as(sql), args).fetch_one(conn).await)?))
    }

    /// Runs a statement that was put together of texts of this program and names in the database's own catalogue, never of a value.
    pub(crate) async fn exec_text(&mut self, sql: String, args: Vec<Arg>) -> Result<u64, LedgerError> {
        let statement = self.statement(&sql);
        Ok(
            on!(self, conn => statement.end(bind!(sqlx::query(AssertSqlSafe(sql)), args).execute(conn).await)?.rows_affected()),
        )
    }

    /// The rows of such a statement.
    pub(crate) async fn all_text<T: Row>(&mut self, sql: String, args: Vec<Arg>) -> Result<Vec<T>, LedgerError> {
        let statement = self.ready(&sql, &args).await?;
        Ok(on!(self, conn => {
            statement.end(bind!(sqlx::query_as(AssertSqlSafe(sql)), args).persistent(false).fetch_all(conn).await)?
        }))
    }

    /// Runs such a statement for each of its rows, one at a time, so that a table of any size goes through.
    pub(crate) async fn each_text(
        &mut self,
        sql: String,
        kinds: &[Kind],
        mut row: impl FnMut(Vec<Arg>) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        on!(self, conn => {
            let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(conn);
            while let Some(found) = rows.try_next().await? {
                let mut values = Vec::with_capacity(kinds.len());
                for (i, kind) in kinds.iter().enumerate() {
                    values.push(match kind {
                        Kind::Text => Arg::Text(found.try_get(i)?),
                        Kind::Int => Arg::Int(found.try_get(i)?),
                        Kind::Bool => Arg::Bool(found.try_get(i)?),
                        Kind::Date => Arg::Date(found.try_get(i)?),
                        Kind::Time => Arg::Time(found.try_get(i)?),
                    });
                }
                row(values)?;
            }
            Ok(())
        })
    }

    /// Whether it is one of a PostgreSQL server.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.conn, Conn::Postgres(_))
    }

    /// Runs one statement of the caller's own, for tests that look behind the ledger's face.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn raw(&mut self, sql: &'static str) -> Result<u64, LedgerError> {
        Ok(on!(self, conn => sqlx::query(sql).execute(conn).await?.rows_affected()))
    }
}
