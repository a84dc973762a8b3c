//! PreviewInvoice and PreviewPurchaseOrder: what a submission would meet. Nothing is started and nothing is written.

use vextrus_documents::Preview;
use vextrus_domain::Content;
use vextrus_proto::invoice::v1 as invoices;
use vextrus_proto::purchasing::v1 as purchasing;

use crate::call::Call;
use crate::errors::Failure;
use crate::service::App;
use crate::{names, render, translate};

pub(crate) async fn invoice(
    app: &App,
    call: &Call,
    request: invoices::PreviewInvoiceRequest,
) -> Result<invoices::PreviewInvoiceResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let content = Content::Invoice(Box::new(translate::invoice(request.content)?));
    let preview = look(app, call, &content).await?;
    let (tasks, budgets) = (render::planned(&preview), render::budgets(&preview.budgets));
    let facts = preview.assessment.facts.clone();
    Ok(invoices::PreviewInvoiceResponse {
        tasks,
        taxes: render::taxes(preview.assessment),
        match_differences: facts.matched,
        warnings: facts.warnings,
        budgets,
    })
}

pub(crate) async fn order(
    app: &App,
    call: &Call,
    request: purchasing::PreviewPurchaseOrderRequest,
) -> Result<purchasing::PreviewPurchaseOrderResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let content = Content::Order(Box::new(translate::order(request.content)?));
    let preview = look(app, call, &content).await?;
    let (tasks, budgets) = (render::planned(&preview), render::budgets(&preview.budgets));
    let warnings = preview.assessment.facts.warnings;
    Ok(purchasing::PreviewPurchaseOrderResponse { tasks, warnings, budgets })
}

async fn look(app: &App, call: &Call, content: &Content) -> Result<Preview, Failure> {
    Ok(vextrus_documents::preview(&app.ledger, &call.actor, content).await??)
}
