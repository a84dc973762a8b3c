//! `LedgerReconciliation`: one round of the comparison of the ledger with Temporal, page by page. What is found and done is the
//! activity's; the round that fails is begun anew by the schedule.

use std::time::Duration;

use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ActivityOptions, ContinueAsNewOptions, RetryPolicy, WorkflowContext, WorkflowContextView, WorkflowResult,
};
use vextrus_contract::activities::ReconcileActivities;
use vextrus_contract::reconcile::{PageInput, Place, ReconcileStart, Tally};

/// How long one attempt at a page may take.
const PAGE_WITHIN: Duration = Duration::from_secs(120);
/// How often a page is tried. The next round comes anyway.
const TRIES: u32 = 5;
/// After how many events the round goes on in another run.
const EVENTS_OF_A_RUN: u32 = 1000;

/// A round.
#[workflow]
#[derive(Debug)]
pub struct LedgerReconciliation {
    place: Place,
    tally: Tally,
}

#[workflow_methods]
impl LedgerReconciliation {
    #[init]
    fn new(_ctx: &WorkflowContextView, start: ReconcileStart) -> Self {
        Self { place: start.place, tally: start.tally }
    }

    /// Runs the round to its end; answers what it has come to.
    ///
    /// # Errors
    /// A page that could not be looked at, or the round's cancellation.
    #[run(name = "LedgerReconciliation")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Tally> {
        loop {
            let place = ctx.state(|w| w.place.clone());
            let options = options(&place);
            let page = ctx.execute_activity(ReconcileActivities::reconcile, PageInput { place }, options).await?;
            ctx.state_mut(|w| w.tally.add(page.tally));
            let Some(next) = page.next else { return Ok(ctx.state(|w| w.tally.clone())) };
            ctx.state_mut(|w| w.place = next);
            if ctx.continue_as_new_suggested() || ctx.history_length() >= EVENTS_OF_A_RUN {
                let start = ctx.state(|w| ReconcileStart { place: w.place.clone(), tally: w.tally.clone() });
                match ctx.continue_as_new(start, ContinueAsNewOptions::default())? {}
            }
        }
    }
}

fn options(place: &Place) -> ActivityOptions {
    let part = match place {
        Place::Documents { .. } => "documents",
        Place::Processes { .. } => "processes",
        Place::Runs { .. } => "runs",
    };
    ActivityOptions::with_start_to_close_timeout(PAGE_WITHIN)
        .retry_policy(RetryPolicy::builder().maximum_attempts(TRIES).build())
        .summary(part.to_owned())
        .build()
}
