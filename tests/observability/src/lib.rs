//! Dashboards, rules and the collector's configuration in `deploy/observability`: made of their sources, and held to what is exported.

pub mod alerts;
pub mod catalogue;
pub mod collector;
pub mod dashboards;
pub mod prometheus;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// `deploy/observability`.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/observability")
}

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of `deploy/observability`.
///
/// # Errors
/// It cannot be read.
pub fn read(name: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(folder().join(name)).with_context(|| format!("deploy/observability/{name}"))
}
