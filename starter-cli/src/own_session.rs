//! What a development stack leaves in the session file, for as long as it runs.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use vextrus_ledger::masterdata::Company;

use crate::secrets::write_secret;
use crate::session::Session;
use crate::stack::Stack;

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
