//! What people may ask, and what they are refused.

use vextrus_domain::RefusalCode as C;
use vextrus_lifecycle::{Action, Command, Event, Input, MAX_NOTE, Machine, TaskStatus, Verdict};

use crate::common::{Case, date, id, ids, task, with_probation};
use crate::desk::{Desk, change_manager, complete, done, move_start, reassign, retry, review, skip, told, withdraw};

const SKIPPABLE: &str = "blocking = false\nskippable = true";

/// One task of each kind: `a` of IT, `b` after it, `s` of a system and `sk` of one that may be skipped, `k` of the manager, which may be
/// skipped, `w` that may be skipped and waits, `e` of the employee, `r` that reviews the probation, and `d` that is done.
fn desk() -> Desk {
    let tasks = task("a", "it", "")
        + &task("b", "it", "after = [\"a\"]")
        + &task("s", "it", "automatic = \"create_account\"")
        + &task("sk", "it", &format!("automatic = \"send_welcome\"\n{SKIPPABLE}"))
        + &task("k", "manager", SKIPPABLE)
        + &task("w", "hr", &format!("after = [\"a\"]\n{SKIPPABLE}"))
        + &task("e", "employee", "")
        + &task("r", "manager", "review = true")
        + &task("d", "hr", "");
    let mut desk = Desk::of(&with_probation(&tasks), Case::new());
    desk.complete("hana", "d").unwrap();
    desk
}

fn say(task: &str, verdict: Option<Verdict>, note: &str) -> Action {
    Action::Complete { task: task.parse().unwrap(), verdict, note: note.to_owned() }
}

#[test]
fn refusals_have_their_codes() {
    let tomorrow_in_two_years = date("2028-11-15");
    let far = |day: chrono::NaiveDate| Action::MoveStart { start_date: day, reason: "why not".to_owned() };
    for (actor, action, code) in [
        ("ada", complete("x"), C::TaskUnknown),
        ("ada", skip("x"), C::TaskUnknown),
        ("ada", reassign("x", "lima"), C::TaskUnknown),
        ("ada", retry("x"), C::TaskUnknown),
        ("iris", complete("b"), C::TaskNotOpen),
        ("iris", complete("s"), C::TaskNotOpen),
        ("hana", complete("d"), C::AlreadyDecided),
        ("karim", complete("a"), C::NotEligible),
        ("ada", complete("a"), C::NotEligible),
        ("emp", complete("k"), C::NotEligible),
        ("iris", say("a", Some(Verdict::Confirm), ""), C::AnswerNotAllowed),
        ("karim", say("r", None, "fine"), C::AnswerNotAllowed),
        ("karim", say("r", Some(Verdict::Extend), " "), C::ReasonRequired),
        ("karim", say("r", Some(Verdict::End), ""), C::ReasonRequired),
        ("iris", say("a", None, &"x".repeat(MAX_NOTE + 1)), C::LimitExceeded),
        ("iris", skip("k"), C::NotEligible),
        ("iris", skip("a"), C::NotSkippable),
        ("ada", skip("b"), C::NotSkippable),
        ("ada", skip("s"), C::NotSkippable),
        ("ada", skip("sk"), C::TaskNotOpen),
        ("ada", skip("d"), C::AlreadyDecided),
        ("ada", Action::Skip { task: "k".parse().unwrap(), reason: " \n".to_owned() }, C::ReasonRequired),
        ("karim", reassign("k", "lima"), C::NotAdministrator),
        ("ada", reassign("d", "lima"), C::AlreadyDecided),
        ("ada", reassign("a", "emp"), C::NotEligible),
        ("iris", retry("a"), C::AnswerNotAllowed),
        ("karim", retry("a"), C::NotEligible),
        ("iris", retry("b"), C::TaskNotOpen),
        ("iris", retry("s"), C::TaskNotOpen),
        ("ada", retry("d"), C::AlreadyDecided),
        ("karim", move_start("2026-12-13"), C::NotAdministrator),
        ("emp", move_start("2026-12-13"), C::NotAdministrator),
        ("ada", move_start("2026-12-06"), C::InvalidField),
        ("ada", far(tomorrow_in_two_years), C::LimitExceeded),
        ("ada", far(date("2024-11-14")), C::LimitExceeded),
        ("ada", far(chrono::NaiveDate::MAX), C::LimitExceeded),
        ("karim", change_manager("lima"), C::NotAdministrator),
        ("ada", change_manager("karim"), C::InvalidField),
        ("ada", change_manager("emp"), C::InvalidField),
        ("karim", withdraw(), C::NotAdministrator),
        ("ada", Action::Withdraw { reason: String::new() }, C::ReasonRequired),
        ("ada", Action::Withdraw { reason: "x".repeat(MAX_NOTE + 1) }, C::LimitExceeded),
    ] {
        let said = format!("{actor}: {action:?}");
        assert_eq!(desk().act(actor, action).expect_err(&said), code, "{said}");
    }
}

