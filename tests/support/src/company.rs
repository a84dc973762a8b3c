//! A small synthetic company with the default rules, and its invoices and purchase orders.

use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use vextrus_domain::vendor::{Vendor, VendorKind};
use vextrus_domain::{
    Actor, FiscalYear, Invoice, InvoiceLine, Order, OrderLine, PayeeFacts, Person, Rate, RequestId, Taka, TaxFacts,
};
use vextrus_ledger::masterdata::{Budget, Company, PurchaseOrder};
use vextrus_ledger::rules::RuleKind;

pub use crate::acme::Acme;

/// The company that most tests are about.
pub const ACME: &str = "acme";
/// Another one, with the same master data.
pub const GLOBEX: &str = "globex";
/// Submits invoices and holds no role.
pub const CLERK: &str = "karim";
/// Administers approvals, and decides nothing.
pub const ADMINISTRATOR: &str = "shirin";
/// The default rules, as they stand under `rules/`.
pub const RULES: [(RuleKind, &str); 4] = [
    (RuleKind::Tax, include_str!("../../../rules/tax/house.toml")),
    (RuleKind::Approval, include_str!("../../../rules/approval/invoice.toml")),
    (RuleKind::Accounts, include_str!("../../../rules/accounts/invoice.toml")),
    (RuleKind::Approval, include_str!("../../../rules/approval/purchase_order.toml")),
];
/// The default policy for invoices.
pub const INVOICES: &str = RULES[1].1;
/// The default policy for purchase orders.
pub const ORDERS: &str = RULES[3].1;

/// Since when the rules of both companies are in force, and every rule that replaces one of them: the first day of the
/// fiscal year of the sample invoices, so that a test may take any later moment for the present.
pub const IN_FORCE_SINCE: &str = "2025-06-30T18:00:00Z";
/// Proposes changes of the rules.
pub const PROPOSER: &str = "nasrin";
/// Activates them.
pub const ACTIVATOR: &str = "tareq";

/// The statutory schedule.
pub const NBR: &str = include_str!("../../../rules/tax/nbr.toml");
/// The default calendar.
pub const CALENDAR: &str = include_str!("../../../rules/calendar/bangladesh.toml");

/// Person, department, roles, active.
const PEOPLE: &[(&str, &str, &[&str], bool)] = &[
    (CLERK, "works", &[], true),
    ("rina", "works", &["accounts_payable"], true),
    ("salma", "works", &["accounts_payable"], true),
    ("habib", "works", &["department_head"], true),
    // May decide the first level and the second, and so only one of them.
    ("omar", "works", &["accounts_payable", "department_head"], true),
    ("nasrin", "works", &["finance_manager"], true),
    ("tareq", "works", &["cfo"], true),
    ("farida", "works", &["ceo"], true),
    ("jamal", "works", &["accounts_payable", "department_head"], false),
    (ADMINISTRATOR, "works", &["approval_administrator"], true),
    // Hold no role: they order, and stand in for others.
    ("babul", "works", &[], true),
    ("mizan", "works", &[], true),
    ("lipi", "works", &[], true),
];

/// Vendor, kind, TIN, BIN, active.
const VENDORS: &[(&str, VendorKind, &str, &str, bool)] = &[
    ("padma", VendorKind::Contractor, "123456789012", "1234567890101", true),
    ("meghna", VendorKind::Supplier, "223456789012", "2234567890101", true),
    ("jamuna", VendorKind::Service, "323456789012", "3234567890101", true),
    ("surma", VendorKind::Supplier, "423456789012", "4234567890101", false),
    ("teesta", VendorKind::Supplier, "12345", "5234567890101", true),
    ("karnaphuli", VendorKind::Supplier, "623456789012", "", true),
];

/// Order, vendor, total, open; imported, so that they have no lines.
const IMPORTED: &[(&str, &str, &str, bool)] =
    &[("PO-1", "padma", "115000", true), ("PO-2", "meghna", "115000", true), ("PO-3", "padma", "115000", false)];

/// Department, project, what it may spend in the fiscal year of the sample invoices. `transport` has nothing.
const BUDGETS: &[(&str, Option<&str>, &str)] =
    &[("works", None, "20000000"), ("works", Some("bridge"), "300000"), ("stores", None, "150000")];

/// Reads an id, an amount or a date that is written in a test.
///
/// # Panics
/// When it is none.
pub fn id<T: FromStr<Err: Display + Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// An amount.
#[must_use]
pub fn taka(text: &str) -> Taka {
    id(text)
}

/// A person of [`ACME`], as their token says.
#[must_use]
pub fn actor(person: &str) -> Actor {
    Actor { tenant: id(ACME), person: id(person) }
}

/// A request id that no other request of this process has.
#[must_use]
pub fn request() -> RequestId {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    id(&format!("request-{}", NUMBER.fetch_add(1, Ordering::Relaxed)))
}

