//! What lives in another namespace than the ledger's is told of, and left alone.

use anyhow::ensure;
use vextrus_ledger::documents::State;
use vextrus_ledger::reconcile::namespaces;
use vextrus_reconcile::keep_namespace;
use vextrus_tests_e2e::{World, invoice};

use crate::{claim, document, is_closed, names, round, terminate, until_visible, world};

async fn adopt(world: &World, id: &str) -> anyhow::Result<()> {
    let mut tx = world.stack.ledger.begin_for_all().await?;
    namespaces::adopt(&mut tx, (&world.stack.namespace, id), "omar", "the server was made anew").await??;
    Ok(tx.commit().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_closed_in_another_namespace() -> anyhow::Result<()> {
    let world = world().await?;
    let client = &world.stack.client;
    let own = vextrus_temporal::namespace_id(client, &world.stack.namespace).await?;
    ensure!(keep_namespace(client, &world.stack.ledger).await?.id == own, "the first worker has kept it");
    let id = world.submit(&invoice("padma-builders", "R-1", "200000")).await?;
    world.until_open(&id).await?;
    let missing = claim(&world, &invoice("padma-builders", "R-2", "80000")).await?;
    // The ledger's own server was lost, and another one stands in its place.
    adopt(&world, "the-id-of-the-lost-one").await?;
    ensure!(
        keep_namespace(client, &world.stack.ledger).await?.id == "the-id-of-the-lost-one",
        "a worker changes nothing"
    );
    terminate(&world.handle(&id).await?).await?;
    let key = world.key(&id).await?;
    until_visible(&world, &format!("invoice/{key}"), false).await?;
    for is_new in [true, false] {
        let found = round(&world).await?;
        let mut told = names(&found);
        told.sort();
        ensure!(told == ["missing/alarm", "terminated/alarm"], "{found:#?}");
        ensure!(!found.is_sound() && !found.namespaces.are_one());
        ensure!(found.found.iter().all(|f| f.is_new == is_new && f.remedy.contains("adopt-namespace")), "{found:#?}");
    }
    ensure!(document(&world, &key).await?.state == State::Assessed);
    ensure!(document(&world, &missing).await?.state == State::Claimed);
    adopt(&world, &own).await?;
    let mut mended = names(&round(&world).await?);
    mended.sort();
    ensure!(mended == ["missing/close", "terminated/close"], "{mended:?}");
    is_closed(&world, &key, "failed").await?;
    is_closed(&world, &missing, "failed").await?;
    world.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_with_nothing_to_tell_of_is_not_sound_either() -> anyhow::Result<()> {
    let world = world().await?;
    ensure!(round(&world).await?.is_sound());
    adopt(&world, "another").await?;
    let found = round(&world).await?;
    ensure!(found.found.is_empty() && !found.is_sound(), "{found:#?}");
    world.finish().await
}
