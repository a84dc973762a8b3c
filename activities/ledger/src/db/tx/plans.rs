//! How a database goes about the ledger's statements, for tests that hold them to their indexes: asked of the statement itself, in its
//! transaction and with its values, so that no copy of it can differ from what runs.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{AssertSqlSafe, Row as _};

use super::{Arg, Conn, Tx};
use crate::db::Ledger;
use crate::error::LedgerError;

/// The plans of statements, in the order in which they ran.
#[derive(Debug, Clone, Default)]
pub struct Plans(Arc<Mutex<Vec<Plan>>>);

/// How a database goes about a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The statement.
    pub sql: String,
    /// Of SQLite the lines of `EXPLAIN QUERY PLAN`, of PostgreSQL the JSON of `EXPLAIN`.
    pub steps: String,
}

impl Plans {
    /// Those since it was last asked.
    #[must_use]
    pub fn take(&self) -> Vec<Plan> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, plan: Plan) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(plan);
    }
}

impl Ledger {
    /// From now on the database is asked how it will go about each statement of this ledger, by whichever of its clones, before the
    /// statement runs.
    #[must_use]
    pub fn explained(&self) -> Plans {
        self.plans.get_or_init(Plans::default).clone()
    }
}

impl Tx {
    /// Asks for the plan of a statement, where somebody wants it.
    pub(super) async fn explain(&mut self, sql: &str, args: &[Arg]) -> Result<(), LedgerError> {
        let Some(plans) = self.plans.clone() else { return Ok(()) };
        let args = args.iter().cloned();
        let lines: Vec<String> = match &mut self.conn {
            Conn::Sqlite(tx) => {
                // Only what runs makes a connection look whether there are other indexes than when it last did.
                sqlx::query("SELECT count(*) FROM sqlite_schema WHERE FALSE").execute(&mut **tx).await?;
                let asked = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
                let rows = bind!(sqlx::query(asked), args).persistent(false).fetch_all(&mut **tx).await?;
                rows.iter().map(|row| row.try_get("detail")).collect::<Result<_, _>>()?
            }
            Conn::Postgres(tx) => {
                let asked = AssertSqlSafe(format!("EXPLAIN (FORMAT JSON) {sql}"));
                let rows = bind!(sqlx::query(asked), args).persistent(false).fetch_all(&mut **tx).await?;
                // JSON comes as its text, though sqlx does not read it as one.
                rows.iter().map(|row| row.try_get_unchecked(0)).collect::<Result<_, _>>()?
            }
        };
        plans.add(Plan { sql: sql.to_owned(), steps: lines.join("\n") });
        Ok(())
    }
}
