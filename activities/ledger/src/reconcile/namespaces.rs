//! The namespace that the ledger's workflows live in, by the id that its server gave it.

use chrono::{DateTime, Utc};
use serde_json::json;
use vextrus_domain::{Refusal, RefusalCode, TenantId};

use crate::db::{Ledger, Tx, args};
use crate::error::LedgerError;

/// Who keeps the first namespace.
const WORKER: &str = "worker";
/// The longest reason, in bytes.
const MAX_REASON: usize = 2000;
/// The longest name of who asks, in bytes.
const MAX_BY: usize = 200;

/// A namespace as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// What its server calls it, whatever its name: one that is made anew has another.
    pub id: String,
    /// Who said so.
    pub kept_by: String,
    /// Why; empty for the first.
    pub reason: String,
    /// When.
    pub kept_at: DateTime<Utc>,
}

/// The namespace that counts; none before a worker has started.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn stored(tx: &mut Tx) -> Result<Option<Namespace>, LedgerError> {
    tx.opt("SELECT name, id, kept_by, reason, kept_at FROM temporal_namespaces ORDER BY seq DESC LIMIT 1", args![])
        .await
}

/// Keeps the first namespace that a worker meets, and answers the one that counts.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn keep(ledger: &Ledger, name: &str, id: &str) -> Result<Namespace, LedgerError> {
    let mut tx = ledger.begin_for_all().await?;
    // Of two workers that start at once, the second waits here and finds what the first has kept.
    tx.exec(
        "INSERT INTO temporal_namespaces (seq, name, id, kept_by, reason, kept_at) VALUES (1, $1, $2, $3, '', $4)
         ON CONFLICT DO NOTHING",
        args![name, id, WORKER, tx.now()],
    )
    .await?;
    let counts = stored(&mut tx).await?.ok_or_else(|| LedgerError::corrupt("namespace", "it vanished"))?;
    tx.commit().await?;
    Ok(counts)
}

/// Takes another namespace for the ledger's, as an operator says: from now on, a workflow that is missing there is missing.
/// It goes on the trail of every company.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error says which word is missing or too long, or that it is the ledger's already.
pub async fn adopt(
    tx: &mut Tx,
    (name, id): (&str, &str),
    by: &str,
    reason: &str,
) -> Result<Result<(), Refusal>, LedgerError> {
    let words =
        [("by", by, MAX_BY, RefusalCode::InvalidField), ("reason", reason, MAX_REASON, RefusalCode::ReasonRequired)];
    for (field, text, most, code) in words {
        if text.trim().is_empty() || text.len() > most {
            let message = format!("{field}: {} bytes; give 1 to {most}", text.len());
            return Ok(Err(Refusal::new(code, message)));
        }
    }
    let before = stored(tx).await?;
    if before.as_ref().is_some_and(|before| before.id == id) {
        let message = format!("namespace {name} ({id}) is the ledger's already");
        return Ok(Err(Refusal::new(RefusalCode::InvalidField, message)));
    }
    tx.exec(
        "INSERT INTO temporal_namespaces (seq, name, id, kept_by, reason, kept_at)
         SELECT coalesce(max(seq), 0) + 1, $1, $2, $3, $4, $5 FROM temporal_namespaces",
        args![name, id, by, reason, tx.now()],
    )
    .await?;
    let body = json!({"name": name, "id": id, "before": before.map(|b| b.id), "reason": reason});
    let tenants: Vec<(String,)> = tx.all("SELECT DISTINCT tenant FROM people ORDER BY tenant", args![]).await?;
    for (tenant,) in tenants {
        let tenant: TenantId = tenant.parse().map_err(|e| LedgerError::corrupt("tenant", format!("{e}")))?;
        tx.audit_tenant(&tenant, "namespace_adopted", by, body.clone());
    }
    Ok(Ok(()))
}
