//! Closed periods: through which day nothing is posted any more. A period is a calendar month. Every change is a new entry with a
//! person and a reason; the latest counts.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vextrus_domain::calendar::{TaxPeriod, dhaka_date};
use vextrus_domain::{Actor, Refusal, RefusalCode, RequestId, TenantId};

use crate::asked::{self, Begun};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct PeriodLock {
    /// Its place among the tenant's entries, from 1.
    pub seq: i64,
    /// The last day to which nothing is posted.
    pub through: NaiveDate,
    /// Why.
    pub reason: String,
    /// Who.
    pub set_by: String,
    /// When.
    pub set_at: DateTime<Utc>,
}

/// Which way a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Lock,
    Reopen,
}

/// Closes the books through the last day of a month. The same request is answered the same way.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `PERMISSION_DENIED`, `REQUEST_ID_REUSED`, or `INVALID_FIELD` for a missing reason,
/// a day that ends no month, one after this month, and one that is closed already.
pub async fn lock(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    through: NaiveDate,
    reason: &str,
) -> Result<Result<PeriodLock, Refusal>, LedgerError> {
    change(tx, (actor, request), Way::Lock, through, reason).await
}

/// Opens the books again: closed they stay through an earlier day only.
///
/// # Errors
/// As [`lock`]; `INVALID_FIELD` also for a day that is not earlier.
pub async fn reopen(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    through: NaiveDate,
    reason: &str,
) -> Result<Result<PeriodLock, Refusal>, LedgerError> {
    change(tx, (actor, request), Way::Reopen, through, reason).await
}

async fn change(
    tx: &mut Tx,
    (actor, request): (&Actor, &RequestId),
    way: Way,
    through: NaiveDate,
    reason: &str,
) -> Result<Result<PeriodLock, Refusal>, LedgerError> {
    let action = match way {
        Way::Lock => "period_locked",
        Way::Reopen => "period_reopened",
    };
    let hash = match asked::begin(tx, actor, request, action, &(through, reason)).await? {
        Ok(Begun::New(hash)) => hash,
        Ok(Begun::Done(done)) => return Ok(Ok(done)),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let before = latest(tx, &actor.tenant).await?;
    let today = dhaka_date(tx.now());
    let allowed = asked::reason(reason).and_then(|()| can_change(way, before.as_ref(), through, today));
    if let Err(refusal) = allowed {
        return Ok(Err(refusal));
    }
    let entry = PeriodLock {
        seq: before.as_ref().map_or(1, |b| b.seq + 1),
        through,
        reason: reason.to_owned(),
        set_by: actor.person.to_string(),
        set_at: tx.now(),
    };
    tx.exec(
        "INSERT INTO period_locks (tenant, seq, through, reason, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![actor.tenant.as_str(), entry.seq, through, reason, &entry.set_by, entry.set_at],
    )
    .await?;
    let body = json!({"seq": entry.seq, "through": through, "before": before.map(|b| b.through), "reason": reason,
        "request_id": request});
    tx.audit_tenant(&actor.tenant, action, actor.person.as_str(), body);
    asked::finish(tx, (actor, request), (action, &hash), &entry).await?;
    Ok(Ok(entry))
}

fn can_change(way: Way, before: Option<&PeriodLock>, through: NaiveDate, today: NaiveDate) -> Result<(), Refusal> {
    let invalid = |message: String| Err(Refusal::new(RefusalCode::InvalidField, message));
    let (month_end, this_month_end) = (TaxPeriod::of(through).last_day(), TaxPeriod::of(today).last_day());
    if through != month_end {
        return invalid(format!("through is {through}; periods are whole months, so give {month_end}"));
    }
    match (way, before) {
        (Way::Lock, _) if through > this_month_end => invalid(format!(
            "through is {through}; nothing after this month is closed, so give {this_month_end} or earlier"
        )),
        (Way::Lock, Some(lock)) if through <= lock.through => invalid(format!(
            "through is {through}, and the books are closed through {} already; give a later day, or reopen the period",
            lock.through
        )),
        (Way::Reopen, Some(lock)) if through < lock.through => Ok(()),
        (Way::Reopen, Some(lock)) => invalid(format!(
            "through is {through}; the books are closed through {}, so give an earlier day",
            lock.through
        )),
        (Way::Reopen, None) => {
            invalid(format!("through is {through}, and no period is closed; there is nothing to reopen"))
        }
        (Way::Lock, _) => Ok(()),
    }
}

async fn latest(tx: &mut Tx, tenant: &TenantId) -> Result<Option<PeriodLock>, LedgerError> {
    tx.opt(
        "SELECT seq, through, reason, set_by, set_at FROM period_locks WHERE tenant = $1 ORDER BY seq DESC LIMIT 1",
        args![tenant.as_str()],
    )
    .await
}

/// Every entry of a tenant, the latest last.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn list(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<PeriodLock>, LedgerError> {
    tx.all(
        "SELECT seq, through, reason, set_by, set_at FROM period_locks WHERE tenant = $1 ORDER BY seq",
        args![tenant.as_str()],
    )
    .await
}

/// The refusal of what is dated into a closed period.
pub(crate) async fn closed(
    tx: &mut Tx,
    tenant: &TenantId,
    what: &str,
    day: NaiveDate,
) -> Result<Option<Refusal>, LedgerError> {
    let lock = latest(tx, tenant).await?.filter(|lock| day <= lock.through);
    Ok(lock.map(|lock| {
        let through = lock.through;
        let message =
            format!("{what} is {day}, and the books are closed through {through}; have the period reopened first");
        Refusal::new(RefusalCode::PeriodLocked, message)
    }))
}

/// The day on which is posted what happens on this day: the day itself or, where its period is closed, the first day of the next one
/// that is open.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn posting_date(tx: &mut Tx, tenant: &TenantId, day: NaiveDate) -> Result<NaiveDate, LedgerError> {
    Ok(open_day(latest(tx, tenant).await?.map(|lock| lock.through), day))
}

/// The same, of books that are closed through a day.
pub(crate) fn open_day(closed_through: Option<NaiveDate>, day: NaiveDate) -> NaiveDate {
    closed_through.filter(|through| day <= *through).and_then(|through| through.succ_opt()).unwrap_or(day)
}

/// Holds the tenant's books for a posting whose date was found before. Taken just before the number series.
///
/// # Errors
/// [`LedgerError::Overtaken`] when a period was closed or opened since; [`LedgerError::Database`].
pub async fn hold(tx: &mut Tx, tenant: &TenantId, day: NaiveDate, found: NaiveDate) -> Result<(), LedgerError> {
    asked::hold_books(tx, tenant).await?;
    if posting_date(tx, tenant, day).await? == found {
        return Ok(());
    }
    Err(LedgerError::Overtaken("a period was closed or opened"))
}
