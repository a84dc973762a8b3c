//! Inboxes: what waits for somebody, of documents, of employees' processes and of vendors' bank details, in one order.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use vextrus_approval::AllowedAnswer;
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::{DocumentType, PersonId, TenantId, canonical};
use vextrus_lifecycle::Verdict;

use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::{bank_details, delegations};

/// One line of an inbox.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct InboxLine {
    /// The type of document, the process, or `bank_details`.
    pub document_kind: String,
    /// The document, or the process of an employee.
    pub document: String,
    /// Its submission; 1 for a process.
    pub submission: i64,
    /// The task.
    pub task: String,
    /// What it is for; of a process `employee_task` or `probation_review`.
    pub kind: String,
    /// The role asked, or the owner.
    pub role: String,
    /// What is asked, or to be done.
    pub question: String,
    /// The answers that it knows, as JSON: those of a review, and none for another task of a process.
    pub answers: String,
    /// Until when; none while its clock stands still.
    pub due_at: Option<DateTime<Utc>>,
    /// Where the line stands among the others: its due time, or its opening.
    pub sorted_at: DateTime<Utc>,
    /// The vendor; empty for a process.
    pub vendor: String,
    /// The vendor's number; empty for an order and for a process.
    pub number: String,
    /// The total of an invoice, the amount of an order, in poisha; 0 for a process.
    pub total: i64,
    /// In whose name the task may be decided.
    pub principal: String,
    /// The employee of a process; empty for a document.
    pub employee: String,
}

/// Where a page of an inbox ends: place, document or process, and task of its last line.
pub type InboxCursor = (DateTime<Utc>, String, String);

/// The open tasks that a person may decide, for themselves or in somebody's name, and those of employees' processes that are theirs, the
/// most urgent first, after a cursor.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn inbox(
    tx: &mut Tx,
    tenant: &TenantId,
    person: &PersonId,
    after: Option<&InboxCursor>,
    page: u32,
) -> Result<Vec<InboxLine>, LedgerError> {
    let standing = delegations::open(tx, tenant).await?;
    let today = dhaka_date(tx.now());
    let [invoices, orders] = DocumentType::ALL.map(|kind| delegations::stands_for(&standing, person, kind, today));
    let owners: BTreeSet<&PersonId> = invoices.keys().chain(orders.keys()).collect();
    let (place, document, task) = after.cloned().unwrap_or_else(beginning);
    let mut lines: Vec<InboxLine> = Vec::new();
    // Who may decide a task for themselves decides it so.
    let own = |owner: &&PersonId| *owner != person;
    let mut owners: Vec<&PersonId> = owners.into_iter().collect();
    owners.sort_by_key(own);
    for owner in owners {
        let most = |of: &BTreeMap<PersonId, i64>| of.get(owner).copied().unwrap_or(-1);
        let found: Vec<InboxLine> = tx
            .all(
                "SELECT d.kind AS document_kind, t.document, t.submission, t.task, t.kind, t.role, t.question, t.answers,
                    t.due_at, p.sorted_at, d.vendor, d.number, d.total, p.principal,
                    '' AS employee
                 FROM task_people p
                 JOIN tasks t ON t.tenant = p.tenant AND t.document = p.document AND t.submission = p.submission AND t.task = p.task
                 JOIN documents d ON d.tenant = t.tenant AND d.document = t.document AND d.submission = t.submission
                 WHERE p.tenant = $1 AND p.person = $2 AND p.sorted_at IS NOT NULL AND t.state = 'open' AND d.submitter <> $7
                   AND t.amount <= CASE d.kind WHEN 'invoice' THEN $8 ELSE $9 END
                   AND (p.sorted_at, p.document, p.task) > ($3, $4, $5)
                 ORDER BY p.sorted_at, p.document, p.task LIMIT CAST($6 AS BIGINT)",
                args![
                    tenant.as_str(),
                    owner.as_str(),
                    place,
                    &document,
                    &task,
                    page,
                    person.as_str(),
                    most(&invoices),
                    most(&orders)
                ],
            )
            .await?;
        for line in found {
            if !lines.iter().any(|l| l.document == line.document && l.task == line.task) {
                lines.push(line);
            }
        }
    }
    lines.extend(of_processes(tx, tenant, person, after, page).await?);
    lines.extend(of_bank_details(tx, tenant, person, after, page).await?);
    lines.sort_by(|a, b| (a.sorted_at, &a.document, &a.task).cmp(&(b.sorted_at, &b.document, &b.task)));
    lines.truncate(usize::try_from(page).unwrap_or(usize::MAX));
    Ok(lines)
}

