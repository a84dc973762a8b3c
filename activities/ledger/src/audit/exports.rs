//! Checkpoints that are still to be taken out of the house.

use sqlx::FromRow;
use vextrus_domain::TenantId;
use vextrus_domain::signature::Signature;

use super::checkpoint::{Bundle, Leaf};
use super::seal::LeafRow;
use crate::db::{Ledger, Tx, args};
use crate::error::LedgerError;

/// How many checkpoints are taken out at once.
const MOST: u32 = 20;

/// A checkpoint of a tenant that a destination does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The company.
    pub tenant: TenantId,
    /// The checkpoint's number.
    pub number: i64,
    /// The checkpoint with its entries.
    pub bundle: Bundle,
}

#[derive(FromRow)]
struct Stored {
    number: i64,
    size: i64,
    size_before: i64,
    content: String,
    key_id: String,
    signature: String,
}

/// The checkpoints that a destination does not have, the oldest of each tenant first.
///
/// # Errors
/// [`LedgerError`].
pub async fn pending(ledger: &Ledger, destination: &str) -> Result<Vec<Pending>, LedgerError> {
    let mut tx = ledger.read_for_all().await?;
    let tenants: Vec<(String, i64)> = tx
        .all(
            "SELECT l.tenant, coalesce(x.number, 0) FROM audit_logs l
             LEFT JOIN audit_exports x ON x.tenant = l.tenant AND x.destination = $1
             WHERE l.number > coalesce(x.number, 0) ORDER BY l.tenant",
            args![destination],
        )
        .await?;
    let mut found = Vec::new();
    for (tenant, after) in tenants {
        let tenant: TenantId = tenant.parse().map_err(|e| LedgerError::corrupt("tenant", e))?;
        found.extend(bundles(&mut tx, &tenant, after, MOST).await?);
    }
    Ok(found)
}

/// Up to `most` checkpoints of a tenant after a number, with the entries that came with each.
///
/// # Errors
/// [`LedgerError`].
pub async fn bundles(tx: &mut Tx, tenant: &TenantId, after: i64, most: u32) -> Result<Vec<Pending>, LedgerError> {
    let stored: Vec<Stored> = tx
        .all(
            "SELECT c.number, c.size, coalesce(p.size, 0) AS size_before, c.content, c.key_id, c.signature
             FROM audit_checkpoints c LEFT JOIN audit_checkpoints p ON p.tenant = c.tenant AND p.number = c.number - 1
             WHERE c.tenant = $1 AND c.number > $2 ORDER BY c.number LIMIT CAST($3 AS BIGINT)",
            args![tenant.as_str(), after, most],
        )
        .await?;
    let mut found = Vec::with_capacity(stored.len());
    for row in stored {
        let leaves: Vec<LeafRow> = tx
            .all(
                "SELECT position, chain, seq, hash FROM audit_leaves WHERE tenant = $1 AND position > $2 AND position <= $3
                 ORDER BY position",
                args![tenant.as_str(), row.size_before, row.size],
            )
            .await?;
        let bundle = Bundle {
            content: row.content,
            signature: Signature { key_id: row.key_id, value: row.signature },
            leaves: leaves.into_iter().map(|leaf| Leaf::from(leaf).text()).collect(),
        };
        found.push(Pending { tenant: tenant.clone(), number: row.number, bundle });
    }
    Ok(found)
}

/// Writes that a destination has a tenant's checkpoints up to this one.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn exported(ledger: &Ledger, destination: &str, what: &Pending) -> Result<(), LedgerError> {
    let mut tx = ledger.begin(&what.tenant).await?;
    // Another process may have come further meanwhile.
    tx.exec(
        "INSERT INTO audit_exports (tenant, destination, number, exported_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant, destination) DO UPDATE SET number = $3, exported_at = $4 WHERE audit_exports.number < $3",
        args![what.tenant.as_str(), destination, what.number, tx.now()],
    )
    .await?;
    tx.commit().await
}

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct StoredEntry {
    /// Its chain.
    pub chain: String,
    /// Its place in the chain.
    pub seq: i64,
    /// Its canonical text, which is what was hashed.
    pub content: String,
    /// Its hash.
    pub hash: String,
}

/// Up to `most` entries of a tenant after one of them, in the order of their chains.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn entries(
    tx: &mut Tx,
    tenant: &TenantId,
    (chain, seq): (&str, i64),
    most: u32,
) -> Result<Vec<StoredEntry>, LedgerError> {
    tx.all(
        "SELECT chain, seq, content, hash FROM audit_entries WHERE tenant = $1 AND (chain, seq) > ($2, $3)
         ORDER BY chain, seq LIMIT CAST($4 AS BIGINT)",
        args![tenant.as_str(), chain, seq, most],
    )
    .await
}

/// Up to `most` leaves of a tenant's log after a position, in their order.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn leaves(tx: &mut Tx, tenant: &TenantId, after: i64, most: u32) -> Result<Vec<Leaf>, LedgerError> {
    let rows: Vec<LeafRow> = tx
        .all(
            "SELECT position, chain, seq, hash FROM audit_leaves WHERE tenant = $1 AND position > $2
             ORDER BY position LIMIT CAST($3 AS BIGINT)",
            args![tenant.as_str(), after, most],
        )
        .await?;
    Ok(rows.into_iter().map(Leaf::from).collect())
}
