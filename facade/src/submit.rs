//! Submitting: the claim first, then the workflow. A crash between the two is mended by the same request.

use chrono::{SubsecRound as _, Utc};
use vextrus_approval::{Action, Command, MAX_COMMENT};
use vextrus_contract::document::{DocumentStart, Head};
use vextrus_domain::{Content, DocumentId, DocumentType, Refusal, RefusalCode, RequestId};
use vextrus_ledger::claims::{self, Claim};
use vextrus_ledger::documents::{self, State};
use vextrus_ledger::views::{self, DocumentView};
use vextrus_ledger::{LedgerError, retry};
use vextrus_proto::invoice::v1 as invoices;
use vextrus_proto::purchasing::v1 as purchasing;

use crate::call::Call;
use crate::errors::Failure;
use crate::service::App;
use crate::translate::Reader;
use crate::workflow::{self, Told};
use crate::{names, read, render, translate};

/// SubmitInvoice.
pub(crate) async fn invoice(
    app: &App,
    call: &Call,
    request: invoices::SubmitInvoiceRequest,
) -> Result<invoices::SubmitInvoiceResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let content = Content::Invoice(Box::new(both(&request.request_id, translate::invoice(request.content))?));
    let (view, repeated_request) = submit(app, call, &request.request_id, content).await?;
    Ok(invoices::SubmitInvoiceResponse { invoice: Some(render::invoice(view)?), repeated_request })
}

/// SubmitPurchaseOrder.
pub(crate) async fn order(
    app: &App,
    call: &Call,
    request: purchasing::SubmitPurchaseOrderRequest,
) -> Result<purchasing::SubmitPurchaseOrderResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let content = Content::Order(Box::new(both(&request.request_id, translate::order(request.content))?));
    let (view, repeated_request) = submit(app, call, &request.request_id, content).await?;
    Ok(purchasing::SubmitPurchaseOrderResponse { purchase_order: Some(render::order(view)?), repeated_request })
}

/// ResubmitInvoice.
pub(crate) async fn invoice_again(
    app: &App,
    call: &Call,
    request: invoices::ResubmitInvoiceRequest,
) -> Result<invoices::ResubmitInvoiceResponse, Failure> {
    let document = names::document(&request.name, DocumentType::Invoice, &call.actor)?;
    let content = Content::Invoice(Box::new(both(&request.request_id, translate::invoice(request.content))?));
    let view = resubmit(app, call, document, (&request.request_id, request.comment), content).await?;
    Ok(invoices::ResubmitInvoiceResponse { invoice: Some(render::invoice(view)?) })
}

/// ResubmitPurchaseOrder.
pub(crate) async fn order_again(
    app: &App,
    call: &Call,
    request: purchasing::ResubmitPurchaseOrderRequest,
) -> Result<purchasing::ResubmitPurchaseOrderResponse, Failure> {
    let document = names::document(&request.name, DocumentType::PurchaseOrder, &call.actor)?;
    let content = Content::Order(Box::new(both(&request.request_id, translate::order(request.content))?));
    let view = resubmit(app, call, document, (&request.request_id, request.comment), content).await?;
    Ok(purchasing::ResubmitPurchaseOrderResponse { purchase_order: Some(render::order(view)?) })
}

/// Everything that is wrong at once: the request id and the content.
fn both<T>(request_id: &str, content: Result<T, Failure>) -> Result<T, Failure> {
    match (translate::required::<RequestId>("request_id", request_id), content) {
        (Ok(_), content) => content,
        (Err(Failure::Fields(mut id)), Err(Failure::Fields(content))) => {
            id.extend(content);
            Err(Failure::Fields(id))
        }
        (Err(failure), _) => Err(failure),
    }
}

async fn submit(app: &App, call: &Call, id: &str, content: Content) -> Result<(DocumentView, bool), Failure> {
    let request_id = translate::required("request_id", id)?;
    let claimed = claims::claim(&app.ledger, &call.actor, &request_id, &content).await?;
    let claim = claimed.map_err(|refusal| named(refusal, content.kind(), call))?;
    if !claim.repeated || is_claimed(app, &claim).await? {
        let start = DocumentStart {
            key: claim.key.clone(),
            payload_hash: claim.payload_hash,
            submitter: call.actor.person.clone(),
            head: Head::from(&content),
            step_timeout_millis: app.step_timeout_millis,
            events_of_a_run: app.events_of_a_run,
            carried: None,
        };
        workflow::start(app, start, call.left()).await?;
    }
    let mut tx = app.ledger.read(&call.actor.tenant).await?;
    let view = read::document(&mut tx, &call.actor, content.kind(), &claim.key.document).await?;
    Ok((view, claim.repeated))
}

/// A refusal because of another document, with that document's name.
fn named(mut refusal: Refusal, kind: DocumentType, call: &Call) -> Refusal {
    if refusal.code == RefusalCode::DuplicateInvoice {
        refusal.subject = refusal.subject.map(|id| names::document_name(kind, &call.actor.tenant, &id));
    }
    refusal
}

/// Whether the workflow may not have started. Later states prove that it has, and Temporal forgets ended runs: after its
/// retention, a start would run a document a second time.
async fn is_claimed(app: &App, claim: &Claim) -> Result<bool, LedgerError> {
    let mut tx = app.ledger.read(&claim.key.tenant).await?;
    let document = documents::get(&mut tx, &claim.key).await?;
    Ok(document.is_some_and(|d| d.state == State::Claimed))
}

/// Keeps the changed content, then tells the workflow of it. A crash between the two is mended by the same request.
async fn resubmit(
    app: &App,
    call: &Call,
    document: DocumentId,
    (id, comment): (&str, String),
    content: Content,
) -> Result<DocumentView, Failure> {
    let mut reader = Reader::default();
    reader.words("comment", &comment, MAX_COMMENT);
    reader.done(Some(()))?;
    let request_id: RequestId = translate::required("request_id", id)?;
    let kind = content.kind();
    let (key, claim) = retry::keyed(async || {
        let mut tx = app.ledger.begin(&call.actor.tenant).await?;
        read::member(&mut tx, &call.actor).await?;
        let key = read::document(&mut tx, &call.actor, kind, &document).await?.key;
        let claim = claims::change(&mut tx, &call.actor, &request_id, &key, &content).await??;
        tx.commit().await?;
        Ok::<_, Failure>((key, claim))
    })
    .await?;
    let command = Command {
        key,
        action: Action::Resubmit { content: claim.content, payload_hash: claim.payload_hash, comment },
        actor: call.actor.person.clone(),
        principal: call.actor.person.clone(),
        via: Vec::new(),
        request_id: request_id.clone(),
        at: Utc::now().trunc_subsecs(6),
    };
    let told = workflow::tell(app, kind, command.sign(&app.key)?, call.left()).await?;
    let mut tx = app.ledger.read(&call.actor.tenant).await?;
    match told {
        Told::Accepted(_) => {}
        Told::Refused(refusal) => return Err(refusal.into()),
        // It may have come through before its approval ended.
        Told::Gone if views::command(&mut tx, &call.actor.tenant, &document, &request_id).await?.is_some() => {}
        Told::Gone => {
            let message = "the approval of the document has ended; read it again";
            return Err(Refusal::new(RefusalCode::DocumentClosed, message).into());
        }
    }
    read::document(&mut tx, &call.actor, kind, &document).await
}
