//! What an invoice owes and to whom, with the working.
//!
//! The order is that of the law: what the lines are worth, SD, VAT on the date of supply; then, each on its own base and
//! neither before the other, VDS and TDS on the date of payment or credit; then the payable.

mod arithmetic;
mod book;
mod evidence;
mod question;
mod result;
mod tds;
mod tds_base;
mod vat;
mod vds;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{Invoice, PayeeFacts, Payer, Refusal, RefusalCode, Taka};

use crate::schedule::Schedule;
use book::Book;
pub(crate) use evidence::{ReturnProof, return_proof};
pub use question::{Question, QuestionKind};
pub use result::{Assessment, LineTax, ScheduleRef, Step, TraceStep, UpliftGround, Withheld};

/// What people answered to questions with choices, by [`Question::key`].
pub type Answers = BTreeMap<String, String>;

/// Everything that an assessment depends on besides the schedule.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The bill.
    pub invoice: &'a Invoice,
    /// The company that pays.
    pub payer: &'a Payer,
    /// What kind of vendor is paid.
    pub kind: VendorKind,
    /// What is known of the vendor.
    pub payee: &'a PayeeFacts,
    /// The day of payment or credit, whose rates of withholding apply.
    pub paid_on: NaiveDate,
    /// What people have answered.
    pub answers: &'a Answers,
}

/// Assesses an invoice.
///
/// VAT is that of the invoice's date, withholding that of `paid_on` (Income Tax Act 2023 s.89 "at the time of payment or
/// credit"; VDS at payment).
///
/// # Errors
/// A refusal for wrong arithmetic, a VAT that is not the schedule's, a code that the schedule does not know or does not
/// cover on the date, facts that exclude each other, and amounts beyond what the ledger holds.
pub fn assess(schedule: &Schedule, case: &Case<'_>) -> Result<Assessment, Refusal> {
    let invoice = case.invoice;
    arithmetic::check_lines(invoice)?;
    let mut book = Book::new(schedule, *case);
    let mut lines = vat::lines(&mut book)?;
    vat::reconcile(&mut book, &mut lines)?;
    arithmetic::check_totals(invoice, &lines, schedule.vat_tolerance)?;
    vds::withhold(&mut book, &mut lines)?;
    tds::withhold(&mut book, &mut lines)?;

    let withheld = Taka::sum(book.withheld.iter().map(|w| w.amount)).map_err(too_large)?;
    let (retention, advance) = (invoice.tax.retention, invoice.tax.advance);
    let net_payable = [withheld, retention, advance]
        .into_iter()
        .try_fold(invoice.total.plus(book.borne).map_err(too_large)?, Taka::minus)
        .map_err(too_large)?;
    if net_payable.is_negative() {
        return Err(Refusal::new(
            RefusalCode::TaxFactsContradict,
            format!(
                "what is withheld, retained and set off is more than the total {}: the payable would be {net_payable}",
                invoice.total
            ),
        ));
    }
    Ok(Assessment {
        schedule: Some(ScheduleRef { name: schedule.name.clone(), hash: schedule.hash.clone() }),
        subtotal: invoice.subtotal,
        sd: invoice.sd,
        vat: invoice.vat,
        total: invoice.total,
        lines: lines.into_iter().map(|l| l.tax).collect(),
        withheld: book.withheld,
        borne: book.borne,
        retention,
        advance,
        net_payable,
        rows: book.rows,
        trace: book.trace,
        questions: book.questions,
    })
}

pub(crate) fn too_large(error: vextrus_domain::money::MoneyError) -> Refusal {
    Refusal::new(RefusalCode::LimitExceeded, error.to_string())
}
