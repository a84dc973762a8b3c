//! `RolloutGate`: what a new version of the workers must bring to its end before anything else is sent to it. It is started on that
//! version and no other.

use std::time::Duration;

use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ActivityCloseTimeouts, ActivityOptions, RetryPolicy, WorkflowContext, WorkflowContextView, WorkflowResult, join_all,
};
use vextrus_contract::activities::RolloutActivities;
use vextrus_contract::rollout::{GateInput, ProbeInput, Probed};

/// How long one attempt at the probe may take, and how long all of them.
const ATTEMPT_WITHIN: Duration = Duration::from_secs(10);
const PASSES_WITHIN: Duration = Duration::from_secs(45);

/// The gate.
#[workflow]
#[derive(Debug)]
pub struct RolloutGate {
    input: GateInput,
}

#[workflow_methods]
impl RolloutGate {
    #[init]
    fn new(_ctx: &WorkflowContextView, input: GateInput) -> Self {
        Self { input }
    }

    /// Asks a worker of the version on each of the task queues, all at once, whether it can do its work.
    ///
    /// # Errors
    /// One of them cannot, or not in time.
    #[run(name = "RolloutGate")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<Probed> {
        let GateInput { build_id, queues } = ctx.state(|w| w.input.clone());
        let own = queues.is_empty().then_some(None);
        let asked = queues.into_iter().map(Some).chain(own).map(|queue| {
            let input = ProbeInput { build_id: build_id.clone() };
            ctx.execute_activity(RolloutActivities::probe, input, on(queue))
        });
        let mut probed = Probed { build_id: build_id.clone(), tables: 0 };
        for answer in join_all(asked).await {
            probed = answer?;
        }
        Ok(probed)
    }
}

fn on(queue: Option<String>) -> ActivityOptions {
    let timeouts = ActivityCloseTimeouts::ScheduleAndStartToClose {
        start_to_close: ATTEMPT_WITHIN,
        schedule_to_close: PASSES_WITHIN,
    };
    ActivityOptions::with_close_timeouts(timeouts)
        .retry_policy(RetryPolicy::builder().maximum_attempts(3).build())
        .maybe_task_queue(queue)
        .summary("can this version do its work?".to_owned())
        .build()
}
