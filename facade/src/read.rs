//! Reading documents as an active person of the tenant.

use serde_json::json;
use vextrus_domain::{Actor, DocumentId, DocumentType, RoleName};
use vextrus_ledger::views::{self, DocumentView};
use vextrus_ledger::{Tx, claims, masterdata};
use vextrus_proto::invoice::v1 as invoices;
use vextrus_proto::purchasing::v1 as purchasing;

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

/// The roles of a person by which they are an officer. Refuses whoever is not an active person of the tenant.
pub(crate) async fn officer(app: &App, tx: &mut Tx, actor: &Actor) -> Result<Vec<RoleName>, Failure> {
    let roles = masterdata::roles(tx, &actor.tenant, &actor.person).await?;
    let mut roles = roles.ok_or_else(|| claims::not_a_member(actor))?;
    roles.retain(|role| app.officer_roles.contains(role));
    Ok(roles)
}

/// Refuses whoever is not an active person of the tenant. What a person with an officer's role reads is on the trail before they are
/// answered. Answers whether they have one.
pub(crate) async fn reader(app: &App, tx: &mut Tx, call: &Call, what: &str) -> Result<bool, Failure> {
    let actor = &call.actor;
    let officer = officer(app, tx, actor).await?;
    if !officer.is_empty() {
        let mut trail = app.ledger.begin(&actor.tenant).await?;
        let body = json!({"rpc": call.rpc(), "name": what, "roles": officer});
        trail.audit_tenant(&actor.tenant, "read_by_officer", actor.person.as_str(), body);
        trail.commit().await?;
    }
    Ok(!officer.is_empty())
}

/// A document of the actor's tenant.
pub(crate) async fn document(
    tx: &mut Tx,
    actor: &Actor,
    kind: DocumentType,
    id: &DocumentId,
) -> Result<DocumentView, Failure> {
    let view = views::document(tx, &actor.tenant, id).await?.filter(|view| view.content.kind() == kind);
    view.ok_or_else(|| names::not_found(&names::document_name(kind, &actor.tenant, id.as_str())).into())
}

/// GetInvoice.
pub(crate) async fn invoice(
    app: &App,
    call: &Call,
    request: invoices::GetInvoiceRequest,
) -> Result<invoices::GetInvoiceResponse, Failure> {
    let view = named(app, call, &request.name, DocumentType::Invoice).await?;
    Ok(invoices::GetInvoiceResponse { invoice: Some(render::invoice(view)?) })
}

/// GetPurchaseOrder.
pub(crate) async fn order(
    app: &App,
    call: &Call,
    request: purchasing::GetPurchaseOrderRequest,
) -> Result<purchasing::GetPurchaseOrderResponse, Failure> {
    let view = named(app, call, &request.name, DocumentType::PurchaseOrder).await?;
    Ok(purchasing::GetPurchaseOrderResponse { purchase_order: Some(render::order(view)?) })
}

async fn named(app: &App, call: &Call, name: &str, kind: DocumentType) -> Result<DocumentView, Failure> {
    let id = names::document(name, kind, &call.actor)?;
    let mut tx = app.ledger.read(&call.actor.tenant).await?;
    reader(app, &mut tx, call, name).await?;
    document(&mut tx, &call.actor, kind, &id).await
}
