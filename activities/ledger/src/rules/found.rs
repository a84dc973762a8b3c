//! The first rules of a company.

use vextrus_domain::{Refusal, RefusalCode, TenantId, canonical};

use super::active::active;
use super::kind::RuleKind;
use super::records::{Activation, latest};
use super::write::{lock, store, write_activation};
use crate::db::Tx;
use crate::error::LedgerError;

/// Puts a tenant's first rule of its kind and subject in force at once, without a second person. Founding what is in force
/// already changes nothing. Answers the rule's hash.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `INVALID_FIELD` for a wrong rule, and `PROPOSAL_NEEDED` where the tenant has
/// another one.
pub async fn found(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: RuleKind,
    content: &str,
    by: &str,
) -> Result<Result<String, Refusal>, LedgerError> {
    let subject = match kind.subject_of(content) {
        Ok(subject) => subject,
        Err(why) => return Ok(Err(Refusal::new(RefusalCode::InvalidField, why))),
    };
    lock(tx, tenant).await?;
    let hash = canonical::sha256_hex(content);
    if latest(tx, tenant, kind, &subject).await?.is_some() {
        return Ok(match active(tx, tenant, kind, &subject).await? {
            Some(rule) if rule.hash == hash => Ok(hash),
            _ => Err(change_instead(tenant, kind, &subject)),
        });
    }
    store(tx, kind, &hash, content).await?;
    let activation = Activation {
        kind,
        subject,
        seq: 1,
        hash,
        activated_by: by.to_owned(),
        activated_at: tx.now(),
        effective_from: tx.now(),
        proposal: None,
    };
    write_activation(tx, tenant, &activation, None).await?;
    Ok(Ok(activation.hash))
}

fn change_instead(tenant: &TenantId, kind: RuleKind, subject: &str) -> Refusal {
    let message = format!(
        "{tenant} has another {} already; propose the change with `vextrus rules propose` and have another person activate it",
        kind.title(subject)
    );
    Refusal::new(RefusalCode::ProposalNeeded, message)
}
