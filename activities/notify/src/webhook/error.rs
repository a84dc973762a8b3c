//! Why something could not be sent.

use hyper::StatusCode;

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
    },
}

impl WebhookError {
    pub(super) fn unusable(why: impl Into<String>) -> Self {
        Self::Unusable { why: why.into() }
    }

    pub(super) fn unavailable(why: impl Into<String>) -> Self {
        Self::Unavailable { why: why.into() }
    }

    /// What a status that is no success means.
    ///
    /// 409 may be asked again, since an idempotent receiver answers it while the first request under the same key is still under
    /// way. 408, 425 and 429 say of themselves that a later request may pass.
    pub(super) fn from_status(status: StatusCode) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

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
