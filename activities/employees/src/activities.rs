//! The steps, as Temporal calls them.

use std::sync::Arc;

use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use vextrus_contract::activities::definitions;
use vextrus_contract::employees::{PerformInput, PerformOutput, PlanInput, PlanOutput, ProgressInput, ProgressOutput};
use vextrus_domain::RefusalCode;
use vextrus_ledger::LedgerError;

use crate::{StepError, Steps};

/// The steps over the ledger, on the workflows' own task queue.
#[derive(Clone)]
pub struct Employees(pub Steps);

/// The calls to systems, on a task queue of their own.
#[derive(Clone)]
pub struct Integrations(pub Steps);

#[activities]
impl Employees {
    /// See [`vextrus_contract::activities::EmployeeActivities::plan`].
    ///
    /// # Errors
    /// Retryable while the ledger cannot do it; final is `EFFECT_CONFLICT` alone.
    #[activity(definition = definitions::Plan)]
    pub async fn plan(self: Arc<Self>, _ctx: ActivityContext, input: PlanInput) -> Result<PlanOutput, ActivityError> {
        self.0.plan_step(&input).await.map_err(failure)
    }

    /// See [`vextrus_contract::activities::EmployeeActivities::progress`].
    ///
    /// # Errors
    /// Retryable while the ledger cannot do it; final is `EFFECT_CONFLICT` alone.
    #[activity(definition = definitions::Progress)]
    pub async fn progress(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: ProgressInput,
    ) -> Result<ProgressOutput, ActivityError> {
        self.0.progress_step(&input).await.map_err(failure)
    }
}

#[activities]
impl Integrations {
    /// See [`vextrus_contract::activities::EmployeeActivities::perform`].
    ///
    /// # Errors
    /// Retryable while the ledger or the system does not do it; final is `EFFECT_CONFLICT` alone.
    #[activity(definition = definitions::Perform)]
    pub async fn perform(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: PerformInput,
    ) -> Result<PerformOutput, ActivityError> {
        self.0.perform_step(&input, ctx.info().attempt).await.map_err(failure)
    }
}

fn failure(error: StepError) -> ActivityError {
    let (code, is_final) = match &error {
        // A log that this version cannot run again, or a key that is not accepted any more, is for operators to mend; a process is not
        // ended for it.
        StepError::Ledger(error) => (error.code(), matches!(error, LedgerError::EffectConflict { .. })),
        StepError::System { .. } => (RefusalCode::Unavailable, false),
        StepError::NotYet(refusal) => (refusal.code, false),
    };
    tracing::warn!(code = code.name(), %error, "a step could not be carried out");
    vextrus_contract::failure(code, is_final, &error)
}
