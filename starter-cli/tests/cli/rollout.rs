//! Versions of the workers on a real server: new workflows go where they are sent, and old ones end where they began.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use serde_json::Value;
use temporalio_client::WorkflowDescribeOptions;
use temporalio_common::UntypedWorkflow;
use vextrus_temporal::dev_server::find_cli;
use vextrus_temporal::{ConnectOptions, DevServer, DevServerOptions, connect_to};

use crate::fleet::Site;
use crate::program::{Program, program, root, run, until, vextrus};
use crate::running::{id, invoice};

const DEPLOYMENT: &str = "vextrus";

/// The build on which an invoice's workflow runs or ran.
async fn build_of(server: &DevServer, invoice: &str) -> String {
    let client = connect_to(&server.address, "default", ConnectOptions::default()).await.unwrap();
    let handle = client.get_workflow_handle::<UntypedWorkflow>(format!("invoice/acme-bd/{invoice}/1"));
    let described = handle.describe(WorkflowDescribeOptions::default()).await.unwrap().raw_description;
    let info = described.workflow_execution_info.unwrap().versioning_info.unwrap_or_default();
    info.deployment_version.unwrap_or_default().build_id
}

fn submitted(site: &Site, number: &str) -> String {
    let submitted = site.by("nasrin", &["invoice", "submit", "-", "-o", "json"], &invoice(number)).json();
    let id = id(&submitted);
    until("its task is open", || (site.show(&id)["tasks"][0]["state"] == "open").then_some(()));
    id
}

fn settled(site: &Site, invoice: &str) {
    site.by("rahim", &["invoice", "approve", invoice], "").ok();
    until("it is settled", || (site.show(invoice)["state"] == "settled").then_some(()));
}

fn status(site: &Site) -> Value {
    site.at_temporal(&["rollout", "status", "-o", "json"]).json()
}

fn state_of(status: &Value, build: &str) -> String {
    let versions = status["versions"].as_array().unwrap();
    let found = versions.iter().find(|v| v["build"] == build).unwrap_or_else(|| panic!("{build}: {status:#}"));
    found["state"].as_str().unwrap().to_owned()
}

