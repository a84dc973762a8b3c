//! Giving an attachment out: its bytes as they are kept, held to the hash that the ledger has.

use axum::body::Bytes;
use futures::{Stream, StreamExt as _};
use object_store::ObjectStoreExt as _;
use sha2::{Digest as _, Sha256};
use vextrus_domain::DocumentType;
use vextrus_ledger::attachments::{self, Attachment};

use crate::call::Call;
use crate::errors::Failure;
use crate::names;
use crate::read;
use crate::service::App;

/// The most bytes of one message.
const CHUNK: usize = 64 * 1024;

/// The attachment that a name names, and its bytes. The last item is an error where they are not those that were attached.
pub(crate) async fn open(
    app: &App,
    call: &Call,
    name: &str,
) -> Result<(DocumentType, Attachment, impl Stream<Item = Result<Bytes, std::io::Error>> + Send + use<>), Failure> {
    const FORM: &str = "write it as tenants/{tenant}/invoices/{id}/attachments/{id}, or with purchaseOrders";
    let Some((document, id)) = name.rsplit_once("/attachments/") else { return Err(Failure::field("name", FORM)) };
    let named = match names::named(document, &call.actor) {
        Ok(named) if named.task.is_none() => named,
        Ok(_) | Err(Failure::Fields(_)) => return Err(Failure::field("name", FORM)),
        Err(other) => return Err(other),
    };
    let mut tx = app.ledger.read(&call.actor.tenant).await?;
    read::reader(app, &mut tx, call, name).await?;
    read::document(&mut tx, &call.actor, named.kind, &named.document).await?;
    let all = attachments::of(&mut tx, &call.actor.tenant, &named.document).await?;
    let attachment = all.into_iter().find(|a| a.id == id).ok_or_else(|| names::not_found(name))?;
    tx.rollback().await?;
    let path = object_store::path::Path::parse(&attachment.place)
        .map_err(|e| Failure::Internal(format!("the place of {name} is no path: {e}")))?;
    let found = app.attachments.place()?.store().get(&path).await;
    let found = found.map_err(|e| Failure::Internal(format!("the bytes of {name} are not in their place: {e}")))?;
    let bytes = checked(found.into_stream(), attachment.sha256.clone());
    Ok((named.kind, attachment, bytes))
}

/// The bytes in small pieces, with an error in place of the last one where they are not those of the hash: once it has all the bytes that
/// were announced, an answer of HTTP counts as whole.
fn checked(
    bytes: impl Stream<Item = object_store::Result<Bytes>> + Send + 'static,
    sha256: String,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
    let pieces = bytes.flat_map(|part| {
        let pieces: Vec<Result<Bytes, std::io::Error>> = match part {
            Ok(part) => {
                (0..part.len()).step_by(CHUNK).map(|at| Ok(part.slice(at..part.len().min(at + CHUNK)))).collect()
            }
            Err(error) => vec![Err(std::io::Error::other(error))],
        };
        futures::stream::iter(pieces)
    });
    let state = Some((Box::pin(pieces), Sha256::new(), None::<Bytes>));
    futures::stream::unfold(state, move |state| {
        let sha256 = sha256.clone();
        async move {
            let (mut pieces, mut hasher, mut held) = state?;
            loop {
                match pieces.next().await {
                    Some(Ok(piece)) => {
                        hasher.update(&piece);
                        if let Some(before) = held.replace(piece) {
                            return Some((Ok(before), Some((pieces, hasher, held))));
                        }
                    }
                    Some(Err(error)) => return Some((Err(error), None)),
                    None if hex::encode(hasher.finalize()) == sha256 => return held.map(|last| (Ok(last), None)),
                    None => {
                        tracing::error!(sha256, "the bytes of an attachment are not those that were attached");
                        return Some((Err(std::io::Error::other("the bytes are not those that were attached")), None));
                    }
                }
            }
        }
    })
}
