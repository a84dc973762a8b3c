//! What no statement may do, whoever holds a connection.

use vextrus_ledger::approvals::Approval;
use vextrus_tests_support::company::Acme;
use vextrus_tests_support::ledgers::Engine;
use vextrus_tests_support::on_both;
use vextrus_tests_support::raw::Raw;

use crate::books;

on_both![
    what_is_written_once_stays,
    an_effect_is_written_once,
    a_document_moves_one_way,
    an_outcome_belongs_to_the_state,
    a_table_is_not_emptied_at_one_stroke,
];

/// A settled document, and one whose task is decided.
async fn fill(acme: &Acme) {
    books::settled(acme, "INV-1").await;
    books::certified(acme).await;
    books::issued(acme).await;
    let key = books::assessed(acme, "INV-2", vec![books::task("level-1", 60, &["rina"])]).await;
    let decision = acme.signed(&key, "level-1", "rina", "approve").await;
    let mut tx = acme.begin().await.unwrap();
    let document = vextrus_ledger::documents::lock(&mut tx, &key).await.unwrap().unwrap();
    let now = tx.now();
    let mut approval = Approval::load(&mut tx, &document).await.unwrap();
    approval.command(&mut tx, &document, &decision, &acme.trust, now).await.unwrap().unwrap();
    approval.write_tasks(&mut tx, &document).await.unwrap();
    tx.commit().await.unwrap();
}

async fn assert_refused(raw: &mut Raw, sql: &str, said: &str) {
    let error = raw.refused(sql).await;
    assert!(error.contains(said), "{sql}: {error}");
}

async fn what_is_written_once_stays(acme: &Acme) {
    fill(acme).await;
    let mut raw = acme.database.raw().await;
    for (table, column) in [
        ("audit_entries", "content"),
        ("audit_entries", "seq"),
        ("approval_log", "content"),
        ("approval_log", "actor"),
        ("document_contents", "payload"),
        ("payment_exclusions", "person"),
        ("order_lines", "quantity"),
        ("goods_receipts", "content"),
        ("goods_receipt_lines", "quantity"),
        ("rule_versions", "content"),
        ("assessments", "plan"),
        ("assessments", "assessment"),
        ("rule_activations", "hash"),
        ("book_requests", "result"),
        ("period_locks", "through"),
        ("treasury_deposits", "amount"),
        ("deposit_lines", "amount"),
        ("deposit_reversals", "reason"),
        ("tax_certificates", "content"),
        ("certificate_lines", "deposit"),
        ("certificate_cancellations", "reason"),
    ] {
        let said = format!("{table} is append-only");
        assert_refused(&mut raw, &format!("UPDATE {table} SET {column} = {column}"), &said).await;
        assert_refused(&mut raw, &format!("DELETE FROM {table}"), &said).await;
    }
    for (table, what) in [
        ("documents", "documents"),
        ("purchase_orders", "orders"),
        ("payment_instructions", "instructions"),
        ("tax_obligations", "obligations"),
    ] {
        assert_refused(&mut raw, &format!("DELETE FROM {table}"), &format!("{what} are never deleted")).await;
    }
    for (table, column, said) in [
        ("payment_instructions", "amount", "an instruction is never rewritten"),
        ("payment_instructions", "vendor", "an instruction is never rewritten"),
        ("tax_obligations", "amount", "an obligation is never rewritten"),
    ] {
        assert_refused(&mut raw, &format!("UPDATE {table} SET {column} = {column}"), said).await;
    }
    for column in ["kind", "vendor", "fiscal_year", "canonical_number", "submitter", "request_id", "claimed_at"] {
        let sql = format!("UPDATE documents SET {column} = {column}");
        assert_refused(&mut raw, &sql, "what was claimed is never changed").await;
    }
    for change in
        ["total = total + 1", "payload = '{}'", "payload_hash = 'x'", "project = 'x'", "content = content + 2"]
    {
        let sql = format!("UPDATE documents SET {change} WHERE state = 'assessed'");
        assert_refused(&mut raw, &sql, "a document changes by another content").await;
    }
    let sql = "UPDATE documents SET total = total + 1, content = content + 1 WHERE state = 'settled'";
    assert_refused(&mut raw, sql, "a document changes by another content").await;
}

