//! The HTTP client: HTTP/1.1, TLS by ring with the system's root certificates, no redirects, no proxy.

use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// The body of a request, whole.
pub type Body = Full<Bytes>;
/// A client with its pool of connections.
pub type Client = Pool<HttpsConnector<HttpConnector>, Body>;

/// TLS cannot be set up, such as when the system has no root certificates.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up: {0}")]
pub struct TlsError(String);

/// A client that speaks only TLS, or one that trusts no certificate at all and so can only speak in plain.
///
/// # Errors
/// [`TlsError`].
pub fn client(tls: bool) -> Result<Client, TlsError> {
    // The provider is named: another crate of the process may bring a second one, and then there is no default.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| TlsError(e.to_string()))?;
    let connector = HttpsConnectorBuilder::new();
    let connector = if tls {
        let roots = config.with_native_roots().map_err(|e| TlsError(e.to_string()))?;
        connector.with_tls_config(roots.with_no_client_auth()).https_only()
    } else {
        let none = config.with_root_certificates(RootCertStore::empty());
        connector.with_tls_config(none.with_no_client_auth()).https_or_http()
    };
    let connector = connector.enable_http1().build();
    Ok(Pool::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector))
}
