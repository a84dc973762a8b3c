use tonic::Code;
use tonic_types::StatusExt as _;

use super::*;

fn good() -> proto::InvoiceContent {
    proto::InvoiceContent {
        vendor: "padma".to_owned(),
        number: "INV-1".to_owned(),
        date: "2026-08-01".to_owned(),
        due_date: "2026-09-01".to_owned(),
        currency: "BDT".to_owned(),
        lines: vec![line()],
        subtotal_poisha: 10_000_000,
        vat_poisha: 1_500_000,
        total_poisha: 11_500_000,
        department: "works".to_owned(),
        ..Default::default()
    }
}

fn line() -> proto::InvoiceLine {
    proto::InvoiceLine {
        description: "works".to_owned(),
        quantity: "2.5".to_owned(),
        unit_price_poisha: 4_000_000,
        amount_poisha: 10_000_000,
        ..Default::default()
    }
}

#[test]
fn what_tax_depends_on_survives_the_way_there_and_back() {
    let file = serde_json::json!({
        "vendor": "padma", "number": "INV-1", "date": "2026-08-01", "due_date": "2026-09-01", "currency": "BDT",
        "lines": [{"description": "x", "quantity": "1", "unit_price": "100", "amount": "100", "tax_code": "S032.00",
            "tds_code": "s90/PROFESSIONAL", "sd_rate_ppm": 200_000, "commission": "10"}],
        "subtotal": "100", "sd": "20", "vat": "18", "total": "138", "department": "works",
        "mushak_63": {"number": "1/2026-27", "date": "2026-08-01"},
        "tax": {"prices": "inclusive", "import_tax_paid": "1", "retention": "2", "advance": "3",
            "contract": {"value": "500", "instalment": true, "taxed_before": "4", "net_of_tax": true, "tax_inclusive": true},
            "payment": {"method": "other", "amount": "90", "evidence": "cheque 7"},
            "vds_exemption": {"clause": "i", "evidence": "EFD 9"},
            "psr": {"kind": "tax_certificate", "number": "T-1", "assessment_year": "2026-27", "verified_on": "2026-08-01",
                "verified_by": "rahim"},
            "certificates": [{"section": "s90", "rate_ppm": 0,
                "paper": {"number": "N-1", "from": "2026-07-01", "until": "2027-06-30"}}]}
    });
    let sent = Invoice::from_json(&file.to_string()).unwrap();
    assert_eq!(invoice(Some(crate::content(&sent))).unwrap(), sent);
}

#[test]
fn wrong_tax_facts_are_named_by_their_fields() {
    let facts = |tax: proto::TaxFacts| wrong(|content| content.tax = Some(tax));
    for (tax, field) in [
        (proto::TaxFacts { retention_poisha: -1, ..Default::default() }, "content.tax.retention_poisha"),
        (proto::TaxFacts { payment_poisha: Some(-1), ..Default::default() }, "content.tax.payment_poisha"),
        (
            proto::TaxFacts {
                contract: Some(proto::Contract { value_poisha: i64::MAX, ..Default::default() }),
                ..Default::default()
            },
            "content.tax.contract.value_poisha",
        ),
        (
            proto::TaxFacts { vds_exemption: Some(proto::VdsExemption::default()), ..Default::default() },
            "content.tax.vds_exemption.clause",
        ),
    ] {
        assert_eq!(facts(tax), [field]);
    }
    assert_eq!(wrong(|c| c.lines[0].commission_poisha = Some(20_000_000)), ["content.lines[0].commission_poisha"]);
}

fn wrong(change: impl FnOnce(&mut proto::InvoiceContent)) -> Vec<String> {
    let mut content = good();
    change(&mut content);
    fields(invoice(Some(content)).unwrap_err())
}

