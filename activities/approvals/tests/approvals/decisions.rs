//! A decision that does not end the approval: stored once, and what follows it opened.

use chrono::TimeDelta;
use vextrus_approval::SignedDecision;
use vextrus_contract::steps::{CloseReason, Note, RecordInput, RecordOutput};
use vextrus_domain::{DocumentKey, Refusal, RefusalCode};
use vextrus_tests_support::company::{id, invoice};
use vextrus_tests_support::ledgers::{all_at_once, at_once};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, now, record_input};

on_both![
    a_decision_opens_what_follows_it,
    a_decision_is_kept_as_it_was_signed,
    the_same_decision_many_times_at_once_is_stored_once,
    of_many_who_decide_at_once_one_does,
    a_refused_decision_opens_nothing_and_spoils_nothing,
    an_ended_document_takes_no_decision,
    another_time_is_the_same_decision,
    a_decision_recorded_by_hand_is_the_same_decision,
];

async fn submitted(desk: &Desk) -> DocumentKey {
    desk.submit(&invoice("padma", "INV-1", "100000")).await.0.key
}

#[track_caller]
fn refused(output: &RecordOutput, code: RefusalCode) {
    assert!(matches!(output, RecordOutput::Refused(Refusal { code: found, .. }) if *found == code), "{output:?}");
}

async fn record(desk: &Desk, input: &RecordInput) -> RecordOutput {
    desk.approvals.record_step(input).await.unwrap()
}

async fn a_decision_opens_what_follows_it(desk: &Desk) {
    let key = submitted(desk).await;
    let first = desk.signed(&key, "level-1", "rina", "approve").await;
    let opened_at = now() + TimeDelta::seconds(5);
    let input = RecordInput { at: opened_at, ..record_input(&first) };
    assert_eq!(record(desk, &input).await, RecordOutput::Recorded);

    let tasks = desk.document(&key).await.tasks;
    assert_eq!((tasks[0].state.as_str(), tasks[0].actor.as_deref()), ("decided", Some("rina")));
    assert_eq!(tasks[0].decided_at, Some(input.at));
    assert_eq!((tasks[1].state.as_str(), tasks[1].opened_at), ("open", Some(opened_at)));
    assert_eq!(tasks[1].due_at, Some(opened_at + TimeDelta::days(3)), "the policy gives heads of department 3 days");
    let told = "SELECT event FROM outbox WHERE event LIKE 'task%' ORDER BY created_at, id";
    assert_eq!(desk.database.raw().await.texts(told).await, ["task_opened/level-1", "task_opened/level-2"]);
    assert_eq!(desk.trail(&key).await, ["claimed", "assessed", "decided"]);
}

async fn a_decision_is_kept_as_it_was_signed(desk: &Desk) {
    let key = submitted(desk).await;
    let mut decision = desk.decision(&key, "level-1", "rina", "approve").await;
    decision.comment = "checked against the measurement book: ‘সঠিক’ \"\\".to_owned();
    let signed = decision.sign(&desk.key).unwrap();
    assert_eq!(desk.record(&signed).await, RecordOutput::Recorded);
    let stored = desk.database.raw().await.texts("SELECT content FROM decisions").await;
    let stored: SignedDecision = vextrus_domain::canonical::from_text(&stored[0]).unwrap();
    assert_eq!(stored, signed);
    assert_eq!(stored.verify(&desk.trust.keys, false), Ok(true));
}

async fn the_same_decision_many_times_at_once_is_stored_once(desk: &Desk) {
    let key = submitted(desk).await;
    let input = record_input(&desk.signed(&key, "level-1", "rina", "approve").await);
    let approvals = desk.approvals.clone();
    let outputs = at_once(16, move |_| {
        let (approvals, input) = (approvals.clone(), input.clone());
        async move { approvals.record_step(&input).await.unwrap() }
    })
    .await;
    assert!(outputs.iter().all(|o| *o == RecordOutput::Recorded), "{outputs:?}");
    assert_eq!(desk.trail(&key).await, ["claimed", "assessed", "decided"]);
}

