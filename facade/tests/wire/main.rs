//! The service over the wire, with a real ledger and a Temporal that says nothing.
#![cfg(test)]

mod acts;
mod attachments;
mod bank;
mod bulk;
mod delegations;
mod employees;
mod inbox;
mod invoices;
mod json;
mod limits;
mod lists;
mod masterdata;
mod matrix;
mod officers;
mod orders;
mod receipts;
mod setup;
mod taxes;
mod trail;

use std::time::Duration;

use setup::{World, content, reason, refused, submission};
use tokio_stream::StreamExt as _;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use vextrus_facade::MAX_REQUEST_BYTES;
use vextrus_proto::approval::v1::ListTasksRequest;

const SERVICES: [&str; 8] = [
    "vextrus.invoice.v1.InvoiceService",
    "vextrus.purchasing.v1.PurchasingService",
    "vextrus.approval.v1.ApprovalService",
    "vextrus.onboarding.v1.OnboardingService",
    "vextrus.approval.v1.AttachmentService",
    "vextrus.audit.v1.AuditService",
    "vextrus.masterdata.v1.MasterDataService",
    "vextrus.tax.v1.TaxService",
];

#[tokio::test(flavor = "multi_thread")]
async fn strangers_see_health_and_the_description_and_nothing_else() {
    let world = World::new().await;
    let mut health = HealthClient::new(world.channel.clone());
    for service in SERVICES.into_iter().chain([""]) {
        let ask = HealthCheckRequest { service: service.to_owned() };
        let mut told = health.watch(ask.clone()).await.unwrap().into_inner();
        let serving = async { while told.next().await.unwrap().unwrap().status != 1 {} };
        tokio::time::timeout(Duration::from_secs(30), serving)
            .await
            .unwrap_or_else(|_| panic!("{service:?} is not serving"));
        assert_eq!(health.check(ask).await.unwrap().into_inner().status, 1);
    }
    let ask = ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..Default::default()
    };
    let mut reflection = ServerReflectionClient::new(world.channel.clone());
    let mut answers = reflection.server_reflection_info(tokio_stream::once(ask)).await.unwrap().into_inner();
    let answer = answers.next().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else { panic!("{answer:?}") };
    for service in SERVICES {
        assert!(list.service.iter().any(|s| s.name == service), "{list:?}");
    }

    let list = ListTasksRequest { parent: "tenants/acme".to_owned(), ..Default::default() };
    let status = world.approvals().list_tasks(Request::new(list.clone())).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::Unauthenticated, "UNAUTHENTICATED"));
    let status = world.approvals().list_tasks(world.request("acme", "nobody", list.clone())).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::PermissionDenied, "PERMISSION_DENIED"));
    let status = world.approvals().list_tasks(world.request("acme", "gone", list)).await.unwrap_err();
    assert_eq!(reason(&status), refused(Code::PermissionDenied, "PERMISSION_DENIED"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_have_a_largest_size() {
    let world = World::new().await;
    let mut large = content();
    large.number = "x".repeat(MAX_REQUEST_BYTES);
    let request = world.request("acme", "salma", submission("r-1", large));
    let status = world.invoices().submit_invoice(request).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    assert!(status.message().contains("262144"), "{status}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_told_to_whoever_watches() {
    let world = World::new().await;
    let mut health = HealthClient::new(world.channel.clone());
    let ask = HealthCheckRequest { service: SERVICES[0].to_owned() };
    let mut watch = health.watch(ask).await.unwrap().into_inner();
    while watch.next().await.unwrap().unwrap().status != 1 {}
    let stopping = tokio::spawn(world.stop());
    let told = tokio::time::timeout(Duration::from_secs(5), watch.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(told.status, 2);
    drop((watch, health));
    stopping.await.unwrap();
}
