//! How the database itself is: its file, and whether it holds transactions to their tenant.

use vextrus_platform::health::Check;
use vextrus_platform::{Health, metrics};

use crate::db::{Ledger, Pool, TABLES_VERSION};
use crate::error::LedgerError;

impl Ledger {
    /// What is wrong with the database's file, by SQLite's own checks of its pages, indexes and references. Nothing of a PostgreSQL
    /// server, whose data checksums tell of damage whenever a page is read.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn damage(&self) -> Result<Vec<String>, LedgerError> {
        let Pool::Sqlite { pool, .. } = &self.pool else { return Ok(Vec::new()) };
        let pages: Vec<(String,)> = sqlx::query_as("PRAGMA quick_check(20)").fetch_all(pool).await?;
        let mut damage: Vec<String> = pages.into_iter().map(|(said,)| said).filter(|said| said != "ok").collect();
        let dangling: Vec<(String, i64)> =
            sqlx::query_as("SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY \"table\"")
                .fetch_all(pool)
                .await?;
        damage.extend(dangling.into_iter().map(|(table, rows)| format!("{rows} rows of {table} refer to nothing")));
        Ok(damage)
    }

    /// Whether the database itself holds each transaction to its tenant. PostgreSQL does, unless we are connected as a role that
    /// passes row security; SQLite has no such thing, and there the ledger's own check stands alone.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn guards_tenants(&self) -> Result<bool, LedgerError> {
        let Pool::Postgres(pool) = &self.pool else { return Ok(false) };
        let passes = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
        let passes: bool = sqlx::query_scalar(passes).fetch_one(pool).await?;
        Ok(!passes)
    }

    /// The version of its tables.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn tables_version(&self) -> Result<i64, LedgerError> {
        Ok(match &self.pool {
            Pool::Sqlite { pool, .. } => sqlx::query_scalar(TABLES_VERSION).fetch_one(pool).await?,
            Pool::Postgres(pool) => sqlx::query_scalar(TABLES_VERSION).fetch_one(pool).await?,
        })
    }

    /// Has a process's readiness depend on the database from now on, and its connections told. Must be called within a tokio runtime.
    pub fn watch(&self, health: &Health) {
        let asked = self.clone();
        health.add(Check::ready("ledger"), move || {
            let ledger = asked.clone();
            async move {
                // First: a pool that has nothing left is to be seen, and the ping needs a connection.
                ledger.tell_connections();
                ledger.ping().await.map(|()| String::new()).map_err(|e| e.to_string())
            }
        });
    }

    fn tell_connections(&self) {
        let (idle, used, most) = self.connections();
        metrics::CONNECTIONS.with_label_values(&["idle"]).set(i64::from(idle));
        metrics::CONNECTIONS.with_label_values(&["used"]).set(i64::from(used));
        metrics::CONNECTIONS_MAX.with_label_values::<&str>(&[]).set(i64::from(most));
    }

    /// Its connections in this process: those that are idle, those in use, and the most there may be.
    fn connections(&self) -> (u32, u32, u32) {
        let of = |size: u32, idle: usize, most: u32| {
            let idle = u32::try_from(idle).unwrap_or(u32::MAX).min(size);
            (idle, size - idle, most)
        };
        match &self.pool {
            Pool::Sqlite { pool, .. } => of(pool.size(), pool.num_idle(), pool.options().get_max_connections()),
            Pool::Postgres(pool) => of(pool.size(), pool.num_idle(), pool.options().get_max_connections()),
        }
    }

    /// Whether it is a PostgreSQL server.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self.pool, Pool::Postgres(_))
    }
}
