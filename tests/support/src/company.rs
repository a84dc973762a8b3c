//! A small synthetic company with the default rules, its invoices, and decisions that are signed as the facade signs them.

use std::fmt::{Debug, Display};
use std::ops::Deref;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use vextrus_approval::{Decision, SignedDecision, WITHDRAW};
use vextrus_domain::signature::{AcceptedKeys, KeyPair};
use vextrus_domain::vendor::{Vendor, VendorKind};
use vextrus_domain::{
    Actor, DocumentKey, FiscalYear, Invoice, InvoiceLine, PayeeFacts, Payer, Person, Rate, Refusal, RequestId, Taka,
    TaxFacts,
};
use vextrus_ledger::claims::{self, Claim};
use vextrus_ledger::decisions::Trust;
use vextrus_ledger::masterdata::{self, Budget, Company, PurchaseOrder};
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_ledger::views::{self, DocumentView};
use vextrus_ledger::{Clock, Ledger, check};

use crate::ledgers::{Database, Fixture, TestLedger};

/// The company that most tests are about.
pub const ACME: &str = "acme";
/// Another one, with the same master data.
pub const GLOBEX: &str = "globex";
/// Submits invoices and holds no role.
pub const CLERK: &str = "karim";
/// The default rules, as they stand under `rules/`.
pub const RULES: [(RuleKind, &str); 3] = [
    (RuleKind::Tax, include_str!("../../../rules/tax/house.toml")),
    (RuleKind::Approval, include_str!("../../../rules/approval/invoice.toml")),
    (RuleKind::Accounts, include_str!("../../../rules/accounts/invoice.toml")),
];

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

/// Order, vendor, total, open.
const ORDERS: &[(&str, &str, &str, bool)] =
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
        lines: vec![InvoiceLine {
            description: "as ordered".to_owned(),
            quantity: id("1"),
            unit_price: subtotal,
            amount: subtotal,
            tax_code: None,
            tds_code: None,
            sd_rate: None,
            commission: None,
            po_line: None,
        }],
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

/// The master data of a tenant.
#[must_use]
pub fn company(tenant: &str) -> Company {
    let person = |(name, department, roles, active): &(&str, &str, &[&str], bool)| Person {
        id: id(name),
        department: Some(id(department)),
        roles: roles.iter().map(|role| id(role)).collect(),
        active: *active,
    };
    let budget = |(department, project, allocated): &(&str, Option<&str>, &str)| Budget {
        fiscal_year: FiscalYear::of(id("2025-08-01")),
        department: id(department),
        project: project.map(id),
        allocated: taka(allocated),
    };
    Company {
        tenant: id(tenant),
        payer: None,
        people: PEOPLE.iter().map(person).collect(),
        vendors: VENDORS.iter().map(|(name, ..)| vendor(name)).collect(),
        purchase_orders: ORDERS
            .iter()
            .map(|(number, vendor, total, open)| PurchaseOrder {
                number: id(number),
                vendor: id(vendor),
                total: taka(total),
                open: *open,
            })
            .collect(),
        budgets: BUDGETS.iter().map(budget).collect(),
    }
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
        active: *active,
        tax: PayeeFacts::default(),
    }
}

/// A ledger with two companies, the default rules active for both, and the key of a facade that both trust.
#[derive(Debug)]
pub struct Acme {
    /// The ledger.
    pub on: TestLedger,
    /// The facade's key.
    pub key: KeyPair,
    /// That key, and no unsigned word.
    pub trust: Trust,
}

impl Deref for Acme {
    type Target = TestLedger;

    fn deref(&self) -> &TestLedger {
        &self.on
    }
}

impl Fixture for Acme {
    async fn build(database: Database) -> Self {
        let on = TestLedger::build(database).await;
        let mut tx = in_force_since(&on).begin().await.unwrap();
        for tenant in [ACME, GLOBEX] {
            masterdata::import(&mut tx, &company(tenant), "controller").await.unwrap();
            for (kind, text) in RULES {
                rules::found(&mut tx, &id(tenant), kind, text, "controller").await.unwrap().unwrap();
            }
        }
        tx.commit().await.unwrap();
        let key = KeyPair::from_seed(&[7; 32]);
        let keys = AcceptedKeys::from_public_texts([key.public_text().as_str()]).unwrap();
        Self { on, key, trust: Trust { keys, unsigned: false } }
    }
}

