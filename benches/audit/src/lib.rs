//! The trail that the benchmarks of its hashing write, read and seal.
//!
//! A crate of its own: what it measures needs neither the fleet nor the Temporal SDK, and builds without them.

use vextrus_domain::canonical::{self, CanonicalError};
use vextrus_domain::merkle::{self, Frontier};
use vextrus_ledger::audit::Entry;
use vextrus_ledger::audit::checkpoint::Leaf;

/// The entries of a one-level invoice as a development stack wrote them, from its claim to its settlement.
const INVOICE: &str = include_str!("trail.jsonl");

/// An entry as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its canonical text.
    pub content: String,
    /// The hash of that.
    pub hash: String,
}

/// So many entries, those of the invoice over and over.
///
/// # Errors
/// Where an entry is none of this version's.
pub fn entries(number: usize) -> anyhow::Result<Vec<Entry>> {
    let invoice: Vec<Entry> = INVOICE.lines().map(canonical::from_text).collect::<Result<_, _>>()?;
    let following = |(seq, entry): (i64, &Entry)| Entry { seq, ..entry.clone() };
    Ok((1..).zip(invoice.iter().cycle()).take(number).map(following).collect())
}

/// Chains the entries: each is written in its canonical form with the hash of the one before it, and hashed.
///
/// # Errors
/// Where an entry has no canonical form.
pub fn chained(entries: &mut [Entry]) -> Result<Vec<Stored>, CanonicalError> {
    let Some(mut prev) = entries.first().map(|entry| entry.prev.clone()) else { return Ok(Vec::new()) };
    let chain = |entry: &mut Entry| {
        entry.prev.clone_from(&prev);
        let content = canonical::to_text(entry)?;
        let hash = canonical::sha256_hex(&content);
        prev.clone_from(&hash);
        Ok(Stored { content, hash })
    };
    entries.iter_mut().map(chain).collect()
}

/// The root of the tree over the entries, as a checkpoint has it.
#[must_use]
pub fn sealed(leaves: &[Leaf]) -> merkle::Hash {
    let mut log = Frontier::default();
    leaves.iter().for_each(|entry| log.push(merkle::leaf(entry.text().as_bytes())));
    log.root()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_the_one_that_the_ledger_wrote() {
        let stored = chained(&mut entries(4).unwrap()).unwrap();
        let written: Vec<&str> = stored.iter().map(|entry| entry.content.as_str()).collect();
        assert_eq!(written, INVOICE.lines().collect::<Vec<_>>());
    }
}
