//! How each check fails, and what its reason says.

use vextrus_domain::Taka;
use vextrus_domain::tax_facts::{Contract, PaymentMethod, VdsExemption};
use vextrus_tax::Tax;
use vextrus_tax::compliance::{Check, Outcome};

use crate::{World, day, taka};

type Change = fn(&mut World);

/// Every change makes the check fail, with a reason that begins so.
fn fails(failing: Check, cases: &[(Change, &str)]) {
    for (change, reason) in cases {
        let report = World::with(change);
        let found = report.of(failing).unwrap();
        assert!(found.outcome == Outcome::Fail && found.reason.starts_with(*reason), "{reason}: {found:?}");
        assert!(!found.remedy.is_empty());
        assert!(report.score.unwrap() < 100);
    }
}

#[test]
fn purchase_booked_fails() {
    let cases: &[(Change, &str)] = &[
        (|w| w.booking.booked_on = None, "booking.booked_on is missing"),
        (
            |w| w.booking.booked_on = Some(day("2026-09-13")),
            "booking.booked_on is 2026-09-13, after the credit of 2026-09-12",
        ),
        (|w| w.booking.reference.clear(), "booking.reference is empty"),
    ];
    fails(Check::PurchaseBooked, cases);
}

#[test]
fn vds_by_code_fails() {
    let cases: &[(Change, &str)] = &[
        (
            |w| w.assessment.lines[0].vds = Taka::ZERO,
            "line 1: no VAT is withheld of 30000.00; tax_code is S032.00, which the table has",
        ),
        (|w| w.assessment.trace.retain(|t| t.tax != Tax::Vds), "line 1: VAT of 30000.00 is withheld and no row"),
        (
            |w| w.invoice.tax.vds_exemption = Some(VdsExemption { clause: "i".into(), evidence: " ".into() }),
            "invoice.tax.vds_exemption.evidence is empty for clause \"i\"",
        ),
    ];
    fails(Check::VdsByCode, cases);
}

#[test]
fn vds_certificate_fails() {
    let cases: &[(Change, &str)] = &[
        (
            |w| w.certificate.issued_on = None,
            "certificate_6_6.issued_on is missing on 2026-10-01; it was due on 2026-09-17",
        ),
        (|w| w.certificate.due = Some(day("2026-09-16")), "certificate_6_6.issued_on is 2026-09-17, after 2026-09-16"),
        (
            |w| w.certificate.issued_on = Some(day("2026-08-19")),
            "certificate_6_6.issued_on is 2026-08-19, before the payment of 2026-08-20",
        ),
        (
            |w| w.certificate.vat_deducted = taka("29999.99"),
            "certificate_6_6.vat_deducted is 29999.99, the assessment withholds 30000.00",
        ),
        (|w| w.certificate.in_note_24 = Some(false), "certificate_6_6.in_note_24 is false"),
    ];
    fails(Check::VdsCertificate, cases);
}

#[test]
fn tds_base_shown_fails() {
    let cases: &[(Change, &str)] = &[
        (|w| w.assessment.schedule = None, "assessment.schedule is missing"),
        (|w| w.schedule.hash = "0".repeat(64), "assessment.schedule.hash is "),
        (|w| w.assessment.trace.retain(|t| t.tax != Tax::Tds), "withheld SERVICE on 200000.00: no step"),
        (
            |w| w.invoice.tax.contract = Some(Contract { value: taka("1"), ..Contract::default() }),
            "invoice.tax.contract is given",
        ),
    ];
    fails(Check::TdsBaseShown, cases);
}

#[test]
fn return_and_bank_proof_fails() {
    let cases: &[(Change, &str)] = &[
        (
            |w| w.payee.psr = None,
            "payee.psr: no proof of submission of return is on file, and the working raises no rate",
        ),
        (
            |w| w.invoice.tax.payment.method = PaymentMethod::Other,
            "invoice.tax.payment.method is not a bank transfer, and",
        ),
    ];
    fails(Check::ReturnAndBankProof, cases);
}

