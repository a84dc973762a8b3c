//! Two builds side by side whose workflow code differs: what is pinned ends on the code that began it, and what moves on is kept from
//! code that it cannot be replayed by.
#![cfg(test)]

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Parser as _;
use temporalio_common::data_converters::DataConverter;
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::enums::v1::EventType;
use temporalio_protos::temporal::api::history::v1::History;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_sdk::WorkerOptions;
use vextrus_approvals::Approvals;
use vextrus_contract::employees::ProcessAnswer;
use vextrus_documents::Steps;
use vextrus_domain::{EmployeeClass, RequestId};
use vextrus_employees::Employees;
use vextrus_lifecycle::{Action, TaskStatus};
use vextrus_onboarding::EmployeeOffboarding;
use vextrus_replay::WorkflowReplayerOptions;
use vextrus_replay::gate::{self, Recorded, Verdict};
use vextrus_rollout::RolloutGate;
use vextrus_starter_cli::Options;
use vextrus_starter_cli::client::new_request_id;
use vextrus_starter_cli::stack::Temporal;
use vextrus_temporal::{DevServer, DevServerOptions, deployment, runs, task_queue};
use vextrus_tests_e2e::{Staff, World, employee, invoice};
use vextrus_worker::{Fleet, Parts, Ready, WorkerVersion};

const DEPLOYMENT: &str = "vextrus";

#[allow(warnings, clippy::all, clippy::pedantic, reason = "it is the changed code that runs, not its looks")]
mod mutants {
    include!(concat!(env!("OUT_DIR"), "/mutants/another_record_at_the_end.rs"));
    include!(concat!(env!("OUT_DIR"), "/mutants/no_timer_of_processes.rs"));
}

use mutants::another_record_at_the_end::invoice::InvoiceApproval as InvoiceOfMoreRecords;
use mutants::no_timer_of_processes::onboarding::EmployeeOnboarding as OnboardingWithoutTimer;

/// A company without a worker, on a server that says soon what fails.
async fn world() -> (World, DevServer) {
    let after = ("system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute".to_owned(), "2".to_owned());
    let options = DevServerOptions { dynamic_config: vec![after], ..DevServerOptions::default() };
    let server = DevServer::start(options).await.unwrap();
    let temporal = Temporal::Running { address: server.address.clone(), namespace: "default".to_owned() };
    let mut world = World::with(|options| options.temporal = temporal).await.unwrap();
    world.stack.stop_worker().await.unwrap();
    (world, server)
}

/// The whole fleet as this build. Where it has a worker of other code for a queue, that one polls it.
fn fleet(world: &World, build: &str, other: impl Fn(&str, &Parts) -> Option<WorkerOptions>) -> Fleet {
    group(world, build, |_| true, other)
}

/// A part of the fleet, which polls these queues.
fn group(
    world: &World,
    build: &str,
    polls: impl Fn(&str) -> bool,
    other: impl Fn(&str, &Parts) -> Option<WorkerOptions>,
) -> Fleet {
    let mut parts = world.stack.parts().unwrap();
    parts.queues.retain(|queue| polls(queue));
    parts.version = Some(WorkerVersion { deployment: DEPLOYMENT.to_owned(), build_id: build.to_owned() });
    let given = parts.clone();
    vextrus_worker::start(parts, |options| {
        if let Some(mut other) = other(&options.task_queue, &given) {
            other.deployment_options = options.deployment_options.clone();
            other.max_cached_workflows = options.max_cached_workflows;
            *options = other;
        }
    })
    .unwrap()
}

fn as_it_is(_queue: &str, _parts: &Parts) -> Option<WorkerOptions> {
    None
}

fn ready(parts: &Parts) -> Ready {
    Ready { ledger: parts.ledger.clone(), build_id: parts.version.as_ref().map(|version| version.build_id.clone()) }
}

/// Invoices that are recorded once more at their end.
fn other_invoices(queue: &str, parts: &Parts) -> Option<WorkerOptions> {
    let steps = Approvals(Steps { ledger: parts.ledger.clone(), trust: parts.trust.clone() });
    (queue == task_queue::INVOICE).then(|| {
        let options = WorkerOptions::new(queue).register_workflow::<InvoiceOfMoreRecords>().unwrap();
        options
            .register_workflow::<RolloutGate>()
            .unwrap()
            .register_activities(steps)
            .register_activities(ready(parts))
            .build()
    })
}

/// Onboardings that wait without a timer.
fn other_onboardings(queue: &str, parts: &Parts) -> Option<WorkerOptions> {
    let steps = vextrus_employees::Steps {
        ledger: parts.ledger.clone(),
        trust: parts.trust.clone(),
        adapters: parts.adapters.clone(),
        day_millis: parts.day_millis,
    };
    (queue == task_queue::ONBOARDING).then(|| {
        let options = WorkerOptions::new(queue).register_workflow::<OnboardingWithoutTimer>().unwrap();
        options
            .register_workflow::<EmployeeOffboarding>()
            .unwrap()
            .register_activities(Employees(steps))
            .register_activities(ready(parts))
            .build()
    })
}

