//! Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 unavailable, 6 out of time.

use tonic::{Code, Status};
use vextrus_domain::Refusal;
use vextrus_facade::errors::grpc_code;

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
    // A refusal made in this process ends as one that came from the facade.
    error.downcast_ref::<Refusal>().map_or(1, |refusal| code(grpc_code(refusal.code)))
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
        | Code::Aborted
        | Code::OutOfRange
        | Code::ResourceExhausted => 4,
        Code::Unavailable => 5,
        Code::DeadlineExceeded | Code::Cancelled => 6,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use vextrus_domain::RefusalCode;

    use super::*;

    #[test]
    fn a_refusal_ends_the_same_wherever_it_was_made() {
        for (refusal, exit) in [
            (RefusalCode::NotFound, 3),
            (RefusalCode::QuestionUnknown, 3),
            (RefusalCode::ReasonRequired, 4),
            (RefusalCode::NotReturned, 4),
            (RefusalCode::Unavailable, 5),
            (RefusalCode::Internal, 1),
        ] {
            let refusal = Refusal::new(refusal, "because");
            assert_eq!(report(&vextrus_facade::errors::status(&refusal).into()), exit, "{refusal}");
            assert_eq!(report(&refusal.into()), exit);
        }
        assert_eq!(report(&Status::deadline_exceeded("late").into()), 6);
        assert_eq!(report(&Usage("an option is missing".to_owned()).into()), 2);
        assert_eq!(report(&Refused("two are refused".to_owned()).into()), 4);
        assert_eq!(report(&anyhow::anyhow!("broken")), 1);
    }
}