fn fields(failure: Failure) -> Vec<String> {
    let status = failure.into_status("SubmitInvoice");
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    let reason = status.get_details_error_info().unwrap();
    assert_eq!(reason.domain, "vextrus");
    assert!(status.message().starts_with(&format!("{}: ", reason.reason)), "{status}");
    status.get_details_bad_request().unwrap().field_violations.into_iter().map(|v| v.field).collect()
}

#[test]
fn a_good_submission_is_read_exactly() {
    let read = invoice(Some(good())).unwrap();
    assert_eq!(read.total.to_string(), "115000.00");
    assert_eq!(read.lines[0].quantity.to_string(), "2.5");
    assert_eq!((read.po_number, read.project, read.mushak_63), (None, None, None));
    assert_eq!((read.lines[0].tax_code.as_deref(), read.lines[0].po_line), (None, None));

    let mut content = good();
    content.po_number = "PO-7".to_owned();
    content.project = "bridge".to_owned();
    content.lines[0].tax_code = "REDUCED".to_owned();
    content.lines[0].po_line = 3;
    content.mushak_63 = Some(proto::Mushak63 { number: "M-1".to_owned(), date: "2026-08-01".to_owned() });
    let read = invoice(Some(content)).unwrap();
    assert_eq!(read.po_number.unwrap().as_str(), "PO-7");
    assert_eq!(read.project.unwrap().as_str(), "bridge");
    assert_eq!((read.lines[0].tax_code.as_deref(), read.lines[0].po_line), (Some("REDUCED"), Some(3)));
    assert_eq!(read.mushak_63.unwrap().date.to_string(), "2026-08-01");
}

#[test]
fn every_wrong_field_is_named_as_the_request_names_it() {
    type Change = fn(&mut proto::InvoiceContent);
    let table: [(&str, Change); 25] = [
        ("content.vendor", |c| c.vendor.clear()),
        ("content.vendor", |c| c.vendor = "a b".to_owned()),
        ("content.number", |c| c.number.clear()),
        ("content.number", |c| c.number = "--".to_owned()),
        ("content.date", |c| c.date = "01-08-2026".to_owned()),
        ("content.date", |c| c.date = "2026-8-1".to_owned()),
        ("content.due_date", |c| c.due_date.clear()),
        ("content.due_date", |c| c.due_date = "2026-07-31".to_owned()),
        ("content.currency", |c| c.currency = "USD".to_owned()),
        ("content.lines", |c| c.lines.clear()),
        ("content.lines", |c| c.lines = vec![line(); 501]),
        ("content.lines[0].description", |c| c.lines[0].description.clear()),
        ("content.lines[0].quantity", |c| c.lines[0].quantity = "0".to_owned()),
        ("content.lines[0].unit_price_poisha", |c| c.lines[0].unit_price_poisha = -1),
        ("content.lines[0].amount_poisha", |c| c.lines[0].amount_poisha = i64::MAX),
        ("content.lines[0].tax_code", |c| c.lines[0].tax_code = "x".repeat(501)),
        ("content.lines[0].po_line", |c| c.lines[0].po_line = -1),
        ("content.subtotal_poisha", |c| c.subtotal_poisha = i64::MIN),
        ("content.vat_poisha", |c| c.vat_poisha = -1),
        ("content.total_poisha", |c| c.total_poisha = 0),
        ("content.po_number", |c| c.po_number = "a/b".to_owned()),
        ("content.department", |c| c.department.clear()),
        ("content.project", |c| c.project = "a b".to_owned()),
        ("content.mushak_63.number", |c| c.mushak_63 = Some(mushak("", "2026-08-01"))),
        ("content.mushak_63.date", |c| c.mushak_63 = Some(mushak("M-1", ""))),
    ];
    for (field, change) in table {
        assert_eq!(wrong(change), [field]);
    }
}

fn mushak(number: &str, date: &str) -> proto::Mushak63 {
    proto::Mushak63 { number: number.to_owned(), date: date.to_owned() }
}

