//! Processes of employees.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use chrono::Utc;
use serde_json::json;
use temporalio_client::WorkflowCancelOptions;
use vextrus_contract::employees::{PerformOutput, PlanOutput, ProgressOutput};
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::{DocumentKey, EmployeeClass};
use vextrus_employees::adapters::{AdapterError, Answer, AssetRegister, Order};
use vextrus_lifecycle::{Action, Process, Status, TaskState, TaskStatus, Work};
use vextrus_onboarding::EmployeeOffboarding;
use vextrus_platform::config::SignalTrust;
use vextrus_starter_cli::client::new_request_id;
use vextrus_starter_cli::json;
use vextrus_starter_cli::stack::StackOptions;
use vextrus_tests_e2e::messages::signal;
use vextrus_tests_e2e::{Staff, World, employee, leaving};

use crate::{Said, no, stop, with};

/// How a process ends by itself, where a step says something else.
async fn ends(step: &'static str, said: Said) -> anyhow::Result<Status> {
    let (world, fleet) = with(step, [said], |o| o.day = Some(Duration::from_secs(600))).await?;
    let staff = Staff::of(&world).await?;
    let key = staff.onboard(&employee(1, EmployeeClass::Skilled)).await?;
    let status = staff.result(&key).await?.status;
    stop(world, fleet).await?;
    Ok(status)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_plan_it_fails() -> anyhow::Result<()> {
    ensure!(ends("plan", Said::value(PlanOutput::Refused(no()))).await? == Status::Failed);
    ensure!(ends("plan", Said::Fails).await? == Status::Failed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_written_it_fails() -> anyhow::Result<()> {
    for said in [Said::value(ProgressOutput::Refused(no())), Said::Fails] {
        let (world, fleet) = with("progress", [said], |o| o.day = Some(Duration::from_secs(600))).await?;
        let staff = Staff::of(&world).await?;
        let key = staff.onboard(&employee(1, EmployeeClass::Skilled)).await?;
        staff.until_open(&key, &["appointment-letter"]).await?;
        let withdraw = Action::Withdraw { reason: "another offer".to_owned() };
        staff.say(&key, "hasina", withdraw, new_request_id().parse()?).await?;
        ensure!(staff.result(&key).await?.status == Status::Failed);
        stop(world, fleet).await?;
    }
    Ok(())
}

/// It takes the minute after which it is asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_cannot_be_made_yet_is_asked_for_again() -> anyhow::Result<()> {
    let said = [Said::value(PlanOutput::NotYet(no()))];
    let (world, fleet) = with("plan", said, |o| o.day = Some(Duration::from_secs(600))).await?;
    let staff = Staff::of(&world).await?;
    let key = staff.onboard(&employee(1, EmployeeClass::Skilled)).await?;
    tokio::time::timeout(Duration::from_secs(120), async {
        while staff.open(&key).await?.is_empty() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        anyhow::Ok(())
    })
    .await??;
    stop(world, fleet).await
}

fn is_systems(task: &TaskState) -> bool {
    matches!(task.plan.work, Work::System(_))
}

/// What a system did is not known, and then the process is taken back.
async fn unclear(said: Said, change: impl FnOnce(&mut StackOptions)) -> anyhow::Result<()> {
    let (world, fleet) = with("perform", [said], |o| {
        o.day = Some(Duration::from_secs(600));
        change(o);
    })
    .await?;
    let staff = Staff::of(&world).await?;
    let mut zubaida = employee(1, EmployeeClass::Skilled);
    // Today, so that the systems begin at once.
    zubaida.employment.start_date = dhaka_date(Utc::now());
    let key = staff.onboard(&zubaida).await?;
    staff.complete(&key, "appointment-letter").await?;
    let unclear = async || {
        let machine = staff.machine(&key).await?;
        Ok(machine.tasks().iter().any(|t| t.status == TaskStatus::Open && is_systems(t)))
    };
    world.until("a person is asked what the system did", unclear).await?;
    retried(&staff, &key).await?;
    staff.tell(&key, "hasina", Action::Withdraw { reason: "another offer".to_owned() }).await?;
    stop(world, fleet).await
}

/// Has the system try again, and somebody else asked about another task.
async fn retried(staff: &Staff, key: &DocumentKey) -> anyhow::Result<()> {
    let open = staff.open(key).await?;
    let Some(task) = open.iter().find(|t| is_systems(t)) else { return Ok(()) };
    let (task, reason) = (task.plan.id.clone(), "it is up again".to_owned());
    staff.tell(key, "hasina", Action::Retry { task, reason }).await?;
    if let Some(other) = open.iter().find(|t| !is_systems(t)) {
        let (task, to, reason) = (other.plan.id.clone(), "mizan".parse()?, "on leave".to_owned());
        staff.tell(key, "hasina", Action::Reassign { task, to, reason }).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_system_did_may_not_be_known() -> anyhow::Result<()> {
    unclear(Said::value(PerformOutput::Refused(no())), |_| {}).await?;
    unclear(Said::Fails, |_| {}).await?;
    unclear(Said::Nothing, |o| {
        o.step_timeout = Duration::from_secs(1);
        o.perform_within = Some(Duration::from_secs(1));
    })
    .await
}

/// A store in which nothing is left.
struct Empty;

impl AssetRegister for Empty {
    fn assign_workstation<'a>(&'a self, _order: Order<'a>) -> Answer<'a> {
        Box::pin(async { Err(AdapterError::Impossible("nothing is left in the store".to_owned())) })
    }

    fn return_workstation<'a>(&'a self, _order: Order<'a>) -> Answer<'a> {
        Box::pin(async { Err(AdapterError::Impossible("it was never lent".to_owned())) })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_system_will_not_do_a_person_does() -> anyhow::Result<()> {
    let mut world = World::with(|o| o.day = Some(Duration::from_millis(40))).await?;
    world.stack.stop_worker().await?;
    let mut parts = world.stack.parts()?;
    parts.adapters.assets = Arc::new(Empty);
    let fleet = vextrus_worker::start(parts, |_| {})?;
    let staff = Staff::of(&world).await?;
    let key = staff.onboard(&employee(1, EmployeeClass::Skilled)).await?;
    staff.work_until_ended(&key, &[]).await?;
    let result = staff.result(&key).await?;
    let by_hand = result.tasks.iter().find(|t| t.task.as_str() == "assign-workstation");
    ensure!(by_hand.is_some_and(|t| t.state == "done" && t.by.is_some()), "{result:#?}");
    staff.check().await?;
    stop(world, fleet).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offboarding_hears_signals_and_is_cancelled() -> anyhow::Result<()> {
    let world = World::with(|o| {
        o.day = Some(Duration::from_millis(40));
        o.trust = SignalTrust::Namespace;
    })
    .await?;
    let staff = Staff::of(&world).await?;
    let zubaida = employee(1, EmployeeClass::Worker);
    let key = staff.onboard(&zubaida).await?;
    staff.work_until_ended(&key, &[]).await?;
    let mut hr = staff.hr().await?;
    let (process, _) = hr.start_offboarding(leaving(&zubaida)).await?;
    let id = json::last(&process.name).to_owned();
    let workflow = format!("offboarding/{}/{id}/1", world.company.tenant);
    let handle = world.stack.client.get_workflow_handle::<EmployeeOffboarding>(workflow);
    signal(&handle, "completeTask", &[&json!({"taskId": "exit-interview", "completedBy": "hasina"}).to_string()])
        .await?;
    signal(&handle, "skipTask", &[&json!({"taskId": "handover", "reason": "none"}).to_string()]).await?;
    handle.cancel(WorkflowCancelOptions::default()).await?;
    world
        .until("it has ended", async || {
            let shown = hr.process(Process::Offboarding, &process.name).await?;
            Ok(shown.state() == vextrus_proto::onboarding::v1::ProcessState::Ended)
        })
        .await?;
    world.stack.stop().await
}
