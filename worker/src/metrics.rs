//! What is counted, for Prometheus: the SDK's own metrics, and what waits in the outbox.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use temporalio_common::telemetry::metrics::{CoreMeter, Gauge, MetricKeyValue, MetricParameters};
use temporalio_common::telemetry::{PrometheusExporterOptions, start_prometheus_metric_exporter};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use vextrus_ledger::outbox::{self, Backlog, ChannelBacklog};
use vextrus_ledger::{Ledger, LedgerError};

/// How often the ledger is asked: no scraper comes more often.
const ASK_EVERY: Duration = Duration::from_secs(15);

/// The place where metrics are served.
pub(crate) struct Exporter {
    pub(crate) meter: Arc<dyn CoreMeter>,
    pub(crate) address: SocketAddr,
    server: AbortHandle,
}

impl Exporter {
    /// Serves `/metrics` there, until it is dropped. Must be called within a tokio runtime.
    pub(crate) fn serve(listen: &str) -> Result<Self, String> {
        let listen: SocketAddr = listen.parse().map_err(|_| "an IP address with a port is expected".to_owned())?;
        let options = PrometheusExporterOptions::builder()
            .socket_addr(listen)
            .counters_total_suffix(true)
            .unit_suffix(true)
            .use_seconds_for_durations(true)
            .build();
        let server = start_prometheus_metric_exporter(options).map_err(|e| e.to_string())?;
        Ok(Self { meter: server.meter, address: server.bound_addr, server: server.abort_handle })
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What waits in the outbox. Every worker that is scraped tells the same: that of the whole ledger.
struct Gauges {
    meter: Arc<dyn CoreMeter>,
    unspread: Gauge,
    by_channel: [(Gauge, Figure); 5],
    /// A channel that has nothing left is told as nothing, not as what it last had.
    channels: BTreeSet<String>,
}

/// A figure of a channel's, at a moment in seconds.
type Figure = fn(&ChannelBacklog, i64) -> i64;

impl Gauges {
    fn of(meter: Arc<dyn CoreMeter>) -> Self {
        let gauge = |name: &'static str, what: &'static str| {
            meter.gauge(MetricParameters::builder().name(name).description(what).build())
        };
        let by_channel: [(Gauge, Figure); 5] = [
            (gauge("vextrus_outbox_waiting", "Deliveries that wait or are under way."), |c, _| c.waiting),
            (gauge("vextrus_outbox_leased", "Of the waiting ones, those under way."), |c, _| c.leased),
            (gauge("vextrus_outbox_retrying", "Of the waiting ones, those that have failed."), |c, _| c.retrying),
            (gauge("vextrus_outbox_dead", "Deliveries that were given up."), |c, _| c.dead),
            (
                gauge("vextrus_outbox_oldest_age_seconds", "How long ago the oldest event that waits happened."),
                |c, now| c.oldest.map_or(0, |oldest| now - oldest.timestamp()),
            ),
        ];
        let unspread = gauge("vextrus_outbox_unspread", "Events that are not spread to channels yet.");
        Self { unspread, by_channel, meter, channels: BTreeSet::new() }
    }

    fn tell(&mut self, backlog: &Backlog, now: i64) {
        self.unspread.record(whole(backlog.unspread), &self.meter.new_attributes([].into()));
        self.channels.extend(backlog.channels.keys().cloned());
        for channel in &self.channels {
            let found = backlog.channels.get(channel).cloned().unwrap_or_default();
            let of_channel = self.meter.new_attributes([MetricKeyValue::new("channel", channel.clone())].into());
            for (gauge, figure) in &self.by_channel {
                gauge.record(whole(figure(&found, now)), &of_channel);
            }
        }
    }
}

/// What is below nothing, by clocks that differ, is nothing.
fn whole(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// Tells what waits in the outbox, until it is to stop.
pub(crate) async fn tell_backlog(ledger: Ledger, meter: Arc<dyn CoreMeter>, mut stopped: watch::Receiver<bool>) {
    let mut gauges = Gauges::of(meter);
    loop {
        match backlog(&ledger).await {
            Ok((backlog, now)) => gauges.tell(&backlog, now),
            Err(error) => tracing::warn!(%error, "the outbox's backlog cannot be told"),
        }
        if tokio::time::timeout(ASK_EVERY, stopped.wait_for(|s| *s)).await.is_ok() {
            return;
        }
    }
}

async fn backlog(ledger: &Ledger) -> Result<(Backlog, i64), LedgerError> {
    let mut tx = ledger.read_for_all().await?;
    let found = (outbox::backlog(&mut tx, None).await?, tx.now().timestamp());
    tx.rollback().await?;
    Ok(found)
}
