//! Taking back: a certificate is cancelled, and then its deposit can be reversed. Both by a new entry.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use vextrus_domain::{Actor, Refusal, RefusalCode, RequestId, Taka};

use crate::asked::{self, Begun};
use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::periods;

/// A deposit or certificate that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The deposit's number, or the certificate's.
    pub number: String,
    /// Its amount.
    pub amount: Taka,
}

/// Reverses a deposit, so that its obligations are open again.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `NOT_FOUND`, `OBLIGATION_STATE` for one that was reversed before or is certified,
/// `PERIOD_LOCKED` for one that is dated into a closed period, `INVALID_FIELD` without a reason, `PERMISSION_DENIED` or
/// `REQUEST_ID_REUSED`.
pub async fn reverse(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    deposit: i64,
    reason: &str,
) -> Result<Result<Ended, Refusal>, LedgerError> {
    const ACTION: &str = "deposit_reversed";
    let hash = match asked::begin(tx, actor, request, ACTION, &(deposit, reason)).await? {
        Ok(Begun::New(hash)) => hash,
        Ok(Begun::Done(done)) => return Ok(Ok(done)),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let amount = match reversible(tx, actor, deposit, reason).await? {
        Ok(amount) => amount,
        Err(refusal) => return Ok(Err(refusal)),
    };
    tx.exec(
        "INSERT INTO deposit_reversals (tenant, deposit, reason, reversed_by, reversed_at) VALUES ($1, $2, $3, $4, $5)",
        args![actor.tenant.as_str(), deposit, reason, actor.person.as_str(), tx.now()],
    )
    .await?;
    let body = json!({"deposit": deposit, "amount": amount, "reason": reason, "request_id": request});
    tx.audit_tenant(&actor.tenant, ACTION, actor.person.as_str(), body);
    let done = Ended { number: deposit.to_string(), amount };
    asked::finish(tx, (actor, request), (ACTION, &hash), &done).await?;
    Ok(Ok(done))
}

async fn reversible(
    tx: &mut Tx,
    actor: &Actor,
    deposit: i64,
    reason: &str,
) -> Result<Result<Taka, Refusal>, LedgerError> {
    let state = |message: String| Ok(Err(Refusal::new(RefusalCode::ObligationState, message)));
    if let Err(refusal) = asked::reason(reason) {
        return Ok(Err(refusal));
    }
    let tenant = actor.tenant.as_str();
    let found: Option<(i64, NaiveDate, Option<String>)> = tx
        .opt(
            "SELECT d.amount, d.deposited_on, r.reversed_by FROM treasury_deposits d
             LEFT JOIN deposit_reversals r ON r.tenant = d.tenant AND r.deposit = d.deposit
             WHERE d.tenant = $1 AND d.deposit = $2",
            args![tenant, deposit],
        )
        .await?;
    let Some((amount, deposited_on, reversed_by)) = found else {
        return Ok(Err(Refusal::new(RefusalCode::NotFound, format!("{tenant} has no deposit {deposit}"))));
    };
    if let Some(by) = reversed_by {
        return state(format!("deposit {deposit} was reversed by {by} already"));
    }
    let certified: Option<(String,)> = tx
        .opt(
            "SELECT l.certificate FROM certificate_lines l WHERE l.tenant = $1 AND l.deposit = $2 AND NOT EXISTS (
                SELECT 1 FROM certificate_cancellations x WHERE x.tenant = l.tenant AND x.certificate = l.certificate)
             ORDER BY l.certificate LIMIT 1",
            args![tenant, deposit],
        )
        .await?;
    if let Some((certificate,)) = certified {
        return state(format!("deposit {deposit} is certified by {certificate}; cancel that first"));
    }
    if let Some(refusal) = periods::closed(tx, &actor.tenant, "the day of the deposit", deposited_on).await? {
        return Ok(Err(refusal));
    }
    Ok(Ok(Taka::from_poisha(amount).map_err(|e| LedgerError::corrupt("deposit", e))?))
}

/// Cancels a certificate. Its number stays used.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `NOT_FOUND`, `OBLIGATION_STATE` for one that was cancelled before, `INVALID_FIELD`
/// without a reason, `PERMISSION_DENIED` or `REQUEST_ID_REUSED`.
pub async fn cancel(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    certificate: &str,
    reason: &str,
) -> Result<Result<Ended, Refusal>, LedgerError> {
    const ACTION: &str = "certificate_cancelled";
    let hash = match asked::begin(tx, actor, request, ACTION, &(certificate, reason)).await? {
        Ok(Begun::New(hash)) => hash,
        Ok(Begun::Done(done)) => return Ok(Ok(done)),
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Err(refusal) = asked::reason(reason) {
        return Ok(Err(refusal));
    }
    let tenant = actor.tenant.as_str();
    let found: Option<(i64, Option<String>)> = tx
        .opt(
            "SELECT t.amount, x.cancelled_by FROM tax_certificates t
             LEFT JOIN certificate_cancellations x ON x.tenant = t.tenant AND x.certificate = t.certificate
             WHERE t.tenant = $1 AND t.certificate = $2",
            args![tenant, certificate],
        )
        .await?;
    let amount = match found {
        None => {
            let message =
                format!("{tenant} has no such certificate; `vextrus report vds` and `report tds` show their numbers");
            return Ok(Err(Refusal::new(RefusalCode::NotFound, message)));
        }
        Some((_, Some(by))) => {
            let message = format!("certificate {certificate} was cancelled by {by} already");
            return Ok(Err(Refusal::new(RefusalCode::ObligationState, message)));
        }
        Some((amount, None)) => Taka::from_poisha(amount).map_err(|e| LedgerError::corrupt("certificate", e))?,
    };
    tx.exec(
        "INSERT INTO certificate_cancellations (tenant, certificate, reason, cancelled_by, cancelled_at) VALUES ($1, $2, $3, $4, $5)",
        args![tenant, certificate, reason, actor.person.as_str(), tx.now()],
    )
    .await?;
    let body = json!({"certificate": certificate, "amount": amount, "reason": reason, "request_id": request});
    tx.audit_tenant(&actor.tenant, ACTION, actor.person.as_str(), body);
    let done = Ended { number: certificate.to_owned(), amount };
    asked::finish(tx, (actor, request), (ACTION, &hash), &done).await?;
    Ok(Ok(done))
}
