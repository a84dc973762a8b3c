//! The codec endpoint: decrypts payloads for people in the Temporal UI and CLI, by Temporal's remote codec protocol.
//!
//! Nothing is read of a request before its sender is known to be an active person with the right role.

mod answer;
mod wire;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use temporalio_common::protos::temporal::api::common::v1::Payload;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tonic::metadata::MetadataMap;
use vextrus_domain::{Actor, Refusal, RefusalCode, RoleName};
use vextrus_ledger::{Ledger, masterdata};
use vextrus_platform::config::CodecConfig;
use vextrus_temporal::{Codec, CodecError, KeysError};

use crate::auth::Authenticator;
use crate::call::CALL_LIMIT;
use crate::errors::Failure;
use wire::Payloads;

/// The largest body, in bytes.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// Why the endpoint cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// There is nothing to decrypt with.
    #[error(
        "codec.listen is set and there are no keys; set codec.keys_file or VEXTRUS_CODEC_KEYS, or empty codec.listen"
    )]
    NoKeys,
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The UI's origin is none.
    #[error("codec.ui_origin {0:?} is no origin; write it as https://HOST or http://HOST:PORT, without a path")]
    Origin(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address} (codec.listen): {source}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        source: std::io::Error,
    },
}

/// The endpoint, bound to its address.
pub struct CodecEndpoint {
    listener: TcpListener,
    gate: Arc<Gate>,
}

impl CodecEndpoint {
    /// Binds the endpoint where the configuration says; none where it says nothing.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub async fn open(
        config: &CodecConfig,
        auth: Arc<Authenticator>,
        ledger: Ledger,
    ) -> Result<Option<Self>, EndpointError> {
        if config.listen.is_empty() {
            return Ok(None);
        }
        let codec = Codec::configured(config)?.ok_or(EndpointError::NoKeys)?;
        let origin = Some(config.ui_origin.as_str()).filter(|o| !o.is_empty()).map(origin).transpose()?;
        let listen = |source| EndpointError::Listen { address: config.listen.clone(), source };
        let listener = TcpListener::bind(&config.listen).await.map_err(listen)?;
        let gate = Gate { codec, auth, ledger, role: config.role.clone(), origin };
        Ok(Some(Self { listener, gate: Arc::new(gate) }))
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system's.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop`; then what is under way is still answered.
    ///
    /// # Errors
    /// The system's.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
        if let Ok(address) = self.address() {
            tracing::info!(%address, "payloads are decrypted for people");
        }
        let router = axum::Router::new()
            .route("/encode", post(encode).options(preflight))
            .route("/decode", post(decode).options(preflight))
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .with_state(self.gate);
        axum::serve(self.listener, router).with_graceful_shutdown(stop).await
    }
}

/// Reads an origin as browsers write it: scheme, host and port, in lower case, and nothing else.
fn origin(text: &str) -> Result<HeaderValue, EndpointError> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | ':' | '[' | ']');
    match HeaderValue::from_str(text) {
        Ok(value) if !host.is_empty() && host.chars().all(plain) => Ok(value),
        _ => Err(EndpointError::Origin(text.to_owned())),
    }
}

/// What every request passes.
struct Gate {
    codec: Codec,
    auth: Arc<Authenticator>,
    ledger: Ledger,
    role: RoleName,
    origin: Option<HeaderValue>,
}

async fn encode(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    gate.answer("encode", request, |codec, payload| codec.encrypt(&payload)).await
}

async fn decode(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    gate.answer("decode", request, Codec::decrypt).await
}

async fn preflight(State(gate): State<Arc<Gate>>, headers: HeaderMap) -> Response {
    gate.browser(&headers).map_or_else(|| answer::empty(StatusCode::FORBIDDEN), answer::preflight)
}

impl Gate {
    async fn answer(
        &self,
        way: &'static str,
        request: Request,
        convert: impl Fn(&Codec, Payload) -> Result<Payload, CodecError>,
    ) -> Response {
        let browser = self.browser(request.headers());
        let work = timeout(CALL_LIMIT, self.converted(way, request, convert));
        let late = || Refusal::new(RefusalCode::Unavailable, "the request was not answered in time; send it again");
        let result = work.await.unwrap_or_else(|_| Err(late().into()));
        answer::of(result.map_err(|failure| failure.into_refusal(way)), browser)
    }

    async fn converted(
        &self,
        way: &'static str,
        request: Request,
        convert: impl Fn(&Codec, Payload) -> Result<Payload, CodecError>,
    ) -> Result<Payloads, Failure> {
        let actor = self.auth.actor(&MetadataMap::from_headers(request.headers().clone()))?;
        self.admit(&actor).await?;
        let bytes = Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Refusal::new(RefusalCode::LimitExceeded, format!("the body has more than {MAX_BODY_BYTES} bytes"))
            }
            _ => invalid("the body did not arrive whole".to_owned()),
        })?;
        let payloads = wire::read(&bytes).map_err(invalid)?;
        let converted: Result<Vec<_>, _> = payloads.into_iter().map(|payload| convert(&self.codec, payload)).collect();
        let converted = converted.map_err(|error| invalid(error.to_string()))?;
        tracing::info!(tenant = %actor.tenant, person = %actor.person, count = converted.len(), way, "payloads converted");
        Ok(wire::write(converted))
    }

    /// Refuses whoever is not an active person of their tenant with the role.
    async fn admit(&self, actor: &Actor) -> Result<(), Failure> {
        let mut tx = self.ledger.read(&actor.tenant).await?;
        let people = masterdata::people(&mut tx, &actor.tenant).await?;
        if people.iter().any(|person| person.id == actor.person && person.roles.contains(&self.role)) {
            return Ok(());
        }
        tracing::warn!(tenant = %actor.tenant, person = %actor.person, "payloads were refused to a person");
        let why = format!("{} is not an active person of {} with the role {}", actor.person, actor.tenant, self.role);
        Err(Refusal::new(RefusalCode::PermissionDenied, why).into())
    }

    /// The UI's origin, where the request comes from a page of it.
    fn browser(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        self.origin.clone().filter(|origin| headers.get(header::ORIGIN) == Some(origin))
    }
}

fn invalid(why: String) -> Refusal {
    Refusal::new(RefusalCode::InvalidField, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for good in ["https://temporal.example", "http://localhost:8233", "http://[::1]:8233"] {
            assert_eq!(origin(good).unwrap(), good);
        }
        for bad in [
            "*",
            "null",
            "https://",
            "https://a/",
            "https://a/ui",
            "https://*.example",
            "temporal.example",
            "https://A",
        ] {
            assert!(origin(bad).unwrap_err().to_string().contains("codec.ui_origin"), "{bad}");
        }
    }
}
