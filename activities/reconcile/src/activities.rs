//! The reconciler, as Temporal calls it.

use std::sync::Arc;

use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use vextrus_contract::activities::definitions;
use vextrus_contract::reconcile::{PageInput, PageOutput};

use crate::{ReconcileError, Reconciler, Scope};

/// The reconciler on its task queue.
#[derive(Clone)]
pub struct Reconciliation(pub Reconciler);

#[activities]
impl Reconciliation {
    /// See [`vextrus_contract::activities::ReconcileActivities::reconcile`].
    ///
    /// # Errors
    /// Retryable while the ledger or the server does not answer.
    #[activity(definition = definitions::Reconcile)]
    pub async fn reconcile(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: PageInput,
    ) -> Result<PageOutput, ActivityError> {
        let page = self.0.page(&Scope::default(), &input.place).await.map_err(|error| failure(&error))?;
        let tally = page.tally();
        if !tally.found.is_empty() {
            tracing::info!(looked_at = tally.looked_at, found = ?tally.found, "a page was reconciled");
        }
        Ok(PageOutput { tally, next: page.next })
    }
}

fn failure(error: &ReconcileError) -> ActivityError {
    tracing::warn!(code = error.code().name(), %error, "a page could not be reconciled");
    vextrus_contract::failure(error.code(), error.is_final(), error)
}
