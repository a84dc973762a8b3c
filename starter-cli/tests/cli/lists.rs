//! Lists, trails, taxes, and several decisions at once.

use serde_json::Value;

use crate::program::until;
use crate::running::{Dev, id};

#[test]
fn documents_are_listed_explained_and_decided_together() {
    let dev = Dev::start(&[]);
    let ids = ["L-1", "L-22", "L-333"].map(|number| dev.submit(number));
    ids.iter().for_each(|id| dev.until_open(id));
    let list = |filter: &str| dev.by("rahim", &["invoice", "list", "--filter", filter, "-o", "jsonl"]).jsonl();
    let listed: Vec<String> = list("state = assessed").iter().map(id).collect();
    assert_eq!(listed, [ids[2].as_str(), &ids[1], &ids[0]]);
    assert_eq!(dev.by("rahim", &["invoice", "list", "--limit", "2", "-o", "json"]).json().as_array().unwrap().len(), 2);
    let table = dev.by("rahim", &["invoice", "list", "--filter", "number = L-22"]).ok();
    assert!(table.contains("stands") && table.contains("assessed") && table.contains("L-22"), "{table}");
    dev.by("rahim", &["invoice", "list", "--filter", "colour = red"]).fails(4, "there is no field \"colour\"");

    let trail = dev.by("rahim", &["invoice", "trail", &ids[0], "-o", "json"]).json();
    assert_eq!((&trail[0]["kind"], &trail[0]["actor"]), (&Value::from("claimed"), &Value::from("nasrin")), "{trail:#}");
    let told = dev.by("rahim", &["invoice", "explain-taxes", &ids[0]]).ok();
    assert!(told.contains("VAT") && told.contains("payable"), "{told}");
    let taxes = ["invoice", "taxes", "examples/invoices/02-one-level.json", "--paid-on", "2026-12-24", "-o", "json"];
    let taxes = dev.by("rahim", &taxes).json();
    assert_eq!(taxes["taxes"]["paid_on"], "2026-12-24", "{taxes:#}");

    let waiting = dev.by("rahim", &["inbox", "-o", "jsonl"]).jsonl();
    let name = |document: &str| {
        let task = waiting.iter().find(|task| task["document"].as_str().unwrap().ends_with(document)).unwrap();
        format!("{}/tasks/{}", task["document"].as_str().unwrap(), task["task"].as_str().unwrap())
    };
    let tasks = ids.each_ref().map(|id| name(id));
    let decide = ["inbox", "--decide", "approve", "--request-id", "all-1", &tasks[0], &tasks[1], "-o", "jsonl"];
    let decided = dev.by("rahim", &decide).jsonl();
    assert!(decided.iter().all(|line| line["decided"] == true), "{decided:#?}");
    // The same again is answered the same way; what is nobody's is refused by itself.
    dev.by("rahim", &decide).ok();
    let none = tasks[2].replace(&ids[2], "none");
    let some = dev.by("rahim", &["inbox", "--decide", "approve", &tasks[2], &none]).exits(4);
    assert!(some.out.contains("decided") && some.out.contains("NOT_FOUND"), "{some:#?}");
    for id in &ids {
        until("it is settled", || (dev.until_ended(id)["state"] == "settled").then_some(()));
    }
    assert_eq!(list("outcome = approved").len(), 3);
}
