//! Whether the ledger keeps what it promises, asked of the data itself: budgets, books, numbers, documents, the trail.

use std::collections::BTreeSet;

use vextrus_domain::{TenantId, canonical};

use crate::audit;
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Each query answers one line for each thing that is wrong.
const QUESTIONS: &[(&str, &str)] = &[
    (
        "a budget line's reserved amount is not the sum of its reservations",
        "SELECT b.department || '/' || b.project FROM budget_lines b WHERE b.tenant = $1 AND b.reserved <> (
            SELECT coalesce(sum(r.amount), 0) FROM budget_reservations r WHERE r.tenant = b.tenant AND r.fiscal_year = b.fiscal_year
            AND r.department = b.department AND r.project = b.project AND r.state = 'reserved')",
    ),
    (
        "a budget line's committed amount is not the sum of its reservations",
        "SELECT b.department || '/' || b.project FROM budget_lines b WHERE b.tenant = $1 AND b.committed <> (
            SELECT coalesce(sum(r.amount), 0) FROM budget_reservations r WHERE r.tenant = b.tenant AND r.fiscal_year = b.fiscal_year
            AND r.department = b.department AND r.project = b.project AND r.state = 'committed')",
    ),
    (
        "a reservation does not fit the state of its document",
        "SELECT r.document FROM budget_reservations r
            JOIN documents d ON d.tenant = r.tenant AND d.document = r.document AND d.submission = r.submission
            WHERE r.tenant = $1 AND NOT (r.state = 'reserved' AND d.state = 'assessed'
              OR r.state = 'committed' AND d.state = 'settled' OR r.state = 'released' AND d.state = 'closed')",
    ),
    (
        "a settled document has not one instruction, or a document that is not settled has one",
        "SELECT d.document FROM documents d WHERE d.tenant = $1 AND (CASE WHEN d.state = 'settled' THEN 1 ELSE 0 END) <> (
            SELECT count(*) FROM payment_instructions i
            WHERE i.tenant = d.tenant AND i.document = d.document AND i.submission = d.submission)",
    ),
    (
        "a settled document has not one journal entry, or a document that is not settled has one",
        "SELECT d.document FROM documents d WHERE d.tenant = $1 AND (CASE WHEN d.state = 'settled' THEN 1 ELSE 0 END) <> (
            SELECT count(*) FROM journal_entries j
            WHERE j.tenant = d.tenant AND j.document = d.document AND j.submission = d.submission AND j.state = 'posted')",
    ),
    ("a journal entry is a draft", "SELECT entry FROM journal_entries WHERE tenant = $1 AND state = 'draft'"),
    (
        "a journal entry does not balance",
        "SELECT entry FROM journal_lines WHERE tenant = $1 GROUP BY entry HAVING sum(debit) <> sum(credit)",
    ),
    (
        "an instruction is not what the books owe the vendor",
        "SELECT i.instruction FROM payment_instructions i WHERE i.tenant = $1 AND i.amount <> (
            SELECT coalesce(sum(l.credit), 0) FROM journal_lines l
            WHERE l.tenant = i.tenant AND l.entry = i.instruction AND l.purpose = 'accounts_payable')",
    ),
    (
        "withheld tax in the books is not what is owed to the treasury",
        "SELECT i.instruction FROM payment_instructions i WHERE i.tenant = $1 AND (
            SELECT coalesce(sum(o.amount), 0) FROM tax_obligations o
            WHERE o.tenant = i.tenant AND o.document = i.document AND o.submission = i.submission) <> (
            SELECT coalesce(sum(l.credit), 0) FROM journal_lines l
            WHERE l.tenant = i.tenant AND l.entry = i.instruction AND l.purpose IN ('tds_payable', 'vds_payable'))",
    ),
    (
        "a number of a series is missing",
        "SELECT n.series || ' ' || n.fiscal_year FROM number_series n WHERE n.tenant = $1 AND n.series = 'PI' AND n.last <> (
            SELECT count(*) FROM payment_instructions i WHERE i.tenant = n.tenant AND i.fiscal_year = n.fiscal_year)",
    ),
    (
        "a task is undecided though its document has ended",
        "SELECT t.document FROM tasks t
            JOIN documents d ON d.tenant = t.tenant AND d.document = t.document AND d.submission = t.submission
            WHERE t.tenant = $1 AND t.state IN ('waiting', 'open') AND d.state <> 'assessed'",
    ),
    ("a step has no result", "SELECT document || ' ' || step FROM effects WHERE tenant = $1 AND result IS NULL"),
    (
        "a document was both settled and closed",
        "SELECT s.document FROM effects s JOIN effects c ON c.tenant = s.tenant AND c.document = s.document
            AND c.submission = s.submission AND c.step LIKE 'close/%' AND c.result NOT LIKE '%already_settled%'
            WHERE s.tenant = $1 AND s.step LIKE 'settle/%'",
    ),
];

/// Everything that is wrong with a tenant's books and trail. Empty is good.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn check(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<String>, LedgerError> {
    let mut wrong = Vec::new();
    for (what, sql) in QUESTIONS {
        let rows: Vec<(String,)> = tx.all(sql, args![tenant.as_str()]).await?;
        wrong.extend(rows.into_iter().map(|(which,)| format!("{what}: {which}")));
    }
    let mut on_trail = BTreeSet::new();
    for chain in audit::chains(tx, tenant).await? {
        match audit::read_chain(tx, tenant, &chain).await? {
            Err(broken) => wrong.push(broken.to_string()),
            Ok(entries) => on_trail
                .extend(entries.into_iter().filter_map(|e| e.submission.map(|s| (e.chain, i64::from(s), e.kind)))),
        }
    }
    let documents: Vec<(String, i64, String, String, String)> = tx
        .all(
            "SELECT document, submission, state, payload, payload_hash FROM documents WHERE tenant = $1",
            args![tenant.as_str()],
        )
        .await?;
    for (document, submission, state, payload, payload_hash) in documents {
        for kind in BTreeSet::from(["claimed", state.as_str()]) {
            if !on_trail.contains(&(document.clone(), submission, kind.to_owned())) {
                wrong.push(format!("a document's state is not on its trail: {document}/{submission} {kind}"));
            }
        }
        if canonical::sha256_hex(&payload) != payload_hash {
            wrong.push(format!("a document's claim is not what was submitted: {document}/{submission}"));
        }
    }
    Ok(wrong)
}
