//! Brings a ledger's tables to this version, over a connection of its own.

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqlSafeStr as _};

use super::{Scope, is_postgres, is_sqlite, no_ledger};
use crate::error::LedgerError;
use crate::retry;

/// How long a process waits until another one has migrated the same SQLite file.
const OTHERS_WITHIN: Duration = Duration::from_secs(60);
const REST: Duration = Duration::from_millis(5);

/// Migrates the ledger at this address, and makes it first if it is an SQLite file that is not there.
pub(super) async fn migrate(address: &str) -> Result<(), LedgerError> {
    if is_sqlite(address) {
        let mut conn = own_file(address).await?;
        migrate_file(&mut conn).await?;
        Ok(conn.close().await?)
    } else if is_postgres(address) {
        // A migration touches the rows of all tenants, and may take longer than a statement, as may the wait for another process
        // that holds sqlx's advisory lock.
        let options = PgConnectOptions::from_str(address)?
            .application_name("vextrus-migration")
            .options([("vextrus.tenant", Scope::EVERY_TENANT)]);
        let mut conn = options.connect().await?;
        let ours = migrations(false);
        ours.run_direct(None, &mut conn, false).await?;
        let later = sqlx::query_as(LATER).bind(newest(&ours)).fetch_all(&mut conn).await?;
        usable(newest(&ours), later)?;
        Ok(conn.close().await?)
    } else {
        Err(no_ledger(address))
    }
}

/// A connection to an SQLite file in WAL mode, whose tables may be made anew: foreign keys are off, which cannot be changed within
/// a transaction.
async fn own_file(address: &str) -> Result<SqliteConnection, LedgerError> {
    let options = SqliteConnectOptions::from_str(address)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        .busy_timeout(OTHERS_WITHIN);
    if let Some(folder) = options.get_filename().parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(sqlx::Error::Io)?;
    }
    let until = Instant::now() + OTHERS_WITHIN;
    loop {
        match options.connect().await {
            // Of two processes that turn a new file to WAL mode at once, SQLite tells one that it is busy without waiting at all.
            Err(error) if retry::has_given_way(&error) && Instant::now() < until => tokio::time::sleep(REST).await,
            connected => return Ok(connected?),
        }
    }
}

async fn migrate_file(conn: &mut SqliteConnection) -> Result<(), LedgerError> {
    // sqlx locks nothing on SQLite: without one transaction round the whole, two processes that open a new ledger at once would
    // both create its tables.
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
    let before: i64 = sqlx::query_scalar("PRAGMA schema_version").fetch_one(&mut *tx).await?;
    // `run` itself cannot be named here: "implementation of `Acquire` is not general enough".
    let ours = migrations(true);
    ours.run_direct(None, &mut *tx, false).await?;
    let later = sqlx::query_as(LATER).bind(newest(&ours)).fetch_all(&mut *tx).await?;
    usable(newest(&ours), later)?;
    let after: i64 = sqlx::query_scalar("PRAGMA schema_version").fetch_one(&mut *tx).await?;
    if after == before {
        // Nothing was made anew, and the rows need no second look: `damage` is for that.
        return Ok(tx.commit().await?);
    }
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *tx).await?.len();
    if broken > 0 {
        return Err(LedgerError::corrupt("foreign key", format!("{broken} rows refer to nothing after the migration")));
    }
    tx.commit().await?;
    Ok(())
}

/// What later programs have made of the tables.
const LATER: &str = "SELECT version, description FROM _sqlx_migrations WHERE version > $1 ORDER BY version";

fn newest(ours: &Migrator) -> i64 {
    ours.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The name of a migration that leaves the tables usable for programs that know them up to this version, as the database keeps it.
fn usable_from(name: &str, version: i64) -> String {
    format!("{name} (usable from {version})")
}

/// Whether a program that knows the tables up to a version can use what later ones have made of them: an earlier build must start again
/// while its documents end, and come back when the later one fails.
fn usable(ours: i64, later: Vec<(i64, String)>) -> Result<(), LedgerError> {
    for (theirs, name) in later {
        let said = name.rsplit_once("(usable from ").and_then(|(_, from)| from.trim_end_matches(')').parse().ok());
        let from = said.unwrap_or(theirs);
        if ours < from {
            return Err(LedgerError::Later { theirs, from, ours });
        }
    }
    Ok(())
}

fn migrations(is_sqlite: bool) -> Migrator {
    // The same step in two languages.
    macro_rules! either {
        ($name:literal) => {
            if is_sqlite {
                include_str!(concat!("../../migrations/", $name, ".sqlite.sql"))
            } else {
                include_str!(concat!("../../migrations/", $name, ".postgres.sql"))
            }
        };
    }
    let migration = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let usable = |version, name: &'static str, from, sql: &'static str| {
        Migration::new(version, usable_from(name, from).into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let mut all = Migrator::with_migrations(vec![
        migration(1, "ledger", include_str!("../../migrations/0001_ledger.sql")),
        migration(2, "guards", either!("0001_guards")),
        migration(3, "tax", include_str!("../../migrations/0002_tax.sql")),
        migration(4, "tax guards", either!("0002_guards")),
        migration(5, "rules", include_str!("../../migrations/0003_rules.sql")),
        migration(6, "rule guards", either!("0003_guards")),
        migration(7, "remade", either!("0004_remade")),
        migration(8, "approvals", include_str!("../../migrations/0004_approvals.sql")),
        migration(9, "approval guards", either!("0004_guards")),
        migration(10, "employees", include_str!("../../migrations/0005_employees.sql")),
        migration(11, "employee guards", either!("0005_guards")),
        migration(12, "outbox", include_str!("../../migrations/0006_outbox.sql")),
        migration(13, "outbox guards", either!("0006_guards")),
        migration(14, "registers", include_str!("../../migrations/0007_registers.sql")),
        migration(15, "register guards", either!("0007_guards")),
        migration(16, "audit", include_str!("../../migrations/0008_audit.sql")),
        migration(17, "audit guards", either!("0008_guards")),
        migration(18, "reconcile", include_str!("../../migrations/0009_reconcile.sql")),
        migration(19, "reconcile guards", either!("0009_guards")),
        // After every table: it guards those that there are by then, and a later one guards its own.
        migration(20, "tenants", either!("0010_tenants")),
        migration(21, "lists", include_str!("../../migrations/0011_lists.sql")),
        migration(22, "master data", include_str!("../../migrations/0012_masterdata.sql")),
        migration(23, "master data guards", either!("0012_guards")),
        migration(24, "figures", include_str!("../../migrations/0013_figures.sql")),
        // From here on each says which programs can use its tables, by the version that they know.
        usable(25, "indexes", 24, include_str!("../../migrations/0014_indexes.sql")),
    ]);
    // Those that later programs have brought are looked at once these are there.
    all.set_ignore_missing(true);
    all
}