#[test]
fn challan_tie_out_fails() {
    let cases: &[(Change, &str)] = &[
        (|w| w.deposits.deducted = taka("19999.99"), "deposits.deducted is 19999.99, less than this bill's 20000.00"),
        (
            |w| w.deposits.challans[0].amount = taka("49999.99"),
            "deposits.challans add up to 49999.99, the period's deductions to 50000.00",
        ),
        (|w| w.deposits.challans[0].number.clear(), "deposits.challans[0].number is empty"),
        (|w| w.deposits.due = Some(day("2026-09-09")), "deposits.challans[0].date is 2026-09-10, after 2026-09-09"),
        (
            |w| w.deposits.certified_on = Some(day("2026-09-09")),
            "deposits.certified_on is 2026-09-09, before the deposit",
        ),
        (|w| w.deposits.return_total = Some(taka("1")), "deposits.return_total is 1.00"),
    ];
    fails(Check::ChallanTieOut, cases);
}

#[test]
fn credit_allowed_fails() {
    let cases: &[(Change, &str)] = &[
        (|w| w.credit.amount = taka("30000.01"), "credit.amount is 30000.01, more than the VAT of 30000.00"),
        (
            |w| w.credit.period = "2027-03".parse().unwrap(),
            "credit.period is 2027-03, outside 2026-08 and the 6 periods",
        ),
        (|w| w.credit.exempt_use = Some(true), "credit.exempt_use is true"),
        (|w| w.credit.reversed_on = Some(day("2026-09-11")), "credit.reversed_on is 2026-09-11, before"),
    ];
    fails(Check::CreditAllowed, cases);
}

#[test]
fn trail_intact_fails() {
    let cases: &[(Change, &str)] = &[
        (|w| w.trail.chain_verified = Some(false), "trail.chain_verified is false"),
        (|w| w.trail.period_locked = Some(false), "trail.period_locked is false"),
        (|w| w.trail.serials_without_gap = Some(false), "trail.serials_without_gap is false"),
        (|w| w.trail.backups_a_day = Some(1), "trail.backups_a_day is 1; the least is 2"),
        (|w| w.trail.restore_tested = Some(false), "trail.restore_tested is false"),
        (|w| w.trail.admin_acts_logged = Some(false), "trail.admin_acts_logged is false"),
    ];
    fails(Check::TrailIntact, cases);
}

#[test]
fn retention_and_access_fails() {
    let cases: &[(Change, &str)] = &[
        (
            |w| w.retention.kept_until = Some(day("2038-08-19")),
            "retention.kept_until is 2038-08-19; 12 years are up on 2038-08-20",
        ),
        (|w| w.retention.disposed = Some(true), "retention.disposed is true"),
        (
            |w| (w.retention.disposed, w.retention.legal_hold) = (Some(true), Some(true)),
            "retention.disposed is true under a legal hold",
        ),
        (|w| w.retention.exportable = Some(false), "retention.exportable is false"),
        (|w| w.retention.officers_read_only = Some(false), "retention.officers_read_only is false"),
        (|w| w.retention.officer_access_days = Some(91), "retention.officer_access_days is 91; the most is 90"),
        (|w| w.retention.reads_logged = Some(false), "retention.reads_logged is false"),
        (|w| w.retention.reproducible = Some(false), "retention.reproducible is false"),
    ];
    fails(Check::RetentionAndAccess, cases);
}

#[test]
fn duties_segregated_fails() {
    let cases: &[(Change, &str)] = &[
        (|w| w.approvals.approvers.clear(), "approvals.approvers is empty"),
        (|w| w.approvals.submitter = "karim".parse().unwrap(), "approvals.approvers[1] is karim, who submitted it"),
        (
            |w| w.approvals.approvers[1] = "salma".parse().unwrap(),
            "approvals.approvers[1] is salma, who approved another level",
        ),
        (|w| w.approvals.releaser = Some("rahim".parse().unwrap()), "approvals.releaser is rahim, who submitted it"),
        (|w| w.approvals.releaser = Some("salma".parse().unwrap()), "approvals.releaser is salma, who approved it"),
    ];
    fails(Check::DutiesSegregated, cases);
}
