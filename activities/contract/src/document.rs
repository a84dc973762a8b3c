//! What the workflows of documents are started with, asked, told and answer. Every type of document shares it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use vextrus_approval::{Event, Machine, SignedCommand};
use vextrus_domain::ids::PoNumber;
use vextrus_domain::{
    Content, DepartmentId, DocumentKey, DocumentType, Invoice, Order, PersonId, ProjectId, Refusal, RequestId, Taka,
    TaskId, VendorId,
};

use crate::steps::{RuleHashes, Settlement, Totals};

/// The workflow type of a type of document.
#[must_use]
pub const fn workflow_type(kind: DocumentType) -> &'static str {
    match kind {
        DocumentType::Invoice => "InvoiceApproval",
        DocumentType::PurchaseOrder => "PurchaseOrderApproval",
    }
}

/// After how many events of one run a workflow goes on in another run, where the start says nothing else. The server suggests
/// it much later; a run that is short is replayed fast.
pub const EVENTS_OF_A_RUN: u32 = 2000;

/// What a workflow is started with: the claim and the document's head. Its lines stay in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentStart {
    /// The claimed document.
    pub key: DocumentKey,
    /// The hash of what was claimed.
    pub payload_hash: String,
    /// Who submitted it.
    pub submitter: PersonId,
    /// The document's head.
    pub head: Head,
    /// How long one attempt of a step may take, in milliseconds.
    pub step_timeout_millis: u64,
    /// After how many events the workflow goes on in another run.
    #[serde(default = "events_of_a_run")]
    pub events_of_a_run: u32,
    /// What an earlier run of the same submission leaves to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<Box<Carried>>,
}

const fn events_of_a_run() -> u32 {
    EVENTS_OF_A_RUN
}

/// What one run of a workflow leaves to the next. Everything before it is in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// The approval, as the ledger has it.
    pub machine: Machine,
    /// The amounts of the latest assessment, where it computed any.
    pub totals: Option<Totals>,
    /// The rules of the latest assessment.
    pub rules: Option<RuleHashes>,
    /// The hash of the content as it is now.
    pub payload_hash: String,
    /// Whether unsigned signals count.
    pub trust_unsigned: bool,
    /// How many messages were refused.
    pub refused_messages: u32,
    /// How many signals came without a request id of their own.
    pub signals: u32,
    /// How many runs there have been.
    pub runs: u32,
    /// Status and stage, as the search attributes show them.
    pub shown: (String, String),
}

/// A document without its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Head {
    /// A vendor's invoice.
    Invoice(InvoiceHead),
    /// A purchase order.
    PurchaseOrder(OrderHead),
}

impl From<&Content> for Head {
    fn from(content: &Content) -> Self {
        match content {
            Content::Invoice(invoice) => Self::Invoice(invoice.as_ref().into()),
            Content::Order(order) => Self::PurchaseOrder(order.as_ref().into()),
        }
    }
}

impl Head {
    /// The type of document.
    #[must_use]
    pub const fn kind(&self) -> DocumentType {
        match self {
            Self::Invoice(_) => DocumentType::Invoice,
            Self::PurchaseOrder(_) => DocumentType::PurchaseOrder,
        }
    }

    /// The vendor.
    #[must_use]
    pub const fn vendor(&self) -> &VendorId {
        match self {
            Self::Invoice(head) => &head.vendor,
            Self::PurchaseOrder(head) => &head.vendor,
        }
    }

    /// The department that pays.
    #[must_use]
    pub const fn department(&self) -> &DepartmentId {
        match self {
            Self::Invoice(head) => &head.department,
            Self::PurchaseOrder(head) => &head.department,
        }
    }

    /// The amount that the document is known by.
    #[must_use]
    pub const fn amount(&self) -> Taka {
        match self {
            Self::Invoice(head) => head.total,
            Self::PurchaseOrder(head) => head.amount,
        }
    }
}

/// An invoice without its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceHead {
    /// Who sent it.
    pub vendor: VendorId,
    /// The vendor's number.
    pub number: String,
    /// Its date.
    pub date: NaiveDate,
    /// When payment is due.
    pub due_date: NaiveDate,
    /// BDT.
    pub currency: String,
    /// How many lines the ledger holds.
    pub line_count: usize,
    /// VAT excluded.
    pub subtotal: Taka,
    /// The VAT charged.
    pub vat: Taka,
    /// VAT included.
    pub total: Taka,
    /// The purchase order, where one is named.
    pub po_number: Option<PoNumber>,
    /// The department that pays.
    pub department: DepartmentId,
    /// The project that pays, where one does.
    pub project: Option<ProjectId>,
}

impl From<&Invoice> for InvoiceHead {
    fn from(invoice: &Invoice) -> Self {
        Self {
            vendor: invoice.vendor.clone(),
            number: invoice.number.clone(),
            date: invoice.date,
            due_date: invoice.due_date,
            currency: invoice.currency.clone(),
            line_count: invoice.lines.len(),
            subtotal: invoice.subtotal,
            vat: invoice.vat,
            total: invoice.total,
            po_number: invoice.po_number.clone(),
            department: invoice.department.clone(),
            project: invoice.project.clone(),
        }
    }
}

