//! The gate before a rollout, on the command line: histories of a server and of files.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use prost::Message as _;
use serde_json::Value;
use vextrus_replay::format;

use crate::program::{run, until, vextrus};
use crate::running::Dev;

/// What the Temporal CLI itself says.
fn exported(address: &str, workflow: &str) -> String {
    let cli = vextrus_temporal::dev_server::find_cli().unwrap();
    let shown = Command::new(cli)
        .args(["workflow", "show", "--address", address, "-w", workflow, "-o", "json"])
        .output()
        .unwrap();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    String::from_utf8(shown.stdout).unwrap()
}

/// What the Temporal UI shows and exports: the answer of its own server.
fn of_ui(port: u16, workflow: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let path = format!("/api/v1/namespaces/default/workflows/{}/history", workflow.replace('/', "%2F"));
    // Of this version, an answer comes whole.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(" 200 "), "{answer}");
    body.to_owned()
}

#[test]
fn what_runs_is_replayed_and_a_divergence_is_told() {
    let dev = Dev::start(&[]);
    let session = dev.session();
    let (temporal, tenant) = (session["temporal"].as_str().unwrap(), session["tenant"].as_str().unwrap());
    let id = dev.submit("RP-1");
    dev.until_open(&id);
    let workflow = format!("invoice/{tenant}/{id}/1");
    let here = |args: &[&str]| run(vextrus(&[&["replay"], args, &["-o", "json"]].concat()));
    let of_server = until("visibility has heard of it", || {
        let ran = here(&["--address", temporal, "--query", "WorkflowType = 'InvoiceApproval'"]).json();
        (ran["total"]["replayed"] == 1).then_some(ran)
    });
    assert_eq!(of_server["workflow_types"]["InvoiceApproval"]["replayed"], 1, "{of_server:#}");
    let all = here(&["--address", temporal, "--limit", "50", "--threads", "2"]).json();
    assert_eq!(all["total"]["diverged"], 0, "{all:#}");

    // As the Temporal CLI exports it, with payloads in full and in short, as the UI has it, in the SDK's JSON, and in binary.
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::create_dir(file("as exported")).unwrap();
    let full = exported(temporal, &workflow);
    let history = format::read(full.as_bytes()).unwrap();
    let short = format::write(&history).unwrap();
    assert!(full.contains("anNvbi9wbGFpbg==") && short.contains("\"submitter\": \"nasrin\""), "{short}");
    fs::write(file("as exported/full.json"), &full).unwrap();
    fs::write(file("as exported/short.json"), &short).unwrap();
    fs::write(file("as exported/binary"), history.encode_to_vec()).unwrap();
    let sdk = serde_json::to_vec(&history).unwrap();
    fs::write(file("as exported/sdk.json"), sdk).unwrap();
    let ui = of_ui(dev.ui_port, &workflow);
    fs::write(file("as exported/ui.json"), &ui).unwrap();
    let ui: Value = serde_json::from_str(&ui).unwrap();
    fs::write(file("as exported/ui events.json"), ui["history"]["events"].to_string()).unwrap();
    let all = here(&[file("as exported").to_str().unwrap()]).json();
    assert_eq!(all["total"]["replayed"], 6, "{all:#}");

    // Code that once scheduled another step.
    let other = short.replace("\"activity_type\": \"assess\"", "\"activity_type\": \"examine\"");
    assert_ne!(other, short);
    fs::write(file("other.json"), &other).unwrap();
    let junit = file("replay.xml");
    let other = file("other.json");
    let diverged = here(&[other.to_str().unwrap(), "--junit", junit.to_str().unwrap()]).exits(1);
    assert!(diverged.err.contains("this build would break running workflows: 1 diverged"), "{diverged:#?}");
    let json: Value = serde_json::from_str(&diverged.out).unwrap();
    let finding = &json["findings"][0];
    assert_eq!((&finding["verdict"], &finding["event"]), (&Value::from("diverged"), &Value::from(7)), "{json:#}");
    let told = |key: &str| finding[key].as_str().unwrap().to_owned();
    assert!(told("recorded").starts_with("LocalActivity examine"), "{json:#}");
    assert!(told("given").starts_with("LocalActivity assess"), "{json:#}");
    let xml = fs::read_to_string(&junit).unwrap();
    assert!(xml.contains("failures=\"1\"") && xml.contains("<failure message=\"diverged\">"), "{xml}");
    let text = run(vextrus(&["replay", other.to_str().unwrap()])).exits(1).out;
    assert!(text.contains("event 7: LocalActivity examine") && text.contains("ctx.patched"), "{text}");

    // What says something else goes on, and is told.
    let mut changed: Value = serde_json::from_str(&short).unwrap();
    changed["events"][6]["markerRecordedEventAttributes"]["details"]["input"][0]["revision"] = Value::from(7);
    fs::write(file("changed.json"), changed.to_string()).unwrap();
    let changed = file("changed.json");
    let json = here(&[changed.to_str().unwrap()]).json();
    assert_eq!(json["total"]["changed"], 1, "{json:#}");
    here(&[changed.to_str().unwrap(), "--strict"]).exits(1);

    // What cannot be replayed does not pass.
    fs::write(file("of others.json"), short.replace("InvoiceApproval", "SomebodyElse")).unwrap();
    let json: Value = serde_json::from_str(&here(&[file("of others.json").to_str().unwrap()]).exits(1).out).unwrap();
    assert_eq!(json["findings"][0]["why"], "this build has no workflow SomebodyElse", "{json:#}");
    fs::write(file("none.json"), "{\"events\": []}").unwrap();
    run(vextrus(&["replay", file("none.json").to_str().unwrap()])).fails(1, "the history holds no events");
    fs::write(file("text"), "not a history").unwrap();
    run(vextrus(&["replay", file("text").to_str().unwrap()])).fails(1, "it is no history");
    run(vextrus(&["replay", file("nowhere").to_str().unwrap()])).fails(1, "cannot be read");
}
