//! The trail: append-only entries, chained by hash, one chain per document.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vextrus_domain::{DocumentKey, PersonId, TenantId, canonical};

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

pub(crate) async fn flush(tx: &mut Tx) -> Result<(), LedgerError> {
    let pending = std::mem::take(&mut tx.entries);
    let mut head: Option<(String, String, i64, String)> = None;
    for entry in pending {
        let same = head.take().filter(|(tenant, chain, ..)| *tenant == entry.tenant && *chain == entry.chain);
        let (seq, prev) = match same {
            Some((_, _, seq, hash)) => (seq, hash),
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
            prev,
        };
        let content = canonical::to_text(&entry)?;
        let hash = canonical::sha256_hex(&content);
        tx.exec(
            "INSERT INTO audit_entries (tenant, chain, seq, content, prev_hash, hash) VALUES ($1, $2, $3, $4, $5, $6)",
            args![&entry.tenant, &entry.chain, entry.seq, content, &entry.prev, &hash],
        )
        .await?;
        head = Some((entry.tenant, entry.chain, entry.seq, hash));
    }
    Ok(())
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
