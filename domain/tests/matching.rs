//! The three-way match: each finding with its edges, and what holds for any order and invoice.
#![cfg(test)]

use proptest::prelude::*;
use vextrus_domain::matching::{Finding, OrderedLine, Tolerances, open_quantities, three_way};
use vextrus_domain::quantity::{Quantity, QuantitySum};
use vextrus_domain::tax_facts::Prices;
use vextrus_domain::{Invoice, InvoiceLine, Rate, Taka};

const EXACT: Tolerances = Tolerances { amount: Taka::ZERO, price: Rate::from_ppm(0), quantity: Rate::from_ppm(0) };
/// So much that the whole is never what is found.
const ANY_AMOUNT: Taka = Taka::whole(u32::MAX);

fn taka(text: &str) -> Taka {
    text.parse().unwrap()
}

fn sum(text: &str) -> QuantitySum {
    text.parse().unwrap()
}

fn tolerances(amount: &str, price: &str, quantity: &str) -> Tolerances {
    Tolerances { amount: taka(amount), price: price.parse().unwrap(), quantity: quantity.parse().unwrap() }
}

/// A line of the order at 100.00: number, ordered, received, billed by others.
fn ordered(line: u32, ordered: &str, received: &str, billed: &str) -> OrderedLine {
    OrderedLine {
        line,
        product: format!("product {line}"),
        ordered: ordered.parse().unwrap(),
        unit_price: taka("100"),
        received: sum(received),
        billed: sum(billed),
    }
}

/// Ten of product 1 and, all received and none billed, ten of product 2.
fn order() -> Vec<OrderedLine> {
    vec![ordered(1, "10", "10", "0"), ordered(2, "10", "10", "0")]
}

fn line(po_line: Option<u32>, quantity: Quantity, unit_price: Taka) -> InvoiceLine {
    InvoiceLine {
        description: "as billed".to_owned(),
        quantity,
        unit_price,
        amount: quantity.priced(unit_price).unwrap(),
        tax_code: None,
        tds_code: None,
        sd_rate: None,
        commission: None,
        po_line,
    }
}

fn bill(lines: Vec<InvoiceLine>) -> Invoice {
    let mut invoice = Invoice::from_json(
        r#"{"vendor": "padma", "number": "1", "date": "2026-08-01", "due_date": "2026-08-01", "currency": "BDT", "lines": [],
            "subtotal": "0", "vat": "0", "total": "0", "po_number": "PO-1", "department": "works"}"#,
    )
    .unwrap();
    invoice.subtotal = Taka::sum(lines.iter().map(|l| l.amount)).unwrap();
    invoice.total = invoice.subtotal;
    invoice.lines = lines;
    invoice
}

/// A bill of lines given as order line, quantity and price.
fn billing(lines: &[(u32, &str, &str)]) -> Invoice {
    bill(lines.iter().map(|(n, q, p)| line(Some(*n), q.parse().unwrap(), taka(p))).collect())
}

