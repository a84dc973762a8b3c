//! What `InvoiceApproval` is started with, asked, told and answers.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use vextrus_approval::SignedDecision;
use vextrus_domain::ids::PoNumber;
use vextrus_domain::{
    DepartmentId, DocumentKey, Invoice, PersonId, ProjectId, Refusal, RequestId, Taka, TaskId, VendorId,
};
use vextrus_tax::Withheld;

use crate::steps::Totals;

/// The workflow type.
pub const WORKFLOW_TYPE: &str = "InvoiceApproval";

/// What the workflow is started with: the claim and the invoice's head. Its lines stay in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceStart {
    /// The claimed document.
    pub key: DocumentKey,
    /// The hash of what was claimed.
    pub payload_hash: String,
    /// Who submitted it.
    pub submitter: PersonId,
    /// The invoice's head.
    pub head: InvoiceHead,
    /// How long one attempt of a step may take, in milliseconds.
    pub step_timeout_millis: u64,
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

/// How a document ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalStatus {
    /// The payment instruction exists.
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

/// One decision, as the result and the history query show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionView {
    /// The task; none for a withdrawal.
    pub task: Option<TaskId>,
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
    /// When it was accepted.
    pub at: DateTime<Utc>,
}

/// What the workflow answers when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceResult {
    /// How it ended.
    pub status: FinalStatus,
    /// The payment instruction's number, when approved.
    pub instruction: Option<String>,
    /// The VAT, once assessed.
    pub vat: Option<Taka>,
    /// What is withheld, by kind and rate.
    pub withheld: Vec<Withheld>,
    /// What the vendor is paid, once assessed.
    pub net_payable: Option<Taka>,
    /// The decisions taken.
    pub decisions: Vec<DecisionView>,
    /// Why it was not approved, where a rule says so.
    pub refusal: Option<Refusal>,
}

/// The answer to `decide` and `withdraw`. A refusal is data: the message was handled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecideAnswer {
    /// It counts; these tasks are open now (none: the approval has ended).
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
    /// The facade's signed decision.
    #[serde(default)]
    pub assertion: Option<SignedDecision>,
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
    /// The facade's signed decision.
    #[serde(default)]
    pub assertion: Option<SignedDecision>,
}

/// The signal `requestInfo`. Without `assertion` it counts only where the namespace is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestInfoSignal {
    /// Who asks.
    pub requested_by: PersonId,
    /// What they ask.
    pub question: String,
    /// The facade's signed question.
    #[serde(default)]
    pub assertion: Option<SignedDecision>,
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
    /// `waiting`, `open` or `decided`.
    pub state: String,
    /// When its time ends, once it is open.
    pub due_at: Option<DateTime<Utc>>,
}

/// The answer to the query `status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusView {
    /// `assessing`, `waiting`, `concluding`, or how it ended.
    pub status: String,
    /// The assessment's revision; 0 before the first.
    pub revision: u32,
    /// The tasks, by stage.
    pub tasks: Vec<TaskView>,
    /// How many messages were refused.
    pub refused_messages: u32,
}

/// One entry of the query `approvalHistory`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum HistoryEntry {
    /// Somebody decided.
    Decided(DecisionView),
    /// Somebody asked the submitter.
    InfoRequested {
        /// Who.
        by: PersonId,
        /// What.
        question: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// The people of a task were reminded.
    Reminded {
        /// The task.
        task: TaskId,
        /// When.
        at: DateTime<Utc>,
    },
    /// A decision was taken back because the ledger refused it, or one that it rested on.
    Voided {
        /// The decision's request.
        request_id: RequestId,
        /// Why.
        refusal: Refusal,
        /// When.
        at: DateTime<Utc>,
    },
}

/// The answer to the query `invoiceDetails`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetailsView {
    /// The document.
    pub key: DocumentKey,
    /// Who submitted it.
    pub submitter: PersonId,
    /// The invoice's head.
    pub head: InvoiceHead,
    /// The amounts, once assessed.
    pub totals: Option<Totals>,
}
