//! ListInvoices and ListPurchaseOrders: the tenant's documents, page by page, the latest submitted first.

use chrono::{DateTime, Utc};
use vextrus_domain::{DocumentType, TenantId, canonical};
use vextrus_ledger::LedgerError;
use vextrus_ledger::documents::State;
use vextrus_ledger::views::{self, ListLine};
use vextrus_proto::invoice::v1 as invoices;
use vextrus_proto::purchasing::v1 as purchasing;

use crate::call::Call;
use crate::errors::Failure;
use crate::service::App;
use crate::{filter, names, pages, read, render};

/// Where a page ends, and of which list: another filter has other pages.
type Cursor = (DateTime<Utc>, String, String);

pub(crate) async fn invoices(
    app: &App,
    call: &Call,
    request: invoices::ListInvoicesRequest,
) -> Result<invoices::ListInvoicesResponse, Failure> {
    let asked = (request.parent, request.filter, request.page_size, request.page_token);
    let (lines, next_page_token) = list(app, call, DocumentType::Invoice, asked).await?;
    let invoices = lines.into_iter().map(|l| invoice(&call.actor.tenant, l)).collect::<Result<_, _>>()?;
    Ok(invoices::ListInvoicesResponse { invoices, next_page_token })
}

pub(crate) async fn orders(
    app: &App,
    call: &Call,
    request: purchasing::ListPurchaseOrdersRequest,
) -> Result<purchasing::ListPurchaseOrdersResponse, Failure> {
    let asked = (request.parent, request.filter, request.page_size, request.page_token);
    let (lines, next_page_token) = list(app, call, DocumentType::PurchaseOrder, asked).await?;
    let purchase_orders = lines.into_iter().map(|l| order(&call.actor.tenant, l)).collect::<Result<_, _>>()?;
    Ok(purchasing::ListPurchaseOrdersResponse { purchase_orders, next_page_token })
}

async fn list(
    app: &App,
    call: &Call,
    kind: DocumentType,
    (parent, asked, page_size, page_token): (String, String, i32, String),
) -> Result<(Vec<ListLine>, String), Failure> {
    names::own_tenant(&parent, &call.actor)?;
    let filter = filter::read(&asked, kind == DocumentType::Invoice)?;
    let size = pages::size(page_size)?;
    let of = canonical::sha256_hex(&format!("{} {asked}", kind.name()));
    let beyond = pages::cursor::<Cursor>(&page_token)?;
    if beyond.as_ref().is_some_and(|(.., list)| *list != of) {
        return Err(Failure::field("page_token", "it is of another list or filter; start with an empty one"));
    }
    let beyond = beyond.map(|(at, document, _)| (at, document));
    let mut tx = app.ledger.report(&call.actor.tenant).await?;
    read::reader(app, &mut tx, call, &parent).await?;
    let mut lines = views::list(&mut tx, &call.actor.tenant, kind, &filter, beyond.as_ref(), size + 1).await?;
    let next = pages::cut(&mut lines, size, |l| (l.claimed_at, l.document.clone(), of.clone()))?;
    Ok((lines, next))
}

fn invoice(tenant: &TenantId, line: ListLine) -> Result<invoices::InvoiceSummary, LedgerError> {
    Ok(invoices::InvoiceSummary {
        name: names::document_name(DocumentType::Invoice, tenant, &line.document),
        submission: render::submission(line.submission)?,
        state: render::state(State::parse(&line.state)?).into(),
        outcome: render::outcome(line.outcome.as_deref())?.into(),
        vendor: line.vendor,
        number: line.number,
        department: line.department,
        total_poisha: line.total,
        submitter: line.submitter,
        claim_time: Some(render::timestamp(line.claimed_at)),
        conclude_time: line.concluded_at.map(render::timestamp),
        due_time: line.due_at.map(render::timestamp),
    })
}

fn order(tenant: &TenantId, line: ListLine) -> Result<purchasing::PurchaseOrderSummary, LedgerError> {
    Ok(purchasing::PurchaseOrderSummary {
        name: names::document_name(DocumentType::PurchaseOrder, tenant, &line.document),
        submission: render::submission(line.submission)?,
        state: render::state(State::parse(&line.state)?).into(),
        outcome: render::outcome(line.outcome.as_deref())?.into(),
        vendor: line.vendor,
        department: line.department,
        amount_poisha: line.total,
        submitter: line.submitter,
        claim_time: Some(render::timestamp(line.claimed_at)),
        conclude_time: line.concluded_at.map(render::timestamp),
        due_time: line.due_at.map(render::timestamp),
    })
}
