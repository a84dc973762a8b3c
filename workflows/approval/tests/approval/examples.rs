//! The policies that are shipped and worked through, held to their examples.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use vextrus_approval::examples::{Examples, ExamplesError, Expect, run};
use vextrus_approval::{Outcome, Policy};
use vextrus_domain::DocumentType;
use vextrus_domain::calendar::WorkingCalendar;

use crate::common::{BANGLADESH, Case, INVOICE, ORDER, id, start};
use crate::desk::Desk;

macro_rules! file {
    ($path:literal) => {
        include_str!(concat!("../../../../examples/approvals/", $path))
    };
}

/// Each company with its two policies and its examples.
const COMPANIES: [(&str, [&str; 2], &str); 4] = [
    ("default", [INVOICE, ORDER], file!("default.toml")),
    (
        "small-trader",
        [file!("small-trader/invoice.toml"), file!("small-trader/purchase_order.toml")],
        file!("small-trader/examples.toml"),
    ),
    (
        "garment-factory",
        [file!("garment-factory/invoice.toml"), file!("garment-factory/purchase_order.toml")],
        file!("garment-factory/examples.toml"),
    ),
    ("ngo", [file!("ngo/invoice.toml"), file!("ngo/purchase_order.toml")], file!("ngo/examples.toml")),
];

const PAGE: &str = include_str!("../../../../docs/approvals.md");

fn calendar() -> WorkingCalendar {
    WorkingCalendar::parse(BANGLADESH).unwrap()
}

#[test]
fn every_example_is_as_expected() {
    for (company, policies, examples) in COMPANIES {
        let Examples { people, examples } = Examples::parse(examples).unwrap();
        let mut told = BTreeSet::new();
        for (text, document) in policies.iter().zip(DocumentType::ALL) {
            let policy = Policy::parse(text).unwrap();
            assert_eq!(policy.document, document, "{company}");
            for outcome in run(&policy, &examples, &people, &calendar(), start()) {
                assert_eq!(outcome.result, Ok(()), "{company}: {}", outcome.name);
                assert!(told.insert(outcome.name));
            }
        }
        assert_eq!(told.len(), examples.len(), "{company}: each example is for one of the policies");
    }
}

#[test]
fn the_page_tells_the_examples_as_they_are() {
    for (company, _, text) in &COMPANIES[1..] {
        for example in Examples::parse(text).unwrap().examples {
            let asked = match &example.expect {
                Expect::People(stages) if stages.is_empty() => "nobody".to_owned(),
                Expect::People(stages) => {
                    let people = stages.iter().map(|s| s.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(", "));
                    people.collect::<Vec<_>>().join("; then ")
                }
                Expect::Refusal(code) => format!("refused: `{code}`"),
            };
            let amount = example.total.unwrap().grouped();
            let row = |line: &&str| {
                let cells: Vec<&str> = line.split('|').map(str::trim).collect();
                cells.len() == 6 && cells[1] == example.name && cells[3].contains(&amount) && cells[4] == asked
            };
            assert!(PAGE.lines().any(|l| row(&l)), "{company}: no row | {} | .. {amount} .. | {asked} |", example.name);
        }
    }
}

#[test]
fn the_bill_for_fabric_takes_the_time_that_the_page_tells() {
    let (_, [invoice, _], examples) = COMPANIES[2];
    let mut desk = Desk::open(
        invoice,
        Case::with("350000", |c| {
            c.people = Examples::parse(examples).unwrap().people;
            (c.department, c.vendor_class, c.submitter) = ("sewing", "fabric", "polash");
        }),
    );
    let at = |day: &str| format!("2026-08-{day}T10:00:00+06:00").parse::<DateTime<Utc>>().unwrap();
    let due = |desk: &Desk, task: &str| desk.machine.due_at(desk.machine.task(&task.parse().unwrap()).unwrap());
    assert_eq!((desk.now, due(&desk, "level-1")), (at("02"), Some(at("04"))));
    desk.now = at("04") - TimeDelta::seconds(1);
    desk.approve("rina", "level-1").unwrap();
    desk.now = at("09") - TimeDelta::seconds(2);
    let mut nobody = desk.clone();
    desk.approve("tania", "level-3").unwrap();
    for (day, person) in [("10", "babul"), ("11", "nazrul")] {
        desk.now = due(&desk, "level-2").unwrap();
        desk.tick();
        assert_eq!(due(&desk, "level-2").unwrap() + TimeDelta::seconds(1), at(day));
        desk.clone().approve(person, "level-2").unwrap();
    }
    nobody.now += TimeDelta::seconds(1);
    nobody.tick();
    assert_eq!(nobody.machine.outcome(), Some(&Outcome::Expired { task: "level-3".parse().unwrap() }));
}

