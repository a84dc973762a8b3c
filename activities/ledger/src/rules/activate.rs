//! Another person activates it.

use vextrus_domain::{PersonId, Refusal, RefusalCode, TenantId};

use super::active::version;
use super::records::{Activation, Proposal, latest, proposal};
use super::write::{lock, write_activation};
use crate::asked::stranger;
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Puts a proposed version in force, from its effective date or from now, whichever is later.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `PERMISSION_DENIED` for somebody who is not an active person of the tenant,
/// `NOT_FOUND` for an unknown proposal, `SELF_APPROVAL` for its proposer, and `PROPOSAL_CLOSED` once it or another version of
/// the rule has been activated.
pub async fn activate(
    tx: &mut Tx,
    tenant: &TenantId,
    number: i64,
    by: &PersonId,
) -> Result<Result<Activation, Refusal>, LedgerError> {
    if let Some(refusal) = stranger(tx, tenant, by).await? {
        return Ok(Err(refusal));
    }
    lock(tx, tenant).await?;
    let Some(proposal) = proposal(tx, tenant, number).await? else {
        let message = format!("{tenant} has no proposal {number}; `vextrus rules list` shows those that are open");
        return Ok(Err(Refusal::new(RefusalCode::NotFound, message)));
    };
    if proposal.proposed_by == by.as_str() {
        let message = format!("{by} made proposal {number}; another person must activate it");
        return Ok(Err(Refusal::new(RefusalCode::SelfApproval, message)));
    }
    if let Some(later) = latest(tx, tenant, proposal.kind, &proposal.subject).await?.filter(|a| a.seq > proposal.base) {
        return Ok(Err(closed(tx, tenant, &proposal, &later).await?));
    }
    // It was sound when it was proposed, for the program of that day.
    let content = version(tx, proposal.kind, &proposal.hash).await?.content;
    if let Err(why) = proposal.kind.subject_of(&content) {
        let message = format!("proposal {number} cannot be read any more: {why}");
        return Ok(Err(Refusal::new(RefusalCode::InvalidField, message)));
    }
    let activation = Activation {
        kind: proposal.kind,
        subject: proposal.subject.clone(),
        seq: proposal.base + 1,
        hash: proposal.hash.clone(),
        activated_by: by.to_string(),
        activated_at: tx.now(),
        effective_from: proposal.effective_from.max(tx.now()),
        proposal: Some(number),
    };
    write_activation(tx, tenant, &activation, Some(&proposal.proposed_by)).await?;
    Ok(Ok(activation))
}

async fn closed(
    tx: &mut Tx,
    tenant: &TenantId,
    proposal: &Proposal,
    later: &Activation,
) -> Result<Refusal, LedgerError> {
    let own: Option<(String,)> = tx
        .opt(
            "SELECT activated_by FROM rule_activations WHERE tenant = $1 AND proposal = $2",
            args![tenant.as_str(), proposal.number],
        )
        .await?;
    let message = match own {
        Some((by,)) => format!("proposal {} was activated by {by}", proposal.number),
        None => format!(
            "since proposal {} was made, {} activated another {}; propose again what should follow it",
            proposal.number,
            later.activated_by,
            later.kind.title(&later.subject)
        ),
    };
    Ok(Refusal::new(RefusalCode::ProposalClosed, message))
}
