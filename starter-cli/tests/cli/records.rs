//! Master data at a terminal: records, bank accounts under four eyes, files with a report of each row, and a stopped intake.

use serde_json::{Value, json};

use crate::program::{Program, run, vextrus};
use crate::running::{Dev, invoice};

#[test]
fn records_are_put_and_a_bank_account_is_changed_by_two_people() {
    let dev = Dev::start(&[]);
    let table = dev.by("salma", &["vendor", "list"]).ok();
    assert!(table.contains("padma-builders") && table.contains("contractor") && table.contains("inactive"), "{table}");
    let put = |vendor: &Value, more: &[&str]| {
        let command = dev.command(&[&["--as", "nadia", "vendor", "put", "-"], more].concat());
        Program::start(command, &vendor.to_string()).wait()
    };
    let vendor =
        json!({"id": "surma-consult", "name": "Surma Ltd", "kind": "service", "tin": "567890123456", "bin": ""});
    let done = put(&vendor, &["--etag", "1", "-o", "json"]).json();
    assert_eq!((&done["change"], &done["record"]["etag"]), (&json!("updated"), &json!("2")), "{done:#}");
    put(&vendor, &["--etag", "1"]).fails(4, "RECORD_CHANGED: vendor surma-consult is of version 2, not 1");
    let shown = dev.by("salma", &["vendor", "show", "surma-consult"]).ok();
    assert!(shown.contains("displayName") && shown.contains("Surma Ltd"), "{shown}");
    dev.by("salma", &["vendor", "show", "nobody"]).fails(3, "NOT_FOUND");
    let nameless = json!({"id": "x", "name": "", "kind": "service", "tin": "", "bin": ""});
    put(&nameless, &[]).fails(4, "name is empty");
    for (noun, id) in [("person", "rahim"), ("budget", "2026-27~works")] {
        dev.by("salma", &[noun, "show", id]).ok();
        assert!(dev.by("salma", &[noun, "list", "-o", "jsonl"]).jsonl().len() > 1, "{noun}");
    }
    assert!(dev.by("salma", &["calendar", "show"]).ok().contains("holiday"));
    let stores = r#"{"id": "stores", "name": "Stores"}"#;
    let command = dev.command(&["--as", "rahim", "department", "put", "-"]);
    Program::start(command, stores)
        .wait()
        .fails(4, "PERMISSION_DENIED: UpsertDepartment is for holders of the role master_data");

    let account = json!({"bank": "Sonali Bank", "routing_number": "200270522", "account_name": "Padma Builders",
        "account_number": "0123456789012", "evidence": "letter 17"});
    let propose =
        ["--as", "nadia", "vendor", "propose-account", "padma-builders", "-", "--reason", "their letter", "-o", "json"];
    let change = Program::start(dev.command(&propose), &account.to_string()).wait().json();
    let name = change["name"].as_str().unwrap();
    let id = name.rsplit('/').next().unwrap();
    let waiting = dev.by("farida", &["inbox"]).ok();
    assert!(waiting.contains("bank account of padma-builders") && waiting.contains("…9012"), "{waiting}");
    assert_eq!(dev.by("farida", &["inbox", "-o", "jsonl"]).jsonl()[0]["name"], name);
    dev.by("nadia", &["vendor", "decide-account", id, "--answer", "approve"]).fails(4, "SELF_APPROVAL");
    let whole = dev.by("farida", &["vendor", "account-change", id]).ok();
    assert!(whole.contains("0123456789012"), "{whole}");
    let said = dev.by("farida", &["vendor", "decide-account", id, "--answer", "approve"]).ok();
    assert!(said.contains("approved"), "{said}");
    let shown = dev.by("salma", &["vendor", "show", "padma-builders"]).ok();
    assert!(shown.contains("…9012") && !shown.contains("0123456"), "{shown}");
    let changes = dev.by("salma", &["vendor", "account-changes", "padma-builders"]).ok();
    assert!(changes.contains("approved") && changes.contains("farida") && !changes.contains("0123456"), "{changes}");
    // What is paid from now on says where to.
    let bill: Value = serde_json::from_str(&invoice("M-1")).unwrap();
    let submit = dev.command(&["--as", "nasrin", "invoice", "submit", "-", "-o", "json"]);
    let id = crate::running::id(&Program::start(submit, &bill.to_string()).wait().json());
    dev.until_open(&id);
    // Its paper is there for whoever decides.
    let (paper, copy) = (dev.folder.path().join("bill.pdf"), dev.folder.path().join("copy.pdf"));
    let bytes: Vec<u8> = b"%PDF-1.7\n".iter().copied().chain(std::iter::repeat_n(7, 200_000)).collect();
    std::fs::write(&paper, &bytes).unwrap();
    let add = ["attachment", "add", &id, paper.to_str().unwrap(), "--kind", "mushak_6_3", "-o", "json"];
    let attached = dev.by("nasrin", &add).json();
    assert_eq!((&attached["kind"], &attached["bytes"]), (&json!("mushak_6_3"), &json!(200_009)), "{attached:#}");
    let shown = dev.by("rahim", &["invoice", "show", &id]).ok();
    assert!(shown.contains("attached    bill.pdf (200009 bytes, by nasrin)"), "{shown}");
    let get = ["attachment", "get", attached["name"].as_str().unwrap(), copy.to_str().unwrap()];
    assert!(dev.by("rahim", &get).ok().contains("bill.pdf"));
    assert_eq!(std::fs::read(&copy).unwrap(), bytes);
    dev.by("rahim", &get).fails(1, "cannot be made");
    dev.by("salma", &["attachment", "add", &id, "examples/company.json"]).fails(2, "ends in none of .pdf");
    dev.by("rahim", &["invoice", "approve", &id]).ok();
    let ended = dev.until_ended(&id);
    let pays = if bill["vendor"] == "padma-builders" { json!("Sonali Bank …9012") } else { Value::Null };
    assert_eq!(ended["payment_account"], pays, "{ended:#}");
}

