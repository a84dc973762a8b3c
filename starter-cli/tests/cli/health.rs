//! The health of worker and facade, while what they depend on is cut off at the network, and when it is killed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use vextrus_temporal::metrics::failed_polls;
use vextrus_temporal::{DevServer, DevServerOptions};
use vextrus_tests_support::postgres::{OWNER, Server};
use vextrus_tests_support::proxy::{Proxy, Target};

use crate::fleet::{Site, says};
use crate::program::{Program, Ran, run, until};

/// What a listener for operators answers: the status, and the body.
pub(crate) fn asked(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

fn json(address: &str, path: &str) -> (u16, Value) {
    let (status, body) = asked(address, path);
    (status, serde_json::from_str(&body).unwrap_or_else(|e| panic!("{e}: {body}")))
}

/// Where a program serves its health and metrics.
pub(crate) fn admin(program: &mut Program) -> String {
    says(program, "serving health and metrics")["fields"]["address"].as_str().unwrap().to_owned()
}

/// What the worker's program says when it is asked, as in an image, for the one that serves its health there.
fn of_itself(site: &Site, address: &str, what: &[&str]) -> Ran {
    let mut command = site.command("vextrus-worker");
    command.env("VEXTRUS_WORKER_ADMIN_LISTEN", address).arg("health").args(what);
    run(command)
}

/// Waits until it is ready, or not ready since this check fails.
fn until_ready(address: &str) {
    until("it is ready", || (json(address, "/health/ready").0 == 200).then_some(()));
}

fn until_fails(address: &str, check: &str) {
    until(&format!("{check} fails"), || {
        let (status, report) = json(address, "/health/ready");
        let checks = report["checks"].as_array().unwrap();
        let failing =
            checks.iter().any(|c| c["name"] == check && c["status"] != "pass" && c["last_error"] != Value::Null);
        (status == 503 && failing).then_some(())
    });
    assert_eq!(json(address, "/health/live").0, 200, "liveness knows of no dependency");
    assert_eq!(json(address, "/health/startup").0, 200);
}

async fn grpc(address: &str) -> ServingStatus {
    let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let mut client = HealthClient::new(channel);
    let service = "vextrus.invoice.v1.InvoiceService".to_owned();
    client.check(HealthCheckRequest { service }).await.unwrap().into_inner().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_ready_while_what_it_depends_on_answers() {
    let temporal = DevServer::start(DevServerOptions::default()).await.unwrap();
    let to_temporal = Proxy::to(Target::Tcp(temporal.address.clone())).await.unwrap();
    let postgres = Server::durable().await;
    postgres.create("fleet").await;
    let to_postgres = Proxy::to(Target::Unix(postgres.folder().join(".s.PGSQL.5432"))).await.unwrap();
    let ledger = format!("postgres://{OWNER}@{}/fleet?sslmode=disable", to_postgres.address);
    let mut site = Site::with(&to_temporal.address.to_string(), Some(&ledger), "");
    site.found();
    let (mut worker, mut facade) = (site.worker(), site.facade());
    let (of_worker, of_facade) = (admin(&mut worker), admin(&mut facade));
    let both = [of_worker.as_str(), of_facade.as_str()];
    both.iter().for_each(|address| until_ready(address));
    assert_eq!(grpc(site.facade_address()).await, ServingStatus::Serving);
    let (status, report) = json(&of_worker, "/health");
    let names: Vec<&str> = report["checks"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!((status, names), (200, vec!["memory", "disk", "ledger", "temporal", "pollers", "outbox", "trail"]));
    for check in report["checks"].as_array().unwrap() {
        assert!(check["latency_millis"].is_u64() && check["time_out_millis"].as_u64() > Some(0), "{check:#}");
    }

    // Nothing comes through, and nobody is told: as when a switch fails.
    for (wire, check) in [(&to_temporal, "temporal"), (&to_postgres, "ledger")] {
        wire.stall(true);
        both.iter().for_each(|address| until_fails(address, check));
        assert_eq!(grpc(site.facade_address()).await, ServingStatus::NotServing);
        assert_eq!(asked(&of_worker, "/metrics").0, 200, "metrics are told all the same");
        wire.stall(false);
        wire.cut();
        both.iter().for_each(|address| until_ready(address));
    }
    let (_, metrics) = asked(&of_worker, "/metrics");
    assert!(!failed_polls(&metrics).is_empty(), "polls that were cut off are counted: {metrics}");
    assert!(metrics.contains("vextrus_health_check{check=\"temporal\"} 1"), "{metrics}");

    // Temporal goes, and the database.
    temporal.shutdown().await.unwrap();
    both.iter().for_each(|address| until_fails(address, "temporal"));
    drop(postgres);
    both.iter().for_each(|address| until_fails(address, "ledger"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_cannot_poll_is_not_ready() {
    let server = DevServer::start(DevServerOptions::default()).await.unwrap();
    let site = Site::new(&server.address);
    site.found();
    let mut worker = site.worker();
    let address = admin(&mut worker);
    until_ready(&address);
    let (_, report) = json(&address, "/health/ready");
    let pollers = report["checks"].as_array().unwrap().iter().find(|c| c["name"] == "pollers").unwrap();
    assert_eq!(pollers["detail"], "5 task queues are polled", "{report:#}");
    assert!(of_itself(&site, &address, &[]).ok().contains("\"status\":\"pass\""));
    // While it stops it is alive and takes nothing new.
    let log = worker.terminate().exits(0).err;
    assert!(log.contains("\"ready\":false"), "{log}");
    server.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_starts_says_so_and_its_log_can_be_turned_up() {
    // There is no Temporal yet.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let site = Site::new(&listener.local_addr().unwrap().to_string());
    let mut worker = Program::start(site.command("vextrus-worker"), "");
    let address = admin(&mut worker);
    assert_eq!(json(&address, "/health/startup").0, 503);
    assert_eq!(json(&address, "/health/ready").0, 503);
    assert_eq!(json(&address, "/health/live").0, 200);
    of_itself(&site, &address, &["live"]).ok();
    of_itself(&site, &address, &["startup"]).fails(1, "/health/startup says 503");

    let file = site.path("vextrus.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("[log]", "[log]\nfilter = \"warn\"")).unwrap();
    worker.hang_up();
    assert_eq!(says(&mut worker, "log.filter was read again")["fields"]["filter"], "warn");
    std::fs::write(&file, "[log]\nfilter = \"nonsense=loud\"").unwrap();
    worker.hang_up();
    let said = says(&mut worker, "log.filter stays as it was");
    assert!(said["fields"]["error"].as_str().unwrap().contains("nonsense=loud"), "{said}");
}
