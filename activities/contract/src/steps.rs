//! Inputs and outputs of the activities. Lines and traces stay in the ledger; these carry totals, plans and hashes.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use vextrus_approval::{Plan, SignedDecision};
use vextrus_domain::{DocumentKey, PersonId, Refusal, Taka, TaskId};
use vextrus_tax::Withheld;

/// Input of `assess`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssessInput {
    /// The document.
    pub key: DocumentKey,
    /// 1 for the first assessment; one more for each `reassess` that `settle` answered.
    pub revision: u32,
    /// The hash of the claimed document; the ledger refuses another.
    pub payload_hash: String,
}

/// Amounts of an assessed document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// VAT excluded.
    pub subtotal: Taka,
    /// Supplementary duty.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sd: Taka,
    /// The VAT.
    pub vat: Taka,
    /// VAT included.
    pub total: Taka,
    /// What is withheld, by tax and code.
    pub withheld: Vec<Withheld>,
    /// Income tax that the company bears on top of the total.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub borne: Taka,
    /// What is kept back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retention: Taka,
    /// The advance that is set off.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub advance: Taka,
    /// What the vendor is paid.
    pub net_payable: Taka,
}

fn is_zero(amount: &Taka) -> bool {
    *amount == Taka::ZERO
}

/// The versions of the rules that a document was assessed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleHashes {
    /// The tax schedule.
    pub tax: String,
    /// The approval policy.
    pub approval: String,
    /// The account mapping.
    pub accounts: String,
}

/// A document that stood up to its assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessed {
    /// When; the first tasks are open since then.
    pub at: DateTime<Utc>,
    /// The amounts.
    pub totals: Totals,
    /// Who must decide what.
    pub plan: Plan,
    /// With which rules.
    pub rules: RuleHashes,
    /// Whether unsigned signals count: never in production.
    pub trust_unsigned: bool,
}

/// Output of `assess`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssessOutput {
    /// It may be approved.
    Assessed(Box<Assessed>),
    /// It may not.
    Refused(Refusal),
}

/// Something for the trail that changes no task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "note")]
pub enum Note {
    /// A message was refused.
    Refused {
        /// When.
        at: DateTime<Utc>,
        /// The signal's or update's name.
        message: String,
        /// Who it said it came from, where it could be read.
        asserted_by: Option<PersonId>,
        /// Why.
        refusal: Refusal,
    },
    /// The submitter was asked something.
    InfoRequested {
        /// When.
        at: DateTime<Utc>,
        /// The question, as its asker signed it.
        asked: SignedDecision,
    },
    /// The people of a task were reminded.
    Reminded {
        /// When.
        at: DateTime<Utc>,
        /// The task.
        task: TaskId,
    },
}

/// Input of `record`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordInput {
    /// The document.
    pub key: DocumentKey,
    /// When it was accepted; what follows a decision is open since then.
    pub at: DateTime<Utc>,
    /// The decision.
    pub decision: Option<SignedDecision>,
    /// What else goes on the trail.
    pub notes: Vec<Note>,
}

/// Output of `record`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordOutput {
    /// Written.
    Recorded,
    /// Written, and the answer changes what was assessed.
    Reassess,
    /// The decision does not stand.
    Refused(Refusal),
}

/// Input of `settle`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettleInput {
    /// The document.
    pub key: DocumentKey,
    /// The assessment that was approved.
    pub revision: u32,
    /// When it was approved; its date in Dhaka is the posting date.
    pub at: DateTime<Utc>,
    /// The decision that ended the approval, unless it is in the ledger already.
    pub decision: Option<SignedDecision>,
}

/// What was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// The payment instruction's number.
    pub instruction: String,
    /// The date of the postings.
    pub posting_date: NaiveDate,
    /// The amounts.
    pub totals: Totals,
}

/// Output of `settle`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettleOutput {
    /// The instruction exists.
    Settled(Box<Settlement>),
    /// Nothing was written: the withholding has changed since the assessment.
    Reassess {
        /// What has changed.
        why: String,
    },
    /// Nothing was written: the ledger does not hold what settling needs.
    Refused(Refusal),
}

/// Why a document is closed without being settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// Its assessment or a person refused it.
    Rejected,
    /// A task was not answered in time.
    Expired,
    /// Its submitter took it back.
    Withdrawn,
    /// An operator cancelled the workflow.
    Cancelled,
    /// A step cannot succeed.
    Failed,
}

impl CloseReason {
    /// The reason's name in data; it is the status of the document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// Input of `close`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseInput {
    /// The document.
    pub key: DocumentKey,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: CloseReason,
    /// The refusal behind it, where there is one.
    pub refusal: Option<Refusal>,
    /// The decision behind it, where there is one.
    pub decision: Option<SignedDecision>,
}

/// Output of `close`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseOutput {
    /// What was reserved is released.
    Closed,
    /// Too late: it is settled.
    AlreadySettled(Box<Settlement>),
    /// The ledger does not hold what closing for this reason needs.
    Refused(Refusal),
}