/// A purchase order without its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderHead {
    /// Who is to supply.
    pub vendor: VendorId,
    /// Its date.
    pub date: NaiveDate,
    /// By when it is needed, where that is said.
    pub needed_by: Option<NaiveDate>,
    /// How many lines the ledger holds.
    pub line_count: usize,
    /// VAT excluded.
    pub amount: Taka,
    /// The department that pays.
    pub department: DepartmentId,
    /// The project that pays, where one does.
    pub project: Option<ProjectId>,
    /// The issued order that it amends, where it does.
    pub amends: Option<PoNumber>,
}

impl From<&Order> for OrderHead {
    fn from(order: &Order) -> Self {
        Self {
            vendor: order.vendor.clone(),
            date: order.date,
            needed_by: order.needed_by,
            line_count: order.lines.len(),
            amount: order.amount,
            department: order.department.clone(),
            project: order.project.clone(),
            amends: order.amends.clone(),
        }
    }
}

/// How a document ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalStatus {
    /// What was asked for is carried out: the payment instruction exists, the order is issued.
    Approved,
    /// Its assessment or a person refused it.
    Rejected,
    /// A task was not answered in time.
    Expired,
    /// Its submitter took it back.
    Withdrawn,
    /// An operator cancelled the workflow.
    Cancelled,
    /// A step could not succeed.
    Failed,
}

impl FinalStatus {
    /// The status's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// One decision, as the result shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionView {
    /// The task.
    pub task: TaskId,
    /// The answer given.
    pub answer: String,
    /// Who acted.
    pub actor: PersonId,
    /// In whose name.
    pub principal: PersonId,
    /// The comment or reason.
    pub comment: String,
    /// The caller's id of the request.
    pub request_id: RequestId,
    /// When it was given.
    pub at: DateTime<Utc>,
}

/// What a workflow answers when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentResult {
    /// How it ended.
    pub status: FinalStatus,
    /// What was carried out, when approved.
    pub settlement: Option<Settlement>,
    /// The amounts, once assessed, where it owes taxes.
    pub totals: Option<Totals>,
    /// The decisions that counted at the end.
    pub decisions: Vec<DecisionView>,
    /// Why it was not approved, where a rule says so.
    pub refusal: Option<Refusal>,
}

/// The answer to the updates. A refusal is data: the message was handled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandAnswer {
    /// It counts; these tasks are open now (none: the approval has ended, or the document is being computed or changed).
    Accepted {
        /// The open tasks.
        open: Vec<TaskId>,
    },
    /// It does not count.
    Refused(Refusal),
}

/// The signal `approve`. Without `assertion` it counts only where the namespace is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveSignal {
    /// Who approves.
    pub approver: PersonId,
    /// Their comment.
    #[serde(default)]
    pub comments: String,
    /// The task; the current one, when it is left out.
    #[serde(default)]
    pub task: Option<TaskId>,
    /// The facade's signed command.
    #[serde(default)]
    pub assertion: Option<SignedCommand>,
}

/// The signal `reject`. Without `assertion` it counts only where the namespace is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectSignal {
    /// Who rejects.
    pub approver: PersonId,
    /// Why.
    pub reason: String,
    /// The task; the current one, when it is left out.
    #[serde(default)]
    pub task: Option<TaskId>,
    /// The facade's signed command.
    #[serde(default)]
    pub assertion: Option<SignedCommand>,
}

/// The signal `requestInfo`. Without `assertion` it counts only where the namespace is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestInfoSignal {
    /// Who asks.
    pub requested_by: PersonId,
    /// What they ask.
    pub question: String,
    /// The facade's signed command.
    #[serde(default)]
    pub assertion: Option<SignedCommand>,
}

/// One task, as the status query shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskView {
    /// The task.
    pub task: TaskId,
    /// What it is for.
    pub kind: String,
    /// Whose it is.
    pub role: String,
    /// Who may decide it.
    pub eligible: Vec<PersonId>,
    /// `waiting`, `open`, `decided`, `dropped` or `superseded`.
    pub state: String,
    /// How many more people must let the document go on.
    pub missing: u32,
    /// When its time ends, while its clock runs.
    pub due_at: Option<DateTime<Utc>>,
}

/// The answer to the query `status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusView {
    /// `assessing`, `waiting`, `returned`, `concluding`, or how it ended.
    pub status: String,
    /// The assessment's revision; 0 before the first.
    pub revision: u32,
    /// The tasks of all plans.
    pub tasks: Vec<TaskView>,
    /// The questions that wait for the submitter.
    pub questions: Vec<RequestId>,
    /// How many messages were refused.
    pub refused_messages: u32,
    /// How many runs of the workflow there have been before this one.
    pub runs: u32,
}

/// The answer to the query `approvalHistory`: the latest of what has happened.
pub type History = Vec<Event>;

/// The answer to the queries `invoiceDetails` and `orderDetails`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetailsView {
    /// The document.
    pub key: DocumentKey,
    /// Who submitted it.
    pub submitter: PersonId,
    /// Its head, as it was submitted first.
    pub head: Head,
    /// The amounts, once assessed, where it owes taxes.
    pub totals: Option<Totals>,
}