/// The open tasks of employees' processes that are a person's. Nobody stands in for them: who does them instead is named in their plan.
async fn of_processes(
    tx: &mut Tx,
    tenant: &TenantId,
    person: &PersonId,
    after: Option<&InboxCursor>,
    page: u32,
) -> Result<Vec<InboxLine>, LedgerError> {
    let (place, process, task) = after.cloned().unwrap_or_else(beginning);
    let verdicts = canonical::to_text(
        &Verdict::ALL
            .map(|verdict| AllowedAnswer { name: verdict.name().to_owned(), proceeds: verdict != Verdict::End }),
    )?;
    tx.all(
        "SELECT e.kind AS document_kind, t.process AS document, CAST(1 AS BIGINT) AS submission, t.task,
            CASE WHEN t.review THEN 'probation_review' ELSE 'employee_task' END AS kind, t.owner AS role,
            t.name AS question, CASE WHEN t.review THEN $7 ELSE '[]' END AS answers, t.due_at,
            p.sorted_at, '' AS vendor, '' AS number, CAST(0 AS BIGINT) AS total,
            p.person AS principal, e.employee
         FROM process_task_people p
         JOIN process_tasks t ON t.tenant = p.tenant AND t.process = p.process AND t.task = p.task
         JOIN employee_processes e ON e.tenant = t.tenant AND e.process = t.process
         WHERE p.tenant = $1 AND p.person = $2 AND p.sorted_at IS NOT NULL AND t.state = 'open'
           AND (p.sorted_at, p.process, p.task) > ($3, $4, $5)
         ORDER BY p.sorted_at, p.process, p.task LIMIT CAST($6 AS BIGINT)",
        args![tenant.as_str(), person.as_str(), place, process, task, page, verdicts],
    )
    .await
}

/// The changes of vendors' bank details that ask a person. Nobody stands in for them, and what is past its time is no more for anybody.
async fn of_bank_details(
    tx: &mut Tx,
    tenant: &TenantId,
    person: &PersonId,
    after: Option<&InboxCursor>,
    page: u32,
) -> Result<Vec<InboxLine>, LedgerError> {
    let (place, change, task) = after.cloned().unwrap_or_else(beginning);
    let answers = canonical::to_text(
        &[("approve", true), ("reject", false)]
            .map(|(name, proceeds)| AllowedAnswer { name: name.to_owned(), proceeds }),
    )?;
    tx.all(
        "SELECT 'bank_details' AS document_kind, c.change AS document, CAST(1 AS BIGINT) AS submission, $8 AS task,
            'bank_details' AS kind, c.role, c.question, $7 AS answers, c.due_at, p.sorted_at, c.vendor, '' AS number,
            CAST(0 AS BIGINT) AS total, p.person AS principal, '' AS employee
         FROM bank_change_people p JOIN bank_changes c ON c.tenant = p.tenant AND c.change = p.change
         WHERE p.tenant = $1 AND p.person = $2 AND p.sorted_at IS NOT NULL AND c.state = 'open' AND p.sorted_at > $9
           AND (p.sorted_at, p.change, $8) > ($3, $4, $5)
         ORDER BY p.sorted_at, p.change LIMIT CAST($6 AS BIGINT)",
        args![tenant.as_str(), person.as_str(), place, change, task, page, answers, bank_details::TASK, tx.now()],
    )
    .await
}

/// Before every line.
fn beginning() -> InboxCursor {
    (DateTime::<Utc>::UNIX_EPOCH, String::new(), String::new())
}
