//! What metrics count of a document that is carried out. The ledger has the exact totals; these are for trends.

use chrono::NaiveDate;
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{DocumentType, Invoice, Taka};
use vextrus_ledger::Tx;
use vextrus_ledger::approvals::Approval;
use vextrus_ledger::assessments;
use vextrus_ledger::documents::Document;
use vextrus_platform::metrics::{self, Counters};
use vextrus_tax::compliance::{self, Approvals, Check, Facts, Outcome};
use vextrus_tax::{Assessment, Schedule};

const KINDS: [&str; 2] = [DocumentType::Invoice.name(), DocumentType::PurchaseOrder.name()];
const VENDORS: [&str; 3] = [VendorKind::Contractor.name(), VendorKind::Supplier.name(), VendorKind::Service.name()];
const OUTCOMES: [&str; 6] = ["approved", "rejected", "expired", "withdrawn", "cancelled", "failed"];

/// Tells everything that has not happened yet as nothing: a rate is only seen of what was there before.
pub fn at_zero() {
    let zero = |counter: &Counters, labels: &[&str]| drop(counter.with_label_values(labels));
    for kind in KINDS {
        for level in ["1", "2", "3", "exception"] {
            ["approved", "rejected", "returned"].iter().for_each(|o| zero(&metrics::DECISIONS, &[kind, level, o]));
        }
        OUTCOMES.iter().for_each(|outcome| zero(&metrics::ENDED, &[kind, outcome]));
        ["overdue", "asked"].iter().for_each(|reason| zero(&metrics::ESCALATIONS, &[kind, reason]));
        VENDORS.iter().for_each(|vendor| zero(&metrics::APPROVED, &[kind, vendor]));
        zero(&metrics::REMINDERS, &[kind]);
    }
    for vendor in VENDORS {
        zero(&metrics::PAID_OUT, &[vendor]);
        ["VAT", "VDS", "TDS"].iter().for_each(|tax| zero(&metrics::TAXES, &[tax, vendor]));
    }
    for check in Check::ALL {
        for outcome in ["pass", "fail", "not_applicable"] {
            zero(&metrics::COMPLIANCE, &[check.name(), outcome]);
        }
    }
    ["assess", "record", "settle", "close"].iter().for_each(|step| zero(&metrics::EFFECTS_REPLAYED, &[step]));
}

/// An order that is issued, or what an amendment adds to one.
pub(crate) fn order(tx: &mut Tx, vendor: VendorKind, amount: Taka) {
    tx.count_taka(&metrics::APPROVED, &[DocumentType::PurchaseOrder.name(), vendor.name()], amount);
}

/// A bill that is settled: its amounts, its taxes, and what an auditor would find by what is known today.
pub(crate) fn invoice(
    tx: &mut Tx,
    (document, invoice, approval): (&Document, &Invoice, &Approval),
    (schedule, facts, assessment): (&Schedule, &assessments::Facts, &Assessment),
    on: NaiveDate,
) {
    let vendor = facts.kind.map_or("unknown", VendorKind::name);
    tx.count_taka(&metrics::APPROVED, &[DocumentType::Invoice.name(), vendor], assessment.total);
    tx.count_taka(&metrics::PAID_OUT, &[vendor], assessment.net_payable);
    tx.count_taka(&metrics::TAXES, &["VAT", vendor], assessment.vat);
    for withheld in &assessment.withheld {
        tx.count_taka(&metrics::TAXES, &[withheld.tax.name(), vendor], withheld.amount);
    }
    let known = Facts {
        invoice: Some(invoice),
        assessment: Some(assessment),
        schedule: Some(schedule),
        payer: facts.payer.as_ref(),
        payee: facts.payee.as_ref(),
        paid_on: Some(on),
        today: Some(on),
        approvals: Some(Approvals {
            submitter: document.submitter.clone(),
            approvers: approval.machine().approvers().into_iter().collect(),
            releaser: None,
        }),
        ..Facts::default()
    };
    for finding in compliance::check(&known).findings {
        let outcome = match finding.outcome {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::NotApplicable => "not_applicable",
        };
        if finding.outcome == Outcome::Fail {
            let (document, check) = (&document.key.document, finding.check.name());
            tracing::info!(%document, check, why = finding.reason, "an auditor would object");
        }
        tx.count(&metrics::COMPLIANCE, &[finding.check.name(), outcome], 1);
    }
}
