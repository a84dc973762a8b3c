//! Rounds of the reconciler.

use anyhow::ensure;
use temporalio_client::{WorkflowGetResultOptions, WorkflowStartOptions};
use vextrus_contract::reconcile::{PageOutput, Place, ReconcileStart, Tally};
use vextrus_reconciliation::LedgerReconciliation;
use vextrus_temporal::task_queue;
use vextrus_tests_e2e::World;

use crate::{Said, stop, with};

/// More pages than one run holds.
const PAGES: u64 = 175;

async fn round(world: &World) -> anyhow::Result<Tally> {
    let options = WorkflowStartOptions::new(task_queue::RECONCILE, "round".to_owned()).build();
    let client = &world.stack.client;
    let handle = client.start_workflow(LedgerReconciliation::run, ReconcileStart::default(), options).await?;
    handle.get_result(WorkflowGetResultOptions::default()).await.map_err(|e| anyhow::anyhow!("{e:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_round_goes_on_in_another_run() -> anyhow::Result<()> {
    let page = |number: u64| {
        let next = (number < PAGES).then(|| Place::Runs { page: Some(number.to_string()) });
        Said::value(PageOutput { tally: Tally { looked_at: 1, ..Tally::default() }, next })
    };
    let (world, fleet) = with("reconcile", (1..=PAGES).map(page), |_| {}).await?;
    ensure!(round(&world).await?.looked_at == PAGES);
    stop(world, fleet).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_looked_at_fails_the_round() -> anyhow::Result<()> {
    let (world, fleet) = with("reconcile", [Said::Fails], |_| {}).await?;
    ensure!(round(&world).await.is_err());
    stop(world, fleet).await
}
