//! Budget lines never go beyond what is allocated, and never forget what is taken from them.

use vextrus_domain::{DocumentKey, Invoice, Refusal, RefusalCode};
use vextrus_ledger::{Ledger, budgets, masterdata};
use vextrus_tests_support::company::{ACME, Acme, company, id, invoice, taka};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;

use crate::books::need;

on_both![
    all_that_is_free_may_be_taken_and_no_poisha_more,
    a_project_costs_its_own_line_and_its_departments,
    a_project_that_does_not_suffice_leaves_its_department_alone,
    what_has_no_line_is_refused_by_name,
    many_documents_at_once_never_take_more_than_there_is,
    committing_and_releasing_at_once_keep_the_sums,
    a_budget_is_not_lowered_below_what_is_taken,
];

fn bill(number: &str, department: &str, project: Option<&str>, subtotal: &str) -> Invoice {
    Invoice { department: id(department), project: project.map(id), ..invoice("padma", number, subtotal) }
}

async fn reserve(ledger: &Ledger, key: &DocumentKey, bill: &Invoice) -> Result<(), Refusal> {
    let mut tx = ledger.begin(&id(ACME)).await.unwrap();
    let reserved = budgets::reserve(&mut tx, key, &need(bill, bill.subtotal)).await.unwrap();
    if reserved.is_ok() {
        tx.commit().await.unwrap()
    } else {
        tx.rollback().await.unwrap()
    }
    reserved.map(drop)
}

async fn claim_and_reserve(acme: &Acme, bill: &Invoice) -> Result<DocumentKey, Refusal> {
    let key = acme.claim(bill).await.unwrap().key;
    reserve(&acme.ledger(), &key, bill).await.map(|()| key)
}

fn amounts(reserved: &str, committed: &str) -> (String, String) {
    (reserved.to_owned(), committed.to_owned())
}

async fn all_that_is_free_may_be_taken_and_no_poisha_more(acme: &Acme) {
    claim_and_reserve(acme, &bill("1", "stores", None, "50000")).await.unwrap();
    let refusal = claim_and_reserve(acme, &bill("2", "stores", None, "100000.01")).await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "BUDGET_EXCEEDED: department stores, 2025-26 has BDT 1,00,000.00 free; 1,00,000.01 without VAT are needed"
    );
    claim_and_reserve(acme, &bill("3", "stores", None, "100000")).await.unwrap();
    assert_eq!(acme.budget("stores", "").await, amounts("150000.00", "0.00"));
}

async fn a_project_costs_its_own_line_and_its_departments(acme: &Acme) {
    let key = claim_and_reserve(acme, &bill("1", "works", Some("bridge"), "120000")).await.unwrap();
    for project in ["", "bridge"] {
        assert_eq!(acme.budget("works", project).await, amounts("120000.00", "0.00"));
    }
    let mut tx = acme.begin().await.unwrap();
    budgets::commit(&mut tx, &key).await.unwrap();
    budgets::commit(&mut tx, &key).await.unwrap();
    budgets::release(&mut tx, &key).await.unwrap();
    tx.commit().await.unwrap();
    for project in ["", "bridge"] {
        assert_eq!(acme.budget("works", project).await, amounts("0.00", "120000.00"), "once, whatever comes after");
    }
}

async fn a_project_that_does_not_suffice_leaves_its_department_alone(acme: &Acme) {
    let refusal = claim_and_reserve(acme, &bill("1", "works", Some("bridge"), "300000.01")).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::BudgetExceeded);
    assert!(refusal.message.starts_with("department works, project bridge, 2025-26 has BDT 3,00,000.00"), "{refusal}");
    assert_eq!(acme.budget("works", "").await, amounts("0.00", "0.00"));
}

async fn what_has_no_line_is_refused_by_name(acme: &Acme) {
    for (department, project, said) in [
        ("transport", None, "department transport, 2025-26 has no budget line; give it one"),
        ("works", Some("tunnel"), "department works, project tunnel, 2025-26 has no budget line; give it one"),
    ] {
        let refusal = claim_and_reserve(acme, &bill(department, department, project, "1")).await.unwrap_err();
        assert_eq!((refusal.code, refusal.message.as_str()), (RefusalCode::BudgetUnknown, said));
    }
    let last_year = Invoice { date: id("2025-06-30"), ..bill("old", "works", None, "1") };
    assert_eq!(claim_and_reserve(acme, &last_year).await.unwrap_err().code, RefusalCode::BudgetUnknown);
}

/// Claims one invoice for each of `n`, so that they can be reserved at once.
async fn claim_many(acme: &Acme, n: usize, subtotal: &str) -> Vec<(DocumentKey, Invoice)> {
    let mut claims = Vec::new();
    for i in 0..n {
        let bill = bill(&format!("INV-{i}"), "stores", None, subtotal);
        claims.push((acme.claim(&bill).await.unwrap().key, bill));
    }
    claims
}

async fn many_documents_at_once_never_take_more_than_there_is(acme: &Acme) {
    let (ledger, claims) = (acme.ledger(), claim_many(acme, 64, "10000").await);
    let outcomes = at_once(64, move |i| {
        let (ledger, (key, bill)) = (ledger.clone(), claims[i].clone());
        async move { reserve(&ledger, &key, &bill).await.map_err(|r| r.code) }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 15, "150,000 in portions of 10,000");
    assert!(outcomes.iter().all(|o| o.is_ok() || *o == Err(RefusalCode::BudgetExceeded)), "{outcomes:?}");
    assert_eq!(acme.budget("stores", "").await, amounts("150000.00", "0.00"));
    let mut raw = acme.database.raw().await;
    assert_eq!(
        raw.number("SELECT CAST(sum(amount) AS BIGINT) FROM budget_reservations").await,
        taka("150000").poisha()
    );
}

async fn committing_and_releasing_at_once_keep_the_sums(acme: &Acme) {
    let (ledger, claims) = (acme.ledger(), claim_many(acme, 64, "1000").await);
    at_once(64, move |i| {
        let (ledger, (key, bill)) = (ledger.clone(), claims[i].clone());
        async move {
            reserve(&ledger, &key, &bill).await.unwrap();
            let mut tx = ledger.begin(&id(ACME)).await.unwrap();
            match i % 4 {
                0 => budgets::commit(&mut tx, &key).await.unwrap(),
                1 => budgets::release(&mut tx, &key).await.unwrap(),
                _ => return,
            }
            // Every other change is taken back.
            if i % 8 < 4 { tx.commit().await.unwrap() } else { tx.rollback().await.unwrap() }
        }
    })
    .await;
    assert_eq!(
        acme.budget("stores", "").await,
        amounts("48000.00", "8000.00"),
        "8 committed, 8 released, 48 as they were"
    );
    assert!(acme.wrong().await.iter().all(|w| !w.starts_with("a budget line")), "lines are the sums of reservations");
}

async fn a_budget_is_not_lowered_below_what_is_taken(acme: &Acme) {
    claim_and_reserve(acme, &bill("1", "stores", None, "50000")).await.unwrap();
    let mut lower = company(ACME);
    for (allocated, accepted) in [("49999.99", false), ("50000", true)] {
        for budget in lower.budgets.iter_mut().filter(|b| b.department == id("stores")) {
            budget.allocated = taka(allocated);
        }
        let mut tx = acme.begin().await.unwrap();
        let imported = masterdata::import(&mut tx, &lower, "controller").await;
        assert_eq!(imported.is_ok(), accepted, "{allocated}");
    }
}
