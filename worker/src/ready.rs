//! What the gate of a rollout asks of a worker: each has it, on every task queue.

use std::sync::Arc;

use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use vextrus_contract::activities::definitions;
use vextrus_contract::rollout::{ProbeInput, Probed};
use vextrus_domain::RefusalCode;
use vextrus_ledger::Ledger;

/// Whether this worker can do its work.
#[derive(Debug, Clone)]
pub struct Ready {
    /// Its ledger.
    pub ledger: Ledger,
    /// Its build; none where it has no version, and answers for any.
    pub build_id: Option<String>,
}

#[activities]
impl Ready {
    /// See [`vextrus_contract::activities::RolloutActivities::probe`].
    ///
    /// # Errors
    /// The ledger does not answer, or another build was asked for: the server has not heard yet that one of that polls here.
    #[activity(definition = definitions::Probe)]
    pub async fn probe(self: Arc<Self>, ctx: ActivityContext, input: ProbeInput) -> Result<Probed, ActivityError> {
        let queue = &ctx.info().task_queue;
        if let Some(own) = self.build_id.as_ref().filter(|own| **own != input.build_id) {
            let why = format!("on queue {queue} a worker of build {own} was asked");
            return Err(vextrus_contract::failure(RefusalCode::Unavailable, false, &why));
        }
        let tables = self.ledger.tables_version().await.map_err(|error| {
            tracing::warn!(code = error.code().name(), %error, "this worker cannot do its work");
            vextrus_contract::failure(error.code(), error.is_final(), &format!("on queue {queue}: {error}"))
        })?;
        Ok(Probed { build_id: input.build_id, tables })
    }
}
