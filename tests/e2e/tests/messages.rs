//! Messages past the facade: what other services, operators and mischief can send to a workflow or a task queue.
#![cfg(test)]

use std::process::Stdio;

use vextrus_contract::document::{CommandAnswer, FinalStatus, Head};
use vextrus_domain::RefusalCode;
use vextrus_domain::signature::KeyPair;
use vextrus_invoice::InvoiceApproval;
use vextrus_platform::config::SignalTrust;
use vextrus_tests_e2e::history::event_types;
use vextrus_tests_e2e::messages::{decision, sent, signal, update};
use vextrus_tests_e2e::{World, invoice};

async fn open(world: &World, subtotal: &str) -> String {
    let id = world.submit(&invoice("padma-builders", "M-1", subtotal)).await.unwrap();
    world.until_open(&id).await.unwrap();
    id
}

async fn until_refused(world: &World, id: &str, count: usize) -> Vec<String> {
    let mut codes = Vec::new();
    world
        .until(&format!("{count} messages are on the trail as refused"), async || {
            let entries = world.trail(id, "message_refused").await?;
            codes = entries.iter().map(|e| e["refusal"]["code"].as_str().unwrap_or_default().to_owned()).collect();
            Ok(codes.len() >= count)
        })
        .await
        .unwrap();
    codes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_that_cannot_be_read_leaves_the_document_decidable() {
    let world = World::new().await.unwrap();
    let id = open(&world, "1000").await;
    let handle = world.handle(&id).await.unwrap();
    for (name, payloads) in [
        ("approve", &[][..]),
        ("approve", &["42"][..]),
        ("approve", &["{\"approver\": 7}"][..]),
        ("approve", &["{not json"][..]),
        ("reject", &["{\"approver\": \"rahim\"}"][..]),
        ("requestInfo", &["\"a\"", "\"b\""][..]),
    ] {
        signal(&handle, name, payloads).await.unwrap();
    }
    assert_eq!(until_refused(&world, &id, 6).await, vec!["MESSAGE_MALFORMED"; 6]);
    assert_eq!(world.status(&id).await.unwrap().refused_messages, 6);
    world.decide(&id, "rahim", "approve").await.unwrap();
    assert_eq!(world.result(&id).await.unwrap().status, FinalStatus::Approved);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_signal_is_refused_and_audited() {
    let world = World::new().await.unwrap();
    let id = open(&world, "1000").await;
    let handle = world.handle(&id).await.unwrap();
    signal(&handle, "approve", &["{\"approver\": \"rahim\", \"comments\": \"ok\"}"]).await.unwrap();
    assert_eq!(until_refused(&world, &id, 1).await, ["SIGNATURE_MISSING"]);
    world.decide(&id, "rahim", "approve").await.unwrap();
    world.result(&id).await.unwrap();
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_signal_counts_as_the_update_does() {
    let world = World::new().await.unwrap();
    let id = open(&world, "1000").await;
    let (handle, key) = (world.handle(&id).await.unwrap(), world.key(&id).await.unwrap());
    let signed = decision(&world, &key, "level-1", "rahim", "approve", Some(&world.stack.signing_key)).await.unwrap();
    let body = serde_json::json!({"approver": "rahim", "assertion": signed}).to_string();
    signal(&handle, "approve", &[&body]).await.unwrap();
    assert_eq!(world.result(&id).await.unwrap().status, FinalStatus::Approved);
    assert_eq!(world.trail(&id, "decided").await.unwrap()[0]["assurance"], "signed");
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_trusted_namespace_signals_count_as_asserted_extra_fields_or_not() {
    let world = World::with(|o| o.trust = SignalTrust::Namespace).await.unwrap();
    let id = open(&world, "200000").await;
    let handle = world.handle(&id).await.unwrap();
    signal(&handle, "requestInfo", &["{\"requestedBy\": \"rahim\", \"question\": \"which site?\"}"]).await.unwrap();
    signal(&handle, "approve", &["{\"approver\": \"nasrin\", \"comments\": \"\"}"]).await.unwrap();
    signal(&handle, "approve", &["{\"approver\": \"karim\", \"comments\": \"\"}"]).await.unwrap();
    assert_eq!(until_refused(&world, &id, 2).await, ["SELF_APPROVAL", "NOT_ELIGIBLE"]);
    // The second finds its level open already, though the first is not recorded yet.
    signal(&handle, "approve", &["{\"approver\": \"rahim\", \"comments\": \"\", \"new\": 1}"]).await.unwrap();
    signal(&handle, "reject", &["{\"approver\": \"karim\", \"reason\": \"too dear\"}"]).await.unwrap();
    let result = world.result(&id).await.unwrap();
    assert_eq!((result.status, result.decisions.len()), (FinalStatus::Rejected, 2));
    assert_eq!(world.trail(&id, "info_requested").await.unwrap()[0]["question"], "which site?");
    let decided = world.trail(&id, "decided").await.unwrap();
    assert!(decided.iter().all(|d| d["assurance"] == "asserted"));
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_of_the_wrong_kind_leave_no_event() {
    let world = World::new().await.unwrap();
    let id = open(&world, "200000").await;
    let (handle, key) = (world.handle(&id).await.unwrap(), world.key(&id).await.unwrap());
    // The task is open in the ledger a moment before the workflow has gone on to wait for its decision.
    let mut before = Vec::new();
    world
        .until("the workflow waits", async || {
            before = event_types(&handle).await?;
            Ok(before.iter().any(|event| event == "TIMER_STARTED")
                && !before.last().is_some_and(|e| e.contains("TASK")))
        })
        .await
        .unwrap();
    let own = &world.stack.signing_key;
    for (task, person, code) in [
        ("level-1", "nasrin", RefusalCode::SelfApproval),
        ("level-1", "karim", RefusalCode::NotEligible),
        ("level-2", "karim", RefusalCode::TaskNotOpen),
        ("level-7", "rahim", RefusalCode::TaskUnknown),
    ] {
        let error = update(&handle, decision(&world, &key, task, person, "approve", Some(own)).await.unwrap()).await;
        let text = error.unwrap_err().to_string();
        assert!(text.contains(code.name()), "{text}");
    }
    assert_eq!(event_types(&handle).await.unwrap(), before);
    for (task, person) in [("level-1", "rahim"), ("level-2", "karim")] {
        world.decide_when_open(&id, task, person, "approve").await.unwrap();
    }
    world.result(&id).await.unwrap();
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_decision_is_taken_back_and_the_document_goes_on() {
    let world = World::new().await.unwrap();
    let (forger, id) = (KeyPair::from_seed(&[9; 32]), open(&world, "200000").await);
    let (handle, key) = (world.handle(&id).await.unwrap(), world.key(&id).await.unwrap());
    let forged = decision(&world, &key, "level-1", "rahim", "approve", Some(&forger)).await.unwrap();
    assert!(
        matches!(update(&handle, forged).await.unwrap(), CommandAnswer::Accepted { .. }),
        "keys are the ledger's matter"
    );
    // The workflow is told of it a moment after the ledger has refused it.
    let taken_back = async |refused: usize, task: &str| {
        let is_open = world.status(&id).await?.tasks.iter().any(|t| t.task.as_str() == task && t.state == "open");
        Ok(is_open && world.trail(&id, "command_refused").await?.len() == refused)
    };
    world.until("the ledger has refused it", async || taken_back(1, "level-1").await).await.unwrap();
    world.decide_when_open(&id, "level-1", "salma", "approve").await.unwrap();
    // The same at the last level, where settle refuses.
    let open = async || Ok(world.person("karim").await?.inbox().await?.len() == 1);
    world.until("the second level is open", open).await.unwrap();
    let forged = decision(&world, &key, "level-2", "karim", "approve", Some(&forger)).await.unwrap();
    update(&handle, forged).await.unwrap();
    world.until("settle has refused it", async || taken_back(2, "level-2").await).await.unwrap();
    world.decide(&id, "karim", "approve").await.unwrap();
    assert_eq!(world.result(&id).await.unwrap().status, FinalStatus::Approved);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_decisions_of_one_person_that_wait_for_a_worker_count_once() {
    let mut world = World::new().await.unwrap();
    // rahim may decide both levels of this company, but only one of one document.
    world.company.people[1].roles.push("department_head".parse().unwrap());
    world.company.people[1].department = Some("works".parse().unwrap());
    world.stack.found(&world.company).await.unwrap();
    let id = open(&world, "200000").await;
    let (handle, key) = (world.handle(&id).await.unwrap(), world.key(&id).await.unwrap());
    let own = world.stack.signing_key.clone();
    let first = decision(&world, &key, "level-1", "rahim", "approve", Some(&own)).await.unwrap();
    let second = decision(&world, &key, "level-1", "rahim", "approve", Some(&own)).await.unwrap();
    world.stack.stop_worker().await.unwrap();
    // Nobody answers in time, but the server keeps what was sent for the next worker.
    let waited = futures::join!(sent(&handle, first.clone(), 2), sent(&handle, second.clone(), 2));
    assert!(waited.0.is_err() && waited.1.is_err(), "{waited:?}");
    world.stack.start_worker().unwrap();
    let answers = [sent(&handle, first, 30).await, sent(&handle, second, 30).await];
    let accepted = answers.iter().filter(|a| matches!(a, Ok(CommandAnswer::Accepted { .. }))).count();
    assert_eq!(accepted, 1, "{answers:?}");
    world.decide_when_open(&id, "level-2", "karim", "approve").await.unwrap();
    let result = world.result(&id).await.unwrap();
    let deciders: Vec<&str> = result.decisions.iter().map(|d| d.actor.as_str()).collect();
    assert_eq!((result.status, deciders), (FinalStatus::Approved, vec!["rahim", "karim"]));
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settle_started_by_hand_is_refused_and_audited() {
    let world = World::new().await.unwrap();
    let id = open(&world, "1000").await;
    let key = world.key(&id).await.unwrap();
    let input = serde_json::json!({"key": key, "revision": 1, "at": "2026-11-01T00:00:00Z", "entries": []}).to_string();
    let cli = vextrus_temporal::dev_server::find_cli().unwrap();
    let output = tokio::process::Command::new(cli)
        .args(["activity", "execute", "--activity-id", "by-hand", "--type", "settle", "--task-queue", "invoice"])
        .args(["--start-to-close-timeout", "10s", "--input", &input])
        .args(["--address", &world.stack.temporal, "--namespace", &world.stack.namespace])
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("APPROVALS_INCOMPLETE"), "{said}");
    assert_eq!(world.trail(&id, "settle_refused").await.unwrap()[0]["code"], "APPROVALS_INCOMPLETE");
    world.decide(&id, "rahim", "approve").await.unwrap();
    assert_eq!(world.result(&id).await.unwrap().status, FinalStatus::Approved);
    world.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_show_status_history_and_details() {
    let world = World::new().await.unwrap();
    let id = open(&world, "200000").await;
    world.decide(&id, "rahim", "approve").await.unwrap();
    let status = world.status(&id).await.unwrap();
    let states: Vec<&str> = status.tasks.iter().map(|t| t.state.as_str()).collect();
    assert_eq!((status.status.as_str(), states), ("waiting", vec!["decided", "open"]));
    let handle = world.handle(&id).await.unwrap();
    let history = handle.query(InvoiceApproval::approval_history, (), Default::default()).await.unwrap();
    assert!(matches!(&history[..], [e] if e.by.as_ref().is_some_and(|by| by.actor.as_str() == "rahim")), "{history:?}");
    let details = handle.query(InvoiceApproval::invoice_details, (), Default::default()).await.unwrap();
    let Head::Invoice(head) = details.head else { panic!("{:?}", details.head) };
    assert_eq!((head.number.as_str(), head.line_count), ("M-1", 1));
    assert_eq!(details.totals.unwrap().net_payable, "215000".parse().unwrap());
    world.decide_when_open(&id, "level-2", "karim", "reject").await.unwrap();
    world.result(&id).await.unwrap();
    world.finish().await.unwrap();
}
