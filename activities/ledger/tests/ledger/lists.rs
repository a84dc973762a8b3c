//! Lists of documents, and trails entry by entry.

use chrono::{DateTime, TimeDelta, Utc};
use vextrus_domain::DocumentType;
use vextrus_ledger::audit;
use vextrus_ledger::views::{self, ListCursor, ListFilter, ListLine};
use vextrus_tests_support::company::{ACME, Acme, id};
use vextrus_tests_support::on_both;

use crate::books;

on_both![
    documents_are_listed_page_by_page,
    a_filter_leaves_out_what_does_not_fit,
    only_the_latest_submission_is_listed,
    a_trail_is_read_from_a_place_on,
];

async fn listed(acme: &Acme, filter: &ListFilter, beyond: Option<&ListCursor>, page: u32) -> Vec<ListLine> {
    let mut tx = acme.read().await.unwrap();
    views::list(&mut tx, &id(ACME), DocumentType::Invoice, filter, beyond, page).await.unwrap()
}

fn numbers(lines: &[ListLine]) -> Vec<&str> {
    lines.iter().map(|line| line.number.as_str()).collect()
}

async fn documents_are_listed_page_by_page(acme: &Acme) {
    for number in ["one", "two", "three"] {
        books::claimed(acme, number).await;
    }
    let first = listed(acme, &ListFilter::default(), None, 2).await;
    assert_eq!(numbers(&first), ["three", "two"]);
    let end = first.last().map(|line| (line.claimed_at, line.document.clone()));
    assert_eq!(numbers(&listed(acme, &ListFilter::default(), end.as_ref(), 2).await), ["one"]);
    // Whatever somebody writes into a token.
    let far = (DateTime::<Utc>::MAX_UTC, "x".to_owned());
    assert_eq!(listed(acme, &ListFilter::default(), Some(&far), 9).await.len(), 3);
    let long_ago = (DateTime::<Utc>::MIN_UTC, "x".to_owned());
    assert!(listed(acme, &ListFilter::default(), Some(&long_ago), 9).await.is_empty());
    let mut tx = acme.read().await.unwrap();
    let orders = views::list(&mut tx, &id(ACME), DocumentType::PurchaseOrder, &ListFilter::default(), None, 9).await;
    assert!(orders.unwrap().is_empty());
}

async fn a_filter_leaves_out_what_does_not_fit(acme: &Acme) {
    books::claimed(acme, "claimed").await;
    books::assessed(acme, "assessed", vec![]).await;
    books::settled(acme, "settled").await;
    let with = |change: fn(&mut ListFilter)| {
        let mut filter = ListFilter::default();
        change(&mut filter);
        filter
    };
    for (filter, expected) in [
        (with(|f| f.state = Some("settled".to_owned())), vec!["settled"]),
        (with(|f| f.outcome = Some("approved".to_owned())), vec!["settled"]),
        (with(|f| f.number = Some("assessed".to_owned())), vec!["assessed"]),
        (with(|f| f.vendor = Some("padma".to_owned())), vec!["settled", "assessed", "claimed"]),
        (with(|f| f.vendor = Some("meghna".to_owned())), vec![]),
        (with(|f| f.submitter = Some("nobody".to_owned())), vec![]),
        (with(|f| f.department = Some("nowhere".to_owned())), vec![]),
        (with(|f| f.since = Some(Utc::now() + TimeDelta::days(400))), vec![]),
        (with(|f| f.before = Some(DateTime::<Utc>::MIN_UTC)), vec![]),
        (with(|f| f.since = Some(DateTime::<Utc>::MIN_UTC)), vec!["settled", "assessed", "claimed"]),
    ] {
        assert_eq!(numbers(&listed(acme, &filter, None, 9).await), expected, "{filter:?}");
    }
}

async fn only_the_latest_submission_is_listed(acme: &Acme) {
    let first = books::claimed(acme, "again").await;
    books::close(acme, &first).await;
    let second = books::claimed(acme, "again").await;
    assert_eq!((first.document.clone(), second.submission), (second.document.clone(), 2));
    let all = listed(acme, &ListFilter::default(), None, 9).await;
    assert_eq!(all.iter().map(|line| (line.submission, line.state.as_str())).collect::<Vec<_>>(), [(2, "claimed")]);
    let mut tx = acme.read().await.unwrap();
    let ended = views::has_ended(&mut tx, &id(ACME), second.document.as_str()).await.unwrap();
    assert_eq!(ended, Some(("invoice".to_owned(), false)));
    assert_eq!(views::has_ended(&mut tx, &id(ACME), "none").await.unwrap(), None);
}

async fn a_trail_is_read_from_a_place_on(acme: &Acme) {
    let key = books::settled(acme, "trail").await;
    let whole = acme.trail(&key).await;
    let mut tx = acme.read().await.unwrap();
    let chain = key.document.as_str();
    let all = audit::entries_of(&mut tx, &id(ACME), chain, 0, 100).await.unwrap();
    assert_eq!(all.iter().map(|(entry, _)| entry.kind.as_str()).collect::<Vec<_>>(), whole);
    let rest = audit::entries_of(&mut tx, &id(ACME), chain, 1, 1).await.unwrap();
    assert_eq!((rest.len(), rest[0].0.seq, &rest[0].0.prev), (1, 2, &all[0].1));
}
