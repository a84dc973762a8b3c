//! Figures of the whole ledger, for metrics. What is open is asked every quarter of a minute and found by its indexes; what comes due, every
//! five minutes, and the deposits among it by reading all obligations.

use chrono::{DateTime, NaiveDate, Utc};
use vextrus_domain::TenantId;
use vextrus_domain::calendar::dhaka_date;
use vextrus_tax::Schedule;

use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::rules::{self, RuleKind, WHOLE_COMPANY};

/// Open tasks of one type of document or process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTasks {
    /// The type: `invoice`, `purchase_order`, `onboarding`, `offboarding`.
    pub kind: String,
    /// How many.
    pub count: i64,
    /// Of them, those whose time is over.
    pub overdue: i64,
    /// When the oldest was opened.
    pub oldest: Option<DateTime<Utc>>,
}

/// What is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Open {
    /// Tasks of people.
    pub tasks: Vec<OpenTasks>,
    /// Documents and processes that have not ended: type, state, how many.
    pub documents: Vec<(String, String, i64)>,
    /// Issued orders that are not closed.
    pub orders: i64,
}

/// What is open, in all companies.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn open(tx: &mut Tx) -> Result<Open, LedgerError> {
    let documents = tx
        .all(
            "SELECT kind, state, count(*) FROM documents WHERE state IN ('claimed', 'assessed') GROUP BY kind, state
             UNION ALL
             SELECT kind, state, count(*) FROM employee_processes WHERE state <> 'ended' GROUP BY kind, state",
            args![],
        )
        .await?;
    // What is open is found first, and SQLite takes the tables of a cross join as they stand: otherwise it reads all tasks.
    let tasks: Vec<(String, i64, i64, Option<DateTime<Utc>>)> = tx
        .all(
            "WITH d AS MATERIALIZED (
                SELECT tenant, document, submission, kind FROM documents WHERE state IN ('claimed', 'assessed')),
             p AS MATERIALIZED (SELECT tenant, process, kind FROM employee_processes WHERE state <> 'ended')
             SELECT d.kind, count(*), count(CASE WHEN t.due_at < $1 THEN 1 END), min(t.opened_at) FROM d CROSS JOIN tasks t
             WHERE t.tenant = d.tenant AND t.document = d.document AND t.submission = d.submission AND t.state = 'open'
             GROUP BY d.kind
             UNION ALL
             SELECT p.kind, count(*), count(CASE WHEN t.due_at < $1 THEN 1 END), min(t.opened_at)
             FROM p CROSS JOIN process_tasks t
             WHERE t.tenant = p.tenant AND t.process = p.process AND t.state = 'open' GROUP BY p.kind",
            args![tx.now()],
        )
        .await?;
    let (orders,): (i64,) = tx.one("SELECT count(*) FROM purchase_orders WHERE open", args![]).await?;
    let tasks = tasks.into_iter().map(|(kind, count, overdue, oldest)| OpenTasks { kind, count, overdue, oldest });
    Ok(Open { tasks: tasks.collect(), documents, orders })
}

/// The last day for the earliest deposit that was not made, of each tax that waits for one.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn deposits_due(tx: &mut Tx) -> Result<Vec<(String, NaiveDate)>, LedgerError> {
    let found: Vec<(String, Option<NaiveDate>)> = tx
        .all(
            "SELECT o.tax, min(o.deposit_by) FROM tax_obligations o
             WHERE o.amount > 0 AND o.deposit_by IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM deposit_lines l WHERE l.tenant = o.tenant AND l.document = o.document
                AND l.submission = o.submission AND l.tax = o.tax AND l.code = o.code AND NOT EXISTS (
                    SELECT 1 FROM deposit_reversals r WHERE r.tenant = l.tenant AND r.deposit = l.deposit))
             GROUP BY o.tax",
            args![],
        )
        .await?;
    Ok(found.into_iter().filter_map(|(tax, due)| Some((tax, due?))).collect())
}

/// The first day that a row of an active tax schedule no longer covers, and no other row of its code does: the earliest such day that is
/// to come, of all companies. Then bills of that code cannot be assessed.
///
/// # Errors
/// [`LedgerError::Database`], or a stored schedule that cannot be read.
pub async fn rates_end(tx: &mut Tx) -> Result<Option<NaiveDate>, LedgerError> {
    let today = dhaka_date(tx.now());
    let tenants: Vec<(String,)> =
        tx.all("SELECT DISTINCT tenant FROM rule_activations WHERE kind = $1", args![RuleKind::Tax.name()]).await?;
    let mut earliest: Option<NaiveDate> = None;
    let mut seen = std::collections::BTreeMap::new();
    for (tenant,) in tenants {
        let tenant: TenantId = tenant.parse().map_err(|e| LedgerError::corrupt("tenant", e))?;
        let Some(active) = rules::active(tx, &tenant, RuleKind::Tax, WHOLE_COMPANY).await? else { continue };
        let ends = match seen.get(&active.hash) {
            Some(ends) => *ends,
            None => {
                let schedule = active.read(tx, Schedule::parse)?;
                let ends = schedule.first_gap(today);
                seen.insert(active.hash, ends);
                ends
            }
        };
        earliest = [earliest, ends].into_iter().flatten().min();
    }
    Ok(earliest)
}

/// The companies that have a trail.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn tenants(tx: &mut Tx) -> Result<Vec<TenantId>, LedgerError> {
    let rows: Vec<(String,)> = tx.all("SELECT tenant FROM audit_logs ORDER BY tenant", args![]).await?;
    rows.into_iter().map(|(tenant,)| tenant.parse().map_err(|e| LedgerError::corrupt("tenant", e))).collect()
}
