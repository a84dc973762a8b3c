//! The ledger's own check is content with good books, and finds what is planted in them.

use vextrus_ledger::orders;
use vextrus_tests_support::company::{Acme, CLERK, actor};
use vextrus_tests_support::on_both;

use crate::bank_details;
use crate::books::{self, task};

on_both![good_books_are_found_good, planted_damage_is_found_and_named];

async fn good_books_are_found_good(acme: &Acme) {
    assert_eq!(acme.wrong().await, Vec::<String>::new(), "with nothing in them");
    fill(acme).await;
    assert_eq!(acme.wrong().await, Vec::<String>::new(), "with documents in every state");
}

async fn fill(acme: &Acme) {
    bank_details::propose_for(acme, "padma", "rina", "1111111111").await.unwrap();
    books::settled(acme, "settled").await;
    books::settled(acme, "settled too").await;
    books::certified(acme).await;
    books::assessed(acme, "assessed", vec![task("level-1", 60, &["rina"])]).await;
    books::claimed(acme, "claimed").await;
    let closed = books::assessed(acme, "closed", vec![task("level-1", 60, &["rina"])]).await;
    books::close(acme, &closed).await;
    // An order of which 1,000.00 are used, 2,000.00 held, and 7,000.00 kept; and one that is closed.
    let order = books::issued(acme).await;
    let used = books::billed(acme, "used", &order, "1").await;
    books::settle(acme, &used).await;
    let held = books::billed(acme, "held", &order, "2").await;
    let mut tx = acme.begin().await.unwrap();
    books::assess(&mut tx, &held, vec![task("level-1", 60, &["rina"])]).await;
    tx.commit().await.unwrap();
    let ended = books::issued(acme).await;
    let mut tx = acme.begin().await.unwrap();
    orders::close(&mut tx, &actor(CLERK), &ended, "enough").await.unwrap().unwrap();
    tx.commit().await.unwrap();
}

