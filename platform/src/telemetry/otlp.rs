//! Traces, sent by OTLP: over gRPC, or as protobuf over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use opentelemetry::KeyValue;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _, WithTonicConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{IdGenerator, Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tonic::transport::ClientTlsConfig;

use crate::config::{OtlpProtocol, TelemetryConfig, without_password};
use crate::http::{self, Client};

/// How long the last spans may take.
pub(super) const LAST_SPANS: Duration = Duration::from_secs(3);

/// Spans cannot be sent as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The address is none.
    #[error("telemetry.otlp_endpoint {endpoint:?} cannot be used: {why}")]
    Endpoint {
        /// The address.
        endpoint: String,
        /// Why not.
        why: String,
    },
}

/// What sends spans; none where no address is configured.
pub(super) fn provider(
    program: &'static str,
    config: &TelemetryConfig,
    ids: impl IdGenerator + 'static,
) -> Result<Option<SdkTracerProvider>, TelemetryError> {
    // A caller's context is passed on even where no span of ours is sent.
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    if config.otlp_endpoint.is_empty() {
        return Ok(None);
    }
    let failed = |why: String| TelemetryError::Endpoint { endpoint: without_password(&config.otlp_endpoint), why };
    let is_address = ["http://", "https://"].iter().any(|scheme| config.otlp_endpoint.starts_with(scheme));
    if !is_address {
        return Err(failed("give a URL such as http://otel-collector:4317".to_owned()));
    }
    let exporter = exporter(config).map_err(failed)?;
    // The environment's OTEL_RESOURCE_ATTRIBUTES are taken up too.
    let resource = Resource::builder()
        .with_service_name(program)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.build())
        .with_sampler(sampler(config.sample_one_in))
        .with_id_generator(ids)
        .build();
    opentelemetry::global::set_tracer_provider(provider.clone());
    Ok(Some(provider))
}

/// The caller's decision counts; where there is no caller, one of so many traces is taken.
fn sampler(one_in: u32) -> Sampler {
    let root = match one_in {
        0 => Sampler::AlwaysOff,
        1 => Sampler::AlwaysOn,
        many => Sampler::TraceIdRatioBased(f64::from(many).recip()),
    };
    Sampler::ParentBased(Box::new(root))
}

fn exporter(config: &TelemetryConfig) -> Result<SpanExporter, String> {
    let within = Duration::from_millis(config.timeout_millis);
    let endpoint = config.otlp_endpoint.as_str();
    let is_tls = endpoint.starts_with("https://");
    let built = match config.otlp_protocol {
        OtlpProtocol::Grpc => {
            let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).with_timeout(within);
            if is_tls {
                exporter.with_tls_config(ClientTlsConfig::new().with_native_roots()).build()
            } else {
                exporter.build()
            }
        }
        OtlpProtocol::Http => {
            let client =
                Sender { client: http::client(is_tls).map_err(|e| e.to_string())?, runtime: Handle::current() };
            SpanExporter::builder()
                .with_http()
                .with_http_client(client)
                .with_protocol(Protocol::HttpBinary)
                .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
                .with_timeout(within)
                .build()
        }
    };
    built.map_err(|e| e.to_string())
}

/// Our HTTP client, for the thread of the exporter, which is none of the runtime's.
#[derive(Debug)]
struct Sender {
    client: Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move {
            let response = client.request(request.map(Full::new)).await?;
            let (head, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, HttpError>(Response::from_parts(head, body))
        });
        sending.await?
    }
}
