//! What is the same in everything that people ask of a tenant's books: who may, why, and once.

use serde::Serialize;
use serde::de::DeserializeOwned;
use vextrus_approval::MAX_COMMENT;
use vextrus_domain::invoice::MAX_TEXT;
use vextrus_domain::{Actor, PersonId, Refusal, RefusalCode, RequestId, TenantId, canonical};

use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::masterdata;

/// The refusal of somebody who is not an active person of the tenant.
pub(crate) async fn stranger(tx: &mut Tx, tenant: &TenantId, by: &PersonId) -> Result<Option<Refusal>, LedgerError> {
    let known = masterdata::is_active(tx, tenant, by).await?;
    let message = || format!("{by} is not an active person of {tenant}; this is for its own people");
    Ok((!known).then(|| Refusal::new(RefusalCode::PermissionDenied, message())))
}

/// Whether a reason is given, and not too long a one.
pub(crate) fn reason(text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::new(RefusalCode::InvalidField, "reason is empty; say why"));
    }
    if text.len() > MAX_COMMENT {
        let message = format!("reason has {} bytes; the most is {MAX_COMMENT}", text.len());
        return Err(Refusal::new(RefusalCode::LimitExceeded, message));
    }
    Ok(())
}

/// Whether a field that is printed on papers can be taken as it is.
pub(crate) fn field(name: &str, text: &str, needed: bool) -> Result<(), Refusal> {
    let invalid = |message: String| Err(Refusal::new(RefusalCode::InvalidField, message));
    if needed && text.trim().is_empty() {
        return invalid(format!("{name} is empty; give it as the paper has it"));
    }
    if text.len() > MAX_TEXT {
        let message = format!("{name} has {} bytes; the most is {MAX_TEXT}", text.len());
        return Err(Refusal::new(RefusalCode::LimitExceeded, message));
    }
    if text.chars().any(char::is_control) {
        return invalid(format!("{name} holds control characters; remove them"));
    }
    Ok(())
}

/// Waits until nobody else posts to the tenant's books, deposits, certifies or closes a period, and keeps others waiting until the
/// transaction ends. Taken before number series, and after everything else.
pub(crate) async fn hold_books(tx: &mut Tx, tenant: &TenantId) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO account_books (tenant) VALUES ($1)
         ON CONFLICT (tenant) DO UPDATE SET lock_version = account_books.lock_version + 1",
        args![tenant.as_str()],
    )
    .await
    .map(drop)
}

/// What a request is about to do.
pub(crate) enum Begun<T> {
    /// It was done before, with this result.
    Done(T),
    /// Nothing yet; the hash of its input is kept with its result.
    New(String),
}

/// Begins what an active person asks of the tenant's books, which are held from here on.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `PERMISSION_DENIED` or `REQUEST_ID_REUSED`.
pub(crate) async fn begin<T: DeserializeOwned>(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    action: &str,
    input: &impl Serialize,
) -> Result<Result<Begun<T>, Refusal>, LedgerError> {
    if let Some(refusal) = stranger(tx, &actor.tenant, &actor.person).await? {
        return Ok(Err(refusal));
    }
    hold_books(tx, &actor.tenant).await?;
    known(tx, actor, request, &canonical::hash(&(action, &actor.person, input))?).await
}

/// The same for what leaves the books alone. Of two that do the same request at once, one gives way at its end and finds what the
/// other did.
///
/// # Errors
/// As [`begin`].
pub(crate) async fn begin_beside_the_books<T: DeserializeOwned>(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    action: &str,
    input: &impl Serialize,
) -> Result<Result<Begun<T>, Refusal>, LedgerError> {
    if let Some(refusal) = stranger(tx, &actor.tenant, &actor.person).await? {
        return Ok(Err(refusal));
    }
    known(tx, actor, request, &canonical::hash(&(action, &actor.person, input))?).await
}

async fn known<T: DeserializeOwned>(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    hash: &str,
) -> Result<Result<Begun<T>, Refusal>, LedgerError> {
    let found: Option<(String, String)> = tx
        .opt(
            "SELECT input_hash, result FROM book_requests WHERE tenant = $1 AND request_id = $2",
            args![actor.tenant.as_str(), request.as_str()],
        )
        .await?;
    match found {
        None => Ok(Ok(Begun::New(hash.to_owned()))),
        Some((stored, result)) if stored == hash => Ok(Ok(Begun::Done(canonical::from_text(&result)?))),
        Some(_) => {
            let message = format!("request id {request} was used for something else; use a new one");
            Ok(Err(Refusal::new(RefusalCode::RequestIdReused, message).about(request.as_str())))
        }
    }
}

/// Keeps what a request led to.
pub(crate) async fn finish(
    tx: &mut Tx,
    (actor, request): (&Actor, &RequestId),
    (action, hash): (&str, &str),
    result: &impl Serialize,
) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO book_requests (tenant, request_id, action, input_hash, result, at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![actor.tenant.as_str(), request.as_str(), action, hash, canonical::to_text(result)?, tx.now()],
    )
    .await
    .map(drop)
}
