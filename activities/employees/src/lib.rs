//! The steps of onboarding and offboarding: `plan`, `progress` and `perform`; and the adapters to the systems that they touch.

pub mod adapters;

mod activities;
mod perform;
mod plan;
mod progress;

use vextrus_domain::{DocumentKey, Refusal};
use vextrus_ledger::approvals::Trust;
use vextrus_ledger::employees::claim;
use vextrus_ledger::retry::FromLedger;
use vextrus_ledger::{Ledger, LedgerError};

pub use activities::{Employees, Integrations};
pub use adapters::{Adapters, AdaptersError};

/// The steps over one ledger.
#[derive(Clone)]
pub struct Steps {
    /// The ledger.
    pub ledger: Ledger,
    /// Whose word is taken.
    pub trust: Trust,
    /// The systems.
    pub adapters: Adapters,
    /// The length of a day in milliseconds; 86,400,000 but for trying out.
    pub day_millis: u64,
}

impl Steps {
    /// Puts on the trail, once, that a step was started out of its turn. The step's own key stays free for the workflow.
    async fn tell_refused(
        &self,
        key: &DocumentKey,
        kind: &'static str,
        input: &impl serde::Serialize,
        refusal: &Refusal,
    ) -> Result<(), StepError> {
        let mut tx = self.ledger.begin(&key.tenant).await?;
        if claim::tell_refused(&mut tx, key, kind, input, refusal).await? {
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Why a step could not be carried out. Trying again may help, unless the ledger says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A system did not answer, or its answer is not known.
    #[error("the {system} system does not answer: {why}")]
    System {
        /// Which.
        system: vextrus_lifecycle::System,
        /// Why; nothing personal.
        why: String,
    },
    /// It cannot be done until something is mended.
    #[error("{0}")]
    NotYet(Refusal),
}

impl FromLedger for StepError {
    fn ledger(&self) -> Option<&LedgerError> {
        match self {
            Self::Ledger(error) => Some(error),
            Self::System { .. } | Self::NotYet(_) => None,
        }
    }
}
