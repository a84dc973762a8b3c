//! What `assess` refuses, each by its code, and that nothing of it stays but the trail.

use vextrus_contract::steps::{AssessOutput, CloseOutput, CloseReason};
use vextrus_documents::Steps;
use vextrus_domain::{Actor, Invoice, RefusalCode};
use vextrus_ledger::{Clock, claims, masterdata, rules};
use vextrus_tests_support::acme;
use vextrus_tests_support::company::{CLERK, RULES, company, id, invoice, request, taka};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, assess_input};

on_both![
    each_fault_is_refused_by_its_code,
    a_refused_invoice_is_closed_and_its_number_free_again,
    a_clock_that_is_behind_the_claim_does_not_miss_its_rules,
    a_tenant_without_rules_is_refused,
    nobody_approves_what_only_the_submitter_could,
];

fn bill(change: impl FnOnce(&mut Invoice)) -> Invoice {
    let mut bill = invoice("padma", "INV-1", "100000");
    change(&mut bill);
    bill
}

/// An invoice of 86,000 without VAT, which accounts payable alone approves.
fn small(change: impl FnOnce(&mut Invoice)) -> Invoice {
    let mut bill = invoice("padma", "INV-1", "86000");
    change(&mut bill);
    bill
}

fn faults() -> Vec<(RefusalCode, &'static str, Invoice)> {
    use RefusalCode as C;
    vec![
        (C::VatMismatch, "vat is 15000.02; schedule house gives 15000.00 (tolerance 0.01)", {
            bill(|i| (i.vat, i.total) = (taka("15000.02"), taka("115000.02")))
        }),
        (C::LineArithmetic, "lines[0].amount is 99999.99; 1 x 100000.00 is 100000.00", {
            bill(|i| i.lines[0].amount = taka("99999.99"))
        }),
        (C::TotalMismatch, "total is 115000.01; subtotal, SD and VAT add up to 115000.00", {
            bill(|i| i.total = taka("115000.01"))
        }),
        (C::TaxCodeUnknown, "has no VAT or VDS code \"S004\"", bill(|i| i.lines[0].tax_code = Some("S004".to_owned()))),
        (C::VendorInactive, "vendor surma is not active", bill(|i| i.vendor = id("surma"))),
        (C::VendorIdentityInvalid, "vendor teesta: the TIN has 5 digits", bill(|i| i.vendor = id("teesta"))),
        (C::VendorIdentityInvalid, "vendor karnaphuli: the BIN", bill(|i| i.vendor = id("karnaphuli"))),
        (C::PoUnknown, "purchase order PO-9 is not open", bill(|i| i.po_number = Some(id("PO-9")))),
        (C::PoUnknown, "purchase order PO-3 is not open", bill(|i| i.po_number = Some(id("PO-3")))),
        (C::PoVendorMismatch, "PO-2 was given to meghna, not to padma", bill(|i| i.po_number = Some(id("PO-2")))),
        (C::BudgetUnknown, "department transport, 2025-26 has no budget line", {
            small(|i| i.department = id("transport"))
        }),
        (C::BudgetUnknown, "project tunnel, 2025-26 has no budget line", bill(|i| i.project = Some(id("tunnel")))),
        (C::BudgetUnknown, "department works, 2024-25 has no budget line", bill(|i| i.date = id("2025-06-30"))),
        (C::BudgetExceeded, "project bridge, 2025-26 has BDT 3,00,000.00 free; 3,00,000.01 without VAT", {
            Invoice { project: Some(id("bridge")), ..invoice("padma", "INV-1", "300000.01") }
        }),
        (C::NoEligibleApprover, "nobody of department stores but the submitter holds the role department_head", {
            bill(|i| i.department = id("stores"))
        }),
    ]
}

async fn each_fault_is_refused_by_its_code(desk: &Desk) {
    let mut raw = desk.database.raw().await;
    for (n, (code, said, mut bill)) in faults().into_iter().enumerate() {
        bill.number = format!("INV-{n}");
        let claim = desk.claim(&bill).await.unwrap();
        let AssessOutput::Refused(refusal) = desk.assess(&claim, 1).await else { panic!("{said}") };
        assert_eq!(refusal.code, code, "{refusal}");
        assert!(refusal.message.contains(said), "{refusal}");
        assert_eq!(desk.trail(&claim.key).await, ["claimed", "assess_refused"]);
        assert_eq!(desk.document(&claim.key).await.state.name(), "claimed");
    }
    let rows = raw.rows().await;
    for table in ["assessments", "tasks", "task_people", "budget_reservations", "outbox"] {
        assert_eq!(rows[table], 0, "{table}");
    }
    assert_eq!(raw.number("SELECT CAST(sum(reserved) AS BIGINT) FROM budget_lines").await, 0);
}

