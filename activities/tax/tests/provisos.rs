//! What evidence, contracts and open questions of law do to the withholding under the statutory schedule.
#![cfg(test)]

mod common;

use common::{Facts, day, facts, invoice, line, nbr, taka, told};
use vextrus_domain::payee::{Evidence, Psr, TaxCertificate, Trade};
use vextrus_domain::tax_facts::{Contract, PaymentMethod, VdsExemption};
use vextrus_domain::{PayeeFacts, RefusalCode, Taka};
use vextrus_tax::{Assessment, Schedule, Tax};

const ON: &str = "2026-08-01";

/// Goods of 100,000 from their manufacturer: 5 % of income tax, no VAT withheld, nothing to ask.
fn goods() -> Facts {
    let mut facts = facts(invoice(day(ON), &[line("100000", "", "s89/RESIDUAL")], taka("15000")), day(ON));
    facts.payee.trade = Some(Trade::Manufacturer);
    facts
}

fn asked(a: &Assessment) -> Vec<String> {
    a.questions.iter().map(vextrus_tax::Question::key).collect()
}

fn with(setting: &str, value: &str) -> Schedule {
    let start = common::NBR.find(&format!("policy.{setting} = ")).unwrap();
    let line = common::NBR[start..].lines().next().unwrap();
    Schedule::parse(&common::NBR.replacen(line, &format!("policy.{setting} = \"{value}\""), 1)).unwrap()
}

fn tds(a: &Assessment) -> (u32, Taka, Taka) {
    let found = a.withheld.iter().find(|w| w.tax == Tax::Tds).unwrap();
    let (_, rate, base, amount) = told(found);
    (rate, base, amount)
}

#[test]
fn with_everything_in_order_nothing_is_asked() {
    let a = goods().assess(&nbr()).unwrap();
    assert_eq!((tds(&a), a.net_payable), ((50_000, taka("100000"), taka("5000")), taka("110000")));
    assert_eq!(asked(&a), Vec::<String>::new());
}

#[test]
fn a_proof_of_return_ages() {
    let own = goods().payee.psr.unwrap();
    let of = |year: &str| Psr { assessment_year: year.parse().unwrap(), verified_on: day("2025-01-01"), ..own.clone() };
    // A company's return of the year that ended is due on 15 March; a person's on 30 November, which one source has.
    for (year, natural, paid, rate, question) in [
        ("2026-27", false, "2027-06-30", 50_000, None),
        ("2025-26", false, "2027-03-15", 50_000, None),
        ("2025-26", false, "2027-03-16", 75_000, Some("return_proof/")),
        ("2024-25", false, "2026-08-01", 75_000, Some("return_proof/")),
        ("2025-26", true, "2026-11-30", 50_000, None),
        ("2025-26", true, "2026-12-01", 50_000, Some("return_proof/doubtful")),
        ("2025-26", true, "2027-03-16", 75_000, Some("return_proof/")),
    ] {
        let mut facts = goods();
        (facts.payee.psr, facts.payee.natural_person, facts.paid_on) = (Some(of(year)), natural, day(paid));
        let a = facts.assess(&nbr()).unwrap();
        assert_eq!((tds(&a).0, asked(&a).first().map(String::as_str)), (rate, question), "{year} {natural} {paid}");
    }
    let mut later = goods();
    later.payee.psr = Some(Psr { verified_on: day("2026-08-02"), ..own });
    assert_eq!(tds(&later.assess(&nbr()).unwrap()).0, 75_000, "verified after the payment");
}

#[test]
fn exemptions_from_proof_and_the_years_before_it() {
    let mut facts = goods();
    facts.payee = PayeeFacts { psr: None, psr_exemption: Some("s.166(2)".to_owned()), ..facts.payee };
    assert_eq!(tds(&facts.assess(&nbr()).unwrap()).0, 50_000);
    facts.payee.psr_exemption = None;
    let refused = facts.assess(&with("no_psr", "block")).unwrap();
    assert!(refused.blocking().next().is_some_and(|q| q.text.contains("s.264(5)")));
}

