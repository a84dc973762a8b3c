//! What the company's own systems gave to employees: accounts, mailboxes, workstations, badges, appointments. They stand in for outside
//! systems and keep the same promise: an order is carried out once, however often it is given.

use chrono::{DateTime, Utc};
use vextrus_domain::{Employment, PersonId, TenantId};
use vextrus_lifecycle::{Operation, System};

use super::processes;
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// What the company's own register of letters calls one. It has the letter written: an event of the outbox asks for it.
pub(super) const LETTER: &str = "send_welcome";

/// Something that an employee was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provision {
    /// By which system.
    pub system: System,
    /// What the system calls it.
    pub reference: String,
    /// Whether they have it still.
    pub active: bool,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// An order to one of the company's own systems.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The company.
    pub tenant: &'a TenantId,
    /// The order's key: the same for every attempt of it.
    pub key: &'a str,
    /// Whose.
    pub employee: &'a PersonId,
    /// What.
    pub operation: Operation,
    /// The work.
    pub employment: &'a Employment,
}

/// Gives something to an employee. An order that was carried out before is answered as it was then.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn give(tx: &mut Tx, order: Order<'_>) -> Result<String, LedgerError> {
    if let Some(earlier) = known(tx, order).await? {
        return Ok(earlier);
    }
    let system = order.operation.system();
    // An account and a mailbox are one each; an appointment is moved by another one in its place.
    let alone = [Operation::CreateAccount, Operation::CreateMailbox, Operation::ScheduleOrientation];
    if alone.contains(&order.operation) {
        end(tx, order).await?;
    }
    let reference = reference(tx, order).await?;
    tx.exec(
        "INSERT INTO provisions (tenant, order_key, employee, system, operation, reference, state, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'active', $7)",
        args![
            order.tenant.as_str(),
            order.key,
            order.employee.as_str(),
            system.name(),
            order.operation.name(),
            &reference,
            tx.now()
        ],
    )
    .await?;
    Ok(reference)
}

/// Takes back what an employee was given by a system. What they do not have is taken back too.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn take_back(tx: &mut Tx, order: Order<'_>) -> Result<String, LedgerError> {
    let ended = end(tx, order).await?;
    Ok(if ended.is_empty() { "nothing".to_owned() } else { ended.join(", ") })
}

async fn known(tx: &mut Tx, order: Order<'_>) -> Result<Option<String>, LedgerError> {
    let found: Option<(String,)> = tx
        .opt(
            "SELECT reference FROM provisions WHERE tenant = $1 AND order_key = $2",
            args![order.tenant.as_str(), order.key],
        )
        .await?;
    Ok(found.map(|(reference,)| reference))
}

/// Ends what is active of what the operation makes or unmakes, and answers what it was called; also what this very order ended before.
async fn end(tx: &mut Tx, order: Order<'_>) -> Result<Vec<String>, LedgerError> {
    let system = order.operation.system();
    let made_by =
        Operation::ALL.into_iter().find(|o| o.undone_by() == Some(order.operation)).unwrap_or(order.operation);
    tx.exec(
        "UPDATE provisions SET state = 'ended', ended_at = $5, ended_by = $6
         WHERE tenant = $1 AND employee = $2 AND system = $3 AND operation = $4 AND state = 'active'",
        args![order.tenant.as_str(), order.employee.as_str(), system.name(), made_by.name(), tx.now(), order.key],
    )
    .await?;
    let rows: Vec<(String,)> = tx
        .all(
            "SELECT reference FROM provisions WHERE tenant = $1 AND employee = $2 AND ended_by = $3 ORDER BY order_key",
            args![order.tenant.as_str(), order.employee.as_str(), order.key],
        )
        .await?;
    Ok(rows.into_iter().map(|(reference,)| reference).collect())
}

/// What the system calls it: nothing personal, and nothing twice.
async fn reference(tx: &mut Tx, order: Order<'_>) -> Result<String, LedgerError> {
    let (tenant, employee) = (order.tenant, order.employee);
    Ok(match order.operation {
        Operation::CreateAccount => format!("account {employee} {}", count(tx, order).await?),
        Operation::CreateMailbox => format!("mailbox {employee} {}", count(tx, order).await?),
        Operation::AssignWorkstation => format!("workstation {}", next(tx, tenant, "WORKSTATION").await?),
        Operation::IssueBadge => format!("badge {}", next(tx, tenant, "BADGE").await?),
        Operation::ScheduleOrientation => {
            format!("orientation {} on {}", next(tx, tenant, "ORIENTATION").await?, order.employment.start_date)
        }
        _ => format!("{LETTER} {}", next(tx, tenant, "LETTER").await?),
    })
}

/// How many the employee has had before, and this one.
async fn count(tx: &mut Tx, order: Order<'_>) -> Result<i64, LedgerError> {
    let (count,): (i64,) = tx
        .one(
            "SELECT count(*) FROM provisions WHERE tenant = $1 AND employee = $2 AND operation = $3",
            args![order.tenant.as_str(), order.employee.as_str(), order.operation.name()],
        )
        .await?;
    Ok(count + 1)
}

/// The next number of a series that knows no fiscal year.
async fn next(tx: &mut Tx, tenant: &TenantId, series: &str) -> Result<i64, LedgerError> {
    let (number,): (i64,) = tx
        .one(
            "INSERT INTO number_series (tenant, series, fiscal_year, last) VALUES ($1, $2, '', 1)
             ON CONFLICT (tenant, series, fiscal_year) DO UPDATE SET last = number_series.last + 1 RETURNING last",
            args![tenant.as_str(), series],
        )
        .await?;
    Ok(number)
}

#[derive(sqlx::FromRow)]
struct Row {
    system: String,
    reference: String,
    state: String,
    created_at: DateTime<Utc>,
}

/// What an employee was given, in order.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn of(tx: &mut Tx, tenant: &TenantId, employee: &PersonId) -> Result<Vec<Provision>, LedgerError> {
    let rows: Vec<Row> = tx
        .all(
            "SELECT system, reference, state, created_at FROM provisions WHERE tenant = $1 AND employee = $2
             ORDER BY created_at, order_key",
            args![tenant.as_str(), processes::person(employee.as_str())?.as_str()],
        )
        .await?;
    let system = |text: &str| {
        let found = System::ALL.into_iter().find(|s| s.name() == text);
        found.ok_or_else(|| LedgerError::corrupt("system", text))
    };
    rows.into_iter()
        .map(|row| {
            let (system, active) = (system(&row.system)?, row.state == "active");
            Ok(Provision { system, reference: row.reference, active, created_at: row.created_at })
        })
        .collect()
}
