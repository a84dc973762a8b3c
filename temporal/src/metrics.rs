//! The SDK's own metrics: of its workers, and of its calls to the service.
//!
//! Its exporter can only serve them itself. It does so on a port of this machine alone, from where the operators' listener fetches them.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http_body_util::BodyExt as _;
use hyper::Request;
use temporalio_client::ConnectionOptions;
use temporalio_common::telemetry::metrics::{CoreMeter, TemporalMeter};
use temporalio_common::telemetry::{
    PrometheusExporterOptions, TelemetryOptions, start_prometheus_metric_exporter, telemetry_init,
};
use tokio::task::AbortHandle;
use vextrus_platform::http::{self, Body, Client};

/// The SDK's metrics of this process. Clones are the same one.
#[derive(Clone)]
pub struct SdkMetrics(Arc<Exporter>);

struct Exporter {
    meter: Arc<dyn CoreMeter>,
    of_calls: TemporalMeter,
    address: SocketAddr,
    client: Client,
    server: AbortHandle,
}

/// They cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("the SDK's metrics cannot be served: {0}")]
pub struct SdkMetricsError(String);

impl Drop for Exporter {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl std::fmt::Debug for SdkMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SdkMetrics").field(&self.0.address).finish()
    }
}

/// Calls of polls that failed since the process began, by the name of the call.
pub type FailedPolls = HashMap<String, u64>;

impl SdkMetrics {
    /// Starts counting. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`SdkMetricsError`].
    pub fn start() -> Result<Self, SdkMetricsError> {
        let failed = |why: &dyn std::fmt::Display| SdkMetricsError(why.to_string());
        let options = PrometheusExporterOptions::builder()
            .socket_addr(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .counters_total_suffix(true)
            .unit_suffix(true)
            .use_seconds_for_durations(true)
            .build();
        let client = http::client(false).map_err(|e| failed(&e))?;
        let server = start_prometheus_metric_exporter(options).map_err(|e| failed(&e))?;
        let (meter, address, server) = (server.meter, server.bound_addr, server.abort_handle);
        // Only by way of its options does the SDK give a connection's metrics the names that its workers' have.
        let options = TelemetryOptions::builder().metrics(Arc::clone(&meter) as Arc<dyn CoreMeter>).build();
        let named = telemetry_init(options).map_err(|e| failed(&e))?.get_temporal_metric_meter();
        let of_calls = named.ok_or_else(|| failed(&"it makes no meter"))?;
        Ok(Self(Arc::new(Exporter { meter, of_calls, address, client, server })))
    }

    /// What workers count with.
    #[must_use]
    pub fn meter(&self) -> Arc<dyn CoreMeter> {
        Arc::clone(&self.0.meter)
    }

    /// Has the calls of a connection counted.
    pub(crate) fn count(&self, connection: &mut ConnectionOptions) {
        connection.metrics_meter = Some(self.0.of_calls.clone());
    }

    /// Everything, as Prometheus reads it.
    ///
    /// # Errors
    /// [`SdkMetricsError`]: the exporter does not answer.
    pub async fn text(&self) -> Result<String, SdkMetricsError> {
        let failed = |why: &dyn std::fmt::Display| SdkMetricsError(why.to_string());
        let request = Request::get(format!("http://{}/metrics", self.0.address)).body(Body::default());
        let answer = self.0.client.request(request.map_err(|e| failed(&e))?).await.map_err(|e| failed(&e))?;
        let body = answer.into_body().collect().await.map_err(|e| failed(&e))?.to_bytes();
        String::from_utf8(body.to_vec()).map_err(|e| failed(&e))
    }
}

/// The polls that failed, of a text of [`SdkMetrics::text`].
#[must_use]
pub fn failed_polls(text: &str) -> FailedPolls {
    const METRIC: &str = "temporal_long_request_failure_total{";
    let mut polls = FailedPolls::new();
    for line in text.lines() {
        let Some((labels, value)) = line.strip_prefix(METRIC).and_then(|rest| rest.split_once("} ")) else { continue };
        let call = labels.split("operation=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        if call.starts_with("Poll") {
            *polls.entry(call.to_owned()).or_default() += value.trim().parse::<u64>().unwrap_or_default();
        }
    }
    polls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_polls_are_added_up_by_their_call() {
        let text = "# HELP x\ntemporal_long_request_failure_total{namespace=\"default\",operation=\"PollWorkflowTaskQueue\",status_code=\"UNAVAILABLE\"} 2\n\
            temporal_long_request_failure_total{operation=\"PollWorkflowTaskQueue\",status_code=\"CANCELLED\"} 1\n\
            temporal_long_request_failure_total{operation=\"GetWorkflowExecutionHistory\"} 9\n\
            temporal_request_failure_total{operation=\"PollActivityTaskQueue\"} 9\n";
        assert_eq!(failed_polls(text), HashMap::from([("PollWorkflowTaskQueue".to_owned(), 3)]));
    }
}
