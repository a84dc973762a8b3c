//! Mushak 6.3.

use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::{Value, json};
use vextrus_domain::identity::IdentityProfile;
use vextrus_domain::{Invoice, Rate, RefusalCode, Taka};
use vextrus_tax::mushak::Form63;

use crate::{BUYER, ISSUER, any_taka, bill, taka};

/// rules.md section 7, example 5: consultancy of 230,000 with VAT 30,000 in it.
fn golden() -> Value {
    json!({
        "number": "1001/2026-27", "date": "2026-08-01", "time": "14:05:00",
        "issuer": {"name": "Padma Advisers Ltd", "bin": ISSUER, "address": "12 Motijheel, Dhaka"},
        "buyer": {"name": "Meghna Mills Ltd", "bin": BUYER, "address": "4 Agrabad, Chattogram"},
        "lines": [{
            "serial": 1, "description": "Consultancy", "code": "S032.00", "unit": "job", "quantity": "1",
            "unit_price": "200000.00", "value": "200000.00", "sd_rate_ppm": 0, "sd": "0.00",
            "vat_charge": {"rate_ppm": 150_000}, "vat": "30000.00", "total": "230000.00"
        }],
        "totals": {"value": "200000.00", "sd": "0.00", "vat": "30000.00", "total": "230000.00"},
        "officer": {"name": "R. Karim", "designation": "Manager"}, "signed": true, "sealed": true
    })
}

fn form(changes: &[(&str, Value)]) -> Form63 {
    let mut json = golden();
    for (path, value) in changes {
        *json.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value.clone();
    }
    serde_json::from_value(json).unwrap()
}

fn said(form: &Form63) -> Vec<String> {
    form.check(IdentityProfile::Nbr, taka("0.01")).into_iter().map(|v| v.refusal.to_string()).collect()
}

#[test]
fn the_golden_6_3_is_right_and_survives_json() {
    let form = form(&[]);
    assert_eq!(said(&form), Vec::<String>::new());
    let text = serde_json::to_string(&form).unwrap();
    assert_eq!(serde_json::from_str::<Form63>(&text).unwrap(), form);
    let mut strange = golden();
    strange["surprise"] = json!(1);
    assert!(serde_json::from_value::<Form63>(strange).unwrap_err().to_string().contains("surprise"));
    // What the paper lacks is read, so that the check can name it.
    let bare: Form63 = serde_json::from_value(json!({"number": "", "date": "2026-08-01"})).unwrap();
    let fields: Vec<String> = bare.check(IdentityProfile::Any, Taka::ZERO).into_iter().map(|v| v.field).collect();
    for field in ["number", "time", "issuer.name", "issuer.address", "issuer.bin", "lines", "signed", "sealed"] {
        assert!(fields.contains(&field.to_owned()), "{field}: {fields:?}");
    }
}

/// What is wrong with the header, and the start of what is said.
fn wrong_headers() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        (
            "/number",
            json!("1001/2025-26"),
            "INVALID_FIELD: number: \"1001/2025-26\" is not a serial of the fiscal year",
        ),
        ("/number", json!("1001"), "INVALID_FIELD: number: \"1001\" is not a serial"),
        ("/number", json!("000/2026-27"), "INVALID_FIELD: number: "),
        ("/number", json!("1001/202627"), "INVALID_FIELD: number: "),
        ("/number", json!("1001/2026-27\n"), "INVALID_FIELD: number: it holds control characters"),
        ("/date", json!("2026-06-30"), "INVALID_FIELD: number: \"1001/2026-27\" is not a serial"),
        ("/time", Value::Null, "INVALID_FIELD: time: there is none"),
        ("/issuer/name", json!(" "), "INVALID_FIELD: issuer.name: it is empty"),
        ("/issuer/bin", json!(""), "VENDOR_IDENTITY_INVALID: issuer.bin: there is none"),
        ("/issuer/bin", json!("765432109"), "VENDOR_IDENTITY_INVALID: issuer.bin: a BIN of 9 digits is not accepted"),
        ("/issuer/bin", json!("12345"), "VENDOR_IDENTITY_INVALID: issuer.bin: the BIN has 5 digits"),
        ("/buyer/name", json!(""), "INVALID_FIELD: buyer.name: it is empty"),
        ("/buyer/address", json!(""), "INVALID_FIELD: buyer.address: it is empty"),
        ("/buyer/bin", json!(""), "VENDOR_IDENTITY_INVALID: buyer.bin: there is none"),
    ]
}