/// What is found, the damage, and how it is undone.
const DAMAGE: &[(&str, &str, &str)] = &[
    (
        "a document's events leave a gap: ",
        "UPDATE outbox SET sequence = sequence + 1 WHERE event = 'order_closed'",
        "UPDATE outbox SET sequence = sequence - 1 WHERE event = 'order_closed'",
    ),
    (
        "a task does not stand in an inbox where its time says: ",
        "UPDATE task_people SET sorted_at = NULL WHERE sorted_at IS NOT NULL",
        "UPDATE task_people SET sorted_at = (SELECT coalesce(t.due_at, t.opened_at) FROM tasks t
            WHERE t.tenant = task_people.tenant AND t.document = task_people.document AND t.submission = task_people.submission
            AND t.task = task_people.task AND t.state = 'open')",
    ),
    (
        "a change of bank details does not stand in an inbox where its time says: ",
        "UPDATE bank_change_people SET sorted_at = NULL",
        "UPDATE bank_change_people SET sorted_at = (SELECT c.due_at FROM bank_changes c
            WHERE c.tenant = bank_change_people.tenant AND c.change = bank_change_people.change)",
    ),
    (
        "a lane of the outbox does not count what waits in it: acme/d-1/webhook/",
        "INSERT INTO outbox_lanes (lane, tenant, document, channel, recipient, pending, due_at)
            VALUES ('acme/d-1/webhook/', 'acme', 'd-1', 'webhook', '', 1, '2025-08-10T06:00:00Z')",
        "DELETE FROM outbox_lanes",
    ),
    (
        "a budget line's reserved amount is not the sum of its reservations and encumbrances: works/",
        "UPDATE budget_lines SET reserved = reserved + 1 WHERE tenant = 'acme' AND department = 'works' AND project = ''",
        "UPDATE budget_lines SET reserved = reserved - 1 WHERE tenant = 'acme' AND department = 'works' AND project = ''",
    ),
    (
        "a budget line's committed amount is not the sum of its reservations: works/",
        "UPDATE budget_lines SET committed = committed - 1 WHERE tenant = 'acme' AND department = 'works' AND project = ''",
        "UPDATE budget_lines SET committed = committed + 1 WHERE tenant = 'acme' AND department = 'works' AND project = ''",
    ),
    (
        "what an order keeps is not what its invoices hold and used: PO-2025-26-000001 works/",
        "UPDATE encumbrances SET held = held + 1 WHERE po_number = 'PO-2025-26-000001'",
        "UPDATE encumbrances SET held = held - 1 WHERE po_number = 'PO-2025-26-000001'",
    ),
    (
        "what an order keeps is not what its invoices hold and used: PO-2025-26-000001 works/",
        "UPDATE budget_reservations SET from_order = from_order - 1 WHERE from_order > 0 AND state = 'committed'",
        "UPDATE budget_reservations SET from_order = from_order + 1 WHERE from_order > 0 AND state = 'committed'",
    ),
    (
        "a budget line's reserved amount is not the sum of its reservations and encumbrances: works/",
        "UPDATE encumbrances SET released = released - 1 WHERE po_number = 'PO-2025-26-000002'",
        "UPDATE encumbrances SET released = released + 1 WHERE po_number = 'PO-2025-26-000002'",
    ),
    (
        "a closed order keeps a budget that nothing holds: PO-2025-26-000001",
        "UPDATE purchase_orders SET open = FALSE WHERE po_number = 'PO-2025-26-000001'",
        "UPDATE purchase_orders SET open = TRUE WHERE po_number = 'PO-2025-26-000001'",
    ),
    (
        "an approved order was not issued once, or one that is not approved was",
        "UPDATE purchase_orders SET document = 'nowhere' WHERE serial = 2",
        "UPDATE purchase_orders SET document = (SELECT document FROM documents d WHERE kind = 'purchase_order'
            AND NOT EXISTS (SELECT 1 FROM purchase_orders o WHERE o.document = d.document)) WHERE serial = 2",
    ),
    (
        "an approved order was not issued once, or one that is not approved was",
        "UPDATE documents SET state = 'closed', outcome = 'failed' WHERE kind = 'purchase_order'",
        "UPDATE documents SET state = 'settled', outcome = 'approved' WHERE kind = 'purchase_order'",
    ),
    (
        "an order's amount is not the sum of its lines: PO-2025-26-000001",
        "UPDATE order_lines SET amount = amount + 1 WHERE po_number = 'PO-2025-26-000001'",
        "UPDATE order_lines SET amount = amount - 1 WHERE po_number = 'PO-2025-26-000001'",
    ),
    (
        "an order's amount is not the sum of its lines: PO-2025-26-000001",
        "UPDATE purchase_orders SET amount = amount - 1 WHERE po_number = 'PO-2025-26-000001'",
        "UPDATE purchase_orders SET amount = amount + 1 WHERE po_number = 'PO-2025-26-000001'",
    ),
    (
        "more of an order's line was received than it orders: PO-2025-26-000001 1",
        "UPDATE goods_receipt_lines SET quantity = quantity + 4000001 WHERE po_number = 'PO-2025-26-000001'",
        "UPDATE goods_receipt_lines SET quantity = quantity - 4000001 WHERE po_number = 'PO-2025-26-000001'",
    ),
    (
        "an order number of a series is missing: PO 2025-26",
        "UPDATE number_series SET last = last + 1 WHERE series = 'PO'",
        "UPDATE number_series SET last = last - 1 WHERE series = 'PO'",
    ),
    (
        "an order number of a series is missing: PO 2025-26",
        "UPDATE purchase_orders SET fiscal_year = '2026-27' WHERE serial = 2",
        "UPDATE purchase_orders SET fiscal_year = '2025-26' WHERE serial = 2",
    ),
    (
        "a document was carried out and has no approval",
        "UPDATE approval_log SET tenant = 'elsewhere' WHERE document IN (SELECT document FROM documents WHERE number = 'settled')",
        "UPDATE approval_log SET tenant = 'acme' WHERE tenant = 'elsewhere'",
    ),
    (
        "an approval leads nowhere: stored approval log cannot be read: plan 2 of",
        "UPDATE approval_log SET content = '{\"revision\":2}' WHERE document IN (SELECT document FROM documents WHERE number = 'held')",
        "UPDATE approval_log SET content = '{\"revision\":1}' WHERE content = '{\"revision\":2}'",
    ),
    (
        "an approval leads nowhere: stored approval log cannot be read: entry 1 of",
        "UPDATE approval_log SET seq = 7 WHERE document IN (SELECT document FROM documents WHERE number = 'held')",
        "UPDATE approval_log SET seq = 1 WHERE seq = 7",
    ),
    (
        "a document was carried out without its approval",
        "INSERT INTO approval_log (tenant, document, submission, seq, kind, action, assurance, content, at)
         SELECT tenant, document, submission, 2, 'reopen', 'reopen', 'own', 'another tax', at FROM approval_log
         WHERE document IN (SELECT document FROM documents WHERE number = 'used')",
        "DELETE FROM approval_log WHERE kind = 'reopen'",
    ),
    (
        "a document cannot be read",
        "UPDATE documents SET payload = '{}' WHERE number = 'claimed'",
        "UPDATE documents SET payload = (SELECT c.payload FROM document_contents c WHERE c.document = documents.document)
            WHERE number = 'claimed'",
    ),
    (
        "a reservation does not fit the state of its document",
        "UPDATE budget_reservations SET state = 'encumbered' WHERE state = 'committed' AND po_number IS NOT NULL",
        "UPDATE budget_reservations SET state = 'committed' WHERE state = 'encumbered' AND po_number IS NOT NULL",
    ),
    (
        "a reservation does not fit the state of its document",
        "UPDATE budget_reservations SET state = 'reserved' WHERE state = 'released'",
        "UPDATE budget_reservations SET state = 'released' WHERE document IN (SELECT document FROM documents WHERE number = 'closed')",
    ),
    (
        "a settled invoice has not one instruction",
        "UPDATE payment_instructions SET submission = 2 WHERE serial = 1",
        "UPDATE payment_instructions SET submission = 1 WHERE serial = 1",
    ),
    (
        "a settled invoice has not one journal entry",
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
         VALUES ('acme', 'd', 1, 'settle/hash', 'hash', '{\"settled\":{}}', '2025-08-01T00:00:00Z'),
                ('acme', 'd', 1, 'close/hash', 'hash', '\"closed\"', '2025-08-01T00:00:00Z')",
        "DELETE FROM effects",
    ),
    (
        "a deposit's amount is not the sum of its obligations: 2",
        "UPDATE treasury_deposits SET amount = amount + 1 WHERE deposit = 2",
        "UPDATE treasury_deposits SET amount = amount - 1 WHERE deposit = 2",
    ),
    (
        "an obligation is deposited twice",
        "UPDATE deposit_reversals SET tenant = 'elsewhere'",
        "UPDATE deposit_reversals SET tenant = 'acme'",
    ),
    (
        "an obligation is certified twice",
        "UPDATE certificate_cancellations SET tenant = 'elsewhere'",
        "UPDATE certificate_cancellations SET tenant = 'acme'",
    ),
    (
        "a certificate rests on a deposit that was reversed: TDSC-",
        "UPDATE certificate_cancellations SET tenant = 'elsewhere'",
        "UPDATE certificate_cancellations SET tenant = 'acme'",
    ),
    (
        "a certificate's amount is not the sum of its obligations: TDSC-",
        "UPDATE tax_certificates SET amount = amount - 1 WHERE serial = 2",
        "UPDATE tax_certificates SET amount = amount + 1 WHERE serial = 2",
    ),
    (
        "a certificate's amount is not the sum of its obligations",
        "UPDATE tax_certificates SET vendor = 'meghna'",
        "UPDATE tax_certificates SET vendor = 'padma'",
    ),
    (
        "a certificate number of a series is missing: TDSC ",
        "UPDATE number_series SET last = last + 1 WHERE series = 'TDSC'",
        "UPDATE number_series SET last = last - 1 WHERE series = 'TDSC'",
    ),
    (
        "a deposit's number is missing: 7",
        "UPDATE treasury_deposits SET deposit = 7 WHERE deposit = 2",
        "UPDATE treasury_deposits SET deposit = 2 WHERE deposit = 7",
    ),
    (
        "an entry of the closed periods is missing: 3",
        "UPDATE period_locks SET seq = 3 WHERE seq = 2",
        "UPDATE period_locks SET seq = 2 WHERE seq = 3",
    ),
    (
        "a certificate is not what was issued",
        "UPDATE tax_certificates SET content = replace(content, 'Akter', 'Begum')",
        "UPDATE tax_certificates SET content = replace(content, 'Begum', 'Akter')",
    ),
    (
        "a certificate is not what the trail tells: TDSC-",
        "UPDATE tax_certificates SET content_hash = '-' || content_hash WHERE serial = 2",
        "UPDATE tax_certificates SET content_hash = substr(content_hash, 2) WHERE serial = 2",
    ),
    (
        "a record is not on the trail: tax_deposited 2",
        "UPDATE treasury_deposits SET recorded_by = 'tareq' WHERE deposit = 2",
        "UPDATE treasury_deposits SET recorded_by = 'nasrin' WHERE deposit = 2",
    ),
    (
        "what the trail tells is missing: deposit_reversed 1",
        "UPDATE deposit_reversals SET tenant = 'elsewhere'",
        "UPDATE deposit_reversals SET tenant = 'acme'",
    ),
    (
        "a record is not on the trail: period 1",
        "UPDATE period_locks SET set_by = 'tareq' WHERE seq = 1",
        "UPDATE period_locks SET set_by = 'nasrin' WHERE seq = 1",
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
