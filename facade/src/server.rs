//! The server: its services, its limits, its end.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet, ServiceDescriptorProto};
use temporalio_client::Client;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tonic_web::GrpcWebLayer;
use tower_http::cors::{AllowHeaders, CorsLayer};
use vextrus_ledger::Ledger;
use vextrus_platform::config::{ConfigError, FacadeConfig};
use vextrus_platform::keys::{KeyError, read_secret_key};
use vextrus_platform::{Config, Health};
use vextrus_proto::FILE_DESCRIPTOR_SET;
use vextrus_proto::approval::v1::approval_service_server::{self, ApprovalServiceServer};
use vextrus_proto::approval::v1::attachment_service_server::{self, AttachmentServiceServer};
use vextrus_proto::audit::v1::audit_service_server::{self, AuditServiceServer};
use vextrus_proto::invoice::v1::invoice_service_server::{self, InvoiceServiceServer};
use vextrus_proto::masterdata::v1::master_data_service_server::{self, MasterDataServiceServer};
use vextrus_proto::onboarding::v1::onboarding_service_server::{self, OnboardingServiceServer};
use vextrus_proto::purchasing::v1::purchasing_service_server::{self, PurchasingServiceServer};
use vextrus_proto::tax::v1::tax_service_server::{self, TaxServiceServer};
use vextrus_storage::PlaceError;
use vextrus_temporal::{Watched, WatchedError};

use crate::attachments::Attachments;
use crate::auth::{AuthError, Authenticator};
use crate::call::{CALL_LIMIT, UPLOAD_LIMIT};
use crate::codec::{CodecEndpoint, EndpointError};
use crate::limits::Limits;
use crate::permissions::{Permissions, PermissionsError};
use crate::rest;
use crate::service::{App, Service};
use crate::tls::{Tls, TlsError};

/// The largest request, in bytes.
pub const MAX_REQUEST_BYTES: usize = 256 * 1024;

/// The services, as health knows them.
const SERVICES: [&str; 8] = [
    approval_service_server::SERVICE_NAME,
    attachment_service_server::SERVICE_NAME,
    invoice_service_server::SERVICE_NAME,
    purchasing_service_server::SERVICE_NAME,
    onboarding_service_server::SERVICE_NAME,
    master_data_service_server::SERVICE_NAME,
    audit_service_server::SERVICE_NAME,
    tax_service_server::SERVICE_NAME,
];

/// Calls of one connection that are answered at the same time; further ones wait.
const CALLS_AT_ONCE: usize = 64;
/// Calls of one connection that are answered or wait.
const STREAMS: u32 = 256;
/// A call ends by itself within its limit; this ends one whose request does not arrive.
pub(crate) const SLOW_REQUEST: Duration = Duration::from_secs(5);
/// Between pings on an idle connection, and for their answer.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// How long a browser may remember that it may ask.
const PREFLIGHT: Duration = Duration::from_secs(3600);
/// The headers that tell how a call has ended, and when it may be sent again.
const ANSWERED_IN: [&str; 4] = ["grpc-status", "grpc-message", "grpc-status-details-bin", "retry-after"];
/// For what is under way when we stop.
const DRAIN: Duration = Duration::from_secs(15);

