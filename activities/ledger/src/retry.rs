//! The one place where a transaction's body is run again: after what is nobody's fault and passes.
//!
//! Two transactions that met (a deadlock, a serialisation failure, a lock that was waited for too long, a busy file, a key that
//! another one wrote first) and a connection that was lost before the commit was sent leave nothing behind, so that the body can
//! simply run again. A connection that is lost while the commit is under way leaves everything behind or nothing, and nobody can
//! tell which: [`LedgerError::Unknown`]. Then only a body that is *keyed* runs again, one that finds its own effect or request id
//! if it came through, and answers the same.

use std::time::{Duration, Instant};

use sqlx::error::DatabaseError;
use uuid::Uuid;

use crate::error::LedgerError;

/// How often a body runs at most.
const TRIES: u32 = 6;
/// No try begins later than this after the first one: whoever waits for the answer has a time limit too.
const WITHIN: Duration = Duration::from_secs(8);
/// The longest rest before the second try. It doubles from try to try.
const REST: Duration = Duration::from_millis(10);

/// An error that may come from the ledger.
pub trait FromLedger {
    /// The ledger's error, if it is one.
    fn ledger(&self) -> Option<&LedgerError>;
}

impl FromLedger for LedgerError {
    fn ledger(&self) -> Option<&LedgerError> {
        Some(self)
    }
}

/// Runs a body that is keyed by an effect or a request id until it comes through, also when it may have come through before.
///
/// # Errors
/// The body's last error.
pub async fn keyed<T, E: FromLedger, F: Future<Output = Result<T, E>>>(body: impl Fn() -> F) -> Result<T, E> {
    again(body, |error| error.is_passing() || matches!(error, LedgerError::Unknown(_))).await
}

/// Runs a body until it comes through, but not again where it may have come through already.
///
/// # Errors
/// The body's last error.
pub async fn unkeyed<T, E: FromLedger, F: Future<Output = Result<T, E>>>(body: impl Fn() -> F) -> Result<T, E> {
    again(body, LedgerError::is_passing).await
}

async fn again<T, E: FromLedger, F: Future<Output = Result<T, E>>>(
    body: impl Fn() -> F,
    passes: impl Fn(&LedgerError) -> bool,
) -> Result<T, E> {
    let began = Instant::now();
    let mut tries = 1;
    loop {
        match body().await {
            Err(error) if tries < TRIES && began.elapsed() < WITHIN && error.ledger().is_some_and(&passes) => {
                tokio::time::sleep(rest(tries)).await;
                tries += 1;
            }
            answer => return answer,
        }
    }
}

/// A random part of the rest, so that those who met do not meet again.
fn rest(tries: u32) -> Duration {
    let longest = REST * 2_u32.pow(tries - 1);
    let micros = u128::from(Uuid::new_v4().as_u64_pair().1) % longest.as_micros().max(1);
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

/// Whether the connection is gone.
pub(crate) fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        // Class 08: connection failures; 57P01 to 57P03: the server shuts down or ended this session.
        sqlx::Error::Database(error) => state(error.as_ref(), |code| code.starts_with("08") || code.starts_with("57P")),
        _ => false,
    }
}

/// Whether two transactions met, and this one gave way.
pub(crate) fn has_given_way(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    // PostgreSQL: serialisation failure, deadlock, lock not available. SQLite: busy (5) and locked (6), in the low byte.
    error.is_unique_violation()
        || state(error.as_ref(), |code| {
            matches!(code, "40001" | "40P01" | "55P03")
                || code.len() < 5 && code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6))
        })
}

fn state(error: &dyn DatabaseError, fits: impl Fn(&str) -> bool) -> bool {
    error.code().is_some_and(|code| fits(&code))
}
