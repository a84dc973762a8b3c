//! What people and services read: documents, inboxes, balances. Nothing here writes.

mod inbox;
mod list;

use chrono::{DateTime, NaiveDate, Utc};
use vextrus_approval::{Machine, SignedCommand};
use vextrus_domain::ids::PoNumber;
use vextrus_domain::{
    BankAccount, Content, DocumentId, DocumentKey, DocumentType, PersonId, Refusal, RequestId, Taka, TenantId,
    canonical,
};

use crate::approvals::Approval;
use crate::assessments::StoredAssessment;
use crate::attachments::{self, Attachment};
use crate::budgets::{self, BudgetLeft};
use crate::db::{Tx, args};
use crate::documents::{self, State};
use crate::error::LedgerError;
use crate::orders::{self, IssuedOrder};

pub use inbox::{InboxCursor, InboxLine, inbox};
pub use list::{ListCursor, ListFilter, ListLine, has_ended, list};

/// A task with its latest answer, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TaskView {
    /// The task.
    pub task: String,
    /// What it is for.
    pub kind: String,
    /// The role asked.
    pub role: String,
    /// What is asked.
    pub question: String,
    /// The answers that it knows, as JSON.
    pub answers: String,
    /// `waiting`, `open`, `decided`, `dropped` or `superseded`.
    pub state: String,
    /// The hash that decisions must carry.
    pub plan_hash: String,
    /// Since when.
    pub opened_at: Option<DateTime<Utc>>,
    /// Until when; none while its clock stands still.
    pub due_at: Option<DateTime<Utc>>,
    /// How many people must let the document go on.
    pub needed: i64,
    /// How many have.
    pub given: i64,
    /// The latest answer given.
    pub answer: Option<String>,
    /// Who gave it.
    pub actor: Option<String>,
    /// In whose name.
    pub principal: Option<String>,
    /// The comment or reason.
    pub comment: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
}

/// A document, as it is shown: everything that somebody decides on.
#[derive(Debug, Clone)]
pub struct DocumentView {
    /// Which; its latest submission.
    pub key: DocumentKey,
    /// Where it stands.
    pub state: State,
    /// How it ended, once it has.
    pub outcome: Option<String>,
    /// Why it was not approved, where a rule says so.
    pub refusal: Option<Refusal>,
    /// Who submitted it.
    pub submitter: PersonId,
    /// What was submitted, as it is now.
    pub content: Content,
    /// The number of that content; one more after each change.
    pub content_number: u32,
    /// When.
    pub claimed_at: DateTime<Utc>,
    /// When it ended.
    pub concluded_at: Option<DateTime<Utc>>,
    /// Its latest assessment.
    pub assessment: Option<StoredAssessment>,
    /// Its tasks, in order.
    pub tasks: Vec<TaskView>,
    /// Where its approval stands, with what was asked and said.
    pub approval: Machine,
    /// What is left of the budgets that pay for it.
    pub budgets: Vec<BudgetLeft>,
    /// The number of its payment instruction or of the order that it issued.
    pub number: Option<String>,
    /// What is attached to it.
    pub attachments: Vec<Attachment>,
    /// The account that its payment instruction pays to, where the vendor's was on file.
    pub account: Option<BankAccount>,
    /// The order that an invoice answers or that this document issued or amends.
    pub order: Option<IssuedOrder>,
}

#[derive(sqlx::FromRow)]
struct Row {
    submission: i64,
    #[sqlx(flatten)]
    document: documents::Row,
    refusal: Option<String>,
    concluded_at: Option<DateTime<Utc>>,
    instruction: Option<String>,
    account: Option<String>,
    issued: Option<String>,
    attached: bool,
    free: Option<i64>,
    project_free: Option<i64>,
}

