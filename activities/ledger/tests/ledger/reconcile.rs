//! What the ledger holds as open, which namespace it lives in, and that a finding is told once.

use chrono::TimeDelta;
use serde_json::json;
use vextrus_domain::{DocumentKey, DocumentType, RefusalCode};
use vextrus_ledger::reconcile::findings::{self, Finding};
use vextrus_ledger::reconcile::namespaces;
use vextrus_ledger::reconcile::open::{self, Page, Standing};
use vextrus_ledger::{audit, documents};
use vextrus_tests_support::company::{ACME, Acme, GLOBEX, id, invoice};
use vextrus_tests_support::ledgers::{Engine, at_once};
use vextrus_tests_support::on_both;

use crate::books;

on_both![
    the_first_namespace_is_kept,
    workers_at_once_keep_one_namespace,
    another_namespace_needs_an_operator_and_a_reason,
    a_finding_is_told_once,
    reconcilers_at_once_tell_a_finding_once,
    what_the_ledger_does_not_hold_has_little_room,
    what_is_open_comes_in_pages,
    what_has_ended_says_when,
    what_is_written_stays,
];

async fn chain(acme: &Acme, tenant: &str) -> Vec<audit::Entry> {
    let mut tx = acme.ledger().read(&id(tenant)).await.unwrap();
    audit::read_chain(&mut tx, &id(tenant), audit::TENANT_CHAIN).await.unwrap().unwrap()
}

async fn the_first_namespace_is_kept(acme: &Acme) {
    let mut tx = acme.read().await.unwrap();
    assert_eq!(namespaces::stored(&mut tx).await.unwrap(), None);
    tx.rollback().await.unwrap();
    let kept = namespaces::keep(&acme.ledger(), "fleet", "id-1").await.unwrap();
    assert_eq!((kept.name.as_str(), kept.id.as_str(), kept.reason.as_str()), ("fleet", "id-1", ""));
    assert_eq!(namespaces::keep(&acme.ledger(), "fleet", "id-2").await.unwrap(), kept, "a worker changes nothing");
}

async fn workers_at_once_keep_one_namespace(acme: &Acme) {
    let ledger = acme.ledger();
    let kept = at_once(6, move |n| {
        let ledger = ledger.clone();
        async move { namespaces::keep(&ledger, "fleet", &format!("id-{n}")).await.unwrap().id }
    })
    .await;
    assert!(kept.iter().all(|id| *id == kept[0]), "{kept:?}");
}

async fn another_namespace_needs_an_operator_and_a_reason(acme: &Acme) {
    namespaces::keep(&acme.ledger(), "fleet", "id-1").await.unwrap();
    let mut tx = acme.ledger().begin_for_all().await.unwrap();
    for (id, by, reason, code) in [
        ("id-2", "", "the server is lost", RefusalCode::InvalidField),
        ("id-2", "omar", " ", RefusalCode::ReasonRequired),
        ("id-2", "omar", &"x".repeat(2001), RefusalCode::ReasonRequired),
        ("id-1", "omar", "the server is lost", RefusalCode::InvalidField),
    ] {
        let refusal = namespaces::adopt(&mut tx, ("fleet", id), by, reason).await.unwrap().unwrap_err();
        assert_eq!(refusal.code, code, "{refusal}");
    }
    namespaces::adopt(&mut tx, ("fleet", "id-2"), "omar", "the server is lost").await.unwrap().unwrap();
    tx.commit().await.unwrap();
    assert_eq!(namespaces::keep(&acme.ledger(), "fleet", "id-1").await.unwrap().id, "id-2");
    for tenant in [ACME, GLOBEX] {
        let entries = chain(acme, tenant).await;
        let told: Vec<_> = entries.iter().filter(|e| e.kind == "namespace_adopted").collect();
        assert_eq!(told.len(), 1, "{tenant}");
        assert_eq!(told[0].actor.as_deref(), Some("omar"));
        let body = json!({"name": "fleet", "id": "id-2", "before": "id-1", "reason": "the server is lost"});
        assert_eq!(told[0].body, body);
    }
}

fn finding<'a>(key: &'a DocumentKey, act: &'a str, is_known: bool) -> Finding<'a> {
    let body = json!({"workflow": "invoice/acme/d/1", "run": "run-1", "finding": "terminated", "act": act,
        "namespace": "id-1", "remedy": "nothing"});
    let about = DocumentType::Invoice.into();
    Finding { key, about, workflow: "invoice/acme/d/1", finding: "terminated", act, reference: "run-1", is_known, body }
}

async fn a_finding_is_told_once(acme: &Acme) {
    let key = books::assessed(acme, "INV-1", vec![books::task("level-1", 60, &["rina"])]).await;
    for (act, is_new) in [("alarm", true), ("alarm", false), ("close", true), ("close", false)] {
        let mut tx = acme.begin().await.unwrap();
        documents::lock(&mut tx, &key).await.unwrap();
        assert_eq!(findings::tell(&mut tx, &finding(&key, act, true)).await.unwrap(), is_new, "{act}");
        tx.commit().await.unwrap();
    }
    let mut raw = acme.database.raw().await;
    assert_eq!(raw.number("SELECT count(*) FROM outbox WHERE event LIKE 'reconciled/terminated/%'").await, 2);
    let mut tx = acme.read().await.unwrap();
    assert_eq!(findings::acts(&mut tx, &key.tenant, "invoice/acme/d/1", "close").await.unwrap(), 1);
    tx.rollback().await.unwrap();
    let told = acme.trail(&key).await;
    assert_eq!(told.iter().filter(|kind| *kind == "reconciled").count(), 2, "{told:?}");
}

