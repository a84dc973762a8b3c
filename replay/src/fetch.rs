//! Histories of a server: found by a query, fetched a page at a time, replayed a few at a time, and let go.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::thread;

use temporalio_client::Client;
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_sdk::workflow_replayer::WorkflowReplayerOptions;
use vextrus_temporal::runs::{self, RunsError};

use crate::gate::{GateError, Recorded, replay};
use crate::report::Report;

/// How many executions the server lists at a time.
const PAGE: usize = 500;
/// How many histories one thread holds at a time.
const BATCH: usize = 16;

/// Which histories are asked for.
#[derive(Debug, Clone)]
pub struct Ask {
    /// A query of visibility; empty is every workflow.
    pub query: String,
    /// How many at most; the latest come first.
    pub limit: usize,
    /// How many threads fetch and replay.
    pub threads: usize,
}

/// As many threads as there are cores.
#[must_use]
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Why a server's histories cannot be replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The server does not list them, or does not give one.
    #[error(transparent)]
    Runs(#[from] RunsError),
    /// The replayer failed.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// A thread of the gate ended otherwise.
    #[error("a thread of the replay gate panicked")]
    Panicked,
}

/// Which executions a query finds.
///
/// # Errors
/// [`FetchError::Runs`].
pub async fn list(client: &Client, ask: &Ask) -> Result<Vec<WorkflowExecution>, FetchError> {
    let mut found = Vec::new();
    let mut mark = Vec::new();
    while found.len() < ask.limit {
        let most = i32::try_from(PAGE.min(ask.limit - found.len())).unwrap_or(i32::MAX);
        let (page, next) = runs::list(client, ask.query.clone(), most, mark).await?;
        found.extend(page);
        mark = next;
        if mark.is_empty() {
            break;
        }
    }
    found.truncate(ask.limit);
    Ok(found)
}

/// Replays what a query finds. Each thread holds a few histories at a time, so memory does not grow with their number. Must be called
/// within a multi-threaded tokio runtime.
///
/// # Errors
/// [`FetchError`].
pub async fn replay_all(client: &Client, options: &WorkflowReplayerOptions, ask: &Ask) -> Result<Report, FetchError> {
    let queue = Mutex::new(VecDeque::from(list(client, ask).await?));
    let report = Mutex::new(Report::default());
    let handle = tokio::runtime::Handle::current();
    let work = || -> Result<(), FetchError> {
        loop {
            let batch: Vec<WorkflowExecution> = {
                let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
                let most = BATCH.min(queue.len());
                queue.drain(..most).collect()
            };
            if batch.is_empty() {
                return Ok(());
            }
            let outcomes = replay(options, handle.block_on(fetched(client, batch))?)?;
            let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
            outcomes.into_iter().for_each(|outcome| report.add(outcome));
        }
    };
    tokio::task::block_in_place(|| {
        thread::scope(|scope| {
            let running: Vec<_> = (0..ask.threads.max(1)).map(|_| scope.spawn(work)).collect();
            running.into_iter().try_for_each(|thread| thread.join().unwrap_or(Err(FetchError::Panicked)))
        })
    })?;
    Ok(report.into_inner().unwrap_or_else(PoisonError::into_inner))
}

async fn fetched(client: &Client, batch: Vec<WorkflowExecution>) -> Result<Vec<Recorded>, FetchError> {
    let all = batch.iter().map(|execution| runs::history(client, execution));
    let all = futures::future::try_join_all(all).await?;
    // What the server has forgotten since it was listed runs no more.
    let found = batch.into_iter().zip(all).filter_map(|(execution, history)| {
        Some(Recorded { name: format!("{} {}", execution.workflow_id, execution.run_id), history: history? })
    });
    Ok(found.collect())
}
