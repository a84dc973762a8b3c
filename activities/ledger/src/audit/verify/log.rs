//! The log of entries against its checkpoints, those in the ledger and those from elsewhere.

use std::collections::BTreeMap;

use sqlx::FromRow;
use vextrus_domain::merkle::Frontier;
use vextrus_domain::signature::{AcceptedKeys, Signature};
use vextrus_domain::{TenantId, canonical};

use super::{Problem, Verified, Witness};
use crate::audit::GENESIS;
use crate::audit::checkpoint::{Bundle, Checkpoint, Leaf};
use crate::audit::seal::{signed, unsigned};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// How many leaves are read at once.
const PAGE: u32 = 10_000;

#[derive(FromRow)]
struct Sealed {
    position: i64,
    chain: String,
    seq: i64,
    hash: String,
    entry_hash: Option<String>,
}

#[derive(FromRow)]
struct Stored {
    number: i64,
    size: i64,
    content: String,
    key_id: String,
    signature: String,
}

/// What the log must be at a size, by one checkpoint.
struct Claim<'a> {
    /// Who says so.
    place: String,
    checkpoint: Checkpoint,
    /// The leaves that it names, the last of which is the log's last at that size.
    leaves: &'a [String],
}

/// The log while it is read.
struct Reading<'a> {
    claims: BTreeMap<u64, Vec<Claim<'a>>>,
    frontier: Frontier,
    /// Where a claim before was found true: what is wrong comes after it.
    sound: u64,
    /// The first leaf after it.
    next: Option<Leaf>,
    /// The last leaves, for claims that name them; none is kept where no claim does.
    last: Vec<Leaf>,
    /// How many a claim names at most.
    named: usize,
    told: bool,
}

pub(super) async fn verify(
    tx: &mut Tx,
    tenant: &TenantId,
    keys: &AcceptedKeys,
    witnesses: &[Witness],
    verified: &mut Verified,
) -> Result<(), LedgerError> {
    let stored = checkpoints(tx, tenant, keys, verified).await?;
    let mut claims: BTreeMap<u64, Vec<Claim<'_>>> = BTreeMap::new();
    for checkpoint in stored {
        let place = format!("checkpoint {}", checkpoint.number);
        claims.entry(checkpoint.size).or_default().push(Claim { place, checkpoint, leaves: &[] });
    }
    let ours = witnesses.iter().filter(|w| w.checkpoint.tenant == *tenant);
    for Witness { place, checkpoint, bundle } in ours {
        let claim = Claim { place: place.clone(), checkpoint: checkpoint.clone(), leaves: &bundle.leaves };
        claims.entry(checkpoint.size).or_default().push(claim);
    }
    let named = claims.values().flatten().map(|c| c.leaves.len()).max().unwrap_or_default();
    let mut reading =
        Reading { claims, frontier: Frontier::default(), sound: 0, next: None, last: Vec::new(), named, told: false };
    read(tx, tenant, &mut reading, verified).await?;
    for claim in reading.claims.into_values().flatten() {
        let Checkpoint { number, size, .. } = claim.checkpoint;
        verified.problems.push(Problem::whole(format!(
            "{} (number {number}) says that the log has {size} entries; it ends at {}",
            claim.place, verified.sealed
        )));
    }
    unsealed(tx, tenant, verified).await
}

/// The checkpoints of the ledger that are signed and follow each other.
async fn checkpoints(
    tx: &mut Tx,
    tenant: &TenantId,
    keys: &AcceptedKeys,
    verified: &mut Verified,
) -> Result<Vec<Checkpoint>, LedgerError> {
    let rows: Vec<Stored> = tx
        .all(
            "SELECT number, size, content, key_id, signature FROM audit_checkpoints WHERE tenant = $1 ORDER BY number",
            args![tenant.as_str()],
        )
        .await?;
    let mut previous = GENESIS.to_owned();
    let mut found = Vec::with_capacity(rows.len());
    for (expected, row) in (1_i64..).zip(rows) {
        let mut wrong =
            |what: String| verified.problems.push(Problem::whole(format!("checkpoint {}: {what}", row.number)));
        if row.number != expected {
            wrong("one before it is missing".to_owned());
            break;
        }
        verified.checkpoints += 1;
        let signature = Signature { key_id: row.key_id, value: row.signature };
        let bundle = Bundle { content: row.content, signature, leaves: Vec::new() };
        let hash = canonical::sha256_hex(&bundle.content);
        match bundle.checkpoint(keys) {
            Err(error) => wrong(error.to_string()),
            Ok(c) if c.tenant != *tenant || signed(c.number)? != row.number || signed(c.size)? != row.size => {
                wrong("its text belongs elsewhere".to_owned());
            }
            Ok(c) if c.previous != previous => wrong("it does not follow the one before it".to_owned()),
            Ok(c) => found.push(c),
        }
        previous = hash;
    }
    Ok(found)
}

