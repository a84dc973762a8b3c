//! Questions to the submitter: while one waits, the task's clock stands still.

use chrono::TimeDelta;
use vextrus_approval::{Action, Outcome};
use vextrus_domain::{DocumentKey, RefusalCode, RequestId};
use vextrus_tests_support::company::{ADMINISTRATOR, CLERK, id, invoice};
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

on_both![
    the_due_time_moves_by_the_time_of_the_answer,
    the_clock_waits_for_the_last_of_several_answers,
    an_answer_that_does_not_come_lets_the_clock_go_on,
    only_the_submitter_answers_what_was_asked,
    only_who_may_decide_asks,
];

async fn submitted(desk: &Desk) -> DocumentKey {
    desk.submit(&invoice("padma", "INV-1", "100000")).await.0.key
}

/// Asks as rina; answers the question's id.
async fn ask(desk: &Desk, key: &DocumentKey) -> RequestId {
    let question = Action::RequestInfo { task: id("level-1"), question: "which site?".to_owned() };
    let word = desk.word(key, "rina", question);
    assert_eq!(desk.record(&word).await, Ok(()));
    word.command.request_id
}

fn answering(question: &RequestId) -> Action {
    Action::Answer { question: question.clone(), text: "the bridge".to_owned() }
}

/// When the first task is due, as the ledger's rows and its machine say.
async fn due(desk: &Desk, key: &DocumentKey) -> Option<String> {
    let shown = desk.document(key).await;
    let task = shown.approval.task(&id("level-1")).unwrap();
    assert_eq!(shown.tasks[0].due_at, shown.approval.due_at(task));
    shown.tasks[0].due_at.map(|at| at.to_rfc3339())
}

async fn the_due_time_moves_by_the_time_of_the_answer(desk: &Desk) {
    let key = submitted(desk).await;
    assert_eq!(due(desk, &key).await.as_deref(), Some("2025-08-12T06:00:00+00:00"));
    desk.pass(TimeDelta::hours(12));
    let question = ask(desk, &key).await;
    assert_eq!(due(desk, &key).await, None, "its clock stands still");
    desk.pass(TimeDelta::days(3));
    desk.tick(&key).await;
    assert_eq!(desk.document(&key).await.approval.outcome(), None, "it does not expire meanwhile");
    assert_eq!(desk.record(&desk.word(&key, CLERK, answering(&question))).await, Ok(()));
    // 36 of its 48 hours are left, from 13 August, 18:00.
    assert_eq!(due(desk, &key).await.as_deref(), Some("2025-08-15T06:00:00+00:00"));
    desk.at("2025-08-15T05:59:59Z");
    desk.tick(&key).await;
    assert_eq!(desk.document(&key).await.approval.outcome(), None);
    desk.at("2025-08-15T06:00:00Z");
    desk.tick(&key).await;
    let expired = Outcome::Expired { task: id("level-1") };
    assert_eq!(desk.document(&key).await.approval.outcome(), Some(&expired));
    assert_eq!(
        desk.trail(&key).await.split_off(2),
        ["info_requested", "answered", "reminded"],
        "half of its own time had passed before the deadline"
    );
}

async fn the_clock_waits_for_the_last_of_several_answers(desk: &Desk) {
    let key = submitted(desk).await;
    let (first, second) = (ask(desk, &key).await, ask(desk, &key).await);
    desk.pass(TimeDelta::days(1));
    assert_eq!(desk.record(&desk.word(&key, CLERK, answering(&second))).await, Ok(()));
    assert_eq!(due(desk, &key).await, None);
    desk.pass(TimeDelta::days(1));
    assert_eq!(desk.record(&desk.word(&key, CLERK, answering(&first))).await, Ok(()));
    assert_eq!(due(desk, &key).await.as_deref(), Some("2025-08-14T06:00:00+00:00"));
    let shown = desk.document(&key).await;
    assert!(shown.approval.questions().iter().all(|q| !q.open));
    // It can be decided whatever was asked.
    ask(desk, &key).await;
    assert_eq!(desk.record(&desk.signed(&key, "level-1", "salma", "approve").await).await, Ok(()));
}

async fn an_answer_that_does_not_come_lets_the_clock_go_on(desk: &Desk) {
    let key = submitted(desk).await;
    desk.pass(TimeDelta::days(1));
    let question = ask(desk, &key).await;
    desk.pass(TimeDelta::days(7) - TimeDelta::seconds(1));
    desk.tick(&key).await;
    assert_eq!(due(desk, &key).await, None);
    desk.pass(TimeDelta::seconds(1));
    desk.tick(&key).await;
    assert_eq!(due(desk, &key).await.as_deref(), Some("2025-08-19T06:00:00+00:00"), "a day was left");
    assert!(desk.trail(&key).await.contains(&"question_lapsed".to_owned()));
    let late = desk.record(&desk.word(&key, CLERK, answering(&question))).await;
    assert_eq!(late.unwrap_err().code, RefusalCode::QuestionUnknown);
}

async fn only_the_submitter_answers_what_was_asked(desk: &Desk) {
    let key = submitted(desk).await;
    let question = ask(desk, &key).await;
    for (who, asked, code) in [
        ("rina", question.clone(), RefusalCode::NotSubmitter),
        (ADMINISTRATOR, question.clone(), RefusalCode::NotSubmitter),
        (CLERK, id("another-question"), RefusalCode::QuestionUnknown),
    ] {
        let refusal = desk.record(&desk.word(&key, who, answering(&asked))).await.unwrap_err();
        assert_eq!(refusal.code, code, "{who}");
    }
    let said = desk.word(&key, CLERK, answering(&question));
    assert_eq!(desk.record(&said).await, Ok(()));
    assert_eq!(desk.record(&said).await, Ok(()), "the same answer is the same");
    let again = desk.record(&desk.word(&key, CLERK, answering(&question))).await;
    assert_eq!(again.unwrap_err().code, RefusalCode::QuestionUnknown);
    let told = "SELECT payload FROM outbox WHERE event LIKE 'answered/%'";
    let told = desk.database.raw().await.texts(told).await;
    assert!(told.len() == 1 && told[0].contains("\"to\":\"rina\""), "{told:?}");
}

async fn only_who_may_decide_asks(desk: &Desk) {
    let key = submitted(desk).await;
    let ask = |task: &str, text: &str| Action::RequestInfo { task: id(task), question: text.to_owned() };
    for (who, action, code) in [
        (CLERK, ask("level-1", "may I?"), RefusalCode::SelfApproval),
        ("habib", ask("level-1", "may I?"), RefusalCode::NotEligible),
        ("habib", ask("level-2", "may I?"), RefusalCode::TaskNotOpen),
        ("rina", ask("level-1", " "), RefusalCode::ReasonRequired),
        ("rina", ask("level-1", &"x".repeat(2001)), RefusalCode::LimitExceeded),
    ] {
        let refusal = desk.record(&desk.word(&key, who, action)).await.unwrap_err();
        assert_eq!(refusal.code, code, "{who}");
    }
    assert!(desk.document(&key).await.approval.questions().is_empty());
}
