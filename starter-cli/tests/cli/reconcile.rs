//! The ledger against Temporal, on the command line.

use std::process::Command;

use serde_json::Value;
use temporalio_client::WorkflowTerminateOptions;
use temporalio_common::UntypedWorkflow;
use vextrus_temporal::{ConnectOptions, connect_to};

use crate::program::{Ran, run, until};
use crate::running::Dev;

fn on(dev: &Dev, args: &[&str]) -> Command {
    let session = dev.session();
    let mut command = dev.command(args);
    command.env("VEXTRUS_LEDGER_ADDRESS", session["ledger"].as_str().unwrap());
    command.env("TEMPORAL_ADDRESS", session["temporal"].as_str().unwrap());
    // What this test submits is too young for the rounds of `vextrus dev` itself.
    command.env("VEXTRUS_RECONCILE_MIN_AGE_MILLIS", "0");
    command
}

fn reconcile(dev: &Dev, more: &[&str]) -> Ran {
    run(on(dev, &[&["ledger", "reconcile"], more].concat()))
}

fn terminate(dev: &Dev, workflow: &str) {
    let session = dev.session();
    let address = session["temporal"].as_str().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = connect_to(address, "default", ConnectOptions::default()).await.unwrap();
        let handle = client.get_workflow_handle::<UntypedWorkflow>(workflow);
        handle.terminate(WorkflowTerminateOptions::builder().reason("by mistake").build()).await.unwrap();
    });
}

#[test]
fn what_was_terminated_is_shown_closed_and_over() {
    let dev = Dev::start(&[]);
    let sound = reconcile(&dev, &["--dry-run"]).ok();
    assert!(sound.contains("everything that was looked at fits together"), "{sound}");
    let id = dev.submit("RC-1");
    dev.until_open(&id);
    let tenant = dev.session()["tenant"].as_str().unwrap().to_owned();
    let workflow = format!("invoice/{tenant}/{id}/1");
    terminate(&dev, &workflow);
    let shown = until("visibility has heard of it", || {
        let ran = reconcile(&dev, &["--dry-run", "-o", "json"]);
        (ran.code == Some(1)).then_some(ran)
    });
    assert!(shown.err.contains("1 thing does not fit together"), "{shown:#?}");
    let json: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(json["found"], serde_json::json!({"terminated/close": 1}), "{json:#}");
    let finding = &json["findings"][0];
    assert_eq!((&finding["workflow"], &finding["is_new"]), (&Value::from(workflow.as_str()), &Value::Null), "{json:#}");
    assert_eq!(json["namespace"]["server"], json["namespace"]["ledger"], "{json:#}");
    let lines = reconcile(&dev, &["--dry-run", "-o", "jsonl"]).exits(1).out;
    assert_eq!(serde_json::from_str::<Value>(lines.trim()).unwrap(), *finding);
    let other = reconcile(&dev, &["--dry-run", "--tenant", "globex"]).ok();
    assert!(other.contains("fits together"), "{other}");
    dev.until_open(&id);

    let told = reconcile(&dev, &[]).exits(1);
    assert!(told.out.contains(&workflow) && told.out.contains("terminated"), "{told:#?}");
    let ended = dev.until_ended(&id);
    assert_eq!(ended["outcome"], "failed", "{ended:#}");
    assert!(ended.to_string().contains("WORKFLOW_ENDED"), "{ended:#}");
    reconcile(&dev, &[]).ok();
    run(on(&dev, &["ledger", "check", "--tenant", &tenant])).ok();

    let adopt = ["ledger", "adopt-namespace", "--by", "omar", "--reason"];
    run(on(&dev, &adopt[..4])).fails(2, "--reason");
    run(on(&dev, &[&adopt[..], &["it is lost"]].concat())).fails(4, "is the ledger's already");
    run(on(&dev, &[&adopt[..], &[" "]].concat())).fails(4, "REASON_REQUIRED");
}
