//! Whether a company takes anything new: documents of a type, processes of employees. What is under way goes on, and so do
//! decisions.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vextrus_domain::{Actor, DocumentType, Refusal, RefusalCode, RequestId, TenantId};

use crate::asked::{self, Begun};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// What can be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intake {
    /// Vendors' invoices.
    Invoice,
    /// Purchase orders and amendments of them.
    PurchaseOrder,
    /// Onboardings of employees.
    Onboarding,
    /// Offboardings of employees.
    Offboarding,
}

impl Intake {
    /// Everything that can be taken in.
    pub const ALL: [Self; 4] = [Self::Invoice, Self::PurchaseOrder, Self::Onboarding, Self::Offboarding];

    /// Its name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::PurchaseOrder => "purchase_order",
            Self::Onboarding => "onboarding",
            Self::Offboarding => "offboarding",
        }
    }
}

impl From<DocumentType> for Intake {
    fn from(kind: DocumentType) -> Self {
        match kind {
            DocumentType::Invoice => Self::Invoice,
            DocumentType::PurchaseOrder => Self::PurchaseOrder,
        }
    }
}

impl fmt::Display for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Intake {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|k| k.name() == text).ok_or_else(|| format!("{text:?} is none of {}", known()))
    }
}

/// Whether something of a kind is taken, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// What.
    pub kind: Intake,
    /// Whether it is stopped.
    pub stopped: bool,
    /// Why, in the words of whoever stopped or resumed it.
    pub reason: String,
    /// Who.
    pub set_by: String,
    /// When.
    pub set_at: DateTime<Utc>,
}

/// Stops or resumes the intake of these kinds; answers those that it changed. The same request is answered the same way.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `PERMISSION_DENIED`, `REQUEST_ID_REUSED`, or `INVALID_FIELD` for a missing reason.
pub async fn set(
    tx: &mut Tx,
    actor: &Actor,
    request: &RequestId,
    kinds: &[Intake],
    stopped: bool,
    reason: &str,
) -> Result<Result<Vec<Gate>, Refusal>, LedgerError> {
    let action = if stopped { "intake_stopped" } else { "intake_resumed" };
    if let Err(refusal) = asked::reason(reason) {
        return Ok(Err(refusal));
    }
    let hash = match asked::begin_beside_the_books(tx, actor, request, action, &(kinds, reason)).await? {
        Ok(Begun::New(hash)) => hash,
        Ok(Begun::Done(done)) => return Ok(Ok(done)),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let before = gates(tx, &actor.tenant).await?;
    let is = |kind: Intake| before.iter().any(|gate| gate.kind == kind && gate.stopped);
    let mut changed = Vec::new();
    for kind in Intake::ALL.into_iter().filter(|kind| kinds.contains(kind) && is(*kind) != stopped) {
        tx.exec(
            "INSERT INTO intake (tenant, kind, seq, stopped, reason, set_by, set_at)
             SELECT $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5, $6 FROM intake WHERE tenant = $1 AND kind = $2",
            args![actor.tenant.as_str(), kind.name(), stopped, reason, actor.person.as_str(), tx.now()],
        )
        .await?;
        let set_by = actor.person.to_string();
        changed.push(Gate { kind, stopped, reason: reason.to_owned(), set_by, set_at: tx.now() });
    }
    if !changed.is_empty() {
        let kinds: Vec<Intake> = changed.iter().map(|gate| gate.kind).collect();
        let body = json!({"kinds": kinds, "reason": reason, "request_id": request});
        tx.audit_tenant(&actor.tenant, action, actor.person.as_str(), body);
    }
    asked::finish(tx, (actor, request), (action, &hash), &changed).await?;
    Ok(Ok(changed))
}

/// Where intake was ever stopped, and whether it is.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn gates(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<Gate>, LedgerError> {
    let rows: Vec<(String, bool, String, String, DateTime<Utc>)> = tx
        .all(
            "SELECT kind, stopped, reason, set_by, set_at FROM intake i WHERE tenant = $1
               AND seq = (SELECT max(seq) FROM intake l WHERE l.tenant = i.tenant AND l.kind = i.kind) ORDER BY kind",
            args![tenant.as_str()],
        )
        .await?;
    let read = |(kind, stopped, reason, set_by, set_at): (String, bool, String, String, DateTime<Utc>)| {
        let kind = kind.parse().map_err(|e| LedgerError::corrupt("intake", e))?;
        Ok(Gate { kind, stopped, reason, set_by, set_at })
    };
    rows.into_iter().map(read).collect()
}

/// The refusal of something new, where nothing of its kind is taken.
pub(crate) async fn closed(tx: &mut Tx, tenant: &TenantId, kind: Intake) -> Result<Option<Refusal>, LedgerError> {
    let found: Option<(bool, String)> = tx
        .opt(
            "SELECT stopped, reason FROM intake WHERE tenant = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1",
            args![tenant.as_str(), kind.name()],
        )
        .await?;
    Ok(found.filter(|(stopped, _)| *stopped).map(|(_, reason)| refusal(kind, &reason)))
}

pub(crate) fn refusal(kind: Intake, reason: &str) -> Refusal {
    let message = format!("nothing new of kind {kind} is taken for now: {reason}; what is under way goes on");
    Refusal::new(RefusalCode::IntakeStopped, message)
}
