//! The reconciler on a real server: whatever is done to workflows from outside, the ledger comes to an end that it can answer for.
#![cfg(test)]

mod documents;
mod imposter;
mod namespaces;
mod processes;
mod resets;
mod restored;
mod runs;
mod schedule;

use std::time::Duration;

use anyhow::{Context as _, ensure};
use temporalio_client::{WorkflowHandle, WorkflowTerminateOptions};
use temporalio_common::HasWorkflowDefinition;
use vextrus_documents::Steps;
use vextrus_domain::{Actor, Content, DocumentKey, Invoice};
use vextrus_ledger::claims;
use vextrus_ledger::documents::{self as stored, Document};
use vextrus_ledger::views;
use vextrus_platform::config::{ReconcileConfig, Switch};
use vextrus_reconcile::{Reconciler, Round, Scope};
use vextrus_starter_cli::client::new_request_id;
use vextrus_temporal::runs::{Seen, describe};
use vextrus_tests_e2e::World;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(3600);

/// A world without rounds of its own, in which nothing is too young to be looked at.
async fn world() -> anyhow::Result<World> {
    World::with(|options| options.reconcile = Some(config(Duration::ZERO))).await
}

fn config(grace: Duration) -> ReconcileConfig {
    let grace_millis = u64::try_from(grace.as_millis()).unwrap();
    ReconcileConfig { schedule: Switch::Off, interval_millis: 1000, min_age_millis: 0, grace_millis }
}

/// A reconciler of this world that leaves what is missing alone for so long.
fn reconciler(world: &World, grace: Duration) -> anyhow::Result<Reconciler> {
    let mut config = world.stack.config.clone();
    config.reconcile.grace_millis = u64::try_from(grace.as_millis())?;
    let parts = world.stack.parts()?;
    Ok(Reconciler::configured(&config, parts.client, Steps { ledger: parts.ledger, trust: parts.trust }))
}

/// A round that acts.
async fn round(world: &World) -> anyhow::Result<Round> {
    Ok(reconciler(world, Duration::ZERO)?.round(&Scope::default()).await?)
}

/// A round that only looks.
async fn look(world: &World) -> anyhow::Result<Round> {
    let scope = Scope { dry_run: true, ..Scope::default() };
    Ok(reconciler(world, Duration::ZERO)?.round(&scope).await?)
}

/// What a round found, as `finding/act`, in order.
fn names(round: &Round) -> Vec<String> {
    round.found.iter().map(vextrus_reconcile::Found::name).collect()
}

async fn document(world: &World, key: &DocumentKey) -> anyhow::Result<Document> {
    let mut tx = world.stack.ledger.read_for_all().await?;
    stored::get(&mut tx, key).await?.context("no such document")
}

/// The document is closed with this outcome, holds no budget, and says why.
async fn is_closed(world: &World, key: &DocumentKey, outcome: &str) -> anyhow::Result<()> {
    let closed = document(world, key).await?;
    ensure!(closed.outcome.as_deref() == Some(outcome), "it ended as {:?}", closed.outcome);
    let mut tx = world.stack.ledger.read_for_all().await?;
    let view = views::document(&mut tx, &key.tenant, &key.document).await?.context("no such document")?;
    tx.rollback().await?;
    let code = view.refusal.map(|refusal| refusal.code);
    ensure!(code == Some(vextrus_domain::RefusalCode::WorkflowEnded), "it was closed because of {code:?}");
    world.sound(true).await
}

/// Claims an invoice as nasrin, and starts nothing: as a facade that crashed in between.
async fn claim(world: &World, invoice: &Invoice) -> anyhow::Result<DocumentKey> {
    let actor = Actor { tenant: world.company.tenant.clone(), person: "nasrin".parse()? };
    let content = Content::Invoice(Box::new(invoice.clone()));
    let claim = claims::claim(&world.stack.ledger, &actor, &new_request_id().parse()?, &content).await??;
    Ok(claim.key)
}

async fn terminate<W: HasWorkflowDefinition>(
    handle: &WorkflowHandle<temporalio_client::Client, W>,
) -> anyhow::Result<()> {
    let options = WorkflowTerminateOptions::builder().reason("by a hand from outside").build();
    handle.terminate(options).await.map_err(|e| anyhow::anyhow!("{e:?}"))
}

/// Waits until the server says of a workflow that it has ended.
async fn until_ended(world: &World, workflow: &str) -> anyhow::Result<()> {
    world
        .until(&format!("{workflow} has ended"), async || {
            Ok(matches!(describe(&world.stack.client, workflow).await?, Seen::Ended { .. }))
        })
        .await
}

/// Waits until visibility knows which of our workflows run, which lags behind.
async fn until_visible(world: &World, workflow: &str, runs: bool) -> anyhow::Result<()> {
    world
        .until(&format!("visibility knows of {workflow}"), async || {
            let ids = [workflow.to_owned()];
            Ok(vextrus_temporal::runs::running_among(&world.stack.client, &ids).await?.contains(workflow) == runs)
        })
        .await
}
