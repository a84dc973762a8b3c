//! Reading documents as an active person of the tenant.

use vextrus_domain::{Actor, DocumentId};
use vextrus_ledger::views::{self, DocumentView};
use vextrus_ledger::{Tx, claims, masterdata};
use vextrus_proto::invoice::v1 as proto;

use crate::call::Call;
use crate::errors::Failure;
use crate::names;
use crate::render;
use crate::service::App;

/// Refuses whoever is not an active person of the tenant.
pub(crate) async fn member(tx: &mut Tx, actor: &Actor) -> Result<(), Failure> {
    if masterdata::is_active(tx, &actor.tenant, &actor.person).await? {
        Ok(())
    } else {
        Err(claims::not_a_member(actor).into())
    }
}

/// A document of the actor's tenant.
pub(crate) async fn document(tx: &mut Tx, actor: &Actor, id: &DocumentId) -> Result<DocumentView, Failure> {
    let view = views::document(tx, &actor.tenant, id).await?;
    view.ok_or_else(|| names::not_found(&names::invoice_name(&actor.tenant, id.as_str())).into())
}

/// GetInvoice.
pub(crate) async fn get(
    app: &App,
    call: &Call,
    request: proto::GetInvoiceRequest,
) -> Result<proto::GetInvoiceResponse, Failure> {
    let id = names::invoice(&request.name, &call.actor)?;
    let mut tx = app.ledger.read().await?;
    member(&mut tx, &call.actor).await?;
    let view = document(&mut tx, &call.actor, &id).await?;
    Ok(proto::GetInvoiceResponse { invoice: Some(render::invoice(view)?) })
}
