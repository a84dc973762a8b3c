//! Figures of the whole ledger, read again and again: every worker that is scraped tells the same.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::watch;
use tokio::time::Instant;
use vextrus_domain::calendar::dhaka_midnight;
use vextrus_domain::signature::AcceptedKeys;
use vextrus_domain::{DocumentType, TenantId};
use vextrus_ledger::outbox::{self, Backlog, ChannelBacklog};
use vextrus_ledger::{Ledger, LedgerError, figures};
use vextrus_platform::metrics::{self, Gauges};

use crate::checks;

/// How often what is open is read: no scraper comes more often.
const OPEN_EVERY: Duration = Duration::from_secs(15);
/// How often what moves by days is read.
const DATES_EVERY: Duration = Duration::from_secs(300);

/// What is told as none where there is none, rather than not at all.
const TAXES: [&str; 2] = ["VDS", "TDS"];
const PROCESSES: [&str; 2] = ["onboarding", "offboarding"];
const STATES: [&str; 2] = ["claimed", "assessed"];

/// Reads the figures until it is to stop.
///
/// `channels` are those that are configured: of them all is told, also before they have had anything.
pub(crate) async fn tell(
    ledger: Ledger,
    mut channels: BTreeSet<String>,
    outbox_is: watch::Sender<Result<String, String>>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut dates_at = Instant::now();
    // What has not been read yet has been read never, and not at a time that nobody knows.
    set(&metrics::SAMPLED, &[], 0);
    loop {
        let outbox = read_open(&ledger, &mut channels).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what is open cannot be told");
            Err(error.to_string())
        });
        drop(outbox_is.send_replace(outbox));
        if Instant::now() >= dates_at {
            match read_dates(&ledger).await {
                Ok(()) => dates_at = Instant::now() + DATES_EVERY,
                Err(error) => tracing::warn!(%error, "what comes due cannot be told"),
            }
        }
        if tokio::time::timeout(OPEN_EVERY, stopped.wait_for(|s| *s)).await.is_ok() {
            return;
        }
    }
}

/// Verifies the trails again and again until it is to stop, also in the midst of it: a long trail takes a while.
pub(crate) async fn verify_again(
    ledger: Ledger,
    verifying: Option<(Duration, AcceptedKeys)>,
    mut stopped: watch::Receiver<bool>,
) {
    set(&metrics::TRAIL_VERIFIED, &[], 0);
    let Some((every, keys)) = verifying else { return };
    let verifying = async {
        loop {
            if let Err(error) = verify(&ledger, &keys).await {
                tracing::warn!(%error, "the trails cannot be verified");
            }
            tokio::time::sleep(every).await;
        }
    };
    tokio::select! {
        () = verifying => {}
        _ = stopped.wait_for(|s| *s) => {}
    }
}

fn set(gauges: &Gauges, labels: &[&str], number: i64) {
    // What is below nothing, by clocks that differ, is nothing.
    gauges.with_label_values(labels).set(number.max(0));
}

/// Reads and tells what is open; answers how the outbox is.
async fn read_open(ledger: &Ledger, channels: &mut BTreeSet<String>) -> Result<Result<String, String>, LedgerError> {
    let mut tx = ledger.read_for_all().await?;
    let (open, backlog) = (figures::open(&mut tx).await?, outbox::backlog(&mut tx, None).await?);
    let now = tx.now();
    tx.rollback().await?;
    tell_open(&open, now);
    tell_backlog(&backlog, channels, now);
    set(&metrics::SAMPLED, &[], now.timestamp());
    Ok(checks::outbox(&backlog, now))
}

fn tell_open(open: &figures::Open, now: DateTime<Utc>) {
    let kinds = DocumentType::ALL.into_iter().map(DocumentType::name).chain(PROCESSES);
    for kind in kinds.clone() {
        let of_kind = open.tasks.iter().find(|tasks| tasks.kind == kind);
        let age = of_kind.and_then(|tasks| tasks.oldest).map_or(0, |oldest| now.timestamp() - oldest.timestamp());
        set(&metrics::PENDING_TASKS, &[kind], of_kind.map_or(0, |tasks| tasks.count));
        set(&metrics::OVERDUE_TASKS, &[kind], of_kind.map_or(0, |tasks| tasks.overdue));
        set(&metrics::OLDEST_TASK, &[kind], age);
    }
    for kind in kinds {
        let states = if PROCESSES.contains(&kind) { ["claimed", "running"] } else { STATES };
        for state in states {
            let found = open.documents.iter().find(|(k, s, _)| k == kind && s == state);
            set(&metrics::DOCUMENTS, &[kind, state], found.map_or(0, |(_, _, count)| *count));
        }
    }
    set(&metrics::ACTIVE_ORDERS, &[], open.orders);
}

/// A channel that has nothing left is told as nothing, not as what it last had.
fn tell_backlog(backlog: &Backlog, channels: &mut BTreeSet<String>, now: DateTime<Utc>) {
    set(&metrics::OUTBOX_UNSPREAD, &[], backlog.unspread);
    channels.extend(backlog.channels.keys().cloned());
    let nothing = ChannelBacklog::default();
    for channel in channels.iter() {
        let found = backlog.channels.get(channel).unwrap_or(&nothing);
        let age = found.oldest.map_or(0, |oldest| now.timestamp() - oldest.timestamp());
        for (gauges, number) in [
            (&metrics::OUTBOX_WAITING, found.waiting),
            (&metrics::OUTBOX_LEASED, found.leased),
            (&metrics::OUTBOX_RETRYING, found.retrying),
            (&metrics::OUTBOX_DEAD, found.dead),
            (&metrics::OUTBOX_OLDEST, age),
        ] {
            set(gauges, &[channel], number);
        }
    }
}

async fn read_dates(ledger: &Ledger) -> Result<(), LedgerError> {
    let mut tx = ledger.read_for_all().await?;
    let deposits = figures::deposits_due(&mut tx).await?;
    let end_of = |day: NaiveDate| day.succ_opt().map_or(0, |next| dhaka_midnight(next).timestamp());
    for tax in TAXES {
        let due = deposits.iter().find(|(of, _)| of == tax).map_or(0, |(_, day)| end_of(*day));
        set(&metrics::DEPOSIT_DUE, &[tax], due);
    }
    let rates = figures::rates_end(&mut tx).await?;
    tx.rollback().await?;
    set(&metrics::RATE_EXPIRY, &[], rates.map_or(0, |day| dhaka_midnight(day).timestamp()));
    Ok(())
}

async fn verify(ledger: &Ledger, keys: &AcceptedKeys) -> Result<(), LedgerError> {
    let mut tx = ledger.read_for_all().await?;
    let tenants = figures::tenants(&mut tx).await?;
    tx.rollback().await?;
    let mut faults = 0_i64;
    for tenant in tenants {
        faults += verify_one(ledger, &tenant, keys).await?;
    }
    set(&metrics::TRAIL_FAULTS, &[], faults);
    set(&metrics::TRAIL_VERIFIED, &[], Utc::now().timestamp());
    Ok(())
}

async fn verify_one(ledger: &Ledger, tenant: &TenantId, keys: &AcceptedKeys) -> Result<i64, LedgerError> {
    let mut tx = ledger.read(tenant).await?;
    let found = vextrus_ledger::audit::verify::verify(&mut tx, tenant, keys, &[]).await?;
    tx.rollback().await?;
    for problem in found.problems.iter().take(10) {
        tracing::error!(%tenant, %problem, "the trail is not what was written");
    }
    Ok(i64::try_from(found.problems.len()).unwrap_or(i64::MAX))
}
