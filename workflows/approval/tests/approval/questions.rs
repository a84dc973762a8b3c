//! Questions to the submitter, and the clock that stands still for them.

use chrono::TimeDelta;
use vextrus_approval::{Action, Outcome, TaskStatus, What};
use vextrus_domain::RefusalCode;

use crate::common::{Case, TWO, policy, start};
use crate::desk::{Desk, ask, comment, escalate, reply, send_back};

fn desk() -> Desk {
    Desk::open(&policy("", &format!("{TWO}\n[information]\nanswer_within = \"3d\"")), Case::of("100"))
}

fn due_in_hours(desk: &Desk, task: &str) -> Option<i64> {
    let task = desk.machine.task(&task.parse().unwrap()).unwrap();
    desk.machine.due_at(task).map(|due| (due - start()).num_hours())
}

#[test]
fn the_clock_stands_still_until_the_answer() {
    let mut desk = desk();
    assert_eq!(due_in_hours(&desk, "level-1"), Some(48));
    desk.later(10).act("ana", ask("level-1")).unwrap();
    assert_eq!(due_in_hours(&desk, "level-1"), None);
    assert_eq!(desk.machine.next_moment(), Some(start() + TimeDelta::hours(10 + 72)), "when the answer is late");
    assert_eq!(desk.later(71).tick(), [], "nothing is due, though the task's own time is long over");
    desk.act("sub", reply("r1")).unwrap();
    assert_eq!(due_in_hours(&desk, "level-1"), Some(48 + 71));
    assert!(!desk.machine.questions()[0].open);
}

#[test]
fn a_question_lapses_and_the_clock_goes_on() {
    let mut desk = desk();
    desk.later(10).act("ana", ask("level-1")).unwrap();
    let events = desk.later(72).tick();
    assert!(matches!(events[..], [vextrus_approval::Event { what: What::QuestionLapsed { .. }, .. }]), "{events:?}");
    assert_eq!(due_in_hours(&desk, "level-1"), Some(48 + 72));
    assert_eq!(desk.act("sub", reply("r1")), Err(RefusalCode::QuestionUnknown));
    // Even where nobody looked for weeks, a lapse comes first, and the rest of the time is left.
    let mut desk = self::desk();
    desk.act("ana", ask("level-1")).unwrap();
    assert_eq!(desk.later(24 * 60).tick().len(), 1);
    assert_eq!(due_in_hours(&desk, "level-1"), Some(24 * 60 + 48));
    assert_eq!(desk.machine.outcome(), None);
}

#[test]
fn with_several_questions_the_last_answer_counts() {
    let mut desk = desk();
    desk.act("ana", ask("level-1")).unwrap();
    desk.later(5).act("ben", ask("level-1")).unwrap();
    desk.later(5).act("sub", reply("r1")).unwrap();
    assert_eq!(due_in_hours(&desk, "level-1"), None);
    desk.later(5).act("sub", reply("r2")).unwrap();
    assert_eq!(due_in_hours(&desk, "level-1"), Some(48 + 15));
    assert_eq!(desk.act("sub", reply("r2")), Err(RefusalCode::QuestionUnknown));
}

#[test]
fn who_asks_and_who_answers() {
    let mut desk = desk();
    assert_eq!(desk.act("gita", ask("level-1")), Err(RefusalCode::NotEligible));
    assert_eq!(desk.act("gita", ask("level-2")), Err(RefusalCode::TaskNotOpen));
    assert_eq!(desk.act("sub", ask("level-1")), Err(RefusalCode::SelfApproval));
    desk.act("ana", ask("level-1")).unwrap();
    assert_eq!(desk.act("ben", reply("r4")), Err(RefusalCode::NotSubmitter));
    assert_eq!(desk.act("sub", reply("r3")), Err(RefusalCode::QuestionUnknown));
    let empty = Action::Answer { question: "r4".parse().unwrap(), text: String::new() };
    assert_eq!(desk.act("sub", empty), Err(RefusalCode::ReasonRequired));
    desk.act("sub", comment()).unwrap();
}

#[test]
fn a_decision_needs_no_answer() {
    let mut desk = desk();
    desk.act("ana", ask("level-1")).unwrap();
    desk.approve("ben", "level-1").unwrap();
    assert!(!desk.machine.questions()[0].open);
    assert_eq!(due_in_hours(&desk, "level-2"), Some(96));
    assert_eq!(desk.later(72).tick().len(), 1, "a reminder, and no lapse");
    assert_eq!(desk.act("sub", reply("r1")), Err(RefusalCode::QuestionUnknown));
    // One of two approvals is none: the question stays, and so does the clock.
    let text = policy("", &TWO.replacen("role = \"clerk\"", "role = \"clerk\"\nquorum = 2", 1));
    let mut desk = Desk::open(&text, Case::of("100"));
    desk.act("ana", ask("level-1")).unwrap();
    desk.approve("ben", "level-1").unwrap();
    assert!(desk.machine.questions()[0].open && due_in_hours(&desk, "level-1").is_none());
}

#[test]
fn what_is_escalated_while_a_question_is_open_starts_its_new_time_at_the_answer() {
    let mut desk = desk();
    desk.later(40).act("ana", ask("level-1")).unwrap();
    desk.later(1).act("ana", escalate("level-1")).unwrap();
    assert_eq!(due_in_hours(&desk, "level-1"), None);
    desk.later(20).tick();
    assert_eq!(desk.status("level-1"), TaskStatus::Open);
    desk.act("sub", reply("r1")).unwrap();
    assert_eq!(due_in_hours(&desk, "level-1"), Some(61 + 24), "all of the step's day");
    desk.approve("hasan", "level-1").unwrap();
}

#[test]
fn a_stopped_clock_stops_no_other_one() {
    let more = "[[level]]\nrole = \"head\"\nwithin = \"1d\"\nparallel = true\n";
    let mut desk =
        Desk::open(&policy("", &format!("{}{more}", &TWO[..TWO.rfind("[[level]]").unwrap()])), Case::of("1"));
    desk.act("ana", ask("level-1")).unwrap();
    assert_eq!((due_in_hours(&desk, "level-1"), due_in_hours(&desk, "level-2")), (None, Some(24)));
    desk.later(24).tick();
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Expired { task: "level-2".parse().unwrap() }));
    assert!(desk.machine.questions().iter().all(|q| !q.open), "nobody waits for an answer any more");
}

#[test]
fn no_question_is_answered_while_the_document_is_with_its_submitter() {
    let mut desk = desk();
    desk.act("ana", ask("level-1")).unwrap();
    desk.act("ana", send_back("level-1")).unwrap();
    assert_eq!(desk.act("sub", reply("r1")), Err(RefusalCode::DocumentReturned));
    assert_eq!(desk.act("ana", ask("level-1")), Err(RefusalCode::DocumentReturned));
}

#[test]
fn questions_are_limited() {
    let mut desk = Desk::open(&policy("", &format!("{TWO}\n[limits]\nquestions = 1")), Case::of("100"));
    desk.act("ana", ask("level-1")).unwrap();
    desk.act("sub", reply("r1")).unwrap();
    assert_eq!(desk.act("ana", ask("level-1")), Err(RefusalCode::LimitExceeded));
}
