//! The HTTP client below: HTTP/1.1, TLS by ring with the system's root certificates, no redirects, no proxy.

use std::error::Error;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as Pool, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use super::error::WebhookError;

pub(super) type Body = Full<Bytes>;
pub(super) type Client = Pool<HttpsConnector<HttpConnector>, Body>;

/// The most characters of a cause that are repeated.
const LONGEST_CAUSE: usize = 200;

/// A client that speaks only TLS, or one that trusts no certificate at all and so can only speak in plain.
pub(super) fn new(tls: bool) -> Result<Client, WebhookError> {
    let unusable = |e: &dyn Error| WebhookError::unusable(format!("TLS cannot be set up: {e}"));
    // The provider is named: another crate of the process may bring a second one, and then there is no default.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| unusable(&e))?;
    let connector = HttpsConnectorBuilder::new();
    let connector = if tls {
        let roots = config.with_native_roots().map_err(|e| unusable(&e))?;
        connector.with_tls_config(roots.with_no_client_auth()).https_only()
    } else {
        let none = config.with_root_certificates(RootCertStore::empty());
        connector.with_tls_config(none.with_no_client_auth()).https_or_http()
    };
    let connector = connector.enable_http1().build();
    Ok(Pool::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector))
}

/// What a failed exchange is called. The cause is told only where there was no connection: afterwards it may be about what was
/// sent or received.
pub(super) fn failure(error: &ClientError) -> WebhookError {
    if !error.is_connect() {
        return WebhookError::unavailable("the connection broke before it answered");
    }
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let cause: String = cause.to_string().chars().filter(|c| !c.is_control()).take(LONGEST_CAUSE).collect();
    WebhookError::unavailable(format!("no connection: {cause}"))
}
