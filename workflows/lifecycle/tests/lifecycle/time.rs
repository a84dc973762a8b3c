//! What time alone brings.

use chrono::TimeDelta;
use vextrus_lifecycle::{Event, Input, Status, TaskStatus};

use crate::common::{Case, dhaka, ids, onboarding, task, with_probation};
use crate::desk::{Desk, complete, impossible, review, skip, told};

/// What happened, with its moment on the clock of Dhaka: `12-01 10:00 task_reminded a`.
fn then(desk: &mut Desk) -> String {
    let events = desk.next();
    format!("{} {}", (desk.now + TimeDelta::hours(6)).format("%m-%d %H:%M"), told(&events))
}

#[test]
fn reminders_go_out_at_their_percents() {
    // From Sunday at ten: sixteen office hours end on Tuesday at ten.
    let mut desk = Desk::open(&task("a", "hr", "within_hours = 16\nremind_at_percent = [25, 50, 99]"));
    assert_eq!(desk.task("a").due_at, Some(dhaka("2026-11-17 10:00")));
    assert_eq!(then(&mut desk), "11-15 22:00 task_reminded a");
    assert_eq!(then(&mut desk), "11-16 10:00 task_reminded a");
    assert_eq!(then(&mut desk), "11-17 09:31 task_reminded a");
    assert_eq!(then(&mut desk), "11-17 10:00 task_escalated a");
    let mut none = Desk::open(&task("a", "hr", "within_hours = 16\nremind_at_percent = []"));
    assert_eq!(then(&mut none), "11-17 10:00 task_escalated a");
}

#[test]
fn time_is_at_least_what_is_allowed_from_the_opening() {
    // Due on Tuesday, and opened on Sunday with eight hours at least; or due before that.
    for (lines, expected) in [
        ("due = { start = -13 }\nwithin_hours = 8", "2026-11-18 00:00"),
        ("due = { start = -13 }\nwithin_hours = 40", "2026-11-22 10:00"),
        ("due = { start = -30 }\nwithin_hours = 8", "2026-11-16 10:00"),
        ("within_hours = 8", "2026-11-16 10:00"),
    ] {
        assert_eq!(Desk::open(&task("a", "hr", lines)).task("a").due_at, Some(dhaka(expected)), "{lines}");
    }
}

#[test]
fn what_blocks_is_asked_for_again_and_again() {
    let mut desk = Desk::open(&task("a", "manager", "within_hours = 16"));
    assert_eq!(then(&mut desk), "11-16 10:00 task_reminded a");
    assert_eq!(desk.asked("a"), "karim");
    assert_eq!(then(&mut desk), "11-17 10:00 task_escalated a");
    assert_eq!(desk.asked("a"), "karim ada dipa hana omar");
    assert_eq!(then(&mut desk), "11-19 10:00 task_reminded a");
    assert_eq!(then(&mut desk), "11-23 10:00 task_reminded a");
    assert_eq!(then(&mut desk), "11-25 10:00 task_reminded a");
    assert_eq!(desk.task("a").reminders, 4);
    desk.complete("dipa", "a").unwrap();
    assert_eq!(desk.machine.ended(), Some(Status::Completed));
}

#[test]
fn a_long_sleep_brings_each_reminder_once() {
    let mut desk = Desk::open(&task("a", "manager", "within_hours = 16\nremind_at_percent = [25, 50]"));
    desk.at("2027-03-07 10:00");
    let events = desk.tick();
    assert_eq!(told(&events), "task_reminded a, task_reminded a, task_escalated a");
    let expected = Event::Escalated {
        task: "a".parse().unwrap(),
        people: ids("karim ada dipa hana omar"),
        due_at: dhaka("2027-03-09 10:00"),
    };
    assert_eq!(events[2], expected, "they have their time from now");
    assert_eq!(desk.tick(), Vec::new());
    desk.at("2027-09-05 10:00");
    assert_eq!(told(&desk.tick()), "task_reminded a", "one, however many periods have passed");
    assert_eq!(then(&mut desk), "09-07 10:00 task_reminded a");
    let counts: Vec<u32> = vec![desk.task("a").reminders];
    assert_eq!(counts, [4]);
}

#[test]
fn what_does_not_block_lapses() {
    let tasks = task("a", "hr", "within_hours = 16\nblocking = false") + &task("b", "hr", "after = [\"a\"]");
    let mut desk = Desk::open(&tasks);
    assert_eq!(then(&mut desk), "11-16 10:00 task_reminded a");
    assert_eq!(then(&mut desk), "11-17 10:00 task_escalated a", "nobody loses a task without being asked first");
    assert_eq!(then(&mut desk), "11-19 10:00 task_lapsed a, task_opened b");
    assert_eq!((desk.status("a"), desk.task("a").settled_at), (TaskStatus::Lapsed, Some(desk.now)));
    assert_eq!(told(&desk.complete("hana", "b").unwrap()), "task_completed b, ended");
    assert_eq!(desk.machine.ended(), Some(Status::Partial));
    let mut long = Desk::open(&tasks);
    long.at("2027-03-07 10:00");
    assert_eq!(told(&long.tick()), "task_reminded a, task_escalated a", "even after a long sleep");
}

