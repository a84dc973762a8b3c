//! What passes, what does not apply, what is not known, and the score.

use chrono::NaiveDate;
use proptest::prelude::*;
use vextrus_domain::payee::{Evidence, VatStatus};
use vextrus_domain::tax_facts::{PaymentMethod, VdsExemption};
use vextrus_domain::{Lang, Taka};
use vextrus_tax::Vds;
use vextrus_tax::compliance::{Check, Facts, Outcome, Override, Report, check};
use vextrus_tax::mushak::Challan;

use crate::{World, day, taka, world};

#[test]
fn a_bill_that_is_right_in_every_way_scores_100() {
    let report = check(&world().facts());
    for finding in &report.findings {
        assert_eq!(finding.outcome, Outcome::Pass, "{finding:?}");
    }
    assert_eq!((report.passed, report.applicable, report.score), (11, 11, Some(100)));
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
}

#[test]
fn names_are_stable_and_titles_are_in_both_languages() {
    for check in Check::ALL {
        assert_eq!(serde_json::to_value(check).unwrap(), check.name());
        assert!(check.title(Lang::En).is_ascii() && !check.title(Lang::En).contains('\n'));
        assert!(check.title(Lang::Bn).chars().all(|c| ('\u{0980}'..='\u{09FF}').contains(&c) || " -,.()".contains(c)));
    }
}

