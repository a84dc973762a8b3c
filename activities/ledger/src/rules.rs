//! Versions of the rules by hash, and which of them is active for a tenant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::json;
use vextrus_approval::Policy;
use vextrus_domain::calendar::WorkingCalendar;
use vextrus_domain::{Refusal, RefusalCode, TenantId, canonical};
use vextrus_tax::Schedule;

use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::journal::AccountMapping;

/// A kind of rule. The names are those of the folders under `rules/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// Tax schedules.
    Tax,
    /// Approval policies.
    Approval,
    /// Account mappings.
    Accounts,
    /// Working calendars.
    Calendar,
}

impl RuleKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Tax, Self::Approval, Self::Accounts, Self::Calendar];

    /// The kind's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tax => "tax",
            Self::Approval => "approval",
            Self::Accounts => "accounts",
            Self::Calendar => "calendar",
        }
    }

    /// Checks a text as a rule of this kind.
    ///
    /// # Errors
    /// What is wrong with it, with its place.
    pub fn check(self, content: &str) -> Result<(), String> {
        match self {
            Self::Tax => Schedule::parse(content).map(drop).map_err(|e| e.to_string()),
            Self::Approval => Policy::parse(content).map(drop).map_err(|e| e.to_string()),
            Self::Accounts => AccountMapping::parse(content).map(drop).map_err(|e| e.to_string()),
            Self::Calendar => WorkingCalendar::parse(content).map(drop).map_err(|e| e.to_string()),
        }
    }
}

impl fmt::Display for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for RuleKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|k| k.name() == text)
            .ok_or_else(|| format!("{text:?} is not a kind of rule: use tax, approval, accounts or calendar"))
    }
}

/// An active rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveRule {
    /// The hash of its text.
    pub hash: String,
    /// Its text.
    pub content: String,
}

/// Stores a rule and makes it the active one for the tenant. Activating what is active already changes nothing.
/// Answers the rule's hash.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error says what is wrong with the rule.
pub async fn activate(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: RuleKind,
    content: &str,
    by: &str,
) -> Result<Result<String, String>, LedgerError> {
    if let Err(why) = kind.check(content) {
        return Ok(Err(why));
    }
    let hash = canonical::sha256_hex(content);
    let before = active(tx, tenant, kind).await?.map(|r| r.hash);
    if before.as_ref() == Some(&hash) {
        return Ok(Ok(hash));
    }
    tx.exec(
        "INSERT INTO rule_versions (kind, hash, content, stored_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        args![kind.name(), &hash, content, tx.now()],
    )
    .await?;
    tx.exec(
        "INSERT INTO rule_activations (tenant, kind, seq, hash, activated_by, activated_at)
         SELECT $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5 FROM rule_activations WHERE tenant = $1 AND kind = $2",
        args![tenant.as_str(), kind.name(), &hash, by, tx.now()],
    )
    .await?;
    tx.audit_tenant(tenant, "rule_activated", by, json!({"kind": kind.name(), "hash": &hash, "before": before}));
    Ok(Ok(hash))
}

/// The active rule of a kind.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn active(tx: &mut Tx, tenant: &TenantId, kind: RuleKind) -> Result<Option<ActiveRule>, LedgerError> {
    let found: Option<(String, String)> = tx
        .opt(
            "SELECT v.hash, v.content FROM rule_activations a JOIN rule_versions v ON v.kind = a.kind AND v.hash = a.hash
             WHERE a.tenant = $1 AND a.kind = $2 ORDER BY a.seq DESC LIMIT 1",
            args![tenant.as_str(), kind.name()],
        )
        .await?;
    Ok(found.map(|(hash, content)| ActiveRule { hash, content }))
}

/// The active rule of a kind, or the refusal of a document that needs it.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `RULES_NOT_ACTIVE`.
pub async fn needed(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: RuleKind,
) -> Result<Result<ActiveRule, Refusal>, LedgerError> {
    Ok(active(tx, tenant, kind).await?.ok_or_else(|| {
        Refusal::new(
            RefusalCode::RulesNotActive,
            format!("no {kind} rule is active for {tenant}; activate one with `vextrus rules activate`"),
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
    let active = active(tx, tenant, RuleKind::Calendar).await?;
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
