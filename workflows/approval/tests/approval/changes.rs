//! Returned, changed, computed again: what stands and what starts again.

use chrono::TimeDelta;
use vextrus_approval::{Amounts, Outcome, Recompute, TaskStatus};
use vextrus_domain::RefusalCode;

use crate::common::{Case, TWO, also, duplicate, id, person, policy, start, taka};
use crate::desk::{Desk, ask, comment, reassess, replan, reply, resubmit, send_back, withdraw};

fn text(restart: &str) -> String {
    policy("", &format!("{TWO}\n[changes]\nwithin = \"5d\"\nrestart = \"{restart}\""))
}

fn two_of_three() -> String {
    text("undecided").replacen(
        "role = \"clerk\"\nwithin = \"2d\"\nescalate",
        "role = \"clerk\"\nquorum = 2\nwithin = \"2d\"\nescalate",
        1,
    )
}

#[test]
fn a_returned_document_waits_for_its_submitter_alone() {
    let mut desk = Desk::open(&text("all"), Case::of("100"));
    desk.later(10).act("ana", send_back("level-1")).unwrap();
    assert_eq!(desk.machine.next_moment(), Some(start() + TimeDelta::hours(10 + 120)));
    assert_eq!(desk.approve("ana", "level-1"), Err(RefusalCode::DocumentReturned));
    assert_eq!(desk.act("ada", replan()), Err(RefusalCode::DocumentReturned));
    assert_eq!(desk.act("ana", resubmit()), Err(RefusalCode::NotSubmitter));
    desk.act("ana", comment()).unwrap();
    assert_eq!(desk.later(119).tick(), [], "no reminder, no expiry");
    desk.act("sub", resubmit()).unwrap();
    let Some(Recompute::Resubmit { content: 2, .. }) = desk.machine.recompute() else { panic!("not resubmitted") };
    assert_eq!(desk.act("sub", resubmit()), Err(RefusalCode::NotReturned));
    desk.next_plan().unwrap();
    desk.is_open(&["level-2-1"]);
    let due = desk.machine.due_at(desk.machine.open_tasks().next().unwrap());
    assert_eq!(due, Some(desk.now + TimeDelta::hours(48)), "with all of its time");
}

#[test]
fn a_returned_document_expires_or_is_withdrawn() {
    let mut desk = Desk::open(&text("all"), Case::of("100"));
    assert_eq!(desk.act("sub", resubmit()), Err(RefusalCode::NotReturned));
    desk.act("ana", send_back("level-1")).unwrap();
    let mut late = desk.clone();
    desk.later(120).tick();
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Expired { task: "level-1".parse().unwrap() }));
    assert_eq!(late.later(120).act("sub", resubmit()), Err(RefusalCode::DocumentClosed), "too late by a moment");
    late.now -= TimeDelta::hours(1);
    late.act("sub", withdraw()).unwrap();
    assert_eq!(late.machine.outcome(), Some(&Outcome::Withdrawn));
}

#[test]
fn returns_are_limited() {
    let mut desk = Desk::open(&format!("{}\n[limits]\nreturns = 1", text("all")), Case::of("100"));
    desk.act("ana", send_back("level-1")).unwrap();
    desk.act("sub", resubmit()).unwrap();
    desk.next_plan().unwrap();
    assert_eq!(desk.act("ana", send_back("level-2-1")), Err(RefusalCode::LimitExceeded));
}

#[test]
fn changes_start_all_levels_or_those_undecided() {
    for (restart, amount, open) in [
        ("all", "100", "level-2-1"),
        ("undecided", "100", "level-2-2"),
        ("undecided", "99", "level-2-2"),
        ("undecided", "100.01", "level-2-1"),
    ] {
        let mut desk = Desk::open(&text(restart), Case::of("100"));
        desk.approve("ana", "level-1").unwrap();
        desk.act("gita", send_back("level-2")).unwrap();
        desk.act("sub", resubmit()).unwrap();
        desk.case.amounts = Amounts::same(taka(amount));
        desk.next_plan().unwrap();
        desk.is_open(&[open]);
        assert_eq!(desk.status("level-1"), TaskStatus::Superseded);
        assert_eq!(desk.approve("ana", "level-1"), Err(RefusalCode::StalePlan), "its answers count no more");
        assert_eq!(desk.approve("gita", "level-2"), Err(RefusalCode::StalePlan));
        if open == "level-2-1" {
            desk.approve("ana", "level-2-1").unwrap();
        } else {
            assert_eq!(desk.approve("ana", "level-2-1"), Err(RefusalCode::AlreadyDecided));
        }
        desk.approve("gita", "level-2-2").unwrap();
        assert_eq!(desk.machine.outcome(), Some(&Outcome::Approved));
    }
}

