//! Orders that were imported and orders that were issued here.

use vextrus_domain::ids::PoNumber;
use vextrus_domain::{Refusal, RefusalCode};
use vextrus_ledger::masterdata::{self, Company, PurchaseOrder};
use vextrus_ledger::orders::{self, IssuedOrder};
use vextrus_ledger::{LedgerError, masterdata::Budget};
use vextrus_tests_support::company::{ACME, ADMINISTRATOR, Acme, CLERK, GLOBEX, actor, company, id, taka};
use vextrus_tests_support::on_both;

use crate::books;

on_both![
    an_import_does_not_touch_what_was_issued_here,
    each_company_has_orders_of_its_own,
    its_requester_and_administrators_close_an_order,
];

async fn order(acme: &Acme, tenant: &str, number: &PoNumber) -> Option<IssuedOrder> {
    let mut tx = acme.ledger().read(&id(tenant)).await.unwrap();
    orders::get(&mut tx, &id(tenant), number).await.unwrap()
}

async fn import(acme: &Acme, order: PurchaseOrder) -> Result<(), LedgerError> {
    let part = Company { purchase_orders: vec![order], budgets: Vec::<Budget>::new(), ..company(ACME) };
    let mut tx = acme.begin().await.unwrap();
    masterdata::import(&mut tx, &part, "controller").await?;
    tx.commit().await
}

async fn an_import_does_not_touch_what_was_issued_here(acme: &Acme) {
    let number = books::issued(acme).await;
    let before = order(acme, ACME, &number).await;
    let asked = PurchaseOrder { number: number.clone(), vendor: id("meghna"), total: taka("1"), open: false };
    // Nor does it take a number that the next one will have.
    for ours in [number.as_str(), "PO-2025-26-000002", "PO-2026-27-1000000"] {
        let error = import(acme, PurchaseOrder { number: id(ours), ..asked.clone() }).await.unwrap_err();
        assert!(error.is_final() && error.to_string().contains("given to orders issued here"), "{error}");
    }
    for theirs in ["PO-2025-26-00001", "PO-2025-27-000001", "PO-000001", "PO-2025-26-00000x"] {
        import(acme, PurchaseOrder { number: id(theirs), ..asked.clone() }).await.unwrap();
    }
    assert_eq!(order(acme, ACME, &number).await, before);
    let other = PurchaseOrder { number: id("PO-1"), ..asked };
    import(acme, other).await.unwrap();
    let imported = order(acme, ACME, &id("PO-1")).await.unwrap();
    assert_eq!((imported.vendor, imported.total, imported.open), (id("meghna"), taka("1"), false));
    assert_eq!(imported.issued, None);
}

async fn each_company_has_orders_of_its_own(acme: &Acme) {
    let number = books::issued(acme).await;
    assert_eq!(number.as_str(), "PO-2025-26-000001");
    assert_eq!(order(acme, GLOBEX, &number).await, None);
    let issued = order(acme, ACME, &number).await.unwrap().issued.unwrap();
    assert_eq!(
        (issued.lines[0].received.to_string(), issued.lines[0].billed.to_string()),
        ("6".to_owned(), "0".to_owned())
    );
    books::billed(acme, "INV-1", &number, "2").await;
    let billed = async || order(acme, ACME, &number).await.unwrap().issued.unwrap().lines[0].billed.to_string();
    assert_eq!(billed().await, "0", "what is only claimed bills nothing");
    let key = books::billed(acme, "INV-2", &number, "3").await;
    books::settle(acme, &key).await;
    assert_eq!(billed().await, "3");
}

async fn close(acme: &Acme, person: &str, number: &PoNumber) -> Result<(), Refusal> {
    let mut tx = acme.begin().await.unwrap();
    let closed = orders::close(&mut tx, &actor(person), number, "enough").await.unwrap();
    if closed.is_ok() {
        tx.commit().await.unwrap()
    } else {
        tx.rollback().await.unwrap()
    }
    closed
}

async fn its_requester_and_administrators_close_an_order(acme: &Acme) {
    let (first, second, third) = (books::issued(acme).await, books::issued(acme).await, books::issued(acme).await);
    // The head of the department, somebody without a role, and somebody who has left.
    for person in ["habib", "lipi", "jamal", "nobody"] {
        let refusal = close(acme, person, &first).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::PermissionDenied, "{person}");
    }
    assert_eq!(
        close(acme, "habib", &first).await.unwrap_err().message,
        format!(
            "habib cannot close purchase order {first}; {CLERK}, who requested it, or somebody with the role \
             approval_administrator may"
        )
    );
    assert!(order(acme, ACME, &first).await.unwrap().open);
    for (person, number) in [(CLERK, &first), (ADMINISTRATOR, &second)] {
        assert_eq!(close(acme, person, number).await, Ok(()));
        let closed = order(acme, ACME, number).await.unwrap();
        assert_eq!((closed.open, closed.closed_by), (false, Some(id(person))));
    }
    // Before the first policy takes effect there are no administrators.
    acme.at("2025-06-30T17:59:59Z");
    let alone = format!("{ADMINISTRATOR} cannot close purchase order {third}; {CLERK}, who requested it, may");
    assert_eq!(close(acme, ADMINISTRATOR, &third).await.unwrap_err().message, alone);
    assert_eq!(close(acme, CLERK, &third).await, Ok(()));
}
