//! A day with `vextrus dev`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::program::{Program, listens, run, until, until_gone, vextrus};
use crate::running::{Dev, id, invoice};

#[test]
fn a_day() {
    let dev = Dev::start(&[]);
    the_session_says_where_everything_is(&dev);
    one_is_approved_and_watched(&dev);
    one_is_rejected(&dev);
    one_is_withdrawn(&dev);
    what_cannot_be_sent_is_refused(&dev);
    what_cannot_be_reached_is_said(&dev);
    the_ledger_is_sound(&dev);
    it_leaves_nothing(dev);
}

fn the_session_says_where_everything_is(dev: &Dev) {
    let mode = std::fs::metadata(&dev.session_file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it holds tokens");
    let session = dev.session();
    assert_eq!(session["temporal"], format!("127.0.0.1:{}", dev.temporal_port));
    assert_eq!(session["temporal_ui"], format!("http://127.0.0.1:{}", dev.ui_port));
    let err = until("it has said where everything is", || {
        let err = dev.program.err();
        err.contains("Ctrl-C").then_some(err)
    });
    for field in ["address", "temporal", "temporal_ui", "ledger"] {
        assert!(err.contains(session[field].as_str().unwrap()), "{field}: {err}");
    }
    assert!(!err.contains(session["tokens"]["nasrin"].as_str().unwrap()), "a token stands on the terminal");
    assert!(dev.program.out().is_empty(), "stdout is for data");
}

fn one_is_approved_and_watched(dev: &Dev) {
    let file = "examples/invoices/02-one-level.json";
    let submit = || dev.by("nasrin", &["invoice", "submit", file, "--request-id", "r-1", "-o", "json"]).json();
    let invoice_id = id(&submit());
    assert_eq!(id(&submit()), invoice_id, "the same request");
    let other = ["invoice", "submit", "examples/invoices/01-three-levels.json", "--request-id", "r-1"];
    dev.by("nasrin", &other).fails(4, "REQUEST_ID_REUSED");
    dev.by("nasrin", &["invoice", "submit", file]).fails(4, "DUPLICATE_INVOICE");
    dev.until_open(&invoice_id);
    the_inbox_shows(dev, &invoice_id);

    let watch = ["--as", "nasrin", "invoice", "watch", &invoice_id, "-o", "jsonl"];
    let mut watching = Program::start(dev.command(&watch), "");
    until("the watcher has seen it open", || watching.out().contains("\"open\"").then_some(()));
    assert!(!watching.has_ended(), "the invoice has not ended");

    dev.by("nasrin", &["invoice", "approve", &invoice_id]).fails(4, "SELF_APPROVAL");
    dev.by("karim", &["invoice", "approve", &invoice_id]).fails(4, "NOT_ELIGIBLE");
    dev.by("rahim", &["invoice", "approve", &invoice_id, "--answer", "maybe"]).fails(4, "ANSWER_NOT_ALLOWED");
    dev.by("rahim", &["invoice", "approve", &invoice_id, "--task", "level-9"]).fails(3, "TASK_UNKNOWN");
    dev.by("rahim", &["invoice", "reject", &invoice_id, "--reason", " "]).fails(4, "REASON_REQUIRED");
    let approve = ["invoice", "approve", &invoice_id, "--comment", "checked", "--request-id", "d-1"];
    assert_eq!(dev.by("rahim", &approve).ok(), "taken; nothing is open now\n");

    let seen = watching.wait().jsonl();
    assert!(seen.len() >= 2, "each change is shown: {seen:#?}");
    let last = seen.last().unwrap();
    assert_eq!((&last["state"], &last["outcome"]), (&"settled".into(), &"approved".into()), "{last:#?}");
    let instruction = last["payment_instruction"].as_str().unwrap();
    assert_eq!(last["total"], "92000.00");

    assert_eq!(dev.by("rahim", &approve).ok(), "taken; nothing is open now\n", "the same request");
    dev.by("salma", &["invoice", "approve", &invoice_id]).fails(4, "DOCUMENT_CLOSED");
    let text = dev.by("nasrin", &["invoice", "show", &invoice_id]).ok();
    for said in [instruction, "settled, approved", "92,000.00", "approve by rahim (checked)"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let name = last["name"].as_str().unwrap();
    assert_eq!(dev.by("nasrin", &["invoice", "show", name]).ok(), text, "by its name");
}

fn the_inbox_shows(dev: &Dev, invoice: &str) {
    let text = dev.by("rahim", &["inbox"]).ok();
    assert!(text.contains(invoice) && text.contains("JS-0031") && text.contains("92,000.00"), "{text}");
    let json = dev.by("rahim", &["inbox", "-o", "json"]).json();
    assert_eq!(json.as_array().unwrap().len(), 1, "{json}");
    let (document, task) = (format!("tenants/acme-bd/invoices/{invoice}"), "level-1");
    assert_eq!((&json[0]["document"], &json[0]["task"]), (&document.into(), &task.into()), "{json}");
    assert_eq!(json[0]["principal"], "rahim");
    assert_eq!(dev.by("rahim", &["inbox", "-o", "jsonl"]).jsonl(), *json.as_array().unwrap());

    assert_eq!(dev.by("ayesha", &["inbox"]).ok(), "nothing waits for you\n");
    assert_eq!(dev.by("ayesha", &["inbox", "-o", "json"]).json(), serde_json::json!([]));
    assert_eq!(dev.by("ayesha", &["inbox", "-o", "jsonl"]).ok(), "");
}

fn one_is_rejected(dev: &Dev) {
    let invoice_id = dev.submit("R-1");
    dev.until_open(&invoice_id);
    let reject = ["invoice", "reject", &invoice_id, "--reason", "not ours", "-o", "json"];
    let answer = dev.by("rahim", &reject).json();
    assert_eq!(answer["open_tasks"], serde_json::json!([]));
    let ended = dev.until_ended(&invoice_id);
    assert_eq!((&ended["state"], &ended["outcome"]), (&"closed".into(), &"rejected".into()), "{ended:#?}");
    assert_eq!(ended["tasks"][0]["comment"], "not ours");
    // A refused invoice's number may be submitted again.
    assert_eq!(dev.submit("R-1"), invoice_id);
    let again = dev.by("nasrin", &["invoice", "show", &invoice_id, "-o", "json"]).json();
    assert_eq!(again["submission"], 2);
    dev.by("nasrin", &["invoice", "withdraw", &invoice_id]).ok();
    assert_eq!(dev.until_ended(&invoice_id)["outcome"], "withdrawn");
}

fn one_is_withdrawn(dev: &Dev) {
    let invoice_id = dev.submit("W-1");
    dev.until_open(&invoice_id);
    dev.by("rahim", &["invoice", "withdraw", &invoice_id]).fails(4, "NOT_SUBMITTER");
    let withdraw = ["invoice", "withdraw", &invoice_id, "--reason", "sent too early", "--request-id", "w-1"];
    assert_eq!(dev.by("nasrin", &withdraw).ok(), "taken back\n");
    assert_eq!(dev.until_ended(&invoice_id)["outcome"], "withdrawn");
    assert_eq!(dev.by("nasrin", &withdraw).ok(), "taken back\n", "the same request");
    dev.by("rahim", &["invoice", "approve", &invoice_id]).fails(4, "DOCUMENT_CLOSED");
}

fn what_cannot_be_sent_is_refused(dev: &Dev) {
    let submit = |text: &str| Program::start(dev.command(&["--as", "nasrin", "invoice", "submit", "-"]), text).wait();
    submit("{\n \"vendor\": \"padma-builders\",\n \"number\": 7}").fails(4, "line 3 column");
    submit("").fails(4, "INVALID_FIELD");
    submit(&" ".repeat(1024 * 1024 + 1)).fails(4, "LIMIT_EXCEEDED");
    submit(&invoice("B-1").replace("\"BDT\"", "\"USD\"")).fails(4, "CURRENCY_NOT_SUPPORTED");
    submit(&invoice("B-1").replace("jamuna-survey", "nobody")).fails(4, "VENDOR_UNKNOWN");
    submit(&invoice("B-1").replace("\"lines\"", "\"lnes\"")).fails(4, "lnes");
    let two = invoice("B-1").replace("\"2026-11-30\"", "\"2026-01-01\"").replace("\"BDT\"", "\"USD\"");
    let ran = submit(&two).exits(4);
    assert!(ran.err.contains("CURRENCY_NOT_SUPPORTED") && ran.err.contains("due_date"), "everything at once: {ran:#?}");
    dev.by("nasrin", &["invoice", "submit", "/nowhere.json"]).fails(1, "/nowhere.json");
    // Only the facade refuses this one, with the field.
    let long = "r".repeat(200);
    let ran = dev.by("nasrin", &["invoice", "submit", "examples/invoices/01-three-levels.json", "--request-id", &long]);
    ran.fails(4, "request_id");
}

fn what_cannot_be_reached_is_said(dev: &Dev) {
    for args in [["invoice", "show", "no-such"], ["invoice", "watch", "no-such"], ["invoice", "approve", "no-such"]] {
        dev.by("nasrin", &args).fails(3, "NOT_FOUND");
    }
    dev.by("nasrin", &["invoice", "show", "not an id!"]).fails(4, "name");
    dev.by("nobody", &["inbox"]).fails(1, "nobody");
    dev.run(&["inbox"]).fails(1, "--as PERSON");
    dev.by("nasrin", &["inbox", "--tenant", "other-co"]).fails(3, "NOT_FOUND");
    dev.by("nasrin", &["inbox", "--address", "http://127.0.0.1:1"]).fails(5, "http://127.0.0.1:1");
    dev.by("nasrin", &["inbox", "--address", "not an address"]).fails(1, "not an address");
    let token = dev.folder.path().join("token");
    dev.run(&["inbox", "--token-file", token.to_str().unwrap()]).fails(1, "token");
    std::fs::write(&token, "stranger\n").unwrap();
    dev.run(&["inbox", "--token-file", token.to_str().unwrap()]).fails(4, "UNAUTHENTICATED");
    std::fs::write(&token, format!("{}\n", dev.session()["tokens"]["nasrin"].as_str().unwrap())).unwrap();
    dev.run(&["inbox", "--token-file", token.to_str().unwrap()]).ok();
}

fn the_ledger_is_sound(dev: &Dev) {
    let session = dev.session();
    let mut command = dev.command(&["ledger", "check", "--tenant", session["tenant"].as_str().unwrap()]);
    command.env("VEXTRUS_LEDGER_ADDRESS", session["ledger"].as_str().unwrap());
    assert!(run(command).ok().contains("sound"));
}

fn it_leaves_nothing(dev: Dev) {
    let session = dev.session();
    let facade = session["address"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let ledger = session["ledger"].as_str().unwrap().trim_start_matches("sqlite:").to_owned();
    let addresses = [facade, format!("127.0.0.1:{}", dev.temporal_port), format!("127.0.0.1:{}", dev.ui_port)];
    for address in &addresses {
        assert!(listens(address), "{address}");
    }
    let children = dev.program.descendants();
    assert!(!children.is_empty() || !Path::new("/proc/self").exists(), "Temporal is a child");
    assert!(Path::new(&ledger).exists());
    let Dev { program, session_file, folder, .. } = dev;
    let ran = program.terminate().exits(0);
    assert!(ran.out.is_empty() && !ran.err.contains("error:"), "{ran:#?}");
    assert!(!session_file.exists(), "the session file is left");
    assert!(!Path::new(&ledger).exists(), "the ledger is left");
    for address in &addresses {
        assert!(!listens(address), "{address}");
    }
    until_gone(&children);
    let mut command = vextrus(&["--as", "nasrin", "inbox"]);
    command.env("VEXTRUS_SESSION", &session_file);
    run(command).fails(1, "start `vextrus dev`");
    drop(folder);
}

#[test]
fn a_folder_outlives_it() {
    let kept = tempfile::tempdir().unwrap();
    let folder = ["--folder", kept.path().to_str().unwrap()];
    let first = Dev::start(&folder);
    let invoice_id = first.submit("K-1");
    first.until_open(&invoice_id);
    let (ledger, Dev { program, folder: gone, .. }) = (first.session()["ledger"].clone(), first);
    program.terminate().exits(0);
    drop(gone);
    let rules = |args: &[&str]| {
        let mut command = vextrus(&[&["rules"], args, &["--tenant", "acme-bd", "-o", "json"]].concat());
        command.env("VEXTRUS_LEDGER_ADDRESS", ledger.as_str().unwrap());
        run(command).json()
    };
    let proposed = rules(&["propose", "tax", "rules/tax/nbr.toml", "--by", "farida", "--reason", "the law's rates"]);
    rules(&["activate", "1", "--by", "tanvir"]);
    let second = Dev::start(&folder);
    assert_eq!(second.session()["ledger"], ledger);
    assert_eq!(rules(&["list"])[0]["hash"], proposed["hash"], "the company's own rule stays");
    second.by("rahim", &["invoice", "approve", &invoice_id]).ok();
    assert_eq!(second.until_ended(&invoice_id)["outcome"], "approved");
    the_ledger_is_sound(&second);
    second.program.terminate().exits(0);
}

#[test]
fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let session = folder.path().join("session.json");
    let mut command = vextrus(&["dev", "--listen", &address, "--port", "0", "--ui-port", "0", "--session"]);
    command.arg(&session);
    run(command).fails(1, &address);
    let port = address.rsplit(':').next().unwrap();
    let ran = run(vextrus(&["dev", "--port", port, "--ui-port", "0", "--listen", "127.0.0.1:0"])).exits(1);
    assert!(ran.err.contains(port) && ran.err.contains("already in use"), "{ran:#?}");
    let company = folder.path().join("company.json");
    std::fs::write(&company, "[]").unwrap();
    run(vextrus(&["dev", "--company", company.to_str().unwrap()])).fails(1, "company.json");
    assert!(!session.exists());
}

#[test]
fn interrupted_while_it_starts_it_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for args in [&["dev", "--port", "0", "--ui-port", "0", "--listen", "127.0.0.1:0"][..], &["demo"]] {
        let mut command = vextrus(args);
        command.env("TMPDIR", folder.path()).env("VEXTRUS_SESSION", folder.path().join("session.json"));
        let mut program = Program::start(command, "");
        let children = until("its first child runs", || {
            let children = program.descendants();
            (!children.is_empty() || program.has_ended() || !Path::new("/proc/self").exists()).then_some(children)
        });
        let ran = program.terminate().exits(1);
        assert!(ran.err.contains("stopped before it was up"), "{ran:#?}");
        until_gone(&children);
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