#[test]
fn what_is_not_known_never_passes() {
    let nothing = check(&Facts::default());
    assert_eq!((nothing.passed, nothing.applicable, nothing.score), (0, 0, None));
    assert!(nothing.findings.iter().all(|f| f.reason.starts_with("not known here: ")), "{nothing:?}");
    // Taking away any one fact never turns into a pass of what needs it, nor into a failure.
    type Forget = fn(&mut Facts<'_>);
    let cases: [(Forget, &[Check]); 13] = [
        (
            |f| f.invoice = None,
            &[Check::TaxInvoiceValid, Check::TdsBaseShown, Check::ReturnAndBankProof, Check::CreditAllowed],
        ),
        (
            |f| f.assessment = None,
            &[Check::VdsByCode, Check::VdsCertificate, Check::TdsBaseShown, Check::ChallanTieOut],
        ),
        (|f| f.schedule = None, &[Check::VdsByCode, Check::TdsBaseShown, Check::ReturnAndBankProof]),
        (
            |f| f.payer = None,
            &[Check::TaxInvoiceValid, Check::VdsByCode, Check::ReturnAndBankProof, Check::CreditAllowed],
        ),
        (|f| f.payee = None, &[Check::TaxInvoiceValid, Check::ReturnAndBankProof, Check::CreditAllowed]),
        (|f| f.payee_bin = None, &[Check::TaxInvoiceValid, Check::CreditAllowed]),
        (|f| f.form_6_3 = None, &[Check::TaxInvoiceValid, Check::CreditAllowed]),
        (|f| f.paid_on = None, &[Check::VdsCertificate, Check::ReturnAndBankProof]),
        (|f| f.booking = None, &[Check::PurchaseBooked]),
        (|f| f.credit = None, &[Check::PurchaseBooked, Check::CreditAllowed]),
        (|f| f.certificate_6_6 = None, &[Check::VdsCertificate]),
        (|f| f.deposits = None, &[Check::ChallanTieOut]),
        (
            |f| (f.trail, f.retention, f.approvals) = (None, None, None),
            &[Check::TrailIntact, Check::RetentionAndAccess, Check::DutiesSegregated],
        ),
    ];
    for (forget, open) in cases {
        let world = world();
        let mut facts = world.facts();
        forget(&mut facts);
        let report = check(&facts);
        for finding in &report.findings {
            let expected = if open.contains(&finding.check) { Outcome::NotApplicable } else { Outcome::Pass };
            assert_eq!(finding.outcome, expected, "{finding:?}");
        }
        assert_eq!(report.score, Some(100), "what is left out weighs nothing");
    }
}

#[test]
fn a_defective_6_3_fails_the_invoice_and_blocks_the_credit() {
    type Change = fn(&mut World);
    let cases: [(Change, &str); 4] = [
        (|w| w.invoice.mushak_63 = None, "invoice.mushak_63 is missing"),
        (|w| w.form.time = None, "form_6_3.time: there is none"),
        (|w| w.form.totals.vat = taka("1"), "form_6_3.totals.vat: it is 1.00"),
        (
            |w| w.form.buyer.bin = "111111111-0101".into(),
            "form_6_3.buyer.bin: it is not the BIN of the company's record",
        ),
    ];
    for (change, reason) in cases {
        let report = World::with(change);
        for check in [Check::TaxInvoiceValid, Check::CreditAllowed] {
            let found = report.of(check).unwrap();
            assert!(found.outcome == Outcome::Fail && found.reason.starts_with(reason), "{found:?}");
            assert!(!found.reason.contains("111111111"), "{found:?}");
        }
        assert_eq!((report.passed, report.score), (9, Some(81)), "9 of 11, rounded down");
    }
    let enlisted = World::with(|w| w.payee.vat_status = VatStatus::Enlisted);
    assert_eq!(enlisted.of(Check::TaxInvoiceValid).unwrap().outcome, Outcome::NotApplicable);
    assert_eq!(enlisted.of(Check::CreditAllowed).unwrap().outcome, Outcome::Fail);
    let reversed = World::with(|w| (w.form.time, w.credit.reversed_on) = (None, Some(day("2026-09-20"))));
    assert_eq!(reversed.of(Check::CreditAllowed).unwrap().outcome, Outcome::Pass, "a logged reversal mends it");
}

#[test]
fn boundaries_of_credit_paid_in_cash() {
    for (total, outcome) in [("100000", Outcome::Pass), ("100000.01", Outcome::Fail)] {
        let report = World::with(|w| {
            (w.invoice.total, w.form.totals.total) = (taka(total), taka(total));
            w.invoice.tax.payment.method = PaymentMethod::Other;
        });
        let reason = &report.of(Check::CreditAllowed).unwrap().reason;
        assert_eq!(reason.contains("is not a bank transfer"), outcome == Outcome::Fail, "{total}: {reason}");
    }
}

#[test]
fn a_raised_rate_and_a_second_person_carry_a_missing_proof() {
    let over = |asked: &str, agreed: &str, reason: &str| Override {
        reason: reason.into(),
        asked_by: asked.parse().unwrap(),
        agreed_by: agreed.parse().unwrap(),
    };
    for (overrides, expected, reason) in [
        (vec![over("rahim", "salma", "the bank's freeze")], Outcome::Pass, ""),
        (vec![over("rahim", "rahim", "hurry")], Outcome::Fail, "overrides[0].agreed_by is rahim"),
        (vec![over("rahim", "salma", " ")], Outcome::Fail, "overrides[0].reason is empty"),
        (vec![], Outcome::Fail, "payee.psr: no proof of submission of return is on file; overrides has nobody"),
    ] {
        let report = World::with(|w| {
            w.payee.psr = None;
            w.assess();
            w.overrides = overrides;
        });
        let found = report.of(Check::ReturnAndBankProof).unwrap();
        assert!(found.outcome == expected && (reason.is_empty() || found.reason.starts_with(reason)), "{found:?}");
    }
    let outside = World::with(|w| {
        w.invoice.tax.payment.method = PaymentMethod::Other;
        w.assess();
    });
    assert_eq!(outside.of(Check::ReturnAndBankProof).unwrap().outcome, Outcome::Pass, "the rate was raised");
}

#[test]
fn an_exemption_needs_its_clause_and_its_certificate() {
    let claimed = |from: &str, until: &str| {
        World::with(|w| {
            w.invoice.tax.vds_exemption = Some(VdsExemption { clause: "b".into(), evidence: "eVAT 9".into() });
            w.payee.filing_certificate = Some(Evidence { number: "9".into(), from: day(from), until: day(until) });
            w.assess();
        })
    };
    assert_eq!(claimed("2026-07-01", "2026-08-20").of(Check::VdsByCode).unwrap().outcome, Outcome::Pass);
    type Forget = fn(&mut Facts<'_>);
    let forgotten: [Forget; 3] = [|f| f.invoice = None, |f| f.payee = None, |f| f.paid_on = None];
    for forget in forgotten {
        let mut world = world();
        world.invoice.tax.vds_exemption = Some(VdsExemption { clause: "b".into(), evidence: "eVAT 9".into() });
        world.assess();
        let mut facts = world.facts();
        forget(&mut facts);
        assert_eq!(check(&facts).of(Check::VdsByCode).unwrap().outcome, Outcome::NotApplicable);
    }
    let expired = claimed("2026-07-01", "2026-08-19");
    let found = expired.of(Check::VdsByCode).unwrap();
    assert!(
        found.outcome == Outcome::Fail && found.reason.contains("payee.filing_certificate counts from"),
        "{found:?}"
    );
    assert_eq!(expired.of(Check::VdsCertificate).unwrap().outcome, Outcome::NotApplicable, "nothing is withheld");
}

#[test]
fn what_does_not_apply_or_is_not_due_weighs_nothing() {
    type Change = fn(&mut World);
    let cases: [(Check, Change, &str); 8] = [
        (
            Check::VdsByCode,
            |w| w.payer.withholding_entity = false,
            "does not apply: the company is no withholding entity",
        ),
        (Check::VdsByCode, |w| w.schedule.policy.vds = Vds::None, "does not apply: schedule house withholds no VAT"),
        (Check::VdsCertificate, |w| w.assessment.withheld.clear(), "does not apply: no VAT is withheld"),
        (
            Check::VdsCertificate,
            |w| (w.certificate.issued_on, w.today) = (None, day("2026-09-17")),
            "does not apply: the Mushak 6.6 is due on 2026-09-17",
        ),
        (Check::TdsBaseShown, |w| w.assessment.withheld.clear(), "does not apply: no income tax is withheld"),
        (
            Check::ReturnAndBankProof,
            |w| w.payer.specified_person = false,
            "does not apply: the company is no specified person",
        ),
        (
            Check::ChallanTieOut,
            |w| {
                w.deposits.challans.clear();
                (w.deposits.certified_on, w.today) = (None, day("2026-09-14"));
            },
            "does not apply: the deposit is due on 2026-09-14",
        ),
        (Check::CreditAllowed, |w| w.credit.amount = Taka::ZERO, "does not apply: no input credit is claimed"),
    ];
    for (check, change, reason) in cases {
        let report = World::with(change);
        let found = report.of(check).unwrap();
        assert!(found.outcome == Outcome::NotApplicable && found.reason.starts_with(reason), "{reason}: {found:?}");
    }
    let unlocked = World::with(|w| (w.trail.return_filed, w.trail.period_locked) = (Some(false), None));
    assert_eq!(unlocked.of(Check::TrailIntact).unwrap().outcome, Outcome::Pass, "no return is filed yet");
    let late = World::with(|w| {
        w.deposits.challans.clear();
        (w.deposits.certified_on, w.today) = (None, day("2026-09-15"));
    });
    assert_eq!(late.of(Check::ChallanTieOut).unwrap().outcome, Outcome::Fail);
}

proptest! {
    #[test]
    fn no_facts_panic_and_the_score_is_what_it_says(
        known in any::<u32>(),
        poisha in -Taka::MAX_POISHA..=Taka::MAX_POISHA,
        shift in -40_000_i64..40_000,
        text in ".{0,12}",
    ) {
        let mut world = world();
        let amount = Taka::from_poisha(poisha).unwrap();
        world.deposits.challans.push(Challan { number: text.clone(), date: day("2026-09-10"), amount });
        (world.credit.amount, world.certificate.vat_deducted) = (amount, amount);
        (world.invoice.total, world.form.totals.vat, world.assessment.lines[0].vds) = (amount, amount, amount);
        world.assessment.withheld[0].amount = amount;
        world.assessment.withheld.push(world.assessment.withheld[0].clone());
        world.today = world.today.checked_add_signed(chrono::TimeDelta::days(shift)).unwrap();
        world.form.number = text.clone();
        let mut facts = world.facts();
        let keep = |bit: u32| known >> bit & 1 == 1;
        if keep(0) { facts.invoice = None; }
        if keep(1) { facts.assessment = None; }
        if keep(2) { facts.schedule = None; }
        if keep(3) { facts.payer = None; }
        if keep(4) { facts.payee = None; }
        if keep(5) { facts.payee_bin = Some(&text); }
        if keep(6) { facts.form_6_3 = None; }
        if keep(7) { facts.paid_on = Some(NaiveDate::MAX); }
        if keep(8) { facts.credit = None; }
        let report = check(&facts);
        prop_assert_eq!(report.findings.len(), Check::ALL.len());
        let failed = u32::try_from(report.failures().count()).unwrap();
        prop_assert_eq!(report.applicable, report.passed + failed);
        prop_assert_eq!(report.score == Some(100), failed == 0 && report.passed > 0);
    }
}
