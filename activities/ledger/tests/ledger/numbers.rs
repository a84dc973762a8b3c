//! Payment instructions are numbered without gaps, whoever gives up on the way.

use vextrus_domain::{DocumentKey, FiscalYear};
use vextrus_ledger::{Ledger, payments};
use vextrus_tests_support::company::{Acme, id};
use vextrus_tests_support::ledgers::at_once;
use vextrus_tests_support::on_both;

on_both![numbers_taken_at_once_leave_no_gap, a_number_that_is_given_back_is_given_again, each_series_counts_for_itself];

fn key(tenant: &str) -> DocumentKey {
    DocumentKey { tenant: id(tenant), document: id("d-1"), submission: 1 }
}

fn year() -> FiscalYear {
    id("2025-26")
}

/// Takes a number and keeps it, or gives it back.
async fn take(ledger: &Ledger, key: &DocumentKey, series: &str, year: FiscalYear, keep: bool) -> i64 {
    let mut tx = ledger.begin(&key.tenant).await.unwrap();
    let number = payments::next_number(&mut tx, &key.tenant, series, year).await.unwrap();
    if keep {
        tx.commit().await.unwrap()
    } else {
        tx.rollback().await.unwrap()
    }
    number
}

async fn numbers_taken_at_once_leave_no_gap(acme: &Acme) {
    let ledger = acme.ledger();
    let numbers = at_once(64, move |i| {
        let ledger = ledger.clone();
        async move { (i % 3 != 0, take(&ledger, &key("acme"), "PI", year(), i % 3 != 0).await) }
    })
    .await;
    let mut kept: Vec<i64> = numbers.into_iter().filter_map(|(kept, number)| kept.then_some(number)).collect();
    kept.sort_unstable();
    assert_eq!(kept, (1..=42).collect::<Vec<i64>>());
}

async fn a_number_that_is_given_back_is_given_again(acme: &Acme) {
    for (keep, expected) in [(true, 1), (false, 2), (false, 2), (true, 2), (true, 3)] {
        assert_eq!(take(acme, &key("acme"), "PI", year(), keep).await, expected);
    }
}

async fn each_series_counts_for_itself(acme: &Acme) {
    for (tenant, series, year) in
        [("acme", "PI", "2025-26"), ("acme", "PI", "2026-27"), ("acme", "M63", "2025-26"), ("globex", "PI", "2025-26")]
    {
        for expected in 1..3 {
            assert_eq!(take(acme, &key(tenant), series, id(year), true).await, expected, "{tenant} {series} {year}");
        }
    }
}
