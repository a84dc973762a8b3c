//! Each person sees the open tasks that are theirs to decide, the most urgent first.

use vextrus_domain::{Actor, DocumentKey};
use vextrus_ledger::approvals::Approval;
use vextrus_ledger::views::{self, InboxCursor, InboxLine};
use vextrus_ledger::{claims, documents};
use vextrus_tests_support::acme::bill;
use vextrus_tests_support::company::{ACME, Acme, CLERK, GLOBEX, id, invoice, request};
use vextrus_tests_support::on_both;

use crate::books::{self, later, task};

on_both![
    the_most_urgent_task_comes_first,
    a_page_goes_on_where_the_last_one_ended,
    only_the_eligible_see_a_task,
    a_task_is_there_while_it_is_open,
    a_closed_document_is_gone,
    another_tenants_documents_are_not_found,
];

async fn inbox(acme: &Acme, person: &str, after: Option<&InboxCursor>, most: u32) -> Vec<InboxLine> {
    let mut tx = acme.read().await.unwrap();
    views::inbox(&mut tx, &id(ACME), &id(person), after, most).await.unwrap()
}

async fn numbers(acme: &Acme, person: &str) -> Vec<String> {
    inbox(acme, person, None, 100).await.into_iter().map(|line| line.number).collect()
}

async fn the_most_urgent_task_comes_first(acme: &Acme) {
    for (number, within) in [("late", 3000), ("soon", 1000), ("later", 9000)] {
        books::assessed(acme, number, vec![task("level-1", within, &["rina"])]).await;
    }
    assert_eq!(numbers(acme, "rina").await, ["soon", "late", "later"]);
    let line = &inbox(acme, "rina", None, 1).await[0];
    assert_eq!((line.task.as_str(), line.vendor.as_str(), line.total), ("level-1", "padma", 11_500_000));
}

async fn a_page_goes_on_where_the_last_one_ended(acme: &Acme) {
    // Three documents are due at one moment, so that only document and task tell them apart.
    let mut keys = Vec::new();
    for i in 0..3 {
        keys.push(books::claimed(acme, &format!("INV-{i}")).await);
    }
    let mut tx = acme.begin().await.unwrap();
    for key in &keys {
        let two = vec![task("level-1", 60, &["rina"]), task("exception-1-1", 60, &["rina"])];
        books::assess(&mut tx, key, two).await;
    }
    tx.commit().await.unwrap();

    let all = inbox(acme, "rina", None, 100).await;
    assert_eq!(all.len(), 6);
    for most in 1..=4 {
        let (mut paged, mut cursor) = (Vec::new(), None);
        loop {
            let page = inbox(acme, "rina", cursor.as_ref(), most).await;
            let Some(last) = page.last() else { break };
            cursor = Some((last.sorted_at, last.document.clone(), last.task.clone()));
            paged.extend(page);
        }
        assert_eq!(paged, all, "in pages of {most}");
    }
}

async fn only_the_eligible_see_a_task(acme: &Acme) {
    books::assessed(acme, "for rina", vec![task("level-1", 60, &["rina"])]).await;
    books::assessed(acme, "for both", vec![task("level-1", 90, &["rina", "salma"])]).await;
    assert_eq!(numbers(acme, "rina").await, ["for rina", "for both"]);
    assert_eq!(numbers(acme, "salma").await, ["for both"]);
    assert_eq!(numbers(acme, CLERK).await, Vec::<String>::new());
}

async fn a_task_is_there_while_it_is_open(acme: &Acme) {
    let second = later(1, task("level-2", 60, &["habib"]));
    let key = books::assessed(acme, "INV-1", vec![task("level-1", 60, &["rina"]), second]).await;
    assert_eq!(numbers(acme, "rina").await, ["INV-1"]);
    assert_eq!(numbers(acme, "habib").await, Vec::<String>::new(), "it waits for an earlier one");

    let decision = acme.signed(&key, "level-1", "rina", "approve").await;
    for _ in 0..2 {
        let mut tx = acme.begin().await.unwrap();
        let document = documents::lock(&mut tx, &key).await.unwrap().unwrap();
        let now = tx.now();
        let mut approval = Approval::load(&mut tx, &document).await.unwrap();
        approval.command(&mut tx, &document, &decision, &acme.trust, now).await.unwrap().unwrap();
        approval.write_tasks(&mut tx, &document).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(numbers(acme, "habib").await, ["INV-1"]);
        assert_eq!(numbers(acme, "rina").await, Vec::<String>::new(), "a decided task does not open again");
    }
    let told = "SELECT count(*) FROM outbox WHERE event = 'task_opened/level-2'";
    assert_eq!(acme.database.raw().await.number(told).await, 1, "its people are told once");
}

async fn a_closed_document_is_gone(acme: &Acme) {
    let key = books::assessed(acme, "INV-1", vec![task("level-1", 60, &["rina"])]).await;
    books::assessed(acme, "INV-2", vec![task("level-1", 90, &["rina"])]).await;
    books::close(acme, &key).await;
    assert_eq!(numbers(acme, "rina").await, ["INV-2"]);
}

async fn another_tenants_documents_are_not_found(acme: &Acme) {
    let stranger = Actor { tenant: id(GLOBEX), person: id(CLERK) };
    let bill = bill(&invoice("padma", "INV-1", "100000"));
    let theirs: DocumentKey = claims::claim(acme, &stranger, &request(), &bill).await.unwrap().unwrap().key;
    let mut tx = acme.begin().await.unwrap();
    books::assess(&mut tx, &theirs, vec![task("level-1", 60, &["rina"])]).await;
    tx.commit().await.unwrap();

    assert_eq!(numbers(acme, "rina").await, Vec::<String>::new());
    let mut tx = acme.read().await.unwrap();
    assert!(views::document(&mut tx, &id(ACME), &theirs.document).await.unwrap().is_none());
    assert!(views::document(&mut tx, &id(GLOBEX), &theirs.document).await.unwrap().is_some());
}
