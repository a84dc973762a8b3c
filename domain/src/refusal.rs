//! One enum of refusal codes for the whole system: the same code in gRPC, in logs, on the trail and in the CLI.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

// The catalogue is read by the page of errors, the facade and the CLI; one list keeps code, name and meaning together.
macro_rules! codes {
    ($($variant:ident = $name:literal, $meaning:literal;)*) => {
        /// Why a request was refused. The names are stable; their meanings stand in `docs/errors.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum RefusalCode {
            $(#[doc = $meaning] #[serde(rename = $name)] $variant,)*
        }

        impl RefusalCode {
            /// Every code, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name, such as `SELF_APPROVAL`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What the code means, in one sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),* }
            }
        }
    };
}

codes! {
    InvalidField = "INVALID_FIELD", "a field of the request is missing or cannot be what it says";
    LimitExceeded = "LIMIT_EXCEEDED", "the request is larger than a stated limit";
    CurrencyNotSupported = "CURRENCY_NOT_SUPPORTED", "the document is in another currency than BDT";
    Unauthenticated = "UNAUTHENTICATED", "the bearer token is missing, expired or not from a trusted issuer";
    PermissionDenied = "PERMISSION_DENIED", "the person is not an active member of the tenant, or holds no role that may call the method";
    NotFound = "NOT_FOUND", "there is no such document or proposal for this tenant";
    RequestIdReused = "REQUEST_ID_REUSED", "the request id was used before with another content";
    DuplicateInvoice = "DUPLICATE_INVOICE", "the vendor's invoice number is open or approved already in this fiscal year";
    VendorUnknown = "VENDOR_UNKNOWN", "the vendor is not in the tenant's register";
    VendorInactive = "VENDOR_INACTIVE", "the vendor's record is not active";
    VendorIdentityInvalid = "VENDOR_IDENTITY_INVALID", "the vendor's TIN or BIN is missing or malformed";
    DepartmentInactive = "DEPARTMENT_INACTIVE", "the department's record says that nothing is submitted for it any more";
    RecordChanged = "RECORD_CHANGED", "the record was changed since the caller read it";
    BankChangeOpen = "BANK_CHANGE_OPEN", "another change of the vendor's bank details waits for a decision";
    AttachmentsOff = "ATTACHMENTS_OFF", "the facade has no place for attachments";
    IntakeStopped = "INTAKE_STOPPED", "the company takes nothing new of this kind for now; what is under way goes on";
    NotClaimed = "NOT_CLAIMED", "the document was started without a claim in the ledger";
    LineArithmetic = "LINE_ARITHMETIC", "a line's amount is not its quantity times its unit price";
    TotalMismatch = "TOTAL_MISMATCH", "subtotal or total is not the sum of its parts";
    VatMismatch = "VAT_MISMATCH", "the VAT is not what the tax schedule gives";
    RateNotCovered = "RATE_NOT_COVERED", "the active tax schedule has no row for this supply on this date";
    TaxCodeUnknown = "TAX_CODE_UNKNOWN", "the tax schedule does not know the code of a line";
    TaxFactsContradict = "TAX_FACTS_CONTRADICT", "two facts of the invoice or the vendor that tax depends on exclude each other";
    MushakMissing = "MUSHAK_MISSING", "the bill has no VAT invoice (Mushak 6.3), without which it must not be paid";
    ReturnProofMissing = "RETURN_PROOF_MISSING", "the vendor has shown no proof of submission of return and the company's policy is not to pay then";
    PoUnknown = "PO_UNKNOWN", "the purchase order is not in the ledger or not open";
    OrderInUse = "ORDER_IN_USE", "the change of a purchase order is at odds with what was received, billed or asked of it already";
    PoVendorMismatch = "PO_VENDOR_MISMATCH", "the purchase order was given to another vendor";
    BudgetUnknown = "BUDGET_UNKNOWN", "the department or project has no budget line in this fiscal year";
    BudgetExceeded = "BUDGET_EXCEEDED", "the budget of the department or project does not suffice";
    RulesNotActive = "RULES_NOT_ACTIVE", "no version of a needed rule is active for the tenant";
    ProposalNeeded = "PROPOSAL_NEEDED", "the company has such a rule: one person proposes the change and another activates it";
    ProposalClosed = "PROPOSAL_CLOSED", "the proposed rule was activated, or another version of the rule since it was proposed";
    NoEligibleApprover = "NO_ELIGIBLE_APPROVER", "nobody but the submitter holds a role that the policy asks for";
    NotAssessed = "NOT_ASSESSED", "the document has not been assessed yet";
    TaskUnknown = "TASK_UNKNOWN", "the document's plan has no such task";
    TaskNotOpen = "TASK_NOT_OPEN", "the task is not open yet: an earlier task is undecided";
    AlreadyDecided = "ALREADY_DECIDED", "the task has been decided";
    NotEligible = "NOT_ELIGIBLE", "the person is not among those who may decide the task";
    SelfApproval = "SELF_APPROVAL", "nobody may decide on their own document or activate their own proposal";
    RepeatedApprover = "REPEATED_APPROVER", "the person has decided another level of this document";
    AnswerNotAllowed = "ANSWER_NOT_ALLOWED", "the task does not know this answer";
    NotSubmitter = "NOT_SUBMITTER", "only the submitter may do this";
    NotAdministrator = "NOT_ADMINISTRATOR", "only an administrator that the policy names may do this";
    ReasonRequired = "REASON_REQUIRED", "the command needs a reason, a question or an answer in words";
    QuestionUnknown = "QUESTION_UNKNOWN", "the document has no such question that waits for an answer";
    DelegationInvalid = "DELEGATION_INVALID", "the delegation does not exist, does not cover this document, or would close a circle or a chain too long";
    NothingToEscalate = "NOTHING_TO_ESCALATE", "the task has nobody left to be escalated to";
    NotSkippable = "NOT_SKIPPABLE", "the template does not allow that this task is skipped";
    ProcessOpen = "PROCESS_OPEN", "the employee has an onboarding or offboarding that has not ended";
    AlreadyEmployed = "ALREADY_EMPLOYED", "the id is that of somebody who works for the company already";
    NotOnboarded = "NOT_ONBOARDED", "the employee has no completed onboarding that could be undone";
    PersonalData = "PERSONAL_DATA", "the words hold the employee's name, number or address, which may stand in no history";
    RecordHeld = "RECORD_HELD", "a legal hold keeps the record from being erased";
    DocumentReturned = "DOCUMENT_RETURNED", "the document is with its submitter for changes";
    NotReturned = "NOT_RETURNED", "the document was not returned for changes";
    DocumentClosed = "DOCUMENT_CLOSED", "the document is settled or closed";
    WorkflowEnded = "WORKFLOW_ENDED", "the workflow was ended from outside or never began, so that what it was for is closed; ask for it again";
    StalePlan = "STALE_PLAN", "the decision was made for another plan than the task's";
    SignatureMissing = "SIGNATURE_MISSING", "the decision carries no signature and the namespace is not trusted";
    SignatureInvalid = "SIGNATURE_INVALID", "the decision's signature does not fit its content or an accepted key";
    MessageMalformed = "MESSAGE_MALFORMED", "the message's content could not be read";
    PeriodLocked = "PERIOD_LOCKED", "the day lies in a period that is closed to postings and deposits";
    ObligationState = "OBLIGATION_STATE", "withheld tax is deposited once and certified after that, and both are taken back in the opposite order";
    ApprovalsIncomplete = "APPROVALS_INCOMPLETE", "the ledger does not hold every approval that the plan asks for";
    NotDue = "NOT_DUE", "no task of the document has passed its deadline";
    EffectConflict = "EFFECT_CONFLICT", "the step was carried out before with another input";
    TooManyRequests = "TOO_MANY_REQUESTS", "the caller asks more than one caller may";
    Unavailable = "UNAVAILABLE", "a part of the fleet did not answer in time; the same request can be sent again";
    Internal = "INTERNAL", "something failed that the caller cannot mend; the operators' log has the cause";
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not the name of a refusal code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a refusal code")]
pub struct UnknownCode(String);

impl FromStr for RefusalCode {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|c| c.name() == text).ok_or_else(|| UnknownCode(text.to_owned()))
    }
}

