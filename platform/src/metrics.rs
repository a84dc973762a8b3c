//! What this process counts of its own, for Prometheus. What the SDK counts stands beside it at `/metrics`.
//!
//! Every metric is here, so that this is the list. Names follow OpenTelemetry's conventions where there is one, and Prometheus's else.
//! No label holds a tenant, a person or a document: each has few values, known beforehand.

use std::sync::LazyLock;

use prometheus::core::Collector;
use prometheus::{Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder};

/// The media type of [`text`].
pub use prometheus::TEXT_FORMAT;

/// Counters of one name, by their labels.
pub type Counters = LazyLock<IntCounterVec>;

/// Gauges of one name, by their labels.
pub type Gauges = LazyLock<IntGaugeVec>;

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let registry = Registry::new();
    #[cfg(target_os = "linux")]
    register(&registry, prometheus::process_collector::ProcessCollector::for_self());
    registry
});

/// From what an index lookup takes to what a caller still waits for, in seconds.
const LATENCIES: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

fn register(registry: &Registry, collector: impl Collector + 'static) {
    // Two of one name would be a fault of this file; the first one counts on.
    if let Err(error) = registry.register(Box::new(collector)) {
        tracing::error!(%error, "a metric cannot be registered");
    }
}

#[expect(clippy::expect_used, reason = "names and labels are literals of this file, and a test makes each of them")]
fn registered<C: Collector + Clone + 'static>(made: prometheus::Result<C>) -> C {
    let made = made.expect("a valid metric");
    register(&REGISTRY, made.clone());
    made
}

fn counters(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    registered(IntCounterVec::new(Opts::new(name, help), labels))
}

fn gauges(name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    registered(IntGaugeVec::new(Opts::new(name, help), labels))
}

fn latencies(name: &str, help: &str, labels: &[&str]) -> HistogramVec {
    registered(HistogramVec::new(HistogramOpts::new(name, help).buckets(LATENCIES.to_vec()), labels))
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $variable:ident: $kind:ident = $make:ident $name:literal [$($label:literal),*], $help:literal;)*) => {
        $($(#[$doc])*
        #[doc = $help]
        pub static $variable: LazyLock<$kind> = LazyLock::new(|| $make($name, $help, &[$($label),*]));)*

        /// Makes every metric. Series come with their first value: whoever knows the labels beforehand tells them at zero.
        pub fn init() {
            $(LazyLock::force(&$variable);)*
        }

        /// The names and labels of every metric of this file.
        #[must_use]
        pub fn all() -> Vec<(&'static str, Vec<&'static str>)> {
            vec![$(($name, vec![$($label),*])),*]
        }
    };
}

