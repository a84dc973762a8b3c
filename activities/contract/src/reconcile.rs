//! What `LedgerReconciliation` is started with and answers, and its activity's payloads. Ages and what may be closed are not among
//! them: whoever can start the activity by hand must not be able to choose them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vextrus_domain::DocumentKey;

/// The workflow type.
pub const WORKFLOW_TYPE: &str = "LedgerReconciliation";

/// Where a round has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "part")]
pub enum Place {
    /// At the documents that the ledger holds as open.
    Documents {
        /// After this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<DocumentKey>,
    },
    /// At the processes that the ledger holds as open.
    Processes {
        /// After this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<DocumentKey>,
    },
    /// At the workflows that run.
    Runs {
        /// The server's own mark of the page, in base64.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<String>,
    },
}

impl Default for Place {
    fn default() -> Self {
        Self::Documents { after: None }
    }
}

/// What a round has come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many documents, processes and runs were looked at.
    #[serde(default)]
    pub looked_at: u64,
    /// How many of each finding, by `<finding>/<act>`.
    #[serde(default)]
    pub found: BTreeMap<String, u64>,
}

impl Tally {
    /// With what another page came to.
    pub fn add(&mut self, other: Self) {
        self.looked_at += other.looked_at;
        for (finding, count) in other.found {
            *self.found.entry(finding).or_default() += count;
        }
    }
}

/// What the workflow is started with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconcileStart {
    /// Where to begin.
    #[serde(default)]
    pub place: Place,
    /// What earlier runs of the same round have come to.
    #[serde(default)]
    pub tally: Tally,
}

/// Input of `reconcile`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageInput {
    /// Which page.
    pub place: Place,
}

/// Output of `reconcile`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageOutput {
    /// What the page came to.
    pub tally: Tally,
    /// The next one; none when the round is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Place>,
}