/// The ledger at the moment when rules of these tests take effect.
fn in_force_since(ledger: &Ledger) -> Ledger {
    ledger.clone().with_clock(Clock::Fixed(id(IN_FORCE_SINCE)))
}

impl Acme {
    /// The ledger, to be handed to a task.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        Ledger::clone(&self.on)
    }

    /// Claims an invoice as the clerk.
    ///
    /// # Errors
    /// The refusal.
    pub async fn claim(&self, invoice: &Invoice) -> Result<Claim, Refusal> {
        self.claim_as(CLERK, &request(), invoice).await
    }

    /// Claims an invoice.
    ///
    /// # Errors
    /// The refusal.
    pub async fn claim_as(&self, person: &str, request: &RequestId, invoice: &Invoice) -> Result<Claim, Refusal> {
        claims::claim(&self.on, &actor(person), request, invoice).await.unwrap()
    }

    /// A document as it is shown.
    pub async fn document(&self, key: &DocumentKey) -> DocumentView {
        let mut tx = self.read().await.unwrap();
        views::document(&mut tx, &key.tenant, &key.document).await.unwrap().unwrap()
    }

    /// The kinds of entries on a document's trail, in order, once the chain has been verified.
    pub async fn trail(&self, key: &DocumentKey) -> Vec<String> {
        let mut tx = self.read().await.unwrap();
        let chain = vextrus_ledger::audit::read_chain(&mut tx, &key.tenant, key.document.as_str()).await.unwrap();
        chain.unwrap().into_iter().map(|entry| entry.kind).collect()
    }

    /// Writes a vendor's record anew.
    pub async fn put_vendor(&self, changed: &Vendor) {
        let mut tx = self.begin().await.unwrap();
        masterdata::put_vendor(&mut tx, &id(ACME), changed).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Writes the tax facts of [`ACME`] itself.
    pub async fn put_payer(&self, payer: &Payer) {
        let mut tx = self.begin().await.unwrap();
        masterdata::put_payer(&mut tx, &id(ACME), payer, "controller").await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Makes a rule the active one of [`ACME`]: one person proposes it, another activates it.
    pub async fn activate(&self, kind: RuleKind, text: &str) {
        let mut tx = in_force_since(self).begin().await.unwrap();
        let (tenant, proposer) = (id(ACME), id(PROPOSER));
        let proposed = rules::propose(&mut tx, &tenant, kind, text, &proposer, None, "for a test").await.unwrap();
        rules::activate(&mut tx, &tenant, proposed.unwrap().number, &id(ACTIVATOR)).await.unwrap().unwrap();
        tx.commit().await.unwrap();
    }

    /// Everything that is wrong with the books and trails of both companies.
    pub async fn wrong(&self) -> Vec<String> {
        let mut tx = self.read().await.unwrap();
        let mut wrong = check::check(&mut tx, &id(ACME)).await.unwrap();
        wrong.extend(check::check(&mut tx, &id(GLOBEX)).await.unwrap());
        wrong
    }

    /// A decision on a task as the ledger shows it, not yet signed.
    ///
    /// # Panics
    /// When the document has no such task.
    pub async fn decision(&self, key: &DocumentKey, task: &str, person: &str, answer: &str) -> Decision {
        let shown = self.document(key).await;
        let task = shown.tasks.iter().find(|t| t.task == task).unwrap();
        Decision {
            key: key.clone(),
            task: Some(id(&task.task)),
            plan_hash: Some(task.plan_hash.clone()),
            answer: answer.to_owned(),
            actor: id(person),
            principal: id(person),
            request_id: request(),
            comment: String::new(),
        }
    }

    /// The same, signed.
    pub async fn signed(&self, key: &DocumentKey, task: &str, person: &str, answer: &str) -> SignedDecision {
        self.decision(key, task, person, answer).await.sign(&self.key).unwrap()
    }

    /// A person's signed word that they take a document back.
    #[must_use]
    pub fn withdrawal(&self, key: &DocumentKey, person: &str) -> SignedDecision {
        let decision = Decision {
            key: key.clone(),
            task: None,
            plan_hash: None,
            answer: WITHDRAW.to_owned(),
            actor: id(person),
            principal: id(person),
            request_id: request(),
            comment: "sent twice".to_owned(),
        };
        decision.sign(&self.key).unwrap()
    }
}
