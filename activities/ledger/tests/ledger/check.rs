//! The ledger's own check is content with good books, and finds what is planted in them.

use vextrus_tests_support::company::Acme;
use vextrus_tests_support::on_both;

use crate::books::{self, task};

on_both![good_books_are_found_good, planted_damage_is_found_and_named];

async fn good_books_are_found_good(acme: &Acme) {
    assert_eq!(acme.wrong().await, Vec::<String>::new(), "with nothing in them");
    fill(acme).await;
    assert_eq!(acme.wrong().await, Vec::<String>::new(), "with documents in every state");
}

async fn fill(acme: &Acme) {
    books::settled(acme, "settled").await;
    books::settled(acme, "settled too").await;
    books::assessed(acme, "assessed", vec![task("level-1", 60, &["rina"])]).await;
    books::claimed(acme, "claimed").await;
    let closed = books::assessed(acme, "closed", vec![task("level-1", 60, &["rina"])]).await;
    books::close(acme, &closed).await;
}

/// What is found, the damage, and how it is undone.
const DAMAGE: &[(&str, &str, &str)] = &[
    (
        "a budget line's reserved amount is not the sum of its reservations: works/",
        "UPDATE budget_lines SET reserved = reserved + 1 WHERE tenant = 'acme' AND department = 'works' AND project = ''",
        "UPDATE budget_lines SET reserved = reserved - 1 WHERE tenant = 'acme' AND department = 'works' AND project = ''",
    ),
    (
        "a budget line's committed amount is not the sum of its reservations: works/",
        "UPDATE budget_lines SET committed = committed - 1 WHERE tenant = 'acme' AND department = 'works' AND project = ''",
        "UPDATE budget_lines SET committed = committed + 1 WHERE tenant = 'acme' AND department = 'works' AND project = ''",
    ),
    (
        "a reservation does not fit the state of its document",
        "UPDATE budget_reservations SET state = 'reserved' WHERE state = 'released'",
        "UPDATE budget_reservations SET state = 'released' WHERE document IN (SELECT document FROM documents WHERE number = 'closed')",
    ),
    (
        "a settled document has not one instruction",
        "UPDATE payment_instructions SET submission = 2 WHERE serial = 1",
        "UPDATE payment_instructions SET submission = 1 WHERE serial = 1",
    ),
    (
        "a settled document has not one journal entry",
        "UPDATE journal_entries SET submission = 2 WHERE entry = 'PI-2025-26-000001'",
        "UPDATE journal_entries SET submission = 1 WHERE entry = 'PI-2025-26-000001'",
    ),
    (
        "a journal entry is a draft: PI-2025-26-000001",
        "UPDATE journal_entries SET state = 'draft' WHERE entry = 'PI-2025-26-000001'",
        "UPDATE journal_entries SET state = 'posted' WHERE entry = 'PI-2025-26-000001'",
    ),
    (
        "a journal entry does not balance: PI-2025-26-000001",
        "UPDATE journal_lines SET debit = debit + 1 WHERE entry = 'PI-2025-26-000001' AND purpose = 'expense'",
        "UPDATE journal_lines SET debit = debit - 1 WHERE entry = 'PI-2025-26-000001' AND purpose = 'expense'",
    ),
    (
        "an instruction is not what the books owe the vendor: PI-2025-26-000001",
        "UPDATE payment_instructions SET amount = amount + 1 WHERE serial = 1",
        "UPDATE payment_instructions SET amount = amount - 1 WHERE serial = 1",
    ),
    (
        "withheld tax in the books is not what is owed to the treasury: PI-2025-26-000001",
        "UPDATE tax_obligations SET amount = amount - 1 WHERE document IN (SELECT document FROM documents WHERE number = 'settled')",
        "UPDATE tax_obligations SET amount = amount + 1 WHERE document IN (SELECT document FROM documents WHERE number = 'settled')",
    ),
    (
        "a number of a series is missing: PI 2025-26",
        "UPDATE number_series SET last = last + 1",
        "UPDATE number_series SET last = last - 1",
    ),
    (
        "a task is undecided though its document has ended",
        "UPDATE tasks SET state = 'open' WHERE state = 'dropped'",
        "UPDATE tasks SET state = 'dropped' WHERE document IN (SELECT document FROM documents WHERE number = 'closed')",
    ),
    (
        "a step has no result: d settle/1",
        "INSERT INTO effects (tenant, document, submission, step, input_hash, at)
         VALUES ('acme', 'd', 1, 'settle/1', 'hash', '2025-08-01T00:00:00Z')",
        "DELETE FROM effects",
    ),
    (
        "a document was both settled and closed: d",
        "INSERT INTO effects (tenant, document, submission, step, input_hash, result, at)
         VALUES ('acme', 'd', 1, 'settle/1', 'hash', '{}', '2025-08-01T00:00:00Z'),
                ('acme', 'd', 1, 'close/hash', 'hash', '\"closed\"', '2025-08-01T00:00:00Z')",
        "DELETE FROM effects",
    ),
    (
        "a document's state is not on its trail",
        "UPDATE documents SET state = 'closed', outcome = 'failed' WHERE number = 'claimed'",
        "UPDATE documents SET state = 'claimed', outcome = NULL WHERE number = 'claimed'",
    ),
    (
        "a document's state is not on its trail",
        "UPDATE audit_entries SET tenant = 'elsewhere' WHERE content LIKE '%\"kind\":\"settled\"%'",
        "UPDATE audit_entries SET tenant = 'acme' WHERE tenant = 'elsewhere'",
    ),
    (
        "a document's claim is not what was submitted",
        "UPDATE documents SET payload = replace(payload, 'as ordered', 'or not') WHERE number = 'assessed'",
        "UPDATE documents SET payload = replace(payload, 'or not', 'as ordered') WHERE number = 'assessed'",
    ),
];

async fn planted_damage_is_found_and_named(acme: &Acme) {
    fill(acme).await;
    let mut raw = acme.database.raw().await;
    raw.take_guards_away().await;
    for (said, damage, undo) in DAMAGE {
        assert!(raw.exec(damage).await.unwrap() > 0, "{damage}");
        let wrong = acme.wrong().await;
        assert!(wrong.iter().any(|w| w.starts_with(said)), "{damage}\nfound {wrong:#?}");
        raw.exec(undo).await.unwrap();
        assert_eq!(acme.wrong().await, Vec::<String>::new(), "{undo}");
    }
}
