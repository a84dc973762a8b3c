//! Processes that end early, and what is undone then.

use vextrus_domain::RefusalCode as C;
use vextrus_lifecycle::{Event, Operation, Performed, Status, TaskStatus, Verdict, Work};

use crate::common::{Case, id, ids, onboarding, task, with_probation};
use crate::desk::{Desk, complete, done, impossible, move_start, reassign, retry, review, skip, told, withdraw};

const CARD: &str = "undo = { name = \"Card taken back\", owner = \"it\" }";

/// An account, a mailbox after it, a card after both, and a paper.
fn begun() -> Desk {
    let tasks = task("account", "it", "automatic = \"create_account\"")
        + &task("mail", "it", "automatic = \"create_mailbox\"\nafter = [\"account\"]")
        + &task("card", "hr", &format!("after = [\"mail\"]\n{CARD}"))
        + &task("paper", "hr", "");
    Desk::open(&tasks)
}

#[test]
fn what_was_done_is_undone_in_reverse() {
    let mut desk = begun();
    desk.done("account", "u-1");
    desk.done("mail", "m-1");
    desk.complete("hana", "card").unwrap();
    let events = desk.act("ada", withdraw()).unwrap();
    assert_eq!(told(&events), "stopped, task_dropped paper, undo_began, task_opened undo-card");
    let stopped = Event::Stopped { status: Status::Withdrawn, by: Some(id("ada")), why: "declined".to_owned() };
    assert_eq!(events[0], stopped);
    let undone = ["undo-card", "undo-mail", "undo-account"].map(|t| t.parse().unwrap());
    assert_eq!(events[2], Event::UndoBegan { tasks: undone.to_vec() });
    let (card, mail) = (desk.task("undo-card"), desk.task("undo-mail"));
    assert_eq!(
        (card.plan.name.as_str(), card.plan.work, &card.people),
        ("Card taken back", Work::Person, &ids("iris ivan"))
    );
    assert_eq!((mail.plan.name.as_str(), mail.earlier_reference()), ("Undo: The mail", Some("m-1")));
    assert_eq!(mail.plan.work, Work::System(Operation::CloseMailbox));
    assert_eq!(told(&desk.complete("iris", "undo-card").unwrap()), "task_completed undo-card, task_started undo-mail");
    assert_eq!(told(&desk.done("undo-mail", "x")), "task_completed undo-mail, task_started undo-account");
    assert_eq!(told(&desk.done("undo-account", "x")), "task_completed undo-account, ended");
    assert_eq!(desk.machine.ended(), Some(Status::Withdrawn));
    assert_eq!(desk.machine.stopped().map(|s| s.why.as_str()), Some("declined"));
}

#[test]
fn what_there_is_nothing_to_undo_of_takes_no_time() {
    let mut desk = begun();
    desk.complete("hana", "paper").unwrap();
    desk.performed("account", 1, impossible()).unwrap();
    let events = desk.stop(Status::Failed);
    assert_eq!(
        told(&events),
        "stopped, task_dropped account, task_dropped mail, task_dropped card, undo_began, task_completed undo-paper, ended"
    );
    assert_eq!(events[0], Event::Stopped { status: Status::Failed, by: None, why: "the worker gave up".to_owned() });
    assert_eq!(desk.task("undo-paper").plan.work, Work::Nothing);
    assert_eq!(desk.task("undo-paper").settled_at, Some(desk.now));
}

#[test]
fn a_stop_waits_for_the_systems_that_run() {
    let tasks = task("a", "it", "automatic = \"create_account\"")
        + &task("b", "it", "automatic = \"create_mailbox\"")
        + &task("c", "hr", "after = [\"a\"]");
    let stopped = || {
        let mut desk = Desk::open(&tasks);
        assert_eq!(told(&desk.act("ada", withdraw()).unwrap()), "stopped, task_dropped c");
        assert_eq!((desk.machine.wants_plan(), desk.machine.next_moment(), desk.tick()), (false, None, Vec::new()));
        desk
    };
    let mut desk = stopped();
    assert_eq!(told(&desk.done("a", "u-1")), "task_completed a", "b may still be done too");
    assert_eq!(told(&desk.done("b", "m-1")), "task_completed b, undo_began, task_started undo-b, task_started undo-a");
    // What the system could not do nobody has to do any more.
    let mut desk = stopped();
    assert_eq!(told(&desk.performed("a", 1, impossible()).unwrap()), "task_dropped a");
    assert_eq!(desk.complete("ivan", "a"), Err(C::AlreadyDecided));
    assert_eq!(told(&desk.performed("b", 1, impossible()).unwrap()), "task_dropped b, undo_began, ended");
    assert_eq!(desk.machine.ended(), Some(Status::Withdrawn));
    // What nobody knows of is looked into.
    let mut desk = stopped();
    desk.performed("a", 1, Performed::Unclear).unwrap();
    let events = desk.performed("b", 1, impossible()).unwrap();
    assert_eq!(told(&events), "task_dropped b, undo_began, task_opened undo-a");
    let undo = desk.task("undo-a");
    assert_eq!(undo.plan.name, "Find out whether it was done, and undo it: The a");
    assert_eq!((undo.plan.work, &undo.people), (Work::Person, &ids("iris ivan")));
    desk.complete("iris", "undo-a").unwrap();
    assert_eq!(desk.machine.ended(), Some(Status::Withdrawn));
}