#[test]
fn what_is_allowed_goes_through() {
    for (actor, action, events) in [
        ("iris", complete("a"), "task_completed a, task_opened b, task_opened w"),
        ("ivan", say("a", None, &"x".repeat(MAX_NOTE)), "task_completed a, task_opened b, task_opened w"),
        ("karim", skip("k"), "task_skipped k"),
        ("ada", skip("k"), "task_skipped k"),
        ("omar", skip("w"), "task_skipped w"),
        ("hana", reassign("k", "lima"), "task_reassigned k"),
        ("ada", reassign("b", "lima"), "task_reassigned b"),
        ("ada", reassign("s", "lima"), "task_reassigned s"),
        ("ada", reassign("e", "emp"), "task_reassigned e"),
        ("emp", complete("e"), "task_completed e"),
        ("karim", say("r", Some(Verdict::Confirm), ""), "task_completed r"),
        ("karim", review("r", Verdict::Extend), "task_completed r, probation_extended"),
        ("omar", move_start("2026-12-13"), "start_moved"),
        ("ada", move_start("2028-11-14"), "start_moved"),
        ("ada", move_start("2024-11-15"), "start_moved"),
        ("hana", change_manager("lima"), "manager_changed"),
    ] {
        let said = format!("{actor}: {action:?}");
        assert_eq!(told(&desk().act(actor, action).expect(&said)), events, "{said}");
    }
}

#[test]
fn the_moment_at_which_it_was_said_counts() {
    // Midnight in Dhaka, not in London: two years from there.
    let mut desk = desk();
    desk.at("2026-11-16 01:00");
    desk.act("ada", move_start("2028-11-15")).unwrap();
}

