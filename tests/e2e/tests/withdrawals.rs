//! Employees who do not come after all: whatever had been done is undone, in every part of the process.
#![cfg(test)]

use std::time::Duration;

use anyhow::{Context as _, ensure};
use temporalio_client::{WorkflowCancelOptions, WorkflowDescribeOptions};
use vextrus_domain::{DocumentKey, Employee, EmployeeClass, RefusalCode};
use vextrus_lifecycle::{Action, Status, TaskStatus};
use vextrus_tests_e2e::{Staff, World, employee};

/// A day of a test.
const DAY: Duration = Duration::from_millis(40);

async fn world() -> anyhow::Result<World> {
    World::with(|options| options.day = Some(DAY)).await
}

fn withdraw() -> Action {
    Action::Withdraw { reason: "the candidate took another offer".to_owned() }
}

/// Everything was taken back, in the reverse order of what rested on what; a letter cannot be.
async fn undone(staff: &Staff, key: &DocumentKey, employee: &Employee) -> anyhow::Result<()> {
    let kept: Vec<_> = staff.provisions(employee).await?.into_iter().filter(|p| p.active).collect();
    ensure!(kept.iter().all(|p| p.reference.starts_with("send_welcome")), "these are active still: {kept:#?}");
    let machine = staff.machine(key).await?;
    let undone_at = |id: &str| {
        let undoing = machine.tasks().iter().find(|t| t.plan.id.as_str() == format!("undo-{id}"));
        undoing.map(|t| t.settled_at.context("it is not settled"))
    };
    for task in machine.tasks().iter().filter(|t| t.status == TaskStatus::Done && t.plan.undoes.is_none()) {
        let this = undone_at(task.plan.id.as_str()).context("what was done is not undone")??;
        for before in &task.plan.after {
            if let Some(earlier) = undone_at(before.as_str()) {
                ensure!(earlier? >= this, "{before} was undone before {}", task.plan.id);
            }
        }
    }
    staff.check().await
}

async fn withdraws_in(phase: &str) -> anyhow::Result<()> {
    let world = world().await?;
    let staff = Staff::of(&world).await?;
    let zubaida = employee(1, EmployeeClass::Clerical);
    let key = staff.onboard(&zubaida).await?;
    let come = async || Ok(staff.machine(&key).await?.phase() == phase);
    staff.work_until(&key, &["probation-review"], come).await?;
    staff.tell(&key, "hasina", withdraw()).await?;
    staff.work_until_ended(&key, &[]).await?;
    let result = staff.result(&key).await?;
    ensure!(result.status == Status::Withdrawn, "{result:#?}");
    undone(&staff, &key, &zubaida).await
}

#[tokio::test(flavor = "multi_thread")]
async fn in_preparation() -> anyhow::Result<()> {
    withdraws_in("preparation").await
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_first_weeks() -> anyhow::Result<()> {
    withdraws_in("settling_in").await
}

#[tokio::test(flavor = "multi_thread")]
async fn in_probation() -> anyhow::Result<()> {
    withdraws_in("probation").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_undone_cannot_be_withdrawn_or_moved() -> anyhow::Result<()> {
    let world = world().await?;
    let staff = Staff::of(&world).await?;
    let zubaida = employee(1, EmployeeClass::Clerical);
    let key = staff.onboard(&zubaida).await?;
    // The identity card is taken back by a person, so that the undoing waits.
    let card = async || {
        let id = "photo-id".parse()?;
        Ok(staff.machine(&key).await?.task(&id).is_some_and(|t| t.status == TaskStatus::Done))
    };
    staff.work_until(&key, &["probation-review"], card).await?;
    staff.tell(&key, "hasina", withdraw()).await?;
    staff.until_open(&key, &["undo-photo-id"]).await?;
    for action in [
        withdraw(),
        Action::MoveStart { start_date: "2027-06-06".parse()?, reason: "later".to_owned() },
        Action::ChangeManager { to: "farida".parse()?, reason: "another".to_owned() },
    ] {
        let error = staff.tell(&key, "hasina", action).await.err().context("it was accepted")?.to_string();
        ensure!(error.contains(RefusalCode::DocumentClosed.name()), "{error}");
    }
    staff.work_until_ended(&key, &[]).await?;
    undone(&staff, &key, &zubaida).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_cancel_undoes_and_ends_as_cancelled() -> anyhow::Result<()> {
    let world = world().await?;
    let staff = Staff::of(&world).await?;
    let zubaida = employee(1, EmployeeClass::Clerical);
    let key = staff.onboard(&zubaida).await?;
    let given = async || Ok(staff.provisions(&zubaida).await?.len() == 6);
    staff.work_until(&key, &["probation-review"], given).await?;
    let handle = staff.handle(&key);
    handle.cancel(WorkflowCancelOptions::default()).await.map_err(|e| anyhow::anyhow!("{e:?}"))?;
    staff.work_until_ended(&key, &[]).await?;
    world
        .until("the run has ended as cancelled", async || {
            let described = handle.describe(WorkflowDescribeOptions::default()).await;
            let status = described.map_err(|e| anyhow::anyhow!("{e:?}"))?.status();
            Ok(format!("{status:?}").contains("Canceled"))
        })
        .await?;
    ensure!(staff.ended(&key).await?.as_deref() == Some("cancelled"), "the ledger says otherwise");
    undone(&staff, &key, &zubaida).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_nobody_answers_for_fails() -> anyhow::Result<()> {
    let world = world().await?;
    let staff = Staff::of(&world).await?;
    let zubaida = employee(1, EmployeeClass::Clerical);
    let process = staff.claim(&zubaida).await?;
    let mut tx = world.stack.ledger.begin(&world.company.tenant).await?;
    tx.raw("UPDATE people SET active = false WHERE person = 'hasina'").await?;
    tx.commit().await?;
    let key = staff.start(process).await?;
    let result = staff.result(&key).await?;
    ensure!(result.status == Status::Failed && result.tasks.is_empty(), "{result:#?}");
    ensure!(result.why.is_some_and(|why| why.contains("NO_ELIGIBLE_APPROVER")), "it does not say why");
    staff.check().await
}