#[test]
fn what_is_not_as_expected_is_told_with_both() {
    let text = file!("default.toml")
        .replacen("expect = [[\"rahim\", \"salma\"]]", "expect = [[\"rahim\"]]", 1)
        .replacen("expect_refusal = \"NO_ELIGIBLE_APPROVER\"", "expect = [[\"salma\", \"rahim\"], [\"karim\"]]", 1)
        .replacen("expect = [[\"salma\"]]", "expect_refusal = \"NO_ELIGIBLE_APPROVER\"", 1);
    let Examples { people, examples } = Examples::parse(&text).unwrap();
    let invoice = Policy::parse(INVOICE).unwrap();
    let mut found: Vec<String> =
        run(&invoice, &examples, &people, &calendar(), start()).into_iter().filter_map(|o| o.result.err()).collect();
    assert_eq!(
        found[..2],
        ["expected rahim; found rahim, salma", "expected NO_ELIGIBLE_APPROVER; found salma"].map(str::to_owned)
    );
    assert!(found.remove(2).starts_with("expected rahim, salma, then karim; found NO_ELIGIBLE_APPROVER: nobody of"));
    // What the policy does not know of a document is told too.
    for (from, to, said) in [
        ("submitter = \"nasrin\"", "submitter = \"nasreen\"", "the submitter nasreen is not among the people"),
        ("total = \"100000\"", "payable = \"100000\"", "the policy counts the total, which is not given"),
        (
            "total = \"100000\"",
            "total = \"1\"\nfindings = [\"budget_exceeded\"]",
            "no rule for exception budget_exceeded",
        ),
        ("expect = [[\"rahim\", \"salma\"]]", "expect = []", "expected nobody; found rahim, salma"),
    ] {
        let Examples { people, examples } = Examples::parse(&file!("default.toml").replacen(from, to, 1)).unwrap();
        let first = run(&invoice, &examples[..1], &people, &calendar(), start()).remove(0);
        assert!(first.result.as_ref().is_err_and(|e| e.contains(said)), "{first:?} does not say {said}");
    }
}

#[test]
fn files_are_read_or_refused_with_their_line() {
    let example = |lines: &str| {
        format!("[[example]] # here\nname = \"one\"\ndepartment = \"works\"\nsubmitter = \"sub\"\n{lines}\n")
    };
    let good = example("amount = \"1\"\nexpect = [[\"ben\", \"ana\", \"ben\"]]");
    let read = Examples::parse(&good).unwrap();
    assert_eq!(read.examples[0].expect, Expect::People(vec![vec![id("ana"), id("ben")]]));
    assert!(read.people.is_empty());
    let person = "[[person]]\nid = \"ana\"\nroles = []\n";
    for (text, said) in [
        (person.replace("[[person]]", "[[person]] # here"), "there is no [[example]]"),
        (
            format!("{person}{}{good}", person.replace("[[person]]", "[[person]] # here")).replacen(
                "here\nname",
                "\nname",
                1,
            ),
            "ana is listed twice",
        ),
        (good.replace("# here", "") + &good, "a name of its own"),
        (good.replace("\"one\"", "\" \""), "a name of its own"),
        (example("expect = []"), "give either `amount`"),
        (example("amount = \"1\"\ntotal = \"1\"\nexpect = []"), "give either `amount`"),
        (example("total = \"-1\"\nexpect = []"), "-1.00 is no amount"),
        (example("amount = \"1\"\ntogether = \"-1\"\nexpect = []"), "-1.00 is no amount"),
        (example("amount = \"1\""), "give either `expect`"),
        (example("amount = \"1\"\nexpect = []\nexpect_refusal = \"NO_ELIGIBLE_APPROVER\""), "give either `expect`"),
        (example("amount = \"1\"\nexpect = [[]]"), "a stage of `expect` is empty"),
        (
            example("amount = \"1\"\nexpect_refusal = \"NO\" #~").replace("# here", "").replace("#~", "# here"),
            "unknown variant",
        ),
        (example("amount = \"1\"\nsurprise = 1 #~").replace("# here", "").replace("#~", "# here"), "unknown field"),
        (
            example("amount = \"1000000000000000000\" #~").replace("# here", "").replace("#~", "# here"),
            "beyond the limit",
        ),
    ] {
        let error = Examples::parse(&text).expect_err(&text).to_string();
        let line = 1 + text.lines().position(|l| l.contains("# here")).unwrap();
        assert!(error.contains(said) && error.contains(&format!("line {line}")), "{error}\nof\n{text}");
    }
    assert_eq!(Examples::parse(&"#".repeat(300_000)), Err(ExamplesError::TooLong));
}
