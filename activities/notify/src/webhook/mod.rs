//! The client for everything that outside systems are told: JSON over HTTPS, signed as Standard Webhooks has it.
//!
//! A receiver checks with [`verify`], or with any library for that scheme, and acts once for each `idempotency-key`, which is the
//! same as the `webhook-id` and stays the same when a request is repeated.

mod address;
mod client;
mod error;
mod secret;
mod sign;

use std::fmt;
use std::time::Duration;

use chrono::Utc;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response};
use serde_json::Value;

pub use error::WebhookError;
pub use secret::{Secret, SecretError, read_secrets};
pub use sign::{ID, SIGNATURE, TIMESTAMP, TOLERANCE, VerifyError, sign, verify};

use address::Address;
use vextrus_platform::http::{self, Body, Client};

/// The header by which a receiver knows a repeated request.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// How long a request may take where nothing else is said. Shorter than an attempt of a step, so that the step hears of it.
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes that an answer may have.
pub const LARGEST_ANSWER: usize = 64 * 1024;
const JSON: &str = "application/json";
/// A CloudEvent with its attributes in the body.
pub const CLOUD_EVENT: &str = "application/cloudevents+json";
/// The most bytes that an id may have.
const LONGEST_ID: usize = 256;

/// Whom to speak to, and how.
#[derive(Clone)]
pub struct WebhookConfig {
    /// The address: `https`, or plain `http` to a loopback address such as `http://127.0.0.1:8080/hooks`.
    pub url: String,
    /// The secrets, each of which signs. Several while one is being replaced.
    pub secrets: Vec<Secret>,
    /// How long a request may take, its answer included.
    pub timeout: Duration,
}

impl fmt::Debug for WebhookConfig {
    // A path or a query may be as good as a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, secrets, timeout } = self;
        f.debug_struct("WebhookConfig")
            .field("secrets", &secrets.len())
            .field("timeout", timeout)
            .finish_non_exhaustive()
    }
}

/// A client for one address. `Debug` shows the host, and neither path nor secrets.
#[derive(Clone)]
pub struct Webhook {
    address: Address,
    secrets: Vec<Secret>,
    timeout: Duration,
    client: Client,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, secrets, timeout, client: _ } = self;
        f.debug_struct("Webhook")
            .field("address", address)
            .field("secrets", &secrets.len())
            .field("timeout", timeout)
            .finish_non_exhaustive()
    }
}

impl Webhook {
    /// A client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`WebhookError::Unusable`]: the address is neither `https` nor a loopback address, there is no secret, no time, or the
    /// system has no root certificates.
    pub fn new(config: WebhookConfig) -> Result<Self, WebhookError> {
        let WebhookConfig { url, secrets, timeout } = config;
        let address = Address::parse(&url)?;
        if secrets.is_empty() {
            return Err(WebhookError::unusable("there is no secret to sign with; give at least one"));
        }
        if timeout.is_zero() {
            return Err(WebhookError::unusable("the time-out is 0; give at least 1 millisecond"));
        }
        let client = http::client(address.is_tls()).map_err(|e| WebhookError::unusable(e.to_string()))?;
        Ok(Self { address, secrets, timeout, client })
    }

    /// Sends the body, which must be a JSON object, and answers what came back. An empty answer is `null`.
    ///
    /// The id is both `webhook-id` and `idempotency-key`: give the same when the same is sent again. Each attempt is signed with
    /// the time of that attempt. Redirects are not followed and no proxy is used.
    ///
    /// # Errors
    /// [`WebhookError::Refused`] where asking again cannot help, [`WebhookError::Unavailable`] where it may, and
    /// [`WebhookError::Unusable`] where the id or the body cannot be sent at all. None of them repeats anything that was sent or
    /// received.
    pub async fn post(&self, id: &str, body: &Value) -> Result<Value, WebhookError> {
        let request = self.request(id, body, JSON)?;
        self.in_time(async {
            let bytes = read(self.exchange(request).await?).await?;
            if bytes.is_empty() {
                return Ok(Value::Null);
            }
            // The parser's own message would quote the answer.
            serde_json::from_slice(&bytes).map_err(|_| WebhookError::unavailable("its answer is not JSON"))
        })
        .await
    }

    /// Sends a CloudEvent, in structured mode. What the receiver answers beside a success is of no interest.
    ///
    /// # Errors
    /// As [`Self::post`].
    pub async fn tell(&self, id: &str, event: &Value) -> Result<(), WebhookError> {
        let request = self.request(id, event, CLOUD_EVENT)?;
        self.in_time(async {
            let response = self.exchange(request).await?;
            // Read all the same, so that the connection can be used again.
            drop(read(response).await);
            Ok(())
        })
        .await
    }

    async fn in_time<T>(&self, asked: impl Future<Output = Result<T, WebhookError>>) -> Result<T, WebhookError> {
        match tokio::time::timeout(self.timeout, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(WebhookError::unavailable(format!("no answer within {} ms", self.timeout.as_millis()))),
        }
    }

    fn request(&self, id: &str, body: &Value, kind: &'static str) -> Result<Request<Body>, WebhookError> {
        if !(1..=LONGEST_ID).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(WebhookError::unusable(format!("the id is not 1 to {LONGEST_ID} visible ASCII characters")));
        }
        // What is signed is joined by full stops, and an id may hold some. Only because a body begins with a brace can no part of
        // it be taken for a part of the id.
        if !body.is_object() {
            return Err(WebhookError::unusable("the body is not a JSON object"));
        }
        let text = body.to_string();
        let timestamp = Utc::now().timestamp();
        Request::post(self.address.uri())
            .header(CONTENT_TYPE, HeaderValue::from_static(kind))
            .header(IDEMPOTENCY_KEY, id)
            .header(ID, id)
            .header(TIMESTAMP, timestamp)
            .header(SIGNATURE, sign(&self.secrets, id, timestamp, text.as_bytes()))
            .body(Body::from(text))
            .map_err(|_| WebhookError::unusable("the request cannot be made of this address and id"))
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Response<Incoming>, WebhookError> {
        let response = self.client.request(request).await.map_err(|e| client::failure(&e))?;
        let status = response.status();
        if status.is_success() {
            Ok(response)
        } else {
            Err(WebhookError::from_answer(status, response.headers(), Utc::now()))
        }
    }
}

async fn read(response: Response<Incoming>) -> Result<Bytes, WebhookError> {
    let answer = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await.map_err(|e| {
        WebhookError::unavailable(if e.is::<LengthLimitError>() {
            format!("its answer has more than {LARGEST_ANSWER} bytes")
        } else {
            "its answer broke off".to_owned()
        })
    })?;
    Ok(answer.to_bytes())
}
