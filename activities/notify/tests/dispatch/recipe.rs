//! The documentation of events: complete, and its recipe works as it stands.

use std::io::Write as _;
use std::process::{Command, Stdio};

use axum::response::IntoResponse as _;
use serde_json::{Value, json};
use vextrus_ledger::outbox::EventKind;
use vextrus_notify::{Channels, cloud_event, schema_id};
use vextrus_tests_support::company::Acme;
use vextrus_tests_support::{events, on_both};

use crate::receiver::Receiver;
use crate::{SECRET, dispatch, hook, opened};

on_both![the_recipe_tells_what_is_ours_from_what_is_not];

const PAGE: &str = include_str!("../../../../docs/events.md");

#[test]
fn every_type_has_a_schema_and_a_row() {
    for kind in EventKind::ALL {
        let (name, schema) = (kind.schema(), events::schema(*kind));
        assert_eq!(schema["title"], kind.type_name());
        assert_eq!(schema["$id"], schema_id(*kind));
        let row = format!("| [`{name}`](events/{name}.json) | {} |", schema["description"].as_str().unwrap());
        assert!(PAGE.contains(&row), "docs/events.md lacks the row\n{row}");
    }
    let files = std::fs::read_dir(events::folder()).unwrap().count();
    assert_eq!(files, EventKind::ALL.len(), "a schema belongs to no type");
}

/// The first block of Python in the page.
fn recipe() -> &'static str {
    PAGE.split("```python\n").nth(1).unwrap().split("```").next().unwrap()
}

/// Runs the recipe; answers whether it took the message.
fn takes(secret: &str, headers: [&str; 3], body: &[u8]) -> bool {
    let mut child = Command::new("python3")
        .args(["-c", recipe()])
        .arg(secret)
        .args(headers)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(body).unwrap();
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(!said.contains("Traceback"), "{said}");
    done.status.success()
}

async fn the_recipe_tells_what_is_ours_from_what_is_not(acme: &Acme) {
    let receiver = Receiver::new(|_, _| "{}".into_response()).await;
    let channels = Channels::configured(&hook(receiver.url())).unwrap();
    opened(acme, "inv-1", "a").await;
    dispatch(acme, &channels).await;
    let [(headers, body)] = receiver.seen().try_into().unwrap();
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let (id, time, signature) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    assert!(takes(SECRET, [&id, &time, &signature], &body));
    assert!(takes(SECRET, [&id, &time, &format!("v1,AAAA {signature}")], &body), "any of several will do");
    let other = "whsec_AgICAgICAgICAgICAgICAgICAgICAgIC";
    let old = (time.parse::<i64>().unwrap() - 301).to_string();
    let changed = String::from_utf8(body.to_vec()).unwrap().replace("inv-1", "inv-2");
    assert!(!takes(other, [&id, &time, &signature], &body));
    assert!(!takes(SECRET, ["another", &time, &signature], &body));
    assert!(!takes(SECRET, [&id, &old, &signature], &body));
    assert!(!takes(SECRET, [&id, &time, "v1,AAAA"], &body));
    assert!(!takes(SECRET, [&id, &time, &signature], changed.as_bytes()));
}

/// The example of the page is what is sent, but for ids and times.
#[test]
fn the_example_is_an_event() {
    let example = PAGE.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let example: Value = serde_json::from_str(example).unwrap();
    let kind = EventKind::of_type(example["type"].as_str().unwrap()).unwrap();
    let source: Vec<&str> = example["source"].as_str().unwrap().split('/').collect();
    let event = vextrus_ledger::outbox::OutboxEvent {
        id: example["id"].as_str().unwrap().to_owned(),
        tenant: source[2].to_owned(),
        document: source[4].to_owned(),
        submission: 1,
        event: String::new(),
        about: "invoice".to_owned(),
        kind: kind.type_name().to_owned(),
        sequence: 3,
        payload: example["data"].to_string(),
        created_at: example["time"].as_str().unwrap().parse().unwrap(),
    };
    assert_eq!(cloud_event(&event), example);
    assert_eq!(example["data"]["task"], json!("level-1"));
}
