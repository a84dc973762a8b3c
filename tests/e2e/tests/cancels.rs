//! Cancelling from the Temporal UI, at every point where the workflow waits: settled or closed, never both.
#![cfg(test)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt as _;
use temporalio_sdk::interceptors::{ActivityInboundInterceptor, ExecuteActivityInput, ExecuteActivityOutput, Next};
use tokio::sync::Notify;
use vextrus_contract::document::FinalStatus;
use vextrus_domain::RefusalCode;
use vextrus_tests_e2e::messages::cancel;
use vextrus_tests_e2e::{World, invoice, order};

/// Holds one kind of activity until it is let go.
#[derive(Clone)]
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
            let info = input.activity_info();
            // Within a workflow task nothing can come between: the server tells of the cancel with the next one.
            if info.activity_type == self.activity && info.is_local {
                return Err(vextrus_contract::failure(RefusalCode::Internal, false, &"left to the server"));
            }
            if info.activity_type == self.activity && !self.reached.swap(true, Ordering::SeqCst) {
                self.opened.notified().await;
            }
            next.run(input).await
        }
        .boxed()
    }
}

/// Brings a two-level document to the moment at which `activity` runs, cancels it there, and lets it go on. It ends so, or as
/// cancelled where nothing is said.
async fn cancel_during(activity: &'static str, answers: [&str; 2], ends: Option<FinalStatus>) {
    let mut world = World::with(|o| o.step_timeout = std::time::Duration::from_secs(20)).await.unwrap();
    world.stack.stop_worker().await.unwrap();
    let (reached, opened) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
    let gate = Gate { activity, reached: reached.clone(), opened: opened.clone() };
    let fleet = vextrus_worker::start(world.stack.parts().unwrap(), |o| {
        o.activity_inbound_interceptor(gate.clone());
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
    match ends {
        Some(status) => assert_eq!(world.result(&id).await.unwrap().status, status),
        None => world.ends_cancelled(&id).await.unwrap(),
    }
    fleet.stop().await.unwrap();
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn during_assess() {
    cancel_during("assess", ["approve", "approve"], None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn during_record() {
    cancel_during("record", ["approve", "approve"], None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn during_settle_it_comes_too_late() {
    cancel_during("settle", ["approve", "approve"], Some(FinalStatus::Approved)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn during_close_it_changes_nothing() {
    cancel_during("close", ["reject", ""], Some(FinalStatus::Rejected)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_task() {
    let mut world = World::new().await.unwrap();
    world.stack.stop_worker().await.unwrap();
    let id = world.submit(&invoice("padma-builders", "K-1", "1000")).await.unwrap();
    cancel(&world.handle(&id).await.unwrap()).await.unwrap();
    world.stack.start_worker().unwrap();
    world.ends_cancelled(&id).await.unwrap();
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
        world.ends_cancelled(&id).await.unwrap();
        assert_eq!(world.trail(&id, "decided").await.unwrap().len(), decided);
    }
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_while_people_are_asked() {
    let world = World::new().await.unwrap();
    let id = world.order(&order("meghna-steel", "60000")).await.unwrap();
    world.until_order(&id, |o| o.approval.as_ref().is_some_and(|a| a.tasks.len() == 1)).await.unwrap();
    cancel(&world.order_handle(&id).await.unwrap()).await.unwrap();
    world.ends_cancelled(&id).await.unwrap();
    world.finish().await.unwrap();
}
