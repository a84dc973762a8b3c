//! Mushak 6.6 and the certificate of tax deducted at source.

use proptest::prelude::*;
use vextrus_domain::identity::IdentityProfile;
use vextrus_domain::invoice::Mushak63;
use vextrus_domain::{Invoice, Lang, Payer, RefusalCode, Taka};
use vextrus_tax::mushak::form_6_6::{self, Form66, Form66Row, Request66, Supplier};
use vextrus_tax::mushak::tds_certificate::{self, Deduction, TdsCertificate, TdsRequest, deductions_of};
use vextrus_tax::mushak::{Challan, Officer};

use crate::{ISSUER, any_taka, assessed, bill, day, payer, taka};

fn officer() -> Officer {
    Officer { name: "S. Akter".into(), designation: "Finance manager".into() }
}

fn challan(date: &str, amount: &str) -> Challan {
    Challan { number: "2627-000123".into(), date: day(date), amount: taka(amount) }
}

fn request(payer: &Payer) -> Request66<'_> {
    let rows = vec![form_6_6::row_of(&bill(), &assessed(&bill())).unwrap()];
    let supplier = Supplier { name: "Padma Advisers Ltd".into(), bin: ISSUER.into() };
    let issued_on = day("2026-09-17");
    Request66 { number: "VDS-1/2026-27".into(), issued_on, payer, supplier, rows, officer: officer(), challan: None }
}

#[test]
fn a_6_6_is_issued_from_the_assessment() {
    let payer = payer();
    let form = form_6_6::issue(request(&payer)).unwrap();
    assert_eq!((form.supply_value, form.vat, form.vat_deducted), (taka("230000"), taka("30000"), taka("30000")));
    assert_eq!(form.in_words(Lang::En), "Taka Thirty Thousand Only");
    assert_eq!(form.in_words(Lang::Bn), "ত্রিশ হাজার টাকা মাত্র");
    assert!(form.warnings.is_empty());
    assert_eq!(serde_json::from_str::<Form66>(&serde_json::to_string(&form).unwrap()).unwrap(), form);
    let without = Invoice { mushak_63: None, ..bill() };
    assert_eq!(form_6_6::row_of(&without, &assessed(&bill())).unwrap_err().code, RefusalCode::MushakMissing);
    let other = Invoice { total: taka("1"), ..bill() };
    assert_eq!(form_6_6::row_of(&other, &assessed(&bill())).unwrap_err().code, RefusalCode::TotalMismatch);
    let mut nothing = assessed(&bill());
    nothing.withheld.clear();
    assert_eq!(form_6_6::row_of(&bill(), &nothing).unwrap_err().code, RefusalCode::InvalidField);
}

