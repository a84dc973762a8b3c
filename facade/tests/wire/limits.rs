//! What one caller may ask.

use std::time::Duration;

use futures::StreamExt as _;
use tonic::{Code, Request};
use tonic_types::StatusExt as _;
use vextrus_proto::approval::v1::ListTasksRequest;
use vextrus_proto::audit::v1 as proto;

use crate::setup::{World, reason, refused};

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_much_is_told_when_to_ask_again_and_others_are_not() {
    let world = World::with(|config| {
        config.facade.calls_per_second = 1;
        config.facade.calls_in_a_burst = 5;
    })
    .await;
    let list = || ListTasksRequest { parent: "tenants/acme".to_owned(), ..Default::default() };
    for _ in 0..5 {
        world.approvals().list_tasks(world.request("acme", "rahim", list())).await.unwrap();
    }
    let status = world.approvals().list_tasks(world.request("acme", "rahim", list())).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::ResourceExhausted, "TOO_MANY_REQUESTS"));
    let wait = status.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!(wait <= Duration::from_secs(1), "{wait:?}");
    world.approvals().list_tasks(world.request("acme", "salma", list())).await.unwrap();
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_watches_of_one_caller_leave_room_for_others() {
    const AT_ONCE: u32 = 10;
    const MANY: usize = 10_000;
    let world = World::with(|config| {
        config.facade.calls_at_once = AT_ONCE;
        (config.facade.calls_per_second, config.facade.calls_in_a_burst) = (100_000, 100_000);
    })
    .await;
    let name = format!("tenants/acme/invoices/{}", world.asked().await.document);
    let token = |person: &str| format!("Bearer {}", world.token("acme", person));
    let (rahim, salma) = (token("rahim"), token("salma"));
    let watch = async |bearer: &str| {
        let mut request = Request::new(proto::WatchChangesRequest { name: name.clone(), after_sequence: 0 });
        request.metadata_mut().insert("authorization", bearer.parse().unwrap());
        request.set_timeout(Duration::from_secs(300));
        world.trail().watch_changes(request).await
    };
    let mut watched = Vec::new();
    for _ in 0..AT_ONCE {
        watched.push(watch(&rahim).await.unwrap());
    }
    let refusals = futures::stream::iter(0..MANY).map(async |_| watch(&rahim).await.err().map(|s| reason(&s)));
    let refusals: Vec<_> = refusals.buffer_unordered(200).collect().await;
    let too_many = refused(Code::ResourceExhausted, "TOO_MANY_REQUESTS");
    assert!(refusals.iter().all(|refusal| refusal.as_ref() == Some(&too_many)));
    drop(watch(&salma).await.unwrap());
    // What was hung up makes room again.
    drop(watched);
    let free = async {
        while let Err(status) = watch(&rahim).await {
            assert_eq!(reason(&status), too_many);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), free).await.unwrap();
    world.stop().await;
}
