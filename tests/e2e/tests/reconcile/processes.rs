//! Employees' processes whose workflow was ended from outside, or never began.

use std::time::Duration;

use anyhow::ensure;
use vextrus_domain::{DocumentKey, EmployeeClass};
use vextrus_lifecycle::Status;
use vextrus_reconcile::Scope;
use vextrus_temporal::runs::{Seen, describe};
use vextrus_tests_e2e::{Staff, World, employee};

use crate::{config, names, reconciler, round, until_visible};

/// A day of a test.
const DAY: Duration = Duration::from_millis(40);

async fn world() -> anyhow::Result<World> {
    World::with(|options| {
        options.day = Some(DAY);
        options.reconcile = Some(config(Duration::ZERO));
    })
    .await
}

async fn terminate(world: &World, key: &DocumentKey) -> anyhow::Result<()> {
    let workflow = format!("onboarding/{key}");
    let handle = world.stack.client.get_workflow_handle::<vextrus_onboarding::EmployeeOnboarding>(workflow.clone());
    crate::terminate(&handle).await?;
    until_visible(world, &workflow, false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_planned_goes_on_where_the_ledger_is() -> anyhow::Result<()> {
    let world = world().await?;
    let staff = Staff::of(&world).await?;
    let zubaida = employee(1, EmployeeClass::Clerical);
    let key = staff.onboard(&zubaida).await?;
    let given = async || Ok(staff.provisions(&zubaida).await?.len() >= 2);
    staff.work_until(&key, &["probation-review"], given).await?;
    terminate(&world, &key).await?;
    let found = round(&world).await?;
    ensure!(names(&found) == ["terminated/resume"], "{found:#?}");
    ensure!(staff.ended(&key).await?.is_none(), "nothing was taken from somebody who may be at work");
    let seen = describe(&world.stack.client, &format!("onboarding/{key}")).await?;
    ensure!(matches!(seen, Seen::Running { .. }), "{seen:?}");
    until_visible(&world, &format!("onboarding/{key}"), true).await?;
    ensure!(round(&world).await?.is_sound());
    staff.work_until_ended(&key, &[]).await?;
    let result = staff.result(&key).await?;
    // Days are so short that what does not block may lapse.
    ensure!(matches!(result.status, Status::Completed | Status::Partial), "{result:#?}");
    let active = staff.provisions(&zubaida).await?;
    let mut references: Vec<_> = active.iter().map(|p| p.reference.as_str()).collect();
    references.sort_unstable();
    references.dedup();
    ensure!(references.len() == active.len(), "something was given twice: {active:#?}");
    staff.check().await?;
    world.stack.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_ended_again_and_again_is_told_of() -> anyhow::Result<()> {
    let world = world().await?;
    let staff = Staff::of(&world).await?;
    let key = staff.onboard(&employee(1, EmployeeClass::Clerical)).await?;
    world.until("it is planned", async || Ok(staff.machine(&key).await?.revision() > 0)).await?;
    for _ in 0..3 {
        terminate(&world, &key).await?;
        ensure!(names(&round(&world).await?) == ["terminated/resume"]);
    }
    terminate(&world, &key).await?;
    let found = round(&world).await?;
    ensure!(names(&found) == ["terminated/alarm"], "{found:#?}");
    let by_hand = Scope { by_hand: true, ..Scope::default() };
    let found = reconciler(&world, Duration::ZERO)?.round(&by_hand).await?;
    ensure!(names(&found) == ["terminated/resume"], "{found:#?}");
    until_visible(&world, &format!("onboarding/{key}"), true).await?;
    ensure!(round(&world).await?.is_sound());
    staff.check().await?;
    world.stack.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_began_is_ended() -> anyhow::Result<()> {
    let world = world().await?;
    let staff = Staff::of(&world).await?;
    let zubaida = employee(1, EmployeeClass::Clerical);
    let process = staff.claim(&zubaida).await?;
    let found = round(&world).await?;
    ensure!(names(&found) == ["missing/close"], "{found:#?}");
    ensure!(staff.ended(&process.key).await?.as_deref() == Some("failed"));
    // The start that comes after all meets an ended process.
    let key = staff.start(process).await?;
    let result = staff.result(&key).await?;
    ensure!(result.status == Status::Failed && result.tasks.is_empty(), "{result:#?}");
    ensure!(staff.provisions(&zubaida).await?.is_empty());
    ensure!(round(&world).await?.is_sound());
    staff.check().await?;
    world.stack.stop().await
}