#[test]
fn what_nobody_knows_of_is_undone_by_a_person() {
    for settle in [None, Some(skip("s"))] {
        let tasks = task("s", "it", "automatic = \"create_account\"\nblocking = false\nskippable = true")
            + &task("p", "hr", "");
        let mut desk = Desk::open(&tasks);
        desk.performed("s", 1, Performed::Unclear).unwrap();
        settle.into_iter().for_each(|action| drop(desk.act("ivan", action).unwrap()));
        desk.stop(Status::Failed);
        assert_eq!((desk.status("undo-s"), desk.task("undo-s").plan.work), (TaskStatus::Open, Work::Person));
    }
}

#[test]
fn what_a_person_did_in_a_systems_place_a_person_undoes() {
    let mut desk = begun();
    desk.performed("account", 1, impossible()).unwrap();
    desk.complete("ivan", "account").unwrap();
    desk.done("mail", "m-1");
    desk.act("ada", withdraw()).unwrap();
    desk.done("undo-mail", "x");
    let undo = desk.task("undo-account");
    assert_eq!((undo.plan.name.as_str(), undo.status), ("Undo by hand: The account", TaskStatus::Open));
}

#[test]
fn what_was_to_be_done_again_is_undone_too() {
    let again = "again_when = [\"start_date\"]\nopens = { start = -15 }";
    let tasks = task("slot", "it", &format!("automatic = \"schedule_orientation\"\n{again}"))
        + &task("hand", "it", &format!("automatic = \"create_account\"\n{again}"))
        + &task("card", "hr", &format!("{again}\n{CARD}"));
    let mut desk = Desk::open(&tasks);
    desk.done("slot", "slot-1");
    desk.performed("hand", 1, impossible()).unwrap();
    desk.complete("ivan", "hand").unwrap();
    // Everything but this is done, or the process would end.
    desk.act("ada", move_start("2026-12-20")).unwrap();
    desk.complete("hana", "card").unwrap();
    assert_eq!(told(&desk.next_plan()), "planned, task_again slot, task_again hand, task_again card");
    assert_eq!(desk.stands(), "slot:waiting hand:waiting card:waiting");
    let mut failing = desk.clone();
    desk.act("ada", withdraw()).unwrap();
    let shown: Vec<(&str, Work, Option<&str>)> = ["undo-slot", "undo-hand", "undo-card"]
        .map(|id| (desk.task(id).plan.name.as_str(), desk.task(id).plan.work, desk.task(id).earlier_reference()))
        .to_vec();
    assert_eq!(
        shown,
        [
            ("Undo: The slot", Work::System(Operation::CancelOrientation), Some("slot-1")),
            ("Undo by hand: The hand", Work::Person, None),
            ("Card taken back", Work::Person, None),
        ]
    );
    // Nor is it forgotten when it could not be done again.
    failing.next();
    failing.performed("slot", 2, impossible()).unwrap();
    failing.stop(Status::Cancelled);
    failing.performed("hand", 2, done("u-1")).unwrap();
    assert_eq!(failing.task("undo-slot").earlier_reference(), Some("slot-1"));
    assert_eq!(failing.task("undo-hand").plan.work, Work::System(Operation::DisableAccount));
}

#[test]
fn a_system_that_cannot_undo_hands_over_too() {
    let mut desk = begun();
    desk.done("account", "u-1");
    desk.act("ada", withdraw()).unwrap();
    // The mailbox was being made.
    assert_eq!(told(&desk.done("mail", "m-1")), "task_completed mail, undo_began, task_started undo-mail");
    assert_eq!(told(&desk.performed("undo-mail", 1, impossible()).unwrap()), "task_handed_over undo-mail");
    desk.act("ivan", retry("undo-mail")).unwrap();
    desk.performed("undo-mail", 2, Performed::Unclear).unwrap();
    assert_eq!(desk.act("ada", skip("undo-mail")), Err(C::NotSkippable));
    let names: Vec<String> = (0..4).map(|_| told(&desk.next())).collect();
    assert_eq!(
        names,
        ["task_reminded undo-mail", "task_escalated undo-mail", "task_reminded undo-mail", "task_reminded undo-mail"]
    );
    desk.act("ada", reassign("undo-mail", "lima")).unwrap();
    assert_eq!(
        told(&desk.complete("lima", "undo-mail").unwrap()),
        "task_completed undo-mail, task_started undo-account"
    );
    desk.done("undo-account", "x");
    assert_eq!(desk.machine.ended(), Some(Status::Withdrawn));
}

