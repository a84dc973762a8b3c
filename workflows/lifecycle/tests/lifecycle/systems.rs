//! What systems do, cannot do, or do not answer.

use vextrus_domain::RefusalCode as C;
use vextrus_lifecycle::{Event, Performed, Status, TaskStatus};

use crate::common::{id, ids, task};
use crate::desk::{Desk, done, impossible, reassign, retry, skip, told};

fn account(lines: &str) -> Desk {
    Desk::open(
        &(task("s", "it", &format!("automatic = \"create_account\"\n{lines}"))
            + &task("after", "hr", "after = [\"s\"]")),
    )
}

/// The attempt, and the number of the order.
fn numbers(desk: &Desk) -> (u32, u32) {
    (desk.task("s").attempt, desk.task("s").order)
}

#[test]
fn what_a_system_did_is_taken_once() {
    let mut desk = account("");
    assert_eq!((numbers(&desk), desk.status("s")), ((1, 1), TaskStatus::Running));
    for attempt in [0, 2] {
        assert_eq!(desk.performed("s", attempt, done("u-1")), Err(C::TaskNotOpen));
    }
    assert_eq!(desk.performed("after", 0, done("u-1")), Err(C::TaskNotOpen), "it waits");
    assert_eq!(desk.performed("x", 1, done("u-1")), Err(C::TaskUnknown));
    let events = desk.performed("s", 1, done("u-1")).unwrap();
    assert_eq!(told(&events), "task_completed s, task_opened after");
    assert!(matches!(&events[0], Event::Completed { by: None, reference: Some(r), .. } if r == "u-1"));
    let s = desk.task("s");
    assert_eq!(
        (s.status, s.reference.as_deref(), s.by.as_ref(), s.settled_at),
        (TaskStatus::Done, Some("u-1"), None, Some(desk.now))
    );
    assert!(!s.by_hand());
    assert_eq!(desk.performed("s", 1, done("u-1")), Err(C::TaskNotOpen));
    assert_eq!(desk.performed("s", 1, Performed::Unclear), Err(C::TaskNotOpen));
}

#[test]
fn what_a_system_cannot_do_a_person_must() {
    let mut desk = account("within_hours = 16");
    let events = desk.performed("s", 1, impossible()).unwrap();
    let expected = Event::HandedOver {
        task: "s".parse().unwrap(),
        people: ids("iris ivan"),
        why: "no licence is left".to_owned(),
        due_at: crate::common::dhaka("2026-11-17 10:00"),
    };
    assert_eq!(events, [expected]);
    let s = desk.task("s");
    assert_eq!((s.status, s.handed_over.as_deref(), s.unclear), (TaskStatus::Open, Some("no licence is left"), false));
    assert_eq!(desk.performed("s", 1, done("late")), Err(C::TaskNotOpen), "its answer was taken");
    assert_eq!(told(&desk.complete("ivan", "s").unwrap()), "task_completed s, task_opened after");
    assert!(desk.task("s").by_hand());
    assert_eq!(desk.task("s").by, Some(id("ivan")));
}

#[test]
fn a_system_may_try_again() {
    let mut desk = account("");
    desk.performed("s", 1, impossible()).unwrap();
    for person in ["ivan", "ada"] {
        assert_eq!(told(&desk.clone().act(person, retry("s")).unwrap()), "task_retried s, task_started s", "{person}");
    }
    let events = desk.act("iris", retry("s")).unwrap();
    assert_eq!(events[1], Event::Started { task: "s".parse().unwrap(), attempt: 2 });
    assert_eq!((numbers(&desk), desk.task("s").handed_over.as_ref()), ((2, 2), None), "another order");
    assert_eq!(desk.performed("s", 1, done("old")), Err(C::TaskNotOpen), "the first attempt is over");
    assert_eq!(desk.complete("ivan", "s"), Err(C::TaskNotOpen), "the system is at it");
    desk.done("s", "u-2");
    assert!(!desk.task("s").by_hand() && desk.task("s").reference.as_deref() == Some("u-2"));
}

#[test]
fn an_order_of_unknown_outcome_is_given_as_the_same() {
    let mut desk = account("");
    let events = desk.performed("s", 1, Performed::Unclear).unwrap();
    assert!(matches!(&events[0], Event::HandedOver { why, .. } if why.contains("did not answer")));
    assert!(desk.task("s").unclear);
    desk.act("iris", retry("s")).unwrap();
    assert_eq!(numbers(&desk), (2, 1));
    desk.performed("s", 2, Performed::Unclear).unwrap();
    desk.act("iris", retry("s")).unwrap();
    assert_eq!(numbers(&desk), (3, 1));
    // That it cannot be done now does not say whether it was done before.
    desk.performed("s", 3, impossible()).unwrap();
    assert!(desk.task("s").unclear);
    desk.act("iris", retry("s")).unwrap();
    assert_eq!(numbers(&desk), (4, 1));
    let mut by_person = desk.clone();
    desk.done("s", "u-1");
    assert!(!desk.task("s").unclear);
    by_person.performed("s", 4, Performed::Unclear).unwrap();
    by_person.complete("ivan", "s").unwrap();
    assert!(!by_person.task("s").unclear && by_person.task("s").by_hand());
}

#[test]
fn a_task_that_was_handed_over_is_like_any_other() {
    let mut desk = account("blocking = false\nskippable = true\nwithin_hours = 16");
    desk.act("ada", reassign("s", "lima")).unwrap();
    desk.performed("s", 1, impossible()).unwrap();
    assert_eq!(desk.asked("s"), "lima");
    let mut lapses = desk.clone();
    desk.act("lima", skip("s")).unwrap();
    desk.complete("hana", "after").unwrap();
    assert_eq!(desk.machine.ended(), Some(Status::Partial));
    let names: Vec<String> = (0..3).map(|_| told(&lapses.next())).collect();
    assert_eq!(names[..2], ["task_reminded s", "task_escalated s"]);
    assert!(names[2].contains("task_lapsed s, task_opened after"));
}

#[test]
fn reminders_begin_anew_with_each_hand_over() {
    let mut desk = account("remind_at_percent = [25, 50]\nwithin_hours = 16");
    desk.performed("s", 1, impossible()).unwrap();
    assert_eq!(
        (told(&desk.next()), told(&desk.next()), told(&desk.next())),
        ("task_reminded s".to_owned(), "task_reminded s".to_owned(), "task_escalated s".to_owned())
    );
    assert!(desk.task("s").escalated && desk.task("s").reminders == 2);
    desk.act("iris", retry("s")).unwrap();
    assert_eq!(desk.machine.next_moment(), None, "no clock runs while a system is at it");
    desk.performed("s", 2, impossible()).unwrap();
    assert!(!desk.task("s").escalated && desk.task("s").reminders == 0);
    assert_eq!(told(&desk.next()), "task_reminded s");
}
