//! ReceiveGoods and ClosePurchaseOrder: what becomes of an issued order. Nobody approves these; the ledger checks and keeps them.

use vextrus_domain::ids::PoNumber;
use vextrus_domain::invoice::FieldViolation;
use vextrus_domain::{Refusal, RefusalCode, RequestId};
use vextrus_ledger::orders::{self, Receipt, ReceivedLine};
use vextrus_ledger::{requests, retry};
use vextrus_proto::purchasing::v1 as proto;

use crate::call::Call;
use crate::errors::Failure;
use crate::service::App;
use crate::translate::Reader;
use crate::{names, render};

/// The longest reason for closing an order, in bytes.
const MAX_REASON: usize = 500;

pub(crate) async fn receive(
    app: &App,
    call: &Call,
    request: proto::ReceiveGoodsRequest,
) -> Result<proto::ReceiveGoodsResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let mut reader = Reader::default();
    let number: Option<PoNumber> = reader.required("po_number", &request.po_number);
    let request_id: Option<RequestId> = reader.required("request_id", &request.request_id);
    let received_on = reader.date("received_on", &request.received_on);
    let mut lines = Vec::new();
    for (i, line) in request.lines.iter().enumerate() {
        let quantity = reader.required(&format!("lines[{i}].quantity"), &line.quantity);
        let number = u32::try_from(line.line).ok().filter(|n| *n > 0);
        if number.is_none() {
            reader.say(&format!("lines[{i}].line"), format!("{} is not a line; they count from 1", line.line));
        }
        lines.extend(number.zip(quantity).map(|(line, quantity)| ReceivedLine { line, quantity }));
    }
    let read = number.zip(request_id).zip(received_on);
    let ((number, request_id), received_on) = reader.done(read)?;
    let receipt = Receipt { received_on, lines, note: request.note };
    let (receipt, order) = retry::keyed(async || {
        let mut tx = app.ledger.begin(&call.actor.tenant).await?;
        let receipt = orders::receive(&mut tx, &call.actor, &request_id, &number, &receipt).await?.map_err(refused)?;
        let order = orders::get(&mut tx, &call.actor.tenant, &number).await?;
        tx.commit().await?;
        Ok::<_, Failure>((receipt, order))
    })
    .await?;
    let receipt = i32::try_from(receipt).unwrap_or(i32::MAX);
    Ok(proto::ReceiveGoodsResponse { receipt, order: order.and_then(render::issued) })
}

pub(crate) async fn close(
    app: &App,
    call: &Call,
    request: proto::ClosePurchaseOrderRequest,
) -> Result<proto::ClosePurchaseOrderResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let mut reader = Reader::default();
    let number: Option<PoNumber> = reader.required("po_number", &request.po_number);
    let request_id: Option<RequestId> = reader.required("request_id", &request.request_id);
    reader.required_words("reason", &request.reason, MAX_REASON);
    let (number, request_id) = reader.done(number.zip(request_id))?;
    let order = retry::keyed(async || {
        let mut tx = app.ledger.begin(&call.actor.tenant).await?;
        let input = (&number, &request.reason);
        if let Some(fresh) = requests::fresh(&mut tx, &call.actor, &request_id, "order_closed", &input).await?? {
            orders::close(&mut tx, &call.actor, &number, &request.reason).await??;
            fresh.done(&mut tx).await?;
        }
        let order = orders::get(&mut tx, &call.actor.tenant, &number).await?;
        tx.commit().await?;
        Ok::<_, Failure>(order)
    })
    .await?;
    Ok(proto::ClosePurchaseOrderResponse { order: order.and_then(render::issued) })
}

/// What the ledger finds wrong with a field begins with the field's name, which is the request's too.
fn refused(refusal: Refusal) -> Failure {
    match refusal.message.split_once(": ") {
        Some((field, _)) if refusal.code == RefusalCode::InvalidField => {
            Failure::Fields(vec![FieldViolation { field: field.to_owned(), refusal }])
        }
        _ => refusal.into(),
    }
}
