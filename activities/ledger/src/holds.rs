//! Legal holds: what a court, the NBR or the company's counsel has asked to be kept is not erased.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::FromRow;
use vextrus_domain::{PersonId, Refusal, RefusalCode, TenantId};

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// The most bytes of a reason.
const LONGEST_REASON: usize = 500;

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct Hold {
    /// Its number, from 1.
    pub number: i64,
    /// The employee whose record it holds; empty for every record.
    pub employee: String,
    /// Why.
    pub reason: String,
    /// Who asked for it.
    pub set_by: String,
    /// When.
    pub set_at: DateTime<Utc>,
    /// Who released it.
    pub released_by: Option<String>,
    /// When.
    pub released_at: Option<DateTime<Utc>>,
}

/// Sets a hold on the record of an employee, or on every record, and answers its number.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `REASON_REQUIRED` or `LIMIT_EXCEEDED`.
pub async fn set(
    tx: &mut Tx,
    tenant: &TenantId,
    employee: Option<&PersonId>,
    reason: &str,
    by: &str,
) -> Result<Result<i64, Refusal>, LedgerError> {
    if reason.trim().is_empty() {
        return Ok(Err(Refusal::new(RefusalCode::ReasonRequired, "reason: say who asked for the hold, and where")));
    }
    if reason.len() > LONGEST_REASON {
        let message = format!("reason: {} bytes; give at most {LONGEST_REASON}", reason.len());
        return Ok(Err(Refusal::new(RefusalCode::LimitExceeded, message)));
    }
    let employee = employee.map(PersonId::as_str).unwrap_or_default();
    // An erasing that is under way has its say first.
    tx.exec(
        "UPDATE employee_records SET lock_version = lock_version + 1 WHERE tenant = $1 AND ($2 = '' OR employee = $2)",
        args![tenant.as_str(), employee],
    )
    .await?;
    let (number,): (i64,) = tx
        .one(
            "INSERT INTO legal_holds (tenant, number, employee, reason, set_by, set_at)
             SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5 FROM legal_holds WHERE tenant = $1 RETURNING number",
            args![tenant.as_str(), employee, reason, by, tx.now()],
        )
        .await?;
    tx.audit_tenant(tenant, "hold_set", by, json!({"number": number, "employee": employee, "reason": reason}));
    Ok(Ok(number))
}

/// Releases a hold.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `NOT_FOUND`, also for one that was released before.
pub async fn release(
    tx: &mut Tx,
    tenant: &TenantId,
    number: u32,
    by: &str,
) -> Result<Result<(), Refusal>, LedgerError> {
    let released = tx
        .exec(
            "UPDATE legal_holds SET released_by = $3, released_at = $4
             WHERE tenant = $1 AND number = $2 AND released_at IS NULL",
            args![tenant.as_str(), number, by, tx.now()],
        )
        .await?;
    if released == 0 {
        let message = format!("{tenant} has no hold {number} in force; list them with `vextrus audit hold list`");
        return Ok(Err(Refusal::new(RefusalCode::NotFound, message)));
    }
    tx.audit_tenant(tenant, "hold_released", by, json!({"number": number}));
    Ok(Ok(()))
}

/// Every hold of a tenant, in the order of their numbers.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn all(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<Hold>, LedgerError> {
    tx.all(
        "SELECT number, employee, reason, set_by, set_at, released_by, released_at FROM legal_holds
         WHERE tenant = $1 ORDER BY number",
        args![tenant.as_str()],
    )
    .await
}

/// The refusal to erase an employee's record, where it is held.
pub(crate) async fn held(tx: &mut Tx, tenant: &TenantId, employee: &PersonId) -> Result<Option<Refusal>, LedgerError> {
    let found: Option<(i64,)> = tx
        .opt(
            "SELECT number FROM legal_holds WHERE tenant = $1 AND employee IN ('', $2) AND released_at IS NULL
             ORDER BY number LIMIT 1",
            args![tenant.as_str(), employee.as_str()],
        )
        .await?;
    Ok(found.map(|(number,)| {
        let message = format!("the record of {employee} is kept by hold {number}; have it released first");
        Refusal::new(RefusalCode::RecordHeld, message)
    }))
}