#[test]
fn what_is_undone_cannot_be_changed() {
    let mut desk = begun();
    desk.complete("hana", "paper").unwrap();
    desk.act("ada", withdraw()).unwrap();
    for action in [withdraw(), move_start("2026-12-13"), crate::desk::change_manager("lima")] {
        assert_eq!(desk.act("ada", action), Err(C::DocumentClosed));
    }
    assert_eq!(desk.act("karim", withdraw()), Err(C::NotAdministrator));
    assert_eq!(desk.stop(Status::Cancelled), Vec::new(), "it is stopped already");
    assert_eq!(desk.act("hana", complete("card")), Err(C::AlreadyDecided));
    assert_eq!(desk.act("ada", reassign("card", "lima")), Err(C::AlreadyDecided));
    desk.done("account", "u-1");
    desk.done("undo-account", "x");
    assert_eq!(desk.machine.ended(), Some(Status::Withdrawn), "as it was stopped first");
}

#[test]
fn a_stop_forgets_the_plan_that_was_awaited() {
    let mut desk = begun();
    desk.act("ada", move_start("2026-12-13")).unwrap();
    let plan = desk.planned();
    desk.stop(Status::Cancelled);
    assert!(!desk.machine.wants_plan());
    let refused = desk.put(&vextrus_lifecycle::Input::Plan(Box::new(plan))).unwrap_err();
    assert_eq!(refused.code, C::StalePlan);
    desk.done("account", "u-1");
    assert_eq!(desk.status("undo-account"), TaskStatus::Running);
}

#[test]
fn a_process_may_end_before_its_first_plan() {
    for status in [Status::Failed, Status::Cancelled] {
        let mut desk = Desk::empty(&onboarding(&task("a", "hr", "")), Case::new());
        assert_eq!(told(&desk.stop(status)), "stopped, undo_began, ended");
        assert_eq!(
            (desk.machine.ended(), desk.machine.phase(), desk.machine.tasks().len()),
            (Some(status), "ended", 0)
        );
        assert_eq!(desk.act("ada", withdraw()), Err(C::DocumentClosed));
    }
}

#[test]
fn a_probation_that_is_ended_withdraws_the_process() {
    let tasks = task("r", "manager", "review = true") + &task("p", "hr", CARD) + &task("q", "hr", "");
    let mut desk = Desk::of(&with_probation(&tasks), Case::new());
    desk.complete("hana", "p").unwrap();
    let events = desk.act("karim", review("r", Verdict::End)).unwrap();
    assert_eq!(
        told(&events),
        "task_completed r, stopped, task_dropped q, undo_began, task_opened undo-p, task_completed undo-r"
    );
    assert_eq!(
        events[1],
        Event::Stopped { status: Status::Withdrawn, by: Some(id("karim")), why: "as seen".to_owned() }
    );
    assert_eq!(desk.task("r").verdict, Some(Verdict::End));
    desk.complete("ivan", "undo-p").unwrap();
    assert_eq!(desk.machine.ended(), Some(Status::Withdrawn));
}

#[test]
fn undoing_waits_through_what_needs_none() {
    // The badge rests on the account through a paper that nothing undoes, and through a task that was skipped.
    for middle in ["", "blocking = false\nskippable = true"] {
        let tasks = task("account", "it", "automatic = \"create_account\"")
            + &task("middle", "hr", &format!("after = [\"account\"]\n{middle}"))
            + &task("badge", "facilities", "automatic = \"issue_badge\"\nafter = [\"middle\"]")
            + &task("last", "hr", "");
        let mut desk = Desk::open(&tasks);
        desk.done("account", "u-1");
        desk.act("hana", if middle.is_empty() { complete("middle") } else { skip("middle") }).unwrap();
        desk.done("badge", "b-1");
        desk.act("ada", withdraw()).unwrap();
        assert_eq!(
            (desk.status("undo-badge"), desk.status("undo-account")),
            (TaskStatus::Running, TaskStatus::Waiting)
        );
        desk.done("undo-badge", "x");
        assert_eq!(desk.status("undo-account"), TaskStatus::Running);
    }
}
