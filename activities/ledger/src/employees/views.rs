//! What people and services read of the processes. Nothing here writes.

use vextrus_domain::{DocumentKey, RequestId};
use vextrus_lifecycle::{Machine, SignedCommand};

use super::course::Course;
use super::log;
use super::processes::{self, StoredProcess};
use crate::db::Tx;
use crate::error::LedgerError;

/// A process, as it is shown.
#[derive(Debug, Clone)]
pub struct ProcessView {
    /// Its row.
    pub process: StoredProcess,
    /// Where it stands.
    pub machine: Machine,
}

/// A process by its key. Another tenant's is not found.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn process(tx: &mut Tx, key: &DocumentKey) -> Result<Option<ProcessView>, LedgerError> {
    let Some(process) = processes::get(tx, key).await? else { return Ok(None) };
    let machine = Course::load(tx, &process).await?.machine().clone();
    Ok(Some(ProcessView { process, machine }))
}

/// The command that a request brought to a process.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn command(
    tx: &mut Tx,
    key: &DocumentKey,
    request: &RequestId,
) -> Result<Option<SignedCommand>, LedgerError> {
    log::command(tx, key, request).await
}
