//! Refusals and failures as gRPC says them: a code, `CODE: message`, and `google.rpc` details.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use vextrus_domain::canonical::CanonicalError;
use vextrus_domain::invoice::FieldViolation;
use vextrus_domain::{Refusal, RefusalCode};
use vextrus_ledger::LedgerError;
use vextrus_ledger::retry::FromLedger;
use vextrus_platform::metrics;

use crate::names;

/// The domain of every `ErrorInfo`.
pub const ERROR_DOMAIN: &str = "vextrus";

/// When a request that came too early, or met a part of the fleet that did not answer, may be sent again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// A status travels in headers, of which clients take 16 KiB by default: this many fields, and this much text of each.
const MOST_FIELDS: usize = 20;
const MOST_TEXT: usize = 200;
const MOST_MESSAGE: usize = 1000;

/// The gRPC code of a refusal.
#[must_use]
pub const fn grpc_code(code: RefusalCode) -> Code {
    use RefusalCode as R;
    match code {
        R::InvalidField
        | R::LimitExceeded
        | R::CurrencyNotSupported
        | R::LineArithmetic
        | R::TotalMismatch
        | R::VatMismatch
        | R::TaxCodeUnknown
        | R::TaxFactsContradict
        | R::AnswerNotAllowed
        | R::ReasonRequired
        | R::PersonalData
        | R::MessageMalformed => Code::InvalidArgument,
        R::Unauthenticated => Code::Unauthenticated,
        R::PermissionDenied
        | R::NotEligible
        | R::SelfApproval
        | R::RepeatedApprover
        | R::NotSubmitter
        | R::NotAdministrator => Code::PermissionDenied,
        R::NotFound | R::TaskUnknown | R::QuestionUnknown => Code::NotFound,
        R::RequestIdReused | R::DuplicateInvoice | R::AlreadyEmployed => Code::AlreadyExists,
        R::VendorUnknown
        | R::VendorInactive
        | R::VendorIdentityInvalid
        | R::DepartmentInactive
        | R::BankChangeOpen
        | R::AttachmentsOff
        | R::IntakeStopped
        | R::NotClaimed
        | R::RateNotCovered
        | R::MushakMissing
        | R::ReturnProofMissing
        | R::PoUnknown
        | R::PoVendorMismatch
        | R::OrderInUse
        | R::DelegationInvalid
        | R::NothingToEscalate
        | R::RecordHeld
        | R::DocumentReturned
        | R::NotReturned
        | R::BudgetUnknown
        | R::BudgetExceeded
        | R::RulesNotActive
        | R::ProposalNeeded
        | R::ProposalClosed
        | R::NoEligibleApprover
        | R::NotAssessed
        | R::TaskNotOpen
        | R::AlreadyDecided
        | R::DocumentClosed
        | R::WorkflowEnded
        | R::StalePlan
        | R::ApprovalsIncomplete
        | R::NotSkippable
        | R::ProcessOpen
        | R::NotOnboarded
        | R::PeriodLocked
        | R::ObligationState
        | R::NotDue => Code::FailedPrecondition,
        R::TooManyRequests => Code::ResourceExhausted,
        R::RecordChanged => Code::Aborted,
        R::Unavailable => Code::Unavailable,
        // A caller sends no signature: when the facade's own does not stand, its operators must act.
        R::SignatureMissing | R::SignatureInvalid | R::EffectConflict | R::Internal => Code::Internal,
    }
}

/// A refusal as a status.
#[must_use]
pub fn status(refusal: &Refusal) -> Status {
    let early = matches!(refusal.code, RefusalCode::Unavailable | RefusalCode::NotAssessed);
    with_details(refusal, early.then_some(RETRY_AFTER), &[])
}

/// Why a call is not answered as asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A "no".
    Refused(Refusal),
    /// Another company's, which is said to be nowhere.
    Foreign(Refusal),
    /// Fields of the request.
    Fields(Vec<FieldViolation>),
    /// The ledger.
    Ledger(LedgerError),
    /// A "no", for now: it may be sent again after this time.
    Early(Refusal, Duration),
    /// Anything else that the caller cannot mend; the text is for the log alone.
    Internal(String),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl FromLedger for Failure {
    fn ledger(&self) -> Option<&LedgerError> {
        match self {
            Self::Ledger(error) => Some(error),
            Self::Refused(_) | Self::Foreign(_) | Self::Early(..) | Self::Fields(_) | Self::Internal(_) => None,
        }
    }
}

