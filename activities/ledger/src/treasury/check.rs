//! Whether deposits, certificates, closed periods and their trail fit together.

use std::collections::BTreeSet;

use vextrus_domain::{TenantId, canonical};

use crate::audit::Entry;
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Each query answers one line for each thing that is wrong.
pub(crate) const QUESTIONS: &[(&str, &str)] = &[
    (
        "a deposit's amount is not the sum of its obligations",
        "SELECT CAST(d.deposit AS TEXT) FROM treasury_deposits d WHERE d.tenant = $1 AND d.amount <> (
            SELECT coalesce(sum(o.amount), 0) FROM deposit_lines l JOIN tax_obligations o ON o.tenant = l.tenant
              AND o.document = l.document AND o.submission = l.submission AND o.tax = l.tax AND o.code = l.code
            WHERE l.tenant = d.tenant AND l.deposit = d.deposit AND l.tax = d.tax AND l.amount = o.amount)",
    ),
    (
        "an obligation is deposited twice",
        "SELECT l.document || ' ' || l.code FROM deposit_lines l WHERE l.tenant = $1 AND NOT EXISTS (
            SELECT 1 FROM deposit_reversals r WHERE r.tenant = l.tenant AND r.deposit = l.deposit)
            GROUP BY l.document, l.submission, l.tax, l.code HAVING count(*) > 1",
    ),
    (
        "an obligation is certified twice",
        "SELECT l.document || ' ' || l.code FROM certificate_lines l WHERE l.tenant = $1 AND NOT EXISTS (
            SELECT 1 FROM certificate_cancellations x WHERE x.tenant = l.tenant AND x.certificate = l.certificate)
            GROUP BY l.document, l.submission, l.tax, l.code HAVING count(*) > 1",
    ),
    (
        "a certificate's amount is not the sum of its obligations",
        "SELECT t.certificate FROM tax_certificates t WHERE t.tenant = $1 AND t.amount <> (
            SELECT coalesce(sum(o.amount), 0) FROM certificate_lines l JOIN tax_obligations o ON o.tenant = l.tenant
              AND o.document = l.document AND o.submission = l.submission AND o.tax = l.tax AND o.code = l.code
            WHERE l.tenant = t.tenant AND l.certificate = t.certificate AND o.vendor = t.vendor AND o.tax = t.tax)",
    ),
    (
        "a certificate rests on a deposit that was reversed",
        "SELECT DISTINCT l.certificate FROM certificate_lines l
            JOIN deposit_reversals r ON r.tenant = l.tenant AND r.deposit = l.deposit
            WHERE l.tenant = $1 AND NOT EXISTS (
            SELECT 1 FROM certificate_cancellations x WHERE x.tenant = l.tenant AND x.certificate = l.certificate)",
    ),
    (
        "a certificate number of a series is missing",
        "SELECT n.series || ' ' || n.fiscal_year FROM number_series n WHERE n.tenant = $1 AND n.series IN ('VDSC', 'TDSC')
            AND n.last <> (SELECT count(*) FROM tax_certificates t WHERE t.tenant = n.tenant
              AND t.fiscal_year = n.fiscal_year AND t.tax || 'C' = n.series)",
    ),
    (
        "a deposit's number is missing",
        "SELECT CAST(max(d.deposit) AS TEXT) FROM treasury_deposits d WHERE d.tenant = $1 HAVING max(d.deposit) <> count(*)",
    ),
    (
        "an entry of the closed periods is missing",
        "SELECT CAST(max(l.seq) AS TEXT) FROM period_locks l WHERE l.tenant = $1 HAVING max(l.seq) <> count(*)",
    ),
];

/// What each record says of itself: the kind of its entry on the trail, and the field and value that name it there.
const ON_TRAIL: &[(&str, &str, &str)] = &[
    ("tax_deposited", "deposit", "SELECT CAST(deposit AS TEXT), recorded_by FROM treasury_deposits WHERE tenant = $1"),
    (
        "deposit_reversed",
        "deposit",
        "SELECT CAST(deposit AS TEXT), reversed_by FROM deposit_reversals WHERE tenant = $1",
    ),
    ("certificate_issued", "certificate", "SELECT certificate, issued_by FROM tax_certificates WHERE tenant = $1"),
    (
        "certificate_cancelled",
        "certificate",
        "SELECT certificate, cancelled_by FROM certificate_cancellations WHERE tenant = $1",
    ),
    ("period", "seq", "SELECT CAST(seq AS TEXT), set_by FROM period_locks WHERE tenant = $1"),
];

/// What is wrong with what queries alone cannot tell: the forms, and the trail of the tenant's own chain in both directions.
pub(crate) async fn check(tx: &mut Tx, tenant: &TenantId, chain: &[Entry]) -> Result<Vec<String>, LedgerError> {
    let mut wrong = Vec::new();
    let forms: Vec<(String, String, String)> = tx
        .all(
            "SELECT certificate, content, content_hash FROM tax_certificates WHERE tenant = $1 ORDER BY certificate",
            args![tenant.as_str()],
        )
        .await?;
    for (certificate, content, hash) in forms {
        if canonical::sha256_hex(&content) != hash {
            wrong.push(format!("a certificate is not what was issued: {certificate}"));
        }
        let told = |e: &&Entry| e.kind == "certificate_issued" && e.body["certificate"] == certificate.as_str();
        if chain.iter().find(told).is_some_and(|e| e.body["hash"] != hash.as_str()) {
            wrong.push(format!("a certificate is not what the trail tells: {certificate}"));
        }
    }
    for (kind, field, sql) in ON_TRAIL {
        let rows: Vec<(String, String)> = tx.all(sql, args![tenant.as_str()]).await?;
        let stored: BTreeSet<(String, String)> = rows.into_iter().collect();
        let entries = chain.iter().filter(|e| e.kind == *kind || *kind == "period" && e.kind.starts_with("period_"));
        let told: BTreeSet<(String, String)> = entries
            .map(|e| {
                let value = &e.body[*field];
                let name = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (name, e.actor.clone().unwrap_or_default())
            })
            .collect();
        wrong.extend(stored.difference(&told).map(|(name, _)| format!("a record is not on the trail: {kind} {name}")));
        wrong.extend(
            told.difference(&stored).map(|(name, _)| format!("what the trail tells is missing: {kind} {name}")),
        );
    }
    Ok(wrong)
}
