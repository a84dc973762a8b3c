//! Documents of a replaced service: tried, submitted by who asked for them, confirmed by who had approved them.

use serde_json::{Value, json};

use crate::program::{Program, Ran};
use crate::running::{Dev, invoice};

#[test]
fn open_documents_come_over_with_their_approvals() {
    let dev = Dev::start(&[]);
    let on_behalf = |person: &str, args: &[&str], stdin: &str| {
        Program::start(dev.command(&[&["--as", person, "cutover"], args].concat()), stdin).wait()
    };
    let bill: Value = serde_json::from_str(&invoice("C-1")).unwrap();
    let other: Value = serde_json::from_str(&invoice("C-2")).unwrap();
    let order: Value = serde_json::from_str(
        &std::fs::read_to_string(crate::program::root().join("examples/orders/01-cement.json")).unwrap(),
    )
    .unwrap();
    let earlier = json!([{"person": "rahim", "on": "2026-10-20", "comment": "as agreed"}]);
    let open = [
        json!({"reference": "নথি/17", "submitter": "nasrin", "invoice": bill, "approvals": earlier}),
        json!({"reference": "18", "submitter": "salma", "invoice": other}),
        json!({"reference": "19", "submitter": "nasrin", "purchase_order": order}),
    ];
    let file = open.iter().map(|line| format!("{line}\n")).collect::<String>();

    // A file that is wrong is refused whole, with each line that is.
    let typo = file.replace("approvals", "aprovals").replace("\"19\"", "\"18\"");
    let refused = on_behalf("nasrin", &["submit", "-"], &typo).exits(4);
    assert!(refused.err.contains("line 1: unknown field `aprovals`"), "{}", refused.err);
    assert!(refused.err.contains("line 3: reference \"18\" stands in line 2 already"), "{}", refused.err);

    let became = |ran: Ran| -> Vec<(String, String)> {
        let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
        ran.jsonl().iter().map(|line| (text(line, "became"), text(line, "note"))).collect()
    };
    let tried = became(on_behalf("nasrin", &["submit", "-", "--dry-run", "-o", "jsonl"], &file));
    assert_eq!(tried[0].0, "possible", "{tried:?}");
    assert!(tried[0].1.contains("asks") && tried[0].1.contains("rahim"), "{tried:?}");
    assert_eq!(tried[1], ("left".to_owned(), "it is salma's: they submit it themselves".to_owned()));
    assert!(dev.by("nasrin", &["invoice", "list", "-o", "jsonl"]).jsonl().is_empty(), "it was a dry run");

    let done = on_behalf("nasrin", &["submit", "-", "-o", "jsonl"], &file).ok();
    let words = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|line| line["became"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(words(&done), ["submitted", "left", "submitted"], "{done}");
    let first: Value = serde_json::from_str(done.lines().next().unwrap()).unwrap();
    let id = first["document"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let shown = dev.by("rahim", &["invoice", "show", &id]).ok();
    assert!(shown.contains("নথি/17: approved by rahim on 2026-10-20: as agreed"), "{shown}");
    // Once more, with what the first answered: nothing is submitted twice, and nothing said twice.
    let again = on_behalf("nasrin", &["submit", "-", "-o", "jsonl"], &done).ok();
    assert_eq!(words(&again), ["submitted before", "left", "submitted before"], "{again}");
    let told_once = dev.by("rahim", &["invoice", "show", &id]).ok();
    assert_eq!(told_once.matches("as agreed").count(), 1, "{told_once}");
    let changed = file.replace("C-1", "C-3");
    let refused = on_behalf("nasrin", &["submit", "-"], &changed).exits(4);
    assert!(
        refused.out.contains("REQUEST_ID_REUSED") && refused.err.contains("1 of 3 documents are refused"),
        "{refused:#?}"
    );

    // Whoever had approved confirms it, and nobody else.
    dev.until_open(&id);
    let submitted = dev.folder.path().join("submitted.jsonl");
    // What the submitter hands on is believed in nothing but names.
    std::fs::write(&submitted, done.replace("\"rahim\"", "\"farida\"")).unwrap();
    let place = submitted.to_str().unwrap();
    let confirm = |person: &str, more: &[&str]| {
        on_behalf(person, &[&["confirm", "-", "--submitted", place, "-o", "jsonl"], more].concat(), &file)
    };
    assert!(confirm("farida", &[]).jsonl().is_empty());
    let (word, note) = became(confirm("rahim", &["--dry-run"])).remove(0);
    assert!(word == "possible" && note.contains("BDT"), "{note}");
    let confirmed = confirm("rahim", &[]);
    assert_eq!(became(confirmed), [("approved".to_owned(), String::new())]);
    assert_eq!(dev.until_ended(&id)["state"], "settled");
    let twice = became(confirm("rahim", &[]));
    assert_eq!(twice, [("left".to_owned(), "no level of it waits for you".to_owned())]);
}

#[test]
fn what_was_changed_since_is_read_again() {
    let dev = Dev::start(&[]);
    let bill: Value = serde_json::from_str(&invoice("C-9")).unwrap();
    let line = json!({"reference": "9", "submitter": "nasrin", "invoice": bill,
        "approvals": [{"person": "rahim", "on": "2026-10-20"}]});
    let submit = dev.command(&["--as", "nasrin", "cutover", "submit", "-", "-o", "jsonl"]);
    let done = Program::start(submit, &line.to_string()).wait().ok();
    let first: Value = serde_json::from_str(&done).unwrap();
    let id = first["document"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    dev.until_open(&id);
    dev.by("rahim", &["invoice", "return", &id, "--comment", "the due date is too soon"]).ok();
    crate::program::until("it is with its submitter", || {
        let shown = dev.by("nasrin", &["invoice", "show", &id, "-o", "json"]).json();
        (shown["approval"]["returned"] == true).then_some(())
    });
    let changed = invoice("C-9").replace("2026-11-30", "2026-12-20");
    let again = dev.command(&["--as", "nasrin", "invoice", "resubmit", &id, "-", "--comment", "later"]);
    Program::start(again, &changed).wait().ok();
    dev.until_open(&id);
    let submitted = dev.folder.path().join("submitted.jsonl");
    std::fs::write(&submitted, &done).unwrap();
    let place = submitted.to_str().unwrap();
    let confirm = dev.command(&["--as", "rahim", "cutover", "confirm", "-", "--submitted", place, "-o", "jsonl"]);
    let told = Program::start(confirm, &line.to_string()).wait().jsonl();
    assert_eq!(
        (&told[0]["became"], &told[0]["note"]),
        (&json!("left"), &json!("it is not what you had approved: read it and decide"))
    );
}
