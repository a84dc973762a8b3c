//! What our own calls to the service share.

use std::time::Duration;

use tonic::{Code, Request, Status};

/// The most that one call may take; what calls it tries again within a deadline of its own.
const CALL_WITHIN: Duration = Duration::from_secs(10);

/// A request with a time limit, without which a call to a silent server never ends.
pub(crate) fn request<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(CALL_WITHIN);
    request
}

/// Whether the same call can succeed later. A call that ran into its own time limit comes back as `Cancelled`.
#[must_use]
pub fn may_pass(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::Aborted
            | Code::ResourceExhausted
            | Code::Internal
            | Code::Unknown
    )
}
