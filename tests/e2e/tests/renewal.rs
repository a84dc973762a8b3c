//! A worker that has carried out enough steps makes way for another, and nobody who works meanwhile notices.
#![cfg(test)]

use std::collections::BTreeSet;

use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::enums::v1::TaskQueueKind;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use vextrus_domain::DocumentType;
use vextrus_temporal::runs;
use vextrus_tests_e2e::{World, invoice};
use vextrus_worker::{Fleet, Renewal};

async fn fleet(renewal: Renewal) -> (World, Fleet) {
    let mut world = World::new().await.unwrap();
    world.stack.stop_worker().await.unwrap();
    let mut parts = world.stack.parts().unwrap();
    parts.renewal = renewal;
    let fleet = vextrus_worker::start(parts, |_| {}).unwrap();
    (world, fleet)
}

/// The queues of those workers that have had the workflow at hand: each worker has one of its own.
async fn at_hand(world: &World, id: &str) -> BTreeSet<String> {
    let workflow_id = format!("invoice/{}", world.key(id).await.unwrap());
    let latest = WorkflowExecution { workflow_id, run_id: String::new() };
    let history = runs::history(&world.stack.client, &latest).await.unwrap().unwrap();
    let queue = |event: &Attributes| match event {
        Attributes::WorkflowTaskScheduledEventAttributes(a) => a.task_queue.clone(),
        _ => None,
    };
    let queues = history.events.iter().filter_map(|event| queue(event.attributes.as_ref()?));
    queues.filter(|queue| queue.kind() == TaskQueueKind::Sticky).map(|queue| queue.name).collect()
}

/// Submits an invoice, which somebody can decide then.
async fn open(world: &World, number: u32) -> String {
    let amount = (60_000 + 100 * number).to_string();
    let id = world.submit(&invoice("jamuna-survey", &format!("N-{number}"), &amount)).await.unwrap();
    world.until_open(&id).await.unwrap();
    id
}

async fn withdrawn(world: &World, id: &str) {
    world.withdraw(DocumentType::Invoice, id, "nasrin").await.unwrap();
    world.result(id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_makes_way_when_nothing_is_going_on() {
    let (world, fleet) = fleet(Renewal { when_idle: 2, at_latest: u64::MAX }).await;
    // It stays open while its worker becomes another one, again and again.
    let first = open(&world, 0).await;
    let mut workers = BTreeSet::new();
    for number in 1..4 {
        let before = fleet.renewed();
        let id = open(&world, number).await;
        withdrawn(&world, &id).await;
        workers.extend(at_hand(&world, &id).await);
        world.until("the worker makes way", async || Ok(fleet.renewed() > before)).await.unwrap();
    }
    withdrawn(&world, &first).await;
    workers.extend(at_hand(&world, &first).await);
    assert!(workers.len() > 3, "{workers:?}");
    fleet.stop().await.unwrap();
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_makes_way_at_the_latest_between_two_steps() {
    let (world, mut fleet) = fleet(Renewal { when_idle: 1, at_latest: 6 }).await;
    let company = &world;
    let work = async {
        let mut workers = BTreeSet::new();
        for number in 0..12 {
            let id = open(company, number).await;
            withdrawn(company, &id).await;
            workers.extend(at_hand(company, &id).await);
        }
        workers
    };
    let workers = tokio::select! {
        workers = work => workers,
        ended = fleet.ended() => panic!("{ended:?}"),
    };
    assert!(workers.len() > 2, "{workers:?}");
    fleet.stop().await.unwrap();
    world.finish().await.unwrap();
}