/// A Prometheus that answers every question with one.
fn worried() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let asked = String::from_utf8_lossy(&request[..read]).starts_with("GET /api/v1/query?query=stuck+%3E+0 ");
            let value = if asked { "1" } else { "0" };
            let body = format!(
                "{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":[{{\"metric\":{{}},\"value\":[1,\"{value}\"]}}]}}}}"
            );
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            drop(stream.write_all((head + &body).as_bytes()));
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn new_workflows_go_where_they_are_sent_and_old_ones_end_where_they_began() {
    let server = DevServer::start(DevServerOptions::default()).await.unwrap();
    let mut site = Site::new(&server.address);
    site.found();
    site.at_temporal(&["rollout", "status"]).fails(3, "no worker of deployment vextrus has polled");
    let first = site.worker_as(Some((DEPLOYMENT, "v1")));
    let facade = site.facade();
    let run = |build: &str, more: &[&str]| {
        let args = ["rollout", "run", build, "--steps", "50", "--watch", "1s", "--within", "60s", "-o", "json"];
        site.at_temporal(&[&args[..], more].concat())
    };
    let brought_in = run("v1", &[]).exits(0);
    assert!(brought_in.err.contains("the gate has passed on v1"), "{brought_in:#?}");
    assert_eq!(status(&site)["current"], "v1");
    let old = submitted(&site, "R-1");
    assert_eq!(build_of(&server, &old).await, "v1");

    // Another build beside it. All new workflows are sent to it, and the old one stays.
    let second = site.worker_as(Some((DEPLOYMENT, "v2")));
    until("the server has heard of it", || {
        let status = status(&site);
        status["versions"].as_array().unwrap().iter().any(|v| v["build"] == "v2").then_some(())
    });
    until("it is taken on every task queue", || {
        (site.at_temporal(&["rollout", "ramp", "v2", "--percent", "100"]).code == Some(0)).then_some(())
    });
    assert_eq!(state_of(&status(&site), "v2"), "ramping");
    let new = submitted(&site, "R-2");
    assert_eq!(build_of(&server, &new).await, "v2");
    settled(&site, &old);
    assert_eq!(build_of(&server, &old).await, "v1");

    // Back again: what began on the other build ends there.
    let back = site.at_temporal(&["rollout", "rollback", "-o", "json"]).json();
    assert_eq!((&back["current"], &back["ramping"]), (&Value::from("v1"), &Value::Null), "{back:#}");
    let third = submitted(&site, "R-3");
    assert_eq!(build_of(&server, &third).await, "v1");
    settled(&site, &new);
    assert_eq!(build_of(&server, &new).await, "v2");

    // What somebody measures takes it back by itself.
    let prometheus = worried();
    let worry = ["--prometheus", &prometheus, "--query", "stuck > 0"];
    let taken_back = run("v2", &worry).exits(1);
    assert!(
        taken_back.err.contains("was taken back") && taken_back.err.contains("something is wrong"),
        "{taken_back:#?}"
    );
    let after = status(&site);
    assert_eq!((&after["current"], &after["ramping"]), (&Value::from("v1"), &Value::Null), "{after:#}");
    // So does its own end: nobody would watch the ramp any more.
    let mut watched = vextrus(&["rollout", "run", "v2", "--steps", "50", "--watch", "10m", "--within", "60s"]);
    watched.args(["--address", &server.address]);
    let watched = Program::start(watched, "");
    until("it ramps", || watched.err().contains("50 % of new workflows go to v2").then_some(()));
    assert_eq!(state_of(&status(&site), "v2"), "ramping");
    let stopped = watched.terminate().exits(1);
    assert!(stopped.err.contains("told to stop") && stopped.err.contains("was taken back"), "{stopped:#?}");
    let after = status(&site);
    assert_eq!((&after["current"], &after["ramping"]), (&Value::from("v1"), &Value::Null), "{after:#}");
    run("v2", &["--prometheus", &prometheus, "--query", "calm"]).exits(0);
    let after = status(&site);
    assert_eq!(after["current"], "v2", "{after:#}");
    assert_eq!(state_of(&after, "v1"), "draining", "{after:#}");
    settled(&site, &third);
    assert_eq!(build_of(&server, &third).await, "v1");
    let back = site.at_temporal(&["rollout", "rollback", "--to", "v1", "-o", "json"]).json();
    assert_eq!(back["current"], "v1", "{back:#}");

    site.at_temporal(&["rollout", "promote", "v9"]).fails(3, "has no version v9");
    let absent = ["rollout", "run", "v9", "--within", "1s"];
    let absent = site.at_temporal(&absent).exits(1);
    assert!(absent.err.contains("no worker of version v9 of vextrus polls"), "{absent:#?}");
    second.terminate().exits(0);
    first.terminate().exits(0);
    facade.terminate().exits(0);
    server.shutdown().await.unwrap();
}

/// The block of docs/rollback.md with these words, done in a shell that finds `temporal` and `vextrus`; OLD is v1 there and NEW v2.
fn as_the_page_says(server: &DevServer, words: &str) -> String {
    let page = std::fs::read_to_string(root().join("docs/rollback.md")).unwrap();
    let blocks = page.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let [block] = blocks.filter(|block| block.contains(words)).collect::<Vec<_>>().try_into().unwrap();
    let (cli, ours) = (find_cli().unwrap(), Path::new(env!("CARGO_BIN_EXE_vextrus")));
    let path = [cli.parent().unwrap(), ours.parent().unwrap(), Path::new("/usr/bin"), Path::new("/bin")];
    let mut shell = program(Path::new("/bin/sh"));
    shell.args(["-e", "-c", &block.replace("OLD", "v1").replace("NEW", "v2")]);
    shell.env("PATH", std::env::join_paths(path).unwrap()).env("TEMPORAL_ADDRESS", &server.address);
    run(shell).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_a_build_cannot_end_are_moved_to_the_one_before() {
    let server = DevServer::start(DevServerOptions::default()).await.unwrap();
    let mut site = Site::new(&server.address);
    site.found();
    let first = site.worker_as(Some((DEPLOYMENT, "v1")));
    let facade = site.facade();
    let second = site.worker_as(Some((DEPLOYMENT, "v2")));
    for build in ["v1", "v2"] {
        until("it is current", || (site.at_temporal(&["rollout", "promote", build]).code == Some(0)).then_some(()));
    }
    let stuck = submitted(&site, "R-1");
    assert_eq!(build_of(&server, &stuck).await, "v2");
    site.at_temporal(&["rollout", "rollback", "--to", "v1"]).ok();
    second.terminate().exits(0);

    until("visibility has it", || {
        as_the_page_says(&server, "temporal workflow count").contains("Total: 1").then_some(())
    });
    let replayed = as_the_page_says(&server, "vextrus replay --query");
    assert!(replayed.lines().any(|line| line.starts_with("1 histories, ")), "{replayed}");
    as_the_page_says(&server, "temporal workflow update-options");
    settled(&site, &stuck);
    assert_eq!(build_of(&server, &stuck).await, "v1");
    first.terminate().exits(0);
    facade.terminate().exits(0);
    server.shutdown().await.unwrap();
}
