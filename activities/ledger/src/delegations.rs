//! Standing delegations: who decides in whose name, from one day to another.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::json;
use vextrus_approval::StandingDelegation;
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::{Actor, DocumentType, PersonId, Refusal, RefusalCode, RequestId, Taka, TenantId, canonical};

use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::{claims, masterdata};

/// The most delegations of one tenant that count at the same time.
const MOST: usize = 2000;

/// Gives a delegation in the actor's own name. The same request is answered with the same delegation.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `DELEGATION_INVALID` and the like.
pub async fn give(
    tx: &mut Tx,
    actor: &Actor,
    request_id: &RequestId,
    wanted: &StandingDelegation,
) -> Result<Result<StandingDelegation, Refusal>, LedgerError> {
    let tenant = &actor.tenant;
    let refuse = |code, message: String| Ok(Err(Refusal::new(code, message)));
    if !masterdata::is_active(tx, tenant, &actor.person).await? {
        return Ok(Err(claims::not_a_member(actor)));
    }
    if wanted.from != actor.person {
        let message = format!("{} can delegate only what is their own, not what is {}'s", actor.person, wanted.from);
        return refuse(RefusalCode::PermissionDenied, message);
    }
    if !masterdata::is_active(tx, tenant, &wanted.to).await? {
        return refuse(RefusalCode::DelegationInvalid, format!("{} is not an active person of {tenant}", wanted.to));
    }
    if let Some(known) = repeated(tx, tenant, request_id, wanted).await? {
        return Ok(known);
    }
    lock(tx, tenant).await?;
    // The same request may have been carried out while this one waited.
    if let Some(known) = repeated(tx, tenant, request_id, wanted).await? {
        return Ok(known);
    }
    let today = dhaka_date(tx.now());
    if wanted.last_day < today {
        let message = format!("last_day {} has passed; it is {today} in Dhaka", wanted.last_day);
        return refuse(RefusalCode::DelegationInvalid, message);
    }
    let standing = open(tx, tenant).await?;
    if standing.len() >= MOST {
        return refuse(RefusalCode::LimitExceeded, format!("{MOST} delegations stand; the most is {MOST}"));
    }
    if let Err(refusal) = wanted.check(&standing) {
        return Ok(Err(refusal));
    }
    let number = next_number(tx, tenant).await?;
    let given = StandingDelegation { number, ..wanted.clone() };
    tx.exec(
        "INSERT INTO standing_delegations (tenant, number, from_person, to_person, last_day, content, request_id, given_by,
            given_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            tenant.as_str(),
            number,
            given.from.as_str(),
            given.to.as_str(),
            given.last_day,
            canonical::to_text(&given)?,
            request_id.as_str(),
            actor.person.as_str(),
            tx.now()
        ],
    )
    .await?;
    tx.audit_tenant(tenant, "delegation_given", actor.person.as_str(), json!({"delegation": &given}));
    Ok(Ok(given))
}

/// What a request that was carried out before is answered with.
async fn repeated(
    tx: &mut Tx,
    tenant: &TenantId,
    request_id: &RequestId,
    wanted: &StandingDelegation,
) -> Result<Option<Result<StandingDelegation, Refusal>>, LedgerError> {
    let earlier: Option<(String,)> = tx
        .opt(
            "SELECT content FROM standing_delegations WHERE tenant = $1 AND request_id = $2",
            args![tenant.as_str(), request_id.as_str()],
        )
        .await?;
    let Some((content,)) = earlier else { return Ok(None) };
    let known: StandingDelegation = canonical::from_text(&content)?;
    let same = StandingDelegation { number: known.number, ..wanted.clone() } == known;
    let reused = || Refusal::new(RefusalCode::RequestIdReused, format!("request {request_id} gave another one"));
    Ok(Some(if same { Ok(known) } else { Err(reused()) }))
}

/// Waits until no other transaction gives or revokes a delegation of the tenant, and keeps them until this one ends.
async fn lock(tx: &mut Tx, tenant: &TenantId) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO delegation_numbers (tenant, last) VALUES ($1, 0)
         ON CONFLICT (tenant) DO UPDATE SET last = delegation_numbers.last",
        args![tenant.as_str()],
    )
    .await
    .map(drop)
}

