//! What is asked of a new version of the workers before anything else is sent to it.

use serde::{Deserialize, Serialize};

/// Input of the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateInput {
    /// The version that is asked.
    pub build_id: String,
    /// The task queues on which one of its workers is asked; none: the gate's own.
    #[serde(default)]
    pub queues: Vec<String>,
}

/// Input of the gate's probe.
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
