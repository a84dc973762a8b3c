//! The hash of a growing list, as RFC 6962 (Certificate Transparency) defines it in section 2.1: a Merkle tree over SHA-256.
//!
//! Its root stands for every leaf and its place. [`Frontier`] keeps what is needed to go on: one hash for each whole subtree, so
//! that a list of a million leaves grows by one without being read again.

use sha2::{Digest as _, Sha256};

/// A hash in the tree.
pub type Hash = [u8; 32];

/// The hash of a leaf.
#[must_use]
pub fn leaf(content: &[u8]) -> Hash {
    // The prefix keeps a leaf from passing for an inner node, and the other way round.
    Sha256::new().chain_update([0]).chain_update(content).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The whole subtrees of a list, the largest first: one for each bit that is set in the number of leaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// The frontier that was kept for a list of this size. `None` when the number of subtrees does not fit the size.
    #[must_use]
    pub fn resume(size: u64, subtrees: Vec<Hash>) -> Option<Self> {
        (u32::try_from(subtrees.len()).ok()? == size.count_ones()).then_some(Self { size, subtrees })
    }

    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What to keep in order to go on.
    #[must_use]
    pub fn subtrees(&self) -> &[Hash] {
        &self.subtrees
    }

    /// Adds a leaf's hash at the end.
    pub fn push(&mut self, leaf: Hash) {
        let mut whole = leaf;
        // As many subtrees are completed as the size has ones at its end.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                whole = node(&left, &whole);
            }
        }
        self.subtrees.push(whole);
        self.size += 1;
    }

    /// The root of the list as it is.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut from_the_right = self.subtrees.iter().rev();
        let Some(last) = from_the_right.next() else { return Sha256::digest([]).into() };
        from_the_right.fold(*last, |right, left| node(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition of RFC 6962, word for word.
    fn defined(leaves: &[Vec<u8>]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => leaf(one),
            many => {
                let half = 1 << (usize::BITS - 1 - (many.len() - 1).leading_zeros());
                let (left, right) = many.split_at(half);
                node(&defined(left), &defined(right))
            }
        }
    }

    fn grown(leaves: &[Vec<u8>]) -> Frontier {
        let mut frontier = Frontier::default();
        leaves.iter().for_each(|content| frontier.push(leaf(content)));
        frontier
    }

    /// The inputs and roots that the reference implementation of Certificate Transparency is tested with
    /// (google/certificate-transparency, `merkle_tree_test.cc`).
    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let leaves =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
                .map(|hex| hex::decode(hex).unwrap());
        for (count, root) in [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
            (5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
            (6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
            (7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ] {
            assert_eq!(hex::encode(grown(&leaves[..count]).root()), root, "{count} leaves");
        }
    }

    proptest! {
        #[test]
        fn a_grown_root_is_the_defined_one_wherever_it_was_resumed(
            leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..70), at in 0_usize..70,
        ) {
            prop_assert_eq!(grown(&leaves).root(), defined(&leaves));
            let (before, after) = leaves.split_at(at.min(leaves.len()));
            let kept = grown(before);
            let mut resumed = Frontier::resume(kept.size(), kept.subtrees().to_vec()).unwrap();
            after.iter().for_each(|content| resumed.push(leaf(content)));
            prop_assert_eq!(resumed, grown(&leaves));
        }
    }

    #[test]
    fn a_frontier_that_does_not_fit_its_size_is_none() {
        assert_eq!(Frontier::resume(3, vec![[0; 32]]), None);
        assert_eq!(Frontier::resume(0, Vec::new()), Some(Frontier::default()));
    }
}
