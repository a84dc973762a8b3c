//! The names that data and trails use.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vextrus_domain::signature::KeyPair;
use vextrus_lifecycle::{Action, Event, Operation, Process, Status, System, TaskStatus, Verdict};

use crate::common::{id, task};
use crate::desk::{Desk, change_manager, complete, move_start, reassign, retry, skip, withdraw};

fn written<T: serde::Serialize>(value: T) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn a_name_is_what_is_written() {
    Operation::ALL.iter().for_each(|o| assert_eq!(written(o), o.name()));
    System::ALL.iter().for_each(|s| assert_eq!(written(s), s.name()));
    Verdict::ALL.iter().for_each(|v| assert_eq!(written(v), v.name()));
    for process in Process::ALL {
        assert_eq!((written(process), process.name().parse()), (json!(process.name()), Ok(process)));
    }
    assert!("sabbatical".parse::<Process>().unwrap_err().to_string().contains("use onboarding or offboarding"));
    for status in [Status::Completed, Status::Partial, Status::Withdrawn, Status::Failed, Status::Cancelled] {
        assert_eq!(written(status), status.name());
    }
    use TaskStatus::{Done, Dropped, Lapsed, Open, Running, Skipped, Waiting};
    for (status, settled) in [
        (Waiting, false),
        (Open, false),
        (Running, false),
        (Done, true),
        (Skipped, true),
        (Lapsed, true),
        (Dropped, true),
    ] {
        assert_eq!((written(status), status.is_settled()), (json!(status.name()), settled));
    }
}

#[test]
fn actions_say_what_they_are_about() {
    let all = [
        (complete("a"), Some("a"), None, "", true),
        (skip("a"), Some("a"), None, "not needed", true),
        (reassign("a", "lima"), Some("a"), Some("lima"), "on leave", false),
        (retry("a"), Some("a"), None, "it is up again", false),
        (move_start("2027-01-03"), None, None, "the visa is late", false),
        (change_manager("lima"), None, Some("lima"), "another site", false),
        (withdraw(), None, None, "declined", false),
    ];
    assert_eq!(all.each_ref().map(|(action, ..)| action.name()), Action::NAMES);
    let key = KeyPair::from_seed(&[7; 32]);
    for (action, task, person, words, of_a_signal) in all {
        assert_eq!(written(&action)["action"], action.name());
        assert_eq!(action.task().map(|t| t.as_str()), task, "{action:?}");
        assert_eq!(action.person(), person.map(id).as_ref(), "{action:?}");
        assert_eq!((action.words(), action.is_of_a_signal()), (words, of_a_signal), "{action:?}");
        let command = Desk::open(&crate::common::task("a", "hr", "")).command("ada", action);
        assert_eq!((command.may_be_unsigned(true), command.may_be_unsigned(false)), (of_a_signal, false));
        assert_eq!(serde_json::from_value::<vextrus_lifecycle::Command>(written(&command)).unwrap(), command);
        let signed = command.clone().sign(&key).unwrap();
        assert_eq!(signed.command, command);
    }
}

#[test]
fn a_request_is_who_asks_for_what() {
    let mut desk = Desk::open(&task("a", "hr", ""));
    let command = desk.command("hana", complete("a"));
    let digest = |change: &dyn Fn(&mut vextrus_lifecycle::Command)| {
        let mut other = command.clone();
        change(&mut other);
        other.digest().unwrap()
    };
    let own = command.digest().unwrap();
    assert_eq!(own.len(), 16);
    assert_eq!(digest(&|c| c.at += chrono::TimeDelta::hours(1)), own, "when it came does not count");
    assert_eq!(digest(&|c| c.request_id = "other".parse().unwrap()), own);
    let others: [&dyn Fn(&mut vextrus_lifecycle::Command); 3] =
        [&|c| c.actor = id("ada"), &|c| c.action = skip("a"), &|c| c.key.submission = 2];
    let digests: BTreeSet<String> = others.iter().map(|change| digest(change)).chain([own]).collect();
    assert_eq!(digests.len(), 4);
}

#[test]
fn what_undoes_something_belongs_to_the_same_system() {
    let undoings: Vec<Operation> = Operation::ALL.into_iter().filter_map(Operation::undone_by).collect();
    assert_eq!(undoings.len(), 5);
    for operation in Operation::ALL {
        if let Some(undoing) = operation.undone_by() {
            assert_eq!(undoing.system(), operation.system());
            assert_eq!(undoing.undone_by(), None, "nothing undoes {undoing}");
        }
    }
    assert_eq!(Operation::SendWelcome.undone_by(), None, "a letter cannot be taken back");
    let systems: BTreeSet<System> = undoings.into_iter().map(Operation::system).collect();
    assert_eq!(systems, BTreeSet::from(System::ALL));
}

#[test]
fn events_say_who_and_what() {
    let mut desk = Desk::open(&(task("a", "hr", "") + &task("b", "hr", "blocking = false\nskippable = true")));
    let mut events = desk.complete("hana", "a").unwrap();
    events.extend(desk.act("ada", reassign("b", "lima")).unwrap());
    events.extend(desk.act("ada", move_start("2026-12-13")).unwrap());
    events.extend(desk.act("ada", change_manager("lima")).unwrap());
    events.extend(desk.act("lima", skip("b")).unwrap());
    events.extend(desk.act("omar", withdraw()).unwrap());
    let shown: Vec<(&str, Option<&str>, Option<&str>)> =
        events.iter().map(|e| (e.name(), e.by().map(|p| p.as_str()), e.task().map(|t| t.as_str()))).collect();
    assert_eq!(
        shown[..6],
        [
            ("task_completed", Some("hana"), Some("a")),
            ("task_reassigned", Some("ada"), Some("b")),
            ("start_moved", Some("ada"), None),
            ("manager_changed", Some("ada"), None),
            ("task_skipped", Some("lima"), Some("b")),
            ("stopped", Some("omar"), None),
        ]
    );
    assert!(events.iter().skip(6).all(|e: &Event| e.by().is_none()));
}
