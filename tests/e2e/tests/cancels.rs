//! Cancelling from the Temporal UI, at every point where the workflow waits: settled or closed, never both.
#![cfg(test)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt as _;
use temporalio_sdk::interceptors::{ActivityInboundInterceptor, ExecuteActivityInput, ExecuteActivityOutput, Next};
use tokio::sync::Notify;
use vextrus_contract::invoice::FinalStatus;
use vextrus_tests_e2e::messages::cancel;
use vextrus_tests_e2e::{World, invoice};

/// Holds one kind of activity until it is let go.
struct Gate {
    activity: &'static str,
    reached: Arc<AtomicBool>,
    opened: Arc<Notify>,
}

impl ActivityInboundInterceptor for Gate {
    fn execute_activity<'a>(
        &'a self,
        input: ExecuteActivityInput,
        next: Next<'a, ExecuteActivityInput, ExecuteActivityOutput<'a>>,
    ) -> ExecuteActivityOutput<'a> {
        async move {
            if input.activity_info().activity_type == self.activity && !self.reached.swap(true, Ordering::SeqCst) {
                self.opened.notified().await;
            }
            next.run(input).await
        }
        .boxed()
    }
}

/// Brings a two-level document to the moment at which `activity` runs, cancels it there, and lets it go on.
async fn cancel_during(activity: &'static str, answers: [&str; 2]) -> FinalStatus {
    let mut world = World::with(|o| o.step_timeout = std::time::Duration::from_secs(20)).await.unwrap();
    world.stack.stop_worker().await.unwrap();
    let (reached, opened) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
    let gate = Gate { activity, reached: reached.clone(), opened: opened.clone() };
    let fleet = vextrus_worker::start(world.stack.parts().unwrap(), |o| {
        o.activity_inbound_interceptor(gate);
    })
    .unwrap();
    let id = world.submit(&invoice("padma-builders", "K-1", "200000")).await.unwrap();
    if activity != "assess" {
        world.decide_when_open(&id, "level-1", "rahim", answers[0]).await.unwrap();
        if activity != "record" && answers[0] == "approve" {
            world.decide_when_open(&id, "level-2", "karim", answers[1]).await.unwrap();
        }
    }
    world.until(&format!("{activity} runs"), async || Ok(reached.load(Ordering::SeqCst))).await.unwrap();
    cancel(&world.handle(&id).await.unwrap()).await.unwrap();
    opened.notify_one();
    let status = world.result(&id).await.unwrap().status;
    fleet.stop().await.unwrap();
    world.finish().await.unwrap();
    status
}

#[tokio::test(flavor = "multi_thread")]
async fn during_assess() {
    assert_eq!(cancel_during("assess", ["approve", "approve"]).await, FinalStatus::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn during_record() {
    assert_eq!(cancel_during("record", ["approve", "approve"]).await, FinalStatus::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn during_settle_it_comes_too_late() {
    assert_eq!(cancel_during("settle", ["approve", "approve"]).await, FinalStatus::Approved);
}

#[tokio::test(flavor = "multi_thread")]
async fn during_close_it_changes_nothing() {
    assert_eq!(cancel_during("close", ["reject", ""]).await, FinalStatus::Rejected);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_task() {
    let mut world = World::new().await.unwrap();
    world.stack.stop_worker().await.unwrap();
    let id = world.submit(&invoice("padma-builders", "K-1", "1000")).await.unwrap();
    cancel(&world.handle(&id).await.unwrap()).await.unwrap();
    world.stack.start_worker().unwrap();
    assert_eq!(world.result(&id).await.unwrap().status, FinalStatus::Cancelled);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_people_are_asked() {
    let world = World::new().await.unwrap();
    for (number, decided) in [("K-1", 0), ("K-2", 1)] {
        let id = world.submit(&invoice("padma-builders", number, "200000")).await.unwrap();
        world.until_open(&id).await.unwrap();
        if decided == 1 {
            world.decide(&id, "rahim", "approve").await.unwrap();
        }
        cancel(&world.handle(&id).await.unwrap()).await.unwrap();
        let result = world.result(&id).await.unwrap();
        assert_eq!((result.status, result.decisions.len()), (FinalStatus::Cancelled, decided));
    }
    world.finish().await.unwrap();
}
