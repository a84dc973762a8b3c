//! What is personal stands in the record alone, whoever writes it elsewhere.

use vextrus_contract::employees::{ProcessEntry, ProgressOutput};
use vextrus_domain::{Refusal, RefusalCode};
use vextrus_lifecycle::{Action, SignedCommand, Status, TaskStatus};
use vextrus_tests_support::company::id;
use vextrus_tests_support::on_both;
use vextrus_tests_support::staff::HR;

use crate::desk::Desk;

on_both![
    what_stands_elsewhere_is_found,
    personal_words_are_refused_and_forgotten,
    personal_names_are_refused_and_forgotten,
    a_refused_message_is_not_repeated,
    a_stop_says_nothing_personal,
];

/// The words of a test about words must be able to fail it.
async fn what_stands_elsewhere_is_found(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    assert_eq!(desk.spoken_of().await, Vec::<String>::new());
    let mut raw = desk.database.raw().await;
    let task = format!("process = '{}' AND task = 'photo-id'", case.key.document);
    let name = raw.texts(&format!("SELECT name FROM process_tasks WHERE {task}")).await.remove(0);
    raw.exec(&format!("UPDATE process_tasks SET name = 'Card of Zebunnessa' WHERE {task}")).await.unwrap();
    assert_eq!(desk.spoken_of().await, ["process_tasks: zebunnessa"]);
    raw.exec(&format!("UPDATE process_tasks SET name = '{name}' WHERE {task}")).await.unwrap();
}

async fn personal_words_are_refused_and_forgotten(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    let before = case.machine().await;
    for words in [
        "zebunnessa has come",
        "ask Quaderi",
        "write to ZEBU.Q@example.com",
        "call 01798-765432",
        "call +880 1798 765432",
        "NID 509 217 4638",
    ] {
        let words = words.to_owned();
        for action in [
            Action::Complete { task: id("appointment-letter"), verdict: None, note: words.clone() },
            Action::Skip { task: id("previous-service-book"), reason: words.clone() },
            Action::Withdraw { reason: words.clone() },
            Action::MoveStart { start_date: id("2025-12-14"), reason: words.clone() },
        ] {
            let refused = case.say(HR, action).await.unwrap_err();
            assert_eq!(refused.code, RefusalCode::PersonalData, "{words}");
        }
        // Nor is it told when it would be refused for another reason.
        let unsigned = desk.ordered(&case.key, HR, Action::Withdraw { reason: words.clone() });
        let refused = case.take(SignedCommand { command: unsigned, signature: None }).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::PersonalData, "{words}");
    }
    assert_eq!(case.machine().await, before);
    assert_eq!(case.told("command_refused").await.len(), 30);
    assert_eq!(desk.spoken_of().await, Vec::<String>::new());
}

async fn personal_names_are_refused_and_forgotten(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    let skip = Action::Skip { task: id("zebunnessa-quaderi"), reason: "no".to_owned() };
    let command = desk.ordered(&case.key, HR, skip);
    let bare = SignedCommand { command: command.clone(), signature: None };
    for word in [command.sign(&desk.key).unwrap(), bare] {
        assert_eq!(case.take(word).await.unwrap_err().code, RefusalCode::PersonalData);
    }
    let told = case.told("command_refused").await;
    assert_eq!((told.len(), told[0].body.get("task")), (2, None));
    assert_eq!(desk.spoken_of().await, Vec::<String>::new());
}

async fn a_refused_message_is_not_repeated(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    for (name, message, kept) in [
        ("completeTask", "the process has no task zebunnessa", false),
        ("zebunnessa", "it cannot be read", false),
        ("completeTask", "the process has no task photo", true),
    ] {
        let refusal = Refusal::new(RefusalCode::TaskUnknown, message);
        let entry = ProcessEntry::Refused { at: desk.now(), message: name.to_owned(), asserted_by: None, refusal };
        let done = case.put(vec![entry]).await.unwrap();
        assert!(matches!(done, ProgressOutput::Recorded { .. }), "{done:?}");
        let told = case.told("message_refused").await.pop().unwrap().body.to_string();
        assert_eq!(told.contains(message), kept, "{told}");
    }
    assert_eq!(desk.spoken_of().await, Vec::<String>::new());
}

async fn a_stop_says_nothing_personal(desk: &Desk) {
    let case = desk.onboarding("emp-1").await;
    case.until("create-user-account", TaskStatus::Done).await;
    let stop = |why: &str| ProcessEntry::Stop { at: desk.now(), status: Status::Cancelled, why: why.to_owned() };
    let done = case.put(vec![stop("Zebunnessa does not come")]).await.unwrap();
    assert!(matches!(done, ProgressOutput::Recorded { .. }), "{done:?}: it must end, whatever it says");
    let told = case.told("stopped").await.pop().unwrap().body.to_string();
    assert!(told.contains("withheld"), "{told}");
    assert_eq!(case.run().await, Status::Cancelled);
}