/// `vextrus rollout …`; answers its exit code.
async fn rollout(world: &World, args: &[&str]) -> u8 {
    let place = ["--namespace", &world.stack.namespace, "--address", &world.stack.temporal, "-o", "json"];
    let all = ["vextrus", "rollout"].iter().chain(args).chain(&place);
    vextrus_starter_cli::run("vextrus", Options::try_parse_from(all).unwrap()).await
}

/// Which build takes new workflows, and which of them is ramping. The server answers few such questions, and then asks for patience.
async fn routes(world: &World) -> (Option<String>, Option<String>) {
    let mut next = tokio::time::interval(Duration::from_secs(1));
    loop {
        next.tick().await;
        match deployment::describe(&world.stack.client, DEPLOYMENT).await {
            Ok(found) => {
                let found = found.unwrap();
                return (found.current, found.ramping.map(|(build, _)| build));
            }
            Err(error) => assert!(error.may_pass(), "{error}"),
        }
    }
}

/// Whether new workflows and those that move all go to this build.
async fn all_to(world: &World, build: &str) -> bool {
    let (current, ramping) = routes(world).await;
    ramping.or(current).as_deref() == Some(build)
}

async fn history(world: &World, workflow_id: &str) -> History {
    let latest = WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: String::new() };
    runs::history(&world.stack.client, &latest).await.unwrap().unwrap()
}

/// The builds that have had a part in it.
fn builds(history: &History) -> BTreeSet<String> {
    let build = |event: &Attributes| match event {
        Attributes::WorkflowTaskCompletedEventAttributes(a) => a.deployment_version.clone().map(|v| v.build_id),
        _ => None,
    };
    history.events.iter().filter_map(|event| build(event.attributes.as_ref()?)).collect()
}

/// How often the ledger was told of it, beside its assessment and its end.
fn records(history: &History) -> usize {
    let is_record = |event: &Attributes| match event {
        Attributes::ActivityTaskScheduledEventAttributes(a) => {
            a.activity_type.as_ref().is_some_and(|t| t.name == "record")
        }
        _ => false,
    };
    history.events.iter().filter(|event| event.attributes.as_ref().is_some_and(is_record)).count()
}

/// The queues on which a worker has said that it can do its work.
fn probed(history: &History) -> BTreeSet<String> {
    let queue = |event: &Attributes| match event {
        Attributes::ActivityTaskScheduledEventAttributes(a) => a.task_queue.clone().map(|queue| queue.name),
        _ => None,
    };
    history.events.iter().filter_map(|event| queue(event.attributes.as_ref()?)).collect()
}

/// The search attributes are changed once it waits.
const fn shows(event: EventType) -> bool {
    matches!(event, EventType::UpsertWorkflowSearchAttributes)
}

/// Of this amount, so that none looks like another.
async fn submitted(world: &World, number: &str, amount: &str) -> String {
    let id = world.submit(&invoice("padma-builders", number, amount)).await.unwrap();
    let waits = |history: &History| history.events.iter().any(|event| shows(event.event_type()));
    world.until("it waits for a decision", async || Ok(waits(&of(world, &id).await))).await.unwrap();
    id
}

async fn of(world: &World, invoice: &str) -> History {
    history(world, &format!("invoice/{}", world.key(invoice).await.unwrap())).await
}

async fn settled(world: &World, invoice: &str) -> History {
    world.decide_when_open(invoice, "level-1", "rahim", "approve").await.unwrap();
    world.result(invoice).await.unwrap();
    of(world, invoice).await
}

fn only(build: &str) -> BTreeSet<String> {
    BTreeSet::from([build.to_owned()])
}

