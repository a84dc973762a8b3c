//! The bills that the benchmarks of the tax library assess.
//!
//! A crate of its own: what it measures needs neither the fleet nor the Temporal SDK, and builds in seconds without them.

use anyhow::Context as _;
use chrono::NaiveDate;
use vextrus_domain::payee::{Psr, PsrKind};
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{FiscalYear, Invoice, InvoiceLine, PayeeFacts, Payer, Rate, Refusal, Taka};
use vextrus_tax::{Answers, Assessment, Case, Schedule, assess};

/// The text of the company's schedule.
pub const HOUSE: &str = include_str!("../../../rules/tax/house.toml");
/// The text of the statutory schedule.
pub const NBR: &str = include_str!("../../../rules/tax/nbr.toml");

/// Supply code, its VAT rate in ppm, and code of income tax: what an office buys in a month. Each is asked about in turn.
const SUPPLIES: [(Option<&str>, u32, Option<&str>); 5] = [
    (Some("S004.00"), 100_000, Some("s89/CONSTRUCTION_MFG")),
    (Some("S040.00"), 150_000, Some("s90/CLEAN_SECURITY_MANPOWER")),
    (Some("S032.00"), 150_000, Some("s90/PROFESSIONAL")),
    (None, 150_000, Some("s89/RESIDUAL")),
    (Some("S024.00sale"), 150_000, None),
];

/// The statutory schedule.
///
/// # Errors
/// Where the schedule cannot be used.
pub fn nbr() -> anyhow::Result<Schedule> {
    Schedule::parse(NBR).context("rules/tax/nbr.toml")
}

/// A bill and everything else that its assessment depends on.
#[derive(Debug, Clone)]
pub struct Bill {
    /// The bill.
    pub invoice: Invoice,
    payer: Payer,
    payee: PayeeFacts,
    paid_on: NaiveDate,
    answers: Answers,
}

impl Bill {
    /// A bill of so many lines under the statutory schedule. It is built, not read, so that it may be longer than one that is
    /// submitted.
    ///
    /// # Errors
    /// Where an amount is beyond what the ledger holds.
    pub fn new(lines: usize) -> anyhow::Result<Self> {
        let date = NaiveDate::from_ymd_opt(2026, 8, 1).context("no such day")?;
        let mut invoice = Invoice::from_json(
            &serde_json::json!({
                "vendor": "v", "number": "1", "date": date, "due_date": date, "currency": "BDT", "lines": [],
                "subtotal": "0", "vat": "0", "total": "0", "department": "works",
                "mushak_63": {"number": "1001", "date": date},
            })
            .to_string(),
        )?;
        for (number, (tax_code, ppm, tds_code)) in (1_i64..).zip(SUPPLIES.iter().cycle().copied()).take(lines) {
            let unit_price = Taka::from_poisha(100_000 + 777 * (number % 100))?;
            let amount = Taka::from_poisha(3 * unit_price.poisha())?;
            invoice.subtotal = invoice.subtotal.plus(amount)?;
            invoice.vat = invoice.vat.plus(amount.share(Rate::from_ppm(ppm))?)?;
            invoice.lines.push(InvoiceLine {
                description: "supply".to_owned(),
                quantity: "3".parse()?,
                unit_price,
                amount,
                tax_code: tax_code.map(str::to_owned),
                tds_code: tds_code.map(str::to_owned),
                sd_rate: None,
                commission: None,
                po_line: None,
            });
        }
        invoice.total = invoice.subtotal.plus(invoice.vat)?;
        let psr = Psr {
            kind: PsrKind::ReturnAcknowledgement,
            number: "1".to_owned(),
            assessment_year: FiscalYear::of(date),
            verified_on: date,
            verified_by: None,
        };
        let payee = PayeeFacts { psr: Some(psr), ..PayeeFacts::default() };
        Ok(Self { invoice, payer: Payer::default(), payee, paid_on: date, answers: Answers::new() })
    }

    /// Assesses the bill.
    ///
    /// # Errors
    /// The refusal that it meets.
    pub fn assess(&self, schedule: &Schedule) -> Result<Assessment, Refusal> {
        let case = Case {
            invoice: &self.invoice,
            payer: &self.payer,
            kind: VendorKind::Supplier,
            payee: &self.payee,
            paid_on: self.paid_on,
            answers: &self.answers,
        };
        assess(schedule, &case)
    }
}
