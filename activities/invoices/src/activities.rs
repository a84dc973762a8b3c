//! The activities, as Temporal calls them.

use std::sync::Arc;

use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use vextrus_contract::activities::definitions;
use vextrus_contract::steps::{AssessInput, AssessOutput, CloseInput, CloseOutput, SettleInput, SettleOutput};
use vextrus_ledger::decisions::Trust;
use vextrus_ledger::{Ledger, LedgerError};

/// The steps of a vendor's invoice over one ledger.
#[derive(Debug, Clone)]
pub struct Invoices {
    /// The ledger.
    pub ledger: Ledger,
    /// Whose word is taken.
    pub trust: Trust,
}

#[activities]
impl Invoices {
    /// See [`vextrus_contract::activities::InvoiceActivities::assess`].
    ///
    /// # Errors
    /// Retryable while the database does not answer; `EFFECT_CONFLICT` otherwise.
    #[activity(definition = definitions::Assess)]
    pub async fn assess(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: AssessInput,
    ) -> Result<AssessOutput, ActivityError> {
        self.assess_step(&input).await.map_err(failure)
    }

    /// See [`vextrus_contract::activities::InvoiceActivities::settle`].
    ///
    /// # Errors
    /// Retryable while the database does not answer; `EFFECT_CONFLICT` otherwise.
    #[activity(definition = definitions::Settle)]
    pub async fn settle(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: SettleInput,
    ) -> Result<SettleOutput, ActivityError> {
        self.settle_step(&input).await.map_err(failure)
    }

    /// See [`vextrus_contract::activities::InvoiceActivities::close`].
    ///
    /// # Errors
    /// Retryable while the database does not answer; `EFFECT_CONFLICT` otherwise.
    #[activity(definition = definitions::Close)]
    pub async fn close(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: CloseInput,
    ) -> Result<CloseOutput, ActivityError> {
        self.close_step(&input).await.map_err(failure)
    }
}

fn failure(error: LedgerError) -> ActivityError {
    tracing::warn!(code = error.code().name(), %error, "a step could not be carried out");
    vextrus_contract::failure(error.code(), error.is_final(), &error)
}
