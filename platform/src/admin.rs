//! The operators' listener of a process: its health and its metrics, over plain HTTP/1.1, within the cluster.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::health::{Health, Status};
use crate::metrics;

/// How long one answer may take.
const WITHIN: Duration = Duration::from_secs(5);

/// Metrics of another source, in Prometheus's text format.
pub type Source = Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync>;

/// The listener. It is closed when this is dropped.
#[derive(Debug)]
pub struct Admin {
    /// Where it listens.
    pub address: SocketAddr,
    server: AbortHandle,
}

/// The listener cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("health and metrics cannot be served at {listen:?} ({key}): {why}")]
pub struct AdminError {
    /// The key of the configuration.
    pub key: &'static str,
    /// Where it should have been.
    pub listen: String,
    /// Why not.
    pub why: String,
}

#[derive(Clone)]
struct Served {
    health: Health,
    source: Source,
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Serves `/health`, `/health/live`, `/health/ready`, `/health/startup` and `/metrics` there. Must be called within a tokio
/// runtime.
///
/// # Errors
/// [`AdminError`], naming the key of the configuration.
pub fn serve((key, listen): (&'static str, &str), health: Health, source: Source) -> Result<Admin, AdminError> {
    metrics::init();
    let failed = |why: String| AdminError { key, listen: listen.to_owned(), why };
    let address: SocketAddr = listen.parse().map_err(|_| failed("an IP address with a port is expected".to_owned()))?;
    let (listener, address) = bind(address).map_err(|e| failed(e.to_string()))?;
    let router = router(Served { health, source });
    let server = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "health and metrics are not served any more");
        }
    });
    tracing::info!(%address, "serving health and metrics");
    Ok(Admin { address, server: server.abort_handle() })
}

fn bind(address: SocketAddr) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((TcpListener::from_std(listener)?, address))
}

fn router(served: Served) -> Router {
    Router::new()
        .route("/health", get(whole))
        .route("/health/live", get(|State(s): State<Served>| async move { said(s.health.is_live()) }))
        .route("/health/ready", get(ready))
        .route("/health/startup", get(|State(s): State<Served>| async move { said(s.health.has_started()) }))
        .route("/metrics", get(all_metrics))
        .with_state(served)
}

fn code(good: bool) -> StatusCode {
    if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

fn said(good: bool) -> Response {
    let status = if good { Status::Pass } else { Status::Fail };
    (code(good), Json(serde_json::json!({ "status": status }))).into_response()
}

async fn whole(State(served): State<Served>) -> Response {
    let report = served.health.report();
    (code(report.status != Status::Fail), Json(report)).into_response()
}

/// Readiness, with the checks that it depends on.
async fn ready(State(served): State<Served>) -> Response {
    let mut report = served.health.report();
    report.checks.retain(|check| check.ready);
    if report.status == Status::Warn {
        report.status = Status::Pass;
    }
    (code(report.status == Status::Pass), Json(report)).into_response()
}

async fn all_metrics(State(served): State<Served>) -> Response {
    let mut text = metrics::text();
    match tokio::time::timeout(WITHIN, (served.source)()).await {
        Ok(more) => text.push_str(&more),
        Err(_) => tracing::warn!("the SDK's metrics could not be read in time"),
    }
    ([(CONTENT_TYPE, metrics::TEXT_FORMAT)], text).into_response()
}
