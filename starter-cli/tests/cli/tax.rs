//! Taxes, schedules, deadlines and identities, offline.

mod deadlines;
mod identities;
mod schedules;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::program::{Program, Ran, root, run, vextrus};

const CONTRACTOR: &str = "examples/tax/contractor.json";
const SECURITY: &str = "examples/tax/security.json";
const JULY: &str = "examples/tax/july.json";
const HOTEL: &str = "examples/tax/hotel.json";

/// `vextrus tax` with these arguments.
fn tax(args: &[&str]) -> Ran {
    run(vextrus(&[&["tax"], args].concat()))
}

/// `vextrus tax` with these arguments, and JSON as the answer.
fn tax_json(args: &[&str]) -> Value {
    tax(&[args, &["-o", "json"]].concat()).json()
}

/// `vextrus tax assess` of a case on stdin.
fn assess(case: &str, args: &[&str]) -> Ran {
    Program::start(vextrus(&[&["tax", "assess", "-f", "-"], args].concat()), case).wait()
}

fn example(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

/// An example with another value at a pointer; nothing takes the value out.
fn edited(path: &str, pointer: &str, value: Option<Value>) -> String {
    let mut case = example(path);
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let object = case.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => drop(object.insert(key.to_owned(), value)),
        None => drop(object.remove(key)),
    }
    case.to_string()
}

fn house() -> String {
    std::fs::read_to_string(root().join("rules/tax/house.toml")).unwrap()
}

/// A file of this content, which is gone with its folder.
fn file(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

/// What is withheld of a tax.
fn withheld<'a>(of: &'a Value, tax: &str) -> Vec<&'a str> {
    let all = of["withheld"].as_array().unwrap().iter();
    all.filter(|w| w["tax"] == tax).map(|w| w["amount"].as_str().unwrap()).collect()
}

#[test]
fn a_contractor_under_the_house_schedule_is_paid_107_500() {
    let said = tax(&["assess", "-f", CONTRACTOR]).ok();
    let line =
        |start: &str| said.lines().find(|l| l.trim_start().starts_with(start)).unwrap_or_else(|| panic!("{said}"));
    assert!(line("payable").ends_with("1,07,500.00"), "{said}");
    assert!(line("TDS CONTRACTOR 7.5 %").ends_with(" 7,500.00"), "{said}");
    assert!(line("TDS CONTRACTOR: 7.5 % of 1,00,000.00").starts_with("    "), "the working is indented: {said}");
    assert!(said.starts_with("schedule house "), "{said}");
    assert!(line("schedule").contains("paid on 2026-10-05, taken from the date of the bill"), "{said}");

    let answer = tax_json(&["assess", "-f", CONTRACTOR]);
    assert_eq!(answer["assessment"]["net_payable"], "107500.00");
    assert_eq!(withheld(&answer["assessment"], "TDS"), ["7500.00"]);
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["assessment", "hash", "paid_on", "schedule", "working"]);
    assert_eq!((&answer["schedule"], &answer["paid_on"]), (&json!("house"), &json!("2026-10-05")));
    let hash = answer["hash"].as_str().unwrap();
    assert!(hash.len() == 64 && said.contains(&hash[..12]), "{hash}");
    assert_eq!(answer["working"].as_array().unwrap().len(), 2);
    assert_eq!(tax(&["assess", "-f", CONTRACTOR, "-o", "jsonl"]).jsonl(), [answer]);
}

#[test]
fn a_bare_bill_needs_its_vendors_kind() {
    let bill = example(CONTRACTOR)["invoice"].to_string();
    assess(&bill, &[]).fails(2, "--kind contractor, supplier or service");
    for (kind, payable) in [("contractor", "107500.00"), ("supplier", "110000.00"), ("service", "105000.00")] {
        let answer = assess(&bill, &["--kind", kind, "-o", "json"]).json();
        assert_eq!(answer["assessment"]["net_payable"], payable, "{kind}");
    }
    // What submit takes, assess takes.
    tax(&["assess", "-f", "examples/invoices/02-one-level.json", "--kind", "supplier"]).ok();
    tax(&["assess", "-f", CONTRACTOR, "--kind", "baker"]).fails(2, "use contractor, supplier or service");
    // A code on every line leaves nothing for the kind to say.
    let coded = example(SECURITY)["invoice"].to_string();
    assess(&coded, &["--schedule", "nbr"]).ok();
}

