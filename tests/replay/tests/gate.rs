//! The gate of every change: this build's workflow code goes where every history of the corpus went.
#![cfg(test)]

use temporalio_common::data_converters::DataConverter;
use vextrus_replay::gate;
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
