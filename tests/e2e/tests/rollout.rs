//! The gate of a rollout: it passes where a worker can do its work, and fails where it cannot.
#![cfg(test)]

use temporalio_client::{WorkflowGetResultOptions, WorkflowStartOptions};
use vextrus_contract::rollout::ProbeInput;
use vextrus_rollout::RolloutGate;
use vextrus_temporal::task_queue;
use vextrus_tests_e2e::World;

async fn gate(world: &World, id: &str) -> Result<i64, String> {
    let options = WorkflowStartOptions::new(task_queue::INVOICE, format!("rollout/{id}")).build();
    let input = ProbeInput { build_id: id.to_owned() };
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
