//! Workflows under the ids of documents that somebody has started by hand, and that end as no workflow of ours does.

use std::time::Duration;

use temporalio_client::WorkflowStartOptions;
use temporalio_common::UntypedWorkflow;
use temporalio_common::data_converters::RawValue;
use temporalio_common::error::ApplicationFailure;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::WorkerOptions;
use temporalio_workflow::{WorkflowContext, WorkflowContextView, WorkflowResult, WorkflowTermination};
use vextrus_tests_e2e::work;

use crate::{World, until_ended};

/// The task queue of the imposters; no worker of ours polls it.
const QUEUE: &str = "imposters";

/// Ends as its input says.
#[workflow]
pub(crate) struct Imposter {
    end: String,
}

#[workflow_methods]
impl Imposter {
    #[init]
    fn new(_ctx: &WorkflowContextView, end: String) -> Self {
        Self { end }
    }

    #[run(name = "Imposter")]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        match ctx.state(|w| w.end.clone()).as_str() {
            "fail" => Err(ApplicationFailure::non_retryable("it was made to fail").into()),
            "cancel" => Err(WorkflowTermination::cancelled()),
            _ => Ok(()),
        }
    }
}

/// Runs a workflow under this id to its end: `fail`, `cancel` or `complete`.
pub(crate) async fn ends_so(world: &World, workflow: &str, end: &str) -> anyhow::Result<()> {
    let options = WorkflowStartOptions::new(QUEUE, workflow.to_owned()).build();
    world
        .stack
        .client
        .start_workflow(Imposter::run, end.to_owned(), options)
        .await
        .map_err(|e| anyhow::anyhow!("{e:?}"))?;
    let options = WorkerOptions::new(QUEUE).register_workflow::<Imposter>()?.build();
    let worker = work(world.stack.client.clone(), options)?;
    until_ended(world, workflow).await?;
    drop(worker);
    Ok(())
}

/// Starts a workflow under this id that nobody polls for and that runs out of its time.
pub(crate) async fn times_out(world: &World, workflow: &str) -> anyhow::Result<()> {
    let options =
        WorkflowStartOptions::new(QUEUE, workflow.to_owned()).execution_timeout(Duration::from_secs(1)).build();
    world
        .stack
        .client
        .start_workflow(UntypedWorkflow::new("Nobody"), RawValue::empty(), options)
        .await
        .map_err(|e| anyhow::anyhow!("{e:?}"))?;
    until_ended(world, workflow).await
}
