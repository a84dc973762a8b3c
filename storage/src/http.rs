//! The object store's HTTP by our own client, so that there is one.

use async_trait::async_trait;
use http_body_util::BodyExt as _;
use hyper::Request;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use std::time::Duration;
use vextrus_platform::http::{Body, Client, TlsError, client};

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Makes clients for the object store.
#[derive(Debug)]
pub(crate) struct Connector;

#[derive(Debug)]
struct Service {
    tls: Result<Client, TlsError>,
    plain: Result<Client, TlsError>,
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Service { tls: client(true), plain: client(false) }))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failed(String);

fn failed(kind: HttpErrorKind, why: impl std::fmt::Display) -> HttpError {
    HttpError::new(kind, Failed(why.to_string()))
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let client = if parts.uri.scheme_str() == Some("https") { &self.tls } else { &self.plain };
        let client = client.as_ref().map_err(|e| failed(HttpErrorKind::Connect, e))?;
        let body = body.collect().await.map_err(|e| failed(HttpErrorKind::Request, e))?.to_bytes();
        let exchange = client.request(Request::from_parts(parts, Body::new(body)));
        let answer = tokio::time::timeout(TIMEOUT, exchange)
            .await
            .map_err(|_| failed(HttpErrorKind::Timeout, format!("no answer within {TIMEOUT:?}")))?
            .map_err(|e| {
                let kind = if e.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted };
                failed(kind, e)
            })?;
        let (parts, body) = answer.into_parts();
        let body = body.map_err(|e| failed(HttpErrorKind::Interrupted, e));
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body)))
    }
}
