//! How many events the dispatcher hands over in a second, and whether the cost of one stays the same whatever waits and whatever
//! was sent before. The channel is the log, which costs nothing when nobody reads it: what is measured is the outbox.

use std::time::{Duration, Instant};

use serde_json::json;
use vextrus_domain::{DocumentKey, DocumentType, TenantId};
use vextrus_ledger::Ledger;
use vextrus_ledger::outbox::{self, About, EventKind, NewEvent};
use vextrus_notify::Channels;
use vextrus_platform::Config;

/// How many events a document has.
pub const OF_A_DOCUMENT: u32 = 5;
/// How many events are added in one transaction.
const AT_ONCE: u32 = 1_000;

/// A ledger whose outbox is measured.
#[derive(Debug)]
pub struct Bench {
    ledger: Ledger,
    channels: Channels,
    documents: u32,
}

impl Bench {
    /// On an empty ledger.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn new(address: &str) -> anyhow::Result<Self> {
        let channels = Channels::configured(&Config::layered(None, |_| None)?.notify)?;
        Ok(Self { ledger: Ledger::open(address).await?, channels, documents: 0 })
    }

    /// Adds so many events, of new documents.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn add(&mut self, events: u32) -> anyhow::Result<()> {
        let tenant: TenantId = "acme".parse()?;
        let payload = json!({"task": "level-1", "to": ["rina", "salma"], "role": "accounts_payable",
            "question": "Does the bill agree with what was ordered and received?", "due_at": "2026-12-02T11:00:00Z"});
        let mut left = events;
        while left > 0 {
            let now = left.min(AT_ONCE);
            let mut tx = self.ledger.begin_for_all().await?;
            for n in 0..now {
                if n % OF_A_DOCUMENT == 0 {
                    self.documents += 1;
                }
                let document = format!("d-{}", self.documents).parse()?;
                let key = DocumentKey { tenant: tenant.clone(), document, submission: 1 };
                let (about, instance) = (About::Document(DocumentType::Invoice), n.to_string());
                let event = NewEvent { kind: EventKind::TaskOpened, about, instance: &instance, payload: &payload };
                outbox::add(&mut tx, &key, event)?;
            }
            tx.commit().await?;
            left -= now;
        }
        Ok(())
    }

    /// Dispatches all that waits; answers how many deliveries there were and how long they took.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn dispatch(&self) -> anyhow::Result<(usize, Duration)> {
        let (began, mut all) = (Instant::now(), 0);
        loop {
            let done = vextrus_notify::dispatch(&self.ledger, &self.channels).await?;
            all += done;
            let mut tx = self.ledger.read_for_all().await?;
            let left = outbox::backlog(&mut tx, None).await?;
            tx.rollback().await?;
            if done == 0 && left.unspread == 0 {
                return Ok((all, began.elapsed()));
            }
        }
    }

    /// Closes the ledger.
    pub async fn close(self) {
        self.ledger.close().await;
    }
}

#[cfg(test)]
mod tests {
    use vextrus_tests_support::ledgers::{Database, Engine};

    use super::*;

    #[tokio::test]
    async fn what_is_measured_is_everything_once() {
        let database = Database::create(Engine::Sqlite).await;
        let mut bench = Bench::new(&database.address).await.unwrap();
        bench.add(1_203).await.unwrap();
        assert_eq!(bench.dispatch().await.unwrap().0, 1_203);
        assert_eq!(bench.dispatch().await.unwrap().0, 0);
        bench.close().await;
    }
}