#[test]
fn vat_is_withheld_from_a_security_bill_by_law() {
    let answer = tax_json(&["assess", "-f", SECURITY, "--schedule", "nbr"]);
    let of = &answer["assessment"];
    assert_eq!(withheld(of, "VDS"), ["15000.00"]);
    assert_eq!(withheld(of, "TDS"), ["1200.00"], "10 % of the commission is more than 1 % of the bill");
    assert_eq!(of["net_payable"], "98800.00");
    assert_eq!((&answer["schedule"], &answer["paid_on"]), (&json!("nbr"), &json!("2026-10-15")));
    assert_eq!(of["questions"], json!([]));
    let said = tax(&["assess", "-f", SECURITY, "--schedule", "nbr"]).ok();
    assert!(said.contains("paid on 2026-10-15 as the case says"), "{said}");
    // An embedded schedule and its file are the same.
    let path = tax_json(&["assess", "-f", SECURITY, "--schedule", "rules/tax/nbr.toml"]);
    assert_eq!(path, answer);
}

#[test]
fn the_day_of_payment_decides_at_the_turn_of_june() {
    let on = |day: &str| {
        let answer = tax_json(&["assess", "-f", JULY, "--schedule", "nbr", "--on", day]);
        assert_eq!(answer["paid_on"], day);
        withheld(&answer["assessment"], "TDS").concat()
    };
    assert_eq!((on("2026-06-30").as_str(), on("2026-07-01").as_str()), ("15000.00", "10000.00"));

    let answer = tax_json(&["explain", "-f", JULY, "--schedule", "nbr", "--if-paid-on", "2026-07-01"]);
    let one = &answer["comparisons"][0];
    assert_eq!(one["what_if"], json!({"paid_on": "2026-07-01"}));
    assert_eq!((withheld(&answer, "TDS"), withheld(one, "TDS")), (vec!["15000.00"], vec!["10000.00"]));
    assert_eq!(one["difference"], "5000.00");
    let said = tax(&["explain", "-f", JULY, "--schedule", "nbr"]).ok();
    let block = said.split("\n\n").find(|b| b.starts_with("if paid on 2026-07-01")).unwrap_or_else(|| panic!("{said}"));
    assert!(block.contains("15,000.00  then          10,000.00") && block.contains("+5,000.00"), "{block}");
}

#[test]
fn explanations_are_filtered_and_compared() {
    let why = |args: &[&str]| tax_json(&[&["explain", "-f", SECURITY, "--schedule", "nbr"], args].concat());
    let all = why(&[]);
    assert!(all["working"].as_array().unwrap().len() >= 4, "{all}");
    // Proof of return and bank transfer are there: only the day is left to compare.
    assert_eq!(all["comparisons"].as_array().unwrap().len(), 1);
    assert_eq!(all["comparisons"][0]["what_if"], json!({"paid_on": "2027-07-01"}));

    let vds = why(&["--tax", "vds"]);
    let lines = vds["working"].as_array().unwrap();
    assert!(lines.iter().all(|l| l.as_str().unwrap().starts_with("VDS")) && lines.len() == 1, "{vds}");
    assert_eq!(vds["comparisons"], json!([]));

    let none = why(&["--tax", "TDS", "--rate", "9"]);
    assert_eq!(none["working"], json!([]));
    assert!(none["rates"].as_array().unwrap().contains(&json!({"tax": "TDS", "rate_ppm": 100_000})), "{none}");
    let said = tax(&["explain", "-f", SECURITY, "--schedule", "nbr", "--tax", "TDS", "--rate", "9"]).ok();
    assert!(said.contains("nothing matches TDS at 9 %; there is VAT at 15 %, VDS at 15 %, TDS at"), "{said}");
}

