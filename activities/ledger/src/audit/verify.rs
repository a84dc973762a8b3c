//! Whether the trail is what was written: every chain, every row that an entry answers for, the log of entries against its signed
//! checkpoints, and against those that were taken out of the house.

mod log;

use std::collections::BTreeSet;

use serde::Serialize;
use vextrus_domain::TenantId;
use vextrus_domain::signature::AcceptedKeys;

use super::checkpoint::{Bundle, Checkpoint};
use super::ties::Ties;
use super::{Entry, TENANT_CHAIN, chains, read_chain};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Something that is wrong with a trail. Where it is about an entry, it names the entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The entry's chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// The entry's place in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// What is wrong.
    pub what: String,
}

impl Problem {
    pub(super) fn at(chain: &str, seq: i64, what: impl Into<String>) -> Self {
        Self { chain: Some(chain.to_owned()), seq: Some(seq), what: what.into() }
    }

    pub(super) fn whole(what: impl Into<String>) -> Self {
        Self { chain: None, seq: None, what: what.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.chain, self.seq) {
            (Some(chain), Some(seq)) => write!(f, "entry {seq} of chain {chain}: {}", self.what),
            _ => f.write_str(&self.what),
        }
    }
}

/// A checkpoint that was kept elsewhere.
#[derive(Debug, Clone)]
pub struct Witness {
    /// Where it was read, for messages.
    pub place: String,
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// It, with its entries.
    pub bundle: Bundle,
}

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The chains.
    pub chains: u64,
    /// The entries in them.
    pub entries: u64,
    /// The entries in the log.
    pub sealed: u64,
    /// The entries that wait for the next checkpoint: nothing but their chain guards them.
    pub unsealed: u64,
    /// The checkpoints in the ledger.
    pub checkpoints: u64,
    /// The entries that the checkpoints from elsewhere vouch for.
    pub witnessed: u64,
    /// Rows from before entries named what was written with them.
    pub untied: u64,
    /// What is wrong; the first broken entry first.
    pub problems: Vec<Problem>,
}

/// The chains of a tenant, read once.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    pub(crate) entries: u64,
    pub(crate) chains: u64,
    pub(crate) untied: u64,
    pub(crate) problems: Vec<Problem>,
    /// Chain, submission and kind of every entry about a submission.
    pub(crate) told: BTreeSet<(String, i64, String)>,
    /// The entries of the tenant's own chain, where that is whole.
    pub(crate) own: Vec<Entry>,
}

/// Verifies the trail of a tenant. `keys` are those that sign checkpoints.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn verify(
    tx: &mut Tx,
    tenant: &TenantId,
    keys: &AcceptedKeys,
    witnesses: &[Witness],
) -> Result<Verified, LedgerError> {
    let trail = trail(tx, tenant).await?;
    let mut verified = Verified {
        chains: trail.chains,
        entries: trail.entries,
        untied: trail.untied,
        problems: trail.problems,
        ..Verified::default()
    };
    log::verify(tx, tenant, keys, witnesses, &mut verified).await?;
    Ok(verified)
}

/// Reads every chain of a tenant, and holds the rows that were written against what the entries say of them.
pub(crate) async fn trail(tx: &mut Tx, tenant: &TenantId) -> Result<Trail, LedgerError> {
    let mut trail = Trail::default();
    let mut ties = Ties::default();
    for chain in chains(tx, tenant).await? {
        trail.chains += 1;
        match read_chain(tx, tenant, &chain).await? {
            Err(broken) => {
                trail.problems.push(Problem::at(&broken.chain, broken.seq, broken.what));
                // Rows that stand on a broken chain are not a second thing that is wrong.
                readable(tx, tenant, &chain).await?.iter().for_each(|entry| ties.of(entry));
            }
            Ok(entries) => {
                trail.entries += u64::try_from(entries.len()).unwrap_or(u64::MAX);
                entries.iter().for_each(|entry| ties.of(entry));
                if chain == TENANT_CHAIN {
                    trail.own = entries;
                    continue;
                }
                let told = |e: Entry| Some((e.chain, i64::from(e.submission?), e.kind));
                trail.told.extend(entries.into_iter().filter_map(told));
            }
        }
    }
    let (wrong, untied) = ties.check(tx, tenant).await?;
    trail.problems.extend(wrong.into_iter().map(Problem::whole));
    trail.untied = untied;
    Ok(trail)
}

/// What can still be read of a chain that is broken.
async fn readable(tx: &mut Tx, tenant: &TenantId, chain: &str) -> Result<Vec<Entry>, LedgerError> {
    let rows: Vec<(String,)> = tx
        .all(
            "SELECT content FROM audit_entries WHERE tenant = $1 AND chain = $2 ORDER BY seq",
            args![tenant.as_str(), chain],
        )
        .await?;
    Ok(rows.into_iter().filter_map(|(content,)| serde_json::from_str(&content).ok()).collect())
}
