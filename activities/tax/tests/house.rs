//! The default schedule: golden cases by hand, properties by proptest.
#![cfg(test)]

use proptest::prelude::*;
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{Invoice, Lang, PayeeFacts, Payer, Refusal, RefusalCode, Taka};
use vextrus_tax::{Answers, Assessment, Case, Schedule, explain};

const HOUSE: &str = include_str!("../../../rules/tax/house.toml");

fn house() -> Schedule {
    Schedule::parse(HOUSE).unwrap()
}

fn assess(schedule: &Schedule, invoice: &Invoice, kind: VendorKind) -> Result<Assessment, Refusal> {
    let (payer, payee, answers) = (Payer::default(), PayeeFacts::default(), Answers::new());
    let case = Case { invoice, payer: &payer, kind, payee: &payee, paid_on: invoice.date, answers: &answers };
    vextrus_tax::assess(schedule, &case)
}

fn taka(text: &str) -> Taka {
    text.parse().unwrap()
}

fn invoice(subtotal: Taka, vat: Taka) -> Invoice {
    Invoice::from_json(
        &serde_json::json!({
            "vendor": "v", "number": "1", "date": "2026-08-01", "due_date": "2026-08-31", "currency": "BDT",
            "lines": [{"description": "x", "quantity": "1", "unit_price": subtotal, "amount": subtotal}],
            "subtotal": subtotal, "vat": vat, "total": subtotal.plus(vat).unwrap(), "department": "works"
        })
        .to_string(),
    )
    .unwrap()
}

#[test]
fn golden_cases() {
    for (kind, withheld, payable) in [
        (VendorKind::Contractor, "7500", "107500"),
        (VendorKind::Supplier, "5000", "110000"),
        (VendorKind::Service, "10000", "105000"),
    ] {
        let invoice = invoice(taka("100000"), taka("15000"));
        let result = assess(&house(), &invoice, kind).unwrap();
        assert_eq!(
            (result.vat, result.withheld[0].amount, result.net_payable),
            (taka("15000"), taka(withheld), taka(payable))
        );
        assert_eq!(result.withheld[0].base, taka("100000"), "the base excludes VAT");
        assert!(result.questions.is_empty());
    }
}

#[test]
fn every_amount_says_why() {
    let invoice = invoice(taka("100000"), taka("15000"));
    let assessment = assess(&house(), &invoice, VendorKind::Contractor).unwrap();
    assert_eq!(
        explain::lines(&assessment, Lang::En)[1],
        "TDS CONTRACTOR: 7.5 % of 1,00,000.00 = 7,500.00 (schedule house; Income Tax Act 2023 s.89; company schedule; confidence H)"
    );
}

#[test]
fn vat_may_differ_by_one_poisha_and_no_more() {
    let assess = |vat| {
        let invoice = invoice(taka("33.33"), taka(vat));
        assess(&house(), &invoice, VendorKind::Supplier)
    };
    for vat in ["4.99", "5.00", "5.01"] {
        assert!(assess(vat).is_ok(), "{vat}");
    }
    for vat in ["4.98", "5.02", "0"] {
        assert_eq!(assess(vat).unwrap_err().code, RefusalCode::VatMismatch, "{vat}");
    }
}

#[test]
fn wrong_sums_are_refused_with_the_right_ones() {
    let good = invoice(taka("100"), taka("15"));
    let refused = |change: &dyn Fn(&mut Invoice)| {
        let mut bad = good.clone();
        change(&mut bad);
        assess(&house(), &bad, VendorKind::Supplier).unwrap_err().to_string()
    };
    assert_eq!(
        refused(&|i| i.lines[0].amount = taka("99")),
        "LINE_ARITHMETIC: lines[0].amount is 99.00; 1 x 100.00 is 100.00"
    );
    assert_eq!(
        refused(&|i| i.subtotal = taka("101")),
        "TOTAL_MISMATCH: subtotal is 101.00; the lines add up to 100.00"
    );
    assert_eq!(
        refused(&|i| i.total = taka("116")),
        "TOTAL_MISMATCH: total is 116.00; subtotal, SD and VAT add up to 115.00"
    );
    let unknown = refused(&|i| i.lines[0].tax_code = Some("S004.00".into()));
    assert!(unknown.starts_with("TAX_CODE_UNKNOWN: schedule house has no VAT or VDS code \"S004.00\""), "{unknown}");
}

#[test]
fn a_row_of_low_confidence_asks_a_person() {
    let doubtful = Schedule::parse(&HOUSE.replacen("confidence = \"H\"", "confidence = \"L\"", 1)).unwrap();
    let invoice = invoice(taka("100"), taka("15"));
    let result = assess(&doubtful, &invoice, VendorKind::Supplier).unwrap();
    assert_eq!(result.questions.len(), 1);
}

#[test]
fn schedules_are_checked() {
    let error = |text: &str| Schedule::parse(text).unwrap_err().to_string();
    let lines = HOUSE.lines().count();
    let unknown = error(&format!("{HOUSE}surprise = 1"));
    assert!(unknown.starts_with(&format!("line {}: unknown field `surprise`", lines + 1)), "{unknown}");
    let row = HOUSE.split("[[row]]").nth(1).unwrap();
    let twice = error(&format!("{HOUSE}\n[[row]]{row}"));
    assert!(
        twice.starts_with(&format!("line {}: the VAT row for STANDARD covers the same days", lines + 2)),
        "{twice}"
    );
    let high = error(&HOUSE.replace("rate_ppm = 150000", "rate_ppm = 1500000"));
    assert!(high.contains("has a rate of 150 %; the statutory ceiling is 15 %"), "{high}");
    let dated = |bound: &str| format!("\n{bound} = \"2026-07-01\"{row}");
    let halves = HOUSE.replacen(row, &dated("to"), 1) + "\n[[row]]" + &dated("from");
    assert!(Schedule::parse(&halves).is_ok(), "half-open periods meet without overlapping");
    let gap = error(&HOUSE.replacen(row, &dated("to"), 1));
    assert!(
        gap.contains("VAT STANDARD is promised, but natural persons have no rate for every base on 2026-07-01"),
        "{gap}"
    );
}

proptest! {
    #[test]
    fn the_payable_and_what_is_withheld_make_the_total(poisha in 1_i64..10_000_000_000, kind in 0..3) {
        let kind = [VendorKind::Contractor, VendorKind::Supplier, VendorKind::Service][usize::try_from(kind).unwrap()];
        let subtotal = Taka::from_poisha(poisha).unwrap();
        let invoice = invoice(subtotal, subtotal.share(vextrus_domain::Rate::from_ppm(150_000)).unwrap());
        let result = assess(&house(), &invoice, kind).unwrap();
        prop_assert_eq!(result.net_payable.plus(result.withheld[0].amount).unwrap(), result.total);
        // Half-up: never more than half a poisha from the exact share.
        let exact = i128::from(poisha) * i128::from(result.withheld[0].rate.ppm());
        let error = i128::from(result.withheld[0].amount.poisha()) * 1_000_000 - exact;
        prop_assert!(error.abs() * 2 <= 1_000_000);
    }
}
