//! The session file: where a development stack listens, and tokens for the people of its company.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// Where the session file is, unless told otherwise.
pub(crate) const DEFAULT_PATH: &str = ".vextrus/session.json";

/// What other commands need to talk to a running development stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) address: String,
    pub(crate) tenant: String,
    pub(crate) temporal: String,
    pub(crate) temporal_ui: Option<String>,
    pub(crate) ledger: String,
    pub(crate) tokens: BTreeMap<String, String>,
}

impl Session {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!(
                "no session at {}: start `vextrus dev`, or give --address, --tenant and --token-file",
                path.display()
            )
        })?;
        serde_json::from_str(&text).with_context(|| format!("session {} cannot be read", path.display()))
    }
}