async fn of_many_who_decide_at_once_one_does(desk: &Desk) {
    let key = submitted(desk).await;
    let mut deciding = Vec::new();
    for (person, answer) in [("rina", "approve"), ("salma", "reject"), ("omar", "approve"), ("rina", "reject")] {
        let input = record_input(&desk.signed(&key, "level-1", person, answer).await);
        let approvals = desk.approvals.clone();
        deciding.push(async move { approvals.record_step(&input).await.unwrap() });
    }
    let outputs = all_at_once(deciding).await;
    let (won, lost): (Vec<_>, Vec<_>) = outputs.iter().partition(|o| **o == RecordOutput::Recorded);
    assert_eq!(won.len(), 1, "{outputs:?}");
    for output in lost {
        refused(output, RefusalCode::AlreadyDecided);
    }
    let mut kinds = desk.trail(&key).await.split_off(2);
    kinds.sort();
    assert_eq!(kinds, ["decided", "decision_refused", "decision_refused", "decision_refused"]);
}

async fn a_refused_decision_opens_nothing_and_spoils_nothing(desk: &Desk) {
    let key = submitted(desk).await;
    // A message with the request id of a true decision, which came first.
    let good = desk.decision(&key, "level-1", "rina", "approve").await;
    let forged = SignedDecision { decision: good.clone(), signature: None };
    refused(&desk.record(&forged).await, RefusalCode::SignatureMissing);
    let states: Vec<_> = desk.document(&key).await.tasks.into_iter().map(|t| t.state).collect();
    assert_eq!(states, ["open", "waiting"]);
    assert_eq!(desk.record(&good.sign(&desk.key).unwrap()).await, RecordOutput::Recorded);
    assert_eq!(desk.trail(&key).await, ["claimed", "assessed", "decision_refused", "decided"]);
}

async fn an_ended_document_takes_no_decision(desk: &Desk) {
    let claim = desk.claim(&invoice("padma", "INV-0", "100000")).await.unwrap();
    let word = desk.withdrawal(&claim.key, "karim");
    refused(&desk.record(&word).await, RefusalCode::DocumentClosed);

    let key = submitted(desk).await;
    let late = desk.signed(&key, "level-1", "rina", "approve").await;
    desk.close(&key, CloseReason::Cancelled, None).await;
    refused(&desk.record(&late).await, RefusalCode::DocumentClosed);
    let states: Vec<_> = desk.document(&key).await.tasks.into_iter().map(|t| t.state).collect();
    assert_eq!(states, ["dropped", "dropped"]);
}

/// A signed decision stands in the history, for whoever can read the namespace to start this step with, and with more.
async fn a_decision_recorded_by_hand_is_the_same_decision(desk: &Desk) {
    let key = submitted(desk).await;
    let first = record_input(&desk.signed(&key, "level-1", "rina", "approve").await);
    let reminded = Note::Reminded { at: now(), task: id("level-1") };
    let by_hand = RecordInput { notes: vec![reminded], ..first.clone() };
    assert_eq!(record(desk, &by_hand).await, RecordOutput::Recorded);
    assert_eq!(record(desk, &first).await, RecordOutput::Recorded, "the workflow's own step is not spoilt");
    assert_eq!(desk.trail(&key).await, ["claimed", "assessed", "decided", "reminded"]);
}

/// After a reset the workflow hears the same messages again, at other times.
async fn another_time_is_the_same_decision(desk: &Desk) {
    let key = submitted(desk).await;
    let first = record_input(&desk.signed(&key, "level-1", "rina", "approve").await);
    assert_eq!(record(desk, &first).await, RecordOutput::Recorded);
    let mut raw = desk.database.raw().await;
    let rows = raw.rows().await;
    let later = RecordInput { at: first.at + TimeDelta::hours(1), ..first };
    assert_eq!(record(desk, &later).await, RecordOutput::Recorded);
    assert_eq!(raw.rows().await, rows);
}