fn verdict(workflows: WorkflowReplayerOptions, history: &History) -> Verdict {
    let recorded = Recorded { name: "it".to_owned(), history: history.clone() };
    gate::replay(&workflows, vec![recorded]).unwrap().remove(0).verdict
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pinned_ends_on_the_code_that_began_it() {
    let (world, server) = world().await;
    let first = fleet(&world, "v1", as_it_is);
    assert_eq!(rollout(&world, &["run", "v1", "--steps", "100", "--watch", "0s", "--within", "60s"]).await, 0);
    let old = submitted(&world, "B-1", "80000").await;

    // The rollout does not ask whether what is pinned goes the new way too: it never will.
    let second = fleet(&world, "v2", other_invoices);
    assert_eq!(rollout(&world, &["run", "v2", "--steps", "50", "--watch", "0s", "--within", "60s"]).await, 0);
    assert_eq!(routes(&world).await, (Some("v2".to_owned()), None));
    let new = submitted(&world, "B-2", "81000").await;
    let old = settled(&world, &old).await;
    assert_eq!((builds(&old), records(&old)), (only("v1"), 0));

    assert_eq!(rollout(&world, &["rollback", "--to", "v1"]).await, 0);
    let third = submitted(&world, "B-3", "82000").await;
    let new = settled(&world, &new).await;
    assert_eq!((builds(&new), records(&new)), (only("v2"), 1));
    let third = settled(&world, &third).await;
    assert_eq!((builds(&third), records(&third)), (only("v1"), 0));

    // Neither code could have gone on with what the other one began.
    tokio::task::spawn_blocking(move || {
        let ours = || vextrus_replay::workflows(DataConverter::default()).unwrap();
        let theirs = || {
            let options = WorkflowReplayerOptions::new().register_workflow::<InvoiceOfMoreRecords>();
            options.unwrap().build()
        };
        for (code, own, foreign) in [(ours as fn() -> _, &old, &new), (theirs, &new, &old)] {
            assert_eq!(verdict(code(), own), Verdict::Replayed);
            assert!(matches!(verdict(code(), foreign), Verdict::Diverged { .. }));
        }
    })
    .await
    .unwrap();
    second.stop().await.unwrap();
    first.stop().await.unwrap();
    world.finish().await.unwrap();
    server.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_running_workflows_do_not_replay_by_is_kept_out_or_taken_back() {
    let (world, server) = world().await;
    let first = fleet(&world, "v1", other_onboardings);
    assert_eq!(rollout(&world, &["run", "v1", "--steps", "100", "--watch", "0s", "--within", "60s"]).await, 0);
    let staff = Staff::of(&world).await.unwrap();
    let key = staff.onboard(&employee(1, EmployeeClass::Skilled)).await.unwrap();
    staff.complete(&key, "appointment-letter").await.unwrap();
    staff.until_task(&key, "appointment-letter", TaskStatus::Done).await.unwrap();
    staff.until_open(&key, &["assign-mentor"]).await.unwrap();

    // The gate says so before anything is sent to it.
    let second = fleet(&world, "v2", as_it_is);
    assert_eq!(rollout(&world, &["run", "v2", "--steps", "100", "--watch", "0s", "--within", "60s"]).await, 1);
    assert_eq!(routes(&world).await, (Some("v1".to_owned()), None));

    // Whoever leaves the gate out sees it taken back: the onboarding moves on with its next task, and does not come through it.
    let unasked = ["run", "v2", "--no-replay", "--steps", "100", "--watch", "3m", "--within", "60s"];
    let said = async {
        let mut next = tokio::time::interval(Duration::from_secs(1));
        while !all_to(&world, "v2").await {
            next.tick().await;
        }
        let action = Action::Skip { task: "assign-mentor".parse().unwrap(), reason: "there is none".to_owned() };
        let request: RequestId = new_request_id().parse().unwrap();
        // The server takes nothing for a workflow whose task has failed. Whoever said it says it again.
        loop {
            match staff.say(&key, "karim", action.clone(), request.clone()).await {
                Err(error) => assert!(format!("{error:?}").contains("Workflow Task in failed state"), "{error:?}"),
                Ok(answer) => return answer,
            }
            next.tick().await;
        }
    };
    let (code, said) = tokio::join!(rollout(&world, &unasked), said);
    assert_eq!(code, 1);
    assert_eq!(routes(&world).await, (Some("v1".to_owned()), None));
    // It goes on where it was.
    assert!(matches!(said, ProcessAnswer::Accepted { .. }), "{said:?}");
    staff.work_until(&key, &[], async || Ok(staff.open(&key).await?.is_empty())).await.unwrap();
    assert_eq!(builds(&history(&world, &format!("onboarding/{key}")).await), only("v1"));
    second.stop().await.unwrap();
    first.stop().await.unwrap();
    staff.check().await.unwrap();
    world.stack.stop().await.unwrap();
    server.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_comes_in_once_it_polls_each_queue_of_the_current_one() {
    let (world, server) = world().await;
    let first = fleet(&world, "v1", as_it_is);
    assert_eq!(rollout(&world, &["run", "v1", "--steps", "100", "--watch", "0s", "--within", "60s"]).await, 0);

    let most = group(&world, "v2", |queue| queue != task_queue::INTEGRATIONS, as_it_is);
    assert_eq!(rollout(&world, &["run", "v2", "--steps", "100", "--watch", "0s", "--within", "5s"]).await, 1);
    assert_eq!(routes(&world).await, (Some("v1".to_owned()), None));

    let rest = group(&world, "v2", |queue| queue == task_queue::INTEGRATIONS, as_it_is);
    assert_eq!(rollout(&world, &["run", "v2", "--steps", "100", "--watch", "0s", "--within", "60s"]).await, 0);
    assert_eq!(routes(&world).await, (Some("v2".to_owned()), None));
    // A worker on each of the queues was asked.
    let gates = "WorkflowType = 'RolloutGate' AND WorkflowId STARTS_WITH 'rollout/vextrus/v2/'";
    world
        .until("the gate asked on each queue", async || {
            let (found, _) = runs::list(&world.stack.client, gates.to_owned(), 10, Vec::new()).await?;
            let [gate] = found.as_slice() else { return Ok(false) };
            let asked = probed(&history(&world, &gate.workflow_id).await);
            anyhow::ensure!(
                asked.len() >= 4 && asked == deployment::queues(&world.stack.client, DEPLOYMENT, "v1").await?
            );
            Ok(true)
        })
        .await
        .unwrap();
    for fleet in [rest, most, first] {
        fleet.stop().await.unwrap();
    }
    world.finish().await.unwrap();
    server.shutdown().await.unwrap();
}
