//! Traces, as a receiver gets them by OTLP: one from the command line through facade, workflow and steps to SQL.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};
use vextrus_temporal::{DevServer, DevServerOptions};

use crate::fleet::Site;
use crate::health::{admin, asked};
use crate::program::until;
use crate::running::{id, invoice};

/// What was received: service and span.
type Spans = Arc<Mutex<Vec<(String, Span)>>>;

#[derive(Clone, Default)]
struct Receiver(Spans);

impl Receiver {
    fn take(&self, request: ExportTraceServiceRequest) {
        for of_resource in request.resource_spans {
            let attributes = of_resource.resource.map(|r| r.attributes).unwrap_or_default();
            let service = attributes.into_iter().find(|a| a.key == "service.name").and_then(|a| a.value?.value);
            let Some(Any::StringValue(service)) = service else { panic!("spans without a service's name") };
            let spans = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.0.lock().unwrap().extend(spans.map(|span| (service.clone(), span)));
        }
    }

    fn all(&self) -> Vec<(String, Span)> {
        self.0.lock().unwrap().clone()
    }

    /// Of the trace in which this one is.
    fn trace_of(&self, service: &str, name: &str) -> Vec<(String, Span)> {
        let all = self.all();
        let Some((_, one)) = all.iter().find(|(s, span)| s == service && span.name == name) else { return Vec::new() };
        all.iter().filter(|(_, span)| span.trace_id == one.trace_id).cloned().collect()
    }
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.take(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

async fn over_grpc(receiver: Receiver) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder().add_service(TraceServiceServer::new(receiver));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}

async fn over_http(receiver: Receiver) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let take = async |State(receiver): State<Receiver>, body: Bytes| {
        receiver.take(ExportTraceServiceRequest::decode(body).unwrap());
        StatusCode::OK
    };
    let router = axum::Router::new().route("/v1/traces", post(take)).with_state(receiver);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Whether every span but one has its parent among them.
fn is_connected(trace: &[(String, Span)]) -> bool {
    let ids: Vec<&[u8]> = trace.iter().map(|(_, span)| span.span_id.as_slice()).collect();
    let roots = trace.iter().filter(|(_, span)| !ids.contains(&span.parent_span_id.as_slice())).count();
    roots == 1
}

fn has(trace: &[(String, Span)], service: &str, name: &str) -> bool {
    trace.iter().any(|(s, span)| s == service && span.name.starts_with(name))
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_goes_from_the_command_line_to_sql() {
    let receiver = Receiver::default();
    let address = over_grpc(receiver.clone()).await;
    let server = DevServer::start(DevServerOptions::default()).await.unwrap();
    let traced = format!("[telemetry]\notlp_endpoint = \"http://{address}\"\n");
    let mut site = Site::with(&server.address, None, &traced);
    site.found();
    let (worker, facade) = (site.worker(), site.facade());
    let submitted = site.by("nasrin", &["invoice", "submit", "-", "-o", "json"], &invoice("T-1")).json();
    let invoice_id = id(&submitted);
    until("its task is open", || (site.show(&invoice_id)["tasks"][0]["state"] == "open").then_some(()));
    site.by("rahim", &["invoice", "approve", &invoice_id], "").ok();
    until("it is settled", || (site.show(&invoice_id)["state"] == "settled").then_some(()));
    let wanted = [
        ("vextrus", "vextrus invoice submit"),
        ("vextrus-facade", "SubmitInvoice"),
        ("vextrus-facade", "INSERT INTO documents"),
        ("vextrus-facade", "StartWorkflow:"),
        ("vextrus-worker", "RunWorkflow:"),
        ("vextrus-worker", "RunActivity:assess"),
        ("vextrus-worker", "RunActivity:settle"),
        ("vextrus-worker", "INSERT INTO effects"),
        ("vextrus-worker", "COMMIT"),
    ];
    let of_submission = || receiver.trace_of("vextrus", "vextrus invoice submit");
    until("the trace is whole", || {
        let trace = of_submission();
        let is_whole = wanted.iter().all(|(service, name)| has(&trace, service, name)) && is_connected(&trace);
        is_whole.then_some(())
    });
    until("the decision's is too", || {
        let trace = receiver.trace_of("vextrus", "vextrus invoice approve");
        let wanted = [("vextrus-facade", "Act"), ("vextrus-worker", "HandleUpdate:")];
        (wanted.iter().all(|(service, name)| has(&trace, service, name)) && is_connected(&trace)).then_some(())
    });
    // What the worker logs of it is found by the same ids.
    let trace = hex(&of_submission()[0].1.trace_id);
    let log = worker.terminate().exits(0).err;
    let line = log
        .lines()
        .find(|line| line.contains("carried out") && line.contains(&trace))
        .unwrap_or_else(|| panic!("{log}"));
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    let span = &line["span"];
    assert_eq!((&span["tenant"], &span["document"]), (&json!("acme-bd"), &json!(invoice_id)), "{line:#}");
    assert!(span["workflow"].as_str().unwrap().contains(&invoice_id) && !span["run"].as_str().unwrap().is_empty());
    assert!(facade.terminate().exits(0).err.contains(&trace));
    server.shutdown().await.unwrap();
}

/// Sends a JSON call with a caller's own trace.
fn call_as(site: &Site, person: &str, traceparent: &str) {
    let token = std::fs::read_to_string(site.path(person)).unwrap();
    let text = format!(
        "GET /v1/tenants/acme-bd/tasks HTTP/1.1\r\nHost: facade\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         traceparent: {traceparent}\r\n\r\n"
    );
    let mut stream = std::net::TcpStream::connect(site.facade_address()).unwrap();
    std::io::Write::write_all(&mut stream, text.as_bytes()).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_is_in_spans_logs_and_labels_and_a_callers_trace_is_taken_up() {
    let receiver = Receiver::default();
    let address = over_http(receiver.clone()).await;
    let server = DevServer::start(DevServerOptions::default()).await.unwrap();
    let traced = format!("[telemetry]\notlp_endpoint = \"http://{address}\"\notlp_protocol = \"http\"\n");
    let mut site = Site::with(&server.address, None, &traced);
    site.found();
    let (mut worker, mut facade) = (site.worker(), site.facade());
    let (of_worker, of_facade) = (admin(&mut worker), admin(&mut facade));
    let employee =
        std::fs::read_to_string(crate::program::root().join("examples/onboarding/01-engineer.json")).unwrap();
    let personal: serde_json::Value = serde_json::from_str(&employee).unwrap();
    site.by("hasina", &["onboarding", "start", "-", "-o", "json"], &employee).ok();
    let started = |service: &str| receiver.all().iter().any(|(s, span)| s == service && span.name == "COMMIT");
    until("the process is under way", || started("vextrus-worker").then_some(()));

    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    call_as(&site, "hasina", &format!("00-{trace}-00f067aa0ba902b7-01"));
    until("the caller's trace goes on", || {
        let of_caller = |(s, span): &(String, Span)| s == "vextrus-facade" && hex(&span.trace_id) == trace;
        receiver.all().iter().any(|pair| of_caller(pair) && pair.1.name == "ListTasks").then_some(())
    });
    // Whoever has decided that nothing is sent is heard too.
    let silent = "5bf92f3577b34da6a3ce929d0e0e4736";
    call_as(&site, "hasina", &format!("00-{silent}-00f067aa0ba902b7-00"));

    let labels = [asked(&of_worker, "/metrics").1, asked(&of_facade, "/metrics").1].concat();
    let logs = [worker.terminate().exits(0).err, facade.terminate().exits(0).err].concat();
    let spans = format!("{:?}", receiver.all());
    for there in ["StartOnboarding", "RunActivity:plan", "INSERT INTO employee_records"] {
        assert!(spans.contains(there), "{there}");
    }
    assert!(receiver.all().iter().all(|(_, span)| hex(&span.trace_id) != silent));
    let mut found = BTreeMap::new();
    for (name, value) in texts(&personal) {
        for (place, text) in [("labels", &labels), ("logs", &logs), ("spans", &spans)] {
            if text.contains(&value) {
                found.insert(name.clone(), place);
            }
        }
    }
    assert!(found.is_empty(), "personal data: {found:?}");
    server.shutdown().await.unwrap();
}

/// What is personal in an employee's file, by its path: names, numbers and addresses.
fn texts(employee: &serde_json::Value) -> Vec<(String, String)> {
    let personal = &employee["personal"];
    let fields = personal.as_object().unwrap_or_else(|| panic!("{employee:#}"));
    let texts: Vec<(String, String)> =
        fields.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
    assert!(texts.len() >= 3, "{employee:#}");
    texts
}