async fn an_effect_is_written_once(acme: &Acme) {
    let mut raw = acme.database.raw().await;
    raw.exec(
        "INSERT INTO effects (tenant, document, submission, step, input_hash, at)
         VALUES ('acme', 'd', 1, 'close', 'hash', '2025-08-01T00:00:00Z')",
    )
    .await
    .unwrap();
    raw.exec("UPDATE effects SET result = 'first'").await.unwrap();
    for sql in ["UPDATE effects SET result = 'second'", "UPDATE effects SET input_hash = 'x'", "DELETE FROM effects"] {
        assert_refused(&mut raw, sql, "an effect is written once").await;
    }
}

async fn a_document_moves_one_way(acme: &Acme) {
    const STATES: [&str; 4] = ["claimed", "assessed", "settled", "closed"];
    // From each state, the states that it may be moved to; staying where it is counts as a lock.
    let moves = [
        ("claimed", vec!["claimed", "assessed", "closed"]),
        ("assessed", vec!["assessed", "settled", "closed"]),
        ("settled", vec![]),
        ("closed", vec![]),
    ];
    let mut raw = acme.database.raw().await;
    for (from, allowed) in moves {
        for to in STATES {
            let key = books::claimed(acme, &format!("{from} to {to}")).await;
            let outcome = |state| match state {
                "settled" => "'approved'",
                "closed" => "'rejected'",
                _ => "NULL",
            };
            let moved = |state| {
                let outcome = outcome(state);
                format!(
                    "UPDATE documents SET state = '{state}', outcome = {outcome} WHERE document = '{}'",
                    key.document
                )
            };
            let way: &[&str] = match from {
                "claimed" => &[],
                "settled" => &["assessed", "settled"],
                other => &[other],
            };
            for step in way {
                raw.exec(&moved(step)).await.unwrap();
            }
            if allowed.contains(&to) {
                raw.exec(&moved(to)).await.unwrap();
            } else {
                assert_refused(&mut raw, &moved(to), "a document moves claimed, assessed, then settled or closed")
                    .await;
            }
        }
    }
}

async fn an_outcome_belongs_to_the_state(acme: &Acme) {
    let key = books::assessed(acme, "INV-1", vec![]).await;
    let mut raw = acme.database.raw().await;
    for change in [
        "state = 'settled'",
        "state = 'settled', outcome = 'rejected'",
        "state = 'closed'",
        "state = 'closed', outcome = 'approved'",
        "state = 'closed', outcome = 'lost'",
        "outcome = 'approved'",
    ] {
        let error = raw.refused(&format!("UPDATE documents SET {change} WHERE document = '{}'", key.document)).await;
        assert!(error.to_lowercase().contains("check constraint"), "{change}: {error}");
    }
}

async fn a_table_is_not_emptied_at_one_stroke(acme: &Acme) {
    if acme.database.engine == Engine::Sqlite {
        return; // It has no TRUNCATE.
    }
    fill(acme).await;
    let mut raw = acme.database.raw().await;
    for table in [
        "audit_entries",
        "approval_log",
        "document_contents",
        "payment_exclusions",
        "purchase_orders",
        "standing_delegations",
        "order_lines",
        "goods_receipts",
        "goods_receipt_lines",
        "rule_versions",
        "effects",
        "documents",
        "assessments",
        "journal_entries",
        "journal_lines",
        "payment_instructions",
        "tax_obligations",
        "rule_activations",
        "rule_proposals",
        "book_requests",
        "period_locks",
        "treasury_deposits",
        "deposit_lines",
        "deposit_reversals",
        "tax_certificates",
        "certificate_lines",
        "certificate_cancellations",
    ] {
        let error = raw.refused(&format!("TRUNCATE {table} CASCADE")).await;
        assert!(["is never emptied", "is append-only"].iter().any(|said| error.contains(said)), "{table}: {error}");
    }
}