/// Why the facade cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum FacadeError {
    /// Nobody could be authenticated.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// Nobody can tell who may call what.
    #[error(transparent)]
    Permissions(#[from] PermissionsError),
    /// There is no place for attachments where one is named.
    #[error("attachments.place: {0}")]
    Attachments(#[from] PlaceError),
    /// TLS cannot be served.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The configuration says what cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Decisions could not be signed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The codec endpoint could not be served.
    #[error(transparent)]
    Codec(#[from] EndpointError),
    /// It ended.
    #[error("the codec endpoint cannot be served: {0}")]
    CodecEnded(std::io::Error),
    /// The descriptors of the services cannot be read.
    #[error("reflection cannot be served: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// Nothing could be seen of it.
    #[error(transparent)]
    Watched(#[from] WatchedError),
    /// The server ended.
    #[error("gRPC cannot be served: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// Serves gRPC on `listener` until `stop`; then no call is taken any more, and those under way get 15 s.
///
/// # Errors
/// [`FacadeError`], at once where the configuration does not suffice.
pub async fn serve(
    config: &Config,
    ledger: Ledger,
    client: Client,
    listener: TcpListener,
    watched: Option<Watched>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), FacadeError> {
    let auth = Arc::new(Authenticator::open(&config.auth).await?);
    let key = read_secret_key("signing.key_file", &config.signing.key_file)?;
    let endpoint = CodecEndpoint::open(&config.codec, auth.clone(), ledger.clone()).await?;
    tracing::info!(key = key.id(), public_key = key.public_text(), "decisions are signed with this key");
    let (stopping, stopped) = watch::channel(false);
    let service = Service::new(App {
        auth,
        limits: Arc::new(Limits::new(&config.facade)),
        attachments: Arc::new(Attachments::open(&config.attachments)?),
        permissions: Arc::new(Permissions::open(&config.facade.permissions_file)?),
        ledger,
        client,
        key,
        step_timeout_millis: config.steps.timeout_millis,
        perform_within_millis: config.steps.perform_within_millis,
        events_of_a_run: config.steps.events_of_a_run,
        officer_roles: config.audit.officer_roles()?,
        stopping: stopped.clone(),
    });
    let (reporter, routes) = routes(&service).await?;
    // Readiness is told by gRPC too, also where nothing is served for operators.
    let health = watched.as_ref().map_or_else(Health::starting, |watched| watched.health.clone());
    let app = service.app();
    crate::watched::watch(&health, &config.facade, &app.ledger, &app.client, &app.auth);
    let telling = tokio::spawn(crate::watched::follow(health.clone(), reporter, std::iter::once("").chain(SERVICES)));
    let routes = routes.layer(cors(&config.facade)?);
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "gRPC is served");
    }
    // HTTP/1.1 has no pings: who is gone without a word is found out by TCP.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(KEEPALIVE));
    let tls = Tls::open(&config.facade)?;
    tracing::info!(tls = tls.is_some(), "connections are taken");
    let router = Server::builder()
        .accept_http1(true)
        .concurrency_limit_per_connection(CALLS_AT_ONCE)
        .max_concurrent_streams(STREAMS)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .add_routes(Routes::from(routes));
    health.serving();
    let stop = async move {
        stop.await;
        health.draining();
        stopping.send_replace(true);
    };
    let server = async move {
        match tls {
            Some(tls) => router.serve_with_incoming_shutdown(tls.incoming(incoming), stop).await,
            None => router.serve_with_incoming_shutdown(incoming, stop).await,
        }
    };
    let endpoint = serve_endpoint(endpoint, stopped.clone());
    let both = async { tokio::try_join!(async { Ok(server.await?) }, endpoint).map(drop) };
    let ended = tokio::select! {
        result = both => result,
        () = drained(stopped) => {
            tracing::warn!("connections were still open when the facade stopped");
            Ok(())
        }
    };
    telling.abort();
    ended
}

/// Every method of every service, such as `vextrus.invoice.v1.InvoiceService/GetInvoice`.
#[must_use]
pub fn methods() -> Vec<String> {
    let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).map(|set| set.file).unwrap_or_default();
    let of_file = |file: FileDescriptorProto| {
        let package = file.package().to_owned();
        let of_service = move |service: ServiceDescriptorProto| {
            let name = format!("{package}.{}", service.name());
            service.method.into_iter().map(move |method| format!("{name}/{}", method.name()))
        };
        file.service.into_iter().flat_map(of_service)
    };
    files.into_iter().flat_map(of_file).collect()
}

/// Every service, for gRPC and gRPC-web, and what is said of them to strangers: their health and their description. Beside them the
/// same as JSON.
async fn routes(service: &Service) -> Result<(HealthReporter, Router), FacadeError> {
    let (health, health_service) = tonic_health::server::health_reporter();
    // Known from the first call on, before anything was looked at.
    for name in SERVICES {
        health.set_service_status(name, ServingStatus::NotServing).await;
    }
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let of = || service.clone();
    let routes = Routes::new(health_service)
        .add_service(reflection)
        .add_service(ApprovalServiceServer::new(of()).max_decoding_message_size(MAX_REQUEST_BYTES))
        .add_service(AttachmentServiceServer::new(of()).max_decoding_message_size(MAX_REQUEST_BYTES))
        .add_service(AuditServiceServer::new(of()).max_decoding_message_size(MAX_REQUEST_BYTES))
        .add_service(InvoiceServiceServer::new(of()).max_decoding_message_size(MAX_REQUEST_BYTES))
        .add_service(MasterDataServiceServer::new(of()).max_decoding_message_size(MAX_REQUEST_BYTES))
        .add_service(OnboardingServiceServer::new(of()).max_decoding_message_size(MAX_REQUEST_BYTES))
        .add_service(PurchasingServiceServer::new(of()).max_decoding_message_size(MAX_REQUEST_BYTES))
        .add_service(TaxServiceServer::new(of()).max_decoding_message_size(MAX_REQUEST_BYTES));
    let grpc = routes.into_axum_router().layer(GrpcWebLayer::new()).layer(axum::middleware::from_fn(in_time));
    Ok((health, grpc.merge(rest::router(service)).fallback(unknown)))
}

/// Ends a call whose request does not arrive. Only papers take longer than other requests.
async fn in_time(request: axum::extract::Request, next: Next) -> Response {
    let is_upload = request.uri().path().ends_with("/UploadAttachment");
    let most = if is_upload { UPLOAD_LIMIT } else { CALL_LIMIT } + SLOW_REQUEST;
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => tonic::Status::deadline_exceeded("the request did not arrive in time").into_http(),
    }
}