async fn read(
    tx: &mut Tx,
    tenant: &TenantId,
    reading: &mut Reading<'_>,
    verified: &mut Verified,
) -> Result<(), LedgerError> {
    let mut after = 0;
    loop {
        let page: Vec<Sealed> = tx
            .all(
                "SELECT l.position, l.chain, l.seq, l.hash, e.hash AS entry_hash FROM audit_leaves l
                 LEFT JOIN audit_entries e ON e.tenant = l.tenant AND e.chain = l.chain AND e.seq = l.seq
                 WHERE l.tenant = $1 AND l.position > $2 ORDER BY l.position LIMIT CAST($3 AS BIGINT)",
                args![tenant.as_str(), after, PAGE],
            )
            .await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.position;
        for sealed in page {
            verified.sealed += 1;
            if unsigned(sealed.position)? != verified.sealed {
                let what = "a leaf of the log before it is missing";
                verified.problems.push(Problem::at(&sealed.chain, sealed.seq, what));
                verified.sealed = unsigned(sealed.position)?;
            }
            let what = match &sealed.entry_hash {
                None => Some("it was sealed, and is not there"),
                Some(hash) if *hash != sealed.hash => Some("it is not what was sealed"),
                Some(_) => None,
            };
            if let Some(what) = what {
                verified.problems.push(Problem::at(&sealed.chain, sealed.seq, what));
            }
            reading.leaf(Leaf { chain: sealed.chain, seq: sealed.seq, hash: sealed.hash }, verified);
        }
    }
}

impl Reading<'_> {
    fn leaf(&mut self, leaf: Leaf, verified: &mut Verified) {
        self.frontier.push(leaf.tree_hash());
        self.next.get_or_insert_with(|| leaf.clone());
        if self.named > 0 {
            self.last.push(leaf);
        }
        let size = self.frontier.size();
        let Some(claims) = self.claims.remove(&size) else { return };
        let root = hex::encode(self.frontier.root());
        for claim in claims {
            if claim.checkpoint.root == root {
                self.sound = size;
                self.next = None;
                verified.witnessed = if claim.leaves.is_empty() { verified.witnessed } else { size };
            } else if !std::mem::replace(&mut self.told, true) {
                verified.problems.push(self.broken(&claim, size));
            }
        }
        // What claims to come may name.
        if self.last.len() > self.named.saturating_mul(2) {
            self.last.drain(..self.last.len() - self.named);
        }
    }

    /// The first entry that is not what a checkpoint has: the very one where the checkpoint names it, else the first after the last
    /// checkpoint that is sound.
    fn broken(&self, claim: &Claim<'_>, size: u64) -> Problem {
        let there = &self.last[self.last.len().saturating_sub(claim.leaves.len())..];
        let named = claim.leaves.iter().zip(there).find(|(said, leaf)| **said != leaf.text());
        if let Some((said, leaf)) = named {
            let what = format!("{} has {said:?} in its place", claim.place);
            return Problem::at(&leaf.chain, leaf.seq, what);
        }
        let what = format!("{} is not of the entries {} to {size} of the log", claim.place, self.sound + 1);
        match &self.next {
            Some(leaf) => Problem::at(&leaf.chain, leaf.seq, format!("{what}; this is the first of them")),
            None => Problem::whole(what),
        }
    }
}

/// Entries that are in no checkpoint: those that wait, and those that somebody kept from waiting.
async fn unsealed(tx: &mut Tx, tenant: &TenantId, verified: &mut Verified) -> Result<(), LedgerError> {
    let (waiting,): (i64,) =
        tx.one("SELECT count(*) FROM audit_unsealed WHERE tenant = $1", args![tenant.as_str()]).await?;
    verified.unsealed = unsigned(waiting)?;
    let astray: Vec<(String, i64)> = tx
        .all(
            "SELECT e.chain, e.seq FROM audit_entries e
             LEFT JOIN audit_leaves l ON l.tenant = e.tenant AND l.chain = e.chain AND l.seq = e.seq
             LEFT JOIN audit_unsealed u ON u.tenant = e.tenant AND u.chain = e.chain AND u.seq = e.seq
             WHERE e.tenant = $1 AND l.tenant IS NULL AND u.tenant IS NULL ORDER BY e.chain, e.seq",
            args![tenant.as_str()],
        )
        .await?;
    let what = "it is neither sealed nor waiting to be";
    verified.problems.extend(astray.iter().map(|(chain, seq)| Problem::at(chain, *seq, what)));
    Ok(())
}
