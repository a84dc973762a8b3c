//! A ledger as the first version that landed left it, with documents in every state that a later version meets.

use serde_json::{Value, json};
use vextrus_domain::{DocumentKey, Invoice, canonical};
use vextrus_ledger::audit::Entry;

use crate::company::{ACME, id, invoice};
use crate::ledgers::Database;
use crate::raw::Raw;
use crate::versions;

/// What the first entry of a chain follows.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const THEN: &str = "2026-01-01T00:00:00Z";

/// A document that was assessed, whose first task is decided and whose second is open.
#[must_use]
pub fn assessed() -> DocumentKey {
    DocumentKey { tenant: id(ACME), document: id("d-1"), submission: 1 }
}

/// A document that was settled as `PI-2025-26-000001`.
#[must_use]
pub fn settled() -> DocumentKey {
    DocumentKey { document: id("d-2"), ..assessed() }
}

/// A document that was claimed and not assessed.
#[must_use]
pub fn claimed() -> DocumentKey {
    DocumentKey { document: id("d-3"), ..assessed() }
}

/// Writes the tables as they were before anything was added to them, with rules, people, a vendor, a budget and documents.
pub async fn write(database: &Database) {
    versions::tables(database, 1).await;
    let mut raw = database.raw().await;
    for sql in RECORDS {
        raw.exec(sql).await.unwrap();
    }
    document(&mut raw, &assessed(), "INV-1", ("'assessed'", "NULL", "NULL")).await;
    document(&mut raw, &settled(), "INV-2", ("'settled'", "'approved'", "'2026-01-02T00:00:00Z'")).await;
    document(&mut raw, &claimed(), "INV-3", ("'claimed'", "NULL", "NULL")).await;
    for sql in WORK {
        raw.exec(sql).await.unwrap();
    }
    trail(&mut raw, &assessed(), &["claimed", "assessed", "decided"]).await;
    trail(&mut raw, &settled(), &["claimed", "assessed", "decided", "decided", "settled"]).await;
    trail(&mut raw, &claimed(), &["claimed"]).await;
}

// SQLite compares times as text, and the program writes them so.
const RECORDS: &[&str] = &[
    "INSERT INTO rule_versions VALUES ('tax', 'h1', 'content', '2026-01-01T00:00:00Z')",
    "INSERT INTO rule_activations VALUES ('acme', 'tax', 1, 'h1', 'controller', '2026-01-01T00:00:00+00:00')",
    "INSERT INTO rule_versions VALUES ('approval', 'h2', 'policy', '2026-01-01T00:00:00Z')",
    "INSERT INTO rule_versions VALUES ('approval', 'h3', 'policy again', '2026-01-01T00:00:00Z')",
    "INSERT INTO rule_versions VALUES ('accounts', 'h4', 'mapping', '2026-01-01T00:00:00Z')",
    "INSERT INTO rule_activations VALUES ('acme', 'approval', 1, 'h2', 'controller', '2026-01-01T00:00:00+00:00')",
    "INSERT INTO rule_activations VALUES ('acme', 'approval', 2, 'h3', 'controller', '2026-02-01T00:00:00+00:00')",
    "INSERT INTO rule_activations VALUES ('acme', 'accounts', 1, 'h4', 'controller', '2026-01-01T00:00:00+00:00')",
    "INSERT INTO people VALUES ('acme', 'karim', 'works', '[]', TRUE)",
    "INSERT INTO people VALUES ('acme', 'rina', 'works', '[]', TRUE)",
    "INSERT INTO vendors VALUES ('acme', 'padma', 'Padma', 'contractor', '123456789012', '1234567890101', TRUE, 0)",
    "INSERT INTO budget_lines VALUES ('acme', '2025-26', 'works', '', 50000000, 10000000, 10000000)",
];

