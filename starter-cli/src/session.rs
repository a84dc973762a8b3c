//! The session file: where a development stack listens, and tokens for the people of its company.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use vextrus_ledger::masterdata::Company;

use crate::stack::{Stack, write_secret};

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
    pub(crate) fn of(stack: &Stack, company: &Company) -> anyhow::Result<Self> {
        Ok(Self {
            address: stack.facade.clone(),
            tenant: company.tenant.to_string(),
            temporal: stack.temporal.clone(),
            temporal_ui: stack.ui.clone(),
            ledger: stack.config.ledger.address.clone(),
            tokens: stack.tokens(company)?,
        })
    }

    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!(
                "no session at {}: start `vextrus dev`, or give --address, --tenant and --token-file",
                path.display()
            )
        })?;
        serde_json::from_str(&text).with_context(|| format!("session {} cannot be read", path.display()))
    }

    /// Writes the session; the file goes when the answer is dropped.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<SessionFile> {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).with_context(|| format!("folder {} cannot be made", folder.display()))?;
        }
        write_secret(path, &serde_json::to_string_pretty(self)?)?;
        Ok(SessionFile(path.to_owned()))
    }
}

/// A session file that is deleted when its stack ends.
#[derive(Debug)]
pub(crate) struct SessionFile(PathBuf);

impl Drop for SessionFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "the session file could not be deleted");
        }
    }
}