impl From<CanonicalError> for Failure {
    fn from(error: CanonicalError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl Failure {
    /// One wrong field.
    pub(crate) fn field(field: &str, message: impl std::fmt::Display) -> Self {
        Self::Fields(vec![violation(field, RefusalCode::InvalidField, message)])
    }

    /// As a status. What must not leave the process is logged, and goes nowhere else.
    pub(crate) fn into_status(self, rpc: &str) -> Status {
        match self {
            Self::Fields(fields) => {
                count(fields.first().map_or(RefusalCode::Internal, |field| field.refusal.code));
                of_fields(&fields)
            }
            Self::Early(refusal, wait) => {
                count(refusal.code);
                with_details(&refusal, Some(wait), &[])
            }
            other => status(&other.into_refusal(rpc)),
        }
    }

    /// As a refusal; of wrong fields, the first.
    pub(crate) fn into_refusal(self, rpc: &str) -> Refusal {
        let refusal = match self {
            Self::Refused(refusal) | Self::Foreign(refusal) | Self::Early(refusal, _) => refusal,
            Self::Fields(fields) => {
                fields.into_iter().next().map_or_else(|| hidden(RefusalCode::Internal), |field| field.refusal)
            }
            Self::Ledger(error) => {
                tracing::error!(rpc, %error, "the ledger failed");
                hidden(error.code())
            }
            Self::Internal(cause) => {
                tracing::error!(rpc, cause, "the call failed");
                hidden(RefusalCode::Internal)
            }
        };
        count(refusal.code);
        refusal
    }
}

fn count(code: RefusalCode) {
    metrics::REFUSALS.with_label_values(&[code.name()]).inc();
}

/// A violation whose message names its field, as those of the domain do.
pub(crate) fn violation(field: &str, code: RefusalCode, message: impl std::fmt::Display) -> FieldViolation {
    FieldViolation { field: field.to_owned(), refusal: Refusal::new(code, format!("{field}: {message}")) }
}

fn hidden(code: RefusalCode) -> Refusal {
    Refusal::new(code, code.meaning())
}

fn of_fields(fields: &[FieldViolation]) -> Status {
    let Some(first) = fields.first() else { return status(&hidden(RefusalCode::Internal)) };
    let more = match fields.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let message = format!("{}{more}", cut(&first.refusal.message, MOST_TEXT));
    with_details(&Refusal::new(first.refusal.code, message), None, fields)
}

fn with_details(refusal: &Refusal, retry: Option<Duration>, fields: &[FieldViolation]) -> Status {
    let mut details = ErrorDetails::with_error_info(refusal.code.name(), ERROR_DOMAIN, HashMap::new());
    if retry.is_some() {
        details.set_retry_info(retry);
    }
    let code = grpc_code(refusal.code);
    let subject = cut(refusal.subject.as_deref().unwrap_or_default(), MOST_TEXT);
    match code {
        Code::NotFound | Code::AlreadyExists => {
            details.set_resource_info(resource(refusal.code, &subject), subject, "", cut(&refusal.message, MOST_TEXT));
        }
        Code::FailedPrecondition => {
            details.add_precondition_failure_violation(refusal.code.name(), subject, cut(&refusal.message, MOST_TEXT));
        }
        _ => {}
    }
    for field in fields.iter().take(MOST_FIELDS) {
        details.add_bad_request_violation(cut(&field.field, MOST_TEXT), cut(&field.refusal.to_string(), MOST_TEXT));
    }
    Status::with_error_details(code, cut(&refusal.to_string(), MOST_MESSAGE), details)
}

/// What a refusal that names something names, as `google.rpc.ResourceInfo` has it.
fn resource(code: RefusalCode, subject: &str) -> &'static str {
    match code {
        RefusalCode::RequestIdReused => "request",
        RefusalCode::AlreadyEmployed => "vextrus/Employee",
        RefusalCode::DuplicateInvoice => "vextrus/Invoice",
        RefusalCode::TaskUnknown => "vextrus/Task",
        RefusalCode::QuestionUnknown => "vextrus/Question",
        _ => names::resource_type(subject),
    }
}

fn cut(text: &str, most: usize) -> String {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    if end < text.len() { format!("{}…", &text[..end]) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_inside_stays_inside() {
        let status = Failure::Ledger(LedgerError::corrupt("person", "secret")).into_status("GetInvoice");
        assert_eq!(status.code(), Code::Internal);
        assert!(!status.message().contains("secret") && !status.message().contains("person"), "{status}");
        let status = Failure::Internal("secret".to_owned()).into_status("GetInvoice");
        assert!(status.message().starts_with("INTERNAL: ") && !status.message().contains("secret"), "{status}");
    }

    #[test]
    fn many_wrong_fields_fit_into_headers() {
        let long = "ট".repeat(1000);
        let fields: Vec<_> =
            (0..500).map(|i| violation(&format!("lines[{i}]"), RefusalCode::InvalidField, &long)).collect();
        let status = Failure::Fields(fields).into_status("SubmitInvoice");
        let shown = status.get_details_bad_request().unwrap().field_violations;
        assert_eq!((status.code(), shown.len()), (Code::InvalidArgument, MOST_FIELDS));
        assert!(status.message().ends_with("(and 499 more)"), "{status}");
        assert!(status.message().len() * 3 + status.details().len() * 4 / 3 < 14_000);
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(cut("টাকা", 4), "ট…");
        assert_eq!(cut("taka", 4), "taka");
    }
}
