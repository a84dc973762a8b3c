//! What does not end an approval: stored once, and what follows it opened.

use chrono::TimeDelta;
use vextrus_approval::{Action, SignedCommand};
use vextrus_contract::steps::{CloseReason, Entry, RecordInput, RecordOutput};
use vextrus_domain::{DocumentKey, RefusalCode};
use vextrus_tests_support::company::{CLERK, id, invoice};
use vextrus_tests_support::ledgers::{all_at_once, at_once};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::{Desk, taken};

on_both![
    a_decision_opens_what_follows_it,
    a_decision_is_kept_as_it_was_signed,
    the_same_decision_many_times_at_once_is_stored_once,
    of_many_who_decide_at_once_one_does,
    a_refused_decision_opens_nothing_and_spoils_nothing,
    a_refused_command_leaves_the_others_of_its_batch,
    an_ended_document_takes_no_decision,
    another_time_is_the_same_decision,
    a_decision_recorded_by_hand_is_the_same_decision,
    a_time_finer_than_the_ledger_keeps_leads_to_the_same,
];

async fn submitted(desk: &Desk) -> DocumentKey {
    desk.submit(&invoice("padma", "INV-1", "100000")).await.0.key
}

async fn record(desk: &Desk, input: &RecordInput) -> RecordOutput {
    desk.steps().record_step(input).await.unwrap()
}

async fn a_decision_opens_what_follows_it(desk: &Desk) {
    let key = submitted(desk).await;
    desk.pass(TimeDelta::seconds(5));
    let first = desk.signed(&key, "level-1", "rina", "approve").await;
    assert_eq!(desk.record(&first).await, Ok(()));

    let tasks = desk.document(&key).await.tasks;
    assert_eq!((tasks[0].state.as_str(), tasks[0].actor.as_deref()), ("decided", Some("rina")));
    assert_eq!(tasks[0].decided_at, Some(desk.now()));
    assert_eq!((tasks[1].state.as_str(), tasks[1].opened_at), ("open", Some(desk.now())));
    assert_eq!(tasks[1].due_at, Some(desk.now() + TimeDelta::days(3)), "the policy gives heads of department 3 days");
    let told = "SELECT event FROM outbox WHERE event LIKE 'task%' ORDER BY created_at, id";
    assert_eq!(desk.database.raw().await.texts(told).await, ["task_opened/level-1", "task_opened/level-2"]);
    assert_eq!(desk.trail(&key).await, ["claimed", "assessed", "decided"]);
}

async fn a_decision_is_kept_as_it_was_signed(desk: &Desk) {
    let key = submitted(desk).await;
    let mut decision = desk.decision(&key, "level-1", "rina", "approve").await;
    let Action::Decide { comment, .. } = &mut decision.action else { panic!("{decision:?}") };
    "checked against the measurement book: ‘সঠিক’ \"\\".clone_into(comment);
    let signed = desk.sign(decision);
    assert_eq!(desk.record(&signed).await, Ok(()));
    let stored = "SELECT content FROM approval_log WHERE kind = 'command'";
    let stored = desk.database.raw().await.texts(stored).await;
    let stored: SignedCommand = vextrus_domain::canonical::from_text(&stored[0]).unwrap();
    assert_eq!(stored, signed);
    assert_eq!(stored.verify(&desk.trust.keys, false), Ok(true));
}

async fn the_same_decision_many_times_at_once_is_stored_once(desk: &Desk) {
    let key = submitted(desk).await;
    let input = desk.record_input(&desk.signed(&key, "level-1", "rina", "approve").await);
    let steps = desk.steps();
    let outputs = at_once(16, move |_| {
        let (steps, input) = (steps.clone(), input.clone());
        async move { steps.record_step(&input).await.unwrap() }
    })
    .await;
    assert!(outputs.into_iter().all(|o| taken(o) == Ok(())));
    assert_eq!(desk.trail(&key).await, ["claimed", "assessed", "decided"]);
}

async fn of_many_who_decide_at_once_one_does(desk: &Desk) {
    let key = submitted(desk).await;
    let mut deciding = Vec::new();
    for (person, answer) in [("rina", "approve"), ("salma", "reject"), ("omar", "approve"), ("rina", "reject")] {
        let input = desk.record_input(&desk.signed(&key, "level-1", person, answer).await);
        let steps = desk.steps();
        deciding.push(async move { taken(steps.record_step(&input).await.unwrap()) });
    }
    let outputs = all_at_once(deciding).await;
    let (won, lost): (Vec<_>, Vec<_>) = outputs.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "{lost:?}");
    for refusal in lost.into_iter().map(Result::unwrap_err) {
        assert_eq!(refusal.code, RefusalCode::AlreadyDecided, "{refusal}");
    }
    let mut kinds = desk.trail(&key).await.split_off(2);
    kinds.sort();
    assert_eq!(kinds, ["command_refused", "command_refused", "command_refused", "decided"]);
}

async fn a_refused_decision_opens_nothing_and_spoils_nothing(desk: &Desk) {
    let key = submitted(desk).await;
    // A message with the request id of a true decision, which came first.
    let good = desk.decision(&key, "level-1", "rina", "approve").await;
    let forged = SignedCommand { command: good.clone(), signature: None };
    assert_eq!(desk.record(&forged).await.unwrap_err().code, RefusalCode::SignatureMissing);
    let states: Vec<_> = desk.document(&key).await.tasks.into_iter().map(|t| t.state).collect();
    assert_eq!(states, ["open", "waiting"]);
    assert_eq!(desk.record(&desk.sign(good)).await, Ok(()));
    assert_eq!(desk.trail(&key).await, ["claimed", "assessed", "command_refused", "decided"]);
}

