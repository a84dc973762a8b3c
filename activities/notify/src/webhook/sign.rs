//! The signatures of Standard Webhooks: `v1,` and the HMAC-SHA256 over id, timestamp and body, joined by full stops.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac as _};
use hyper::HeaderMap;
use sha2::Sha256;

use super::secret::Secret;

/// The header with the message's id.
pub const ID: &str = "webhook-id";
/// The header with the seconds since 1970 at which the message was sent.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures, separated by spaces.
pub const SIGNATURE: &str = "webhook-signature";
/// How far the clocks of both sides may be apart, and how long a message may be under way.
pub const TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// What each signature begins with.
const VERSION: &str = "v1,";

/// Why a message is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// A header is missing, or is not text.
    #[error("the header {0} is missing or not text")]
    Missing(&'static str),
    /// The timestamp is no whole number.
    #[error("the header {TIMESTAMP} is not a whole number of seconds since 1970")]
    NotATimestamp,
    /// The timestamp is too far from now.
    #[error("the message is {seconds} s away from now; {tolerance} s are the most")]
    Untimely {
        /// How far.
        seconds: u64,
        /// How far it may be.
        tolerance: u64,
    },
    /// No secret made any of the signatures.
    #[error("no signature fits the message")]
    Mismatch,
}

/// The value of the header `webhook-signature`: one signature for each secret.
#[must_use]
pub fn sign(secrets: &[Secret], id: &str, timestamp: i64, body: &[u8]) -> String {
    let sign = |secret: &Secret| {
        let mac = mac(secret, id, &timestamp.to_string(), body).finalize();
        format!("{VERSION}{}", BASE64.encode(mac.into_bytes()))
    };
    secrets.iter().map(sign).collect::<Vec<_>>().join(" ")
}

/// Whether a message comes from somebody who knows one of the secrets, and is of now. The body is what was received, byte for byte.
///
/// What passed may still be a repetition: the receiver keeps the ids that it has seen.
///
/// # Errors
/// [`VerifyError`].
pub fn verify(
    secrets: &[Secret],
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
    tolerance: TimeDelta,
) -> Result<(), VerifyError> {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok()).ok_or(VerifyError::Missing(name));
    let (id, timestamp, signatures) = (text(ID)?, text(TIMESTAMP)?, text(SIGNATURE)?);
    let sent: i64 = timestamp.parse().map_err(|_| VerifyError::NotATimestamp)?;
    let seconds = now.timestamp().abs_diff(sent);
    let tolerance = tolerance.num_seconds().max(0).unsigned_abs();
    if seconds > tolerance {
        return Err(VerifyError::Untimely { seconds, tolerance });
    }
    let mut given = signatures.split(' ').filter_map(|s| BASE64.decode(s.strip_prefix(VERSION)?).ok());
    // `verify_slice` takes the same time wherever the first difference is.
    let fits = |given: Vec<u8>| secrets.iter().any(|s| mac(s, id, timestamp, body).verify_slice(&given).is_ok());
    if given.any(fits) { Ok(()) } else { Err(VerifyError::Mismatch) }
}

fn mac(secret: &Secret, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = secret.mac();
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}
