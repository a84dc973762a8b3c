//! Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 unavailable, 6 out of time.

use tonic::{Code, Status};

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
    1
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