async fn a_refused_invoice_is_closed_and_its_number_free_again(desk: &Desk) {
    let wrong = bill(|i| i.total = taka("115000.01"));
    let claim = desk.claim(&wrong).await.unwrap();
    desk.assess(&claim, 1).await;
    assert_eq!(desk.close(&claim.key, CloseReason::Rejected, None).await, CloseOutput::Closed);
    assert_eq!(desk.trail(&claim.key).await, ["claimed", "assess_refused", "closed"]);
    let (key, _) = desk.settled(&bill(|_| ())).await;
    assert_eq!((key.document, key.submission), (claim.key.document, 2));
}

async fn a_clock_that_is_behind_the_claim_does_not_miss_its_rules(desk: &Desk) {
    let clerk = Actor { tenant: id("newcomer"), person: id(CLERK) };
    let mut tx = desk.ledger().begin(&clerk.tenant).await.unwrap();
    masterdata::import(&mut tx, &company("newcomer"), "controller").await.unwrap();
    for (kind, text) in RULES {
        rules::found(&mut tx, &clerk.tenant, kind, text, "controller").await.unwrap().unwrap();
    }
    let founded = tx.now();
    tx.commit().await.unwrap();
    let claim = claims::claim(&desk.ledger(), &clerk, &request(), &acme::bill(&bill(|_| {}))).await.unwrap().unwrap();
    let behind = Steps { ledger: desk.ledger().with_clock(Clock::Behind(60_000_000)), ..desk.steps() };
    let assessed = behind.assess_step(&assess_input(&claim, 1)).await.unwrap();
    assert!(matches!(&assessed, AssessOutput::Assessed(a) if a.at >= founded), "{assessed:?}");
}

async fn a_tenant_without_rules_is_refused(desk: &Desk) {
    let clerk = Actor { tenant: id("newcomer"), person: id(CLERK) };
    let mut tx = desk.ledger().begin(&clerk.tenant).await.unwrap();
    masterdata::import(&mut tx, &company("newcomer"), "controller").await.unwrap();
    tx.commit().await.unwrap();
    // Rule by rule, until there are enough.
    for (n, missing) in [Some(1), Some(0), Some(2), None].into_iter().enumerate() {
        let missing = missing.map(|rule: usize| RULES[rule]);
        let bill = bill(|i| i.number = format!("INV-{n}"));
        let claim = claims::claim(&desk.ledger(), &clerk, &request(), &acme::bill(&bill)).await.unwrap().unwrap();
        match (desk.assess(&claim, 1).await, missing) {
            (AssessOutput::Refused(refusal), Some((kind, text))) => {
                assert_eq!(refusal.code, RefusalCode::RulesNotActive);
                assert!(refusal.message.starts_with(&format!("no {kind} rule is active for newcomer")), "{refusal}");
                let mut tx = desk.ledger().begin(&clerk.tenant).await.unwrap();
                rules::found(&mut tx, &clerk.tenant, kind, text, "controller").await.unwrap().unwrap();
                tx.commit().await.unwrap();
            }
            (AssessOutput::Assessed(_), None) => {}
            (other, missing) => panic!("{missing:?} is missing: {other:?}"),
        }
    }
}

async fn nobody_approves_what_only_the_submitter_could(desk: &Desk) {
    let dear = invoice("padma", "INV-1", "5000000");
    let claim = desk.claim_as("farida", &request(), &dear).await.unwrap();
    let AssessOutput::Refused(refusal) = desk.assess(&claim, 1).await else { panic!("it was assessed") };
    assert_eq!(refusal.code, RefusalCode::NoEligibleApprover);
    assert!(refusal.message.contains("nobody but the submitter holds the role ceo"), "{refusal}");
    let dear = invoice("padma", "INV-2", "5000000");
    assert_eq!(desk.submit(&dear).await.1.plan.tasks.len(), 5, "submitted by somebody else it is approved by them");
}
