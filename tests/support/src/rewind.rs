//! A ledger brought back to what an earlier version had, so that a test can bring it forward again.

use crate::ledgers::{Database, Engine};

const TRIGGERS: [&str; 3] = ["outbox_keep", "outbox_spread_once", "outbox_stay"];

/// Takes back what the migration of the outbox did. What was spread counts as sent; deliveries are lost.
///
/// # Panics
/// When the database refuses.
pub async fn before_deliveries(database: &Database) {
    let mut raw = database.raw().await;
    for trigger in TRIGGERS {
        let on = if database.engine == Engine::Postgres { " ON outbox" } else { "" };
        raw.exec(&format!("DROP TRIGGER {trigger}{on}")).await.unwrap();
    }
    for sql in [
        "DROP TABLE outbox_deliveries",
        "DROP TABLE outbox_lanes",
        "DROP TABLE outbox_spreading",
        "DROP TABLE contacts",
        "DROP INDEX outbox_sequence",
        "DROP INDEX outbox_unspread",
        "ALTER TABLE outbox DROP COLUMN sequence",
        "ALTER TABLE outbox DROP COLUMN type",
        "ALTER TABLE outbox DROP COLUMN about",
        "ALTER TABLE outbox ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE outbox ADD COLUMN leased_until TIMESTAMPTZ",
        "ALTER TABLE outbox RENAME COLUMN spread_at TO sent_at",
        "CREATE INDEX outbox_unsent ON outbox (created_at, id) WHERE sent_at IS NULL",
    ] {
        raw.exec(sql).await.unwrap();
    }
    if database.engine == Engine::Postgres {
        raw.exec("DROP TRIGGER outbox_whole ON outbox").await.unwrap();
    }
    raw.exec("DELETE FROM _sqlx_migrations WHERE version IN (12, 13)").await.unwrap();
}
