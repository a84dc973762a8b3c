//! Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 unavailable, 6 out of time.

use tonic::{Code, Status};
use vextrus_domain::{Refusal, RefusalCode};

/// What was asked is refused, without a code of its own: several refusals at once, or questions left open.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refused(pub(crate) String);

/// An option is missing that this input makes necessary.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// Tells the user what went wrong, on stderr, and answers the exit code.
pub(crate) fn report(error: &anyhow::Error) -> u8 {
    if let Some(status) = error.downcast_ref::<Status>() {
        eprintln!("error: {}", status.message());
        for violation in fields(status) {
            eprintln!("  {violation}");
        }
        return code(status.code());
    }
    eprintln!("error: {error:#}");
    if error.is::<Usage>() {
        return 2;
    }
    if error.is::<Refused>() {
        return 4;
    }
    error.downcast_ref::<Refusal>().map_or(1, |refusal| refused(refusal.code))
}

/// The exit code of a refusal made in this process; the same as of one that came from the facade.
fn refused(code: RefusalCode) -> u8 {
    match code {
        RefusalCode::NotFound => 3,
        RefusalCode::Unavailable => 5,
        RefusalCode::Internal => 1,
        _ => 4,
    }
}

fn fields(status: &Status) -> Vec<String> {
    use tonic_types::StatusExt as _;
    let Some(bad) = status.get_details_bad_request() else { return Vec::new() };
    bad.field_violations.into_iter().map(|v| format!("{}: {}", v.field, v.description)).collect()
}

fn code(code: Code) -> u8 {
    match code {
        Code::NotFound => 3,
        Code::InvalidArgument
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::PermissionDenied
        | Code::Unauthenticated
        | Code::OutOfRange
        | Code::ResourceExhausted => 4,
        Code::Unavailable => 5,
        Code::DeadlineExceeded | Code::Cancelled => 6,
        _ => 1,
    }
}
