//! What the gate of a rollout asks of a worker: each has it, on every task queue.

use std::sync::Arc;

use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use vextrus_contract::activities::definitions;
use vextrus_contract::rollout::{ProbeInput, Probed};
use vextrus_ledger::Ledger;

/// Whether this worker can do its work.
#[derive(Debug, Clone)]
pub struct Ready(pub Ledger);

#[activities]
impl Ready {
    /// See [`vextrus_contract::activities::RolloutActivities::probe`].
    ///
    /// # Errors
    /// The ledger does not answer.
    #[activity(definition = definitions::Probe)]
    pub async fn probe(self: Arc<Self>, _ctx: ActivityContext, input: ProbeInput) -> Result<Probed, ActivityError> {
        let tables = self.0.tables_version().await.map_err(|error| {
            tracing::warn!(code = error.code().name(), %error, "this worker cannot do its work");
            vextrus_contract::failure(error.code(), error.is_final(), &error)
        })?;
        Ok(Probed { build_id: input.build_id, tables })
    }
}