#[test]
fn what_ifs_show_the_uplift() {
    let asked = ["explain", "-f", SECURITY, "--schedule", "nbr", "--if-psr", "no", "--if-bank", "no"];
    let answer = tax_json(&asked);
    let [no_psr, no_bank] = answer["comparisons"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(no_psr["what_if"], json!({"return_proof": false}));
    assert_eq!(withheld(no_psr, "TDS"), ["1800.00"], "1,200 raised by half");
    assert_eq!(no_psr["difference"], "-600.00");
    assert_eq!(no_psr["new_questions"].as_array().unwrap().len(), 1);
    assert_eq!((&no_bank["what_if"], &no_bank["difference"]), (&json!({"by_bank": false}), &json!("-600.00")));
    let said = tax(&asked).ok();
    assert!(said.contains("new question: no proof of submission of return is on file"), "{said}");
    assert!(said.contains("1,200.00  then           1,800.00") && said.contains("-600.00"), "{said}");

    // A case that lacks both is compared with having them; a day without rates is told and fails nothing.
    let case = edited(SECURITY, "/payee", None);
    let (_folder, path) = file("case.json", &case);
    let said = tax(&["explain", "-f", path.to_str().unwrap(), "--schedule", "nbr"]).ok();
    assert!(said.contains("if a proof of submission of return were shown"), "{said}");
    let early = tax(&["explain", "-f", SECURITY, "--schedule", "nbr", "--if-paid-on", "1999-01-01"]).ok();
    assert!(early.contains("if paid on 1999-01-01: refused, RATE_NOT_COVERED: "), "{early}");
    let early = tax_json(&["explain", "-f", SECURITY, "--schedule", "nbr", "--if-paid-on", "1999-01-01"]);
    assert_eq!(early["comparisons"][0]["refused"]["code"], "RATE_NOT_COVERED");
}

#[test]
fn questions_are_shown_and_fail_when_asked_to() {
    tax(&["assess", "-f", HOTEL, "--schedule", "nbr", "--strict"]).ok();
    let open = edited(HOTEL, "/answers", None);
    let said = assess(&open, &["--schedule", "nbr"]).ok();
    assert!(said.contains("ambiguous_code/S001.10 = S001.10AC | S001.10nonAC"), "{said}");
    let strict = assess(&open, &["--schedule", "nbr", "--strict"]).exits(4);
    assert_eq!(strict.out, said, "the amounts are shown all the same");
    assert!(strict.err.contains("1 question is open"), "{strict:#?}");
}

#[test]
fn bengali_is_spoken() {
    let said = tax(&["assess", "-f", CONTRACTOR, "--lang", "bn"]).ok();
    assert!(said.contains("১,০৭,৫০০.০০") && said.contains("প্রদেয়"), "{said}");
    tax(&["assess", "-f", CONTRACTOR, "--lang", "fr"]).fails(2, "write en or bn");
}

#[test]
fn refusals_exit_with_4_and_name_the_trouble() {
    let refused = |pointer: &str, value: Value, args: &[&str], said: &str| {
        assess(&edited(CONTRACTOR, pointer, Some(value)), args).fails(4, said);
    };
    refused("/invoice/vat", json!("14000.00"), &[], "error: VAT_MISMATCH: vat is 14000.00");
    refused(
        "/invoice/lines/0/tax_code",
        json!("S999.99"),
        &[],
        "TAX_CODE_UNKNOWN: schedule house has no VAT or VDS code \"S999.99\"",
    );
    refused(
        "/invoice/lines/0/tds_code",
        json!("s90/WIZARDRY"),
        &["--schedule", "nbr"],
        "TAX_CODE_UNKNOWN: schedule nbr has no TDS code \"s90/WIZARDRY\"",
    );
    refused("/invoice/currency", json!("USD"), &[], "CURRENCY_NOT_SUPPORTED: currency: \"USD\"");
    refused("/colour", json!("red"), &[], "INVALID_FIELD: the case cannot be read: unknown field `colour`");
    refused("/invoice/colour", json!("red"), &[], "unknown field `colour`");
    refused("/payee", json!({"colour": "red"}), &[], "unknown field `colour`");
    refused("/kind", json!("baker"), &[], "unknown variant `baker`");
    assess(&json!({"kind": "supplier"}).to_string(), &[]).fails(4, "missing field `invoice`");
    assess(&json!({"vendor": "v", "colour": "red"}).to_string(), &[]).fails(4, "unknown field `colour`");
    // All that is wrong is told at once.
    let mut bill = example(CONTRACTOR);
    bill["invoice"]["currency"] = json!("USD");
    bill["invoice"]["number"] = json!(" ");
    let ran = assess(&bill.to_string(), &[]).exits(4);
    assert!(ran.err.contains("currency: ") && ran.err.contains("number: it is empty"), "{ran:#?}");
}

#[test]
fn garbage_is_refused_and_never_a_panic() {
    let deep = "[".repeat(100_000);
    let nested = format!("{{\"invoice\": {deep}");
    for garbage in [
        "",
        " ",
        "{",
        "{}",
        "[]",
        "[1, 2, 3, 4, 5, 6]",
        "null",
        "7",
        "\"x\"",
        "\u{feff}{}",
        &deep,
        &nested,
        "{\"invoice\": 7}",
        "{\"invoice\": {\"vat\": 1e400}}",
        "\0",
    ] {
        assess(garbage, &["--kind", "supplier"]).fails(4, "error: INVALID_FIELD: ");
    }
    let large = format!("{}{{}}", " ".repeat(10 * 1024 * 1024));
    assess(&large, &[]).fails(4, "LIMIT_EXCEEDED: stdin is larger than 1048576 bytes");
    let (_folder, path) = file("large", &large);
    let path = path.to_str().unwrap();
    tax(&["assess", "-f", path]).fails(4, "LIMIT_EXCEEDED: ");
    tax(&["assess", "-f", CONTRACTOR, "--schedule", path]).fails(4, "LIMIT_EXCEEDED: ");
    tax(&["schedule", "check", path]).fails(1, "LIMIT_EXCEEDED: ");
    tax(&["deadlines", "--month", "2026-07", "--calendar", path]).fails(4, "LIMIT_EXCEEDED: ");
    let (_folder, binary) = file("binary", [0xC3, 0x28, 0xFF]);
    let binary = binary.to_str().unwrap();
    tax(&["assess", "-f", binary]).fails(4, "is not UTF-8");
    tax(&["schedule", "check", binary]).fails(1, "is not UTF-8");
    tax(&["assess", "-f", "/nowhere"]).fails(1, "/nowhere cannot be opened");
    tax(&["assess", "-f", "."]).fails(1, ". cannot be read");
    tax(&["assess", "-f", CONTRACTOR, "--schedule", "hose"]).fails(1, "\"hose\" is neither house nor nbr nor a file");
}

#[test]
fn wrong_usage_is_told_in_plain_words() {
    let cases: [(&[&str], &str); 7] = [
        (&["assess"], "--file"),
        (&["assess", "-f", CONTRACTOR, "--on", "2026-7-1"], "write year, month and day like 2026-07-01"),
        (&["assess", "-f", CONTRACTOR, "--on", "2026-02-30"], "it is not a date"),
        (&["explain", "-f", CONTRACTOR, "--tax", "GST"], "use VAT, VDS, TDS or SD"),
        (&["explain", "-f", CONTRACTOR, "--rate", "much"], "write a percentage such as 7.5"),
        (&["explain", "-f", CONTRACTOR, "--if-psr", "maybe"], "maybe"),
        (&["deadlines", "--month", "2026-13"], "write year and month like 2026-07"),
    ];
    for (args, said) in cases {
        tax(args).fails(2, said);
    }
}