/// What is no method.
async fn unknown(request: axum::extract::Request) -> Response {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/grpc") {
        return tonic::Status::unimplemented(format!("there is no method {}", request.uri().path())).into_http();
    }
    StatusCode::NOT_FOUND.into_response()
}

/// Which browsers may ask.
fn cors(config: &FacadeConfig) -> Result<CorsLayer, FacadeError> {
    let read = |origin: &str| {
        let bad =
            || ConfigError::Content(format!("facade.cors_origins: {origin:?} is no origin; write https://erp.example"));
        let is_origin = origin.split_once("://").is_some_and(|(_, host)| !host.is_empty() && !host.contains('/'));
        HeaderValue::from_str(origin).ok().filter(|_| is_origin).ok_or_else(bad)
    };
    let origins: Vec<HeaderValue> = config.origins().map(read).collect::<Result<_, _>>()?;
    // Not any: that would leave out `authorization`, which every call needs.
    let asked = AllowHeaders::mirror_request();
    let layer = CorsLayer::new().allow_methods([Method::GET, Method::POST]).allow_headers(asked).max_age(PREFLIGHT);
    Ok(layer.allow_origin(origins).expose_headers(ANSWERED_IN.map(HeaderName::from_static)))
}

async fn serve_endpoint(endpoint: Option<CodecEndpoint>, stopped: watch::Receiver<bool>) -> Result<(), FacadeError> {
    let Some(endpoint) = endpoint else { return Ok(()) };
    endpoint.serve(until(stopped)).await.map_err(FacadeError::CodecEnded)
}

/// Waits until the facade stops. When the server itself has ended, its own result counts, and this never ends.
pub(crate) async fn until(mut stopped: watch::Receiver<bool>) {
    if stopped.wait_for(|stopped| *stopped).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn drained(stopped: watch::Receiver<bool>) {
    until(stopped).await;
    tokio::time::sleep(DRAIN).await;
}
