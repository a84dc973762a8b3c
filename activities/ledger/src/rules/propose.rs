//! One person proposes a version.

use chrono::{DateTime, Datelike as _, SubsecRound as _, Utc};
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::{Actor, PersonId, Refusal, RefusalCode, RequestId, TenantId, canonical};

use super::kind::RuleKind;
use super::records::{Proposal, latest};
use super::write::{lock, store, write_proposal};
use crate::asked::{self, Begun, stranger};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// The last year of an effective date: a later one would not be written in four digits.
const LAST_YEAR: i32 = 9999;

/// Stores a version and proposes it, for another person to activate. It is to take effect at `effective_from`, a moment of
/// today in Dhaka or later, or at once where none is given.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `PERMISSION_DENIED` for somebody who is not an active person of the tenant,
/// and `INVALID_FIELD` for a wrong rule, a date, a reason, or a version that would change nothing.
pub async fn propose(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: RuleKind,
    content: &str,
    by: &PersonId,
    effective_from: Option<DateTime<Utc>>,
    reason: &str,
) -> Result<Result<Proposal, Refusal>, LedgerError> {
    if let Some(refusal) = stranger(tx, tenant, by).await? {
        return Ok(Err(refusal));
    }
    let now = tx.now();
    let effective_from = effective_from.map_or(now, |at| at.trunc_subsecs(6));
    let subject = match sound(kind, content, effective_from, reason, now) {
        Ok(subject) => subject,
        Err(refusal) => return Ok(Err(refusal)),
    };
    lock(tx, tenant).await?;
    let hash = canonical::sha256_hex(content);
    let before = latest(tx, tenant, kind, &subject).await?;
    if let Some(same) = before.as_ref().filter(|a| a.hash == hash && a.effective_from <= effective_from.max(now)) {
        let message =
            format!("this {} was activated by {} already; propose a change", kind.title(&subject), same.activated_by);
        return Ok(Err(Refusal::new(RefusalCode::InvalidField, message)));
    }
    let (number,): (i64,) = tx
        .one("SELECT coalesce(max(proposal), 0) + 1 FROM rule_proposals WHERE tenant = $1", args![tenant.as_str()])
        .await?;
    let proposal = Proposal {
        number,
        kind,
        subject,
        hash,
        reason: reason.to_owned(),
        proposed_by: by.to_string(),
        proposed_at: now,
        effective_from,
        base: before.map_or(0, |a| a.seq),
    };
    store(tx, kind, &proposal.hash, content).await?;
    write_proposal(tx, tenant, &proposal).await?;
    Ok(Ok(proposal))
}

/// The same for a service that sends its request again when it has no answer: the same request is answered the same way, with the
/// number of the proposal.
///
/// # Errors
/// As [`propose`]; the inner error is also `REQUEST_ID_REUSED`.
pub async fn propose_once(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    kind: RuleKind,
    content: &str,
    effective_from: Option<DateTime<Utc>>,
    reason: &str,
) -> Result<Result<i64, Refusal>, LedgerError> {
    const ACTION: &str = "rule_proposed";
    let input = (kind, content, effective_from, reason);
    let hash = match asked::begin_beside_the_books(tx, actor, request, ACTION, &input).await? {
        Ok(Begun::New(hash)) => hash,
        Ok(Begun::Done(done)) => return Ok(Ok(done)),
        Err(refusal) => return Ok(Err(refusal)),
    };
    match propose(tx, &actor.tenant, kind, content, &actor.person, effective_from, reason).await? {
        Ok(proposal) => {
            asked::finish(tx, (actor, request), (ACTION, &hash), &proposal.number).await?;
            Ok(Ok(proposal.number))
        }
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// What a proposal says, checked; answers the rule's subject.
fn sound(
    kind: RuleKind,
    content: &str,
    effective_from: DateTime<Utc>,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<String, Refusal> {
    let invalid = |message: String| Refusal::new(RefusalCode::InvalidField, message);
    asked::reason(reason)?;
    let (day, today) = (dhaka_date(effective_from), dhaka_date(now));
    if day < today || day.year() > LAST_YEAR {
        return Err(invalid(format!(
            "effective_from is {day} in Dhaka; give {today}, which is today there, or a later day"
        )));
    }
    kind.subject_of(content).map_err(invalid)
}
