//! An entry balances when it is posted, and stays as it was posted.

use vextrus_domain::{DocumentKey, Taka};
use vextrus_ledger::LedgerError;
use vextrus_ledger::journal::{self, Posting};
use vextrus_tests_support::company::{Acme, id, taka};
use vextrus_tests_support::on_both;

use crate::books;

on_both![what_does_not_balance_is_not_posted, a_posted_entry_stays_as_it_is, a_line_is_a_debit_or_a_credit];

fn line(debit: &str, credit: &str) -> Posting {
    Posting { account: "5100".to_owned(), purpose: "expense", debit: taka(debit), credit: taka(credit) }
}

async fn post(acme: &Acme, key: &DocumentKey, entry: &str, lines: &[Posting]) -> Result<(), LedgerError> {
    let mut tx = acme.begin().await?;
    journal::post(&mut tx, key, entry, id("2025-08-10"), lines).await?;
    tx.commit().await
}

async fn what_does_not_balance_is_not_posted(acme: &Acme) {
    let key = books::claimed(acme, "INV-1").await;
    for (why, lines) in [
        ("a poisha is missing", vec![line("100", "0"), line("0", "99.99")]),
        ("there is one line", vec![line("100", "0")]),
        ("there is nothing", vec![]),
    ] {
        let error = post(acme, &key, "PI-1", &lines).await.expect_err(why).to_string();
        assert!(error.contains("an entry is posted once, when it balances"), "{why}: {error}");
    }
    assert_eq!(acme.database.raw().await.number("SELECT count(*) FROM journal_entries").await, 0, "no draft stays");
    post(acme, &key, "PI-1", &[line("100", "0"), line("0", "60"), line("0", "40")]).await.unwrap();
}

async fn a_posted_entry_stays_as_it_is(acme: &Acme) {
    let key = books::claimed(acme, "INV-1").await;
    post(acme, &key, "PI-1", &[line("100", "0"), line("0", "100")]).await.unwrap();
    let mut raw = acme.database.raw().await;
    let add = |entry, line, debit, credit| {
        format!(
            "INSERT INTO journal_lines (tenant, entry, line, account, purpose, debit, credit)
             VALUES ('acme', '{entry}', {line}, '5100', 'expense', {debit}, {credit})"
        )
    };
    let posted = |state| {
        format!(
            "INSERT INTO journal_entries (tenant, entry, document, submission, posting_date, state)
             VALUES ('acme', 'PI-2', '{}', 1, '2025-08-10', '{state}')",
            key.document
        )
    };
    for (sql, said) in [
        (add("PI-1", 3, 5, 0), "a posted entry takes no lines"),
        ("UPDATE journal_lines SET debit = debit + 1 WHERE debit > 0".to_owned(), "postings are never changed"),
        ("UPDATE journal_lines SET account = '9999'".to_owned(), "postings are never changed"),
        ("DELETE FROM journal_lines".to_owned(), "postings are never"),
        ("UPDATE journal_entries SET state = 'draft'".to_owned(), "an entry is posted once"),
        ("UPDATE journal_entries SET posting_date = '2025-09-01'".to_owned(), "an entry is posted once"),
        ("DELETE FROM journal_entries".to_owned(), "postings are never deleted"),
        (posted("posted"), "an entry starts as a draft"),
    ] {
        let error = raw.refused(&sql).await;
        assert!(error.contains(said), "{sql}: {error}");
    }
    // A draft takes lines, and is posted when it balances and not before.
    raw.exec(&posted("draft")).await.unwrap();
    raw.exec(&add("PI-2", 1, 100, 0)).await.unwrap();
    let post_it = "UPDATE journal_entries SET state = 'posted' WHERE entry = 'PI-2'";
    assert!(raw.refused(post_it).await.contains("when it balances"));
    raw.exec(&add("PI-2", 2, 0, 100)).await.unwrap();
    raw.exec(post_it).await.unwrap();
    assert!(raw.refused(post_it).await.contains("an entry is posted once"));
}

async fn a_line_is_a_debit_or_a_credit(acme: &Acme) {
    let key = books::claimed(acme, "INV-1").await;
    let both = line("100", "100");
    let neither = line("0", "0");
    let below_zero = Posting { debit: Taka::from_poisha(-1).unwrap(), ..line("0", "0") };
    for odd in [both, neither, below_zero] {
        let error = post(acme, &key, "PI-1", &[odd.clone(), line("1", "0"), line("0", "1")]).await.unwrap_err();
        assert!(matches!(&error, LedgerError::Database(e) if e.as_database_error().is_some()), "{odd:?}: {error}");
    }
}