#[test]
fn papers_that_came_with_the_bill_are_used_and_asked_about() {
    let mut facts = goods();
    facts.invoice.tax.psr = facts.payee.psr.take();
    let a = facts.assess(&nbr()).unwrap();
    assert_eq!((tds(&a).0, asked(&a)), (50_000, vec!["return_proof/with_bill".to_owned()]));

    let mut facts = goods();
    let paper = |until: &str| Evidence { number: "NBR-7".to_owned(), from: day("2026-07-01"), until: day(until) };
    let certificate = |until| TaxCertificate {
        section: "s89".to_owned(),
        rate: vextrus_domain::Rate::from_ppm(20_000),
        paper: paper(until),
    };
    facts.invoice.tax.certificates = vec![certificate("2026-08-01")];
    let a = facts.assess(&nbr()).unwrap();
    assert_eq!((tds(&a).0, asked(&a)), (20_000, vec!["certificate/NBR-7".to_owned()]));
    (facts.payee.certificates, facts.invoice.tax.certificates) = (vec![certificate("2026-08-01")], vec![]);
    assert_eq!(asked(&facts.assess(&nbr()).unwrap()), Vec::<String>::new(), "the vendor's record is verified");
    facts.payee.certificates = vec![certificate("2026-07-31")];
    assert_eq!(tds(&facts.assess(&nbr()).unwrap()).0, 50_000, "it has run out");
    facts.payee.certificates = vec![certificate("2026-08-01")];
    facts.invoice.tax.contract = Some(Contract { tax_inclusive: true, ..Contract::default() });
    assert_eq!(tds(&facts.assess(&nbr()).unwrap()).0, 50_000, "r.11: not where the price has the tax in it");
}

#[test]
fn two_failures_at_once_follow_the_named_policy() {
    let mut facts = goods();
    facts.invoice.tax.payment.method = PaymentMethod::Other;
    assert_eq!(tds(&facts.assess(&nbr()).unwrap()).0, 75_000, "one failure");
    facts.payee.psr = None;
    let both = |policy: &str| facts.assess(&with("both_uplifts", policy)).unwrap();
    for (policy, rate, question) in
        [("one_and_ask", 75_000, true), ("sum", 100_000, false), ("product", 112_500, false)]
    {
        let a = both(policy);
        assert_eq!((tds(&a).0, asked(&a).contains(&"both_uplifts/".to_owned())), (rate, question), "{policy}");
    }
}

#[test]
fn the_base_is_the_highest_of_contract_bill_and_payment() {
    let mut facts = goods();
    facts.invoice.tax.contract = Some(Contract { value: taka("120000"), ..Contract::default() });
    assert_eq!(tds(&facts.assess(&nbr()).unwrap()), (50_000, taka("120000"), taka("6000")));
    facts.invoice.tax.payment.amount = Some(taka("130000"));
    assert_eq!(tds(&facts.assess(&nbr()).unwrap()).1, taka("130000"));
    facts.invoice.tax.payment.amount = Some(taka("90000"));
    facts.invoice.tax.contract = Some(Contract { value: taka("50000"), ..Contract::default() });
    assert_eq!(tds(&facts.assess(&nbr()).unwrap()).1, taka("100000"));

    let part =
        Contract { value: taka("300000"), instalment: true, taxed_before: taka("120000"), ..Contract::default() };
    facts.invoice.tax.contract = Some(part);
    let a = facts.assess(&nbr()).unwrap();
    assert_eq!((tds(&a).1, asked(&a)), (taka("100000"), vec!["part_payment/".to_owned()]));
    assert_eq!(tds(&facts.assess(&with("part_payments", "whole_contract")).unwrap()).1, taka("180000"));
}

#[test]
fn tax_that_the_payer_bears_is_grossed_up_with_the_raised_rate() {
    let mut facts = goods();
    facts.invoice.tax.contract = Some(Contract { value: taka("100000"), net_of_tax: true, ..Contract::default() });
    let a = facts.assess(&nbr()).unwrap();
    assert_eq!((tds(&a).2, a.borne, a.net_payable), (taka("5263.16"), taka("5263.16"), taka("115000")));
    facts.payee.psr = None;
    let a = facts.assess(&nbr()).unwrap();
    assert_eq!(tds(&a).2, taka("8108.11"), "7.5 of 92.5 (s.141(2))");
    facts.payee = goods().payee;
    let taka_only = facts.assess(&with("tds_rounding", "nearest_taka_s331")).unwrap();
    assert_eq!(tds(&taka_only).2, taka("5263"));
}

#[test]
fn tax_paid_at_import_is_credited_and_never_more() {
    for (paid, withheld, asks) in [("2000", Some("3000"), false), ("5000", None, false), ("6000", None, true)] {
        let mut facts = goods();
        facts.invoice.tax.import_tax_paid = taka(paid);
        let a = facts.assess(&nbr()).unwrap();
        let amount = a.withheld.iter().find(|w| w.tax == Tax::Tds).map(|w| w.amount);
        assert_eq!((amount, !asked(&a).is_empty()), (withheld.map(taka), asks), "{paid}");
    }
}

