//! Documents whose workflow was ended from outside, or never began.

use std::time::Duration;

use anyhow::ensure;
use temporalio_client::{WorkflowGetResultOptions, WorkflowStartOptions};
use vextrus_contract::document::{DocumentStart, FinalStatus, Head};
use vextrus_domain::{DocumentKey, RefusalCode};
use vextrus_invoice::InvoiceApproval;
use vextrus_ledger::documents::State;
use vextrus_reconcile::Scope;
use vextrus_temporal::task_queue;
use vextrus_tests_e2e::{World, invoice, order};
use vextrus_tests_support::raw::Raw;

use crate::{
    LONG, claim, config, document, imposter, is_closed, look, names, reconciler, round, terminate, until_visible, world,
};

/// Submits an invoice of two levels that waits for the first one, and ends its workflow at once.
async fn terminated(world: &World, number: &str) -> anyhow::Result<DocumentKey> {
    let id = world.submit(&invoice("padma-builders", number, "200000")).await?;
    world.until_open(&id).await?;
    terminate(&world.handle(&id).await?).await?;
    let key = world.key(&id).await?;
    until_visible(world, &format!("invoice/{key}"), false).await?;
    Ok(key)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_terminated_is_closed_and_can_be_submitted_again() -> anyhow::Result<()> {
    let world = world().await?;
    let key = terminated(&world, "R-1").await?;
    let found = round(&world).await?;
    ensure!(names(&found) == ["terminated/close"] && found.found[0].is_new, "{found:#?}");
    is_closed(&world, &key, "failed").await?;
    let told = world.trail(key.document.as_str(), "reconciled").await?;
    ensure!(told.len() == 1 && told[0]["finding"] == "terminated", "{told:#?}");
    let again = round(&world).await?;
    ensure!(again.is_sound(), "{again:#?}");
    let id = world.submit(&invoice("padma-builders", "R-1", "200000")).await?;
    ensure!(world.key(&id).await?.submission == 2);
    world.decide_when_open(&id, "level-1", "rahim", "approve").await?;
    world.decide_when_open(&id, "level-2", "karim", "approve").await?;
    ensure!(world.result(&id).await?.status == FinalStatus::Approved);
    world.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_closed_too() -> anyhow::Result<()> {
    let world = world().await?;
    let id = world.order(&order("padma-builders", "400000")).await?;
    let key = world.key(&id).await?;
    world.until("it is assessed", async || Ok(document(&world, &key).await?.state == State::Assessed)).await?;
    terminate(&world.order_handle(&id).await?).await?;
    until_visible(&world, &format!("purchase-order/{key}"), false).await?;
    let found = round(&world).await?;
    ensure!(names(&found) == ["terminated/close"], "{found:#?}");
    is_closed(&world, &key, "failed").await?;
    world.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ended_it_decides_how_it_is_closed() -> anyhow::Result<()> {
    let world = world().await?;
    for (number, end, finding, outcome) in [
        ("R-1", "fail", "failed", "failed"),
        ("R-2", "cancel", "cancelled", "cancelled"),
        ("R-3", "", "timed_out", "failed"),
    ] {
        let key = claim(&world, &invoice("padma-builders", number, "80000")).await?;
        let workflow = format!("invoice/{key}");
        if end.is_empty() {
            imposter::times_out(&world, &workflow).await?;
        } else {
            imposter::ends_so(&world, &workflow, end).await?;
        }
        until_visible(&world, &workflow, false).await?;
        let found = round(&world).await?;
        ensure!(names(&found) == [format!("{finding}/close")], "{end}: {found:#?}");
        is_closed(&world, &key, outcome).await?;
    }
    world.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_completed_without_the_ledger_is_told_of_and_no_more() -> anyhow::Result<()> {
    let world = world().await?;
    let key = claim(&world, &invoice("padma-builders", "R-1", "80000")).await?;
    imposter::ends_so(&world, &format!("invoice/{key}"), "complete").await?;
    until_visible(&world, &format!("invoice/{key}"), false).await?;
    for is_new in [true, false] {
        let found = round(&world).await?;
        ensure!(names(&found) == ["completed/alarm"] && found.found[0].is_new == is_new, "{found:#?}");
    }
    ensure!(document(&world, &key).await?.state == State::Claimed);
    ensure!(world.trail(key.document.as_str(), "reconciled").await?.len() == 1, "it is told once");
    world.sound(true).await?;
    world.stack.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_without_a_start_has_its_grace_and_is_closed_then() -> anyhow::Result<()> {
    let world = world().await?;
    let bill = invoice("padma-builders", "R-1", "80000");
    let key = claim(&world, &bill).await?;
    let early = reconciler(&world, LONG)?.round(&Scope::default()).await?;
    ensure!(early.is_sound() && early.tally.looked_at == 1, "{early:#?}");
    ensure!(document(&world, &key).await?.state == State::Claimed);
    let late = round(&world).await?;
    ensure!(names(&late) == ["missing/close"] && late.found[0].run.is_none(), "{late:#?}");
    is_closed(&world, &key, "failed").await?;

    // The start that comes after all meets the tombstone.
    let payload_hash = document(&world, &key).await?.payload_hash;
    let start = DocumentStart {
        key: key.clone(),
        payload_hash,
        submitter: "nasrin".parse()?,
        head: Head::from(&vextrus_domain::Content::Invoice(Box::new(bill))),
        step_timeout_millis: 2000,
        events_of_a_run: 2000,
        carried: None,
    };
    let options = WorkflowStartOptions::new(task_queue::INVOICE, format!("invoice/{key}")).build();
    let run = world.stack.client.start_workflow(InvoiceApproval::run, start, options).await;
    let result = run.map_err(|e| anyhow::anyhow!("{e:?}"))?.get_result(WorkflowGetResultOptions::default()).await;
    let result = result.map_err(|e| anyhow::anyhow!("{e:?}"))?;
    ensure!(result.status != FinalStatus::Approved, "{result:#?}");
    ensure!(result.refusal.is_some_and(|refusal| refusal.code == RefusalCode::DocumentClosed));
    is_closed(&world, &key, "failed").await?;
    world.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_looks_changes_nothing() -> anyhow::Result<()> {
    let world = world().await?;
    let key = terminated(&world, "R-1").await?;
    claim(&world, &invoice("padma-builders", "R-2", "80000")).await?;
    let mut raw = Raw::open(&world.stack.config.ledger.address).await;
    let documents =
        "SELECT document || state || lock_version || coalesce(outcome, '') FROM documents ORDER BY document";
    let before = (raw.rows().await, raw.texts(documents).await);
    let mut found = names(&look(&world).await?);
    found.sort();
    ensure!(found == ["missing/close", "terminated/close"], "{found:?}");
    ensure!((raw.rows().await, raw.texts(documents).await) == before);
    let theirs = Scope { tenant: Some("globex".parse()?), dry_run: true, by_hand: false };
    let other = reconciler(&world, Duration::ZERO)?.round(&theirs).await?;
    ensure!(other.is_sound() && other.tally.looked_at == 0, "{other:#?}");
    ensure!(names(&round(&world).await?).len() == 2);
    is_closed(&world, &key, "failed").await?;
    world.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_close_a_document_once() -> anyhow::Result<()> {
    at_once(world().await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_on_postgresql_too() -> anyhow::Result<()> {
    let ledger = vextrus_tests_support::postgres::fresh_database().await;
    let world = World::with(|options| {
        options.reconcile = Some(config(Duration::ZERO));
        options.ledger = Some(ledger);
    })
    .await?;
    at_once(world).await
}

async fn at_once(world: World) -> anyhow::Result<()> {
    let mut keys = Vec::new();
    for number in 0..4 {
        keys.push(terminated(&world, &format!("R-{number}")).await?);
    }
    let rounds = tokio::try_join!(round(&world), round(&world), round(&world))?;
    let new = [&rounds.0, &rounds.1, &rounds.2].map(|r| r.found.iter().filter(|f| f.is_new).count());
    ensure!(new.iter().sum::<usize>() == 4, "{new:?}");
    for key in &keys {
        is_closed(&world, key, "failed").await?;
        for kind in ["reconciled", "closed"] {
            ensure!(world.trail(key.document.as_str(), kind).await?.len() == 1, "{kind} of {key}");
        }
    }
    world.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_page_is_looked_at_to_its_end() -> anyhow::Result<()> {
    let world = world().await?;
    for number in 0..120 {
        claim(&world, &invoice("padma-builders", &format!("R-{number}"), "1000")).await?;
    }
    let found = round(&world).await?;
    ensure!(found.tally.looked_at == 120 && found.tally.found["missing/close"] == 120, "{:?}", found.tally);
    ensure!(round(&world).await?.is_sound());
    world.finish().await
}
