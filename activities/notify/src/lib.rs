//! The outbox's dispatcher: takes events from the ledger and hands them to a channel, at least once each.
//!
//! The one channel so far is the log. An event that was handed over but not marked, because the process died in between,
//! is handed over again under the same id. [`webhook`] is the signing client by which outside systems are spoken to.

pub mod webhook;

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;
use vextrus_ledger::outbox::{self, OutboxEvent};
use vextrus_ledger::{Ledger, LedgerError};

/// How many events are taken at once.
const BATCH: u32 = 50;
/// How long a dispatcher may keep what it took before another one takes it again.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How long it rests when there is nothing to do.
const REST: Duration = Duration::from_secs(1);

/// Dispatches until `stop` turns true, then finishes the batch in hand.
pub async fn run(ledger: Ledger, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let rests = match dispatch(&ledger).await {
            Ok(sent) => sent == 0,
            Err(error) => {
                tracing::warn!(%error, "the outbox could not be dispatched; trying again");
                true
            }
        };
        if rests {
            // An error means that nobody can ask for a stop any more: then stop.
            if let Ok(Err(_)) = tokio::time::timeout(REST, stop.wait_for(|s| *s)).await {
                return;
            }
        }
    }
}

/// Dispatches one batch and answers how many events it had.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn dispatch(ledger: &Ledger) -> Result<usize, LedgerError> {
    let events = outbox::lease(ledger, BATCH, LEASE).await?;
    if events.is_empty() {
        return Ok(0);
    }
    events.iter().for_each(to_log);
    outbox::sent(ledger, &events).await?;
    Ok(events.len())
}

fn to_log(event: &OutboxEvent) {
    // The payload may name people and is not for the log; the document and the event are.
    tracing::info!(
        target: "vextrus::outbox",
        id = event.id,
        tenant = event.tenant,
        document = event.document,
        submission = event.submission,
        event = event.event,
        "event"
    );
}
