//! Why something could not be sent.

use std::time::Duration;

use chrono::{DateTime, Utc};
use hyper::header::RETRY_AFTER;
use hyper::{HeaderMap, StatusCode};

/// Why a request failed. No variant ever holds a part of what was sent or received, of a secret, or of an address beyond its host:
/// these texts go into logs and histories, and bodies hold personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The client or the request cannot be made of what was given. Nothing was sent.
    #[error("the webhook cannot be used: {why}")]
    Unusable {
        /// What is wrong, and what would be right.
        why: String,
    },
    /// The receiver will not, however often it is asked.
    #[error("it answered {status}, a refusal")]
    Refused {
        /// The status, 400 to 499.
        status: u16,
    },
    /// The receiver cannot now, or whether it did is not known. Asking again under the same id is safe.
    #[error("it is unavailable: {why}")]
    Unavailable {
        /// What happened.
        why: String,
        /// For how long it asks to be left alone, where it says so.
        after: Option<Duration>,
    },
}

impl WebhookError {
    pub(super) fn unusable(why: impl Into<String>) -> Self {
        Self::Unusable { why: why.into() }
    }

    pub(super) fn unavailable(why: impl Into<String>) -> Self {
        Self::Unavailable { why: why.into(), after: None }
    }

    /// What a status that is no success means.
    ///
    /// 409 may be asked again, since an idempotent receiver answers it while the first request under the same key is still under
    /// way. 408, 425 and 429 say of themselves that a later request may pass.
    pub(super) fn from_answer(status: StatusCode, headers: &HeaderMap, now: DateTime<Utc>) -> Self {
        let error = Self::from_status(status);
        match error {
            Self::Unavailable { why, .. } => Self::Unavailable { why, after: retry_after(headers, now) },
            other => other,
        }
    }

    fn from_status(status: StatusCode) -> Self {
        match status.as_u16() {
            code @ (408 | 409 | 425 | 429) => Self::unavailable(format!("it answered {code}")),
            code @ 400..=499 => Self::Refused { status: code },
            code @ 300..=399 => Self::unavailable(format!(
                "it answered {code}, which points elsewhere and is not followed; configure the address that answers"
            )),
            code => Self::unavailable(format!("it answered {code}")),
        }
    }
}

/// What the header `retry-after` asks for: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    (date.to_utc() - now).to_std().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_to_wait_is_read_as_seconds_or_as_a_date() {
        let now = DateTime::from_timestamp(1_445_412_450, 0).unwrap();
        for (text, seconds) in [
            ("120", Some(120)),
            ("0", Some(0)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(30)),
            ("Wed, 21 Oct 2015 07:00:00 GMT", None),
            ("soon", None),
            ("-5", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            let error = WebhookError::from_answer(StatusCode::SERVICE_UNAVAILABLE, &headers, now);
            let WebhookError::Unavailable { after, .. } = error else { panic!("{error}") };
            assert_eq!(after.map(|a| a.as_secs()), seconds, "{text}");
        }
        let refused = WebhookError::from_answer(StatusCode::BAD_REQUEST, &HeaderMap::new(), now);
        assert_eq!(refused, WebhookError::Refused { status: 400 });
    }

    #[test]
    fn every_status_is_either_final_or_not() {
        for code in (100..200).chain(300..1000) {
            let error = WebhookError::from_status(StatusCode::from_u16(code).unwrap());
            let is_final = (400..500).contains(&code) && ![408, 409, 425, 429].contains(&code);
            assert_eq!(matches!(error, WebhookError::Refused { status } if status == code), is_final, "{error}");
            assert_eq!(matches!(error, WebhookError::Unavailable { .. }), !is_final, "{error}");
            assert!(error.to_string().contains(&code.to_string()), "{error}");
        }
    }
}
