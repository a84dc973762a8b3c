//! The database past the ledger's face: for what a test plants, and for what it counts.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};

/// A connection of the test's own.
#[derive(Debug)]
pub enum Raw {
    /// To a file.
    Sqlite(SqliteConnection),
    /// To a server.
    Postgres(PgConnection),
}

macro_rules! on {
    ($self:ident, $conn:ident => $body:expr) => {
        match $self {
            Raw::Sqlite($conn) => $body,
            Raw::Postgres($conn) => $body,
        }
    };
}

impl Raw {
    /// Connects to a ledger's address.
    pub async fn open(address: &str) -> Self {
        if address.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(address).unwrap().busy_timeout(Duration::from_secs(10));
            Self::Sqlite(options.create_if_missing(true).foreign_keys(true).connect().await.unwrap())
        } else {
            // Past the ledger's face is past its row security too.
            Self::Postgres(PgConnectOptions::from_str(address).unwrap().username("postgres").connect().await.unwrap())
        }
    }

    /// Runs one statement; answers how many rows it changed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn exec(&mut self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        on!(self, conn => sqlx::query(sql).execute(conn).await.map(|done| done.rows_affected()))
    }

    /// Runs one statement that the database must refuse; answers its words.
    pub async fn refused(&mut self, sql: &str) -> String {
        match self.exec(sql).await {
            Ok(rows) => panic!("the database took it, {rows} rows: {sql}"),
            Err(error) => error.to_string(),
        }
    }

    /// The first column of every row, as text.
    pub async fn texts(&mut self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        on!(self, conn => {
            let rows = sqlx::query(sql).fetch_all(conn).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        })
    }

    /// The one number that a query answers.
    pub async fn number(&mut self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        on!(self, conn => sqlx::query(sql).fetch_one(conn).await.unwrap().get(0))
    }

    /// How many rows each table of the ledger has.
    pub async fn rows(&mut self) -> BTreeMap<String, i64> {
        let tables = match self {
            Self::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
            Self::Postgres(_) => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
        };
        let mut counts = BTreeMap::new();
        for table in self.texts(tables).await {
            let count = self.number(&format!("SELECT count(*) FROM {table}")).await;
            counts.insert(table, count);
        }
        counts
    }

    /// Takes away what guards the tables, as somebody who owns the database can: triggers and foreign keys.
    pub async fn take_guards_away(&mut self) {
        match self {
            Self::Postgres(_) => {
                self.exec("SET session_replication_role = replica").await.unwrap();
            }
            Self::Sqlite(_) => {
                self.exec("PRAGMA foreign_keys = OFF").await.unwrap();
                for trigger in self.texts("SELECT name FROM sqlite_master WHERE type = 'trigger'").await {
                    self.exec(&format!("DROP TRIGGER {trigger}")).await.unwrap();
                }
            }
        }
    }
}