#[test]
fn everything_wrong_is_said_at_once() {
    let found = wrong(|content| {
        content.vendor.clear();
        content.date = "x".to_owned();
        content.number.clear();
        content.lines[0].quantity = "x".to_owned();
        content.total_poisha = 0;
    });
    let expected =
        ["content.vendor", "content.date", "content.lines[0].quantity", "content.number", "content.total_poisha"];
    assert_eq!(found, expected);
    assert_eq!(fields(invoice(None).unwrap_err()), ["content"]);
}

fn good_order() -> purchasing::OrderContent {
    purchasing::OrderContent {
        vendor: "padma".to_owned(),
        date: "2026-08-01".to_owned(),
        currency: "BDT".to_owned(),
        lines: vec![purchasing::OrderLine {
            product: "cement".to_owned(),
            quantity: "2.5".to_owned(),
            unit_price_poisha: 50_000,
            amount_poisha: 125_000,
        }],
        amount_poisha: 125_000,
        department: "works".to_owned(),
        ..Default::default()
    }
}

#[test]
fn an_order_survives_the_way_there_and_back() {
    let plain = order(Some(good_order())).unwrap();
    assert_eq!((plain.needed_by, plain.project.as_ref(), plain.amends.as_ref()), (None, None, None));
    assert_eq!(crate::order_content(&plain), good_order());
    let full = purchasing::OrderContent {
        needed_by: "2026-08-31".to_owned(),
        project: "bridge".to_owned(),
        note: "at the gate".to_owned(),
        amends: "PO-2026-27-000001".to_owned(),
        ..good_order()
    };
    assert_eq!(crate::order_content(&order(Some(full.clone())).unwrap()), full);
}

#[test]
fn every_wrong_field_of_an_order_is_named_as_the_request_names_it() {
    type Change = fn(&mut purchasing::OrderContent);
    let table: [(&str, Change); 20] = [
        ("content.vendor", |c| c.vendor.clear()),
        ("content.vendor", |c| c.vendor = "a b".to_owned()),
        ("content.date", |c| c.date = "2026-8-1".to_owned()),
        ("content.needed_by", |c| c.needed_by = "soon".to_owned()),
        ("content.needed_by", |c| c.needed_by = "2026-07-31".to_owned()),
        ("content.currency", |c| c.currency = "USD".to_owned()),
        ("content.lines[0].product", |c| c.lines[0].product.clear()),
        ("content.lines[0].product", |c| c.lines[0].product = "a\u{1b}b".to_owned()),
        ("content.lines[0].quantity", |c| c.lines[0].quantity = "0".to_owned()),
        ("content.lines[0].quantity", |c| c.lines[0].quantity = "1e3".to_owned()),
        ("content.lines[0].unit_price_poisha", |c| c.lines[0].unit_price_poisha = i64::MAX),
        ("content.lines[0].amount_poisha", |c| c.lines[0].amount_poisha = i64::MIN),
        ("content.lines[0].amount_poisha", |c| (c.lines[0].amount_poisha, c.amount_poisha) = (1, 1)),
        ("content.amount_poisha", |c| c.amount_poisha = 124_999),
        ("content.amount_poisha", |c| c.amount_poisha = -1),
        ("content.department", |c| c.department.clear()),
        ("content.project", |c| c.project = "a b".to_owned()),
        ("content.note", |c| c.note = "x".repeat(501)),
        ("content.amends", |c| c.amends = "a/b".to_owned()),
        ("content.lines", |c| (c.lines, c.amount_poisha) = (vec![c.lines[0].clone(); 501], 62_625_000)),
    ];
    for (field, change) in table {
        let mut content = good_order();
        change(&mut content);
        assert_eq!(fields(order(Some(content)).unwrap_err()).first().map(String::as_str), Some(field));
    }
    let mut none = good_order();
    none.lines.clear();
    assert_eq!(fields(order(Some(none)).unwrap_err()), ["content.lines", "content.amount_poisha"]);
    assert_eq!(fields(order(None).unwrap_err()), ["content"]);
}
