//! The edge: what is wrong with a request is said clearly, and nothing is started.
#![cfg(test)]

use futures::StreamExt as _;
use temporalio_client::WorkflowListOptions;
use tonic::{Code, Status};
use vextrus_domain::Invoice;
use vextrus_proto::invoice::v1::InvoiceContent;
use vextrus_starter_cli::client::Client;
use vextrus_starter_cli::json;
use vextrus_tests_e2e::{World, invoice};

async fn refused(client: &mut Client, content: InvoiceContent) -> Status {
    client.submit(content, "request-1".to_owned()).await.unwrap_err()
}

async fn started(world: &World) -> usize {
    world
        .stack
        .client
        .list_workflows("WorkflowType != 'LedgerReconciliation'", WorkflowListOptions::default())
        .count()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_content_is_refused_with_its_field() {
    let world = World::new().await.unwrap();
    let mut nasrin = world.person("nasrin").await.unwrap();
    let good = || json::content(&invoice("padma-builders", "X-1", "1000"));
    type Change = fn(&mut InvoiceContent);
    let cases: [(&str, Code, &str, Change); 9] = [
        ("missing number", Code::InvalidArgument, "number", |c| c.number.clear()),
        ("no lines", Code::InvalidArgument, "lines", |c| c.lines.clear()),
        ("negative amount", Code::InvalidArgument, "negative", |c| c.lines[0].amount_poisha = -1),
        ("overflow", Code::InvalidArgument, "limit", |c| c.total_poisha = i64::MAX),
        ("no date", Code::InvalidArgument, "date", |c| c.date = "soon".into()),
        ("no quantity", Code::InvalidArgument, "quantity", |c| c.lines[0].quantity = "many".into()),
        ("other currency", Code::InvalidArgument, "CURRENCY_NOT_SUPPORTED", |c| c.currency = "USD".into()),
        ("too many lines", Code::InvalidArgument, "500", |c| c.lines = vec![c.lines[0].clone(); 501]),
        ("unknown vendor", Code::FailedPrecondition, "VENDOR_UNKNOWN", |c| c.vendor = "nobody".into()),
    ];
    for (what, code, said, change) in cases {
        let mut content = good();
        change(&mut content);
        let status = refused(&mut nasrin, content).await;
        let details = format!("{status:?}");
        assert!(matches!(status.code(), c if c == code || c == Code::InvalidArgument), "{what}: {status:?}");
        assert!(details.contains(said), "{what}: {details}");
    }
    assert_eq!(started(&world).await, 0);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ten_megabyte_request_is_refused() {
    let world = World::new().await.unwrap();
    let mut content = json::content(&invoice("padma-builders", "X-1", "1000"));
    content.lines[0].description = "x".repeat(10 * 1024 * 1024);
    let status = refused(&mut world.person("nasrin").await.unwrap(), content).await;
    assert!(matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted), "{status:?}");
    assert_eq!(started(&world).await, 0);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_refused() {
    let world = World::new().await.unwrap();
    let content = || json::content(&invoice("padma-builders", "X-1", "1000"));
    let tenant = world.company.tenant.as_str();
    let mut nobody = Client::new(&world.stack.facade, tenant, "not-a-token").await.unwrap();
    assert_eq!(refused(&mut nobody, content()).await.code(), Code::Unauthenticated);
    let mut stranger = world.person("stranger").await.unwrap();
    assert_eq!(refused(&mut stranger, content()).await.code(), Code::PermissionDenied);
    let token = world.stack.token(&"other-co".parse().unwrap(), &"nasrin".parse().unwrap()).unwrap();
    let mut other = Client::new(&world.stack.facade, tenant, &token).await.unwrap();
    assert_eq!(refused(&mut other, content()).await.code(), Code::NotFound, "another tenant does not exist");
    assert_eq!(started(&world).await, 0);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_gives_the_same_answer_and_one_workflow() {
    let world = World::new().await.unwrap();
    let mut nasrin = world.person("nasrin").await.unwrap();
    let bill: Invoice = invoice("padma-builders", "X-1", "1000");
    let (first, _) = nasrin.submit(json::content(&bill), "same".to_owned()).await.unwrap();
    let (again, repeated) = nasrin.submit(json::content(&bill), "same".to_owned()).await.unwrap();
    assert_eq!((&first.name, repeated), (&again.name, true));
    // Until it is assessed, another request with the same content takes the same claim up.
    world.until_open(json::last(&first.name)).await.unwrap();
    let duplicate = nasrin.submit(json::content(&bill), "another".to_owned()).await.unwrap_err();
    assert_eq!(duplicate.code(), Code::AlreadyExists);
    assert!(duplicate.message().starts_with("DUPLICATE_INVOICE"), "{duplicate:?}");
    let other =
        nasrin.submit(json::content(&invoice("padma-builders", "X-2", "1000")), "same".to_owned()).await.unwrap_err();
    assert!(other.message().starts_with("REQUEST_ID_REUSED"), "{other:?}");
    let id = json::last(&first.name);
    let seen = world.person("rahim").await.unwrap().get(id).await.unwrap();
    assert_eq!(seen.submitter, "nasrin");
    world.decide_when_open(id, "level-1", "rahim", "approve").await.unwrap();
    world.result(id).await.unwrap();
    // A decision that is repeated after the end is answered as before; a new one is refused.
    let late = world
        .person("salma")
        .await
        .unwrap()
        .decide(id, Some("level-1"), "approve", "", "late".into())
        .await
        .unwrap_err();
    assert_eq!(late.code(), Code::FailedPrecondition, "{late:?}");
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_worker_a_decision_is_unavailable_and_the_same_request_succeeds_later() {
    let mut world = World::new().await.unwrap();
    let id = world.submit(&invoice("padma-builders", "X-1", "1000")).await.unwrap();
    world.until_open(&id).await.unwrap();
    world.stack.stop_worker().await.unwrap();
    let mut rahim = world.person("rahim").await.unwrap();
    let status = rahim.decide(&id, Some("level-1"), "approve", "", "again".into()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    world.stack.start_worker().unwrap();
    rahim.decide(&id, Some("level-1"), "approve", "", "again".into()).await.unwrap();
    world.result(&id).await.unwrap();
    world.finish().await.unwrap();
}
