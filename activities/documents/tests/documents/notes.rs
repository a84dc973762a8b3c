//! What goes on the trail and changes no task: messages that were refused, reminders, questions, words.

use chrono::TimeDelta;
use serde_json::{Value, json};
use vextrus_approval::{Action, SignedCommand};
use vextrus_contract::steps::{CloseReason, Entry, RecordOutput};
use vextrus_domain::{DocumentKey, Refusal, RefusalCode};
use vextrus_ledger::audit::Entry as Told;
use vextrus_tests_support::company::{CLERK, id, invoice};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, taken};

on_both![
    a_refused_message_is_on_the_trail_and_asserts_nobody,
    a_reminder_is_told_once_for_each_share_of_the_time,
    a_question_goes_to_the_submitter_when_it_is_signed,
    a_word_is_on_the_trail_and_changes_nothing,
    entries_are_written_once_however_often_the_step_is_tried,
    messages_that_come_with_a_refused_decision_are_kept,
    an_ended_document_still_takes_refused_messages,
];

async fn submitted(desk: &Desk) -> DocumentKey {
    desk.submit(&invoice("padma", "INV-1", "100000")).await.0.key
}

fn refused_message(desk: &Desk) -> Entry {
    Entry::Refused {
        at: desk.now(),
        message: "approve".to_owned(),
        asserted_by: Some(id("mallory")),
        refusal: Refusal::new(RefusalCode::SignatureMissing, "the command is unsigned"),
    }
}

async fn recorded(desk: &Desk, key: &DocumentKey, entries: Vec<Entry>) {
    assert_eq!(taken(desk.record_all(key, entries).await), Ok(()));
}

async fn last_entry(desk: &Desk, key: &DocumentKey) -> Told {
    desk.entries(key).await.pop().unwrap()
}

/// What others are told by events of this kind, in the order of telling.
async fn told(desk: &Desk, event: &str) -> Vec<Value> {
    let sql = format!("SELECT payload FROM outbox WHERE event LIKE '{event}%' ORDER BY created_at, id");
    let payloads = desk.database.raw().await.texts(&sql).await;
    payloads.iter().map(|text| vextrus_domain::canonical::from_text(text).unwrap()).collect()
}

async fn a_refused_message_is_on_the_trail_and_asserts_nobody(desk: &Desk) {
    let key = submitted(desk).await;
    recorded(desk, &key, vec![refused_message(desk)]).await;
    let entry = last_entry(desk, &key).await;
    assert_eq!((entry.kind.as_str(), entry.actor), ("message_refused", None), "whoever it says it came from");
    assert_eq!(entry.body["asserted_by"], "mallory");
    assert_eq!(entry.body["refusal"]["code"], "SIGNATURE_MISSING");
}

async fn a_reminder_is_told_once_for_each_share_of_the_time(desk: &Desk) {
    let key = submitted(desk).await;
    desk.pass(TimeDelta::days(1) - TimeDelta::seconds(1));
    desk.tick(&key).await;
    assert_eq!(told(desk, "task_reminder/").await.len(), 0, "not before half of the two days");
    desk.pass(TimeDelta::seconds(1));
    for _ in 0..2 {
        desk.tick(&key).await;
        desk.pass(TimeDelta::hours(1));
    }
    let reminded = told(desk, "task_reminder/level-1/1").await;
    assert_eq!(reminded[0]["to"], json!(["omar", "rina", "salma"]));
    assert_eq!(desk.trail(&key).await.split_off(2), ["reminded"]);
    assert_eq!(desk.record(&desk.signed(&key, "level-1", "rina", "approve").await).await, Ok(()));
    desk.pass(TimeDelta::days(2));
    desk.tick(&key).await;
    let tasks: Vec<Value> = told(desk, "task_reminder/").await.into_iter().map(|p| p["task"].clone()).collect();
    assert_eq!(tasks, ["level-1", "level-2"]);
}

async fn a_question_goes_to_the_submitter_when_it_is_signed(desk: &Desk) {
    let key = submitted(desk).await;
    let ask = |question: &str| Action::RequestInfo { task: id("level-1"), question: question.to_owned() };
    let asked = desk.word(&key, "rina", ask("where is the measurement book?"));
    let unsigned = SignedCommand { signature: None, ..desk.word(&key, "rina", ask("and where is the bill?")) };
    let mut forged = desk.word(&key, "rina", ask("where is the book?"));
    forged.command.action = ask("where is the money?");
    let all = [&asked, &unsigned, &forged].map(|word| desk.entry(word));
    let RecordOutput::Recorded { refused } = desk.record_all(&key, all.to_vec()).await else { panic!("refused") };
    let codes: Vec<_> = refused.iter().map(|r| r.refusal.code).collect();
    assert_eq!(codes, [RefusalCode::SignatureMissing, RefusalCode::SignatureInvalid]);

    let expected =
        json!({"to": "karim", "by": "rina", "task": "level-1", "question": "where is the measurement book?"});
    assert_eq!(told(desk, "info_requested/").await, [expected]);
    assert_eq!(desk.trail(&key).await.split_off(2), ["info_requested", "command_refused", "command_refused"]);
    assert_eq!(desk.document(&key).await.tasks[0].state, "open", "a question decides nothing");
}

async fn a_word_is_on_the_trail_and_changes_nothing(desk: &Desk) {
    let key = submitted(desk).await;
    let before = desk.document(&key).await.tasks;
    let say = |text: &str| Action::Comment { text: text.to_owned() };
    for person in [CLERK, "rina", "habib", "shirin"] {
        assert_eq!(desk.record(&desk.word(&key, person, say("it is for the bridge"))).await, Ok(()), "{person}");
    }
    assert_eq!(last_entry(desk, &key).await.body["text"], "it is for the bridge");
    let stranger = desk.record(&desk.word(&key, "lipi", say("may I?"))).await;
    assert_eq!(stranger.unwrap_err().code, RefusalCode::NotEligible);
    assert_eq!(desk.record(&desk.word(&key, CLERK, say(" "))).await.unwrap_err().code, RefusalCode::ReasonRequired);
    assert_eq!(desk.document(&key).await.tasks, before);
}

async fn entries_are_written_once_however_often_the_step_is_tried(desk: &Desk) {
    let key = submitted(desk).await;
    desk.pass(TimeDelta::days(1));
    let input = vec![refused_message(desk), Entry::Tick { at: desk.now() }];
    recorded(desk, &key, input.clone()).await;
    let mut raw = desk.database.raw().await;
    let rows = raw.rows().await;
    recorded(desk, &key, input).await;
    assert_eq!(raw.rows().await, rows);
}

async fn messages_that_come_with_a_refused_decision_are_kept(desk: &Desk) {
    let key = submitted(desk).await;
    let early = desk.entry(&desk.signed(&key, "level-2", "habib", "approve").await);
    let input = vec![early, refused_message(desk)];
    for _ in 0..2 {
        let refusal = taken(desk.record_all(&key, input.clone()).await).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::TaskNotOpen);
        assert_eq!(desk.trail(&key).await.split_off(2), ["command_refused", "message_refused"]);
    }
}

async fn an_ended_document_still_takes_refused_messages(desk: &Desk) {
    let key = submitted(desk).await;
    desk.close(&key, CloseReason::Cancelled, None).await;
    recorded(desk, &key, vec![refused_message(desk)]).await;
    assert_eq!(desk.trail(&key).await.split_off(2), ["closed", "message_refused"]);
}
