//! Why an event was not handed over.

use std::time::Duration;

use crate::webhook::WebhookError;

/// Why an event was not handed over. No text holds anything of an event, of an address beyond its host, or of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It may pass later.
    Later {
        /// Why not now.
        why: String,
        /// For how long the receiver asks to be left alone.
        after: Option<Duration>,
    },
    /// It never will.
    Never(String),
    /// There is nobody to hand it to.
    Nobody(String),
}

impl Failure {
    pub(crate) fn later(why: impl Into<String>) -> Self {
        Self::Later { why: why.into(), after: None }
    }
}

impl From<WebhookError> for Failure {
    fn from(error: WebhookError) -> Self {
        let why = error.to_string();
        match error {
            WebhookError::Unavailable { after, .. } => Self::Later { why, after },
            WebhookError::Refused { .. } | WebhookError::Unusable { .. } => Self::Never(why),
        }
    }
}