async fn reconcilers_at_once_tell_a_finding_once(acme: &Acme) {
    let key = books::assessed(acme, "INV-1", vec![books::task("level-1", 60, &["rina"])]).await;
    let (ledger, same) = (acme.ledger(), key.clone());
    let told = at_once(6, move |_| {
        let (ledger, key) = (ledger.clone(), same.clone());
        async move {
            let mut tx = ledger.begin_for_all().await.unwrap();
            documents::lock(&mut tx, &key).await.unwrap();
            let is_new = findings::tell(&mut tx, &finding(&key, "close", true)).await.unwrap();
            tx.commit().await.unwrap();
            is_new
        }
    })
    .await;
    assert_eq!(told.iter().filter(|is_new| **is_new).count(), 1, "{told:?}");
}

async fn what_the_ledger_does_not_hold_has_little_room(acme: &Acme) {
    let key = DocumentKey { tenant: id(ACME), document: id("d"), submission: 1 };
    let mut tx = acme.ledger().begin_for_all().await.unwrap();
    assert!(findings::has_room(&mut tx, &key.tenant, "terminated", 1).await.unwrap());
    assert!(!findings::has_room(&mut tx, &id("nobody"), "terminated", 1).await.unwrap(), "no such company");
    assert!(findings::tell(&mut tx, &finding(&key, "alarm", false)).await.unwrap());
    assert!(!findings::has_room(&mut tx, &key.tenant, "terminated", 1).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(chain(acme, ACME).await.last().unwrap().kind, "reconciled");
}

async fn what_is_open_comes_in_pages(acme: &Acme) {
    let mut keys = Vec::new();
    for number in 1..=5 {
        let bill = invoice("padma", &format!("INV-{number}"), "1000");
        keys.push(acme.claim(&bill).await.unwrap().key);
    }
    books::settled(acme, "INV-6").await;
    keys.sort_by(|a, b| a.document.as_str().cmp(b.document.as_str()));
    let mut tx = acme.ledger().read_for_all().await.unwrap();
    let before = tx.now() + TimeDelta::hours(1);
    let mut found = Vec::new();
    loop {
        let page = Page { after: found.last(), tenant: None, before, most: 2 };
        let open = open::documents(&mut tx, page).await.unwrap();
        assert!(open.len() <= 2);
        if open.is_empty() {
            break;
        }
        found.extend(open.into_iter().map(|one| one.key));
    }
    assert_eq!(found, keys, "the settled one is not among them");
    for (tenant, before, count) in
        [(Some(id(ACME)), before, 5), (Some(id(GLOBEX)), before, 0), (None, before - TimeDelta::hours(2), 0)]
    {
        let page = Page { after: None, tenant: tenant.as_ref(), before, most: 10 };
        assert_eq!(open::documents(&mut tx, page).await.unwrap().len(), count, "{tenant:?} {before}");
    }
}

async fn what_has_ended_says_when(acme: &Acme) {
    let settled = books::settled(acme, "INV-1").await;
    let open = acme.claim(&invoice("padma", "INV-2", "1000")).await.unwrap().key;
    let mut tx = acme.read().await.unwrap();
    let kind = DocumentType::Invoice;
    let ended = open::document_standing(&mut tx, &settled, kind).await.unwrap();
    assert!(matches!(ended, Some(Standing::Ended(at)) if at <= tx.now()), "{ended:?}");
    assert_eq!(open::document_standing(&mut tx, &open, kind).await.unwrap(), Some(Standing::Open));
    let order = DocumentType::PurchaseOrder;
    assert_eq!(open::document_standing(&mut tx, &open, order).await.unwrap(), None, "an invoice is no order");
    let unknown = DocumentKey { document: id("d"), ..open };
    assert_eq!(open::document_standing(&mut tx, &unknown, kind).await.unwrap(), None);
    let process = vextrus_lifecycle::Process::Onboarding;
    assert_eq!(open::process_standing(&mut tx, &unknown, process).await.unwrap(), None);
}

async fn what_is_written_stays(acme: &Acme) {
    namespaces::keep(&acme.ledger(), "fleet", "id-1").await.unwrap();
    let key = DocumentKey { tenant: id(ACME), document: id("d"), submission: 1 };
    let mut tx = acme.begin().await.unwrap();
    findings::tell(&mut tx, &finding(&key, "alarm", false)).await.unwrap();
    tx.commit().await.unwrap();
    let mut raw = acme.database.raw().await;
    for (table, column) in [("temporal_namespaces", "id"), ("reconcile_findings", "finding")] {
        let mut statements = vec![format!("UPDATE {table} SET {column} = {column}"), format!("DELETE FROM {table}")];
        if acme.database.engine == Engine::Postgres {
            statements.push(format!("TRUNCATE {table}"));
        }
        for sql in statements {
            let error = raw.refused(&sql).await;
            assert!(error.contains(&format!("{table} is append-only")), "{sql}: {error}");
        }
    }
    let another = "INSERT INTO temporal_namespaces (seq, name, id, kept_by, reason, kept_at)
        VALUES (2, 'fleet', 'id-2', 'somebody', '', '2026-01-01 00:00:00+00')";
    let error = raw.refused(another).await;
    assert!(error.contains("another namespace needs a reason"), "{error}");
}
