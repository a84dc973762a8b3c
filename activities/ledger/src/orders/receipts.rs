//! Goods that came on an order.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::ids::PoNumber;
use vextrus_domain::matching::open_quantities;
use vextrus_domain::quantity::{Quantity, QuantitySum};
use vextrus_domain::{Actor, Refusal, RefusalCode, RequestId, canonical};

use super::{IssuedOrder, MAX_NOTE, bad, document_of, lock, millionths};
use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::{claims, masterdata};

/// Goods that came, as whoever received them reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// When they came.
    pub received_on: NaiveDate,
    /// What came of which line.
    pub lines: Vec<ReceivedLine>,
    /// What else is to be said, such as the number of the delivery challan.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What came of one line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceivedLine {
    /// The line of the order, from 1.
    pub line: u32,
    /// How much came.
    pub quantity: Quantity,
}

/// Records goods that came on an order that nobody has closed. The same request with the same content is answered with the same receipt's number.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error says what is wrong with the receipt.
pub async fn receive(
    tx: &mut Tx,
    actor: &Actor,
    request_id: &RequestId,
    number: &PoNumber,
    receipt: &Receipt,
) -> Result<Result<u32, Refusal>, LedgerError> {
    let tenant = &actor.tenant;
    let no = |code, message: String| Ok(Err(Refusal::new(code, message)));
    // On another order it is recorded beside this one: only this order is locked.
    let reused =
        || no(RefusalCode::RequestIdReused, format!("request {request_id} recorded another receipt; use a new id"));
    if !masterdata::is_active(tx, tenant, &actor.person).await? {
        return Ok(Err(claims::not_a_member(actor)));
    }
    let Some(order) = lock(tx, tenant, number, None).await? else {
        return no(RefusalCode::NotFound, format!("there is no purchase order {number}"));
    };
    let content = canonical::to_text(&(number, receipt))?;
    let earlier: Option<(i64, String)> = tx
        .opt(
            "SELECT receipt, content FROM goods_receipts WHERE tenant = $1 AND request_id = $2",
            args![tenant.as_str(), request_id.as_str()],
        )
        .await?;
    if let Some((known, same)) = earlier {
        return if same == content { Ok(Ok(u32::try_from(known).map_err(bad)?)) } else { reused() };
    }
    if let Err(refusal) = check_receipt(&order, receipt, dhaka_date(tx.now())) {
        return Ok(Err(refusal));
    }
    let (last,): (i64,) = tx
        .one(
            "SELECT CAST(coalesce(max(receipt), 0) AS BIGINT) FROM goods_receipts WHERE tenant = $1 AND po_number = $2",
            args![tenant.as_str(), number.as_str()],
        )
        .await?;
    let written = tx
        .exec(
            "INSERT INTO goods_receipts (tenant, po_number, receipt, request_id, content, received_on, received_by, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, request_id) DO NOTHING",
            args![
                tenant.as_str(),
                number.as_str(),
                last + 1,
                request_id.as_str(),
                content,
                receipt.received_on,
                actor.person.as_str(),
                tx.now()
            ],
        )
        .await?;
    if written == 0 {
        return reused();
    }
    for line in &receipt.lines {
        tx.exec(
            "INSERT INTO goods_receipt_lines (tenant, po_number, receipt, line, quantity) VALUES ($1, $2, $3, $4, $5)",
            args![tenant.as_str(), number.as_str(), last + 1, line.line, millionths(line.quantity)],
        )
        .await?;
    }
    if let Some(key) = document_of(tx, tenant, &order).await? {
        let body = json!({"po_number": number, "receipt": last + 1, "request_id": request_id, "received": receipt});
        tx.audit(&key, "goods_received", Some(&actor.person), body);
    }
    Ok(Ok(u32::try_from(last + 1).map_err(bad)?))
}

/// What a receipt must be: for an order issued here that nobody has closed, not from tomorrow, each line of the order at most once
/// and no more than is still to come. What is billed may come later: the end of the billing is not the end of the deliveries.
fn check_receipt(order: &IssuedOrder, receipt: &Receipt, today: NaiveDate) -> Result<(), Refusal> {
    let number = &order.number;
    let invalid = |message: String| Err(Refusal::new(RefusalCode::InvalidField, message));
    let Some(issued) = order.issued.as_ref().filter(|_| order.closed_by.is_none()) else {
        let message = format!("purchase order {number} is closed or was not issued here; it takes no receipts");
        return Err(Refusal::new(RefusalCode::PoUnknown, message));
    };
    if receipt.received_on > today {
        return invalid(format!("received_on: {} is yet to come; it is {today} in Dhaka", receipt.received_on));
    }
    if receipt.note.len() > MAX_NOTE || receipt.note.chars().any(char::is_control) {
        return invalid(format!("note: give at most {MAX_NOTE} bytes without control characters"));
    }
    if receipt.lines.is_empty() {
        return invalid("lines: there are none; say what came".to_owned());
    }
    let open = open_quantities(&issued.lines);
    for (i, line) in receipt.lines.iter().enumerate() {
        if receipt.lines[..i].iter().any(|l| l.line == line.line) {
            return invalid(format!("lines[{i}].line: line {} is there twice; add it up", line.line));
        }
        let Some(open) = open.iter().find(|o| o.line == line.line) else {
            return invalid(format!("lines[{i}].line: purchase order {number} has no line {}", line.line));
        };
        if QuantitySum::from(line.quantity) > open.to_receive {
            return invalid(format!(
                "lines[{i}].quantity: {} of {} came, {} are still to come; amend the order for more",
                line.quantity, open.product, open.to_receive
            ));
        }
    }
    Ok(())
}
