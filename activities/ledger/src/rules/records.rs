//! Proposals and activations as they are kept.

use chrono::{DateTime, Utc};
use vextrus_domain::TenantId;

use super::kind::RuleKind;
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// A version that somebody wants in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its number among the tenant's proposals, from 1.
    pub number: i64,
    /// The kind of rule.
    pub kind: RuleKind,
    /// The type of document that it is for, or [`WHOLE_COMPANY`](super::WHOLE_COMPANY).
    pub subject: String,
    /// The hash of its text.
    pub hash: String,
    /// Why, in the proposer's words.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// When it is to take effect; at its activation, where that comes later.
    pub effective_from: DateTime<Utc>,
    /// The number of the activation that it was made after; 0 where there was none.
    pub(super) base: i64,
}

/// A version that was put in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// The kind of rule.
    pub kind: RuleKind,
    /// The type of document that it is for, or [`WHOLE_COMPANY`](super::WHOLE_COMPANY).
    pub subject: String,
    /// Its number among the activations of this kind and subject, from 1.
    pub seq: i64,
    /// The hash of the rule's text.
    pub hash: String,
    /// Who activated it.
    pub activated_by: String,
    /// When.
    pub activated_at: DateTime<Utc>,
    /// When it takes effect.
    pub effective_from: DateTime<Utc>,
    /// The proposal; none where the rule was founded.
    pub proposal: Option<i64>,
}

/// A proposal by its number.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn proposal(tx: &mut Tx, tenant: &TenantId, number: i64) -> Result<Option<Proposal>, LedgerError> {
    let found: Option<ProposalRow> = tx
        .opt(
            "SELECT proposal, kind, subject, hash, base, reason, proposed_by, proposed_at, effective_from
             FROM rule_proposals WHERE tenant = $1 AND proposal = $2",
            args![tenant.as_str(), number],
        )
        .await?;
    found.map(ProposalRow::read).transpose()
}

/// The latest activation of a kind and subject, whether it has taken effect or not.
pub(super) async fn latest(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: RuleKind,
    subject: &str,
) -> Result<Option<Activation>, LedgerError> {
    let found: Option<ActivationRow> = tx
        .opt(
            "SELECT kind, subject, seq, hash, activated_by, activated_at, effective_from, proposal
             FROM rule_activations WHERE tenant = $1 AND kind = $2 AND subject = $3 ORDER BY seq DESC LIMIT 1",
            args![tenant.as_str(), kind.name(), subject],
        )
        .await?;
    found.map(ActivationRow::read).transpose()
}

#[derive(sqlx::FromRow)]
pub(super) struct ActivationRow {
    kind: String,
    subject: String,
    seq: i64,
    hash: String,
    activated_by: String,
    activated_at: DateTime<Utc>,
    effective_from: DateTime<Utc>,
    proposal: Option<i64>,
}

impl ActivationRow {
    pub(super) fn read(self) -> Result<Activation, LedgerError> {
        Ok(Activation {
            kind: kind(&self.kind)?,
            subject: self.subject,
            seq: self.seq,
            hash: self.hash,
            activated_by: self.activated_by,
            activated_at: self.activated_at,
            effective_from: self.effective_from,
            proposal: self.proposal,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct ProposalRow {
    proposal: i64,
    kind: String,
    subject: String,
    hash: String,
    base: i64,
    reason: String,
    proposed_by: String,
    proposed_at: DateTime<Utc>,
    effective_from: DateTime<Utc>,
}

impl ProposalRow {
    pub(super) fn read(self) -> Result<Proposal, LedgerError> {
        Ok(Proposal {
            number: self.proposal,
            kind: kind(&self.kind)?,
            subject: self.subject,
            hash: self.hash,
            reason: self.reason,
            proposed_by: self.proposed_by,
            proposed_at: self.proposed_at,
            effective_from: self.effective_from,
            base: self.base,
        })
    }
}

fn kind(name: &str) -> Result<RuleKind, LedgerError> {
    name.parse().map_err(|why: String| LedgerError::corrupt("kind of rule", why))
}