/// A document by its id, its latest submission. Another tenant's is not found.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn document(tx: &mut Tx, tenant: &TenantId, id: &DocumentId) -> Result<Option<DocumentView>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            "SELECT d.submission, d.kind, d.state, d.revision, d.submitter, d.payload, d.payload_hash, d.content, d.outcome,
                d.settlement, d.claimed_at, d.refusal, d.concluded_at, i.instruction, b.account, o.po_number AS issued,
                EXISTS (SELECT 1 FROM attachments a WHERE a.tenant = d.tenant AND a.document = d.document) AS attached,
                l.allocated - l.reserved - l.committed AS free, p.allocated - p.reserved - p.committed AS project_free
             FROM documents d LEFT JOIN payment_instructions i
               ON i.tenant = d.tenant AND i.document = d.document AND i.submission = d.submission
             LEFT JOIN bank_changes b ON b.tenant = i.tenant AND b.change = i.bank_change
             LEFT JOIN purchase_orders o ON o.tenant = d.tenant AND o.document = d.document
             LEFT JOIN budget_lines l ON l.tenant = d.tenant AND l.fiscal_year = d.fiscal_year
               AND l.department = d.department AND l.project = ''
             LEFT JOIN budget_lines p ON p.tenant = d.tenant AND p.fiscal_year = d.fiscal_year
               AND p.department = d.department AND p.project = d.project
             WHERE d.tenant = $1 AND d.document = $2 ORDER BY d.submission DESC LIMIT 1",
            args![tenant.as_str(), id.as_str()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let submission = u32::try_from(row.submission).map_err(|e| LedgerError::corrupt("submission", e))?;
    let key = DocumentKey { tenant: tenant.clone(), document: id.clone(), submission };
    let document = row.document.into_document(&key)?;
    let tasks = tx
        .all(
            "SELECT task, kind, role, question, answers, state, plan_hash, opened_at, due_at, needed, given, answer, actor,
                principal, comment, decided_at FROM tasks
             WHERE tenant = $1 AND document = $2 AND submission = $3 ORDER BY stage, position",
            args![tenant.as_str(), id.as_str(), submission],
        )
        .await?;
    let approval = Approval::load(tx, &document).await?;
    let issued = row.issued.map(|number| number.parse::<PoNumber>());
    let issued = issued.transpose().map_err(|e| LedgerError::corrupt("purchase order", format!("{e}")))?;
    let order = match issued.as_ref().or(document.content.po_number()) {
        Some(number) => orders::get(tx, tenant, number).await?,
        None => None,
    };
    let number = match (row.instruction, issued) {
        (Some(instruction), _) => Some(instruction),
        (None, Some(issued)) => Some(issued.to_string()),
        (None, None) if document.state == State::Settled => document.content.po_number().map(ToString::to_string),
        (None, None) => None,
    };
    let budgets = match other_budget(tx, tenant, &document.content, order.as_ref()).await? {
        Some(budgets) => budgets,
        None => budgets::found(document.content.project(), row.free, row.project_free)?,
    };
    let attachments = if row.attached { attachments::of(tx, tenant, id).await? } else { Vec::new() };
    Ok(Some(DocumentView {
        assessment: approval.latest_assessment()?,
        budgets,
        key,
        state: document.state,
        outcome: document.outcome,
        refusal: row.refusal.as_deref().map(canonical::from_text).transpose()?,
        submitter: document.submitter,
        content: document.content,
        content_number: document.content_number,
        claimed_at: document.claimed_at,
        concluded_at: row.concluded_at,
        tasks,
        approval: approval.into_machine(),
        number,
        attachments,
        account: row.account.as_deref().map(canonical::from_text).transpose()?,
        order,
    }))
}

/// The order's budget pays for an invoice on an order that was issued here, whatever the bill names.
async fn other_budget(
    tx: &mut Tx,
    tenant: &TenantId,
    content: &Content,
    order: Option<&IssuedOrder>,
) -> Result<Option<Vec<BudgetLeft>>, LedgerError> {
    let Some(order) = order.filter(|_| content.invoice().is_some()) else { return Ok(None) };
    let Some(issued) = &order.issued else { return Ok(None) };
    let asked = match orders::document_of(tx, tenant, order).await? {
        Some(key) => documents::get(tx, &key).await?,
        None => None,
    };
    let year = asked.map_or(content.fiscal_year(), |document| document.content.fiscal_year());
    budgets::left(tx, tenant, year, &issued.department, issued.project.as_ref()).await.map(Some)
}

/// Where a document stands, and no more.
#[derive(Debug, Clone)]
pub struct DocumentState {
    /// Which; its latest submission.
    pub key: DocumentKey,
    /// What it is.
    pub kind: DocumentType,
    /// Where it stands.
    pub state: State,
    /// How it ended, once it has.
    pub outcome: Option<String>,
}

