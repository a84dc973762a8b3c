//! A submission as the domain reads it, or everything that is wrong with it at once.

use std::fmt::Display;
use std::str::FromStr;

use chrono::NaiveDate;
use vextrus_domain::invoice::{FieldViolation, Mushak63};
use vextrus_domain::payee::{Evidence, Psr, PsrKind, TaxCertificate};
use vextrus_domain::tax_facts::{Contract, Payment, PaymentMethod, Prices, TaxFacts, VdsExemption};
use vextrus_domain::{Invoice, InvoiceLine, Order, OrderLine, Rate, RefusalCode, Taka};
use vextrus_proto::invoice::v1 as proto;
use vextrus_proto::purchasing::v1 as purchasing;

use crate::errors::{Failure, violation};

/// An invoice as it came.
pub(crate) fn invoice(content: Option<proto::InvoiceContent>) -> Result<Invoice, Failure> {
    let mut reader = Reader::default();
    let invoice = match content {
        Some(content) => reader.invoice(content),
        None => reader.missing("content"),
    };
    reader.done(invoice)
}

/// An order as it came.
pub(crate) fn order(content: Option<purchasing::OrderContent>) -> Result<Order, Failure> {
    let mut reader = Reader::default();
    let order = match content {
        Some(content) => reader.order(content),
        None => reader.missing("content"),
    };
    reader.done(order)
}

/// A required id as it came.
pub(crate) fn required<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<T, Failure> {
    let mut reader = Reader::default();
    let value = reader.required(field, text);
    reader.done(value)
}

/// Reads fields and remembers what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) found: Vec<FieldViolation>,
}

impl Reader {
    /// What was read, unless something is wrong.
    pub(crate) fn done<T>(self, value: Option<T>) -> Result<T, Failure> {
        match value {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => Err(Failure::Fields(self.found)),
        }
    }

    fn missing<T>(&mut self, field: &str) -> Option<T> {
        self.say(field, "it is missing");
        None
    }

    pub(crate) fn say(&mut self, field: &str, message: impl Display) {
        self.found.push(violation(field, RefusalCode::InvalidField, message));
    }

    /// A field that must be there.
    pub(crate) fn required<T: FromStr<Err: Display>>(&mut self, field: &str, text: &str) -> Option<T> {
        if text.is_empty() {
            self.say(field, "it is missing");
            return None;
        }
        text.parse().map_err(|error| self.say(field, error)).ok()
    }

