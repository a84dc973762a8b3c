//! WithdrawInvoice.

use vextrus_approval::WITHDRAW;
use vextrus_proto::invoice::v1 as proto;

use crate::call::Call;
use crate::decision::{Fields, Wish};
use crate::errors::Failure;
use crate::service::App;
use crate::workflow::Verb;
use crate::{names, render};

pub(crate) async fn withdraw(
    app: &App,
    call: &Call,
    request: proto::WithdrawInvoiceRequest,
) -> Result<proto::WithdrawInvoiceResponse, Failure> {
    let document = names::invoice(&request.name, &call.actor)?;
    let proto::WithdrawInvoiceRequest { comment, request_id, submission, .. } = request;
    let fields = Fields { answer: WITHDRAW.to_owned(), comment, request_id, submission };
    let standing = Wish::read(Verb::Withdraw, document, None, fields)?.carry(app, call).await?;
    let key = &standing.view.key;
    Ok(proto::WithdrawInvoiceResponse {
        invoice: names::invoice_name(&key.tenant, key.document.as_str()),
        state: render::state(standing.view.state).into(),
        outcome: render::outcome(standing.view.outcome.as_deref())?.into(),
    })
}
