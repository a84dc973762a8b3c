//! Why a step ends early.

use vextrus_domain::Refusal;
use vextrus_ledger::LedgerError;

/// A step's own "no", or the database's.
pub(crate) enum Stop {
    Refused(Refusal),
    /// A refusal that the step, when its turn comes, must not be answered with.
    OutOfTurn(Refusal),
    Failed(LedgerError),
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Self {
        Self::Failed(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
