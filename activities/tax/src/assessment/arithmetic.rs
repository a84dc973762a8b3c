//! Whether an invoice's own numbers agree with each other.

use vextrus_domain::tax_facts::Prices;
use vextrus_domain::{Invoice, Refusal, RefusalCode, Taka};

use super::book::LineWork;
use super::too_large;

/// Checks each line: quantity times unit price.
pub(super) fn check_lines(invoice: &Invoice) -> Result<(), Refusal> {
    for (i, line) in invoice.lines.iter().enumerate() {
        let priced = line.quantity.priced(line.unit_price).map_err(too_large)?;
        if priced != line.amount {
            return Err(Refusal::new(
                RefusalCode::LineArithmetic,
                format!("lines[{i}].amount is {}; {} x {} is {priced}", line.amount, line.quantity, line.unit_price),
            ));
        }
    }
    Ok(())
}

/// Checks subtotal, supplementary duty and total against the lines.
pub(super) fn check_totals(invoice: &Invoice, lines: &[LineWork<'_>], tolerance: Taka) -> Result<(), Refusal> {
    let amounts = Taka::sum(invoice.lines.iter().map(|l| l.amount)).map_err(too_large)?;
    let values = Taka::sum(lines.iter().map(|l| l.tax.value)).map_err(too_large)?;
    if invoice.tax.prices == Prices::Exclusive {
        // The value of a line is its amount then, to the poisha.
        if amounts != invoice.subtotal {
            return Err(mismatch("subtotal", invoice.subtotal, "the lines add up to", amounts));
        }
    } else {
        if amounts != invoice.total {
            return Err(mismatch("total", invoice.total, "the lines, taxes included, add up to", amounts));
        }
        if values.distance(invoice.subtotal).map_err(too_large)? > tolerance {
            return Err(mismatch("subtotal", invoice.subtotal, "the lines without their taxes add up to", values));
        }
    }
    let sd = Taka::sum(lines.iter().map(|l| l.tax.sd)).map_err(too_large)?;
    if sd.distance(invoice.sd).map_err(too_large)? > tolerance {
        return Err(mismatch("sd", invoice.sd, "the lines give", sd));
    }
    let total = Taka::sum([invoice.subtotal, invoice.sd, invoice.vat]).map_err(too_large)?;
    if total != invoice.total {
        return Err(mismatch("total", invoice.total, "subtotal, SD and VAT add up to", total));
    }
    Ok(())
}

fn mismatch(field: &str, stated: Taka, what: &str, computed: Taka) -> Refusal {
    Refusal::new(RefusalCode::TotalMismatch, format!("{field} is {stated}; {what} {computed}"))
}