    /// What somebody says: of limited length, and without what a terminal would obey or a database cannot hold.
    pub(crate) fn words(&mut self, field: &str, text: &str, most: usize) {
        self.limited(field, text, most);
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.say(field, "it holds control characters; only ends of lines and tabs are allowed");
        }
    }

    /// The same, where it must be said.
    pub(crate) fn required_words(&mut self, field: &str, text: &str, most: usize) {
        if text.trim().is_empty() {
            self.found.push(violation(field, RefusalCode::ReasonRequired, "it is empty; say what or why"));
        }
        self.words(field, text, most);
    }

    /// A text of limited length.
    pub(crate) fn limited(&mut self, field: &str, text: &str, most: usize) {
        if text.len() > most {
            let message = format!("it has {} bytes; the most is {most}", text.len());
            self.found.push(violation(field, RefusalCode::LimitExceeded, message));
        }
    }

    pub(crate) fn optional<T: FromStr<Err: Display>>(&mut self, field: &str, text: &str) -> Option<T> {
        if text.is_empty() { None } else { self.required(field, text) }
    }

    pub(crate) fn date(&mut self, field: &str, text: &str) -> Option<NaiveDate> {
        let parsed = text.parse::<NaiveDate>().ok().filter(|date| date.to_string() == text);
        if parsed.is_none() {
            let shown: String = text.chars().take(20).collect();
            self.say(field, format!("{shown:?} is not a date: write it as YYYY-MM-DD"));
        }
        parsed
    }

    pub(crate) fn taka(&mut self, field: &str, poisha: i64) -> Taka {
        Taka::from_poisha(poisha).unwrap_or_else(|error| {
            self.say(field, error);
            Taka::whole(1)
        })
    }

    /// The invoice, with stand-ins for fields that cannot be read, so that the others are checked all the same. None
    /// only where something is wrong.
    fn invoice(&mut self, content: proto::InvoiceContent) -> Option<Invoice> {
        let vendor = self.required("content.vendor", &content.vendor).or_else(|| "x".parse().ok());
        let department = self.required("content.department", &content.department).or_else(|| "x".parse().ok());
        let date = self.date("content.date", &content.date);
        let due_date = self.date("content.due_date", &content.due_date);
        let (date, due_date) = (date.or(due_date), due_date.or(date));
        let invoice = Invoice {
            vendor: vendor?,
            number: content.number,
            date: date.unwrap_or_default(),
            due_date: due_date.unwrap_or_default(),
            currency: content.currency,
            lines: content.lines.into_iter().enumerate().map_while(|(i, line)| self.line(i, line)).collect(),
            subtotal: self.taka("content.subtotal_poisha", content.subtotal_poisha),
            sd: self.taka("content.sd_poisha", content.sd_poisha),
            vat: self.taka("content.vat_poisha", content.vat_poisha),
            total: self.taka("content.total_poisha", content.total_poisha),
            po_number: self.optional("content.po_number", &content.po_number),
            department: department?,
            project: self.optional("content.project", &content.project),
            mushak_63: content.mushak_63.map(|mushak| Mushak63 {
                date: self.date("content.mushak_63.date", &mushak.date).unwrap_or_default(),
                number: mushak.number,
            }),
            tax: content.tax.map(|tax| self.tax(tax)).unwrap_or_default(),
        };
        self.add(invoice.violations());
        Some(invoice)
    }

    fn add(&mut self, violations: Vec<FieldViolation>) {
        self.add_as(violations, proto_path);
    }

    /// What the domain finds wrong, under the path of each field in the request.
    pub(crate) fn add_as(&mut self, violations: Vec<FieldViolation>, path: impl Fn(&str) -> String) {
        for wrong in violations {
            let field = path(&wrong.field);
            if !self.found.iter().any(|known| known.field == field) {
                self.found.push(FieldViolation { field, refusal: wrong.refusal });
            }
        }
    }

    /// The order, with stand-ins as for an invoice.
    fn order(&mut self, content: purchasing::OrderContent) -> Option<Order> {
        let vendor = self.required("content.vendor", &content.vendor).or_else(|| "x".parse().ok());
        let department = self.required("content.department", &content.department).or_else(|| "x".parse().ok());
        let needed_by = &content.needed_by;
        let order = Order {
            vendor: vendor?,
            date: self.date("content.date", &content.date).unwrap_or_default(),
            needed_by: if needed_by.is_empty() { None } else { self.date("content.needed_by", needed_by) },
            currency: content.currency,
            lines: content.lines.into_iter().enumerate().map_while(|(i, line)| self.order_line(i, line)).collect(),
            amount: self.taka("content.amount_poisha", content.amount_poisha),
            department: department?,
            project: self.optional("content.project", &content.project),
            note: content.note,
            amends: self.optional("content.amends", &content.amends),
        };
        self.add(order.violations());
        Some(order)
    }

    fn order_line(&mut self, i: usize, line: purchasing::OrderLine) -> Option<OrderLine> {
        let at = |name: &str| format!("content.lines[{i}].{name}");
        Some(OrderLine {
            quantity: self.required(&at("quantity"), &line.quantity).or_else(|| "1".parse().ok())?,
            unit_price: self.taka(&at("unit_price_poisha"), line.unit_price_poisha),
            amount: self.taka(&at("amount_poisha"), line.amount_poisha),
            product: line.product,
        })
    }

    fn line(&mut self, i: usize, line: proto::InvoiceLine) -> Option<InvoiceLine> {
        let at = |name: &str| format!("content.lines[{i}].{name}");
        Some(InvoiceLine {
            quantity: self.required(&at("quantity"), &line.quantity).or_else(|| "1".parse().ok())?,
            unit_price: self.taka(&at("unit_price_poisha"), line.unit_price_poisha),
            amount: self.taka(&at("amount_poisha"), line.amount_poisha),
            tax_code: Some(line.tax_code).filter(|code| !code.is_empty()),
            tds_code: Some(line.tds_code).filter(|code| !code.is_empty()),
            sd_rate: Some(Rate::from_ppm(line.sd_rate_ppm)).filter(|rate| rate.ppm() > 0),
            commission: line.commission_poisha.map(|poisha| self.taka(&at("commission_poisha"), poisha)),
            po_line: self.po_line(&at("po_line"), line.po_line),
            description: line.description,
        })
    }

    fn po_line(&mut self, field: &str, line: i32) -> Option<u32> {
        match u32::try_from(line) {
            Ok(0) => None,
            Ok(line) => Some(line),
            Err(_) => {
                self.say(field, format!("{line} is not a line of an order; they count from 1"));
                None
            }
        }
    }

    fn tax(&mut self, tax: proto::TaxFacts) -> TaxFacts {
        let payment_method = match tax.payment_method() {
            proto::PaymentMethod::Unspecified | proto::PaymentMethod::BankTransfer => PaymentMethod::BankTransfer,
            proto::PaymentMethod::Other => PaymentMethod::Other,
        };
        TaxFacts {
            prices: if tax.prices_include_taxes { Prices::Inclusive } else { Prices::Exclusive },
            contract: tax.contract.map(|contract| Contract {
                value: self.taka("content.tax.contract.value_poisha", contract.value_poisha),
                instalment: contract.instalment,
                taxed_before: self.taka("content.tax.contract.taxed_before_poisha", contract.taxed_before_poisha),
                net_of_tax: contract.net_of_tax,
                tax_inclusive: contract.tax_inclusive,
            }),
            payment: Payment {
                method: payment_method,
                amount: tax.payment_poisha.map(|poisha| self.taka("content.tax.payment_poisha", poisha)),
                evidence: Some(tax.payment_evidence).filter(|evidence| !evidence.is_empty()),
            },
            import_tax_paid: self.taka("content.tax.import_tax_paid_poisha", tax.import_tax_paid_poisha),
            vds_exemption: tax.vds_exemption.map(|e| VdsExemption { clause: e.clause, evidence: e.evidence }),
            psr: tax.return_proof.and_then(|proof| self.return_proof("content.tax", proof)),
            certificates: tax
                .certificates
                .into_iter()
                .enumerate()
                .filter_map(|(i, certificate)| self.certificate("content.tax", i, certificate))
                .collect(),
            retention: self.taka("content.tax.retention_poisha", tax.retention_poisha),
            advance: self.taka("content.tax.advance_poisha", tax.advance_poisha),
        }
    }
}

