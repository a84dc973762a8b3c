//! Every refusal code has its gRPC code; what callers read is always the same three things.

use tonic::Code;
use tonic_types::StatusExt as _;
use vextrus_domain::{Refusal, RefusalCode};
use vextrus_facade::errors::{ERROR_DOMAIN, grpc_code, status};

#[test]
fn every_refusal_has_a_code_that_says_no() {
    for code in RefusalCode::ALL {
        assert!(!matches!(grpc_code(*code), Code::Ok | Code::Unknown), "{code}");
    }
}

#[test]
fn codes_that_callers_act_on() {
    use RefusalCode as R;
    for (refusal, grpc) in [
        (R::InvalidField, Code::InvalidArgument),
        (R::LimitExceeded, Code::InvalidArgument),
        (R::CurrencyNotSupported, Code::InvalidArgument),
        (R::VendorUnknown, Code::FailedPrecondition),
        (R::DuplicateInvoice, Code::AlreadyExists),
        (R::RequestIdReused, Code::AlreadyExists),
        (R::Unauthenticated, Code::Unauthenticated),
        (R::PermissionDenied, Code::PermissionDenied),
        (R::NotFound, Code::NotFound),
        (R::NotEligible, Code::PermissionDenied),
        (R::SelfApproval, Code::PermissionDenied),
        (R::RepeatedApprover, Code::PermissionDenied),
        (R::NotSubmitter, Code::PermissionDenied),
        (R::NotAdministrator, Code::PermissionDenied),
        (R::ReasonRequired, Code::InvalidArgument),
        (R::QuestionUnknown, Code::NotFound),
        (R::DelegationInvalid, Code::FailedPrecondition),
        (R::NothingToEscalate, Code::FailedPrecondition),
        (R::NotSkippable, Code::FailedPrecondition),
        (R::ProcessOpen, Code::FailedPrecondition),
        (R::AlreadyEmployed, Code::AlreadyExists),
        (R::NotOnboarded, Code::FailedPrecondition),
        (R::PersonalData, Code::InvalidArgument),
        (R::DocumentReturned, Code::FailedPrecondition),
        (R::NotReturned, Code::FailedPrecondition),
        (R::OrderInUse, Code::FailedPrecondition),
        (R::NotAssessed, Code::FailedPrecondition),
        (R::AlreadyDecided, Code::FailedPrecondition),
        (R::DocumentClosed, Code::FailedPrecondition),
        (R::WorkflowEnded, Code::FailedPrecondition),
        (R::Unavailable, Code::Unavailable),
        (R::Internal, Code::Internal),
    ] {
        assert_eq!(grpc_code(refusal), grpc, "{refusal}");
    }
}

#[test]
fn a_status_carries_the_code_three_times() {
    for code in RefusalCode::ALL {
        let status = status(&Refusal::new(*code, "because"));
        let info = status.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), (code.name(), ERROR_DOMAIN));
        assert_eq!(status.message(), format!("{code}: because"));
        assert_eq!(Refusal::find_in(status.message()).unwrap().code, *code);
        let early = matches!(code, RefusalCode::Unavailable | RefusalCode::NotAssessed);
        assert_eq!(status.get_details_retry_info().is_some(), early, "{code}");
    }
}
