//! The same services as JSON over HTTP, and as gRPC-web.

use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use vextrus_platform::http::{self, Body};

use crate::setup::{World, content};

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The details of this type.
    pub(crate) fn detail(&self, name: &str) -> Value {
        let json = self.json();
        let details = json["details"].as_array().cloned().unwrap_or_default();
        let of_type = |detail: &Value| detail["@type"] == format!("type.googleapis.com/google.rpc.{name}");
        details.into_iter().find(of_type).unwrap_or_default()
    }
}

pub(crate) async fn send(world: &World, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let mut request = Request::builder().method(method).uri(format!("http://{}{path}", world.address));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = http::client(false).unwrap().request(request.body(Body::from(body)).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes().to_vec() }
}

async fn get(world: &World, person: &str, path: &str) -> Answer {
    let bearer = format!("Bearer {}", world.token("acme", person));
    send(world, Method::GET, path, &[("authorization", &bearer)], Vec::new()).await
}

async fn post(world: &World, person: &str, path: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {}", world.token("acme", person));
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), ("grpc-timeout", "1S")];
    send(world, Method::POST, path, &headers, body.to_string().into_bytes()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_read_and_previewed() {
    let world = World::new().await;
    let key = world.asked().await;
    let shown = get(&world, "rahim", &format!("/v1/tenants/acme/invoices/{}", key.document)).await;
    assert_eq!((shown.status, shown.header("content-type")), (StatusCode::OK, "application/json"));
    let shown = shown.json();
    assert_eq!(shown["invoice"]["state"], "DOCUMENT_STATE_ASSESSED", "{shown:#}");
    let tasks = get(&world, "rahim", "/v1/tenants/acme/tasks?pageSize=1").await.json();
    assert_eq!(tasks["tasks"][0]["document"], shown["invoice"]["name"], "{tasks:#}");
    // As JSON has it, 64 bits are text; numbers are taken too.
    assert!(tasks["tasks"][0]["totalPoisha"].as_str().is_some_and(|t| t.parse::<i64>().is_ok()), "{tasks:#}");
    let listed = get(&world, "rahim", "/v1/tenants/acme/invoices?filter=state%20%3D%20assessed").await.json();
    assert_eq!(listed["invoices"].as_array().unwrap().len(), 1, "{listed:#}");
    let trail = get(&world, "rahim", &format!("/v1/tenants/acme/invoices/{}/auditEntries", key.document)).await;
    assert_eq!(trail.json()["entries"][0]["kind"], "claimed");

    let body = json!({"content": serde_json::to_value(content()).unwrap()});
    let preview = post(&world, "salma", "/v1/tenants/acme/invoices:preview", &body).await;
    assert!(preview.json()["tasks"][0]["eligible"].as_array().unwrap().contains(&json!("rahim")), "{preview:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_say_in_json_what_they_say_in_grpc() {
    let world = World::new().await;
    let key = world.asked().await;
    let stranger = send(&world, Method::GET, "/v1/tenants/acme/tasks", &[], Vec::new()).await;
    assert_eq!((stranger.status, stranger.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"));
    assert_eq!(stranger.detail("ErrorInfo")["reason"], "UNAUTHENTICATED", "{stranger:?}");
    let missing = get(&world, "rahim", "/v1/tenants/acme/invoices/none").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.detail("ResourceInfo")["resourceName"], "tenants/acme/invoices/none", "{missing:?}");
    assert_eq!(missing.detail("ResourceInfo")["resourceType"], "vextrus/Invoice");
    let others = get(&world, "rahim", "/v1/tenants/other/tasks").await;
    assert_eq!(others.status, StatusCode::NOT_FOUND);
    let act = format!("/v1/tenants/acme/invoices/{}:act", key.document);
    let wrong = post(&world, "rahim", &act, &json!({"requestId": "r 1", "comment": {"text": ""}})).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let fields = wrong.detail("BadRequest")["fieldViolations"].clone();
    assert!(fields.as_array().unwrap().iter().any(|f| f["field"] == "request_id"), "{wrong:?}");
    // Temporal says nothing here.
    let silent = post(&world, "rahim", &act, &json!({"requestId": "r-1", "comment": {"text": "seen"}})).await;
    assert_eq!((silent.status, silent.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"), "{silent:?}");
    let closed = post(&world, "salma", "/v1/tenants/acme/taxes:assess", &json!({"content": unknown_vendor()})).await;
    assert_eq!(closed.detail("PreconditionFailure")["violations"][0]["type"], "VENDOR_UNKNOWN", "{closed:?}");
    for (body, status) in [
        (b"{".to_vec(), StatusCode::BAD_REQUEST),
        (br#"{"request_id": 7}"#.to_vec(), StatusCode::BAD_REQUEST),
        (vec![b'['; 100_000], StatusCode::BAD_REQUEST),
        (vec![b' '; 300 * 1024], StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let bearer = format!("Bearer {}", world.token("acme", "rahim"));
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let answer = send(&world, Method::POST, &act, &headers, body).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    assert_eq!(get(&world, "rahim", "/v1/nothing").await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&world, "rahim", "/nothing").await.status, StatusCode::NOT_FOUND);
    world.stop().await;
}

fn unknown_vendor() -> Value {
    let mut content = content();
    "nobody".clone_into(&mut content.vendor);
    serde_json::to_value(content).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_streams_lines_until_the_end() {
    let world = World::new().await;
    let key = world.asked().await;
    world.closed(&key).await;
    let bearer = format!("Bearer {}", world.token("acme", "rahim"));
    let headers = [("authorization", bearer.as_str()), ("accept", "application/x-ndjson")];
    let path = format!("/v1/tenants/acme/invoices/{}:watch?afterSequence=1", key.document);
    let told = send(&world, Method::GET, &path, &headers, Vec::new()).await;
    let lines = String::from_utf8(told.body).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["entry"]["sequence"], "2", "{lines:#?}");
    assert_eq!(lines.last().unwrap()["ended"], true, "{lines:#?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_document_lists_what_is_served() {
    let world = World::new().await;
    let document = send(&world, Method::GET, "/openapi.json", &[], Vec::new()).await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let ids: Vec<String> = operations.filter_map(|o| o["operationId"].as_str().map(str::to_owned)).collect();
    for method in vextrus_facade::methods() {
        let (_, name) = method.rsplit_once('/').unwrap();
        assert!(ids.iter().any(|id| id == name || id.starts_with(&format!("{name}_"))), "{method}: {ids:?}");
    }
    world.stop().await;
}

/// A message as gRPC frames it.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    [&[0][..], &length.to_be_bytes(), message].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_ask_by_grpc_web_and_from_where_it_is_allowed() {
    let world = World::with(|config| config.facade.cors_origins = "https://erp.example".to_owned()).await;
    let bearer = format!("Bearer {}", world.token("acme", "rahim"));
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/grpc-web+proto"),
        ("origin", "https://erp.example"),
    ];
    // Field 1, the parent.
    let message = [&[0x0a, 12][..], b"tenants/acme"].concat();
    let path = "/vextrus.approval.v1.ApprovalService/ListTasks";
    let answer = send(&world, Method::POST, path, &headers, framed(&message)).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/grpc-web+proto"));
    assert_eq!(answer.header("access-control-allow-origin"), "https://erp.example");
    assert!(String::from_utf8_lossy(&answer.body).contains("grpc-status:0"), "{answer:?}");
    for (origin, allowed) in [("https://erp.example", "https://erp.example"), ("https://evil.example", "")] {
        let ask = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type,x-grpc-web"),
        ];
        let answer = send(&world, Method::OPTIONS, path, &ask, Vec::new()).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed, "{answer:?}");
        assert!(answer.header("access-control-allow-headers").contains("authorization"), "{answer:?}");
    }
    world.stop().await;
    // Nowhere, where nothing is configured.
    let world = World::new().await;
    let answer = send(&world, Method::POST, path, &headers, framed(&message)).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    world.stop().await;
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, String::from_utf8_lossy(&self.body))
    }
}
