//! Rules: checked, compared, proposed by one person and activated by another, on a ledger in a file.

use serde_json::{Value, json};

use crate::offline::{Books, text};
use crate::program::{Ran, root, run, vextrus};

const RULES: [(&str, &str); 4] = [
    ("tax", "rules/tax/house.toml"),
    ("approval", "rules/approval/invoice.toml"),
    ("accounts", "rules/accounts/invoice.toml"),
    ("calendar", "rules/calendar/bangladesh.toml"),
];

/// `vextrus rules` on the books of the example company.
fn rules(books: &Books, args: &[&str]) -> Ran {
    books.run(&[&["rules"], args, &["--tenant", "acme-bd"]].concat())
}

/// Farida's proposal.
fn propose(books: &Books, kind: &str, file: &str, more: &[&str]) -> Ran {
    rules(books, &[&["propose", kind, file, "--by", "farida", "--reason", "as the board decided"], more].concat())
}

fn activate(books: &Books, number: &str) -> Ran {
    rules(books, &["activate", number, "--by", "tanvir"])
}

/// The example company with the default rules in force.
fn founded() -> Books {
    let books = Books::of_the_example();
    for ((kind, file), number) in RULES.into_iter().zip(["1", "2", "3", "4"]) {
        propose(&books, kind, file, &[]).ok();
        activate(&books, number).ok();
    }
    books
}

fn listed(books: &Books) -> Vec<Value> {
    rules(books, &["list", "-o", "jsonl"]).jsonl()
}

fn content(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}

/// The house schedule with another rate for contractors.
fn lowered(books: &Books) -> String {
    let changed = content(RULES[0].1).replace("rate_ppm = 75000", "rate_ppm = 70000");
    text(&books.file("lowered.toml", &changed)).to_owned()
}