#[test]
fn what_is_wrong_keeps_a_6_6_from_being_issued() {
    type Change = fn(&mut Request66<'_>);
    let payer = payer();
    let cases: [(Change, RefusalCode, &str); 13] = [
        (|r| r.number.clear(), RefusalCode::InvalidField, "number: "),
        (
            |r| r.supplier.bin = "765432109".into(),
            RefusalCode::VendorIdentityInvalid,
            "supplier.bin: a BIN of 9 digits",
        ),
        (|r| r.supplier.bin.clear(), RefusalCode::VendorIdentityInvalid, "supplier.bin: there is none"),
        (|r| r.supplier.name.clear(), RefusalCode::InvalidField, "supplier.name: "),
        (|r| r.rows.clear(), RefusalCode::InvalidField, "rows: there are none"),
        (
            |r| r.rows[0].mushak_63.number = " ".into(),
            RefusalCode::MushakMissing,
            "rows[0].mushak_63.number: there is no Mushak 6.3",
        ),
        (
            |r| r.rows.push(r.rows[0].clone()),
            RefusalCode::InvalidField,
            "rows[1].mushak_63.number: \"1001/2026-27\" stands twice",
        ),
        (
            |r| r.rows[0].mushak_63.date = r.issued_on.succ_opt().unwrap(),
            RefusalCode::InvalidField,
            "rows[0].mushak_63.date: 2026-09-18 is after",
        ),
        (
            |r| r.rows[0].vat_deducted = Taka::ZERO,
            RefusalCode::InvalidField,
            "rows[0].vat_deducted: 0.00 is not above zero",
        ),
        (
            |r| r.rows[0].vat_deducted = taka("30000.01"),
            RefusalCode::TaxFactsContradict,
            "rows[0].vat_deducted: 30000.01 is more than the VAT 30000.00",
        ),
        (
            |r| r.rows[0].supply_value = taka("30000"),
            RefusalCode::TotalMismatch,
            "rows[0].vat: 30000.00 does not leave a value",
        ),
        (|r| r.officer.designation.clear(), RefusalCode::InvalidField, "officer.designation: "),
        (
            |r| r.challan = Some(challan("2026-09-18", "29999.99")),
            RefusalCode::InvalidField,
            "challan.date: 2026-09-18 is after",
        ),
    ];
    for (change, code, text) in cases {
        let mut request = request(&payer);
        change(&mut request);
        let refusal = form_6_6::issue(request).unwrap_err();
        assert!(refusal.code == code && refusal.message.starts_with(text), "{text}: {refusal}");
        assert!(!refusal.message.contains("765432109"), "{refusal}");
    }
    let legacy = |profile| {
        let payer = Payer { identity_profile: profile, bin: "987654321".into(), ..payer.clone() };
        let mut request = request(&payer);
        request.supplier.bin = "765432109".into();
        form_6_6::issue(request)
    };
    assert_eq!(legacy(IdentityProfile::Nbr).unwrap_err().code, RefusalCode::VendorIdentityInvalid);
    for profile in [IdentityProfile::House, IdentityProfile::Any] {
        let warnings = legacy(profile).unwrap().warnings;
        assert_eq!(warnings, ["payer.bin: LEGACY_IDENTIFIER", "supplier.bin: LEGACY_IDENTIFIER"]);
    }
    let stranger = Payer { withholding_entity: false, ..payer };
    assert_eq!(form_6_6::issue(request(&stranger)).unwrap_err().code, RefusalCode::TaxFactsContradict);
}

#[test]
fn who_is_not_registered_deposits_before_certifying() {
    let payer = Payer { vat_registered: false, bin: String::new(), ..payer() };
    let refused = form_6_6::issue(request(&payer)).unwrap_err();
    assert!(refused.message.starts_with("challan: there is none"), "{refused}");
    for (amount, right) in [("29999.99", false), ("30000", true), ("45000", true)] {
        let request = Request66 { challan: Some(challan("2026-09-02", amount)), ..request(&payer) };
        assert_eq!(form_6_6::issue(request).is_ok(), right, "{amount}");
    }
}

fn tds(payer: &Payer) -> TdsRequest<'_> {
    TdsRequest {
        number: "TDS-1".into(),
        issued_on: day("2026-09-14"),
        payer,
        payee_name: "Padma Advisers Ltd".into(),
        payee_tin: "1234-5678-9012".into(),
        from: day("2026-08-01"),
        until: day("2026-08-31"),
        deductions: deductions_of(&assessed(&bill()), day("2026-08-20")),
        deposits: vec![challan("2026-09-10", "20000")],
        officer: officer(),
    }
}

#[test]
fn a_tds_certificate_shows_what_s145_asks() {
    let payer = payer();
    let paper = tds_certificate::issue(tds(&payer)).unwrap();
    assert_eq!((paper.base, paper.tax), (taka("200000"), taka("20000")));
    assert_eq!(paper.sections(), ["Income Tax Act 2023 s.90"], "the house schedule's codes have no section");
    assert_eq!(paper.in_words(Lang::En), "Taka Twenty Thousand Only");
    assert_eq!(serde_json::from_str::<TdsCertificate>(&serde_json::to_string(&paper).unwrap()).unwrap(), paper);
    assert!(!format!("{paper:?}").contains("123456789012"), "a TIN has no place in a log");
}

