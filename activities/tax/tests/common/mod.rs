//! Bills and cases for the tests of the tax crate.
#![cfg(test)]
#![expect(dead_code, reason = "each test program uses its own part")]

use std::collections::BTreeMap;

use chrono::NaiveDate;
use vextrus_domain::payee::{Psr, PsrKind};
use vextrus_domain::tax_facts::Prices;
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{FiscalYear, Invoice, PayeeFacts, Payer, Refusal, Taka};
use vextrus_tax::{Assessment, Case, Schedule, Withheld, assess};

pub(crate) const HOUSE: &str = include_str!("../../../../rules/tax/house.toml");
pub(crate) const NBR: &str = include_str!("../../../../rules/tax/nbr.toml");

pub(crate) fn house() -> Schedule {
    Schedule::parse(HOUSE).unwrap()
}

pub(crate) fn nbr() -> Schedule {
    Schedule::parse(NBR).unwrap()
}

pub(crate) fn taka(text: &str) -> Taka {
    text.parse().unwrap()
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// One line of a bill: its amount, supply code, code of income tax and commission; empty for none.
#[derive(Clone, Copy, Default)]
pub(crate) struct Line<'a> {
    pub(crate) amount: &'a str,
    pub(crate) tax_code: &'a str,
    pub(crate) tds_code: &'a str,
    pub(crate) commission: &'a str,
}

pub(crate) fn line<'a>(amount: &'a str, tax_code: &'a str, tds_code: &'a str) -> Line<'a> {
    Line { amount, tax_code, tds_code, commission: "" }
}

/// A bill with VAT-exclusive prices, a Mushak 6.3 and this VAT.
pub(crate) fn invoice(date: NaiveDate, lines: &[Line<'_>], vat: Taka) -> Invoice {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let subtotal = Taka::sum(lines.iter().map(|l| taka(l.amount))).unwrap();
    let lines: Vec<serde_json::Value> = lines
        .iter()
        .map(|l| {
            serde_json::json!({
                "description": "supply", "quantity": "1", "unit_price": l.amount, "amount": l.amount,
                "tax_code": some(l.tax_code), "tds_code": some(l.tds_code), "commission": some(l.commission),
            })
        })
        .collect();
    Invoice::from_json(
        &serde_json::json!({
            "vendor": "v", "number": "1", "date": date, "due_date": date, "currency": "BDT", "lines": lines,
            "subtotal": subtotal, "vat": vat, "total": subtotal.plus(vat).unwrap(), "department": "works",
            "mushak_63": {"number": "1001", "date": date},
        })
        .to_string(),
    )
    .unwrap()
}

/// The same bill with prices that include this VAT.
pub(crate) fn inclusive(date: NaiveDate, lines: &[Line<'_>], vat: Taka) -> Invoice {
    let mut invoice = invoice(date, lines, Taka::ZERO);
    (invoice.total, invoice.vat) = (invoice.subtotal, vat);
    invoice.subtotal = invoice.total.minus(vat).unwrap();
    invoice.tax.prices = Prices::Inclusive;
    invoice
}

/// A resident company with the proof of return of the day's own assessment year.
pub(crate) fn payee(on: NaiveDate) -> PayeeFacts {
    let psr = Psr {
        kind: PsrKind::ReturnAcknowledgement,
        number: "1".to_owned(),
        assessment_year: FiscalYear::of(on),
        verified_on: on,
        verified_by: None,
    };
    PayeeFacts { psr: Some(psr), ..PayeeFacts::default() }
}

/// A case with its facts owned, to be changed at will.
pub(crate) struct Facts {
    pub(crate) invoice: Invoice,
    pub(crate) payer: Payer,
    pub(crate) kind: VendorKind,
    pub(crate) payee: PayeeFacts,
    pub(crate) paid_on: NaiveDate,
    pub(crate) answers: BTreeMap<String, String>,
}

/// A supplier's bill paid on the day, with everything in order.
pub(crate) fn facts(invoice: Invoice, paid_on: NaiveDate) -> Facts {
    Facts {
        invoice,
        payer: Payer::default(),
        kind: VendorKind::Supplier,
        payee: payee(paid_on),
        paid_on,
        answers: BTreeMap::new(),
    }
}

impl Facts {
    pub(crate) fn assess(&self, schedule: &Schedule) -> Result<Assessment, Refusal> {
        assess(
            schedule,
            &Case {
                invoice: &self.invoice,
                payer: &self.payer,
                kind: self.kind,
                payee: &self.payee,
                paid_on: self.paid_on,
                answers: &self.answers,
            },
        )
    }
}

/// What is withheld: code, rate in ppm, base and amount.
pub(crate) fn told(withheld: &Withheld) -> (&str, u32, Taka, Taka) {
    (&withheld.code, withheld.rate.ppm(), withheld.base, withheld.amount)
}

/// The rate's share by whole numbers alone, half a poisha up.
pub(crate) fn share(base: Taka, ppm: u32) -> Taka {
    let twice = i128::from(base.poisha()) * i128::from(ppm) * 2;
    Taka::from_poisha(i64::try_from((twice + 1_000_000) / 2_000_000).unwrap()).unwrap()
}
