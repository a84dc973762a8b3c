//! Reading a chain back, and whether it is whole.

use vextrus_domain::{TenantId, canonical};

use super::{Entry, GENESIS};
use crate::db::{Tx, args};
use crate::error::LedgerError;

#[derive(sqlx::FromRow)]
struct Stored {
    seq: i64,
    content: String,
    prev_hash: String,
    hash: String,
}

/// The first thing that is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq} of chain {chain}: {what}")]
pub struct BrokenChain {
    /// The chain.
    pub chain: String,
    /// The entry's place.
    pub seq: i64,
    /// What is wrong.
    pub what: &'static str,
}

/// Reads a chain and checks each entry's hash, its place and its link.
///
/// # Errors
/// [`LedgerError::Database`]; a broken chain is the inner error.
pub async fn read_chain(
    tx: &mut Tx,
    tenant: &TenantId,
    chain: &str,
) -> Result<Result<Vec<Entry>, BrokenChain>, LedgerError> {
    let stored: Vec<Stored> = tx
        .all(
            "SELECT seq, content, prev_hash, hash FROM audit_entries WHERE tenant = $1 AND chain = $2 ORDER BY seq",
            args![tenant.as_str(), chain],
        )
        .await?;
    let mut prev = GENESIS.to_owned();
    let mut entries = Vec::with_capacity(stored.len());
    for (expected, row) in (1..).zip(stored) {
        let broken = |what| BrokenChain { chain: chain.to_owned(), seq: row.seq, what };
        if row.seq != expected {
            return Ok(Err(broken("an entry before it is missing")));
        }
        if row.prev_hash != prev {
            return Ok(Err(broken("it does not follow the entry before it")));
        }
        if canonical::sha256_hex(&row.content) != row.hash {
            return Ok(Err(broken("its content does not fit its hash")));
        }
        let Ok(entry) = canonical::from_text::<Entry>(&row.content) else {
            return Ok(Err(broken("its content cannot be read")));
        };
        if entry.prev != prev || entry.seq != row.seq || entry.chain != chain || entry.tenant != tenant.as_str() {
            return Ok(Err(broken("its content belongs elsewhere")));
        }
        prev = row.hash;
        entries.push(entry);
    }
    Ok(Ok(entries))
}

/// Up to `most` entries of a chain after a place, in their order, each with its hash. They are not verified: [`read_chain`] does that.
///
/// # Errors
/// [`LedgerError::Database`], or an entry that cannot be read.
pub async fn entries_of(
    tx: &mut Tx,
    tenant: &TenantId,
    chain: &str,
    after: i64,
    most: u32,
) -> Result<Vec<(Entry, String)>, LedgerError> {
    let stored: Vec<(String, String)> = tx
        .all(
            "SELECT content, hash FROM audit_entries WHERE tenant = $1 AND chain = $2 AND seq > $3 ORDER BY seq LIMIT CAST($4 AS BIGINT)",
            args![tenant.as_str(), chain, after, most],
        )
        .await?;
    let read = |(content, hash): (String, String)| Ok((canonical::from_text(&content)?, hash));
    stored.into_iter().map(read).collect()
}

/// The chains of a tenant.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn chains(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<String>, LedgerError> {
    let rows: Vec<(String,)> = tx
        .all("SELECT DISTINCT chain FROM audit_entries WHERE tenant = $1 ORDER BY chain", args![tenant.as_str()])
        .await?;
    Ok(rows.into_iter().map(|(chain,)| chain).collect())
}
