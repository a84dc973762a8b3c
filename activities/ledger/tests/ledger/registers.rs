//! Registers are read page by page, and a reader that gives up ends them.

use std::collections::BTreeSet;
use std::io;

use vextrus_ledger::LedgerError;
use vextrus_ledger::registers::{self, Asked, Cell};
use vextrus_tests_support::company::{ACME, Acme, GLOBEX, id};
use vextrus_tests_support::on_both;

use crate::books;

on_both![many_pages_are_one_report, a_reader_that_gives_up_is_told];

const ENTRIES: i64 = 4_321;

/// Entries of two lines each, planted in two companies.
async fn fill(acme: &Acme) {
    let key = books::claimed(acme, "INV-1").await;
    let mut raw = acme.database.raw().await;
    raw.take_guards_away().await;
    for tenant in [ACME, GLOBEX] {
        let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ENTRIES})");
        let entries = format!(
            "{numbers} INSERT INTO journal_entries SELECT '{tenant}', 'E-' || (100000 + i), '{}', 1, '2025-08-10', 'posted' FROM n",
            key.document
        );
        raw.exec(&entries).await.unwrap();
        for (line, purpose, debit, credit) in [(1, "expense", "i", "0"), (2, "accounts_payable", "0", "i")] {
            let lines = format!(
                "{numbers} INSERT INTO journal_lines SELECT '{tenant}', 'E-' || (100000 + i), {line}, '{line}000', '{purpose}',
                    {debit}, {credit} FROM n"
            );
            raw.exec(&lines).await.unwrap();
        }
    }
}

fn year() -> Asked {
    Asked::Journal { from: id("2025-07-01"), to: id("2026-06-30") }
}

async fn many_pages_are_one_report(acme: &Acme) {
    fill(acme).await;
    let mut seen = BTreeSet::new();
    let mut order = Vec::new();
    let mut tx = acme.read().await.unwrap();
    let totals = registers::report(&mut tx, &id(ACME), &year(), &mut |cells| {
        let place = format!("{}/{}", cells[0], cells[1]);
        order.push(place.clone());
        assert!(seen.insert(place), "a row comes twice: {cells:?}");
        Ok(())
    })
    .await
    .unwrap()
    .unwrap();
    assert_eq!(totals.rows, 2 * ENTRIES);
    assert!(order.is_sorted(), "rows come in order");
    let sum = i128::from(ENTRIES * (ENTRIES + 1) / 2);
    assert_eq!(totals.sums, [("debit", Cell::Amount(sum)), ("credit", Cell::Amount(sum))]);
}

async fn a_reader_that_gives_up_is_told(acme: &Acme) {
    fill(acme).await;
    let mut left = 10;
    let mut tx = acme.read().await.unwrap();
    let broken = registers::report(&mut tx, &id(ACME), &year(), &mut |_| {
        left -= 1;
        if left == 0 { Err(io::Error::from(io::ErrorKind::BrokenPipe)) } else { Ok(()) }
    })
    .await;
    assert!(matches!(broken, Err(LedgerError::Output(_))), "{broken:?}");
    assert_eq!(left, 0, "nothing is read on");
}
