//! The trail: append-only entries, chained by hash, one chain per document; each names what was written with it. Signed
//! checkpoints seal them.

mod chain;
pub mod checkpoint;
pub mod exports;
pub mod seal;
mod ties;
pub mod verify;

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vextrus_domain::{DocumentKey, PersonId, TenantId, canonical};

pub use chain::{BrokenChain, chains, entries_of, read_chain};
pub use ties::Tie;
pub(crate) use ties::{
    BankChangeRow, BankLogRow, ClaimRow, ContentRow, EffectRow, InstructionRow, ObligationRow, OrderRow, PendingTie,
    PostingRow, VendorAccountRow, What, effect_name,
};

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// The chain of what belongs to no document.
/// No document can have it: a document's id begins with a letter or a digit.
pub const TENANT_CHAIN: &str = "-tenant";
/// What the first entry of a chain follows.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An entry that is written when its transaction commits.
#[derive(Debug)]
pub(crate) struct PendingEntry {
    tenant: String,
    chain: String,
    submission: Option<u32>,
    kind: &'static str,
    actor: Option<String>,
    principal: Option<String>,
    body: Value,
}

/// An entry as it is hashed: its canonical text is stored beside the hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The company.
    pub tenant: String,
    /// The document, or [`TENANT_CHAIN`].
    pub chain: String,
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// The document's submission.
    pub submission: Option<u32>,
    /// What happened.
    pub kind: String,
    /// When it was written.
    pub at: chrono::DateTime<chrono::Utc>,
    /// Who acted.
    pub actor: Option<String>,
    /// In whose name.
    pub principal: Option<String>,
    /// The rest.
    pub body: Value,
    /// What was written with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ties: Vec<Tie>,
    /// The hash of the entry before it.
    pub prev: String,
}

impl Tx {
    /// Adds an entry to a document's chain.
    pub fn audit(&mut self, key: &DocumentKey, kind: &'static str, actor: Option<&PersonId>, body: Value) {
        self.audit_as(key, kind, actor, actor, body);
    }

    /// Adds an entry to a document's chain, with the person in whose name was acted.
    pub fn audit_as(
        &mut self,
        key: &DocumentKey,
        kind: &'static str,
        actor: Option<&PersonId>,
        principal: Option<&PersonId>,
        body: Value,
    ) {
        self.entries.push(PendingEntry {
            tenant: key.tenant.to_string(),
            chain: key.document.to_string(),
            submission: Some(key.submission),
            kind,
            actor: actor.map(ToString::to_string),
            principal: principal.map(ToString::to_string),
            body,
        });
    }

    /// Adds an entry to the tenant's own chain.
    pub fn audit_tenant(&mut self, tenant: &TenantId, kind: &'static str, actor: &str, body: Value) {
        self.entries.push(PendingEntry {
            tenant: tenant.to_string(),
            chain: TENANT_CHAIN.to_owned(),
            submission: None,
            kind,
            actor: Some(actor.to_owned()),
            principal: Some(actor.to_owned()),
            body,
        });
    }
}

/// Writes the entries of a transaction, each with what was written under it.
pub(crate) async fn flush(tx: &mut Tx) -> Result<(), LedgerError> {
    let mut pending = std::mem::take(&mut tx.entries);
    let mut ties = ties::by_entry(&mut pending, std::mem::take(&mut tx.ties));
    // In one order, since others may lock several too.
    let own: BTreeSet<String> = pending.iter().filter(|e| e.chain == TENANT_CHAIN).map(|e| e.tenant.clone()).collect();
    for tenant in own {
        tx.exec(
            "INSERT INTO audit_tenant_chains (tenant) VALUES ($1)
             ON CONFLICT (tenant) DO UPDATE SET lock_version = audit_tenant_chains.lock_version + 1",
            args![tenant],
        )
        .await?;
    }
    let mut heads: HashMap<(String, String), (i64, String)> = HashMap::new();
    let mut rows = Vec::with_capacity(pending.len());
    for (place, entry) in pending.into_iter().enumerate() {
        let (seq, prev) = match heads.remove(&(entry.tenant.clone(), entry.chain.clone())) {
            Some(head) => head,
            None => last(tx, &entry.tenant, &entry.chain).await?,
        };
        let entry = Entry {
            tenant: entry.tenant,
            chain: entry.chain,
            seq: seq + 1,
            submission: entry.submission,
            kind: entry.kind.to_owned(),
            at: tx.now(),
            actor: entry.actor,
            principal: entry.principal,
            body: entry.body,
            ties: ties.remove(&place).unwrap_or_default(),
            prev,
        };
        let content = canonical::to_text(&entry)?;
        let hash = canonical::sha256_hex(&content);
        rows.push(args![&entry.tenant, &entry.chain, entry.seq, content, &entry.prev, &hash]);
        heads.insert((entry.tenant, entry.chain), (entry.seq, hash));
    }
    tx.insert("INSERT INTO audit_entries (tenant, chain, seq, content, prev_hash, hash) VALUES", rows, "").await
}

async fn last(tx: &mut Tx, tenant: &str, chain: &str) -> Result<(i64, String), LedgerError> {
    let found = tx
        .opt(
            "SELECT seq, hash FROM audit_entries WHERE tenant = $1 AND chain = $2 ORDER BY seq DESC LIMIT 1",
            args![tenant, chain],
        )
        .await?;
    Ok(found.unwrap_or((0, GENESIS.to_owned())))
}
