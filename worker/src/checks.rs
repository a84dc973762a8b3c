//! What a worker's health depends on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use temporalio_client::Client;
use tokio::sync::watch;
use vextrus_ledger::Ledger;
use vextrus_ledger::outbox::Backlog;
use vextrus_platform::health::Check;
use vextrus_platform::metrics;
use vextrus_temporal::metrics::{FailedPolls, failed_polls};
use vextrus_temporal::{SdkMetrics, Watched, pollers, task_queue};

/// For how long polls must not have failed.
const POLLS_UNDISTURBED: Duration = Duration::from_secs(15);
/// How often the service is asked whether it sees us poll.
const SEEN_EVERY: Duration = Duration::from_secs(10);
/// A poll without work lasts a minute; this much later another one must have been seen.
const SEEN_WITHIN: Duration = Duration::from_secs(75);
/// An event that has waited for so long is not under way any more.
const OUTBOX_WITHIN: i64 = 900;

/// Has everything looked at that a worker depends on. How the outbox is, those say who read its figures.
pub(crate) fn watch(
    watched: &Watched,
    client: &Client,
    ledger: &Ledger,
    queues: Vec<&'static str>,
    outbox: watch::Receiver<Result<String, String>>,
) {
    ledger.watch(&watched.health);
    pollers::watch(&watched.health, client);
    let polls = Arc::new(Polls { sdk: watched.sdk.clone(), client: client.clone(), queues, last: Mutex::default() });
    watched.health.add(Check::ready("pollers"), move || {
        let polls = Arc::clone(&polls);
        async move { polls.look().await }
    });
    watched.health.add(Check::told("outbox"), move || {
        let outbox = outbox.borrow().clone();
        async move { outbox }
    });
    watched.health.add(Check::told("trail"), || async { trail() });
}

/// How the outbox is, by what waits there.
pub(crate) fn outbox(backlog: &Backlog, now: DateTime<Utc>) -> Result<String, String> {
    let wrong = backlog.channels.iter().filter_map(|(channel, of)| {
        let age = of.oldest.map_or(0, |oldest| now.timestamp() - oldest.timestamp());
        match (of.dead, age > OUTBOX_WITHIN) {
            (0, false) => None,
            (0, true) => Some(format!("{channel}: the oldest event has waited for {age} s")),
            (dead, _) => Some(format!("{channel}: {dead} deliveries were given up")),
        }
    });
    let wrong: Vec<String> = wrong.collect();
    if wrong.is_empty() { Ok(String::new()) } else { Err(wrong.join("; ")) }
}

fn trail() -> Result<String, String> {
    if metrics::TRAIL_VERIFIED.with_label_values::<&str>(&[]).get() == 0 {
        return Ok("it was not verified yet by this worker".to_owned());
    }
    match metrics::TRAIL_FAULTS.with_label_values::<&str>(&[]).get() {
        0 => Ok(String::new()),
        faults => Err(format!("the last verification found {faults} faults; run `vextrus audit verify`")),
    }
}

/// Whether polls come through: by the SDK's own count of those that failed, at once, and by the service's word, within a minute.
struct Polls {
    sdk: SdkMetrics,
    client: Client,
    queues: Vec<&'static str>,
    last: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    failed: FailedPolls,
    failed_at: Option<Instant>,
    asked_at: Option<Instant>,
    unseen: Vec<String>,
}

impl Polls {
    fn last<T>(&self, with: impl FnOnce(&mut Seen) -> T) -> T {
        with(&mut self.last.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn look(&self) -> Result<String, String> {
        let failed = failed_polls(&self.sdk.text().await.map_err(|e| e.to_string())?);
        let failing = self.last(|last| {
            if failed.iter().any(|(call, count)| Some(count) > last.failed.get(call)) {
                last.failed_at = Some(Instant::now());
            }
            last.failed = failed;
            last.failed_at.is_some_and(|at| at.elapsed() < POLLS_UNDISTURBED)
        });
        if failing {
            return Err("polls of the task queues fail".to_owned());
        }
        if self.last(|last| last.asked_at.is_none_or(|at| at.elapsed() > SEEN_EVERY || !last.unseen.is_empty())) {
            let unseen = self.unseen().await?;
            self.last(|last| (last.asked_at, last.unseen) = (Some(Instant::now()), unseen));
        }
        let unseen = self.last(|last| last.unseen.join(", "));
        if unseen.is_empty() {
            return Ok(format!("{} task queues are polled", self.queues.len()));
        }
        Err(format!("the service does not see us poll: {unseen}"))
    }

    async fn unseen(&self) -> Result<Vec<String>, String> {
        let mut unseen = Vec::new();
        for queue in &self.queues {
            // Outside systems are asked from a queue of their own, which has no workflows; on the others run both.
            let kinds: &[bool] = if *queue == task_queue::INTEGRATIONS { &[true] } else { &[false, true] };
            let (mut backlog, mut is_seen) = (0, true);
            for activities in kinds {
                let seen = pollers::seen(&self.client, queue, *activities).await.map_err(|e| e.to_string())?;
                backlog += seen.backlog;
                is_seen &= seen.polled.is_some_and(|age| age <= SEEN_WITHIN);
            }
            metrics::BACKLOG.with_label_values(&[*queue]).set(backlog);
            if !is_seen {
                unseen.push((*queue).to_owned());
            }
        }
        Ok(unseen)
    }
}
