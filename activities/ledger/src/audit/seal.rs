//! Sealing: new entries become leaves of their tenant's log, and a signed checkpoint says what the log is then.

use sqlx::FromRow;
use vextrus_domain::merkle::{self, Frontier};
use vextrus_domain::signature::KeyPair;
use vextrus_domain::{TenantId, canonical};

use super::GENESIS;
use super::checkpoint::{Bundle, Checkpoint, Leaf};
use crate::db::{Ledger, Tx, args};
use crate::error::LedgerError;

/// How many entries one checkpoint takes at most: what is exported with it stays below a megabyte.
pub const MOST_ENTRIES: u32 = 5_000;

#[derive(FromRow)]
struct Log {
    number: i64,
    size: i64,
    subtrees: String,
    last_hash: String,
}

/// A leaf, and its place in the log.
#[derive(FromRow)]
pub(super) struct LeafRow {
    pub(super) position: i64,
    chain: String,
    seq: i64,
    hash: String,
}

impl From<LeafRow> for Leaf {
    fn from(row: LeafRow) -> Self {
        Self { chain: row.chain, seq: row.seq, hash: row.hash }
    }
}

/// The tenants with entries that are not sealed.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn waiting(ledger: &Ledger) -> Result<Vec<TenantId>, LedgerError> {
    let mut tx = ledger.read_for_all().await?;
    // From one tenant to the next: each has many entries where the sealer has not been for a while.
    let rows: Vec<(String,)> = tx
        .all(
            "WITH RECURSIVE waits (tenant) AS (
                SELECT min(tenant) FROM audit_unsealed
                UNION ALL SELECT (SELECT min(u.tenant) FROM audit_unsealed u WHERE u.tenant > w.tenant) FROM waits w
                WHERE w.tenant IS NOT NULL)
             SELECT tenant FROM waits WHERE tenant IS NOT NULL ORDER BY tenant",
            args![],
        )
        .await?;
    rows.into_iter().map(|(t,)| t.parse().map_err(|e| LedgerError::corrupt("tenant", e))).collect()
}

/// Seals up to [`MOST_ENTRIES`] entries of a tenant with one checkpoint. `None`: there was nothing to seal. Many may seal at the
/// same time: they take turns.
///
/// # Errors
/// [`LedgerError`].
pub async fn seal(ledger: &Ledger, tenant: &TenantId, key: &KeyPair) -> Result<Option<Checkpoint>, LedgerError> {
    let mut tx = ledger.begin(tenant).await?;
    let log: Log = tx
        .one(
            "INSERT INTO audit_logs (tenant, number, size, subtrees, last_hash) VALUES ($1, 0, 0, '', $2)
             ON CONFLICT (tenant) DO UPDATE SET lock_version = audit_logs.lock_version + 1
             RETURNING number, size, subtrees, last_hash",
            args![tenant.as_str(), GENESIS],
        )
        .await?;
    let leaves = take(&mut tx, tenant, log.size).await?;
    if leaves.is_empty() {
        tx.rollback().await?;
        return Ok(None);
    }
    let mut frontier = frontier(&log)?;
    leaves.iter().for_each(|leaf| frontier.push(leaf.tree_hash()));
    let made = Checkpoint {
        tenant: tenant.clone(),
        number: unsigned(log.number)? + 1,
        size: frontier.size(),
        root: hex::encode(frontier.root()),
        sealed_at: tx.now(),
        previous: log.last_hash,
    };
    write(&mut tx, &made, &Bundle::sign(&made, key)?, &frontier).await?;
    tx.commit().await?;
    Ok(Some(made))
}

/// Makes entries leaves, in the order of their chains, and answers them in the order of the log.
async fn take(tx: &mut Tx, tenant: &TenantId, size: i64) -> Result<Vec<Leaf>, LedgerError> {
    // SQLite takes the tables of a cross join as they stand: what waits first.
    let mut rows: Vec<LeafRow> = tx
        .all(
            "INSERT INTO audit_leaves (tenant, position, chain, seq, hash)
             SELECT e.tenant, $2 + row_number() OVER (ORDER BY u.chain, u.seq), e.chain, e.seq, e.hash
             FROM (SELECT chain, seq FROM audit_unsealed WHERE tenant = $1 ORDER BY chain, seq LIMIT CAST($3 AS BIGINT)) u
             CROSS JOIN audit_entries e WHERE e.tenant = $1 AND e.chain = u.chain AND e.seq = u.seq
             RETURNING position, chain, seq, hash",
            args![tenant.as_str(), size, MOST_ENTRIES],
        )
        .await?;
    // By the leaves that are new alone: what waits behind them may be much more.
    tx.exec(
        "DELETE FROM audit_unsealed WHERE tenant = $1 AND (chain, seq) IN
            (SELECT chain, seq FROM audit_leaves WHERE tenant = $1 AND position > $2)",
        args![tenant.as_str(), size],
    )
    .await?;
    rows.sort_by_key(|row| row.position);
    Ok(rows.into_iter().map(Leaf::from).collect())
}

fn frontier(log: &Log) -> Result<Frontier, LedgerError> {
    let bad = || LedgerError::corrupt("log", "its subtrees do not fit its size");
    let hash = |text: &str| -> Option<merkle::Hash> { hex::decode(text).ok()?.try_into().ok() };
    let subtrees: Option<Vec<merkle::Hash>> = log.subtrees.split_whitespace().map(hash).collect();
    Frontier::resume(unsigned(log.size)?, subtrees.ok_or_else(bad)?).ok_or_else(bad)
}

async fn write(tx: &mut Tx, made: &Checkpoint, bundle: &Bundle, frontier: &Frontier) -> Result<(), LedgerError> {
    let (number, size) = (signed(made.number)?, signed(made.size)?);
    tx.exec(
        "INSERT INTO audit_checkpoints (tenant, number, size, content, key_id, signature, sealed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            made.tenant.as_str(),
            number,
            size,
            &bundle.content,
            &bundle.signature.key_id,
            &bundle.signature.value,
            made.sealed_at
        ],
    )
    .await?;
    let subtrees: Vec<String> = frontier.subtrees().iter().map(hex::encode).collect();
    tx.exec(
        "UPDATE audit_logs SET number = $2, size = $3, subtrees = $4, last_hash = $5 WHERE tenant = $1",
        args![made.tenant.as_str(), number, size, subtrees.join(" "), canonical::sha256_hex(&bundle.content)],
    )
    .await
    .map(drop)
}

pub(super) fn unsigned(number: i64) -> Result<u64, LedgerError> {
    u64::try_from(number).map_err(|e| LedgerError::corrupt("number of the log", e))
}

pub(super) fn signed(number: u64) -> Result<i64, LedgerError> {
    i64::try_from(number).map_err(|e| LedgerError::corrupt("number of the log", e))
}
