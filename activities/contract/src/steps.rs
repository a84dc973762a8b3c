//! Inputs and outputs of the activities. Lines and traces stay in the ledger; these carry totals, plans and hashes.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use vextrus_approval::{Plan, SignedCommand};
use vextrus_domain::{DocumentKey, PersonId, Refusal, RequestId, Taka};
use vextrus_tax::Withheld;

/// Input of `assess`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssessInput {
    /// The document.
    pub key: DocumentKey,
    /// 1 for the first assessment; one more for each further one.
    pub revision: u32,
    /// The hash of the document's content; the ledger refuses another.
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
    /// The tax schedule; empty where no tax was computed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tax: String,
    /// The approval policy.
    pub approval: String,
    /// The account mapping; empty where nothing is posted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub accounts: String,
}

/// A document that stood up to its assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessed {
    /// When; the first tasks are open since then.
    pub at: DateTime<Utc>,
    /// The amounts, where it owes taxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
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

/// Something that the workflow has taken and the ledger does not hold yet, in the order of its acceptance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "entry")]
pub enum Entry {
    /// A command.
    Command {
        /// When it was taken.
        at: DateTime<Utc>,
        /// The command, as it was signed.
        signed: Box<SignedCommand>,
    },
    /// Time has passed.
    Tick {
        /// Until when.
        at: DateTime<Utc>,
    },
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
}

/// A command that the ledger does not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedCommand {
    /// Its request.
    pub request_id: RequestId,
    /// Why.
    pub refusal: Refusal,
}

/// Input of `record`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordInput {
    /// The document.
    pub key: DocumentKey,
    /// What is to be written.
    pub entries: Vec<Entry>,
}

/// Output of `record`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordOutput {
    /// Written, but for these commands.
    Recorded {
        /// What was not taken.
        refused: Vec<RefusedCommand>,
    },
    /// The document has ended or was never assessed: nothing can be written.
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
    /// What the ledger does not hold yet.
    pub entries: Vec<Entry>,
}

/// What was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// The number of the payment instruction, or of the order.
    pub number: String,
    /// The date of the postings, or of the order's issue.
    pub date: NaiveDate,
    /// The amounts, where it owes taxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
}

/// Output of `settle`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettleOutput {
    /// It is carried out.
    Settled(Box<Settlement>),
    /// The approval is written, and nothing else: what would be carried out is not what was approved.
    Reassess {
        /// What has changed.
        why: String,
    },
    /// The ledger does not take every command, so that the document is not approved. The others are written.
    NotApproved {
        /// What was not taken.
        refused: Vec<RefusedCommand>,
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
    /// Why.
    pub reason: CloseReason,
    /// The refusal behind it, where there is one.
    pub refusal: Option<Refusal>,
    /// What the ledger does not hold yet.
    pub entries: Vec<Entry>,
}

/// Output of `close`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseOutput {
    /// What was reserved is released.
    Closed,
    /// Too late: it is settled.
    AlreadySettled(Box<Settlement>),
    /// The ledger does not take every command, so that the document has not ended. The others are written.
    NotEnded {
        /// What was not taken.
        refused: Vec<RefusedCommand>,
    },
    /// The ledger does not hold what closing for this reason needs.
    Refused(Refusal),
}