/// The same of lines, totals and footer.
fn wrong_lines() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("/lines/0/serial", json!(2), "INVALID_FIELD: lines[0].serial: it is 2"),
        ("/lines/0/unit", json!(""), "INVALID_FIELD: lines[0].unit: it is empty"),
        ("/lines/0/code", json!(""), "INVALID_FIELD: lines[0].code: it is empty"),
        (
            "/lines/0/unit_price",
            json!("199999"),
            "LINE_ARITHMETIC: lines[0].value: it is 200000.00; quantity x unit price is 199999.00",
        ),
        (
            "/lines/0/sd_rate_ppm",
            json!(10_000),
            "LINE_ARITHMETIC: lines[0].sd: it is 0.00; the value x the SD rate is 2000.00",
        ),
        (
            "/lines/0/vat_charge",
            json!({"rate_ppm": 100_000}),
            "LINE_ARITHMETIC: lines[0].vat: it is 30000.00; value and SD x the VAT rate is 20000.00",
        ),
        (
            "/lines/0/vat_charge",
            json!({"specific": {"amount": "29999", "per": "job"}}),
            "LINE_ARITHMETIC: lines[0].vat: it is 30000.00; quantity x the specific VAT is 29999.00",
        ),
        (
            "/lines/0/vat_charge",
            json!({"specific": {"amount": "1", "per": ""}}),
            "INVALID_FIELD: lines[0].vat_charge.per: it is empty",
        ),
        (
            "/lines/0/total",
            json!("230000.01"),
            "LINE_ARITHMETIC: lines[0].total: it is 230000.01; value, SD and VAT add up to 230000.00",
        ),
        (
            "/totals/value",
            json!("200000.01"),
            "TOTAL_MISMATCH: totals.value: it is 200000.01; the lines add up to 200000.00",
        ),
        ("/totals/vat", json!("30000.02"), "TOTAL_MISMATCH: totals.vat: it is 30000.02; the lines add up to 30000.00"),
        ("/totals/sd", json!("-1"), "INVALID_FIELD: totals.sd: -1.00 is negative"),
        (
            "/totals/total",
            json!("229999.99"),
            "TOTAL_MISMATCH: totals.total: it is 229999.99; value, SD and VAT add up to 230000.00",
        ),
        ("/officer/name", json!(""), "INVALID_FIELD: officer.name: it is empty"),
        ("/officer/designation", json!(""), "INVALID_FIELD: officer.designation: it is empty"),
        ("/signed", json!(false), "INVALID_FIELD: signed: it is not signed"),
        ("/sealed", json!(false), "INVALID_FIELD: sealed: it bears no seal"),
    ]
}

#[test]
fn every_defect_of_a_6_3_is_named() {
    let specific = json!({"specific": {"amount": "30000", "per": "Job "}});
    for (path, value, expected) in wrong_headers().into_iter().chain(wrong_lines()) {
        let found = said(&form(&[(path, value.clone())]));
        assert!(found.iter().any(|f| f.starts_with(expected)), "{path} {value}: {found:?}");
        assert!(found.iter().all(|f| !f.contains("765432109")), "no BIN is repeated: {found:?}");
    }
    for (path, value) in [
        ("/number", json!("1001/2026-2027")),
        ("/number", json!("VAT-১০০১/২০২৬-২৭")),
        ("/lines/0/vat_charge", specific),
        ("/lines/0/vat_charge", json!({"specific": {"amount": "7", "per": "tonne"}})),
    ] {
        assert_eq!(said(&form(&[(path, value.clone())])), Vec::<String>::new(), "{path} {value}");
    }
}

#[test]
fn the_tolerance_is_exact_and_of_sd_and_vat_alone() {
    let vat = |line: &str, total: &str| {
        let sum = taka("200000").plus(taka(line)).unwrap();
        let all = taka("200000").plus(taka(total)).unwrap();
        form(&[
            ("/lines/0/vat", json!(line)),
            ("/lines/0/total", json!(sum)),
            ("/totals/vat", json!(total)),
            ("/totals/total", json!(all)),
        ])
    };
    for (line, total, right) in [
        ("30000.01", "30000.01", true),
        ("29999.99", "29999.99", true),
        ("30000.02", "30000.02", false),
        ("30000.01", "29999.99", true), // rounded once for the document
        ("30000.00", "30000.02", false),
    ] {
        assert_eq!(said(&vat(line, total)).is_empty(), right, "{line} {total}");
    }
}

