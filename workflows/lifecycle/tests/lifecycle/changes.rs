//! What people change of the process while it runs, and the plan that follows.

use vextrus_domain::RefusalCode as C;
use vextrus_lifecycle::{Changes, Event, Input, TaskStatus, Verdict};

use crate::common::{Case, date, dhaka, id, ids, onboarding, task, with_probation};
use crate::desk::{Desk, change_manager, impossible, move_start, reassign, review, told};

#[test]
fn a_moved_start_moves_what_is_to_come() {
    let tasks = task("waits", "hr", "opens = { start = -1 }")
        + &task("open", "hr", "due = { start = 0 }")
        + &task("done", "hr", "due = { start = 0 }")
        + &task("again", "it", "automatic = \"schedule_orientation\"\nagain_when = [\"start_date\"]")
        + &task("mentor", "manager", "again_when = [\"manager\"]");
    let mut desk = Desk::open(&tasks);
    desk.complete("hana", "done").unwrap();
    desk.complete("karim", "mentor").unwrap();
    desk.done("again", "slot-1");
    let events = desk.act("ada", move_start("2026-12-13")).unwrap();
    let expected = Event::StartMoved {
        by: id("ada"),
        from: date("2026-12-06"),
        to: date("2026-12-13"),
        reason: "the visa is late".to_owned(),
    };
    assert_eq!(events, [expected]);
    assert!(desk.machine.wants_plan());
    assert_eq!(desk.machine.changes(), &Changes { start_date: Some(date("2026-12-13")), ..Changes::default() });
    assert_eq!(desk.task("open").due_at, Some(dhaka("2026-12-07 00:00")), "until there is a plan");
    let events = desk.next_plan();
    assert_eq!(told(&events), "planned, task_again again, task_started again");
    assert!(matches!(&events[0], Event::Planned { revision: 2, start_date, .. } if *start_date == date("2026-12-13")));
    assert_eq!(desk.stands(), "waits:waiting open:open done:done again:running mentor:done");
    assert_eq!(desk.task("open").due_at, Some(dhaka("2026-12-14 00:00")));
    assert_eq!(desk.task("open").opened_at, Some(desk.case.began_at), "it is not opened again");
    assert_eq!(desk.task("waits").plan.opens_at, Some(dhaka("2026-12-10 00:00")));
    let again = desk.task("again");
    assert_eq!((again.attempt, again.order, again.earlier_reference()), (2, 2, Some("slot-1")), "the slot is moved");
    assert_eq!((desk.machine.revision(), desk.machine.wants_plan()), (2, false));
    desk.done("again", "slot-2");
    assert_eq!(desk.task("again").reference.as_deref(), Some("slot-2"));
}

#[test]
fn an_earlier_start_leaves_the_least_time() {
    let mut desk = Desk::open(
        &(task("a", "hr", "due = { start = 0 }\nwithin_hours = 16") + &task("b", "hr", "opens = { start = -1 }")),
    );
    desk.act("ada", move_start("2026-11-16")).unwrap();
    assert_eq!(told(&desk.next_plan()), "planned, task_opened b", "its day has come");
    assert_eq!(desk.task("a").due_at, Some(dhaka("2026-11-17 10:00")));
}

#[test]
fn who_did_it_before_is_forgotten_with_again() {
    let mut desk =
        Desk::open(&(task("a", "employee", "again_when = [\"start_date\"]") + &task("b", "hr", "after = [\"a\"]")));
    desk.act(
        "hana",
        vextrus_lifecycle::Action::Complete { task: "a".parse().unwrap(), verdict: None, note: "seen".to_owned() },
    )
    .unwrap();
    desk.act("ada", move_start("2026-12-13")).unwrap();
    assert_eq!(told(&desk.next_plan()), "planned, task_again a, task_opened a");
    let a = desk.task("a");
    assert_eq!((&a.by, &a.on_behalf_of, a.note.as_str(), a.settled_at), (&None, &None, "", None));
    assert_eq!(desk.stands(), "a:open b:open", "what was begun goes on");
    desk.complete("emp", "a").unwrap();
    assert_eq!(desk.task("a").by, Some(id("emp")));
}

#[test]
fn nothing_opens_while_a_plan_is_made() {
    let tasks = task("a", "hr", "within_hours = 16")
        + &task("b", "hr", "after = [\"a\"]")
        + &task("c", "hr", "opens = { start = -13 }");
    let mut desk = Desk::open(&tasks);
    desk.act("ada", move_start("2026-12-13")).unwrap();
    assert_eq!(told(&desk.complete("hana", "a").unwrap()), "task_completed a");
    assert_eq!(desk.machine.next_moment(), None, "the opening of c is not known yet");
    desk.at("2026-11-20 10:00");
    assert_eq!(desk.tick(), Vec::new());
    assert_eq!(told(&desk.next_plan()), "planned, task_opened b");
    let mut last = Desk::open(&task("a", "hr", ""));
    last.act("ada", move_start("2026-12-13")).unwrap();
    assert_eq!(told(&last.complete("hana", "a").unwrap()), "task_completed a", "it may have to be done again");
    assert_eq!(told(&last.next_plan()), "planned, ended");
}