impl Reader {
    /// A proof of submission of return, under this path.
    pub(crate) fn return_proof(&mut self, path: &str, proof: proto::ReturnProof) -> Option<Psr> {
        let at = |name: &str| format!("{path}.return_proof.{name}");
        let kind = match proof.kind() {
            proto::ReturnProofKind::ReturnAcknowledgement => Some(PsrKind::ReturnAcknowledgement),
            proto::ReturnProofKind::TaxCertificate => Some(PsrKind::TaxCertificate),
            proto::ReturnProofKind::DctCertificate => Some(PsrKind::DctCertificate),
            proto::ReturnProofKind::Unspecified => {
                self.say(&at("kind"), "it is missing; say which paper it is");
                None
            }
        };
        let assessment_year = self.required(&at("assessment_year"), &proof.assessment_year);
        let verified_on = self.date(&at("verified_on"), &proof.verified_on);
        Some(Psr {
            kind: kind?,
            number: proof.number,
            assessment_year: assessment_year?,
            verified_on: verified_on?,
            verified_by: Some(proof.verified_by).filter(|by| !by.is_empty()),
        })
    }

    /// A certificate of the Board, under this path.
    pub(crate) fn certificate(
        &mut self,
        path: &str,
        i: usize,
        certificate: proto::TaxCertificate,
    ) -> Option<TaxCertificate> {
        let at = |name: &str| format!("{path}.certificates[{i}].{name}");
        let from = self.date(&at("from"), &certificate.from);
        let until = self.date(&at("until"), &certificate.until);
        let paper = Evidence { number: certificate.number, from: from?, until: until? };
        Some(TaxCertificate { section: certificate.section, rate: Rate::from_ppm(certificate.rate_ppm), paper })
    }
}

/// The path of a field in the request, from its path in the domain.
fn proto_path(domain: &str) -> String {
    const MONEY: [&str; 12] = [
        "unit_price",
        "amount",
        "commission",
        "subtotal",
        "sd",
        "vat",
        "total",
        "value",
        "taxed_before",
        "import_tax_paid",
        "retention",
        "advance",
    ];
    // The means of payment is flat in the request.
    let domain = match domain {
        "tax.payment.amount" => return "content.tax.payment_poisha".to_owned(),
        "tax.payment.evidence" => "tax.payment_evidence",
        "tax.psr.number" => "tax.return_proof.number",
        "tax.certificates.paper.number" => "tax.certificates.number",
        other => other,
    };
    let is_money = domain.rsplit('.').next().is_some_and(|last| MONEY.contains(&last));
    format!("content.{domain}{}", if is_money { "_poisha" } else { "" })
}

#[cfg(test)]
#[path = "translate_tests.rs"]
mod tests;
