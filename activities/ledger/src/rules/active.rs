//! Which rule is in force, and stored versions.

use std::fmt::Display;
use std::sync::Arc;

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
    pub content: Arc<str>,
}

impl ActiveRule {
    /// What its text says, read once for each ledger that is open.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`]: what is stored cannot be read, though it could when it was proposed.
    pub fn read<T: Send + Sync + 'static, E: Display>(
        &self,
        tx: &Tx,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Arc<T>, LedgerError> {
        if let Some(known) = tx.rules.get(&self.hash) {
            return Ok(known);
        }
        let made = read(&self.content).map_err(|e| LedgerError::corrupt("rule", format!("{}: {e}", self.hash)))?;
        Ok(tx.rules.put(&self.hash, made))
    }
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
    let found: Option<(String,)> = tx
        .opt(
            "SELECT hash FROM rule_activations
             WHERE tenant = $1 AND kind = $2 AND subject = $3 AND effective_from <= $4 ORDER BY seq DESC LIMIT 1",
            args![tenant.as_str(), kind.name(), subject, at],
        )
        .await?;
    match found {
        Some((hash,)) => version(tx, kind, &hash).await.map(Some),
        None => Ok(None),
    }
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
    Ok(active(tx, tenant, kind, subject).await?.ok_or_else(|| not_active(tenant, kind, subject)))
}

pub(crate) fn not_active(tenant: &TenantId, kind: RuleKind, subject: &str) -> Refusal {
    let document = if subject == WHOLE_COMPANY { String::new() } else { format!(", document {subject}") };
    Refusal::new(
        RefusalCode::RulesNotActive,
        format!(
            "no {kind} rule is active for {tenant}{document}; propose one with `vextrus rules propose` and have another \
             person activate it"
        ),
    )
}

/// A calendar that lists no year, so that every day counted with it says that it may move.
const WEEKENDS: &str = "weekend = [\"friday\", \"saturday\"]\n[office_hours]\nopens = \"09:00\"\ncloses = \"17:00\"\n";

/// The tenant's working calendar; weekends alone, where none is active.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn calendar(tx: &mut Tx, tenant: &TenantId) -> Result<Arc<WorkingCalendar>, LedgerError> {
    let active = active(tx, tenant, RuleKind::Calendar, WHOLE_COMPANY).await?;
    calendar_of(tx, active.as_ref().map(|rule| rule.hash.as_str())).await
}

/// The same, of a company whose calendar in force is this one.
pub(crate) async fn calendar_of(tx: &mut Tx, hash: Option<&str>) -> Result<Arc<WorkingCalendar>, LedgerError> {
    match hash {
        Some(hash) => version(tx, RuleKind::Calendar, hash).await?.read(tx, WorkingCalendar::parse),
        None => WorkingCalendar::parse(WEEKENDS).map(Arc::new).map_err(|e| LedgerError::corrupt("calendar", e)),
    }
}

/// What is kept of a stored version.
struct Text {
    kind: RuleKind,
    content: Arc<str>,
}

/// A stored version by its hash.
///
/// # Errors
/// [`LedgerError::Corrupt`] when there is none.
pub async fn version(tx: &mut Tx, kind: RuleKind, hash: &str) -> Result<ActiveRule, LedgerError> {
    let rule = |content| ActiveRule { hash: hash.to_owned(), content };
    if let Some(known) = tx.rules.get::<Text>(hash).filter(|known| known.kind == kind) {
        return Ok(rule(Arc::clone(&known.content)));
    }
    let found: Option<(String,)> =
        tx.opt("SELECT content FROM rule_versions WHERE kind = $1 AND hash = $2", args![kind.name(), hash]).await?;
    let (content,) = found.ok_or_else(|| LedgerError::corrupt("rule version", format!("{kind} {hash} is missing")))?;
    let content: Arc<str> = content.into();
    tx.rules.put(hash, Text { kind, content: Arc::clone(&content) });
    Ok(rule(content))
}
