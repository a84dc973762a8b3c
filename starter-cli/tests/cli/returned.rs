//! What happens to an invoice between its submission and its decision, with `vextrus dev`.

use serde_json::{Value, json};

use crate::program::{Program, Ran, until};
use crate::running::{Dev, invoice};

#[test]
fn much_happens_before_a_decision() {
    let dev = Dev::start(&[]);
    one_is_returned_and_comes_back(&dev);
    one_wanders_from_person_to_person(&dev);
}

fn show(dev: &Dev, invoice: &str) -> Value {
    dev.by("nasrin", &["invoice", "show", invoice, "-o", "json"]).json()
}

/// Waits until an event is in the history.
fn until_told(dev: &Dev, invoice: &str, event: &str) -> Value {
    until(&format!("{event} is in the history"), || {
        let shown = show(dev, invoice);
        shown["approval"]["history"].as_array().unwrap().iter().find(|h| h["event"] == event).cloned()
    })
}

fn resubmit(dev: &Dev, person: &str, invoice: &str, content: &str) -> Ran {
    let args =
        ["--as", person, "invoice", "resubmit", invoice, "-", "--comment", "another due date", "--request-id", "s-1"];
    Program::start(dev.command(&args), content).wait()
}

fn one_is_returned_and_comes_back(dev: &Dev) {
    let invoice_id = dev.submit("T-1");
    dev.until_open(&invoice_id);
    let changed = invoice("T-1").replace("2026-11-30", "2026-12-20");
    resubmit(dev, "nasrin", &invoice_id, &changed).fails(4, "NOT_RETURNED");
    dev.by("nasrin", &["invoice", "return", &invoice_id, "--comment", "x"]).fails(4, "SELF_APPROVAL");
    dev.by("rahim", &["invoice", "return", &invoice_id, "--comment", " "]).fails(4, "REASON_REQUIRED");
    dev.by("rahim", &["invoice", "return", &invoice_id, "--comment", "the due date is too soon"]).ok();
    until("it is with its submitter", || (show(dev, &invoice_id)["approval"]["returned"] == true).then_some(()));
    let text = dev.by("nasrin", &["invoice", "show", &invoice_id]).ok();
    assert!(text.contains("it waits for its submitter to change it"), "{text}");
    assert!(text.contains("returned by rahim: level-1, the due date is too soon"), "{text}");
    dev.by("rahim", &["invoice", "approve", &invoice_id]).fails(4, "DOCUMENT_RETURNED");
    resubmit(dev, "rahim", &invoice_id, &changed).fails(4, "NOT_SUBMITTER");
    resubmit(dev, "nasrin", &invoice_id, &invoice("T-2")).fails(4, "INVALID_FIELD");
    resubmit(dev, "nasrin", "no-such", &changed).fails(3, "NOT_FOUND");
    resubmit(dev, "nasrin", &invoice_id, &changed).ok();
    resubmit(dev, "nasrin", &invoice_id, &changed).ok();
    resubmit(dev, "nasrin", &invoice_id, &invoice("T-1")).fails(4, "REQUEST_ID_REUSED");
    until_told(dev, &invoice_id, "resubmitted");
    until("it is asked again", || {
        let shown = show(dev, &invoice_id);
        let open = shown["tasks"].as_array().unwrap().iter().any(|t| t["state"] == "open");
        (open && shown["approval"]["returned"] == false).then_some(())
    });
    assert_eq!(show(dev, &invoice_id)["due_date"], "2026-12-20");
    until("it is approved", || (dev.by("rahim", &["invoice", "approve", &invoice_id]).code == Some(0)).then_some(()));
    let ended = dev.until_ended(&invoice_id);
    assert_eq!((&ended["outcome"], &ended["submission"]), (&json!("approved"), &json!(1)), "{ended:#}");
    // The same request again, after the end.
    resubmit(dev, "nasrin", &invoice_id, &changed).ok();
}

fn one_wanders_from_person_to_person(dev: &Dev) {
    let invoice_id = dev.submit("P-1");
    dev.until_open(&invoice_id);
    let on =
        |person: &str, verb: &str, more: &[&str]| dev.by(person, &[&["invoice", verb, &invoice_id], more].concat());
    on("shirin", "comment", &["--text", "hello"]).fails(4, "NOT_ELIGIBLE");
    on("nasrin", "comment", &["--text", "please\nsoon\u{9}now"]).ok();
    until_told(dev, &invoice_id, "commented");
    let text = dev.by("rahim", &["invoice", "show", &invoice_id]).ok();
    assert!(text.contains("commented by nasrin: please soon now"), "nobody's words look like a line of ours: {text}");
    on("rahim", "comment", &["--text", "\u{1b}[2J"]).fails(4, "comment.text");

    on("rahim", "delegate", &["--to", "nobody"]).fails(4, "NOT_ELIGIBLE");
    on("rahim", "delegate", &["--to", "shirin", "--comment", "you were there"]).ok();
    assert_eq!(until_told(dev, &invoice_id, "delegated")["subject"], "shirin");
    on("rahim", "reassign", &["--task", "level-1", "--from", "salma", "--to", "farida", "--reason", "ill"])
        .fails(4, "NOT_ADMINISTRATOR");
    on("ruma", "reassign", &["--task", "level-1", "--from", "salma", "--to", "farida", "--reason", "ill"]).ok();
    assert_eq!(until_told(dev, &invoice_id, "reassigned")["subject"], "salma to farida");
    on("ruma", "escalate", &["--reason", "it is late"]).ok();
    until_told(dev, &invoice_id, "escalated");
    for verb in ["reassess", "replan"] {
        let revised = || show(dev, &invoice_id)["approval"]["history"].as_array().unwrap().len();
        let before = revised();
        on("nasrin", verb, &["--reason", "the rules are new"]).fails(4, "SELF_APPROVAL");
        until(&format!("{verb} is taken"), || {
            (on("ruma", verb, &["--reason", "the rules are new"]).code == Some(0)).then_some(())
        });
        until(&format!("{verb} is told"), || (revised() > before).then_some(()));
    }
    let approved = until("it is approved", || {
        let ran = on("rahim", "approve", &["-o", "json"]);
        (ran.code == Some(0)).then_some(ran)
    });
    assert_eq!(approved.json()["principal"], "rahim");
    assert_eq!(dev.until_ended(&invoice_id)["outcome"], "approved");
}
