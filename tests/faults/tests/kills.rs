//! Workers that die: before a step's transaction, between its commit and the reply, and after the reply. Whatever dies
//! where, another worker brings the document to its right end, and every effect happens once.
#![cfg(test)]

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use vextrus_domain::DocumentType;
use vextrus_tests_e2e::World;
use vextrus_tests_faults::{Document, Ending, FaultWorker, Point, Points, Story, check, slot};
use vextrus_tests_support::ledgers::{Database, Engine};
use vextrus_tests_support::raw::Raw;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fault-worker");
const SUBTOTAL: u32 = 200_000;

/// A world whose only worker is one to be killed.
async fn world(engine: Engine) -> anyhow::Result<World> {
    let ledger = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(Database::create(engine).await.address),
    };
    let mut world = World::with(|o| o.ledger = ledger).await?;
    world.stack.stop_worker().await?;
    Ok(world)
}

fn points<const N: usize>(markers: &TempDir, at: [(&str, Point); N]) -> Points {
    let at = at.into_iter().map(|(step, point)| (step.to_owned(), point));
    Points { at: at.collect(), after: 0, markers: markers.path().to_owned() }
}

fn unharmed() -> Points {
    Points { at: BTreeMap::new(), after: 0, markers: "/nowhere".into() }
}

fn reached(markers: &Path, step: &str) -> bool {
    Points::marker(markers, step).exists()
}

async fn killed_at(engine: Engine, step: &str, point: Point) -> anyhow::Result<()> {
    let world = world(engine).await?;
    let markers = tempfile::tempdir()?;
    let (story, before) = Story::through(step)?;
    let (early, late) = story.answers.split_at(before);

    let mut first = FaultWorker::start(PROGRAM, &world, points(&markers, [(step, point)]))?;
    let id = Story::submit(&world, "K-1", SUBTOTAL).await?;
    for answer in early {
        Story::tell(&world, &id, answer).await?;
    }
    let status = first.died().await?;
    ensure!(reached(markers.path(), step), "the worker died of something else: {status}");
    // That it died where it should have: what the ledger holds of the step, and what the server was told of it.
    let sql = format!("SELECT count(*) FROM effects WHERE document = '{id}' AND step LIKE '{step}/%'");
    let written = Raw::open(&world.stack.config.ledger.address).await.number(&sql).await;
    let told = Story::completed(&world, &id, step).await?;
    let right = match point {
        Point::Committed => (1, 0),
        // A workflow task tells the server of its local activities once it ends.
        Point::Replied if step == "assess" => (1, 0),
        Point::Replied => (1, 1),
        _ => (0, 0),
    };
    ensure!((written, told) == right, "it died with {written} effects and {told} replies, not {right:?}");

    let second = FaultWorker::start(PROGRAM, &world, unharmed())?;
    for answer in late {
        Story::tell(&world, &id, answer).await?;
    }
    story.ends(&world, &id).await?;
    let told = Story::completed(&world, &id, step).await?;
    ensure!(told == 1, "the server was told {told} times that {step} was carried out");
    check(&world, &[Document { kind: DocumentType::Invoice, id, subtotal: SUBTOTAL, ending: story.ending }]).await?;
    second.kill().await?;
    world.stack.stop().await
}

macro_rules! kills {
    ($($name:ident: $engine:ident, $step:literal, $point:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() -> anyhow::Result<()> {
            let _slot = slot().await?;
            killed_at(Engine::$engine, $step, Point::$point).await.context(stringify!($name))
        }
    )*};
}

kills! {
    before_assess: Sqlite, "assess", Before;
    assess_committed: Sqlite, "assess", Committed;
    assess_replied: Sqlite, "assess", Replied;
    before_record: Sqlite, "record", Before;
    record_committed: Sqlite, "record", Committed;
    record_replied: Sqlite, "record", Replied;
    before_settle: Sqlite, "settle", Before;
    settle_committed: Sqlite, "settle", Committed;
    settle_replied: Sqlite, "settle", Replied;
    before_close: Sqlite, "close", Before;
    close_committed: Sqlite, "close", Committed;
    close_replied: Sqlite, "close", Replied;
    settle_committed_on_postgres: Postgres, "settle", Committed;
}

/// One document is settled but nobody was told, one is about to be closed, one waits for its second level.
async fn three_in_flight() -> anyhow::Result<()> {
    let world = world(Engine::Sqlite).await?;
    let markers = tempfile::tempdir()?;
    let at = [("settle", Point::HangCommitted), ("close", Point::HangBefore)];
    let first = FaultWorker::start(PROGRAM, &world, points(&markers, at))?;
    let stories = [(Story::APPROVED, 2, 200_000), (Story::REJECTED, 1, 150_000), (Story::APPROVED, 1, 300_000)];
    let mut documents = Vec::new();
    for (number, (story, _, subtotal)) in (1..).zip(&stories) {
        let id = Story::submit(&world, &format!("K-{number}"), *subtotal).await?;
        documents.push(Document { kind: DocumentType::Invoice, id, subtotal: *subtotal, ending: story.ending });
    }
    for ((story, before, _), document) in stories.iter().zip(&documents).rev() {
        for answer in &story.answers[..*before] {
            Story::tell(&world, &document.id, answer).await?;
        }
    }
    world
        .until("settle and close hang, and a document waits for its second level", async || {
            let waits = Story::completed(&world, &documents[2].id, "record").await? == 1;
            Ok(waits && reached(markers.path(), "settle") && reached(markers.path(), "close"))
        })
        .await?;
    first.kill().await?;
    for document in &documents[..2] {
        let step = if document.ending == Ending::Approved { "settle" } else { "close" };
        ensure!(Story::completed(&world, &document.id, step).await? == 0, "{step} was not in flight");
    }

    let second = FaultWorker::start(PROGRAM, &world, unharmed())?;
    for ((story, before, _), document) in stories.iter().zip(&documents) {
        for answer in &story.answers[*before..] {
            Story::tell(&world, &document.id, answer).await?;
        }
        story.ends(&world, &document.id).await?;
    }
    check(&world, &documents).await?;
    second.kill().await?;
    world.stack.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_with_three_documents_in_flight() -> anyhow::Result<()> {
    let _slot = slot().await?;
    three_in_flight().await.context("three documents in flight")
}