async fn a_refused_command_leaves_the_others_of_its_batch(desk: &Desk) {
    let key = submitted(desk).await;
    let comment = |person| desk.word(&key, person, Action::Comment { text: "please look at line 1".to_owned() });
    let forged = SignedCommand { signature: None, ..comment("salma") };
    let words = [
        comment(CLERK),
        forged,
        desk.signed(&key, "level-1", "rina", "approve").await,
        desk.signed(&key, "level-1", "salma", "approve").await,
        desk.signed(&key, "level-2", "nasrin", "approve").await,
        comment("habib"),
    ];
    let entries = words.iter().map(|word| desk.entry(word)).collect();
    let RecordOutput::Recorded { refused } = desk.record_all(&key, entries).await else { panic!("refused") };
    let refused: Vec<_> = refused.into_iter().map(|r| (r.request_id, r.refusal.code)).collect();
    assert_eq!(
        refused,
        [(1, RefusalCode::SignatureMissing), (3, RefusalCode::AlreadyDecided), (4, RefusalCode::NotEligible)]
            .map(|(n, code)| (words[n as usize].command.request_id.clone(), code))
    );
    assert_eq!(
        desk.trail(&key).await.split_off(2),
        ["commented", "command_refused", "decided", "command_refused", "command_refused", "commented"]
    );
    let shown = desk.document(&key).await;
    assert_eq!(shown.tasks.iter().map(|t| t.state.as_str()).collect::<Vec<_>>(), ["decided", "open"]);
    let told: Vec<_> = desk.entries(&key).await.into_iter().filter(|e| e.kind == "command_refused").collect();
    assert!(told.iter().all(|e| e.actor.is_none()), "whoever it says it came from");
    assert_eq!((&told[2].body["asserted_by"], &told[2].body["action"]), (&"nasrin".into(), &"decide".into()));
}

async fn an_ended_document_takes_no_decision(desk: &Desk) {
    let claim = desk.claim(&invoice("padma", "INV-0", "100000")).await.unwrap();
    let word = desk.withdrawal(&claim.key, CLERK);
    assert_eq!(desk.record(&word).await.unwrap_err().code, RefusalCode::DocumentClosed);

    let key = submitted(desk).await;
    let late = desk.signed(&key, "level-1", "rina", "approve").await;
    desk.close(&key, CloseReason::Cancelled, None).await;
    assert_eq!(desk.record(&late).await.unwrap_err().code, RefusalCode::DocumentClosed);
    let states: Vec<_> = desk.document(&key).await.tasks.into_iter().map(|t| t.state).collect();
    assert_eq!(states, ["dropped", "dropped"]);
}

/// A signed decision stands in the history, for whoever can read the namespace to start this step with, and with more.
async fn a_decision_recorded_by_hand_is_the_same_decision(desk: &Desk) {
    let key = submitted(desk).await;
    let first = desk.record_input(&desk.signed(&key, "level-1", "rina", "approve").await);
    let mut by_hand = first.clone();
    by_hand.entries.insert(0, Entry::Tick { at: desk.now() });
    assert_eq!(taken(record(desk, &by_hand).await), Ok(()));
    assert_eq!(taken(record(desk, &first).await), Ok(()), "the workflow's own step is not spoilt");
    assert_eq!(desk.trail(&key).await, ["claimed", "assessed", "decided"]);
}

/// After a reset the workflow hears the same messages again, at other times.
async fn another_time_is_the_same_decision(desk: &Desk) {
    let key = submitted(desk).await;
    let word = desk.signed(&key, "level-1", "rina", "approve").await;
    assert_eq!(desk.record(&word).await, Ok(()));
    let mut raw = desk.database.raw().await;
    let mut rows = raw.rows().await;
    desk.pass(TimeDelta::hours(1));
    assert_eq!(desk.record(&word).await, Ok(()));
    for table in ["effects", "audit_entries", "audit_unsealed"] {
        *rows.get_mut(table).unwrap() += 1;
    }
    assert_eq!(raw.rows().await, rows, "another step, and nothing of it");
}

/// Workflows and facades tell time in nanoseconds, the ledger in microseconds: running the log again leads where it led.
async fn a_time_finer_than_the_ledger_keeps_leads_to_the_same(desk: &Desk) {
    let key = submitted(desk).await;
    let mut first = desk.decision(&key, "level-1", "rina", "approve").await;
    first.at = desk.now() + TimeDelta::nanoseconds(789);
    let entry =
        Entry::Command { at: first.at + TimeDelta::microseconds(10), signed: Box::new(desk.sign(first.clone())) };
    assert_eq!(taken(desk.record_all(&key, vec![entry]).await), Ok(()));
    let due = first.at + TimeDelta::days(3);
    desk.at("2025-08-14T00:00:00Z");
    let tick = Entry::Tick { at: due + TimeDelta::nanoseconds(11) };
    assert_eq!(taken(desk.record_all(&key, vec![tick]).await), Ok(()));
    let shown = desk.document(&key).await;
    let ended = matches!(shown.approval.outcome(), Some(vextrus_approval::Outcome::Expired { .. }));
    assert!(ended && shown.approval.task(&id("level-2")).is_some_and(|t| !t.is_open()));
}