#[test]
fn what_is_wrong_keeps_a_tds_certificate_from_being_issued() {
    type Change = fn(&mut TdsRequest<'_>);
    let payer = payer();
    let cases: [(Change, RefusalCode, &str); 14] = [
        (|r| r.payee_tin = "1234567890".into(), RefusalCode::VendorIdentityInvalid, "payee_tin: a TIN of 10 digits"),
        (|r| r.payee_tin.clear(), RefusalCode::VendorIdentityInvalid, "payee_tin: there is none"),
        (|r| r.payee_name.clear(), RefusalCode::InvalidField, "payee_name: "),
        (|r| r.deductions.clear(), RefusalCode::InvalidField, "deductions: there are none"),
        (|r| r.deductions[0].section.clear(), RefusalCode::InvalidField, "deductions[0].section: "),
        (|r| r.deductions[0].tax = Taka::ZERO, RefusalCode::InvalidField, "deductions[0].tax: 0.00 is not above zero"),
        (
            |r| r.deductions[0].base = taka("1"),
            RefusalCode::TaxFactsContradict,
            "deductions[0].tax: 20000.00 is more than its base",
        ),
        (
            |r| r.deductions[0].paid_on = day("2026-07-31"),
            RefusalCode::InvalidField,
            "deductions[0].paid_on: 2026-07-31 is outside the period",
        ),
        (|r| r.until = day("2026-07-01"), RefusalCode::InvalidField, "until: 2026-07-01 is before"),
        (|r| r.deposits.clear(), RefusalCode::InvalidField, "deposits: there are none"),
        (
            |r| r.deposits[0].amount = taka("19999.99"),
            RefusalCode::TotalMismatch,
            "deposits: 19999.99 does not cover the 20000.00",
        ),
        (
            |r| r.deposits[0].date = day("2026-09-15"),
            RefusalCode::InvalidField,
            "deposits[0].date: 2026-09-15 is after",
        ),
        (
            |r| r.deposits[0].date = day("2026-08-19"),
            RefusalCode::InvalidField,
            "deposits[0].date: 2026-08-19 is before the first",
        ),
        (
            |r| r.deposits.push(r.deposits[0].clone()),
            RefusalCode::InvalidField,
            "deposits[1].number: \"2627-000123\" stands twice",
        ),
    ];
    for (change, code, text) in cases {
        let mut request = tds(&payer);
        change(&mut request);
        let refusal = tds_certificate::issue(request).unwrap_err();
        assert!(refusal.code == code && refusal.message.starts_with(text), "{text}: {refusal}");
        assert!(!refusal.message.contains("1234567890"), "{refusal}");
    }
    let any = Payer { identity_profile: IdentityProfile::Any, ..payer.clone() };
    let old = tds_certificate::issue(TdsRequest { payee_tin: "1234567890".into(), ..tds(&any) }).unwrap();
    assert_eq!(old.warnings, ["payee_tin: LEGACY_IDENTIFIER"]);
    let stranger = Payer { specified_person: false, ..payer };
    assert_eq!(tds_certificate::issue(tds(&stranger)).unwrap_err().code, RefusalCode::TaxFactsContradict);
}

proptest! {
    #[test]
    fn arbitrary_certificates_never_panic(
        rows in proptest::collection::vec((any_taka(), any_taka(), any_taka(), ".{0,9}"), 0..4),
        bin in "[0-9-]{0,16}",
    ) {
        let payer = payer();
        let row = |(supply_value, vat, vat_deducted, number): (Taka, Taka, Taka, String)| Form66Row {
            mushak_63: Mushak63 { number, date: day("2026-08-01") }, supply_value, vat, vat_deducted,
        };
        let deductions = rows.iter().map(|(base, tax, _, section)| Deduction {
            section: section.clone(), paid_on: day("2026-08-20"), base: *base, tax: *tax,
        }).collect();
        let _ = tds_certificate::issue(TdsRequest { deductions, payee_tin: bin.clone(), ..tds(&payer) });
        let mut request = Request66 { rows: rows.into_iter().map(row).collect(), ..request(&payer) };
        request.supplier.bin = bin;
        if let Ok(form) = form_6_6::issue(request) {
            prop_assert!(form.vat_deducted <= form.vat && form.vat < form.supply_value);
        }
    }
}
