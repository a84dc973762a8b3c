//! The base of income tax at source: the highest of contract, bill and payment (Income Tax Act 2023 s.140(5)).

use vextrus_domain::{Refusal, Taka};

use super::book::{Book, LineWork};
use super::question::QuestionKind;
use super::result::Step;
use super::too_large;
use super::vat::spread;
use crate::schedule::{PartPayments, Tax, TdsBase};

/// What a line is billed at, as the schedule reads "base".
pub(super) fn billed(book: &Book<'_>, line: &LineWork<'_>) -> Result<Taka, Refusal> {
    match book.schedule.policy.tds_base {
        TdsBase::ExclVat => Ok(line.tax.value),
        TdsBase::InclVat => Taka::sum([line.tax.value, line.tax.sd, line.tax.vat]).map_err(too_large),
    }
}

/// The bases of the document's kinds of payment, from what was billed under each.
pub(super) fn bases(book: &mut Book<'_>, billed: &[Taka]) -> Result<Vec<Taka>, Refusal> {
    let tax = &book.case.invoice.tax;
    let bill = Taka::sum(billed.iter().copied()).map_err(too_large)?;
    if tax.contract.is_none() && tax.payment.amount.is_none() {
        return Ok(billed.to_vec());
    }
    let payment = tax.payment.amount;
    let mut contract = None;
    let mut taxed_before = Taka::ZERO;
    if let Some(c) = &tax.contract {
        if c.instalment {
            let part = book.schedule.policy.part_payments;
            let how = match part {
                PartPayments::PaymentWise => "this payment alone is taxed",
                PartPayments::WholeContract => "the whole contract is taxed, less what was taxed before",
            };
            let text = format!(
                "the bill is one of several under a contract of BDT {}: {how}; is that right?",
                c.value.grouped()
            );
            book.ask(QuestionKind::PartPayment, "", text);
            if part == PartPayments::WholeContract {
                (contract, taxed_before) = (Some(c.value), c.taxed_before);
            }
        } else {
            contract = Some(c.value);
        }
    }
    let highest = [Some(bill), contract, payment].into_iter().flatten().max().unwrap_or(bill);
    let base = highest.minus(taxed_before).map_err(too_large)?.max(Taka::ZERO);
    let step = Step::HighestOf { contract, bill, payment, taxed_before };
    book.step(None, Tax::Tds, step, None, (base, vextrus_domain::Rate::from_ppm(0), base));
    if base != bill && billed.len() > 1 {
        let text = format!(
            "the base of BDT {} is not the bill's {}, and {} kinds of payment share it in proportion: is that right?",
            base.grouped(),
            bill.grouped(),
            billed.len()
        );
        book.ask(QuestionKind::SharedBase, "", text);
    }
    if base == bill { Ok(billed.to_vec()) } else { spread(base, billed) }
}