const WORK: &[&str] = &[
    "INSERT INTO budget_reservations VALUES ('acme', 'd-1', 1, '2025-26', 'works', '', 10000000, 'reserved')",
    "INSERT INTO budget_reservations VALUES ('acme', 'd-2', 1, '2025-26', 'works', '', 10000000, 'committed')",
    "INSERT INTO tasks VALUES ('acme', 'd-1', 1, 'level-1', 1, 0, 1, 'level', 'accounts_payable', 'approve?',
        '[{\"name\":\"approve\",\"proceeds\":true},{\"name\":\"reject\",\"proceeds\":false}]', 172800, 'ph', 'decided',
        '2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z')",
    "INSERT INTO tasks VALUES ('acme', 'd-1', 1, 'level-2', 1, 1, 2, 'level', 'department_head', 'approve?',
        '[{\"name\":\"approve\",\"proceeds\":true},{\"name\":\"reject\",\"proceeds\":false}]', 172800, 'ph', 'open',
        '2026-01-02T00:00:00Z', '2026-01-04T00:00:00Z')",
    "INSERT INTO task_people VALUES ('acme', 'rina', 'd-1', 1, 'level-1')",
    "INSERT INTO task_people VALUES ('acme', 'habib', 'd-1', 1, 'level-2')",
    "INSERT INTO decisions VALUES ('acme', 'd-1', 1, 'r-10', 'level-1', 'approve', TRUE, 'salma', 'rina', 'checked', 'signed',
        '{\"decision\":{},\"signature\":{}}', '2026-01-02T00:00:00Z')",
    "INSERT INTO tasks VALUES ('acme', 'd-2', 1, 'level-1', 1, 0, 1, 'level', 'accounts_payable', 'approve?', '[]', 172800, 'ph',
        'decided', '2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z')",
    "INSERT INTO tasks VALUES ('acme', 'd-2', 1, 'level-2', 1, 1, 2, 'level', 'department_head', 'approve?', '[]', 172800, 'ph',
        'decided', '2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z')",
    "INSERT INTO decisions VALUES ('acme', 'd-2', 1, 'r-20', 'level-1', 'approve', TRUE, 'rina', 'rina', '', 'signed', '{}',
        '2026-01-02T00:00:00Z')",
    // At the same moment as the one before it.
    "INSERT INTO decisions VALUES ('acme', 'd-2', 1, 'r-21', 'level-2', 'approve', TRUE, 'habib', 'habib', '', 'asserted', '{}',
        '2026-01-02T00:00:00Z')",
    "INSERT INTO number_series VALUES ('acme', 'PI', '2025-26', 1)",
    "INSERT INTO payment_instructions VALUES ('acme', 'PI-2025-26-000001', '2025-26', 1, 'd-2', 1, 'padma', 10750000,
        '2025-08-31', '2026-01-02', 'proposed', '2026-01-02T00:00:00Z')",
    "INSERT INTO journal_entries VALUES ('acme', 'PI-2025-26-000001', 'd-2', 1, '2026-01-02', 'draft')",
    "INSERT INTO journal_lines VALUES ('acme', 'PI-2025-26-000001', 1, '5100', 'expense', 10000000, 0)",
    "INSERT INTO journal_lines VALUES ('acme', 'PI-2025-26-000001', 2, '1310', 'input_vat', 1500000, 0)",
    "INSERT INTO journal_lines VALUES ('acme', 'PI-2025-26-000001', 3, '2320', 'tds_payable', 0, 750000)",
    "INSERT INTO journal_lines VALUES ('acme', 'PI-2025-26-000001', 4, '2100', 'accounts_payable', 0, 10750000)",
    "UPDATE journal_entries SET state = 'posted'",
    "INSERT INTO tax_obligations VALUES ('acme', 'd-2', 1, 'TDS', 'CONTRACTOR', 'padma', 10000000, 75000, 750000, '2026-01-02')",
];

/// What the first version kept of an assessment.
const ASSESSMENT: &str = r#"{"net_payable":"107500.00","questions":["is it right?"],"subtotal":"100000.00","total":"115000.00","trace":[{"amount":"15000.00","base":"100000.00","because":"schedule house","code":"STANDARD","rate":150000,"tax":"VAT"}],"vat":"15000.00","withheld":[{"amount":"7500.00","base":"100000.00","code":"CONTRACTOR","rate":75000,"tax":"TDS"}]}"#;

async fn document(raw: &mut Raw, key: &DocumentKey, number: &str, (state, outcome, ended): (&str, &str, &str)) {
    let bill: Invoice = invoice("padma", number, "100000");
    let payload = canonical::to_text(&bill).unwrap();
    let hash = canonical::sha256_hex(&payload);
    let revision = i64::from(state != "'claimed'");
    let document = &key.document;
    raw.exec(&format!(
        "INSERT INTO documents (tenant, document, submission, kind, vendor, fiscal_year, canonical_number, number,
            invoice_date, department, total, submitter, request_id, payload, payload_hash, state, revision, outcome, claimed_at,
            concluded_at)
         VALUES ('acme', '{document}', 1, 'invoice', 'padma', '2025-26', '{}', '{number}', '2025-08-01', 'works', 11500000,
            'karim', 'r-{document}', '{payload}', '{hash}', {state}, {revision}, {outcome}, '{THEN}', {ended})",
        number.replace('-', "")
    ))
    .await
    .unwrap();
    if revision == 1 {
        raw.exec(&format!(
            "INSERT INTO assessments VALUES ('acme', '{document}', 1, 1, '{THEN}', '2026-01-01', '{ASSESSMENT}',
                '{{\"policy_hash\":\"x\",\"revision\":1,\"tasks\":[]}}', 'ph', 'h1', 'h3', 'h4')"
        ))
        .await
        .unwrap();
    }
}

/// A chain of entries of these kinds, as the first version wrote them.
pub(crate) async fn trail(raw: &mut Raw, key: &DocumentKey, kinds: &[&str]) {
    let mut prev = GENESIS.to_owned();
    for (seq, kind) in (1..).zip(kinds) {
        let body: Value = json!({});
        let entry = Entry {
            tenant: key.tenant.to_string(),
            chain: key.document.to_string(),
            seq,
            submission: Some(key.submission),
            kind: (*kind).to_owned(),
            at: id(THEN),
            actor: None,
            principal: None,
            body,
            ties: Vec::new(),
            prev: prev.clone(),
        };
        let (content, hash) = (canonical::to_text(&entry).unwrap(), canonical::hash(&entry).unwrap());
        raw.exec(&format!(
            "INSERT INTO audit_entries VALUES ('acme', '{}', {seq}, '{content}', '{prev}', '{hash}')",
            key.document
        ))
        .await
        .unwrap();
        prev = hash;
    }
}
