//! Statements over many rows, whose text depends on how many there are; and what only one of the databases has words for.

use sqlx::AssertSqlSafe;

use super::{Arg, Conn, Tx};
use crate::error::LedgerError;

/// How many rows one statement writes: below the 32,766 values that SQLite takes.
pub(crate) const MOST_ROWS: usize = 500;

/// For how many rows a statement is the same again and again.
const FEW_ROWS: usize = 8;

/// `($3, $4, $5)`: so many places, counted on from the first.
pub(crate) fn places(first: usize, count: usize) -> String {
    let all: Vec<String> = (first..first + count).map(|n| format!("${n}")).collect();
    format!("({})", all.join(", "))
}

// What is built here holds texts of this program and places alone, never a value.
impl Tx {
    /// The end of a query that locks its rows and passes by those that others hold. SQLite has one writer, who holds them all.
    pub(crate) fn skip_locked(&self) -> &'static str {
        match self.conn {
            Conn::Sqlite(_) => "",
            Conn::Postgres(_) => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// The end of a query that locks its rows and waits for them.
    pub(crate) fn for_update(&self) -> &'static str {
        match self.conn {
            Conn::Sqlite(_) => "",
            Conn::Postgres(_) => " FOR UPDATE",
        }
    }

    /// Runs `… IN (ids)`, with the ids as the last values.
    pub(crate) async fn exec_in(&mut self, sql: &str, args: Vec<Arg>, ids: Vec<Arg>) -> Result<(), LedgerError> {
        // Without the ids, of which none may stand in for the tenant.
        self.hold(sql, &args)?;
        for ids in ids.chunks(MOST_ROWS) {
            let sql = format!("{sql} {}", places(args.len() + 1, ids.len()));
            self.built(sql, args.iter().chain(ids).cloned().collect(), ids.len()).await?;
        }
        Ok(())
    }

    /// Runs `INSERT … VALUES (row), (row), … after`.
    pub(crate) async fn insert(&mut self, sql: &str, rows: Vec<Vec<Arg>>, after: &str) -> Result<(), LedgerError> {
        for rows in rows.chunks(MOST_ROWS) {
            rows.iter().try_for_each(|row| self.hold(sql, row))?;
            let mut next = 1;
            let values = rows.iter().map(|row| {
                next += row.len();
                places(next - row.len(), row.len())
            });
            let sql = format!("{sql} {} {after}", values.collect::<Vec<_>>().join(", "));
            self.built(sql, rows.iter().flatten().cloned().collect(), rows.len()).await?;
        }
        Ok(())
    }

    /// A statement for so many rows.
    async fn built(&mut self, sql: String, args: Vec<Arg>, rows: usize) -> Result<(), LedgerError> {
        let statement = self.ready(&sql, &args).await?;
        // One for a few rows comes again, and is kept prepared.
        let persistent = rows <= FEW_ROWS;
        let sql = AssertSqlSafe(sql);
        on!(self, conn => statement.end(bind!(sqlx::query(sql), args).persistent(persistent).execute(conn).await)?.rows_affected());
        Ok(())
    }
}
