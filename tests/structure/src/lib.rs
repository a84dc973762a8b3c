//! The rules that hold the house up, as ordinary tests: who may use whom, one table of versions, short
//! files, links that lead somewhere.
//!
//! The checks are pure functions from what was read to a list of complaints, so that each can be shown
//! to bite on something planted. The files under `tests/` run them on this repository.

pub mod clippy;
pub mod documents;
pub mod manifest;
pub mod rooms;
pub mod rules;
pub mod tree;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The root of this repository.
///
/// # Errors
///
/// Where the checkout has moved since the tests were built.
pub fn root() -> anyhow::Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.join("../..");
    root.canonicalize().with_context(|| format!("{} is not there", root.display()))
}

/// An error that lists every complaint, where there is one.
///
/// # Errors
///
/// Where `complaints` is not empty.
pub fn none(complaints: &[String]) -> anyhow::Result<()> {
    anyhow::ensure!(complaints.is_empty(), "{} to put right:\n- {}", complaints.len(), complaints.join("\n- "));
    Ok(())
}
