//! A ledger that was restored to an earlier time than Temporal's.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use vextrus_contract::document::FinalStatus;
use vextrus_reconcile::Scope;
use vextrus_starter_cli::stack::Temporal;
use vextrus_tests_e2e::{World, invoice};
use vextrus_tests_support::raw::Raw;

use crate::resets::reset_before;
use crate::{config, look, names, reconciler, round, until_ended, until_visible};

/// The fleet over this folder, in the namespace of another fleet where one is given.
async fn world(folder: &Path, temporal: Option<Temporal>) -> anyhow::Result<World> {
    World::with(|options| {
        options.folder = Some(folder.to_owned());
        options.reconcile = Some(config(Duration::ZERO));
        options.temporal = temporal.unwrap_or_else(|| options.temporal.clone());
    })
    .await
}

/// Puts the copy in the ledger's place.
fn restore(folder: &Path) -> anyhow::Result<()> {
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    std::fs::copy(folder.join("copy.db"), folder.join("ledger.db"))?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_since_can_be_put_to_it_again() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut before = world(folder.path(), None).await?;
    let early = before.submit(&invoice("padma-builders", "R-1", "80000")).await?;
    before.until_open(&early).await?;
    let key = before.key(&early).await?;
    let mut raw = Raw::open(&before.stack.config.ledger.address).await;
    raw.exec(&format!("VACUUM INTO '{}'", folder.path().join("copy.db").display())).await?;
    drop(raw);
    before.decide_when_open(&early, "level-1", "rahim", "approve").await?;
    let result = before.result(&early).await?;
    ensure!(result.status == FinalStatus::Approved);
    let late = before.submit(&invoice("padma-builders", "R-2", "200000")).await?;
    before.until_open(&late).await?;
    let unknown = format!("invoice/{}", before.key(&late).await?);
    until_visible(&before, &unknown, true).await?;
    until_visible(&before, &format!("invoice/{key}"), false).await?;
    before.stack.stop_worker().await?;
    let temporal =
        Temporal::Running { address: before.stack.temporal.clone(), namespace: before.stack.namespace.clone() };
    before.stack.stop().await?;

    restore(folder.path())?;
    let mut after = world(folder.path(), Some(temporal)).await?;
    after.stack.stop_worker().await?;
    let mut found = names(&look(&after).await?);
    found.sort();
    ensure!(found == ["completed/alarm", "unknown/alarm"], "{found:?}");
    ensure!(names(&round(&after).await?).len() == 2, "it is told of");
    ensure!(!after.is_over(&early).await?, "and nothing is made up");
    ensure!(reconciler(&after, Duration::ZERO)?.round(&Scope::default()).await?.found.iter().all(|f| !f.is_new));

    // Its steps, and the decision as it was signed, come to the ledger again.
    reset_before(&after, &format!("invoice/{key}"), "assess").await?;
    after.stack.start_worker()?;
    let again = after.result(&early).await?;
    ensure!(again.status == FinalStatus::Approved && again.totals == result.totals, "{again:#?}");
    ensure!(after.key(&early).await? == key && after.is_over(&early).await?);
    // The document that is unknown is unknown to its own steps too, and they end it.
    let handle = after.stack.client.get_workflow_handle::<vextrus_invoice::InvoiceApproval>(unknown.clone());
    vextrus_tests_e2e::messages::cancel(&handle).await?;
    until_ended(&after, &unknown).await?;
    until_visible(&after, &unknown, false).await?;
    until_visible(&after, &format!("invoice/{key}"), false).await?;
    ensure!(round(&after).await?.is_sound());
    after.finish().await
}
