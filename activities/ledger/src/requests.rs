//! Requests that are carried out once, for what has no row of its own to tell by: the same id with the same input is known again.

use serde::Serialize;
use vextrus_domain::{Actor, Refusal, RequestId};

use crate::asked::{self, Begun};
use crate::db::Tx;
use crate::error::LedgerError;

/// A request that was not carried out before.
#[derive(Debug)]
pub struct Fresh<'a> {
    actor: &'a Actor,
    request: &'a RequestId,
    action: &'static str,
    hash: String,
}

/// Whether a request is to be carried out; none where this very one was.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `PERMISSION_DENIED` for somebody who is not an active person of the tenant, or
/// `REQUEST_ID_REUSED`.
pub async fn fresh<'a>(
    tx: &mut Tx,
    actor: &'a Actor,
    request: &'a RequestId,
    action: &'static str,
    input: &impl Serialize,
) -> Result<Result<Option<Fresh<'a>>, Refusal>, LedgerError> {
    let begun = asked::begin_beside_the_books::<()>(tx, actor, request, action, input).await?;
    Ok(begun.map(|begun| match begun {
        Begun::Done(()) => None,
        Begun::New(hash) => Some(Fresh { actor, request, action, hash }),
    }))
}

impl Fresh<'_> {
    /// Keeps that it was carried out, in the transaction that does it.
    ///
    /// # Errors
    /// [`LedgerError::Database`]; of two that do the same at once, the later one finds what the earlier did when it is run again.
    pub async fn done(self, tx: &mut Tx) -> Result<(), LedgerError> {
        asked::finish(tx, (self.actor, self.request), (self.action, &self.hash), &()).await
    }
}
