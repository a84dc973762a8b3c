//! Which rule is in force, and stored versions.

use chrono::{DateTime, Utc};
use vextrus_domain::calendar::WorkingCalendar;
use vextrus_domain::{Refusal, RefusalCode, TenantId};

use super::kind::{RuleKind, WHOLE_COMPANY};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// A rule in force, or a stored version of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveRule {
    /// The hash of its text.
    pub hash: String,
    /// Its text.
    pub content: String,
}

/// The rule of a kind and subject that is in force.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn active(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: RuleKind,
    subject: &str,
) -> Result<Option<ActiveRule>, LedgerError> {
    let now = tx.now();
    active_at(tx, tenant, kind, subject, now).await
}

/// The rule that was in force at a moment, or that will be by what has been activated so far: the latest activation that had
/// taken effect.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn active_at(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: RuleKind,
    subject: &str,
    at: DateTime<Utc>,
) -> Result<Option<ActiveRule>, LedgerError> {
    let found: Option<(String, String)> = tx
        .opt(
            "SELECT v.hash, v.content FROM rule_activations a JOIN rule_versions v ON v.kind = a.kind AND v.hash = a.hash
             WHERE a.tenant = $1 AND a.kind = $2 AND a.subject = $3 AND a.effective_from <= $4 ORDER BY a.seq DESC LIMIT 1",
            args![tenant.as_str(), kind.name(), subject, at],
        )
        .await?;
    Ok(found.map(|(hash, content)| ActiveRule { hash, content }))
}

/// The rule of a kind and subject that is in force, or the refusal of a document that needs it.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `RULES_NOT_ACTIVE`.
pub async fn needed(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: RuleKind,
    subject: &str,
) -> Result<Result<ActiveRule, Refusal>, LedgerError> {
    Ok(active(tx, tenant, kind, subject).await?.ok_or_else(|| {
        let document = if subject == WHOLE_COMPANY { String::new() } else { format!(", document {subject}") };
        Refusal::new(
            RefusalCode::RulesNotActive,
            format!(
                "no {kind} rule is active for {tenant}{document}; propose one with `vextrus rules propose` and have another \
                 person activate it"
            ),
        )
    }))
}

/// A calendar that lists no year, so that every day counted with it says that it may move.
const WEEKENDS: &str = "weekend = [\"friday\", \"saturday\"]\n[office_hours]\nopens = \"09:00\"\ncloses = \"17:00\"\n";

/// The tenant's working calendar; weekends alone, where none is active.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn calendar(tx: &mut Tx, tenant: &TenantId) -> Result<WorkingCalendar, LedgerError> {
    let active = active(tx, tenant, RuleKind::Calendar, WHOLE_COMPANY).await?;
    WorkingCalendar::parse(active.as_ref().map_or(WEEKENDS, |rule| rule.content.as_str()))
        .map_err(|e| LedgerError::corrupt("calendar", e))
}

/// A stored version by its hash.
///
/// # Errors
/// [`LedgerError::Corrupt`] when there is none.
pub async fn version(tx: &mut Tx, kind: RuleKind, hash: &str) -> Result<ActiveRule, LedgerError> {
    let found: Option<(String,)> =
        tx.opt("SELECT content FROM rule_versions WHERE kind = $1 AND hash = $2", args![kind.name(), hash]).await?;
    match found {
        Some((content,)) => Ok(ActiveRule { hash: hash.to_owned(), content }),
        None => Err(LedgerError::corrupt("rule version", format!("{kind} {hash} is missing"))),
    }
}
