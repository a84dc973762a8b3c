//! Migrations past the ledger's face, for tables as they once were.

use std::str::FromStr as _;

use sqlx::ConnectOptions as _;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;

use crate::ledgers::{Database, Engine};

/// Runs them as the owner of the database.
pub(crate) async fn run(database: &Database, migrator: &Migrator) {
    match database.engine {
        Engine::Sqlite => {
            // Tables that others refer to are made anew, as the ledger itself does it.
            let options = SqliteConnectOptions::from_str(&database.address).unwrap();
            let mut conn = options.create_if_missing(true).foreign_keys(false).connect().await.unwrap();
            migrator.run_direct(None, &mut conn, false).await.unwrap();
        }
        Engine::Postgres => {
            let pool = sqlx::PgPool::connect(&database.address).await.unwrap();
            migrator.run(&pool).await.unwrap();
            pool.close().await;
        }
    }
}
