//! Why a round could not go on.

use vextrus_domain::RefusalCode;
use vextrus_ledger::LedgerError;
use vextrus_temporal::NamespaceError;
use vextrus_temporal::WorkflowIdError;
use vextrus_temporal::runs::RunsError;
use vextrus_temporal::schedule::ScheduleError;

/// Why a round could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The server does not tell of its namespace.
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
    /// The server does not tell of workflows.
    #[error(transparent)]
    Runs(#[from] RunsError),
    /// What the ledger holds cannot stand in a workflow's id.
    #[error(transparent)]
    WorkflowId(#[from] WorkflowIdError),
    /// A place of a round is not one that a round has come to.
    #[error("page {0:?} of the workflows that run cannot be read; begin a new round")]
    Place(String),
    /// The schedule of the rounds cannot be set.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The rounds would come too often.
    #[error("reconcile.interval_millis is {0}; the least is 1000, or set reconcile.schedule to off")]
    Interval(u64),
    /// A process could not be started again.
    #[error("workflow {workflow} could not be started again: {why}")]
    Start {
        /// Which.
        workflow: String,
        /// Why.
        why: String,
    },
}

impl ReconcileError {
    /// The code for the log and for the failure of the activity.
    #[must_use]
    pub fn code(&self) -> RefusalCode {
        match self {
            Self::Ledger(error) => error.code(),
            Self::Place(_) | Self::Interval(_) => RefusalCode::InvalidField,
            Self::WorkflowId(_) => RefusalCode::Internal,
            Self::Namespace(_) | Self::Runs(_) | Self::Schedule(_) | Self::Start { .. } => RefusalCode::Unavailable,
        }
    }

    /// Whether the same page cannot succeed when it is looked at again.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Ledger(error) => error.is_final(),
            Self::Place(_) | Self::WorkflowId(_) | Self::Interval(_) => true,
            Self::Namespace(_) | Self::Runs(_) | Self::Schedule(_) | Self::Start { .. } => false,
        }
    }
}