// One list keeps a metric's variable, its name, its labels and its help together, and none can be left out of `init`.
metrics! {
    BUILD: IntGaugeVec = gauges "vextrus_build_info" ["program", "version", "commit"],
        "1, with what this process is.";
    HEALTH: IntGaugeVec = gauges "vextrus_health_check" ["check"],
        "1 while a health check passes, 0 while it fails.";
    READY: IntGaugeVec = gauges "vextrus_ready" [],
        "1 while work may be sent to this process, 0 while it starts, cannot work, or drains.";
    DISK_FREE: IntGaugeVec = gauges "vextrus_disk_free_bytes" [],
        "What is free on the disk of the working folder.";
    MEMORY_LIMIT: IntGaugeVec = gauges "vextrus_memory_limit_bytes" [],
        "The memory that the cgroup may use; 0 where it has no limit.";

    CALLS: HistogramVec = latencies "rpc_server_call_duration_seconds" ["rpc_method", "rpc_response_status_code"],
        "How long calls of the API took, by method and gRPC code.";
    CALLS_UNDER_WAY: IntGaugeVec = gauges "vextrus_calls_under_way" [],
        "Calls of the API that are being answered. A watch counts until it is open.";
    REFUSALS: IntCounterVec = counters "vextrus_refusals_total" ["code"],
        "Refusals that callers of the API were given, by code.";
    JWKS_AGE: IntGaugeVec = gauges "vextrus_jwks_age_seconds" [],
        "How long ago the issuer's keys were read.";
    CERTIFICATE_EXPIRY: IntGaugeVec = gauges "vextrus_certificate_expiry_timestamp_seconds" ["file"],
        "When a certificate that is served, shown to Temporal or trusted ends, in seconds since 1970.";

    DECISIONS: IntCounterVec = counters "vextrus_decisions_total" ["document_type", "level", "outcome"],
        "Decisions that the ledger has taken, by document type, level (1 to 9, higher, exception) and outcome.";
    ENDED: IntCounterVec = counters "vextrus_documents_ended_total" ["document_type", "outcome"],
        "Documents that have ended, by outcome.";
    ESCALATIONS: IntCounterVec = counters "vextrus_escalations_total" ["document_type", "reason"],
        "Tasks that went on to the next people, by reason: overdue is a missed SLA, asked a person's wish.";
    REMINDERS: IntCounterVec = counters "vextrus_reminders_total" ["document_type"],
        "Reminders of tasks.";
    APPROVED: IntCounterVec = counters "vextrus_approved_bdt_total" ["document_type", "vendor_type"],
        "What was approved and carried out, in whole taka: bills with VAT, orders without it. The ledger has the exact totals.";
    PAID_OUT: IntCounterVec = counters "vextrus_paid_out_bdt_total" ["vendor_type"],
        "What vendors are paid by payment instructions, in whole taka. The ledger has the exact totals.";
    TAXES: IntCounterVec = counters "vextrus_tax_bdt_total" ["tax", "vendor_type"],
        "VAT of settled bills, and VDS and TDS withheld from them, in whole taka. The ledger has the exact totals.";
    COMPLIANCE: IntCounterVec = counters "vextrus_compliance_checks_total" ["check", "outcome"],
        "The checks of an auditor of the NBR on what was settled, with what is known then: pass, fail, not_applicable.";
    EFFECTS_REPLAYED: IntCounterVec = counters "vextrus_effects_replayed_total" ["step"],
        "Steps that had been carried out already and answered their stored result.";

    BACKLOG: IntGaugeVec = gauges "vextrus_task_queue_backlog" ["task_queue"],
        "About how many tasks of a task queue wait for a worker, by the service's word.";
    PENDING_TASKS: IntGaugeVec = gauges "vextrus_pending_tasks" ["document_type"],
        "Open tasks of people, in the whole ledger.";
    OLDEST_TASK: IntGaugeVec = gauges "vextrus_pending_task_oldest_age_seconds" ["document_type"],
        "How long the oldest open task has been open.";
    OVERDUE_TASKS: IntGaugeVec = gauges "vextrus_overdue_tasks" ["document_type"],
        "Open tasks whose time is over.";
    DOCUMENTS: IntGaugeVec = gauges "vextrus_documents" ["document_type", "state"],
        "Documents that have not ended, by state, in the whole ledger.";
    ACTIVE_ORDERS: IntGaugeVec = gauges "vextrus_active_orders" [],
        "Issued purchase orders that are not closed.";
    DEPOSIT_DUE: IntGaugeVec = gauges "vextrus_deposit_due_timestamp_seconds" ["tax"],
        "The end of the last day for the earliest deposit of withheld tax that was not made, in seconds since 1970; 0 where there is none.";
    RATE_EXPIRY: IntGaugeVec = gauges "vextrus_tax_rate_expiry_timestamp_seconds" [],
        "The end of the earliest row of an active tax schedule that ends in the future without another to follow, in seconds since 1970; 0 where there is none.";
    TRAIL_FAULTS: IntGaugeVec = gauges "vextrus_trail_faults" [],
        "What the last verification of the trails found wrong, in the whole ledger.";
    TRAIL_VERIFIED: IntGaugeVec = gauges "vextrus_trail_verified_timestamp_seconds" [],
        "When the trails were last verified, in seconds since 1970; 0 where they never were.";
    OUTBOX_UNSPREAD: IntGaugeVec = gauges "vextrus_outbox_unspread" [],
        "Events that are not spread to channels yet.";
    OUTBOX_WAITING: IntGaugeVec = gauges "vextrus_outbox_waiting" ["channel"],
        "Deliveries that wait or are under way.";
    OUTBOX_LEASED: IntGaugeVec = gauges "vextrus_outbox_leased" ["channel"],
        "Of the waiting ones, those under way.";
    OUTBOX_RETRYING: IntGaugeVec = gauges "vextrus_outbox_retrying" ["channel"],
        "Of the waiting ones, those that have failed.";
    OUTBOX_DEAD: IntGaugeVec = gauges "vextrus_outbox_dead" ["channel"],
        "Deliveries that were given up.";
    OUTBOX_OLDEST: IntGaugeVec = gauges "vextrus_outbox_oldest_age_seconds" ["channel"],
        "How long ago the oldest event that waits happened.";
    SAMPLED: IntGaugeVec = gauges "vextrus_ledger_sampled_timestamp_seconds" [],
        "When the figures of the whole ledger were last read, in seconds since 1970.";

    CONNECTIONS: IntGaugeVec = gauges "db_client_connection_count" ["db_client_connection_state"],
        "Connections to the ledger's database, idle or used.";
    CONNECTIONS_MAX: IntGaugeVec = gauges "db_client_connection_max" [],
        "The most connections that this process opens.";
    CONNECTION_WAIT: HistogramVec = latencies "db_client_connection_wait_time_seconds" [],
        "How long a transaction waited for its connection, and its turn to write.";
    STATEMENTS: HistogramVec = latencies "db_client_operation_duration_seconds" [],
        "How long SQL statements took.";
    TRANSACTIONS: HistogramVec = latencies "vextrus_ledger_transaction_duration_seconds" ["outcome"],
        "How long transactions that write were held, by how they ended: committed or not.";
}

/// Everything, as Prometheus reads it.
#[must_use]
pub fn text() -> String {
    let mut text = Vec::new();
    if let Err(error) = TextEncoder::new().encode(&REGISTRY.gather(), &mut text) {
        tracing::error!(%error, "metrics cannot be written");
    }
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_can_be_made_and_written() {
        init();
        let mut names: Vec<&str> = all().into_iter().map(|(name, _)| name).collect();
        DECISIONS.with_label_values(&["invoice", "1", "approved"]).inc();
        let text = text();
        assert!(text.contains("vextrus_decisions_total{document_type=\"invoice\",level=\"1\",outcome=\"approved\"} 1"));
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "two metrics have one name");
    }
}
