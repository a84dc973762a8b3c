//! Approval policies, held to example documents.

use serde_json::Value;

use crate::offline::{Books, text};
use crate::program::{Ran, root, run, vextrus};

fn test(args: &[&str]) -> Ran {
    run(vextrus(&[&["rules", "test"], args].concat()))
}

/// Every policy under `examples/approvals`, and the shipped ones.
#[test]
fn every_policy_asks_whom_its_examples_expect() {
    let of = |company: &str| {
        let folder = format!("examples/approvals/{company}");
        let policies = ["invoice", "purchase_order"].map(|document| format!("{folder}/{document}.toml"));
        (format!("{folder}/examples.toml"), policies)
    };
    let shipped = ["rules/approval/invoice.toml".to_owned(), "rules/approval/purchase_order.toml".to_owned()];
    let all =
        [("examples/approvals/default.toml".to_owned(), shipped), of("small-trader"), of("garment-factory"), of("ngo")];
    for (examples, policies) in all {
        for policy in policies {
            let said = test(&[&examples, &policy]).ok();
            assert!(said.lines().count() >= 3 && said.lines().all(|line| line.starts_with("ok ")), "{policy}: {said}");
        }
    }
}

/// The example company with the shipped policy, and with one that asks the head of a department from two lakh on.
fn proposed(books: &Books) {
    let shipped = "rules/approval/invoice.toml";
    let laxer =
        std::fs::read_to_string(root().join(shipped)).unwrap().replace("above = \"100000\"", "above = \"200000\"");
    let laxer = books.file("laxer.toml", &laxer);
    for (kind, file) in [("approval", shipped), ("approval", text(&laxer)), ("tax", "rules/tax/house.toml")] {
        let proposal = ["propose", kind, file, "--by", "farida", "--reason", "board", "--tenant", "acme-bd"];
        books.run(&[&["rules"], &proposal[..]].concat()).ok();
    }
}

#[test]
fn a_proposal_is_tested_before_it_counts() {
    let books = Books::of_the_example();
    proposed(&books);
    let test = |number: &str, file: &str| {
        books.run(&["rules", "test", "--tenant", "acme-bd", "--proposal", number, file, "-o", "jsonl"])
    };
    let examples = "examples/approvals/default.toml";
    assert!(test("1", examples).jsonl().iter().all(|one| one["ok"] == true));
    let ran = test("2", examples).exits(1);
    let said: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let wrong: Vec<_> = said.iter().filter(|one| one["ok"] == false).collect();
    let why = wrong[0]["why"].as_str().unwrap();
    assert_eq!(wrong[0]["example"], "a poisha more and the head of the department is asked");
    assert_eq!(why, "expected rahim, salma, then karim; found rahim, salma");
    let count = format!("proposal 2 does not do what {} of {} examples expect", wrong.len(), said.len());
    assert!(ran.err.contains(&count), "{}", ran.err);
    test("3", examples).fails(2, "proposal 3 is of kind tax");
    test("9", examples).fails(3, "no proposal 9");

    // Examples without people are about the company's own.
    let own = "[[example]]\nname = \"small\"\namount = \"5\"\ndepartment = \"works\"\nsubmitter = \"nasrin\"\nexpect = [[\"rahim\", \"salma\"]]\n";
    let own = books.file("own.toml", own);
    let said = test("1", text(&own)).jsonl();
    assert_eq!(said.len(), 1);
    assert!(said[0]["ok"] == true, "{said:?}");
}

#[test]
fn what_cannot_be_tested_is_said() {
    let books = Books::of_the_example();
    let policy = "rules/approval/invoice.toml";
    let file = |name: &str, content: &str| text(&books.file(name, content)).to_owned();
    let example = "[[example]]\nname = \"small\"\ndocument = \"purchase_order\"\namount = \"5\"\ndepartment = \"works\"\nsubmitter = \"nasrin\"\nexpect = []\n";
    test(&[&file("nobody.toml", example), policy]).fails(2, "names no people: give --tenant");
    let people = format!("[[person]]\nid = \"nasrin\"\ndepartment = \"works\"\nroles = []\n\n{example}");
    test(&[&file("orders.toml", &people), policy]).fails(1, "has no example for rules/approval/invoice.toml");
    test(&[&file("empty.toml", ""), policy]).fails(1, "line 1 of the examples: there is no [[example]]");
    test(&["examples/approvals/default.toml", "rules/tax/house.toml"]).fails(1, "rules/tax/house.toml");
    test(&["examples/approvals/default.toml"]).fails(2, "<POLICY>");
    test(&["examples/approvals/default.toml", "--proposal", "1"]).fails(2, "--tenant");
}