#[test]
fn on_behalf_of_the_employee() {
    let mut own = desk();
    let completed = |events: &[Event]| match &events[0] {
        Event::Completed { by, on_behalf_of, .. } => (by.clone(), on_behalf_of.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(completed(&own.complete("emp", "e").unwrap()), (Some(id("emp")), None));
    assert_eq!(own.task("e").on_behalf_of, None);
    let mut other = desk();
    assert_eq!(completed(&other.complete("hana", "e").unwrap()), (Some(id("hana")), Some(id("emp"))));
    assert_eq!((&other.task("e").by, &other.task("e").on_behalf_of), (&Some(id("hana")), &Some(id("emp"))));
    assert_eq!(completed(&other.complete("iris", "a").unwrap()), (Some(id("iris")), None), "not the employee's");
}

#[test]
fn what_was_said_is_remembered() {
    let mut desk = desk();
    desk.act("iris", say("a", None, "serial 7")).unwrap();
    desk.act("karim", skip("k")).unwrap();
    desk.act("karim", say("r", Some(Verdict::Confirm), "good work")).unwrap();
    let (a, k, r) = (desk.task("a"), desk.task("k"), desk.task("r"));
    assert_eq!((a.by.as_ref(), a.note.as_str(), a.settled_at), (Some(&id("iris")), "serial 7", Some(desk.now)));
    assert_eq!((k.by.as_ref(), k.note.as_str(), k.settled_at), (Some(&id("karim")), "not needed", Some(desk.now)));
    assert_eq!((r.verdict, r.note.as_str()), (Some(Verdict::Confirm), "good work"));
    assert_eq!(desk.machine.last_at(), Some(desk.now));
}

#[test]
fn somebody_else_gets_the_task() {
    let mut desk = desk();
    let events = desk.act("ada", reassign("a", "lima")).unwrap();
    let expected = Event::Reassigned {
        task: "a".parse().unwrap(),
        by: id("ada"),
        from: ids("iris ivan"),
        to: id("lima"),
        reason: "on leave".to_owned(),
    };
    assert_eq!(events, [expected]);
    assert_eq!(desk.complete("iris", "a"), Err(C::NotEligible));
    desk.complete("lima", "a").unwrap();
    // A task that waits opens for the new people.
    desk.act("ada", reassign("e", "lima")).unwrap();
    desk.complete("lima", "e").unwrap();
    assert_eq!(desk.task("e").on_behalf_of, Some(id("emp")));
}

#[test]
fn a_request_counts_once() {
    let mut desk = desk();
    let command = desk.command("iris", complete("a"));
    assert_eq!(desk.send(&command).unwrap().len(), 3);
    let standing = desk.machine.clone();
    assert_eq!(desk.send(&command), Ok(Vec::new()));
    let later = Command { at: command.at + chrono::TimeDelta::hours(1), ..command.clone() };
    assert_eq!(desk.send(&later), Ok(Vec::new()));
    assert_eq!(desk.machine, standing);
    for other in
        [Command { actor: id("ivan"), ..command.clone() }, Command { action: complete("b"), ..command.clone() }]
    {
        assert_eq!(desk.send(&other), Err(C::RequestIdReused));
    }
    // What was refused took no id.
    let mut refused = desk.command("karim", complete("b"));
    assert_eq!(desk.send(&refused), Err(C::NotEligible));
    refused.actor = id("iris");
    desk.send(&refused).unwrap();
}

#[test]
fn nothing_is_asked_before_the_first_plan_or_after_the_end() {
    let template = crate::common::onboarding(&task("a", "hr", ""));
    let mut desk = Desk::empty(&template, Case::new());
    assert_eq!((desk.machine.revision(), desk.machine.phase(), desk.machine.wants_plan()), (0, "planning", true));
    for action in [complete("a"), skip("a"), move_start("2026-12-13"), withdraw()] {
        assert_eq!(desk.act("ada", action), Err(C::NotAssessed));
    }
    assert_eq!(desk.performed("a", 1, done("x")), Err(C::TaskUnknown));
    assert_eq!((desk.tick(), desk.machine.next_moment()), (Vec::new(), None));
    desk.next_plan();
    let last = desk.command("hana", complete("a"));
    assert_eq!(told(&desk.send(&last).unwrap()), "task_completed a, ended");
    assert_eq!((desk.machine.phase(), desk.machine.wants_plan(), desk.machine.next_moment()), ("ended", false, None));
    for action in [complete("a"), reassign("a", "lima"), move_start("2026-12-13"), withdraw()] {
        assert_eq!(desk.act("ada", action), Err(C::DocumentClosed));
    }
    let plan = desk.planned();
    for input in [
        Input::Tick,
        Input::Plan(Box::new(plan)),
        Input::Stop { status: vextrus_lifecycle::Status::Failed, why: "late".to_owned() },
        Input::Performed { task: "a".parse().unwrap(), attempt: 1, result: done("x") },
    ] {
        assert_eq!(desk.put(&input).unwrap_err().code, C::DocumentClosed);
    }
    assert_eq!(desk.send(&last), Ok(Vec::new()), "its own last request is still known");
    let reused = Command { actor: id("ada"), ..last };
    assert_eq!(desk.send(&reused), Err(C::RequestIdReused));
}

#[test]
fn a_plan_opens_what_can_be_opened() {
    let desk = desk();
    assert_eq!(desk.stands(), "a:open b:waiting s:running sk:running k:open w:waiting e:open r:open d:done");
    assert_eq!(desk.machine.running().count(), 2);
    assert_eq!(Machine::new(), Machine::default());
    assert_eq!(desk.status("a"), TaskStatus::Open);
    let none = Desk::of(&crate::common::onboarding(&task("a", "hr", "when = { grade = [\"G1\"] }")), Case::new());
    assert_eq!(none.machine.ended(), Some(vextrus_lifecycle::Status::Completed), "nothing applies");
}

#[test]
fn who_holds_the_office_today_may_what_the_plan_did_not_know() {
    let mut desk = Desk::open(&task("one", "manager", ""));
    for action in [withdraw(), move_start("2027-01-10"), reassign("one", "karim")] {
        assert_eq!(desk.act("rina", action), Err(C::NotAdministrator));
    }
    let command = Command { in_office: true, ..desk.command("rina", reassign("one", "karim")) };
    assert!(!command.may_be_unsigned(true), "an office is not taken at its word");
    assert_eq!(desk.send(&command).map(|events| events.len()), Ok(1));
    let command = Command { in_office: true, ..desk.command("rina", withdraw()) };
    assert!(desk.send(&command).is_ok());
}
