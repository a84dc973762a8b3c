//! The service over the wire, with a real ledger and a Temporal that says nothing.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails, in what tests share too")]

mod setup;

use std::time::Duration;

use setup::{World, content, reason, submission};
use tokio_stream::StreamExt as _;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_types::StatusExt as _;
use vextrus_approval::Decision;
use vextrus_domain::DocumentKey;
use vextrus_facade::MAX_REQUEST_BYTES;
use vextrus_proto::invoice::v1 as proto;

const SERVICE: &str = "vextrus.invoice.v1.InvoiceService";

fn name(key: &DocumentKey) -> String {
    format!("tenants/{}/invoices/{}", key.tenant, key.document)
}

fn get(key: &DocumentKey) -> proto::GetInvoiceRequest {
    proto::GetInvoiceRequest { name: name(key) }
}

fn decide(name: String, request_id: &str) -> proto::DecideTaskRequest {
    let request_id = request_id.to_owned();
    proto::DecideTaskRequest { name, answer: "approve".to_owned(), comment: String::new(), request_id, submission: 0 }
}

fn refused(code: Code, refusal: &str) -> (Code, String) {
    (code, refusal.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_see_health_and_the_description_and_nothing_else() {
    let world = World::new().await;
    let mut health = HealthClient::new(world.channel.clone());
    for service in ["", SERVICE] {
        let answer = health.check(HealthCheckRequest { service: service.to_owned() }).await.unwrap();
        assert_eq!(answer.into_inner().status, 1, "{service:?} is not serving");
    }
    let ask = ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..Default::default()
    };
    let mut reflection = ServerReflectionClient::new(world.channel.clone());
    let mut answers = reflection.server_reflection_info(tokio_stream::once(ask)).await.unwrap().into_inner();
    let answer = answers.next().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else { panic!("{answer:?}") };
    assert!(list.service.iter().any(|s| s.name == SERVICE), "{list:?}");

    let list = proto::ListTasksRequest { parent: "tenants/acme".to_owned(), ..Default::default() };
    let status = world.client().list_tasks(Request::new(list.clone())).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::Unauthenticated, "UNAUTHENTICATED"));
    let status = world.client().list_tasks(world.request("acme", "nobody", list.clone())).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::PermissionDenied, "PERMISSION_DENIED"));
    let status = world.client().list_tasks(world.request("acme", "gone", list)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::PermissionDenied, "PERMISSION_DENIED"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_have_a_largest_size() {
    let world = World::new().await;
    let mut large = content();
    large.number = "x".repeat(MAX_REQUEST_BYTES);
    let request = world.request("acme", "salma", submission("r-1", large));
    let status = world.client().submit_invoice(request).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    assert!(status.message().contains("262144"), "{status}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_stands_when_temporal_does_not_answer() {
    let world = World::new().await;
    let content = content();
    let submit = submission(&content.number, content.clone());
    for _ in 0..2 {
        let status = world.client().submit_invoice(world.request("acme", "salma", submit.clone())).await.unwrap_err();
        assert_eq!(reason(&status), refused(Code::Unavailable, "UNAVAILABLE"), "{status}");
        assert!(status.get_details_retry_info().is_some());
    }
    let claim = world.claim(&content).await;
    assert!(claim.repeated);
    let invoice = world.client().get_invoice(world.request("acme", "rahim", get(&claim.key))).await.unwrap();
    let invoice = invoice.into_inner().invoice.unwrap();
    assert_eq!(
        (invoice.state(), invoice.outcome()),
        (proto::InvoiceState::Claimed, proto::InvoiceOutcome::Unspecified)
    );
    assert_eq!((invoice.name, invoice.submitter.as_str()), (name(&claim.key), "salma"));
    assert_eq!(invoice.content.unwrap(), content);
    assert_eq!(invoice.workflow_id, format!("invoice/acme/{}/1", claim.key.document));
    assert!(invoice.taxes.is_none() && invoice.tasks.is_empty() && invoice.conclude_time.is_none());

    // Its submitter may send the same again under a new id: the workflow is still to be started.
    let again = submission("r-2", content.clone());
    let status = world.client().submit_invoice(world.request("acme", "salma", again)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::Unavailable, "UNAVAILABLE"), "{status}");
    // Another bill of the same number, the same request id for something else, and another tenant.
    let mut changed = content.clone();
    changed.lines[0].description = "something else".to_owned();
    let changed = submission("r-3", changed);
    let status = world.client().submit_invoice(world.request("acme", "salma", changed)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::AlreadyExists, "DUPLICATE_INVOICE"));
    let other = submission(&content.number, setup::content());
    let status = world.client().submit_invoice(world.request("acme", "salma", other)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"));
    let status = world.client().submit_invoice(world.request("other", "salma", submit)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::NotFound, "NOT_FOUND"));
    let status = world.client().get_invoice(world.request("other", "salma", get(&claim.key))).await.unwrap_err();
    let missing = proto::GetInvoiceRequest { name: name(&claim.key).replace("acme", "other") };
    assert_eq!(reason(&status), refused(Code::NotFound, "NOT_FOUND"));
    let unknown = world.client().get_invoice(world.request("other", "salma", missing)).await.unwrap_err();
    assert_eq!(status.message().replace("acme", "other"), unknown.message(), "the two can be told apart");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_are_listed() {
    let world = World::new().await;
    let mut wrong = content();
    wrong.vendor.clear();
    wrong.currency = "USD".to_owned();
    let status =
        world.client().submit_invoice(world.request("acme", "salma", submission("r-1", wrong))).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::InvalidArgument, "INVALID_FIELD"));
    let fields: Vec<_> =
        status.get_details_bad_request().unwrap().field_violations.into_iter().map(|v| v.field).collect();
    assert_eq!(fields, ["content.vendor", "content.currency"]);
    let mut unknown = content();
    unknown.vendor = "meghna".to_owned();
    let status =
        world.client().submit_invoice(world.request("acme", "salma", submission("r-1", unknown))).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "VENDOR_UNKNOWN"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_before_the_assessment_can_be_sent_again() {
    let world = World::new().await;
    let key = world.claimed().await;
    for name in [name(&key), format!("{}/tasks/level-1", name(&key))] {
        let status = world.client().decide_task(world.request("acme", "rahim", decide(name, "d-1"))).await.unwrap_err();
        assert_eq!(reason(&status), refused(Code::FailedPrecondition, "NOT_ASSESSED"));
        assert!(status.get_details_retry_info().is_some());
    }
    let withdraw =
        proto::WithdrawInvoiceRequest { name: name(&key), request_id: "w-1".to_owned(), ..Default::default() };
    let status = world.client().withdraw_invoice(world.request("acme", "salma", withdraw)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::Unavailable, "UNAVAILABLE"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_checked_for_what_can_be_seen_here() {
    let world = World::new().await;
    let key = world.claimed().await;
    world.planned(&key).await;
    let mut client = world.client();
    let name = name(&key);
    let long = proto::DecideTaskRequest {
        answer: "x".repeat(41),
        comment: "x".repeat(2001),
        ..decide(format!("{name}/tasks/level-1"), "")
    };
    let status = client.decide_task(world.request("acme", "rahim", long)).await.unwrap_err();
    let fields: Vec<_> =
        status.get_details_bad_request().unwrap().field_violations.into_iter().map(|v| v.field).collect();
    assert_eq!(fields, ["answer", "comment", "request_id"]);
    let unknown = decide(format!("{name}/tasks/level-9"), "d-1");
    let status = client.decide_task(world.request("acme", "rahim", unknown)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::NotFound, "TASK_UNKNOWN"));
    let stale = proto::DecideTaskRequest { submission: 2, ..decide(name.clone(), "d-1") };
    let status = client.decide_task(world.request("acme", "rahim", stale)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::FailedPrecondition, "STALE_PLAN"));
    let status = client.decide_task(world.request("acme", "gone", decide(name.clone(), "d-1"))).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::PermissionDenied, "PERMISSION_DENIED"));
    let status = client.decide_task(world.request("acme", "rahim", decide(name, "d-1"))).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::Unavailable, "UNAVAILABLE"));
    assert!(status.message().contains("no worker answered in time"), "{status}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_is_stored_is_answered_from_the_ledger() {
    let world = World::new().await;
    let key = world.claimed().await;
    let plan = world.planned(&key).await;
    let task = plan.tasks[0].id.clone();
    world
        .decided(Decision {
            key: key.clone(),
            task: Some(task.clone()),
            plan_hash: Some(plan.hash().unwrap()),
            answer: "approve".to_owned(),
            actor: "rahim".parse().unwrap(),
            principal: "rahim".parse().unwrap(),
            request_id: "d-1".parse().unwrap(),
            comment: String::new(),
        })
        .await;
    for name in [name(&key), format!("{}/tasks/{task}", name(&key))] {
        let answer = world.client().decide_task(world.request("acme", "rahim", decide(name, "d-1"))).await.unwrap();
        assert_eq!(answer.into_inner().state(), proto::InvoiceState::Assessed);
    }
    let another_answer = proto::DecideTaskRequest { answer: "reject".to_owned(), ..decide(name(&key), "d-1") };
    let another_task = decide(format!("{}/tasks/level-1", name(&key)), "d-1");
    for (person, request) in [("rahim", another_answer), ("rahim", another_task), ("karim", decide(name(&key), "d-1"))]
    {
        let status = world.client().decide_task(world.request("acme", person, request)).await.unwrap_err();
        assert_eq!(reason(&status), refused(Code::AlreadyExists, "REQUEST_ID_REUSED"));
    }
    let invoice = world.client().get_invoice(world.request("acme", "salma", get(&key))).await.unwrap();
    let tasks = invoice.into_inner().invoice.unwrap().tasks;
    assert_eq!((tasks[0].state(), tasks[0].actor.as_str()), (proto::TaskState::Decided, "rahim"));
    assert_eq!(tasks[1].state(), proto::TaskState::Waiting);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_is_read_page_by_page() {
    let world = World::new().await;
    for _ in 0..5 {
        let key = world.claimed().await;
        world.planned(&key).await;
    }
    let mut client = world.client();
    let mut request =
        proto::ListTasksRequest { parent: "tenants/acme".to_owned(), page_size: 2, page_token: String::new() };
    let (mut seen, mut pages) = (Vec::new(), Vec::new());
    loop {
        let page = client.list_tasks(world.request("acme", "rahim", request.clone())).await.unwrap().into_inner();
        pages.push(page.tasks.len());
        seen.extend(page.tasks.iter().map(|t| t.name.clone()));
        for task in &page.tasks {
            assert_eq!((task.submission, task.vendor.as_str(), task.total_poisha), (1, "padma", 11_500_000));
            assert_eq!(task.allowed_answers[0].name, "confirm_rate");
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    seen.dedup();
    assert_eq!((pages, seen.len()), (vec![2, 2, 1], 5));
    let nobodys = client.list_tasks(world.request("acme", "hasina", request.clone())).await.unwrap();
    assert!(nobodys.into_inner().tasks.is_empty());
    request.page_token = "x".to_owned();
    let status = client.list_tasks(world.request("acme", "rahim", request)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::InvalidArgument, "INVALID_FIELD"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_told_to_whoever_watches() {
    let world = World::new().await;
    let mut health = HealthClient::new(world.channel.clone());
    let ask = HealthCheckRequest { service: SERVICE.to_owned() };
    let mut watch = health.watch(ask).await.unwrap().into_inner();
    assert_eq!(watch.next().await.unwrap().unwrap().status, 1);
    let stopping = tokio::spawn(world.stop());
    let told = tokio::time::timeout(Duration::from_secs(5), watch.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(told.status, 2);
    drop((watch, health));
    stopping.await.unwrap();
}
