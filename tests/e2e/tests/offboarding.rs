//! An employee who leaves: what the onboarding has done is undone in its order, by the same saga, as a workflow of its own.
#![cfg(test)]

use std::time::Duration;

use anyhow::{Context as _, ensure};
use vextrus_domain::EmployeeClass;
use vextrus_ledger::masterdata;
use vextrus_lifecycle::Process;
use vextrus_proto::onboarding::v1::act_on_process_request::Action;
use vextrus_proto::onboarding::v1::{Complete, EmployeeProcess, ProcessState, ProcessStatus, ProcessTaskState};
use vextrus_starter_cli::client::{Client, new_request_id};
use vextrus_tests_e2e::{Staff, World, employee, leaving};

/// Completes what hasina may, until the offboarding has ended.
async fn until_ended(world: &World, hr: &mut Client, name: &str) -> anyhow::Result<EmployeeProcess> {
    let mut shown = hr.process(Process::Offboarding, name).await?;
    world
        .until("the offboarding has ended", async || {
            shown = hr.process(Process::Offboarding, name).await?;
            let open = shown.tasks.iter().filter(|t| t.state() == ProcessTaskState::Open);
            for task in open.filter(|t| t.people.iter().any(|p| p == "hasina")) {
                let done = Action::Complete(Complete::default());
                // It may have been completed a moment ago: the ledger is behind the workflow.
                drop(hr.act_on_process(task.name.clone(), done, new_request_id()).await);
            }
            let managers = shown.tasks.iter().filter(|t| t.state() == ProcessTaskState::Open && t.people == ["karim"]);
            for task in managers {
                let mut karim = world.person("karim").await?;
                drop(
                    karim
                        .act_on_process(task.name.clone(), Action::Complete(Complete::default()), new_request_id())
                        .await,
                );
            }
            Ok(shown.state() == ProcessState::Ended)
        })
        .await?;
    Ok(shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_is_taken_back_in_its_order() -> anyhow::Result<()> {
    let world = World::with(|options| options.day = Some(Duration::from_millis(40))).await?;
    let staff = Staff::of(&world).await?;
    let zubaida = employee(1, EmployeeClass::Worker);
    let key = staff.onboard(&zubaida).await?;
    let mut hr = staff.hr().await?;
    let early =
        hr.start_offboarding(leaving(&zubaida)).await.err().context("it was begun before the end of the onboarding")?;
    ensure!(early.message().starts_with("PROCESS_OPEN"), "{early}");
    staff.work_until_ended(&key, &[]).await?;
    let again = hr.start_onboarding(vextrus_facade::employee(&zubaida), new_request_id()).await.err();
    ensure!(again.is_some_and(|status| status.message().starts_with("ALREADY_EMPLOYED")), "hired twice");

    let (process, _) = hr.start_offboarding(leaving(&zubaida)).await?;
    let ended = until_ended(&world, &mut hr, &process.name).await?;
    let well = matches!(ended.status(), ProcessStatus::Completed | ProcessStatus::Partial);
    ensure!(well, "{ended:#?}");
    let kept: Vec<_> = staff.provisions(&zubaida).await?.into_iter().filter(|p| p.active).collect();
    ensure!(kept.iter().all(|p| p.reference.starts_with("send_welcome")), "these are active still: {kept:#?}");
    let settled = |task: &str| {
        let task = ended.tasks.iter().find(|t| t.name.ends_with(&format!("/tasks/{task}")));
        let time =
            task.and_then(|t| t.settle_time).with_context(|| format!("{:?} was not settled", task.map(|t| &t.name)));
        time.map(|time| (time.seconds, time.nanos))
    };
    ensure!(settled("handover")? <= settled("undo-create-email")?, "it was undone before the handover");
    ensure!(
        settled("undo-create-email")? <= settled("undo-create-user-account")?,
        "the account went before the mailbox"
    );
    ensure!(settled("undo-create-user-account")? <= settled("final-dues")?, "the dues came before all was undone");
    let mut tx = staff.ledger.read(&staff.company.tenant).await?;
    ensure!(!masterdata::is_active(&mut tx, &staff.company.tenant, &zubaida.id).await?, "they may sign in still");
    tx.rollback().await?;
    // The record is not needed any more.
    hr.erase_employee(zubaida.id.as_str(), "the time for which it is kept is over", "erase-1".to_owned()).await?;
    let shown = hr.process(Process::Offboarding, &process.name).await?;
    ensure!(shown.personal.is_none(), "the record was not erased");
    staff.check().await
}
