//! What is asked of a new version of the workers before anything else is sent to it.

use serde::{Deserialize, Serialize};

/// Input of the gate and of its probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeInput {
    /// The version that is asked.
    pub build_id: String,
}

/// What a worker can say of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// The version that was asked.
    pub build_id: String,
    /// The version of the ledger's tables.
    pub tables: i64,
}