#[test]
fn half_a_quorum_is_kept_or_given_again_but_never_lost() {
    // Kept: the second approval is enough, and the first person is done.
    let mut desk = Desk::open(&two_of_three(), Case::of("100"));
    desk.approve("ana", "level-1").unwrap();
    desk.act("ada", replan()).unwrap();
    desk.next_plan().unwrap();
    desk.is_open(&["level-2-1"]);
    assert_eq!(desk.approve("ana", "level-2-1"), Err(RefusalCode::RepeatedApprover));
    desk.approve("ben", "level-2-1").unwrap();
    desk.is_open(&["level-2-2"]);
    // Not kept: the same person may give it again.
    let mut desk = Desk::open(&two_of_three(), Case::of("100"));
    desk.approve("ana", "level-1").unwrap();
    desk.act("ben", send_back("level-1")).unwrap();
    desk.act("sub", resubmit()).unwrap();
    desk.case.amounts = Amounts::same(taka("101"));
    desk.next_plan().unwrap();
    assert_eq!(desk.status("level-1"), TaskStatus::Superseded);
    desk.approve("ana", "level-2-1").unwrap();
    desk.approve("cara", "level-2-1").unwrap();
    assert!(!desk.machine.approvers().contains(&id("ben")));
}

#[test]
fn replanning_keeps_what_the_new_plan_asks_too() {
    let mut desk = Desk::open(&text("all"), Case::with("100", |c| c.findings = vec![duplicate()]));
    desk.approve("ana", "exception-1-1").unwrap();
    desk.approve("ana", "level-1").unwrap();
    desk.policy = text("all").replacen("[[level]]", "[[level]]\nrole = \"head\"\nwithin = \"1d\"\n[[level]]", 1);
    desk.act("ada", replan()).unwrap();
    desk.next_plan().unwrap();
    desk.is_open(&["level-2-1"]);
    assert_eq!(desk.status("exception-2-1"), TaskStatus::Decided, "the same question has its answer");
    assert_eq!(desk.status("level-2-2"), TaskStatus::Decided);
    desk.approve("dina", "level-2-1").unwrap();
    desk.approve("gita", "level-2-3").unwrap();
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Approved));
}

#[test]
fn replanning_keeps_nothing_of_people_who_are_not_asked_any_more() {
    let mut desk = Desk::open(&text("all"), Case::of("100"));
    desk.approve("ana", "level-1").unwrap();
    desk.case.people[0].active = false;
    desk.act("ada", replan()).unwrap();
    desk.next_plan().unwrap();
    desk.is_open(&["level-2-1"]);
    // Where the only level left is gone, what was approved is enough.
    let mut desk = Desk::open(&text("all"), Case::of("100"));
    desk.approve("ana", "level-1").unwrap();
    desk.policy = desk.policy.replace("role = \"chief\"", "role = \"chief\"\nabove = \"100\"");
    desk.act("ada", replan()).unwrap();
    desk.next_plan().unwrap();
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Approved));
}

#[test]
fn replanning_lets_nobody_decide_two_levels() {
    let twice = text("all").replace("[budget]", "[separation]\nmay_decide_twice = [\"chief\"]\n[budget]");
    let last = "\n[[level]]\nrole = \"head\"\nwithin = \"1d\"\n";
    let mut desk = Desk::open(&(twice + last), Case::with("100", |c| also(&mut c.people, "ana", "chief")));
    desk.approve("ana", "level-1").unwrap();
    desk.approve("ana", "level-2").unwrap();
    desk.policy = text("all") + last;
    desk.act("ada", replan()).unwrap();
    desk.next_plan().unwrap();
    assert_eq!(desk.status("level-2-1"), TaskStatus::Decided);
    desk.is_open(&["level-2-2"]);
    assert_eq!(desk.approve("ana", "level-2-2"), Err(RefusalCode::RepeatedApprover));
}

#[test]
fn what_is_kept_never_takes_the_last_person_of_another_level() {
    let mut desk = Desk::open(&text("all"), Case::of("100"));
    desk.approve("ana", "level-1").unwrap();
    desk.case.people.retain(|p| p.id != id("faruk") && p.id != id("gita"));
    also(&mut desk.case.people, "ana", "chief");
    desk.act("ada", replan()).unwrap();
    desk.next_plan().unwrap();
    desk.is_open(&["level-2-1"]);
    desk.approve("ben", "level-2-1").unwrap();
    desk.approve("ana", "level-2-2").unwrap();
}

