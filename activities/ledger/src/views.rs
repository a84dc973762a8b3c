//! What people and services read: documents, inboxes, balances. Nothing here writes.

use chrono::{DateTime, NaiveDate, Utc};
use vextrus_approval::SignedDecision;
use vextrus_domain::{DocumentId, DocumentKey, Invoice, PersonId, Refusal, RequestId, Taka, TenantId, canonical};

use crate::assessments::{self, StoredAssessment};
use crate::db::{Tx, args};
use crate::documents::State;
use crate::error::LedgerError;

/// A task with its decision, as it is shown.
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
    /// `waiting`, `open`, `decided` or `dropped`.
    pub state: String,
    /// The hash that decisions must carry.
    pub plan_hash: String,
    /// Since when.
    pub opened_at: Option<DateTime<Utc>>,
    /// Until when.
    pub due_at: Option<DateTime<Utc>>,
    /// The answer given.
    pub answer: Option<String>,
    /// Who gave it.
    pub actor: Option<String>,
    /// The comment or reason.
    pub comment: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
}

/// A document, as it is shown.
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
    /// What was submitted.
    pub invoice: Invoice,
    /// When.
    pub claimed_at: DateTime<Utc>,
    /// When it ended.
    pub concluded_at: Option<DateTime<Utc>>,
    /// Its latest assessment.
    pub assessment: Option<StoredAssessment>,
    /// Its tasks, in order.
    pub tasks: Vec<TaskView>,
    /// Its payment instruction's number.
    pub instruction: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    submission: i64,
    state: String,
    outcome: Option<String>,
    refusal: Option<String>,
    submitter: String,
    payload: String,
    claimed_at: DateTime<Utc>,
    concluded_at: Option<DateTime<Utc>>,
    instruction: Option<String>,
}

/// A document by its id, its latest submission. Another tenant's is not found.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn document(tx: &mut Tx, tenant: &TenantId, id: &DocumentId) -> Result<Option<DocumentView>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            "SELECT d.submission, d.state, d.outcome, d.refusal, d.submitter, d.payload, d.claimed_at, d.concluded_at, i.instruction
             FROM documents d LEFT JOIN payment_instructions i
               ON i.tenant = d.tenant AND i.document = d.document AND i.submission = d.submission
             WHERE d.tenant = $1 AND d.document = $2 ORDER BY d.submission DESC LIMIT 1",
            args![tenant.as_str(), id.as_str()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let submission = u32::try_from(row.submission).map_err(|e| LedgerError::corrupt("submission", e))?;
    let key = DocumentKey { tenant: tenant.clone(), document: id.clone(), submission };
    let tasks = tx
        .all(
            "SELECT t.task, t.kind, t.role, t.question, t.answers, t.state, t.plan_hash, t.opened_at, t.due_at,
                d.answer, d.actor, d.comment, d.decided_at
             FROM tasks t LEFT JOIN decisions d
               ON d.tenant = t.tenant AND d.document = t.document AND d.submission = t.submission AND d.task = t.task
             WHERE t.tenant = $1 AND t.document = $2 AND t.submission = $3 ORDER BY t.position",
            args![tenant.as_str(), id.as_str(), submission],
        )
        .await?;
    let assessment = assessments::all(tx, &key).await?.pop();
    Ok(Some(DocumentView {
        key,
        state: State::parse(&row.state)?,
        outcome: row.outcome,
        refusal: row.refusal.as_deref().map(canonical::from_text).transpose()?,
        submitter: row.submitter.parse().map_err(|e| LedgerError::corrupt("submitter", format!("{e}")))?,
        invoice: canonical::from_text(&row.payload)?,
        claimed_at: row.claimed_at,
        concluded_at: row.concluded_at,
        assessment,
        tasks,
        instruction: row.instruction,
    }))
}

/// The decision that a request made on a document, whichever its submission.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn decision(
    tx: &mut Tx,
    tenant: &TenantId,
    document: &DocumentId,
    request: &RequestId,
) -> Result<Option<SignedDecision>, LedgerError> {
    let found: Option<(String,)> = tx
        .opt(
            "SELECT content FROM decisions WHERE tenant = $1 AND document = $2 AND request_id = $3
             ORDER BY submission DESC LIMIT 1",
            args![tenant.as_str(), document.as_str(), request.as_str()],
        )
        .await?;
    Ok(found.map(|(content,)| canonical::from_text(&content)).transpose()?)
}

/// One line of an inbox.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct InboxLine {
    /// The document.
    pub document: String,
    /// Its submission.
    pub submission: i64,
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
    /// Until when.
    pub due_at: DateTime<Utc>,
    /// The vendor.
    pub vendor: String,
    /// The vendor's invoice number.
    pub number: String,
    /// The total, VAT included, in poisha.
    pub total: i64,
}

/// Where a page of an inbox ends: due time, document and task of its last line.
pub type InboxCursor = (DateTime<Utc>, String, String);

/// The open tasks that a person may decide, the most urgent first, after a cursor.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn inbox(
    tx: &mut Tx,
    tenant: &TenantId,
    person: &PersonId,
    after: Option<&InboxCursor>,
    most: u32,
) -> Result<Vec<InboxLine>, LedgerError> {
    let (due, document, task) = after.cloned().unwrap_or((DateTime::<Utc>::UNIX_EPOCH, String::new(), String::new()));
    tx.all(
        "SELECT t.document, t.submission, t.task, t.kind, t.role, t.question, t.answers, t.due_at, d.vendor, d.number, d.total
         FROM task_people p
         JOIN tasks t ON t.tenant = p.tenant AND t.document = p.document AND t.submission = p.submission AND t.task = p.task
         JOIN documents d ON d.tenant = t.tenant AND d.document = t.document AND d.submission = t.submission
         WHERE p.tenant = $1 AND p.person = $2 AND t.state = 'open' AND (t.due_at, t.document, t.task) > ($3, $4, $5)
         ORDER BY t.due_at, t.document, t.task LIMIT $6",
        args![tenant.as_str(), person.as_str(), due, document, task, most],
    )
    .await
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
}

/// The payment instructions of a tenant, by number.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn instructions(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<InstructionView>, LedgerError> {
    tx.all(
        "SELECT instruction, document, vendor, amount, due_date, posting_date, state FROM payment_instructions
         WHERE tenant = $1 ORDER BY instruction",
        args![tenant.as_str()],
    )
    .await
}

fn amount(poisha: i64) -> Result<Taka, LedgerError> {
    Taka::from_poisha(poisha).map_err(|e| LedgerError::corrupt("amount", e))
}
