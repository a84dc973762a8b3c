//! What a failed exchange is called.

use std::error::Error;

use hyper_util::client::legacy::Error as ClientError;

use super::error::WebhookError;

/// The most characters of a cause that are repeated.
const LONGEST_CAUSE: usize = 200;

/// The cause is told only where there was no connection: afterwards it may be about what was sent or received.
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
