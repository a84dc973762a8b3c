//! The corpus holds every way that a workflow can go.
#![cfg(test)]

use std::fs;
use std::path::Path;

use vextrus_tests_replay::{corpus, coverage};

#[test]
fn every_way_has_a_history() {
    let entries = corpus::read(&corpus::folder()).unwrap();
    let missing = coverage::missing(entries.iter().map(|e| (e.workflow_type.as_str(), &e.history))).unwrap();
    let lines: Vec<String> = missing.iter().map(|w| format!("{}: {}", w.workflows.join(" or "), w.way)).collect();
    assert!(lines.is_empty(), "no history goes these ways; `make record` adds them:\n  {}", lines.join("\n  "));
}

/// The variants of an enum in a source file, as serde writes them.
fn variants(file: &str, name: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join(file)).unwrap();
    let body = text.split_once(&format!("pub enum {name} {{\n")).unwrap().1.split_once("\n}").unwrap().0;
    let is_variant =
        |line: &&str| line.starts_with("    ") && line.as_bytes().get(4).is_some_and(u8::is_ascii_uppercase);
    let name_of = |line: &str| line.trim().split(['(', ' ', ',', '{']).next().unwrap().to_owned();
    body.lines().filter(is_variant).map(|line| snake(&name_of(line))).collect()
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

/// A step that learns to answer something else needs a history of it.
#[test]
fn every_answer_of_a_step_is_a_way() {
    const STEPS: &str = "activities/contract/src/steps.rs";
    const EMPLOYEES: &str = "activities/contract/src/employees.rs";
    let ways: Vec<String> = coverage::all().unwrap().into_iter().map(|way| way.way).collect();
    for (step, file, name) in [
        ("assess", STEPS, "AssessOutput"),
        ("record", STEPS, "RecordOutput"),
        ("settle", STEPS, "SettleOutput"),
        ("close", STEPS, "CloseOutput"),
        ("plan", EMPLOYEES, "PlanOutput"),
        ("progress", EMPLOYEES, "ProgressOutput"),
        ("perform", EMPLOYEES, "PerformOutput"),
    ] {
        let variants = variants(file, name);
        assert!(variants.len() >= 2, "{name}: {variants:?}");
        for variant in variants {
            let way = format!("{step}: {variant}");
            assert!(ways.contains(&way), "{way} is not among the ways of tests/replay/src/coverage.rs");
        }
    }
}

/// A machine that learns another state needs a history of it.
#[test]
fn every_state_of_a_machine_is_a_way() {
    let ways = coverage::all().unwrap();
    for (workflow, prefix, file, name) in [
        ("InvoiceApproval", "task is ", "workflows/approval/src/machine/task.rs", "TaskStatus"),
        ("InvoiceApproval", "event: ", "workflows/approval/src/event.rs", "What"),
        ("InvoiceApproval", "recompute: ", "workflows/approval/src/event.rs", "Recompute"),
        ("InvoiceApproval", "outcome: ", "workflows/approval/src/event.rs", "Outcome"),
        ("EmployeeOnboarding", "task is ", "workflows/lifecycle/src/machine/mod.rs", "TaskStatus"),
        ("EmployeeOnboarding", "event: ", "workflows/lifecycle/src/event.rs", "Event"),
        ("EmployeeOnboarding", "performed: ", "workflows/lifecycle/src/event.rs", "Performed"),
    ] {
        let of_workflow = ways.iter().filter(|w| w.workflows.iter().any(|name| name == workflow));
        let mut listed: Vec<&str> = of_workflow.filter_map(|w| w.way.strip_prefix(prefix)).collect();
        let mut variants = variants(file, name);
        listed.sort_unstable();
        variants.sort_unstable();
        assert_eq!(listed, variants, "{name} of {file}, and what tests/replay/src/machines.rs lists");
    }
}
