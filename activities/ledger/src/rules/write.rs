//! What a change of the rules writes.

use serde_json::json;
use vextrus_domain::TenantId;

use super::active::active_at;
use super::kind::RuleKind;
use super::records::{Activation, Proposal};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Waits until no other transaction changes the tenant's rules, and keeps them until this one ends.
pub(super) async fn lock(tx: &mut Tx, tenant: &TenantId) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO rule_books (tenant) VALUES ($1)
         ON CONFLICT (tenant) DO UPDATE SET lock_version = rule_books.lock_version + 1",
        args![tenant.as_str()],
    )
    .await
    .map(drop)
}

/// Keeps a version under its hash.
pub(super) async fn store(tx: &mut Tx, kind: RuleKind, hash: &str, content: &str) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO rule_versions (kind, hash, content, stored_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        args![kind.name(), hash, content, tx.now()],
    )
    .await
    .map(drop)
}

/// Writes a proposal.
pub(super) async fn write_proposal(tx: &mut Tx, tenant: &TenantId, p: &Proposal) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO rule_proposals (tenant, proposal, kind, subject, hash, base, reason, proposed_by, proposed_at, effective_from)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        args![
            tenant.as_str(),
            p.number,
            p.kind.name(),
            &p.subject,
            &p.hash,
            p.base,
            &p.reason,
            &p.proposed_by,
            p.proposed_at,
            p.effective_from
        ],
    )
    .await?;
    let body = json!({
        "proposal": p.number, "kind": p.kind, "subject": &p.subject, "hash": &p.hash,
        "effective_from": p.effective_from, "reason": &p.reason,
    });
    tx.audit_tenant(tenant, "rule_proposed", &p.proposed_by, body);
    Ok(())
}

/// Writes an activation, and what it puts in force in place of what.
pub(super) async fn write_activation(
    tx: &mut Tx,
    tenant: &TenantId,
    a: &Activation,
    proposed_by: Option<&str>,
) -> Result<(), LedgerError> {
    let before = active_at(tx, tenant, a.kind, &a.subject, a.effective_from).await?.map(|rule| rule.hash);
    tx.exec(
        "INSERT INTO rule_activations (tenant, kind, subject, seq, hash, activated_by, activated_at, effective_from, proposal)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            tenant.as_str(),
            a.kind.name(),
            &a.subject,
            a.seq,
            &a.hash,
            &a.activated_by,
            a.activated_at,
            a.effective_from,
            a.proposal
        ],
    )
    .await?;
    let body = json!({
        "kind": a.kind, "subject": &a.subject, "hash": &a.hash, "before": before, "proposal": a.proposal,
        "proposed_by": proposed_by, "effective_from": a.effective_from,
    });
    tx.audit_tenant(tenant, "rule_activated", &a.activated_by, body);
    Ok(())
}