/// A plain invoice of one line to department `works`, with 15 % VAT.
#[must_use]
pub fn invoice(vendor: &str, number: &str, subtotal: &str) -> Invoice {
    let subtotal = taka(subtotal);
    let vat = subtotal.share(Rate::from_ppm(150_000)).unwrap();
    Invoice {
        vendor: id(vendor),
        number: number.to_owned(),
        date: id("2025-08-01"),
        due_date: id("2025-08-31"),
        currency: "BDT".to_owned(),
        lines: vec![line(subtotal)],
        subtotal,
        sd: Taka::ZERO,
        vat,
        total: subtotal.plus(vat).unwrap(),
        po_number: None,
        department: id("works"),
        project: None,
        mushak_63: None,
        tax: TaxFacts::default(),
    }
}

/// An order of department `works`: product, quantity, unit price of each line.
///
/// # Panics
/// When an amount is out of range.
#[must_use]
pub fn order(vendor: &str, lines: &[(&str, &str, &str)]) -> Order {
    let line = |(product, quantity, price): &(&str, &str, &str)| {
        let (quantity, unit_price): (vextrus_domain::quantity::Quantity, _) = (id(quantity), taka(price));
        let amount = quantity.priced(unit_price).unwrap();
        OrderLine { product: (*product).to_owned(), quantity, unit_price, amount }
    };
    let lines: Vec<OrderLine> = lines.iter().map(line).collect();
    Order {
        vendor: id(vendor),
        date: id("2025-08-01"),
        needed_by: None,
        currency: "BDT".to_owned(),
        amount: Taka::sum(lines.iter().map(|l| l.amount)).unwrap(),
        lines,
        department: id("works"),
        project: None,
        note: String::new(),
        amends: None,
    }
}

/// An invoice of department `works` on an order: its line, quantity and unit price for each of ours. With 15 % VAT.
///
/// # Panics
/// When an amount is out of range.
#[must_use]
pub fn billed(vendor: &str, number: &str, po_number: &str, lines: &[(u32, &str, &str)]) -> Invoice {
    let lines: Vec<InvoiceLine> = lines
        .iter()
        .map(|(po_line, quantity, price)| {
            let (quantity, unit_price): (vextrus_domain::quantity::Quantity, _) = (id(quantity), taka(price));
            let amount = quantity.priced(unit_price).unwrap();
            // Line 0 is what the order does not know.
            let po_line = Some(*po_line).filter(|line| *line > 0);
            InvoiceLine { quantity, unit_price, amount, po_line, ..line(amount) }
        })
        .collect();
    let subtotal = Taka::sum(lines.iter().map(|l| l.amount)).unwrap();
    Invoice { lines, po_number: Some(id(po_number)), ..invoice(vendor, number, &subtotal.to_string()) }
}

/// A plain line of this amount.
fn line(amount: Taka) -> InvoiceLine {
    InvoiceLine {
        description: "as ordered".to_owned(),
        quantity: id("1"),
        unit_price: amount,
        amount,
        tax_code: None,
        tds_code: None,
        sd_rate: None,
        commission: None,
        po_line: None,
    }
}

/// The master data of a tenant.
#[must_use]
pub fn company(tenant: &str) -> Company {
    let budget = |(department, project, allocated): &(&str, Option<&str>, &str)| Budget {
        fiscal_year: FiscalYear::of(id("2025-08-01")),
        department: id(department),
        project: project.map(id),
        allocated: taka(allocated),
    };
    Company {
        tenant: id(tenant),
        payer: None,
        people: PEOPLE.iter().map(|(name, ..)| person(name)).collect(),
        departments: Vec::new(),
        vendors: VENDORS.iter().map(|(name, ..)| vendor(name)).collect(),
        purchase_orders: IMPORTED
            .iter()
            .map(|(number, vendor, total, open)| PurchaseOrder {
                number: id(number),
                vendor: id(vendor),
                total: taka(total),
                open: *open,
            })
            .collect(),
        budgets: BUDGETS.iter().map(budget).collect(),
        contacts: Vec::new(),
    }
}

/// One person's record.
///
/// # Panics
/// When the company has no such person.
#[must_use]
pub fn person(name: &str) -> Person {
    let (_, department, roles, active) = PEOPLE.iter().find(|(known, ..)| *known == name).unwrap();
    let roles = roles.iter().map(|role| id(role)).collect();
    Person { active: *active, ..Person::new(id(name), Some(id(department)), roles) }
}

/// One vendor's record.
///
/// # Panics
/// When the company has no such vendor.
#[must_use]
pub fn vendor(name: &str) -> Vendor {
    let (_, kind, tin, bin, active) = VENDORS.iter().find(|(known, ..)| *known == name).unwrap();
    Vendor {
        id: id(name),
        name: format!("{name} limited"),
        kind: *kind,
        tin: (*tin).to_owned(),
        bin: (*bin).to_owned(),
        class: None,
        active: *active,
        tax: PayeeFacts::default(),
    }
}
