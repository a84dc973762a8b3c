//! Workflows that run for something that the ledger has ended, or does not hold.

use anyhow::ensure;
use temporalio_client::WorkflowStartOptions;
use vextrus_contract::document::{DocumentStart, Head};
use vextrus_contract::steps::{CloseInput, CloseOutput, CloseReason};
use vextrus_documents::Steps;
use vextrus_domain::{Content, DocumentKey};
use vextrus_invoice::InvoiceApproval;
use vextrus_ledger::audit;
use vextrus_reconcile::Scope;
use vextrus_temporal::task_queue;
use vextrus_tests_e2e::messages::{decision, sent};
use vextrus_tests_e2e::{World, invoice};

use crate::{LONG, look, names, reconciler, round, terminate, until_ended, until_visible, world};

/// Starts a workflow for a document of this company that the ledger does not hold, as after a restored backup.
async fn unclaimed(world: &World, tenant: &str) -> anyhow::Result<String> {
    let bill = Content::Invoice(Box::new(invoice("padma-builders", "R-1", "80000")));
    let key = DocumentKey { tenant: tenant.parse()?, document: "0198-lost".parse()?, submission: 1 };
    let workflow = format!("invoice/{key}");
    let start = DocumentStart {
        key,
        payload_hash: "h".to_owned(),
        submitter: "nasrin".parse()?,
        head: Head::from(&bill),
        step_timeout_millis: 2000,
        events_of_a_run: 2000,
        carried: None,
    };
    let options = WorkflowStartOptions::new(task_queue::INVOICE, workflow.clone()).build();
    let started = world.stack.client.start_workflow(InvoiceApproval::run, start, options).await;
    started.map_err(|e| anyhow::anyhow!("{e:?}"))?;
    until_visible(world, &workflow, true).await?;
    Ok(workflow)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_without_a_document_is_told_of_and_makes_none() -> anyhow::Result<()> {
    let mut world = world().await?;
    world.stack.stop_worker().await?;
    let tenant = world.company.tenant.clone();
    let workflow = unclaimed(&world, tenant.as_str()).await?;
    ensure!(names(&look(&world).await?) == ["unknown/alarm"]);
    for is_new in [true, false] {
        let found = round(&world).await?;
        ensure!(names(&found) == ["unknown/alarm"] && found.found[0].is_new == is_new, "{found:#?}");
        ensure!(found.found[0].workflow == workflow);
    }
    let mut tx = world.stack.ledger.read_for_all().await?;
    let entries = audit::read_chain(&mut tx, &tenant, audit::TENANT_CHAIN).await??;
    tx.rollback().await?;
    ensure!(entries.iter().filter(|e| e.kind == "reconciled").count() == 1);
    // Its own steps say the same, and end it.
    world.stack.start_worker()?;
    until_ended(&world, &workflow).await?;
    until_visible(&world, &workflow, false).await?;
    ensure!(round(&world).await?.is_sound());
    world.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_workflow_fills_nobodys_trail() -> anyhow::Result<()> {
    let mut world = world().await?;
    world.stack.stop_worker().await?;
    let workflow = unclaimed(&world, "nobody").await?;
    let found = round(&world).await?;
    ensure!(names(&found) == ["unknown/alarm"] && !found.found[0].is_new, "{found:#?}");
    let mut tx = world.stack.ledger.read_for_all().await?;
    ensure!(audit::chains(&mut tx, &"nobody".parse()?).await?.is_empty());
    tx.rollback().await?;
    terminate(&world.stack.client.get_workflow_handle::<InvoiceApproval>(workflow)).await?;
    world.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_outlives_its_document_is_told_of_after_the_grace() -> anyhow::Result<()> {
    let mut world = world().await?;
    let id = world.submit(&invoice("padma-builders", "R-1", "200000")).await?;
    world.until_open(&id).await?;
    let key = world.key(&id).await?;
    let workflow = format!("invoice/{key}");
    until_visible(&world, &workflow, true).await?;
    let parts = world.stack.parts()?;
    let steps = Steps { ledger: parts.ledger, trust: parts.trust };
    let input = CloseInput { key: key.clone(), reason: CloseReason::Cancelled, refusal: None, entries: Vec::new() };
    ensure!(steps.close_step(&input).await? == CloseOutput::Closed);
    let early = reconciler(&world, LONG)?.round(&Scope::default()).await?;
    ensure!(early.is_sound(), "it may be about to end: {early:#?}");
    for is_new in [true, false] {
        let found = round(&world).await?;
        ensure!(names(&found) == ["runs_on/alarm"] && found.found[0].is_new == is_new, "{found:#?}");
    }
    // Its next step is refused, and it ends.
    let signed = decision(&world, &key, "level-1", "rahim", "approve", Some(&world.stack.signing_key)).await?;
    // It may end before it has answered.
    drop(sent(&world.handle(&id).await?, signed, 30).await);
    until_ended(&world, &workflow).await?;
    until_visible(&world, &workflow, false).await?;
    ensure!(round(&world).await?.is_sound());
    world.stack.stop_worker().await?;
    world.finish().await
}
