//! SubmitInvoice: the claim first, then the workflow. A crash between the two is mended by the same request.

use vextrus_contract::invoice::{InvoiceHead, InvoiceStart};
use vextrus_ledger::documents::{self, State};
use vextrus_ledger::{LedgerError, claims};
use vextrus_proto::invoice::v1 as proto;

use crate::call::Call;
use crate::errors::Failure;
use crate::service::App;
use crate::{names, read, render, translate, workflow};

pub(crate) async fn submit(
    app: &App,
    call: &Call,
    request: proto::SubmitInvoiceRequest,
) -> Result<proto::SubmitInvoiceResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let (request_id, invoice) = translate::submission(request)?;
    let claim = claims::claim(&app.ledger, &call.actor, &request_id, &invoice).await??;
    if !claim.repeated || is_claimed(app, &claim).await? {
        let start = InvoiceStart {
            key: claim.key.clone(),
            payload_hash: claim.payload_hash,
            submitter: call.actor.person.clone(),
            head: InvoiceHead::from(&invoice),
            step_timeout_millis: app.step_timeout_millis,
        };
        workflow::start(app, start, call.left()).await?;
    }
    let mut tx = app.ledger.read().await?;
    let view = read::document(&mut tx, &call.actor, &claim.key.document).await?;
    Ok(proto::SubmitInvoiceResponse { invoice: Some(render::invoice(view)?), repeated_request: claim.repeated })
}

/// Whether the workflow may not have started. Later states prove that it has, and Temporal forgets ended runs: after its
/// retention, a start would run a document a second time.
async fn is_claimed(app: &App, claim: &claims::Claim) -> Result<bool, LedgerError> {
    let mut tx = app.ledger.read().await?;
    let document = documents::get(&mut tx, &claim.key).await?;
    Ok(document.is_some_and(|d| d.state == State::Claimed))
}
