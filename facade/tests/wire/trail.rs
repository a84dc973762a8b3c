//! The trail, read and watched.

use std::time::Duration;

use tokio_stream::StreamExt as _;
use tonic::{Code, Request};
use vextrus_approval::Action;
use vextrus_proto::audit::v1 as proto;

use crate::setup::{World, reason, refused};

fn listing(parent: &str, page_token: &str) -> proto::ListAuditEntriesRequest {
    proto::ListAuditEntriesRequest { parent: parent.to_owned(), page_size: 2, page_token: page_token.to_owned() }
}

fn watching(name: &str, after_sequence: i64) -> proto::WatchChangesRequest {
    proto::WatchChangesRequest { name: name.to_owned(), after_sequence }
}

async fn next(changes: &mut tonic::Streaming<proto::WatchChangesResponse>) -> proto::WatchChangesResponse {
    tokio::time::timeout(Duration::from_secs(20), changes.next()).await.unwrap().unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_documents_trail_is_read_page_by_page() {
    let world = World::new().await;
    let name = format!("tenants/acme/invoices/{}", world.asked().await.document);
    let (mut entries, mut token) = (Vec::new(), String::new());
    loop {
        let page = world.trail().list_audit_entries(world.request("acme", "shirin", listing(&name, &token))).await;
        let page = page.unwrap().into_inner();
        entries.extend(page.entries);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert!(entries.len() >= 2 && entries[0].kind == "claimed" && entries[0].actor == "salma", "{entries:#?}");
    assert!(
        entries.windows(2).all(|two| two[1].previous_hash == two[0].hash && two[1].sequence == two[0].sequence + 1)
    );
    assert!(!entries[0].body.as_ref().unwrap().fields.is_empty());
    for (tenant, name) in [("other", name.as_str()), ("acme", "tenants/acme/invoices/none")] {
        let status = world.trail().list_audit_entries(world.request(tenant, "salma", listing(name, ""))).await;
        assert_eq!(reason(&status.unwrap_err()), refused(Code::NotFound, "NOT_FOUND"), "{name}");
    }
    // What is an invoice is no order.
    let order = name.replace("invoices", "purchaseOrders");
    let status = world.trail().list_audit_entries(world.request("acme", "salma", listing(&order, ""))).await;
    assert_eq!(reason(&status.unwrap_err()), refused(Code::NotFound, "NOT_FOUND"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_companys_own_trail_is_for_audits() {
    let world = World::new().await;
    let status = world.trail().list_audit_entries(world.request("acme", "salma", listing("tenants/acme", ""))).await;
    assert_eq!(reason(&status.unwrap_err()), refused(Code::PermissionDenied, "PERMISSION_DENIED"));
    let own = world.trail().list_audit_entries(world.request("acme", "inspector", listing("tenants/acme", ""))).await;
    assert!(!own.unwrap().into_inner().entries.is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_tells_what_was_and_what_comes_and_goes_on_where_it_was() {
    let world = World::new().await;
    let key = world.asked().await;
    let name = format!("tenants/acme/invoices/{}", key.document);
    let mut request = world.request("acme", "shirin", watching(&name, 0));
    request.set_timeout(Duration::from_secs(30));
    let mut changes = world.trail().watch_changes(request).await.unwrap().into_inner();
    let first = next(&mut changes).await.entry.unwrap();
    assert_eq!((first.sequence, first.kind.as_str()), (1, "claimed"));
    world.brought(&key, ("rahim", "rahim"), "c-1", Action::Comment { text: "seen".to_owned() }).await;
    let mut latest = first.sequence;
    loop {
        let change = next(&mut changes).await;
        let entry = change.entry.unwrap();
        assert_eq!((entry.sequence, change.ended), (latest + 1, false));
        latest = entry.sequence;
        if entry.kind == "commented" {
            break;
        }
    }
    // Another one after what was seen, and then the end.
    let again = world.trail().watch_changes(world.request("acme", "shirin", watching(&name, latest))).await;
    let mut again = again.unwrap().into_inner();
    world.closed(&key).await;
    for changes in [&mut changes, &mut again] {
        let mut before = latest;
        loop {
            let change = next(changes).await;
            before += 1;
            assert_eq!(change.entry.unwrap().sequence, before);
            if change.ended {
                break;
            }
        }
        assert!(changes.next().await.is_none(), "it is over");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_is_refused_and_ends_as_a_call_does() {
    let world = World::new().await;
    let name = format!("tenants/acme/invoices/{}", world.asked().await.document);
    for (tenant, person, name, after, expected) in [
        ("other", "salma", name.as_str(), 0, refused(Code::NotFound, "NOT_FOUND")),
        ("acme", "gone", name.as_str(), 0, refused(Code::PermissionDenied, "PERMISSION_DENIED")),
        ("acme", "salma", "tenants/acme", 0, refused(Code::InvalidArgument, "INVALID_FIELD")),
        ("acme", "salma", name.as_str(), -1, refused(Code::InvalidArgument, "INVALID_FIELD")),
    ] {
        let status = world.trail().watch_changes(world.request(tenant, person, watching(name, after))).await;
        assert_eq!(reason(&status.unwrap_err()), expected, "{tenant} {person} {name}");
    }
    // Its own time is over.
    let mut short = world.request("acme", "salma", watching(&name, 0));
    short.set_timeout(Duration::from_secs(1));
    let mut short = world.trail().watch_changes(short).await.unwrap().into_inner();
    let ended = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            if let Err(status) = short.next().await.unwrap() {
                return status;
            }
        }
    });
    let ended = ended.await.unwrap();
    assert!(matches!(ended.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled), "{ended}");
    // The facade stops.
    let mut request = world.request("acme", "salma", watching(&name, 0));
    request.set_timeout(Duration::from_secs(60));
    let mut changes = world.trail().watch_changes(request).await.unwrap().into_inner();
    next(&mut changes).await;
    let stopping = tokio::spawn(world.stop());
    let ended = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            if let Err(status) = changes.next().await.unwrap() {
                return status;
            }
        }
    });
    assert_eq!(reason(&ended.await.unwrap()), refused(Code::Unavailable, "UNAVAILABLE"));
    drop(changes);
    stopping.await.unwrap();
}

/// However many entries come at a time, the latest one says that it is.
#[tokio::test(flavor = "multi_thread")]
async fn the_latest_entry_of_what_has_ended_says_so() {
    let world = World::new().await;
    let key = world.asked().await;
    // As many as there may be.
    for number in 0..100 {
        let comment = Action::Comment { text: format!("comment {number}") };
        world.brought(&key, ("rahim", "rahim"), &format!("c-{number}"), comment).await;
    }
    world.closed(&key).await;
    let name = format!("tenants/acme/invoices/{}", key.document);
    let told = async |after: i64| {
        let changes = world.trail().watch_changes(world.request("acme", "salma", watching(&name, after))).await;
        let mut changes = changes.unwrap().into_inner();
        let mut told = Vec::new();
        while let Some(change) = changes.message().await.unwrap() {
            told.push((change.entry.unwrap().sequence, change.ended));
        }
        told
    };
    let whole = told(0).await;
    let latest = whole.last().unwrap().0;
    for left in [1, 99, 100, 101] {
        let rest = told(latest - left).await;
        assert_eq!((i64::try_from(rest.len()).unwrap(), rest.last()), (left, Some(&(latest, true))), "{left}");
        assert_eq!(rest.iter().filter(|(_, ended)| *ended).count(), 1);
    }
    assert_eq!(told(latest).await, [], "there is nothing more");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_with_its_token() {
    let world = World::with(|config| config.auth.leeway_seconds = 0).await;
    let name = format!("tenants/acme/invoices/{}", world.asked().await.document);
    let mut request = Request::new(watching(&name, 0));
    let bearer = format!("Bearer {}", world.token_for("acme", "salma", Duration::from_secs(3)));
    request.metadata_mut().insert("authorization", bearer.parse().unwrap());
    request.set_timeout(Duration::from_secs(60));
    let mut changes = world.trail().watch_changes(request).await.unwrap().into_inner();
    let ended = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            if let Err(status) = changes.next().await.unwrap() {
                return status;
            }
        }
    });
    assert_eq!(reason(&ended.await.unwrap()), refused(Code::Unauthenticated, "UNAUTHENTICATED"));
    world.stop().await;
}