#[test]
fn time_goes_on_while_a_plan_is_made() {
    let mut desk = Desk::open(&task("a", "hr", "within_hours = 16"));
    desk.act("ada", move_start("2026-12-13")).unwrap();
    assert_eq!(told(&desk.next()), "task_reminded a");
}

#[test]
fn open_tasks_go_to_the_new_manager() {
    let tasks = task("open", "manager", "")
        + &task("waits", "manager", "after = [\"open\"]")
        + &task("given", "manager", "")
        + &task("late", "manager", "within_hours = 1")
        + &task("done", "manager", "")
        + &task("mentor", "manager", "again_when = [\"manager\"]")
        + &task("welcome", "hr", "again_when = [\"start_date\"]");
    let mut desk = Desk::open(&tasks);
    desk.complete("karim", "done").unwrap();
    desk.complete("karim", "mentor").unwrap();
    desk.complete("hana", "welcome").unwrap();
    desk.act("ada", reassign("given", "farid")).unwrap();
    desk.at("2026-11-15 12:00").tick();
    assert_eq!(desk.asked("late"), "karim ada dipa hana omar");
    let events = desk.act("ada", change_manager("lima")).unwrap();
    let expected =
        Event::ManagerChanged { by: id("ada"), from: id("karim"), to: id("lima"), reason: "another site".to_owned() };
    assert_eq!(events, [expected]);
    assert_eq!(desk.asked("open"), "karim", "until there is a plan");
    assert_eq!(told(&desk.next_plan()), "planned, task_again mentor, task_opened mentor");
    for (task, people) in
        [("open", "lima"), ("waits", "lima"), ("given", "farid"), ("late", "lima ada hana omar"), ("mentor", "lima")]
    {
        assert_eq!(desk.asked(task), people, "{task}");
    }
    assert_eq!((desk.status("done"), &desk.task("done").by), (TaskStatus::Done, &Some(id("karim"))));
    assert_eq!(desk.complete("karim", "open"), Err(C::NotEligible));
    desk.complete("lima", "open").unwrap();
    assert_eq!(desk.machine.head().unwrap().manager, id("lima"));
}

#[test]
fn a_change_that_waits_for_its_plan_can_be_changed() {
    let mut desk = Desk::open(&task("a", "manager", ""));
    desk.act("ada", move_start("2026-12-13")).unwrap();
    assert_eq!(desk.act("ada", move_start("2026-12-13")), Err(C::InvalidField), "it is moved there already");
    let back = desk.act("ada", move_start("2026-12-06")).unwrap();
    assert!(
        matches!(&back[0], Event::StartMoved { from, to, .. } if (*from, *to) == (date("2026-12-13"), date("2026-12-06")))
    );
    desk.act("ada", change_manager("lima")).unwrap();
    assert_eq!(desk.act("ada", change_manager("lima")), Err(C::InvalidField));
    let back = desk.act("ada", change_manager("karim")).unwrap();
    assert!(matches!(&back[0], Event::ManagerChanged { from, to, .. } if (from, to) == (&id("lima"), &id("karim"))));
    desk.next_plan();
    let head = desk.machine.head().unwrap();
    assert_eq!((head.start_date, &head.manager), (date("2026-12-06"), &id("karim")));
    assert!(!desk.machine.wants_plan());
}

#[test]
fn a_change_during_the_planning_is_not_lost() {
    let tasks =
        task("day", "hr", "again_when = [\"start_date\"]") + &task("mentor", "manager", "again_when = [\"manager\"]");
    let mut desk = Desk::open(&tasks);
    desk.complete("hana", "day").unwrap();
    desk.act("ada", move_start("2026-12-13")).unwrap();
    let early = desk.planned();
    desk.complete("karim", "mentor").unwrap();
    desk.act("ada", change_manager("lima")).unwrap();
    assert_eq!(told(&desk.put(&Input::Plan(Box::new(early))).unwrap()), "planned, task_again day");
    assert!(desk.machine.wants_plan(), "the plan knows nothing of lima");
    assert_eq!(told(&desk.next_plan()), "planned, task_again mentor, task_opened day, task_opened mentor");
    assert_eq!((desk.asked("mentor"), desk.machine.revision()), ("lima".to_owned(), 3));
    // The start alone, moved twice.
    desk.complete("hana", "day").unwrap();
    desk.act("ada", move_start("2026-12-20")).unwrap();
    let early = desk.planned();
    desk.act("ada", move_start("2026-12-27")).unwrap();
    assert_eq!(told(&desk.put(&Input::Plan(Box::new(early))).unwrap()), "planned");
    assert_eq!(told(&desk.next_plan()), "planned, task_again day, task_opened day");
    assert_eq!(desk.machine.head().unwrap().start_date, date("2026-12-27"));
}