fn said(lines: &[OrderedLine], invoice: &Invoice, tolerances: &Tolerances) -> Vec<String> {
    three_way(lines, invoice, tolerances).iter().map(ToString::to_string).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn what_was_ordered_received_and_billed_matches() {
    for lines in [
        vec![(1, "10", "100"), (2, "10", "100")],
        vec![(2, "0.000001", "100")],
        vec![(1, "3", "100"), (2, "1", "100"), (1, "7", "100")],
    ] {
        assert_eq!(said(&order(), &billing(&lines), &EXACT), NOTHING, "{lines:?}");
    }
    assert_eq!(said(&order(), &bill(Vec::new()), &EXACT), NOTHING);
}

#[test]
fn a_price_may_be_above_the_orders_by_the_tolerance_and_not_by_a_poisha_more() {
    for (price, tolerance, found) in [
        ("100.00", "0", None),
        ("100.01", "0", Some("line 1, \"product 1\": the unit price is 100.01, the order's 100.00 (tolerance 0 %)")),
        ("102.50", "2.5", None),
        (
            "102.51",
            "2.5",
            Some("line 1, \"product 1\": the unit price is 102.51, the order's 100.00 (tolerance 2.5 %)"),
        ),
        ("1.00", "0", None),
        (
            "100.01",
            "0.0099",
            Some("line 1, \"product 1\": the unit price is 100.01, the order's 100.00 (tolerance 0.0099 %)"),
        ),
        ("100.01", "0.01", None),
    ] {
        let within = Tolerances { amount: ANY_AMOUNT, ..tolerances("0", tolerance, "0") };
        assert_eq!(said(&order(), &billing(&[(1, "1", price)]), &within), Vec::from_iter(found), "{price} {tolerance}");
    }
    let mut free = order();
    free[0].unit_price = Taka::ZERO;
    let found = three_way(&free, &billing(&[(1, "1", "0.01")]), &tolerances("1", "100", "0"));
    assert!(matches!(found[..], [Finding::PriceAbove { line: 1, .. }]), "{found:?}");
}

#[test]
fn the_highest_price_of_several_lines_is_told_and_that_it_includes_taxes() {
    let within = Tolerances { amount: ANY_AMOUNT, ..EXACT };
    let mut invoice = billing(&[(1, "1", "90"), (1, "1", "115"), (1, "1", "101")]);
    invoice.tax.prices = Prices::Inclusive;
    assert_eq!(
        said(&order(), &invoice, &within),
        ["line 1, \"product 1\": the unit price is 115.00, the order's 100.00 (tolerance 0 %); \
          the invoice's prices include taxes, the order's do not"]
    );
}

#[test]
fn billed_in_all_may_be_above_received_by_the_tolerance_and_not_by_a_millionth_more() {
    for (received, others, billed, tolerance, found) in [
        ("10", "0", "10", "0", None),
        ("10", "0", "10.000001", "0", Some("10.000001 billed, 10 received (tolerance 0 %)")),
        ("10", "4", "6", "0", None),
        ("10", "4", "6.000001", "0", Some("6.000001 billed and 4 on other invoices, 10 received (tolerance 0 %)")),
        ("10", "4", "6.5", "5", None),
        ("10", "4", "6.500001", "5", Some("6.500001 billed and 4 on other invoices, 10 received (tolerance 5 %)")),
        ("0", "0", "0.000001", "100", Some("0.000001 billed, 0 received (tolerance 100 %)")),
        ("3", "5", "0.000001", "0", Some("0.000001 billed and 5 on other invoices, 3 received (tolerance 0 %)")),
        // The limit lies between two millionths.
        ("0.000001", "0", "0.000001", "50", None),
        ("0.000001", "0", "0.000002", "50", Some("0.000002 billed, 0.000001 received (tolerance 50 %)")),
        ("999999999999.999999", "0", "999999999.999999", "429496.7295", None),
    ] {
        let within = tolerances("0", "0", tolerance);
        let lines = [ordered(1, "999999999.999999", received, others)];
        let found = found.map(|words| format!("line 1, \"product 1\": {words}"));
        assert_eq!(
            said(&lines, &billing(&[(1, billed, "100")]), &within),
            Vec::from_iter(found),
            "{billed} {tolerance}"
        );
    }
}

#[test]
fn several_lines_of_an_invoice_bill_one_line_together() {
    let lines = [ordered(1, "20", "10", "2")];
    let found = three_way(&lines, &billing(&[(1, "4", "100"), (1, "4.000001", "100")]), &EXACT);
    assert_eq!(
        found,
        [Finding::BeyondReceived {
            line: 1,
            product: "product 1".to_owned(),
            billed: sum("8.000001"),
            others: sum("2"),
            received: sum("10"),
            tolerance: Rate::from_ppm(0),
        }]
    );
    assert_eq!(three_way(&lines, &billing(&[(1, "4", "100"), (1, "4", "100")]), &EXACT), []);
}

#[test]
fn nothing_may_be_billed_beyond_what_was_ordered() {
    let within = tolerances("0", "0", "100");
    for (others, billed, found) in [
        ("0", "10", None),
        ("0", "10.000001", Some("line 1, \"product 1\": 10.000001 billed, 10 ordered")),
        ("9", "1", None),
        ("9", "1.000001", Some("line 1, \"product 1\": 1.000001 billed and 9 on other invoices, 10 ordered")),
    ] {
        let lines = [ordered(1, "10", "12", others)];
        assert_eq!(said(&lines, &billing(&[(1, billed, "100")]), &within), Vec::from_iter(found), "{billed}");
    }
    // A sum beyond what a sum can be is beyond the order too.
    let lines = [ordered(1, "10", "12", "999999999999.999999")];
    let found = three_way(&lines, &billing(&[(1, "1", "100")]), &within);
    assert!(matches!(found[..], [Finding::BeyondReceived { .. }, Finding::BeyondOrdered { .. }]), "{found:?}");
}

#[test]
fn a_line_that_bills_nothing_of_the_order_is_told() {
    let within = Tolerances { amount: ANY_AMOUNT, ..EXACT };
    let mut invoice = billing(&[(3, "1", "100"), (0, "1", "1234"), (1, "1", "100")]);
    invoice.lines.push(line(None, "2".parse().unwrap(), taka("50000")));
    let unmatched = "\"as billed\" of 1,00,000.00 is billed on no line of the order";
    let zero = "\"as billed\" of 1,234.00 is billed on line 0, which the order does not have";
    let third = "\"as billed\" of 100.00 is billed on line 3, which the order does not have";
    assert_eq!(said(&order(), &invoice, &within), [zero, third, unmatched]);
    // Of an order without lines, a number is unknown; without one there is nothing to match by line.
    assert_eq!(said(&[], &invoice, &EXACT).len(), 3);
    invoice.lines.drain(..3);
    assert_eq!(said(&[], &invoice, &EXACT), NOTHING);
}

#[test]
fn the_whole_may_differ_by_the_tolerance_either_way_and_not_by_a_poisha_more() {
    let second = "200.00 at the order's prices, a difference of 50.01 (tolerance 50.00)";
    for (subtotal, found) in [
        ("200", None),
        ("150", None),
        ("250", None),
        ("149.99", Some(format!("the subtotal is 149.99, what is billed comes to {second}"))),
        ("250.01", Some(format!("the subtotal is 250.01, what is billed comes to {second}"))),
    ] {
        let mut invoice = billing(&[(1, "1", "100"), (2, "1", "100")]);
        invoice.subtotal = taka(subtotal);
        assert_eq!(said(&order(), &invoice, &tolerances("50", "0", "0")), Vec::from_iter(found), "{subtotal}");
    }
    // What is not on the order has no value there.
    let mut freight = billing(&[(1, "1", "100")]);
    freight.lines.push(line(None, "1".parse().unwrap(), taka("50.01")));
    freight.subtotal = taka("150.01");
    let found = three_way(&order(), &freight, &tolerances("50", "0", "0"));
    assert!(matches!(found[..], [Finding::Unmatched { .. }, Finding::TotalDiffers { .. }]), "{found:?}");
}

#[test]
fn halves_of_a_poisha_are_rounded_as_on_the_invoice() {
    let mut lines = order();
    lines[0].unit_price = taka("33.33");
    assert_eq!(said(&lines, &billing(&[(1, "0.5", "33.33"), (1, "0.5", "33.33")]), &EXACT), NOTHING);
}

#[test]
fn a_value_beyond_what_an_amount_can_be_is_told() {
    let mut lines = [ordered(1, "999999999", "999999999", "0")];
    lines[0].unit_price = taka("1000000000000");
    let found = said(&lines, &billing(&[(1, "999999999", "1")]), &EXACT);
    assert!(found.len() == 1 && found[0].contains("the amount is beyond the limit of 1000000000000 taka"), "{found:?}");
}

#[test]
fn tolerances_are_read_as_a_policy_writes_them() {
    let read = |text: &str| serde_json::from_str::<Tolerances>(text).map_err(|e| e.to_string());
    assert_eq!(read(r#"{"amount": "1000.00"}"#), Ok(tolerances("1000", "0", "0")));
    let all = read(r#"{"amount": "0", "price": "2.5 %", "quantity": "5"}"#).unwrap();
    assert_eq!(all, tolerances("0", "2.5", "5"));
    let written = serde_json::to_string(&all).unwrap();
    assert_eq!(written, r#"{"amount":"0.00","price":"2.5 %","quantity":"5 %"}"#);
    assert_eq!(read(&written), Ok(all));
    for (text, problem) in [
        (r#"{"price": "1 %"}"#, "missing field `amount`"),
        (r#"{"amount": "-0.01"}"#, "-0.01 is no tolerance: give zero or more"),
        (r#"{"amount": "0", "price": "-1"}"#, "is not a rate"),
        (r#"{"amount": "0", "price": 25000}"#, "expected a string"),
        (r#"{"amount": "0", "total": "1"}"#, "unknown field `total`"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(problem), "{text}: {error}");
    }
}

#[test]
fn what_is_open_is_never_below_zero() {
    for (received, billed, to_receive, to_bill) in [
        ("0", "0", "10", "10"),
        ("4.5", "2", "5.5", "8"),
        ("10", "9.999999", "0", "0.000001"),
        ("12", "10", "0", "0"),
        ("0", "11", "10", "0"),
    ] {
        let open = open_quantities(&[ordered(7, "10", received, billed)]);
        assert_eq!(open.len(), 1);
        assert_eq!((open[0].line, open[0].product.as_str()), (7, "product 7"));
        assert_eq!((open[0].to_receive, open[0].to_bill), (sum(to_receive), sum(to_bill)), "{received} {billed}");
    }
    assert_eq!(open_quantities(&[]), []);
}

fn millionths(count: u64) -> String {
    format!("{}.{:06}", count / 1_000_000, count % 1_000_000)
}

/// Any line of an order of which no more was received than ordered and no more billed than received.
fn sound_lines() -> impl Strategy<Value = Vec<OrderedLine>> {
    let line = (1_u64..10_000_000_000, 0_i64..10_000_000, 0_u64..=100, 0_u64..=100);
    prop::collection::vec(line, 1..8).prop_map(|lines| {
        (1..)
            .zip(lines)
            .map(|(number, (count, price, received_percent, billed_percent))| {
                let received = count * received_percent / 100;
                OrderedLine {
                    unit_price: Taka::from_poisha(price).unwrap(),
                    ..ordered(
                        number,
                        &millionths(count),
                        &millionths(received),
                        &millionths(received * billed_percent / 100),
                    )
                }
            })
            .collect()
    })
}

fn any_tolerances() -> impl Strategy<Value = Tolerances> {
    (0_i64..1_000_000, 0_u32..2_000_000, 0_u32..2_000_000).prop_map(|(amount, price, quantity)| Tolerances {
        amount: Taka::from_poisha(amount).unwrap(),
        price: Rate::from_ppm(price),
        quantity: Rate::from_ppm(quantity),
    })
}

/// Any lines at all, of an order's lines 1 to 7, of others and of none.
fn any_bill_lines() -> impl Strategy<Value = Vec<InvoiceLine>> {
    let line = (prop::option::of(0_u32..10), 1_u64..20_000_000_000, 0_i64..10_000_000, "[ab]").prop_map(
        |(po_line, count, price, description)| InvoiceLine {
            description,
            ..line(po_line, millionths(count).parse().unwrap(), Taka::from_poisha(price).unwrap())
        },
    );
    prop::collection::vec(line, 0..12)
}

/// Bills so many millionths of a line at the order's price, in as many parts.
fn parts(of: &OrderedLine, count: u64, parts: u64) -> Vec<InvoiceLine> {
    let share = count / parts;
    let counts = (1..parts).map(|_| share).chain([count - share * (parts - 1)]).filter(|count| *count > 0);
    counts.map(|count| line(Some(of.line), millionths(count).parse().unwrap(), of.unit_price)).collect()
}

proptest! {
    #[test]
    fn what_is_billed_at_the_orders_prices_within_what_was_received_matches(
        lines in sound_lines(),
        within in any_tolerances(),
        percent in 0_u64..=100,
        split in 1_u64..4,
    ) {
        let billed = lines.iter().flat_map(|line| {
            let room = line.received.minus(line.billed).unwrap().millionths();
            parts(line, room * percent / 100, split)
        });
        prop_assert_eq!(three_way(&lines, &bill(billed.collect()), &within), []);
    }

    #[test]
    fn a_quantity_beyond_the_tolerance_is_always_found(
        lines in sound_lines(),
        within in any_tolerances(),
        which: prop::sample::Index,
        split in 1_u64..4,
        more in prop_oneof![Just(1_u64), 1..1_000_000_000_u64],
    ) {
        let line = &lines[which.index(lines.len())];
        let (received, share) = (line.received.millionths(), u64::from(within.quantity.ppm()));
        let most = received + u64::try_from(u128::from(received) * u128::from(share) / 1_000_000).unwrap();
        let room = most - line.billed.millionths();
        for (count, beyond) in [(room, false), (room + more, true)] {
            let found = three_way(&lines, &bill(parts(line, count, split)), &within);
            let is_it = |finding: &Finding| matches!(finding, Finding::BeyondReceived { line: n, .. } if *n == line.line);
            prop_assert_eq!(found.iter().any(is_it), beyond, "{:?}", found);
        }
    }

    #[test]
    fn findings_do_not_depend_on_the_order_in_which_lines_stand(
        lines in sound_lines(),
        within in any_tolerances(),
        (billed, shuffled) in any_bill_lines().prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
    ) {
        let found = three_way(&lines, &bill(billed), &within);
        prop_assert_eq!(&found, &three_way(&lines, &bill(shuffled.clone()), &within));
        let reversed: Vec<OrderedLine> = lines.into_iter().rev().collect();
        prop_assert_eq!(found, three_way(&reversed, &bill(shuffled), &within));
    }

    #[test]
    fn what_is_open_and_what_is_done_make_what_was_ordered(lines in sound_lines()) {
        for (line, open) in lines.iter().zip(open_quantities(&lines)) {
            prop_assert_eq!(line.received.plus(open.to_receive), Ok(line.ordered.into()));
            prop_assert_eq!(line.billed.plus(open.to_bill), Ok(line.ordered.into()));
        }
    }

    #[test]
    fn sums_are_read_as_they_are_written_and_add_up(a in 0_u64..1_000_000_000_000_000_000, b in 1_u64..1_000_000_000_000_000) {
        let (first, second) = (sum(&millionths(a)), millionths(b).parse::<Quantity>().unwrap());
        prop_assert_eq!((first.millionths(), first.to_string().parse()), (a, Ok(first)));
        prop_assert_eq!(QuantitySum::from(second).millionths(), b);
        match first.plus(second) {
            Ok(both) => prop_assert_eq!((both.millionths(), both.minus(second)), (a + b, Ok(first))),
            Err(_) => prop_assert!(a + b > QuantitySum::MAX.millionths()),
        }
        prop_assert_eq!(first.minus(second).ok().map(QuantitySum::millionths), a.checked_sub(b));
    }
}
