//! What goes on the trail and changes no task.

use serde_json::{Value, json};
use vextrus_approval::{REQUEST_INFO, SignedDecision};
use vextrus_contract::steps::{CloseReason, Note, RecordInput, RecordOutput};
use vextrus_domain::{DocumentKey, Refusal, RefusalCode};
use vextrus_ledger::audit::{self, Entry};
use vextrus_tests_support::company::{ACME, id, invoice};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, now, record_input};

on_both![
    a_refused_message_is_on_the_trail_and_asserts_nobody,
    a_reminder_is_told_once_for_each_task,
    a_question_goes_to_the_submitter_when_it_is_signed,
    notes_are_written_once_however_often_the_step_is_tried,
    notes_that_come_with_a_refused_decision_are_kept,
    an_ended_document_still_takes_notes,
];

async fn submitted(desk: &Desk) -> DocumentKey {
    desk.submit(&invoice("padma", "INV-1", "100000")).await.0.key
}

fn notes(key: &DocumentKey, notes: Vec<Note>) -> RecordInput {
    RecordInput { key: key.clone(), at: now(), decision: None, notes }
}

fn refused_message() -> Note {
    Note::Refused {
        at: now(),
        message: "approve".to_owned(),
        asserted_by: Some(id("mallory")),
        refusal: Refusal::new(RefusalCode::SignatureMissing, "the decision is unsigned"),
    }
}

fn reminded(task: &str) -> Note {
    Note::Reminded { at: now(), task: id(task) }
}

async fn recorded(desk: &Desk, input: &RecordInput) {
    assert_eq!(desk.approvals.record_step(input).await.unwrap(), RecordOutput::Recorded);
}

async fn last_entry(desk: &Desk, key: &DocumentKey) -> Entry {
    let mut tx = desk.read().await.unwrap();
    audit::read_chain(&mut tx, &id(ACME), key.document.as_str()).await.unwrap().unwrap().pop().unwrap()
}

/// What others are told by events of this kind, in the order of telling.
async fn told(desk: &Desk, event: &str) -> Vec<Value> {
    let sql = format!("SELECT payload FROM outbox WHERE event LIKE '{event}%' ORDER BY created_at, id");
    let payloads = desk.database.raw().await.texts(&sql).await;
    payloads.iter().map(|text| vextrus_domain::canonical::from_text(text).unwrap()).collect()
}

async fn a_refused_message_is_on_the_trail_and_asserts_nobody(desk: &Desk) {
    let key = submitted(desk).await;
    recorded(desk, &notes(&key, vec![refused_message()])).await;
    let entry = last_entry(desk, &key).await;
    assert_eq!((entry.kind.as_str(), entry.actor), ("message_refused", None), "whoever it says it came from");
    assert_eq!(entry.body["asserted_by"], "mallory");
    assert_eq!(entry.body["refusal"]["code"], "SIGNATURE_MISSING");
}

async fn a_reminder_is_told_once_for_each_task(desk: &Desk) {
    let key = submitted(desk).await;
    recorded(desk, &notes(&key, vec![reminded("level-1")])).await;
    recorded(desk, &notes(&key, vec![reminded("level-1"), reminded("level-2")])).await;
    let tasks: Vec<Value> = told(desk, "task_reminder/").await.into_iter().map(|p| p["task"].clone()).collect();
    assert_eq!(tasks, ["level-1", "level-2"]);
    assert_eq!(desk.trail(&key).await.split_off(2), ["reminded", "reminded", "reminded"]);
}

async fn a_question_goes_to_the_submitter_when_it_is_signed(desk: &Desk) {
    let key = submitted(desk).await;
    let mut question = desk.decision(&key, "level-1", "rina", REQUEST_INFO).await;
    question.comment = "where is the measurement book?".to_owned();
    let asked = question.sign(&desk.key).unwrap();
    let unsigned = SignedDecision { signature: None, ..asked.clone() };
    let mut forged = asked.clone();
    forged.decision.comment = "where is the money?".to_owned();
    let at = now();
    let all = [asked, unsigned, forged].map(|asked| Note::InfoRequested { at, asked });
    recorded(desk, &notes(&key, all.to_vec())).await;

    let expected = json!({"to": "karim", "by": "rina", "question": "where is the measurement book?"});
    assert_eq!(told(desk, "info_requested/").await, [expected]);
    assert_eq!(desk.trail(&key).await.split_off(2), ["info_requested", "message_refused", "message_refused"]);
    assert_eq!(desk.document(&key).await.tasks[0].state, "open", "a question decides nothing");
}

async fn notes_are_written_once_however_often_the_step_is_tried(desk: &Desk) {
    let key = submitted(desk).await;
    let input = notes(&key, vec![refused_message(), reminded("level-1")]);
    recorded(desk, &input).await;
    let mut raw = desk.database.raw().await;
    let rows = raw.rows().await;
    recorded(desk, &input).await;
    assert_eq!(raw.rows().await, rows);
}

async fn notes_that_come_with_a_refused_decision_are_kept(desk: &Desk) {
    let key = submitted(desk).await;
    let early = desk.signed(&key, "level-2", "habib", "approve").await;
    let input = RecordInput { notes: vec![refused_message()], ..record_input(&early) };
    for _ in 0..2 {
        let output = desk.approvals.record_step(&input).await.unwrap();
        assert!(matches!(&output, RecordOutput::Refused(r) if r.code == RefusalCode::TaskNotOpen), "{output:?}");
        assert_eq!(desk.trail(&key).await.split_off(2), ["decision_refused", "message_refused"]);
    }
}

async fn an_ended_document_still_takes_notes(desk: &Desk) {
    let key = submitted(desk).await;
    desk.close(&key, CloseReason::Cancelled, None).await;
    recorded(desk, &notes(&key, vec![refused_message()])).await;
    assert_eq!(desk.trail(&key).await.split_off(2), ["closed", "message_refused"]);
}
