//! Whether the ledger keeps what it promises, asked of the data itself: budgets, books, numbers, documents, approvals,
//! the processes of employees, deposits and certificates, the outbox, the trail.

use std::collections::BTreeSet;

use vextrus_approval::Outcome;
use vextrus_domain::{DocumentKey, TenantId, canonical};

use crate::approvals::Approval;
use crate::audit;
use crate::db::{Tx, args};
use crate::documents::{self, State};
use crate::error::LedgerError;
use crate::{bank_details, employees, treasury};

/// Each query answers one line for each thing that is wrong.
const QUESTIONS: &[(&str, &str)] = &[
    (
        "a budget line's reserved amount is not the sum of its reservations and encumbrances",
        "SELECT b.department || '/' || b.project FROM budget_lines b WHERE b.tenant = $1 AND b.reserved <> (
            SELECT coalesce(sum(r.amount - r.from_order), 0) FROM budget_reservations r
            WHERE r.tenant = b.tenant AND r.fiscal_year = b.fiscal_year
            AND r.department = b.department AND r.project = b.project AND r.state = 'reserved') + (
            SELECT coalesce(sum(e.amount - e.used - e.released), 0) FROM encumbrances e
            WHERE e.tenant = b.tenant AND e.fiscal_year = b.fiscal_year
            AND e.department = b.department AND e.project = b.project)",
    ),
    (
        "a budget line's committed amount is not the sum of its reservations",
        "SELECT b.department || '/' || b.project FROM budget_lines b WHERE b.tenant = $1 AND b.committed <> (
            SELECT coalesce(sum(r.amount), 0) FROM budget_reservations r WHERE r.tenant = b.tenant AND r.fiscal_year = b.fiscal_year
            AND r.department = b.department AND r.project = b.project AND r.state = 'committed')",
    ),
    (
        "what an order keeps is not what its invoices hold and used",
        "SELECT e.po_number || ' ' || e.department || '/' || e.project FROM encumbrances e WHERE e.tenant = $1 AND (
            e.held <> (SELECT coalesce(sum(r.from_order), 0) FROM budget_reservations r
                WHERE r.tenant = e.tenant AND r.po_number = e.po_number AND r.fiscal_year = e.fiscal_year
                AND r.department = e.department AND r.project = e.project AND r.state = 'reserved')
            OR e.used <> (SELECT coalesce(sum(r.from_order), 0) FROM budget_reservations r
                WHERE r.tenant = e.tenant AND r.po_number = e.po_number AND r.fiscal_year = e.fiscal_year
                AND r.department = e.department AND r.project = e.project AND r.state = 'committed'))",
    ),
    (
        "a closed order keeps a budget that nothing holds",
        "SELECT e.po_number FROM encumbrances e JOIN purchase_orders o ON o.tenant = e.tenant AND o.po_number = e.po_number
            WHERE e.tenant = $1 AND NOT o.open AND e.held + e.used + e.released <> e.amount",
    ),
    (
        "a reservation does not fit the state of its document",
        "SELECT r.document FROM budget_reservations r
            JOIN documents d ON d.tenant = r.tenant AND d.document = r.document AND d.submission = r.submission
            WHERE r.tenant = $1 AND NOT (r.state = 'reserved' AND d.state = 'assessed'
              OR r.state = 'committed' AND d.state = 'settled' AND d.kind = 'invoice'
              OR r.state = 'encumbered' AND d.state = 'settled' AND d.kind = 'purchase_order'
              OR r.state = 'released' AND d.state = 'closed')",
    ),
    (
        "a settled invoice has not one instruction, or a document that is none has one",
        "SELECT d.document FROM documents d
            WHERE d.tenant = $1 AND (CASE WHEN d.state = 'settled' AND d.kind = 'invoice' THEN 1 ELSE 0 END) <> (
            SELECT count(*) FROM payment_instructions i
            WHERE i.tenant = d.tenant AND i.document = d.document AND i.submission = d.submission)",
    ),
    (
        "a settled invoice has not one journal entry, or a document that is none has one",
        "SELECT d.document FROM documents d
            WHERE d.tenant = $1 AND (CASE WHEN d.state = 'settled' AND d.kind = 'invoice' THEN 1 ELSE 0 END) <> (
            SELECT count(*) FROM journal_entries j
            WHERE j.tenant = d.tenant AND j.document = d.document AND j.submission = d.submission AND j.state = 'posted')",
    ),
    (
        "an approved order was not issued once, or one that is not approved was",
        "SELECT d.document FROM documents d WHERE d.tenant = $1 AND d.kind = 'purchase_order' AND d.po_number IS NULL
            AND (CASE WHEN d.state = 'settled' THEN 1 ELSE 0 END) <> (
            SELECT count(*) FROM purchase_orders o WHERE o.tenant = d.tenant AND o.document = d.document)",
    ),
    (
        "an order's amount is not the sum of its lines",
        "SELECT o.po_number FROM purchase_orders o WHERE o.tenant = $1 AND o.document IS NOT NULL AND o.amount <> (
            SELECT coalesce(sum(l.amount), 0) FROM order_lines l
            WHERE l.tenant = o.tenant AND l.po_number = o.po_number AND l.version = o.version)",
    ),
    (
        "more of an order's line was received than it orders",
        "SELECT o.po_number || ' ' || l.line FROM purchase_orders o JOIN order_lines l
            ON l.tenant = o.tenant AND l.po_number = o.po_number AND l.version = o.version
            WHERE o.tenant = $1 AND l.quantity < (SELECT coalesce(sum(r.quantity), 0) FROM goods_receipt_lines r
            WHERE r.tenant = l.tenant AND r.po_number = l.po_number AND r.line = l.line)",
    ),
    (
        "a vendor's account does not come from one approved change, or an approved change gave no account",
        "SELECT c.change FROM bank_changes c WHERE c.tenant = $1
            AND (CASE WHEN c.state = 'approved' THEN 1 ELSE 0 END) <> (SELECT count(*) FROM vendor_accounts a
            WHERE a.tenant = c.tenant AND a.change = c.change AND a.vendor = c.vendor)",
    ),
    (
        "a document was carried out and has no approval",
        "SELECT d.document FROM documents d WHERE d.tenant = $1 AND d.state = 'settled' AND NOT EXISTS (
            SELECT 1 FROM approval_log l
            WHERE l.tenant = d.tenant AND l.document = d.document AND l.submission = d.submission)",
    ),
    (
        "a document's content is none that was submitted",
        "SELECT d.document FROM documents d WHERE d.tenant = $1 AND NOT EXISTS (SELECT 1 FROM document_contents c
            WHERE c.tenant = d.tenant AND c.document = d.document AND c.submission = d.submission
            AND c.payload_hash = d.payload_hash)",
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
        "an order number of a series is missing",
        "SELECT n.series || ' ' || n.fiscal_year FROM number_series n WHERE n.tenant = $1 AND n.series = 'PO' AND n.last <> (
            SELECT count(*) FROM purchase_orders o WHERE o.tenant = n.tenant AND o.fiscal_year = n.fiscal_year)",
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
    (
        "a task does not stand in an inbox where its time says",
        "SELECT p.document || ' ' || p.task || ' ' || p.person FROM task_people p JOIN tasks t
            ON t.tenant = p.tenant AND t.document = p.document AND t.submission = p.submission AND t.task = p.task
            WHERE p.tenant = $1
            AND p.sorted_at IS DISTINCT FROM CASE WHEN t.state = 'open' THEN coalesce(t.due_at, t.opened_at) END",
    ),
    (
        "a change of bank details does not stand in an inbox where its time says",
        "SELECT p.change || ' ' || p.person FROM bank_change_people p
            JOIN bank_changes c ON c.tenant = p.tenant AND c.change = p.change
            WHERE p.tenant = $1 AND p.sorted_at IS DISTINCT FROM c.due_at",
    ),
    (
        "a document's events leave a gap",
        "SELECT document FROM outbox WHERE tenant = $1 GROUP BY document HAVING min(sequence) <> 1 OR max(sequence) <> count(*)",
    ),
    (
        "a lane of the outbox does not count what waits in it",
        "SELECT l.lane FROM outbox_lanes l WHERE l.tenant = $1 AND l.pending <> (
            SELECT count(*) FROM outbox_deliveries d WHERE d.lane = l.lane AND d.state = 'waiting')",
    ),
    ("a step has no result", "SELECT document || ' ' || step FROM effects WHERE tenant = $1 AND result IS NULL"),
    (
        "a document was both settled and closed",
        "SELECT s.document FROM effects s JOIN effects c ON c.tenant = s.tenant AND c.document = s.document
            AND c.submission = s.submission AND c.step LIKE 'close/%' AND c.result = '\"closed\"'
            WHERE s.tenant = $1 AND s.step LIKE 'settle/%' AND s.result LIKE '{\"settled\":%'",
    ),
];

