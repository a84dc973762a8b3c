//! `RolloutGate`: what a new version of the workers must bring to its end before anything else is sent to it. It is started on that
//! version and no other.

use std::time::Duration;

use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ActivityCloseTimeouts, ActivityOptions, RetryPolicy, WorkflowContext, WorkflowContextView, WorkflowResult,
};
use vextrus_contract::activities::DocumentActivities;
use vextrus_contract::rollout::{ProbeInput, Probed};

/// How long one attempt at the probe may take, and how long all of them.
const ATTEMPT_WITHIN: Duration = Duration::from_secs(10);
const PASSES_WITHIN: Duration = Duration::from_secs(45);

/// The gate.
#[workflow]
#[derive(Debug)]
pub struct RolloutGate {
    input: ProbeInput,
}

#[workflow_methods]
impl RolloutGate {
    #[init]
    fn new(_ctx: &WorkflowContextView, input: ProbeInput) -> Self {
        Self { input }
    }

    /// Asks a worker of the version whether it can do its work.
    ///
    /// # Errors
    /// It cannot, or not in time.
    #[run(name = "RolloutGate")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Probed> {
        let timeouts = ActivityCloseTimeouts::ScheduleAndStartToClose {
            start_to_close: ATTEMPT_WITHIN,
            schedule_to_close: PASSES_WITHIN,
        };
        let options = ActivityOptions::with_close_timeouts(timeouts)
            .retry_policy(RetryPolicy::builder().maximum_attempts(3).build())
            .summary("can this version do its work?".to_owned())
            .build();
        let input = ctx.state(|w| w.input.clone());
        Ok(ctx.execute_activity(DocumentActivities::probe, input, options).await?)
    }
}
