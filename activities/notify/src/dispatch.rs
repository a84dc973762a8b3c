//! The dispatcher: spreads events to channels, and works at each channel's lanes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, stream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use vextrus_ledger::outbox::{self, Delivery, Outcome, Worked};
use vextrus_ledger::{Ledger, LedgerError};

use crate::channels::{Channel, Channels};
use crate::pace::{BEGINS_WITHIN, LEASE, Pace};

/// How many events are spread at once.
const EVENTS: u32 = 500;
/// How many lanes of a channel are taken at once.
const LANES: u32 = 200;
/// How many lanes are given back at once.
const GIVEN_BACK: usize = 64;
/// How long it rests when there is nothing to do.
const REST: Duration = Duration::from_secs(1);

/// Dispatches until `stop` turns true, then ends what is under way.
///
/// Every channel is worked at by itself: one that is slow holds up no other.
pub async fn run(ledger: Ledger, channels: Channels, stop: watch::Receiver<bool>) {
    let spread = Arc::new(Notify::new());
    let mut running = JoinSet::new();
    let described = channels.described();
    for channel in channels.all {
        running.spawn(working(ledger.clone(), channel, channels.pace, Arc::clone(&spread), stop.clone()));
    }
    running.spawn(spreading(ledger, described, spread, stop));
    while let Some(ended) = running.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a part of the dispatcher has ended; what it had taken is taken again");
        }
    }
}

async fn spreading(
    ledger: Ledger,
    channels: Vec<outbox::Channel>,
    spread: Arc<Notify>,
    mut stop: watch::Receiver<bool>,
) {
    // Nobody wakes it: events come from other processes too.
    let never = Notify::new();
    while !*stop.borrow() {
        let done = outbox::spread(&ledger, &channels, EVENTS).await;
        if matches!(done, Ok(1..)) {
            spread.notify_waiters();
        }
        if !rest_after(done, &never, &mut stop).await {
            return;
        }
    }
}

async fn working(ledger: Ledger, channel: Channel, pace: Pace, spread: Arc<Notify>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let done = work(&ledger, &channel, pace, &stop).await;
        if !rest_after(done, &spread, &mut stop).await {
            return;
        }
    }
}

/// Rests where there was nothing to do, or where it failed: until woken, or stopped. Answers whether to go on.
async fn rest_after(done: Result<usize, LedgerError>, wake: &Notify, stop: &mut watch::Receiver<bool>) -> bool {
    match done {
        Ok(1..) => return true,
        Ok(0) => {}
        Err(error) => tracing::warn!(%error, "the outbox could not be dispatched; trying again"),
    }
    tokio::select! {
        // An error means that nobody can ask for a stop any more: then stop.
        stopped = tokio::time::timeout(REST, stop.wait_for(|stopped| *stopped)) => stopped.is_err(),
        () = wake.notified() => true,
    }
}

/// Dispatches once: spreads what is new, and tries in every channel what is due. Answers how many deliveries were tried.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn dispatch(ledger: &Ledger, channels: &Channels) -> Result<usize, LedgerError> {
    outbox::spread(ledger, &channels.described(), EVENTS).await?;
    let (_running, stop) = watch::channel(false);
    let mut tried = 0;
    for channel in &channels.all {
        tried += work(ledger, channel, channels.pace, &stop).await?;
    }
    Ok(tried)
}

/// Works once at the lanes of a channel that are due; answers how many deliveries were tried.
async fn work(
    ledger: &Ledger,
    channel: &Channel,
    pace: Pace,
    stop: &watch::Receiver<bool>,
) -> Result<usize, LedgerError> {
    let began = Instant::now();
    let leased = outbox::lease(ledger, channel.name(), LANES, LEASE).await?;
    let goes_on = || !*stop.borrow() && began.elapsed() < BEGINS_WITHIN;
    let lanes = stream::iter(leased.lanes).map(|(lane, deliveries)| along(channel, pace, lane, deliveries, &goes_on));
    let mut lanes = std::pin::pin!(lanes.buffer_unordered(pace.in_flight).ready_chunks(GIVEN_BACK));
    let mut tried = 0;
    while let Some(worked) = lanes.next().await {
        outbox::finish(ledger, &leased.lease, &worked).await?;
        tried += worked.iter().map(|lane| lane.outcomes.len()).sum::<usize>();
    }
    Ok(tried)
}

/// Hands the deliveries of a lane over, one after the other, up to the first that has to wait.
async fn along(
    channel: &Channel,
    pace: Pace,
    lane: String,
    deliveries: Vec<Delivery>,
    goes_on: &impl Fn() -> bool,
) -> Worked {
    let mut outcomes = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        if !goes_on() {
            break;
        }
        let outcome = pace.outcome(&delivery, channel.hand_over(&delivery).await);
        if let Outcome::Dead(why) = &outcome {
            let (id, event) = (&delivery.delivery, &delivery.event.kind);
            tracing::warn!(target: "vextrus::outbox", delivery = id, channel = channel.name(), event, why, "a delivery is dead");
        }
        let waits = matches!(outcome, Outcome::Later { .. });
        outcomes.push((delivery.delivery, outcome));
        if waits {
            break;
        }
    }
    Worked { lane, outcomes }
}