/// A typed "no": its code, and what was wrong with which value and what would be right.
///
/// Written `CODE: message`, and read back from that form where a transport carries text only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// Which refusal.
    pub code: RefusalCode,
    /// What was wrong, with what value, and the remedy.
    pub message: String,
    /// What it is about, where something else stands in the way or is missing: a request id, a document's id, a resource's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

impl Refusal {
    /// A refusal with its message.
    #[must_use]
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), subject: None }
    }

    /// The same, about this.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Reads `CODE: message` from anywhere in a text that other layers have wrapped.
    #[must_use]
    pub fn find_in(text: &str) -> Option<Self> {
        text.match_indices(": ").find_map(|(at, _)| {
            let start = text[..at].rfind(|c: char| !(c.is_ascii_uppercase() || c == '_')).map_or(0, |i| i + 1);
            let code = text[start..at].parse().ok()?;
            Some(Self::new(code, &text[at + 2..]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_survives_being_wrapped_in_text() {
        let refusal = Refusal::new(RefusalCode::SelfApproval, "rahim submitted this invoice");
        assert_eq!(Refusal::find_in(&refusal.to_string()), Some(refusal.clone()));
        assert_eq!(Refusal::find_in(&format!("update failed: Failure({refusal}")).unwrap().code, refusal.code);
        assert_eq!(Refusal::find_in("nothing: of the kind"), None);
    }

    #[test]
    fn names_are_the_serialised_form() {
        for code in RefusalCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
            assert_eq!(code.name().parse::<RefusalCode>().unwrap(), *code);
        }
    }
}
