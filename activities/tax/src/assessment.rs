//! What an invoice owes: VAT by the schedule, withholding on the VAT-exclusive base, the payable, and the working.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{Invoice, Rate, Refusal, RefusalCode, Taka};

use crate::arithmetic::{check_arithmetic, too_large};
use crate::schedule::{Confidence, Row, Schedule, Tax};

/// The code of a supply that names none.
const STANDARD: &str = "STANDARD";

/// One tax withheld from the payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// VDS or TDS.
    pub tax: Tax,
    /// The row's code.
    pub code: String,
    /// The rate applied.
    pub rate: Rate,
    /// What it was applied to.
    pub base: Taka,
    /// The amount withheld.
    pub amount: Taka,
}

/// One step of the working, with the row that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceStep {
    /// The tax.
    pub tax: Tax,
    /// The row's code.
    pub code: String,
    /// What the rate was applied to.
    pub base: Taka,
    /// The rate.
    pub rate: Rate,
    /// The result, rounded half-up to the poisha.
    pub amount: Taka,
    /// The schedule, legal reference, source and confidence of the row.
    pub because: String,
}

impl TraceStep {
    fn new(schedule: &Schedule, row: &Row, base: Taka) -> Result<Self, Refusal> {
        Ok(Self {
            tax: row.tax,
            code: row.code.clone(),
            base,
            rate: row.rate,
            amount: base.share(row.rate).map_err(too_large)?,
            because: format!(
                "schedule {}; {}; {}; confidence {:?}",
                schedule.name, row.legal_ref, row.source, row.confidence
            ),
        })
    }
}

impl std::fmt::Display for TraceStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {}: {} of {} = {} ({})",
            self.tax,
            self.code,
            self.rate,
            self.base.grouped(),
            self.amount.grouped(),
            self.because
        )
    }
}

/// What an invoice owes and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The VAT-exclusive value, the base of withholding.
    pub subtotal: Taka,
    /// The VAT as stated, within the schedule's tolerance.
    pub vat: Taka,
    /// The invoice total, VAT included.
    pub total: Taka,
    /// What is withheld.
    pub withheld: Vec<Withheld>,
    /// What the vendor is paid: total less everything withheld.
    pub net_payable: Taka,
    /// The working, step by step.
    pub trace: Vec<TraceStep>,
    /// Questions that a person must answer before the amounts stand.
    pub questions: Vec<String>,
}

/// Assesses an invoice: VAT on the invoice's date, withholding on `paid_on` (Income Tax Act 2023 s.89: the rate at the time
/// of payment or credit), on the VAT-exclusive base.
///
/// # Errors
/// A refusal for wrong arithmetic, a VAT that is not the schedule's, or a supply that the schedule does not cover.
pub fn assess(
    schedule: &Schedule,
    invoice: &Invoice,
    kind: VendorKind,
    paid_on: NaiveDate,
) -> Result<Assessment, Refusal> {
    check_arithmetic(invoice)?;
    let mut trace = Vec::new();
    let mut questions = Vec::new();

    let mut by_code: BTreeMap<&str, Taka> = BTreeMap::new();
    for line in &invoice.lines {
        let sum = by_code.entry(line.tax_code.as_deref().unwrap_or(STANDARD)).or_default();
        *sum = sum.plus(line.amount).map_err(too_large)?;
    }
    let mut vat = Taka::ZERO;
    for (code, base) in by_code {
        let step = step(schedule, Tax::Vat, code, invoice.date, base, &mut questions)?;
        vat = vat.plus(step.amount).map_err(too_large)?;
        trace.push(step);
    }
    if vat.distance(invoice.vat).map_err(too_large)? > schedule.vat_tolerance {
        return Err(Refusal::new(
            RefusalCode::VatMismatch,
            format!(
                "vat is {}; schedule {} gives {vat} (tolerance {})",
                invoice.vat, schedule.name, schedule.vat_tolerance
            ),
        ));
    }

    let code = kind.name().to_uppercase();
    let tds = step(schedule, Tax::Tds, &code, paid_on, invoice.subtotal, &mut questions)?;
    let net_payable = invoice.total.minus(tds.amount).map_err(too_large)?;
    let withheld =
        vec![Withheld { tax: tds.tax, code: tds.code.clone(), rate: tds.rate, base: tds.base, amount: tds.amount }];
    trace.push(tds);
    Ok(Assessment {
        subtotal: invoice.subtotal,
        vat: invoice.vat,
        total: invoice.total,
        withheld,
        net_payable,
        trace,
        questions,
    })
}

fn step(
    schedule: &Schedule,
    tax: Tax,
    code: &str,
    day: NaiveDate,
    base: Taka,
    questions: &mut Vec<String>,
) -> Result<TraceStep, Refusal> {
    let row = schedule.row(tax, code, day)?;
    if row.confidence == Confidence::L {
        questions.push(format!("{tax} {code} at {} rests on {:?} alone: is it right?", row.rate, row.source));
    }
    TraceStep::new(schedule, row, base)
}