#[test]
fn plans_that_are_not_awaited_are_refused() {
    let mut desk = Desk::empty(&onboarding(&task("a", "hr", "")), Case::new());
    let first = desk.planned();
    for revision in [0, 2] {
        let mut other = first.clone();
        other.head.revision = revision;
        assert_eq!(desk.put(&Input::Plan(Box::new(other))).unwrap_err().code, C::StalePlan);
    }
    let planned = desk.put(&Input::Plan(Box::new(first.clone()))).unwrap();
    let expected = Event::Planned {
        revision: 1,
        template: "template-hash".to_owned(),
        start_date: date("2026-12-06"),
        probation_end: None,
        tasks: vec!["a".parse().unwrap()],
    };
    assert_eq!(planned[0], expected);
    for plan in [first.clone(), desk.planned()] {
        assert_eq!(desk.put(&Input::Plan(Box::new(plan))).unwrap_err().code, C::StalePlan, "none is awaited");
    }
    desk.act("ada", move_start("2026-12-13")).unwrap();
    assert_eq!(desk.put(&Input::Plan(Box::new(first))).unwrap_err().code, C::StalePlan, "it is the old one");
    desk.next_plan();
}

fn on_probation() -> Desk {
    let lines = "review = true\nopens = { probation = -10 }\ndue = { probation = -2 }";
    let tasks = task("r", "manager", lines) + &task("after", "hr", "after = [\"r\"]");
    let mut desk = Desk::of(&with_probation(&tasks), Case::new());
    desk.at("2027-02-21 00:00").tick();
    assert_eq!(desk.stands(), "r:open after:waiting");
    desk
}

#[test]
fn a_probation_is_extended_once() {
    let mut desk = on_probation();
    assert_eq!(told(&desk.act("karim", review("r", Verdict::Extend)).unwrap()), "task_completed r, probation_extended");
    assert_eq!((desk.status("r"), desk.machine.changes().extended), (TaskStatus::Waiting, true));
    let events = desk.next_plan();
    assert_eq!(told(&events), "planned");
    assert!(matches!(&events[0], Event::Planned { probation_end, .. } if *probation_end == Some(date("2027-06-05"))));
    assert_eq!(desk.machine.next_moment(), Some(dhaka("2027-05-23 00:00")));
    assert_eq!(told(&desk.next()), "task_opened r");
    assert_eq!((desk.task("r").due_at, desk.task("r").settled_at), (Some(dhaka("2027-06-03 00:00")), None));
    assert_eq!(desk.act("karim", review("r", Verdict::Extend)), Err(C::AnswerNotAllowed));
    assert_eq!(told(&desk.act("karim", review("r", Verdict::Confirm)).unwrap()), "task_completed r, task_opened after");
    // Another class has no extension at all.
    let tasks = task("r", "manager", "review = true");
    let class = |c: &mut Case| c.work.class = vextrus_domain::EmployeeClass::Managerial;
    let mut desk = Desk::of(&with_probation(&tasks), Case::with(class));
    assert_eq!(desk.act("karim", review("r", Verdict::Extend)), Err(C::AnswerNotAllowed));
}

#[test]
fn an_extension_is_not_lost_nor_given_twice_before_its_plan() {
    let tasks = task("r", "manager", "review = true") + &task("q", "manager", "review = true");
    let mut desk = Desk::of(&with_probation(&tasks), Case::new());
    desk.act("ada", move_start("2026-12-13")).unwrap();
    let early = desk.planned();
    desk.act("karim", review("r", Verdict::Extend)).unwrap();
    assert_eq!(desk.act("karim", review("q", Verdict::Extend)), Err(C::AnswerNotAllowed));
    desk.put(&Input::Plan(Box::new(early))).unwrap();
    assert!(desk.machine.wants_plan());
    desk.next_plan();
    assert_eq!(desk.machine.head().unwrap().probation_end, Some(date("2027-06-12")));
    assert!(!desk.machine.wants_plan());
    assert_eq!(desk.stands(), "r:open q:open");
}

#[test]
fn a_new_plan_finds_new_people_for_what_a_system_does() {
    let mut desk = Desk::open(&task("s", "manager", "automatic = \"create_account\""));
    desk.act("ada", change_manager("lima")).unwrap();
    desk.next_plan();
    desk.performed("s", 1, impossible()).unwrap();
    assert_eq!(desk.task("s").people, ids("lima"));
}

#[test]
fn a_later_template_brings_no_reminder_of_a_time_that_has_passed() {
    let lines =
        |percents: &str| onboarding(&task("a", "hr", &format!("within_hours = 16\nremind_at_percent = {percents}")));
    let mut desk = Desk::of(&lines("[50]"), Case::new());
    assert_eq!((told(&desk.next()), told(&desk.next())), ("task_reminded a".to_owned(), "task_escalated a".to_owned()));
    desk.template = lines("[10, 20, 30, 90]");
    desk.act("ada", move_start("2026-12-13")).unwrap();
    assert_eq!(told(&desk.next_plan()), "planned");
    assert_eq!(desk.machine.next_moment(), Some(dhaka("2026-11-19 10:00")), "a whole period later");
    assert_eq!(told(&desk.next()), "task_reminded a");
}