/// Where a document stands, by its id. Another tenant's is not found.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn state(tx: &mut Tx, tenant: &TenantId, id: &DocumentId) -> Result<Option<DocumentState>, LedgerError> {
    let row: Option<(i64, String, String, Option<String>)> = tx
        .opt(
            "SELECT submission, kind, state, outcome FROM documents WHERE tenant = $1 AND document = $2
             ORDER BY submission DESC LIMIT 1",
            args![tenant.as_str(), id.as_str()],
        )
        .await?;
    let Some((submission, kind, state, outcome)) = row else { return Ok(None) };
    let submission = u32::try_from(submission).map_err(|e| LedgerError::corrupt("submission", e))?;
    let key = DocumentKey { tenant: tenant.clone(), document: id.clone(), submission };
    Ok(Some(DocumentState { key, kind: documents::kind(&kind)?, state: State::parse(&state)?, outcome }))
}

/// The command that a request brought to a document, whichever its submission.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn command(
    tx: &mut Tx,
    tenant: &TenantId,
    document: &DocumentId,
    request: &RequestId,
) -> Result<Option<SignedCommand>, LedgerError> {
    let found: Option<(String,)> = tx
        .opt(
            "SELECT content FROM approval_log WHERE tenant = $1 AND document = $2 AND request_id = $3 AND kind = 'command'
             ORDER BY submission DESC LIMIT 1",
            args![tenant.as_str(), document.as_str(), request.as_str()],
        )
        .await?;
    Ok(found.map(|(content,)| canonical::from_text(&content)).transpose()?)
}

/// What an account holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The account.
    pub account: String,
    /// What it is for.
    pub purpose: String,
    /// The sum of its debits.
    pub debit: Taka,
    /// The sum of its credits.
    pub credit: Taka,
}

/// The balances of a tenant's accounts.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn balances(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<Balance>, LedgerError> {
    let rows: Vec<(String, String, i64, i64)> = tx
        .all(
            "SELECT account, purpose, CAST(sum(debit) AS BIGINT), CAST(sum(credit) AS BIGINT) FROM journal_lines
             WHERE tenant = $1 GROUP BY account, purpose ORDER BY account, purpose",
            args![tenant.as_str()],
        )
        .await?;
    rows.into_iter()
        .map(|(account, purpose, debit, credit)| {
            Ok(Balance { account, purpose, debit: amount(debit)?, credit: amount(credit)? })
        })
        .collect()
}

/// A budget line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetView {
    /// The fiscal year.
    pub fiscal_year: String,
    /// The department.
    pub department: String,
    /// The project; empty for the department's own line.
    pub project: String,
    /// What may be spent.
    pub allocated: Taka,
    /// What open documents have reserved.
    pub reserved: Taka,
    /// What is spent.
    pub committed: Taka,
}

/// The budget lines of a tenant.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn budgets(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<BudgetView>, LedgerError> {
    let rows: Vec<(String, String, String, i64, i64, i64)> = tx
        .all(
            "SELECT fiscal_year, department, project, allocated, reserved, committed FROM budget_lines
             WHERE tenant = $1 ORDER BY fiscal_year, department, project",
            args![tenant.as_str()],
        )
        .await?;
    rows.into_iter()
        .map(|(fiscal_year, department, project, allocated, reserved, committed)| {
            let (allocated, reserved, committed) = (amount(allocated)?, amount(reserved)?, amount(committed)?);
            Ok(BudgetView { fiscal_year, department, project, allocated, reserved, committed })
        })
        .collect()
}

/// A payment instruction.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct InstructionView {
    /// Its number.
    pub instruction: String,
    /// The document.
    pub document: String,
    /// The vendor.
    pub vendor: String,
    /// How much, in poisha.
    pub amount: i64,
    /// Until when.
    pub due_date: NaiveDate,
    /// The date of the postings.
    pub posting_date: NaiveDate,
    /// `proposed`.
    pub state: String,
    /// The change of the vendor's bank details by which the account counts that it pays to; none where none was on file.
    pub bank_change: Option<String>,
}

/// The payment instructions of a tenant, by number.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn instructions(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<InstructionView>, LedgerError> {
    tx.all(
        "SELECT instruction, document, vendor, amount, due_date, posting_date, state, bank_change FROM payment_instructions
         WHERE tenant = $1 ORDER BY instruction",
        args![tenant.as_str()],
    )
    .await
}

fn amount(poisha: i64) -> Result<Taka, LedgerError> {
    Taka::from_poisha(poisha).map_err(|e| LedgerError::corrupt("amount", e))
}
