//! The activities, as Temporal calls them: the steps of every type of document.

use std::sync::Arc;

use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use vextrus_contract::activities::definitions;
use vextrus_contract::steps::{
    AssessInput, AssessOutput, CloseInput, CloseOutput, RecordInput, RecordOutput, SettleInput, SettleOutput,
};
use vextrus_documents::Steps;
use vextrus_ledger::LedgerError;

/// The steps of documents with approvals, on a task queue.
#[derive(Debug, Clone)]
pub struct Approvals(pub Steps);

#[activities]
impl Approvals {
    /// See [`vextrus_contract::activities::DocumentActivities::assess`].
    ///
    /// # Errors
    /// Retryable while the database does not answer; `EFFECT_CONFLICT` otherwise.
    #[activity(definition = definitions::Assess)]
    pub async fn assess(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: AssessInput,
    ) -> Result<AssessOutput, ActivityError> {
        self.0.assess_step(&input).await.map_err(failure)
    }

    /// See [`vextrus_contract::activities::DocumentActivities::record`].
    ///
    /// # Errors
    /// Retryable while the database does not answer; `EFFECT_CONFLICT` otherwise.
    #[activity(definition = definitions::Record)]
    pub async fn record(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: RecordInput,
    ) -> Result<RecordOutput, ActivityError> {
        self.0.record_step(&input).await.map_err(failure)
    }

    /// See [`vextrus_contract::activities::DocumentActivities::settle`].
    ///
    /// # Errors
    /// Retryable while the database does not answer; `EFFECT_CONFLICT` otherwise.
    #[activity(definition = definitions::Settle)]
    pub async fn settle(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: SettleInput,
    ) -> Result<SettleOutput, ActivityError> {
        self.0.settle_step(&input).await.map_err(failure)
    }

    /// See [`vextrus_contract::activities::DocumentActivities::close`].
    ///
    /// # Errors
    /// Retryable while the database does not answer; `EFFECT_CONFLICT` otherwise.
    #[activity(definition = definitions::Close)]
    pub async fn close(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: CloseInput,
    ) -> Result<CloseOutput, ActivityError> {
        self.0.close_step(&input).await.map_err(failure)
    }
}

fn failure(error: LedgerError) -> ActivityError {
    tracing::warn!(code = error.code().name(), %error, "a step could not be carried out");
    vextrus_contract::failure(error.code(), error.is_final(), &error)
}
