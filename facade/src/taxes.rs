//! AssessTaxes and ExplainTaxes.

use vextrus_domain::{DocumentType, Refusal, RefusalCode};
use vextrus_proto::tax::v1 as proto;

use crate::call::Call;
use crate::errors::Failure;
use crate::service::App;
use crate::{names, read, render, translate};

pub(crate) async fn assess(
    app: &App,
    call: &Call,
    request: proto::AssessTaxesRequest,
) -> Result<proto::AssessTaxesResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let invoice = translate::invoice(request.content)?;
    let paid_on = match request.paid_on.as_str() {
        "" => None,
        day => {
            Some(day.parse().map_err(|_| Failure::field("paid_on", format!("{day:?} is no date; write 2026-11-30")))?)
        }
    };
    let mut tx = app.ledger.read(&call.actor.tenant).await?;
    read::member(&mut tx, &call.actor).await?;
    tx.rollback().await?;
    let assessed = vextrus_documents::taxes(&app.ledger, &call.actor, &invoice, paid_on).await??;
    let questions = assessed.assessment.iter().flat_map(|a| &a.questions).map(|q| q.text.clone()).collect();
    Ok(proto::AssessTaxesResponse { taxes: render::taxes(assessed), uncertainties: questions })
}

pub(crate) async fn explain(
    app: &App,
    call: &Call,
    request: proto::ExplainTaxesRequest,
) -> Result<proto::ExplainTaxesResponse, Failure> {
    let id = names::document(&request.name, DocumentType::Invoice, &call.actor)?;
    let mut tx = app.ledger.read(&call.actor.tenant).await?;
    read::reader(app, &mut tx, call, &request.name).await?;
    let view = read::document(&mut tx, &call.actor, DocumentType::Invoice, &id).await?;
    let taxes = view.assessment.and_then(render::taxes).ok_or_else(|| {
        let message =
            format!("{} has not been assessed yet, or was refused before its taxes were computed", request.name);
        Refusal::new(RefusalCode::NotAssessed, message).about(request.name)
    })?;
    Ok(proto::ExplainTaxesResponse { taxes: Some(taxes) })
}