#[test]
fn nobodys_time_passes_while_the_document_is_computed() {
    let mut desk = Desk::open(&text("all"), Case::of("100"));
    desk.later(47).act("ana", ask("level-1")).unwrap();
    desk.act("sub", reply("r1")).unwrap();
    desk.act("ana", reassess()).unwrap();
    assert_eq!((desk.machine.next_moment(), desk.later(200).tick()), (None, Vec::new()));
    desk.next_plan().unwrap();
    desk.is_open(&["level-1"]);
    let due = desk.machine.due_at(&desk.machine.tasks()[0]);
    assert_eq!(due, Some(desk.now + TimeDelta::hours(1)));
    // A question that was open before is open after it, and its task stands still.
    desk.act("ana", ask("level-1")).unwrap();
    desk.act("ada", reassess()).unwrap();
    let mut long = desk.clone();
    assert_eq!(long.later(24 * 30).tick(), [], "nor does the question lapse");
    desk.next_plan().unwrap();
    assert_eq!(desk.machine.due_at(&desk.machine.tasks()[0]), None);
}

#[test]
fn what_is_found_later_is_asked_before_the_levels_that_wait() {
    let three = text("all") + "\n[[level]]\nrole = \"head\"\nwithin = \"1d\"\n";
    let mut desk = Desk::open(&three, Case::of("100"));
    desk.act("ada", reassess()).unwrap();
    desk.case.findings = vec![duplicate()];
    desk.next_plan().unwrap();
    desk.is_open(&["level-1"]);
    desk.approve("ana", "level-1").unwrap();
    desk.is_open(&["exception-2-1"]);
    desk.approve("ana", "exception-2-1").unwrap();
    desk.is_open(&["level-2"]);
    // Also where a later level was kept from an earlier plan, and is decided already.
    let mut desk = Desk::open(&three, Case::of("100"));
    for (person, task) in [("ana", "level-1"), ("gita", "level-2")] {
        desk.approve(person, task).unwrap();
    }
    desk.case.people.retain(|p| p.id != id("ana"));
    desk.case.people.push(person("joy", "works", &["clerk"]));
    desk.policy =
        three.replacen("[[level]]", "[[level]]\nname = \"first\"\nrole = \"clerk\"\nwithin = \"1d\"\n[[level]]", 1);
    desk.act("ada", replan()).unwrap();
    desk.next_plan().unwrap();
    desk.is_open(&["level-2-1"]);
    assert_eq!((desk.status("level-2-2"), desk.status("level-2-3")), (TaskStatus::Waiting, TaskStatus::Decided));
    desk.act("ada", reassess()).unwrap();
    desk.case.findings = vec![duplicate()];
    desk.next_plan().unwrap();
    desk.approve("ben", "level-2-1").unwrap();
    desk.is_open(&["exception-3-1"]);
}

#[test]
fn what_was_approved_is_opened_again_when_it_would_not_be_carried_out() {
    let mut desk = Desk::open(&text("all"), Case::of("100"));
    let reopen = vextrus_approval::Input::Reopen { why: "the payable has changed".to_owned() };
    assert_eq!(desk.put(&reopen).unwrap_err().code, RefusalCode::NotAssessed);
    desk.approve("ana", "level-1").unwrap();
    desk.approve("gita", "level-2").unwrap();
    desk.put(&reopen).unwrap();
    assert_eq!(desk.machine.outcome(), None);
    let mut same = desk.clone();
    same.next_plan().unwrap();
    assert_eq!(same.machine.outcome(), Some(&Outcome::Approved), "nothing was found");
    desk.case.findings = vec![duplicate()];
    desk.next_plan().unwrap();
    desk.answer_task("ana", "exception-2-1", "reject").unwrap();
    assert!(matches!(desk.machine.outcome(), Some(Outcome::Rejected { .. })));
    assert_eq!(desk.put(&reopen).unwrap_err().code, RefusalCode::NotAssessed);
}

#[test]
fn a_document_can_be_withdrawn_while_it_is_computed() {
    let mut desk = Desk::open(&text("all"), Case::of("100"));
    desk.act("ana", reassess()).unwrap();
    assert_eq!(desk.act("ana", reassess()), Err(RefusalCode::NotAssessed));
    desk.act("sub", withdraw()).unwrap();
    assert_eq!((desk.machine.outcome(), desk.machine.recompute()), (Some(&Outcome::Withdrawn), None));
    assert_eq!(desk.next_plan().unwrap_err().code, RefusalCode::DocumentClosed);
}
