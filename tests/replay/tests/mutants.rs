//! The corpus bites: every change of workflow code in `mutants.toml` is caught by one of its histories.
#![cfg(test)]

use vextrus_replay::WorkflowReplayerOptions;
use vextrus_replay::gate::{self, Verdict};
use vextrus_tests_replay::corpus;

/// A changed copy of a workflow.
pub struct Mutant {
    name: &'static str,
    workflow_type: &'static str,
    caught: &'static str,
    workflows: fn() -> WorkflowReplayerOptions,
}

#[allow(warnings, clippy::all, clippy::pedantic, reason = "it is the changed code that is tested, not its looks")]
mod mutants {
    macro_rules! mutant {
        ($name:literal, $type:literal, $caught:literal, $($workflow:ident)::+) => {
            super::Mutant {
                name: $name,
                workflow_type: $type,
                caught: $caught,
                workflows: || {
                    super::WorkflowReplayerOptions::new().register_workflow::<$($workflow)::+>().unwrap().build()
                },
            }
        };
    }
    include!(concat!(env!("OUT_DIR"), "/mutants/all.rs"));
}

#[test]
fn every_change_is_caught() {
    let entries = corpus::read(&corpus::folder()).unwrap();
    let mutants = mutants::all();
    assert!(mutants.len() >= 12, "{}", mutants.len());
    let mut escaped = Vec::new();
    for mutant in mutants {
        let of_type = entries.iter().filter(|e| e.workflow_type == mutant.workflow_type);
        let histories: Vec<_> = of_type.map(corpus::Entry::recorded).collect();
        let outcomes = gate::replay(&(mutant.workflows)(), histories).unwrap();
        if mutant.caught == "replayed" {
            let otherwise = outcomes.iter().find(|outcome| outcome.verdict != Verdict::Replayed);
            assert!(otherwise.is_none(), "{}: {otherwise:?}", mutant.name);
            continue;
        }
        let caught = outcomes.iter().find(|outcome| match mutant.caught {
            "diverged" => matches!(outcome.verdict, Verdict::Diverged { .. }),
            "changed" => matches!(outcome.verdict, Verdict::Changed(_)),
            other => panic!("{}: it cannot be caught as {other}", mutant.name),
        });
        match caught {
            Some(outcome) => {
                println!("{} of {}: {} {:?}", mutant.name, mutant.workflow_type, outcome.name, outcome.verdict)
            }
            None => escaped.push(format!("{} of {}", mutant.name, mutant.workflow_type)),
        }
    }
    assert!(escaped.is_empty(), "no history catches these changes:\n  {}", escaped.join("\n  "));
}
