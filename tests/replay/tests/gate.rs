//! The gate of every change: this build's workflow code goes where every history of the corpus went.
#![cfg(test)]

use temporalio_common::data_converters::DataConverter;
use temporalio_protos::temporal::api::enums::v1::EventType;
use vextrus_replay::gate::{self, Verdict};
use vextrus_replay::report::Report;
use vextrus_tests_replay::corpus;

#[test]
fn this_build_goes_where_every_history_went() {
    let entries = corpus::read(&corpus::folder()).unwrap();
    let workflows = vextrus_replay::workflows(DataConverter::default()).unwrap();
    let outcomes = gate::replay(&workflows, entries.iter().map(corpus::Entry::recorded).collect()).unwrap();
    let mut report = Report::default();
    outcomes.into_iter().for_each(|outcome| report.add(outcome));
    println!("{}", report.text());
    assert_eq!(report.total().histories(), entries.len());
    assert!(report.findings().is_empty(), "this build would break running workflows:\n{}", report.text());
}

/// A task that was completed with less than the code gives: the SDK would give the rest with the next task.
#[test]
fn what_the_code_gives_beyond_a_completed_task_is_a_change() {
    let entries = corpus::read(&corpus::folder()).unwrap();
    let entry = entries.iter().find(|e| e.workflow_type == "RolloutGate").unwrap();
    let mut recorded = entry.recorded();
    let of = |kind| recorded.history.events.iter().position(|event| event.event_type() == kind).unwrap();
    let (begun, completed) = (of(EventType::WorkflowTaskStarted), of(EventType::WorkflowTaskCompleted));
    let mut under_way = recorded.clone();
    under_way.history.events.truncate(begun + 1);
    recorded.history.events.truncate(completed + 1);
    let workflows = vextrus_replay::workflows(DataConverter::default()).unwrap();
    let outcomes = gate::replay(&workflows, vec![recorded, under_way]).unwrap();
    let Verdict::Changed(difference) = &outcomes[0].verdict else { panic!("{outcomes:?}") };
    assert_eq!((difference.recorded.as_str(), difference.given.contains("probe")), ("nothing more", true));
    assert_eq!(outcomes[1].verdict, Verdict::Replayed);
}
