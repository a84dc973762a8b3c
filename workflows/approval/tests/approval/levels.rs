//! Deciding levels, and every way in which a decision is refused.

use vextrus_approval::{Action, Outcome, TaskStatus, What};
use vextrus_domain::RefusalCode;

use crate::common::{Case, TWO, duplicate, policy, which};
use crate::desk::{Desk, reassess};

fn two() -> Desk {
    Desk::open(&policy("", TWO), Case::of("100"))
}

#[test]
fn one_level_after_the_other_until_approved() {
    let mut desk = two();
    desk.is_open(&["level-1"]);
    assert_eq!(desk.approve("faruk", "level-2"), Err(RefusalCode::TaskNotOpen));
    desk.approve("ben", "level-1").unwrap();
    desk.is_open(&["level-2"]);
    assert_eq!(desk.machine.outcome(), None);
    desk.approve("gita", "level-2").unwrap();
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Approved));
    let people: Vec<String> = desk.machine.approvers().iter().map(ToString::to_string).collect();
    assert_eq!(people, ["ben", "gita"]);
}

#[test]
fn a_document_that_needs_nobody_is_approved_at_once() {
    let text = policy("no_approval_up_to = \"10\"", "[[level]]\nrole = \"head\"\nabove = \"10\"\nwithin = \"1d\"");
    assert_eq!(Desk::open(&text, Case::of("10")).machine.outcome(), Some(&Outcome::Approved));
    assert_eq!(Desk::open(&text, Case::of("10.01")).machine.outcome(), None);
}

#[test]
fn one_no_ends_it_at_every_quorum() {
    let text = policy("", &TWO.replacen("role = \"clerk\"", "role = \"clerk\"\nquorum = 2", 1));
    let mut desk = Desk::open(&text, Case::of("100"));
    desk.approve("ana", "level-1").unwrap();
    desk.answer_task("ben", "level-1", "reject").unwrap();
    let by = "ben".parse().unwrap();
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Rejected { task: "level-1".parse().unwrap(), by }));
    assert_eq!(desk.status("level-2"), TaskStatus::Dropped);
}

#[test]
fn a_quorum_counts_different_people() {
    for (quorum, enough) in [("2", 2), ("\"all\"", 3), ("\"any\"", 1)] {
        let text = policy("", &TWO.replacen("role = \"clerk\"", &format!("role = \"clerk\"\nquorum = {quorum}"), 1));
        let mut desk = Desk::open(&text, Case::of("100"));
        for (n, person) in ["ana", "ben", "cara"].iter().take(enough).enumerate() {
            assert_eq!(desk.status("level-1"), TaskStatus::Open, "{quorum} after {n}");
            desk.approve(person, "level-1").unwrap();
            if n + 1 < enough {
                assert_eq!(desk.approve(person, "level-1"), Err(RefusalCode::RepeatedApprover));
            }
        }
        desk.is_open(&["level-2"]);
        assert_eq!(desk.approve("ana", "level-1"), Err(RefusalCode::AlreadyDecided));
    }
}

#[test]
fn parallel_levels_are_open_together_and_wait_for_each_other() {
    let more = "[[level]]\nrole = \"head\"\nwithin = \"1d\"\nparallel = true\n";
    let (first, second) = TWO.split_at(TWO.rfind("[[level]]").unwrap());
    let mut desk = Desk::open(&policy("", &format!("{first}{more}{second}")), Case::of("100"));
    desk.is_open(&["level-1", "level-2"]);
    desk.approve("dina", "level-2").unwrap();
    desk.is_open(&["level-1"]);
    desk.approve("ana", "level-1").unwrap();
    desk.is_open(&["level-3"]);
}

