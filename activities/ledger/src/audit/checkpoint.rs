//! Checkpoints: what a tenant's log of entries was at a moment, signed, in a form that stands on its own.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use vextrus_domain::signature::{AcceptedKeys, KeyPair, Signature};
use vextrus_domain::{TenantId, canonical, merkle};

use crate::error::LedgerError;

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The company.
    pub tenant: TenantId,
    /// Its place among the company's checkpoints, from 1.
    pub number: u64,
    /// How many entries the log has.
    pub size: u64,
    /// The root of the Merkle tree over them ([`merkle`]), in lowercase hex.
    pub root: String,
    /// When it was made.
    pub sealed_at: DateTime<Utc>,
    /// SHA-256 of the text of the checkpoint before it, in lowercase hex; zeros before the first.
    pub previous: String,
}

/// An entry in the log. Its text is `<hash of the entry> <chain> <seq>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The entry's chain.
    pub chain: String,
    /// The entry's place in its chain.
    pub seq: i64,
    /// The entry's hash, in lowercase hex.
    pub hash: String,
}

impl Leaf {
    /// The text that the tree is made of.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} {} {}", self.hash, self.chain, self.seq)
    }

    pub(super) fn tree_hash(&self) -> merkle::Hash {
        merkle::leaf(self.text().as_bytes())
    }
}

/// A checkpoint as it leaves the house: the very text that is signed, the signature, and the entries that came since the checkpoint
/// before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// The canonical text of the [`Checkpoint`].
    pub content: String,
    /// The signature over it.
    pub signature: Signature,
    /// The texts of the new leaves, in their order.
    pub leaves: Vec<String>,
}

/// Why a checkpoint's file is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It is no checkpoint.
    #[error("not a checkpoint: {0}")]
    Unreadable(String),
    /// Its signature does not stand.
    #[error("its signature does not stand: {0}")]
    Unsigned(#[from] vextrus_domain::signature::SignatureError),
    /// It holds more new entries than the log has.
    #[error("it names {leaves} new entries in a log of {size}")]
    TooManyLeaves {
        /// The new entries.
        leaves: u64,
        /// The log's size.
        size: u64,
    },
}

impl Bundle {
    /// Signs a checkpoint.
    pub(super) fn sign(checkpoint: &Checkpoint, key: &KeyPair) -> Result<Self, LedgerError> {
        let content = canonical::to_text(checkpoint)?;
        let signature = key.sign(&content);
        Ok(Self { content, signature, leaves: Vec::new() })
    }

    /// Reads a file's text and checks its signature.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn read(text: &str, keys: &AcceptedKeys) -> Result<(Checkpoint, Self), BundleError> {
        let unreadable = |e: serde_json::Error| BundleError::Unreadable(e.to_string());
        let bundle: Self = serde_json::from_str(text).map_err(unreadable)?;
        let checkpoint = bundle.checkpoint(keys)?;
        let leaves = u64::try_from(bundle.leaves.len()).unwrap_or(u64::MAX);
        if leaves > checkpoint.size {
            return Err(BundleError::TooManyLeaves { leaves, size: checkpoint.size });
        }
        Ok((checkpoint, bundle))
    }

    /// The checkpoint, once its signature has been checked.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn checkpoint(&self, keys: &AcceptedKeys) -> Result<Checkpoint, BundleError> {
        keys.verify(&self.content, &self.signature)?;
        serde_json::from_str(&self.content).map_err(|e| BundleError::Unreadable(e.to_string()))
    }
}