#[test]
fn a_buyer_is_named_above_25000_and_electronic_forms_begin_in_july_2026() {
    let small = |price: &str, buyer: Value| {
        let zero = json!("0");
        let sums = json!({"value": price, "vat": "0", "total": price});
        said(&form(&[
            ("/buyer", buyer),
            ("/lines/0/unit_price", json!(price)),
            ("/lines/0/value", json!(price)),
            ("/lines/0/vat_charge", json!({"rate_ppm": 0})),
            ("/lines/0/vat", zero),
            ("/lines/0/total", json!(price)),
            ("/totals", sums),
        ]))
    };
    assert_eq!(small("25000.00", json!({})), Vec::<String>::new());
    assert_eq!(small("25000.01", json!({})).len(), 3, "name, address and BIN");
    assert_eq!(small("100", json!({"bin": "1"})).len(), 1, "what is given is checked");
    let hidden = said(&form(&[("/buyer", json!({})), ("/totals/total", json!("25000"))]));
    assert!(hidden.iter().any(|f| f.contains("buyer.bin")), "a wrong total does not hide it: {hidden:?}");
    let mut json = golden();
    (json["sealed"], json["electronic"]) = (json!(false), json!(true));
    assert_eq!(said(&serde_json::from_value(json.clone()).unwrap()), Vec::<String>::new());
    (json["date"], json["number"]) = (json!("2026-06-30"), json!("9/2025-26"));
    assert!(said(&serde_json::from_value(json.clone()).unwrap())[0].starts_with("INVALID_FIELD: electronic: "));
    json["vehicle"] = json!("Truck DM-11");
    assert!(said(&serde_json::from_value(json).unwrap())[0].starts_with("INVALID_FIELD: destination: "));
}

#[test]
fn a_form_is_compared_with_its_bill() {
    let fields = |form: &Form63, bill: &Invoice, bins: (&str, &str)| -> Vec<String> {
        form.matches(bill, bins.0, bins.1).into_iter().map(|v| v.field).collect()
    };
    let (good, bill) = (form(&[]), bill());
    assert!(fields(&good, &bill, (ISSUER, BUYER)).is_empty());
    assert!(fields(&good, &bill, ("765432109-0999", BUYER)).is_empty(), "a unit of the same entity");
    assert_eq!(fields(&good, &bill, ("765432109", BUYER)), ["issuer.bin"], "a hint must be confirmed");
    assert_eq!(fields(&good, &bill, ("", "111111111-0101")), ["issuer.bin", "buyer.bin"]);
    for (path, value, expected) in [
        ("/number", json!("1002/2026-27"), vec!["number"]),
        ("/date", json!("2026-08-02"), vec!["date"]),
        ("/totals/value", json!("200000.01"), vec!["totals.value"]),
        ("/totals/vat", json!("29999.99"), vec!["totals.vat"]),
        ("/totals/total", json!("1"), vec!["totals.total"]),
        ("/buyer/bin", json!("x"), vec!["buyer.bin"]),
    ] {
        assert_eq!(fields(&form(&[(path, value)]), &bill, (ISSUER, BUYER)), expected, "{path}");
    }
    let without = Invoice { mushak_63: None, ..bill };
    assert_eq!(good.matches(&without, ISSUER, BUYER)[0].refusal.code, RefusalCode::MushakMissing);
}

fn any_form() -> impl Strategy<Value = Form63> {
    let line = (any_taka(), any_taka(), any_taka(), any::<u32>(), any::<bool>(), "\\PC{0,8}", 1_u32..999_999_999);
    (proptest::collection::vec(line, 0..4), ".{0,20}", "[0-9/ -]{0,24}", any::<i16>(), any_taka()).prop_map(
        |(lines, text, number, days, total)| {
            let mut form = form(&[]);
            let template = form.lines[0].clone();
            form.lines = lines
                .into_iter()
                .map(|(value, vat, total, rate, specific, per, quantity)| {
                    let rate = Rate::from_ppm(rate);
                    let charge = if specific {
                        json!({"specific": {"amount": vat, "per": per}})
                    } else {
                        json!({"rate_ppm": rate})
                    };
                    let quantity = quantity.to_string().parse().unwrap();
                    let vat_charge = serde_json::from_value(charge).unwrap();
                    let mut line = template.clone();
                    (line.value, line.unit_price, line.vat, line.total) = (value, total, vat, total);
                    (line.sd_rate, line.vat_charge, line.quantity, line.serial) =
                        (rate, vat_charge, quantity, rate.ppm());
                    line
                })
                .collect();
            form.date =
                form.date.checked_add_signed(chrono::TimeDelta::days(i64::from(days) * 80)).unwrap_or(NaiveDate::MIN);
            (form.issuer.bin, form.buyer.name, form.number, form.totals.total) = (number.clone(), text, number, total);
            form
        },
    )
}

proptest! {
    #[test]
    fn arbitrary_forms_never_panic(form in any_form(), tolerance in any_taka(), bin in ".{0,20}") {
        for profile in [IdentityProfile::House, IdentityProfile::Nbr, IdentityProfile::Any] {
            let _ = form.check(profile, tolerance);
        }
        let _ = form.matches(&bill(), &bin, BUYER);
        prop_assert_eq!(serde_json::from_str::<Form63>(&serde_json::to_string(&form).unwrap()).unwrap(), form);
    }
}