#[test]
fn who_supplies_what_decides_on_vat_withheld() {
    let files = Evidence { number: "eVAT-1".to_owned(), from: day("2026-07-01"), until: day("2027-06-30") };
    for (trade, filing, asks) in [
        (Some(Trade::Manufacturer), None, false),
        (Some(Trade::Trader), Some(files), false),
        (Some(Trade::Trader), None, true),
        (None, None, true),
    ] {
        let mut facts = goods();
        (facts.payee.trade, facts.payee.filing_certificate) = (trade, filing);
        let a = facts.assess(&nbr()).unwrap();
        assert!(!a.withheld.iter().any(|w| w.tax == Tax::Vds), "never on a guess");
        assert_eq!(asked(&a), if asks { vec!["uncoded_supply/".to_owned()] } else { vec![] }, "{trade:?}");
        facts.answers.insert("uncoded_supply/".to_owned(), "S037.00".to_owned());
        let vds = facts.assess(&nbr()).unwrap().withheld.into_iter().find(|w| w.tax == Tax::Vds).map(|w| w.amount);
        assert_eq!(vds, asks.then(|| taka("10000")), "{trade:?}");
    }
}

#[test]
fn a_claimed_exemption_needs_its_ground() {
    let mut facts = goods();
    facts.invoice.lines[0].tax_code = Some("S032.00".to_owned());
    let mut claim = |clause: &str, evidence: &str, paid: &str| {
        facts.invoice.tax.vds_exemption =
            Some(VdsExemption { clause: clause.to_owned(), evidence: evidence.to_owned() });
        facts.paid_on = day(paid);
        facts.assess(&nbr())
    };
    assert_eq!(asked(&claim("i", "EFD 9", ON).unwrap()), Vec::<String>::new());
    assert_eq!(asked(&claim("i", "", ON).unwrap()), ["vds_exemption/i"]);
    assert_eq!(asked(&claim("c", "x", ON).unwrap()), ["vds_exemption/c"], "the code is in the table");
    assert_eq!(asked(&claim("k", "x", ON).unwrap()), Vec::<String>::new());
    assert_eq!(claim("k", "x", "2026-06-30").unwrap_err().code, RefusalCode::TaxFactsContradict);
    assert_eq!(claim("z", "x", ON).unwrap_err().code, RefusalCode::TaxFactsContradict);
}

#[test]
fn a_vendor_abroad_has_a_section_of_its_own() {
    let mut facts = goods();
    facts.payee.non_resident = true;
    let refusal = facts.assess(&nbr()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::TaxFactsContradict);
    facts.invoice.lines[0].tds_code = Some("s119/ADVISORY".to_owned());
    facts.payee.psr = None;
    assert_eq!(tds(&facts.assess(&nbr()).unwrap()).0, 100_000, "and s.142 does not reach it");
    facts.payee.non_resident = false;
    assert_eq!(facts.assess(&nbr()).unwrap_err().code, RefusalCode::TaxFactsContradict);
}

#[test]
fn what_is_kept_back_is_not_more_than_what_is_paid() {
    let mut facts = goods();
    (facts.invoice.tax.retention, facts.invoice.tax.advance) = (taka("10000"), taka("100000"));
    assert_eq!(facts.assess(&nbr()).unwrap().net_payable, Taka::ZERO);
    facts.invoice.tax.advance = taka("100000.01");
    assert_eq!(facts.assess(&nbr()).unwrap_err().code, RefusalCode::TaxFactsContradict);
}

#[test]
fn slabs_follow_the_sum_of_everything_under_the_section() {
    let on = day("2022-01-10");
    let lines = [line("3000000", "", "s89/CEMENT_IRON"), line("3000000", "", "s89/FRUIT")];
    let facts = facts(invoice(on, &lines, taka("900000")), on);
    let a = facts.assess(&nbr()).unwrap();
    let withheld: Vec<_> = a.withheld.iter().map(told).collect();
    assert_eq!(withheld, [("s89/ANY", 50_000, taka("6000000"), taka("300000"))], "above 50 lakh together");
    assert_eq!(a.lines.iter().map(|l| l.tds).collect::<Vec<_>>(), [taka("150000"); 2]);
}
