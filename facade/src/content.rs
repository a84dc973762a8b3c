//! Invoices and orders as the messages that carry them. Commands that submit one use the same words.

use vextrus_domain::payee::{Psr, PsrKind, TaxCertificate};
use vextrus_domain::tax_facts::{PaymentMethod, Prices, TaxFacts};
use vextrus_domain::{Invoice, Order};
use vextrus_proto::invoice::v1 as proto;
use vextrus_proto::purchasing::v1 as purchasing;

/// The invoice as a message.
#[must_use]
pub fn content(invoice: &Invoice) -> proto::InvoiceContent {
    let text = |id: Option<String>| id.unwrap_or_default();
    let lines = invoice.lines.iter().map(|line| proto::InvoiceLine {
        description: line.description.clone(),
        quantity: line.quantity.to_string(),
        unit_price_poisha: line.unit_price.poisha(),
        amount_poisha: line.amount.poisha(),
        tax_code: line.tax_code.clone().unwrap_or_default(),
        tds_code: line.tds_code.clone().unwrap_or_default(),
        sd_rate_ppm: line.sd_rate.map(|rate| rate.ppm()).unwrap_or_default(),
        commission_poisha: line.commission.map(|c| c.poisha()),
        po_line: line.po_line.and_then(|line| i32::try_from(line).ok()).unwrap_or_default(),
    });
    proto::InvoiceContent {
        vendor: invoice.vendor.to_string(),
        number: invoice.number.clone(),
        date: invoice.date.to_string(),
        due_date: invoice.due_date.to_string(),
        currency: invoice.currency.clone(),
        lines: lines.collect(),
        subtotal_poisha: invoice.subtotal.poisha(),
        sd_poisha: invoice.sd.poisha(),
        vat_poisha: invoice.vat.poisha(),
        total_poisha: invoice.total.poisha(),
        po_number: text(invoice.po_number.as_ref().map(ToString::to_string)),
        department: invoice.department.to_string(),
        project: text(invoice.project.as_ref().map(ToString::to_string)),
        mushak_63: invoice
            .mushak_63
            .as_ref()
            .map(|m| proto::Mushak63 { number: m.number.clone(), date: m.date.to_string() }),
        tax: (!invoice.tax.is_empty()).then(|| tax(&invoice.tax)),
    }
}

/// The order as a message.
#[must_use]
pub fn order_content(order: &Order) -> purchasing::OrderContent {
    let lines = order.lines.iter().map(|line| purchasing::OrderLine {
        product: line.product.clone(),
        quantity: line.quantity.to_string(),
        unit_price_poisha: line.unit_price.poisha(),
        amount_poisha: line.amount.poisha(),
    });
    purchasing::OrderContent {
        vendor: order.vendor.to_string(),
        date: order.date.to_string(),
        needed_by: order.needed_by.map(|day| day.to_string()).unwrap_or_default(),
        currency: order.currency.clone(),
        lines: lines.collect(),
        amount_poisha: order.amount.poisha(),
        department: order.department.to_string(),
        project: order.project.as_ref().map(ToString::to_string).unwrap_or_default(),
        note: order.note.clone(),
        amends: order.amends.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

fn tax(facts: &TaxFacts) -> proto::TaxFacts {
    let method = match facts.payment.method {
        PaymentMethod::BankTransfer => proto::PaymentMethod::BankTransfer,
        PaymentMethod::Other => proto::PaymentMethod::Other,
    };
    proto::TaxFacts {
        prices_include_taxes: facts.prices == Prices::Inclusive,
        contract: facts.contract.as_ref().map(|c| proto::Contract {
            value_poisha: c.value.poisha(),
            instalment: c.instalment,
            taxed_before_poisha: c.taxed_before.poisha(),
            net_of_tax: c.net_of_tax,
            tax_inclusive: c.tax_inclusive,
        }),
        payment_method: method.into(),
        payment_poisha: facts.payment.amount.map(|amount| amount.poisha()),
        payment_evidence: facts.payment.evidence.clone().unwrap_or_default(),
        import_tax_paid_poisha: facts.import_tax_paid.poisha(),
        vds_exemption: facts
            .vds_exemption
            .as_ref()
            .map(|e| proto::VdsExemption { clause: e.clause.clone(), evidence: e.evidence.clone() }),
        return_proof: facts.psr.as_ref().map(return_proof),
        certificates: facts.certificates.iter().map(certificate).collect(),
        retention_poisha: facts.retention.poisha(),
        advance_poisha: facts.advance.poisha(),
    }
}

pub(crate) fn return_proof(psr: &Psr) -> proto::ReturnProof {
    let kind = match psr.kind {
        PsrKind::ReturnAcknowledgement => proto::ReturnProofKind::ReturnAcknowledgement,
        PsrKind::TaxCertificate => proto::ReturnProofKind::TaxCertificate,
        PsrKind::DctCertificate => proto::ReturnProofKind::DctCertificate,
    };
    proto::ReturnProof {
        kind: kind.into(),
        number: psr.number.clone(),
        assessment_year: psr.assessment_year.to_string(),
        verified_on: psr.verified_on.to_string(),
        verified_by: psr.verified_by.clone().unwrap_or_default(),
    }
}

pub(crate) fn certificate(certificate: &TaxCertificate) -> proto::TaxCertificate {
    proto::TaxCertificate {
        section: certificate.section.clone(),
        rate_ppm: certificate.rate.ppm(),
        number: certificate.paper.number.clone(),
        from: certificate.paper.from.to_string(),
        until: certificate.paper.until.to_string(),
    }
}