/// Everything that is wrong with a tenant's books and trail. Empty is good.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn check(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<String>, LedgerError> {
    let mut wrong = Vec::new();
    for (what, sql) in QUESTIONS.iter().chain(treasury::check::QUESTIONS) {
        let rows: Vec<(String,)> = tx.all(sql, args![tenant.as_str()]).await?;
        wrong.extend(rows.into_iter().map(|(which,)| format!("{what}: {which}")));
    }
    let trail = audit::verify::trail(tx, tenant).await?;
    wrong.extend(trail.problems.iter().map(ToString::to_string));
    let (on_trail, own) = (trail.told, trail.own);
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
        wrong.extend(approval(tx, tenant, &document, submission).await?);
    }
    wrong.extend(employees::check(tx, tenant, &on_trail).await?);
    wrong.extend(treasury::check::check(tx, tenant, &own).await?);
    wrong.extend(bank_details::check(tx, tenant).await?);
    Ok(wrong)
}

/// What is wrong with a document's approval, run again from its log: it leads nowhere, or not to what was carried out.
async fn approval(
    tx: &mut Tx,
    tenant: &TenantId,
    document: &str,
    submission: i64,
) -> Result<Option<String>, LedgerError> {
    let key = DocumentKey {
        tenant: tenant.clone(),
        document: document.parse().map_err(|e| LedgerError::corrupt("document id", format!("{e}")))?,
        submission: u32::try_from(submission).map_err(|e| LedgerError::corrupt("submission", e))?,
    };
    let found = match documents::get(tx, &key).await {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(None),
        Err(error) if error.is_final() => return Ok(Some(format!("a document cannot be read: {key}: {error}"))),
        Err(error) => return Err(error),
    };
    match Approval::load(tx, &found).await {
        // Decisions of an earlier version are not run again.
        Ok(approval) if approval.machine().revision() == 0 => Ok(None),
        Ok(approval) if found.state == State::Settled && approval.machine().outcome() != Some(&Outcome::Approved) => {
            Ok(Some(format!("a document was carried out without its approval: {document}/{submission}")))
        }
        Ok(_) => Ok(None),
        Err(error) if error.is_final() => Ok(Some(format!("an approval leads nowhere: {error}"))),
        Err(error) => Err(error),
    }
}
