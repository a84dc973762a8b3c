//! Where ledger and Temporal did not fit together: each finding once, with its audit entry and its event.

use serde_json::Value;
use vextrus_domain::{DocumentKey, TenantId};

use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::outbox::{self, About, EventKind, NewEvent};

/// Who is named on a tenant's chain.
const ACTOR: &str = "reconciler";

/// A finding.
#[derive(Debug, Clone)]
pub struct Finding<'a> {
    /// What it is about.
    pub key: &'a DocumentKey,
    /// What that is.
    pub about: About,
    /// The id of the workflow.
    pub workflow: &'a str,
    /// What was found, in one word.
    pub finding: &'a str,
    /// `close`, `resume` or `alarm`.
    pub act: &'a str,
    /// The run that was seen, or the namespace in which none was.
    pub reference: &'a str,
    /// Whether the ledger holds the document or process: otherwise the finding goes on the tenant's chain.
    pub is_known: bool,
    /// The rest.
    pub body: Value,
}

/// Writes a finding; the answer is whether it is new. The caller has locked what it is about, where the ledger holds it.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn tell(tx: &mut Tx, finding: &Finding<'_>) -> Result<bool, LedgerError> {
    let key = finding.key;
    let inserted = tx
        .exec(
            "INSERT INTO reconcile_findings (tenant, workflow, finding, act, reference, found_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            args![key.tenant.as_str(), finding.workflow, finding.finding, finding.act, finding.reference, tx.now()],
        )
        .await?;
    if inserted == 0 {
        return Ok(false);
    }
    if finding.is_known {
        tx.audit(key, "reconciled", None, finding.body.clone());
    } else {
        tx.audit_tenant(&key.tenant, "reconciled", ACTOR, finding.body.clone());
    }
    let instance = format!("{}/{}/{}", finding.finding, finding.act, finding.reference);
    let kind = match finding.about {
        About::Document(_) => EventKind::Reconciled,
        About::Process(_) => EventKind::ProcessReconciled,
    };
    outbox::add(tx, key, NewEvent { kind, about: finding.about, instance: &instance, payload: &finding.body })?;
    Ok(true)
}

/// How often a workflow was acted upon so.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn acts(tx: &mut Tx, tenant: &TenantId, workflow: &str, act: &str) -> Result<u64, LedgerError> {
    let (count,): (i64,) = tx
        .one(
            "SELECT count(*) FROM reconcile_findings WHERE tenant = $1 AND workflow = $2 AND act = $3",
            args![tenant.as_str(), workflow, act],
        )
        .await?;
    Ok(count.unsigned_abs())
}

/// Whether a finding about what the ledger does not hold may be written: for a company that the ledger knows, and up to a number.
/// Whoever can start workflows could otherwise fill its trail.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn has_room(tx: &mut Tx, tenant: &TenantId, finding: &str, most: u32) -> Result<bool, LedgerError> {
    let (people, told): (i64, i64) = tx
        .one(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM people WHERE tenant = $1 LIMIT 1) p),
                (SELECT count(*) FROM (SELECT 1 FROM reconcile_findings WHERE tenant = $1 AND finding = $2 LIMIT CAST($3 AS BIGINT)) f)",
            args![tenant.as_str(), finding, most],
        )
        .await?;
    Ok(people > 0 && told < i64::from(most))
}
