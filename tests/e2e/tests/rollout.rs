//! The gate of a rollout: it passes where a worker can do its work, and fails where it cannot.
#![cfg(test)]

use temporalio_client::{WorkflowGetResultOptions, WorkflowStartOptions, WorkflowTerminateOptions};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::WorkerOptions;
use temporalio_workflow::{WorkflowContext, WorkflowResult};
use vextrus_contract::rollout::GateInput;
use vextrus_rollout::RolloutGate;
use vextrus_temporal::{runs, task_queue};
use vextrus_tests_e2e::{World, work};

async fn gate(world: &World, id: &str) -> Result<i64, String> {
    let options = WorkflowStartOptions::new(task_queue::INVOICE, format!("rollout/{id}")).build();
    let input = GateInput { build_id: id.to_owned(), queues: Vec::new() };
    let handle = world.stack.client.start_workflow(RolloutGate::run, input, options).await.unwrap();
    let result = handle.get_result(WorkflowGetResultOptions::default()).await;
    result.map(|probed| probed.tables).map_err(|error| format!("{error:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_has_its_ledger_passes() {
    let world = World::new().await.unwrap();
    let tables = world.stack.ledger.tables_version().await.unwrap();
    assert_eq!(gate(&world, "sound").await, Ok(tables));
    world.stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_has_lost_its_ledger_does_not() {
    let world = World::new().await.unwrap();
    world.stack.ledger.close().await;
    assert!(gate(&world, "lost").await.is_err());
    // Its own ledger is closed: nothing is left to be handed over.
    drop(world.stack.stop().await);
}

/// Its code never comes through its first task.
#[workflow]
#[derive(Default)]
pub struct Stumbles {}

#[workflow_methods]
impl Stumbles {
    #[run(name = "Stumbles")]
    pub async fn run(_ctx: &mut WorkflowContext<Self>) -> WorkflowResult<()> {
        panic!("it stumbles")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_whose_task_fails_again_and_again_is_found() {
    let world = World::new().await.unwrap();
    let options = WorkerOptions::new("stumbling").register_workflow::<Stumbles>().unwrap().build();
    let worker = work(world.stack.client.clone(), options).unwrap();
    let options = WorkflowStartOptions::new("stumbling", "stumbling".to_owned()).build();
    let stumbling = world.stack.client.start_workflow(Stumbles::run, (), options).await.unwrap();
    world
        .until("it is found", async || {
            let query = "ExecutionStatus = 'Running' AND WorkflowType = 'Stumbles'";
            let stuck = runs::stuck(&world.stack.client, query, 10, 2).await?;
            Ok(stuck.iter().any(|told| told.starts_with("stumbling: its task has failed ")))
        })
        .await
        .unwrap();
    world
        .until("the server says so too", async || {
            let troubled = runs::troubled(&world.stack.client, None, 10).await?;
            Ok(troubled.iter().any(|execution| execution.workflow_id == "stumbling"))
        })
        .await
        .unwrap();
    // Nobody else is.
    let sound = runs::stuck(&world.stack.client, "WorkflowType != 'Stumbles'", 10, 2).await.unwrap();
    assert_eq!(sound, Vec::<String>::new());
    stumbling.terminate(WorkflowTerminateOptions::default()).await.unwrap();
    drop(worker);
    world.stack.stop().await.unwrap();
}