#[test]
fn refusals_are_typed_and_change_nothing() {
    let mut fresh = Desk::empty(&policy("", TWO), Case::of("100"));
    assert_eq!(fresh.approve("ana", "level-1"), Err(RefusalCode::NotAssessed));
    let mut desk = two();
    for (actor, task, answer, code) in [
        ("sub", "level-1", "approve", RefusalCode::SelfApproval),
        ("faruk", "level-1", "approve", RefusalCode::NotEligible),
        ("nobody", "level-1", "approve", RefusalCode::NotEligible),
        ("ana", "level-9", "approve", RefusalCode::TaskUnknown),
        ("ana", "level-1", "perhaps", RefusalCode::AnswerNotAllowed),
        ("ana", "level-1", "not_a_duplicate", RefusalCode::AnswerNotAllowed),
        ("faruk", "level-2", "approve", RefusalCode::TaskNotOpen),
    ] {
        assert_eq!(desk.answer_task(actor, task, answer), Err(code), "{actor} {task} {answer}");
    }
    let decide = |answer: &str, plan_hash: &str, comment: &str| Action::Decide {
        task: "level-1".parse().unwrap(),
        plan_hash: plan_hash.to_owned(),
        answer: answer.to_owned(),
        comment: comment.to_owned(),
    };
    let hash = desk.machine.tasks()[0].plan_hash.clone();
    assert_eq!(desk.act("ana", decide("approve", "other", "")), Err(RefusalCode::StalePlan));
    assert_eq!(desk.act("ana", decide("reject", &hash, " \n")), Err(RefusalCode::ReasonRequired));
    assert_eq!(desk.act("ana", decide("approve", &hash, &"x".repeat(2001))), Err(RefusalCode::LimitExceeded));
    assert_eq!(desk.act("ana", reassess()).map(|e| e.len()), Ok(1));
    assert_eq!(desk.approve("ana", "level-1"), Err(RefusalCode::NotAssessed));
}

#[test]
fn refusals_say_what_would_be_right() {
    let mut desk = Desk::open(&policy("", TWO), Case::with("100", |c| c.findings = vec![which("rate")]));
    let mut said = |actor: &str, task: &str, answer: &str| {
        let action = Action::Decide {
            task: task.parse().unwrap(),
            plan_hash: desk.machine.tasks()[0].plan_hash.clone(),
            answer: answer.to_owned(),
            comment: String::new(),
        };
        let command = Box::new(desk.command(actor, action));
        desk.machine.decide(&vextrus_approval::Input::Command { command }, desk.now).unwrap_err().message
    };
    assert_eq!(said("ana", "level-1", "approve"), "level-1 waits for exception-1-1");
    assert_eq!(
        said("ana", "x", "approve"),
        "x is not a task of this document; there are exception-1-1, level-1, level-2"
    );
    assert_eq!(
        said("ana", "exception-1-1", "approve"),
        "\"approve\" is not an answer to exception-1-1; it knows a, b, reject"
    );
    assert_eq!(said("gita", "exception-1-1", "a"), "gita may not decide exception-1-1 (clerk)");
}

#[test]
fn exceptions_come_before_the_levels_and_are_no_level() {
    let mut desk = Desk::open(&policy("", TWO), Case::with("100", |c| c.findings = vec![duplicate(), duplicate()]));
    desk.is_open(&["exception-1-1", "exception-1-2"]);
    desk.approve("ana", "exception-1-1").unwrap();
    desk.answer_task("ana", "exception-1-2", "not_a_duplicate").unwrap();
    desk.approve("ana", "level-1").unwrap();
    desk.is_open(&["level-2"]);
    let answers: Vec<&str> = desk
        .events
        .iter()
        .filter_map(|e| match &e.what {
            What::Decided { answer, .. } => Some(answer.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(answers, ["not_a_duplicate", "not_a_duplicate", "approve"], "by the names of the policy");
}

#[test]
fn an_answer_that_counts_is_assessed_once_all_of_them_are_given() {
    let findings = vec![which("rate"), which("section"), duplicate()];
    let mut desk = Desk::open(&policy("", TWO), Case::with("100", |c| c.findings = findings));
    desk.answer_task("ana", "exception-1-1", "a").unwrap();
    assert_eq!(desk.machine.recompute(), None, "another one is open");
    desk.answer_task("ben", "exception-1-2", "b").unwrap();
    assert!(desk.machine.recompute().is_some());
    assert_eq!(desk.approve("ana", "exception-1-3"), Err(RefusalCode::NotAssessed));
    desk.case.findings.clear();
    desk.next_plan().unwrap();
    desk.is_open(&["exception-1-3"]);
    desk.approve("ana", "exception-1-3").unwrap();
    desk.is_open(&["level-1"]);
}

#[test]
fn plans_are_taken_up_in_their_order() {
    let mut desk = two();
    let plan = |revision| {
        Box::new(Case::of("100").resolve(&policy("", TWO), revision, vextrus_approval::Occasion::Replanned).unwrap())
    };
    for revision in [0, 1, 3] {
        let refused = desk.put(&vextrus_approval::Input::Open { plan: plan(revision) });
        assert_eq!(refused.unwrap_err().code, RefusalCode::StalePlan);
    }
    desk.approve("ana", "level-1").unwrap();
    desk.approve("gita", "level-2").unwrap();
    let closed = desk.put(&vextrus_approval::Input::Open { plan: plan(2) });
    assert_eq!(closed.unwrap_err().code, RefusalCode::DocumentClosed);
}