#[test]
fn the_end_tells_what_was_left_out() {
    let tasks = task("a", "hr", "") + &task("b", "hr", "blocking = false\nskippable = true");
    for (last, status) in [(complete("b"), Status::Completed), (skip("b"), Status::Partial)] {
        let mut desk = Desk::open(&tasks);
        desk.complete("hana", "a").unwrap();
        assert_eq!(desk.act("hana", last).unwrap().last(), Some(&Event::Ended { status }));
        assert_eq!(desk.machine.ended(), Some(status));
    }
}

#[test]
fn tasks_wait_for_their_day_and_for_each_other() {
    let tasks = task("a", "hr", "opens = { start = -10 }")
        + &task("b", "it", "automatic = \"create_account\"\nafter = [\"a\"]\nopens = { start = -5 }")
        + &task("c", "hr", "after = [\"b\", \"a\"]");
    let mut desk = Desk::open(&tasks);
    assert_eq!(desk.stands(), "a:waiting b:waiting c:waiting");
    assert_eq!(then(&mut desk), "11-22 00:00 task_opened a");
    desk.complete("hana", "a").unwrap();
    assert_eq!(desk.stands(), "a:done b:waiting c:waiting");
    assert_eq!(then(&mut desk), "11-29 00:00 task_started b");
    assert_eq!(desk.machine.next_moment(), None);
    assert_eq!(told(&desk.done("b", "u-1")), "task_completed b, task_opened c");
}

#[test]
fn a_task_whose_turn_comes_late_opens_at_once() {
    let mut desk = Desk::open(&(task("a", "hr", "") + &task("b", "hr", "after = [\"a\"]\nopens = { start = -10 }")));
    desk.at("2026-11-30 12:00");
    assert_eq!(told(&desk.complete("hana", "a").unwrap()), "task_completed a, task_opened b");
    assert_eq!(desk.task("b").opened_at, Some(desk.now));
}

#[test]
fn time_never_runs_back() {
    let mut desk = Desk::open(&(task("a", "hr", "") + &task("b", "hr", "after = [\"a\"]")));
    desk.at("2026-11-15 12:00").complete("hana", "a").unwrap();
    let noon = desk.now;
    desk.at("2026-11-01 12:00").complete("hana", "b").unwrap();
    assert_eq!((desk.task("b").settled_at, desk.machine.last_at()), (Some(noon), Some(noon)));
}

#[test]
fn nothing_that_happens_leaves_no_time() {
    let mut desk = Desk::open(&task("a", "hr", ""));
    desk.at("2026-11-15 11:00");
    assert_eq!(desk.tick(), Vec::new());
    assert_eq!(desk.machine.last_at(), Some(desk.case.began_at));
}

#[test]
fn phases_follow_the_life_of_the_process() {
    let tasks = task("a", "hr", "") + &task("r", "manager", "review = true\nopens = { probation = -10 }");
    let mut desk = Desk::empty(&with_probation(&tasks), Case::new());
    assert_eq!(desk.machine.phase(), "planning");
    desk.next_plan();
    assert_eq!(desk.machine.phase(), "preparation");
    let mut early = desk.clone();
    early.complete("hana", "a").unwrap();
    assert_eq!(early.machine.phase(), "preparation", "the first day at work has not come");
    desk.at("2026-12-05 23:59");
    desk.tick();
    assert_eq!(desk.machine.phase(), "preparation");
    desk.at("2026-12-10 12:00");
    assert!(!desk.tick().is_empty());
    assert_eq!(desk.machine.phase(), "settling_in");
    desk.complete("hana", "a").unwrap();
    assert_eq!(desk.machine.phase(), "probation");
    assert_eq!(then(&mut desk), "02-21 00:00 task_opened r");
    assert_eq!(desk.machine.phase(), "probation");
    desk.act("karim", review("r", vextrus_lifecycle::Verdict::Confirm)).unwrap();
    assert_eq!(desk.machine.phase(), "ended");
}

#[test]
fn phases_of_what_is_stopped() {
    let mut desk = Desk::open(
        &(task("s", "it", "automatic = \"create_account\"")
            + &task("p", "hr", "undo = { name = \"x\", owner = \"hr\" }")),
    );
    desk.complete("hana", "p").unwrap();
    desk.stop(Status::Cancelled);
    assert_eq!((desk.machine.phase(), desk.machine.is_undoing()), ("stopping", false));
    desk.performed("s", 1, impossible()).unwrap();
    assert_eq!((desk.machine.phase(), desk.machine.is_undoing()), ("undoing", true));
    desk.complete("hana", "undo-p").unwrap();
    assert_eq!(desk.machine.phase(), "ended");
}

#[test]
fn shorter_days_pass_faster() {
    let template = onboarding(&task("a", "manager", "opens = { start = -10 }\nwithin_hours = 16"));
    let mut desk = Desk::of(&template, Case::with(|c| c.day_millis = 1_000));
    let began = desk.now;
    let mut next = || {
        let events = desk.next();
        ((desk.now - began).num_milliseconds(), told(&events))
    };
    assert_eq!(next(), (7_000, "task_opened a".to_owned()));
    assert_eq!(next(), (8_000, "task_reminded a".to_owned()));
    assert_eq!(next(), (9_000, "task_escalated a".to_owned()));
    assert_eq!(next(), (11_000, "task_reminded a".to_owned()));
    assert_eq!(desk.machine.decide(&Input::Tick, desk.now), Ok(Vec::new()));
}
