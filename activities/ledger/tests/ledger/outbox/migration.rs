//! Events of a version that had no deliveries.

use serde_json::json;
use vextrus_ledger::Ledger;
use vextrus_ledger::outbox::EventKind;
use vextrus_tests_support::company::Acme;
use vextrus_tests_support::{on_both, rewind};

use super::{HOOK, TODAY, add, add_as, lease, spread, taken};
use crate::books;

on_both![what_was_not_sent_goes_out_and_what_was_stays_sent];

async fn what_was_not_sent_goes_out_and_what_was_stays_sent(acme: &Acme) {
    acme.at(TODAY);
    let order = books::issued(acme).await;
    add(acme, "d-1", &["one", "two"]).await;
    spread(acme, &[]).await;
    add(acme, "d-1", &["three"]).await;
    add_as(acme, "d-1", EventKind::Settled, "", &json!({"number": "PI-1"})).await;
    let before = "SELECT id || ' ' || event || ' ' || payload FROM outbox ORDER BY id";
    let mut raw = acme.database.raw().await;
    let kept = raw.texts(before).await;
    rewind::before_deliveries(&acme.database).await;
    raw.exec("INSERT INTO outbox (id, tenant, document, submission, event, payload, created_at)
        SELECT 'old', tenant, document, submission, 'order_closed', '{}', claimed_at FROM documents WHERE kind = 'purchase_order'")
        .await
        .unwrap();

    Ledger::open(&acme.database.address).await.unwrap().close().await;
    let now: Vec<String> = raw.texts(before).await.into_iter().filter(|e| !e.starts_with("old")).collect();
    assert_eq!(now, kept);
    let said = "SELECT type || ' ' || about || ' ' || sequence FROM outbox WHERE document = 'd-1' ORDER BY sequence";
    assert_eq!(
        raw.texts(said).await,
        [
            "bd.vextrus.document.task_opened.v1 invoice 1",
            "bd.vextrus.document.task_opened.v1 invoice 2",
            "bd.vextrus.document.task_opened.v1 invoice 3",
            "bd.vextrus.document.settled.v1 invoice 4",
        ]
    );
    let said = "SELECT type || ' ' || about FROM outbox WHERE id = 'old'";
    assert_eq!(raw.texts(said).await, ["bd.vextrus.document.order_closed.v1 purchase_order"]);
    drop(order);

    assert_eq!(spread(acme, &[HOOK]).await, 3);
    let all = taken(&lease(acme, &HOOK, 10).await);
    let of_first = all.iter().find(|(document, _)| document == "d-1").unwrap();
    assert_eq!(of_first.1, ["three", "settled"]);
    add(acme, "d-1", &["four"]).await;
    assert_eq!(raw.number("SELECT max(sequence) FROM outbox WHERE document = 'd-1'").await, 5);
}