/// The number of the next delegation. The caller has locked them.
async fn next_number(tx: &mut Tx, tenant: &TenantId) -> Result<u32, LedgerError> {
    let (number,): (i64,) = tx
        .one("UPDATE delegation_numbers SET last = last + 1 WHERE tenant = $1 RETURNING last", args![tenant.as_str()])
        .await?;
    u32::try_from(number).map_err(|e| LedgerError::corrupt("delegation number", e))
}

/// Revokes a delegation; its owner may, and whoever stands in for them.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `NOT_FOUND` or `PERMISSION_DENIED`.
pub async fn revoke(tx: &mut Tx, actor: &Actor, number: u32) -> Result<Result<(), Refusal>, LedgerError> {
    let tenant = &actor.tenant;
    lock(tx, tenant).await?;
    let found: Option<(String, Option<String>)> = tx
        .opt(
            "SELECT content, revoked_by FROM standing_delegations WHERE tenant = $1 AND number = $2",
            args![tenant.as_str(), number],
        )
        .await?;
    let Some((content, revoked_by)) = found else {
        return Ok(Err(Refusal::new(RefusalCode::NotFound, format!("there is no delegation {number}"))));
    };
    let given: StandingDelegation = canonical::from_text(&content)?;
    if given.from != actor.person && given.to != actor.person {
        let message = format!("delegation {number} is between {} and {}", given.from, given.to);
        return Ok(Err(Refusal::new(RefusalCode::PermissionDenied, message)));
    }
    if revoked_by.is_some() {
        return Ok(Ok(()));
    }
    tx.exec(
        "UPDATE standing_delegations SET revoked_by = $3, revoked_at = $4 WHERE tenant = $1 AND number = $2",
        args![tenant.as_str(), number, actor.person.as_str(), tx.now()],
    )
    .await?;
    tx.audit_tenant(tenant, "delegation_revoked", actor.person.as_str(), json!({"number": number}));
    Ok(Ok(()))
}

/// The delegations that were not revoked and have not run out.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn open(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<StandingDelegation>, LedgerError> {
    let today = dhaka_date(tx.now());
    let rows: Vec<(String,)> = tx
        .all(
            "SELECT content FROM standing_delegations
             WHERE tenant = $1 AND revoked_at IS NULL AND last_day >= $2 ORDER BY number",
            args![tenant.as_str(), today],
        )
        .await?;
    rows.into_iter().map(|(content,)| canonical::from_text(&content).map_err(LedgerError::from)).collect()
}

/// Whether this very delegation was given and not revoked.
pub(crate) async fn stands(
    tx: &mut Tx,
    tenant: &TenantId,
    delegation: &StandingDelegation,
) -> Result<bool, LedgerError> {
    let found: Option<(String,)> = tx
        .opt(
            "SELECT content FROM standing_delegations WHERE tenant = $1 AND number = $2 AND revoked_at IS NULL",
            args![tenant.as_str(), delegation.number],
        )
        .await?;
    let text = canonical::to_text(delegation)?;
    Ok(found.is_some_and(|(content,)| content == text))
}

/// For whom somebody may stand today about a type of document, and up to which amount, in poisha: by chains of delegations, each as
/// wide as its narrowest. Themselves, without limit, too.
#[must_use]
pub fn stands_for(
    delegations: &[StandingDelegation],
    person: &PersonId,
    document: DocumentType,
    today: NaiveDate,
) -> BTreeMap<PersonId, i64> {
    let limit = |d: &StandingDelegation| d.limit.map_or(i64::MAX, Taka::poisha);
    let counts: Vec<&StandingDelegation> = delegations.iter().filter(|d| d.counts(document, today)).collect();
    let mut most = BTreeMap::from([(person.clone(), i64::MAX)]);
    loop {
        let before = most.clone();
        for d in &counts {
            let Some(reach) = most.get(&d.to).map(|reach| limit(d).min(*reach)) else { continue };
            let known = most.entry(d.from.clone()).or_insert(reach);
            *known = reach.max(*known);
        }
        if most == before {
            return most;
        }
    }
}