#[test]
fn a_file_is_tried_before_it_is_written_and_intake_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let address = format!("sqlite:{}", folder.path().join("ledger.db").display());
    let on = |args: &[&str]| {
        let mut command = vextrus(&[&["ledger"], args, &["--tenant", "acme-bd"]].concat());
        command.env("VEXTRUS_LEDGER_ADDRESS", &address);
        run(command)
    };
    let import = |file: &str, more: &[&str]| on(&[&["import", file, "--by", "nadia"], more].concat());
    let has = |text: &str, name: &str, became: &str| {
        text.lines().any(|line| line.split_whitespace().collect::<Vec<_>>().ends_with(&[name, became]))
    };
    let tried = import("examples/company.json", &["--dry-run"]).ok();
    assert!(has(&tried, "padma-builders", "created") && tried.contains("nothing was written"), "{tried}");
    let rows = import("examples/company.json", &["-o", "jsonl"]).jsonl();
    assert!(rows.iter().all(|row| row["became"] == "created"), "{rows:#?}");
    let again = import("examples/company.json", &["-o", "jsonl"]).jsonl();
    let changed: Vec<_> = again.iter().filter(|row| row["became"] != "unchanged").map(|row| &row["what"]).collect();
    assert!(changed.iter().all(|what| **what == "contact"), "addresses are not compared: {changed:?}");

    let vendors = file(
        "vendors.csv",
        "id,name,kind,tin,active\nsurma-consult,Surma Ltd,service,567890123456,yes\n\
        titas,Titas,plumber,1,yes\ntista,Tista,supplier,,maybe\n",
    );
    let refused = import(&vendors, &["--records", "vendors", "-o", "jsonl"]).exits(4);
    assert!(refused.err.contains("2 of 3 records are refused, and nothing is written"), "{refused:#?}");
    let rows: Vec<Value> = refused.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[0]["became"], "updated");
    assert!(rows[1]["why"].as_str().unwrap().contains("plumber"), "{rows:#?}");
    assert!(rows[2]["why"].as_str().unwrap().contains("neither yes nor no"), "{rows:#?}");
    import(&vendors, &[]).fails(2, "say which with --records");
    let good = file("good.csv", "id,name,kind\nsurma-consult,Surma Ltd,service\n");
    let told = import(&good, &["--records", "vendors"]).ok();
    assert!(has(&told, "surma-consult", "updated") && told.contains("all of it is written"), "{told}");
    // What no cell speaks of stays: with its name back it is what it was.
    let back = file("back.csv", "\u{feff}id,name\nsurma-consult,Surma Consulting Ltd\nsurma-consult,Twice\n");
    let twice = import(&back, &["--records", "vendors"]).exits(4);
    assert!(twice.out.contains("row 1 is about it already"), "{twice:#?}");
    let back = file("back.csv", "\u{feff}id,name\nsurma-consult,Surma Consulting Ltd\n");
    assert!(has(&import(&back, &["--records", "vendors"]).ok(), "surma-consult", "updated"));
    let again = import("examples/company.json", &["-o", "jsonl"]).jsonl();
    let changed: Vec<_> = again.iter().filter(|row| row["became"] != "unchanged").map(|row| &row["what"]).collect();
    assert!(changed.iter().all(|what| **what == "contact"), "{again:#?}");
    let budgets = file("budgets.json", r#"[{"fiscal_year": "2026-27", "department": "works", "allocated": "1.00"}]"#);
    assert!(has(&import(&budgets, &["--records", "budgets"]).ok(), "2026-27/works", "updated"));

    assert_eq!(on(&["intake", "show"]).ok().trim(), "everything is open");
    let stop =
        ["intake", "stop", "--by", "ruma", "--reason", "cut-over", "--kind", "invoice", "--request-id", "stop-1"];
    for _ in 0..2 {
        let stopped = on(&stop).ok();
        assert!(
            stopped.contains("invoice") && stopped.contains("stopped") && stopped.contains("cut-over"),
            "{stopped}"
        );
    }
    on(&["intake", "stop", "--by", "nobody", "--reason", "why"]).fails(4, "PERMISSION_DENIED");
    let resumed = on(&["intake", "resume", "--by", "ruma", "--reason", "done", "-o", "jsonl"]).jsonl();
    assert_eq!(resumed[0]["stopped"], false);
    assert!(on(&["check"]).ok().contains("are sound"));
}
