//! Whether an invoice's own numbers agree with each other.

use vextrus_domain::money::MoneyError;
use vextrus_domain::{Invoice, Refusal, RefusalCode, Taka};

/// Checks each line (quantity times unit price), the subtotal and the total.
///
/// # Errors
/// `LINE_ARITHMETIC`, `TOTAL_MISMATCH`, or `LIMIT_EXCEEDED` when a sum is beyond what an amount can be.
pub fn check_arithmetic(invoice: &Invoice) -> Result<(), Refusal> {
    for (i, line) in invoice.lines.iter().enumerate() {
        let priced = line.quantity.priced(line.unit_price).map_err(too_large)?;
        if priced != line.amount {
            return Err(Refusal::new(
                RefusalCode::LineArithmetic,
                format!("lines[{i}].amount is {}; {} x {} is {priced}", line.amount, line.quantity, line.unit_price),
            ));
        }
    }
    let sum = Taka::sum(invoice.lines.iter().map(|l| l.amount)).map_err(too_large)?;
    if sum != invoice.subtotal {
        return Err(mismatch("subtotal", invoice.subtotal, "the lines add up to", sum));
    }
    let total = invoice.subtotal.plus(invoice.vat).map_err(too_large)?;
    if total != invoice.total {
        return Err(mismatch("total", invoice.total, "subtotal and VAT add up to", total));
    }
    Ok(())
}

fn mismatch(field: &str, stated: Taka, what: &str, computed: Taka) -> Refusal {
    Refusal::new(RefusalCode::TotalMismatch, format!("{field} is {stated}; {what} {computed}"))
}

pub(crate) fn too_large(error: MoneyError) -> Refusal {
    Refusal::new(RefusalCode::LimitExceeded, error.to_string())
}