#[test]
fn good_rules_are_named_by_their_hash() {
    for (kind, file) in RULES {
        let said = run(vextrus(&["rules", "check", kind, file])).ok();
        let hash = said.trim().rsplit(' ').next().unwrap();
        assert!(said.starts_with(file) && said.contains(kind), "{said}");
        assert!(hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{said}");
        let subject = matches!(kind, "approval" | "accounts").then_some("invoice");
        let answer = run(vextrus(&["rules", "check", kind, file, "-o", "json"])).json();
        assert_eq!(answer, json!({"file": file, "kind": kind, "subject": subject, "hash": hash}));
    }
}

#[test]
fn bad_rules_are_refused_with_the_place() {
    let books = Books::of_the_example();
    let file = books.file("policy.toml", "document = \"invoice\"\nremind_at_percent = \"half\"\n");
    let check = |kind: &str| run(vextrus(&["rules", "check", kind, text(&file)]));
    for ran in [check("approval"), propose(&books, "approval", text(&file), &[])] {
        assert!(ran.err.contains(&format!("{}: ", file.display())) && ran.err.contains("line 2"), "{ran:#?}");
        ran.fails(1, "policy.toml");
    }
    rules(&books, &["diff", "approval", text(&file)]).fails(1, "policy.toml");
    // A sound rule of one kind is none of another.
    std::fs::write(&file, content(RULES[1].1)).unwrap();
    check("approval").ok();
    for kind in ["accounts", "tax", "calendar"] {
        check(kind).fails(1, "policy.toml");
    }
    std::fs::remove_file(&file).unwrap();
    check("approval").fails(1, "policy.toml");
    assert!(rules(&books, &["list"]).ok().starts_with("acme-bd has no rules"));
    assert_eq!(rules(&books, &["list", "-o", "json"]).json(), json!([]));
}

#[test]
fn two_people_put_a_rule_in_force() {
    let books = Books::of_the_example();
    let (kind, file) = RULES[1];
    let said = propose(&books, kind, file, &[]).ok();
    let hash = said.split_whitespace().find(|w| w.len() == 64).unwrap().to_owned();
    assert!(said.starts_with("proposal 1: approval rule for invoice ") && said.contains("acme-bd"), "{said}");
    assert!(said.contains("vextrus rules activate 1 --by PERSON"), "{said}");
    let waiting = listed(&books);
    assert_eq!((waiting.len(), &waiting[0]["state"], &waiting[0]["hash"]), (1, &json!("proposed"), &json!(hash)));
    assert_eq!((&waiting[0]["proposed_by"], &waiting[0]["proposal"]), (&json!("farida"), &json!(1)));
    assert_eq!((&waiting[0]["subject"], &waiting[0]["reason"]), (&json!("invoice"), &json!("as the board decided")));
    let table = rules(&books, &["list"]).ok();
    assert!(table.lines().last().unwrap().starts_with("approval  invoice  proposed  "), "{table}");
    assert!(table.trim_end().ends_with("farida  1         as the board decided"), "{table}");

    assert_eq!(activate(&books, "1").ok(), format!("approval rule for invoice {hash} is active for acme-bd\n"));
    let active = listed(&books);
    assert_eq!((active.len(), &active[0]["state"], &active[0]["hash"]), (1, &json!("active"), &json!(hash)));
    assert_eq!((&active[0]["activated_by"], &active[0]["proposal"]), (&json!("tanvir"), &json!(1)));
    assert_eq!(rules(&books, &["list", "-o", "json"]).json(), json!(active));
    assert!(books.run(&["ledger", "check", "--tenant", "acme-bd"]).ok().contains("sound"));

    let proposed = propose(&books, "tax", RULES[0].1, &["-o", "json"]).json();
    assert_eq!(
        (&proposed["proposal"], &proposed["kind"], &proposed["subject"]),
        (&json!(2), &json!("tax"), &json!(null))
    );
    let activated = rules(&books, &["activate", "2", "--by", "tanvir", "-o", "jsonl"]).jsonl();
    assert_eq!((activated.len(), &activated[0]["hash"]), (1, &proposed["hash"]));
}

#[test]
fn what_may_not_be_is_refused() {
    let books = founded();
    let file = lowered(&books);
    let before = listed(&books);
    rules(&books, &["propose", "tax", &file, "--by", "controller", "--reason", "r"]).fails(4, "PERMISSION_DENIED");
    rules(&books, &["propose", "tax", &file, "--by", "farida", "--reason", ""]).fails(4, "INVALID_FIELD: reason");
    propose(&books, "tax", &file, &["--effective", "2020-01-01"])
        .fails(4, "INVALID_FIELD: effective_from is 2020-01-01");
    propose(&books, "tax", &file, &["--effective", "2099-7-1"]).fails(2, "--effective");
    propose(&books, "tax", RULES[0].1, &[]).fails(4, "INVALID_FIELD: this tax rule was activated");
    assert_eq!(listed(&books), before);

    propose(&books, "tax", &file, &[]).ok();
    propose(&books, "tax", "rules/tax/nbr.toml", &[]).ok();
    rules(&books, &["activate", "5", "--by", "farida"]).fails(4, "SELF_APPROVAL: farida made proposal 5");
    rules(&books, &["activate", "5", "--by", "controller"]).fails(4, "PERMISSION_DENIED");
    activate(&books, "7").fails(3, "NOT_FOUND: acme-bd has no proposal 7");
    rules(&books, &["diff", "--proposal", "7"]).fails(3, "NOT_FOUND");
    activate(&books, "5").ok();
    activate(&books, "5").fails(4, "PROPOSAL_CLOSED: proposal 5 was activated by tanvir");
    activate(&books, "6").fails(4, "PROPOSAL_CLOSED: since proposal 6 was made");
}

#[test]
fn a_rule_waits_for_its_day_in_dhaka() {
    let books = founded();
    let file = lowered(&books);
    let proposed = propose(&books, "tax", &file, &["--effective", "2099-07-01", "-o", "json"]).json();
    assert_eq!(proposed["effective_from"], "2099-06-30T18:00:00.000Z");
    let said = activate(&books, "5").ok();
    assert!(said.trim_end().ends_with("is active for acme-bd from 2099-07-01 00:00 in Dhaka on"), "{said}");
    let tax: Vec<Value> = listed(&books).into_iter().filter(|rule| rule["kind"] == "tax").collect();
    assert_eq!((tax.len(), &tax[0]["state"], &tax[1]["state"]), (2, &json!("active"), &json!("scheduled")));
    assert_eq!(tax[1]["hash"], proposed["hash"]);
    let table = rules(&books, &["list"]).ok();
    assert!(table.lines().any(|l| l.starts_with("tax ") && l.contains("scheduled") && l.contains("2099-07-01 00:00")));

    // A file is compared with what is in force, a proposal with what will be.
    rules(&books, &["diff", "tax", RULES[0].1]).ok().strip_prefix("no difference").unwrap();
    propose(&books, "tax", RULES[0].1, &["--effective", "2099-08-01"]).ok();
    let said = rules(&books, &["diff", "--proposal", "6"]).ok();
    assert!(said.contains("TDS CONTRACTOR 7 %") && said.contains("is now TDS CONTRACTOR 7.5 %"), "{said}");
}

#[test]
fn what_changes_is_shown() {
    let books = founded();
    for (kind, file) in RULES {
        let said = rules(&books, &["diff", kind, file]).ok();
        assert!(said.starts_with(&format!("no difference: {file} is the {kind} rule")), "{said}");
        let answer = rules(&books, &["diff", kind, file, "-o", "json"]).json();
        assert_eq!((&answer["before"], &answer["diff"]), (&answer["after"], &json!("")));
    }
    let file = lowered(&books);
    let said = rules(&books, &["diff", "tax", &file]).ok();
    assert!(said.starts_with("~ TDS CONTRACTOR 7.5 %") && said.contains("is now TDS CONTRACTOR 7 %"), "{said}");
    let answer = rules(&books, &["diff", "tax", &file, "-o", "json"]).json();
    assert_eq!((answer["changes"].as_array().unwrap().len(), &answer["changes"][0]["change"]), (1, &json!("changed")));
    assert!(answer["diff"].as_str().unwrap().contains("-rate_ppm = 75000\n+rate_ppm = 70000\n"), "{answer}");
    let remarked = books.file("remarked.toml", &format!("# A remark.\n{}", content(RULES[0].1)));
    let said = rules(&books, &["diff", "tax", text(&remarked)]).ok();
    assert!(said.starts_with("no difference in rows and settings") && said.contains("\n+# A remark.\n"), "{said}");

    let policy = content(RULES[1].1).replace("remind_at_percent = [50]", "remind_at_percent = [60]");
    let policy = books.file("policy.toml", &policy);
    propose(&books, "approval", text(&policy), &[]).ok();
    let of_file = rules(&books, &["diff", "approval", text(&policy)]).ok();
    let of_proposal = rules(&books, &["diff", "--proposal", "5"]).ok();
    for (said, name) in [(&of_file, text(&policy)), (&of_proposal, "proposal 5")] {
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].starts_with("--- approval ") && lines[1].starts_with(&format!("+++ {name} ")), "{said}");
        let changed: Vec<&&str> = lines[2..].iter().filter(|l| l.starts_with(['+', '-'])).collect();
        assert_eq!(changed, [&"-remind_at_percent = [50]", &"+remind_at_percent = [60]"]);
    }
    let answer = rules(&books, &["diff", "--proposal", "5", "-o", "json"]).json();
    assert_eq!(
        (&answer["kind"], &answer["subject"], &answer["changes"]),
        (&json!("approval"), &json!("invoice"), &json!(null))
    );

    // The first rule of another document is all new.
    let first = books.file("po.toml", &content(RULES[2].1).replace("\"invoice\"", "\"purchase_order\""));
    let said = rules(&books, &["diff", "accounts", text(&first)]).ok();
    assert!(said.starts_with("--- no accounts rule for purchase_order is active"), "{said}");
    assert!(
        said.lines().skip(3).all(|l| l.starts_with('+')) && said.contains("+document = \"purchase_order\""),
        "{said}"
    );
}
