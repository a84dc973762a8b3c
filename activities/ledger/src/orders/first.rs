//! An order as it was issued first.

use vextrus_domain::TenantId;
use vextrus_domain::ids::PoNumber;
use vextrus_domain::order::OrderLine;
use vextrus_domain::quantity::Quantity;

use super::{bad, taka};
use crate::db::{Tx, args};
use crate::error::LedgerError;

#[derive(sqlx::FromRow)]
struct Row {
    product: String,
    quantity: i64,
    unit_price: i64,
    amount: i64,
}

/// The lines with which an order was issued, in order; whatever amendments have made of them since.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn first_lines(tx: &mut Tx, tenant: &TenantId, number: &PoNumber) -> Result<Vec<OrderLine>, LedgerError> {
    let rows: Vec<Row> = tx
        .all(
            "SELECT product, quantity, unit_price, amount FROM order_lines
             WHERE tenant = $1 AND po_number = $2 AND version = 1 ORDER BY line",
            args![tenant.as_str(), number.as_str()],
        )
        .await?;
    rows.into_iter()
        .map(|row| {
            let quantity = u64::try_from(row.quantity).ok().and_then(Quantity::from_millionths);
            Ok(OrderLine {
                product: row.product,
                quantity: quantity.ok_or_else(|| bad("a quantity of nothing"))?,
                unit_price: taka(row.unit_price)?,
                amount: taka(row.amount)?,
            })
        })
        .collect()
}
