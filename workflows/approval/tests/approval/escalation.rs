//! More people are asked: by time, by hand, and by an administrator who gives a task to somebody else.

use chrono::TimeDelta;
use vextrus_approval::{Outcome, What};
use vextrus_domain::RefusalCode;

use crate::common::{Case, TWO, id, policy, start};
use crate::desk::{Desk, escalate, reassign};

const STEPS: &str = r#"
[[level]]
role = "clerk"
within = "2d"
escalate = [{ to = "deputy", within = "1d" }, { to = "manager", within = "12h" }, { to = "next_level", within = "6h" }]
[[level]]
role = "chief"
within = "4d"
"#;

/// What escalations were taken, and when in hours.
fn taken(desk: &Desk) -> Vec<(i64, String)> {
    let hours = |e: &vextrus_approval::Event| (e.at - start()).num_hours();
    desk.events
        .iter()
        .filter_map(|e| match &e.what {
            What::Escalated { to, .. } => Some((hours(e), to.clone())),
            What::Concluded { .. } => Some((hours(e), "end".to_owned())),
            _ => None,
        })
        .collect()
}

/// Lets time pass from moment to moment, as a timer does.
fn run_out(desk: &mut Desk) {
    while let Some(moment) = desk.machine.next_moment() {
        desk.now = moment;
        assert!(!desk.tick().is_empty(), "something is due at its moment");
    }
}

#[test]
fn a_breach_asks_step_by_step_and_then_expires() {
    let mut desk = Desk::open(&policy("", STEPS), Case::of("100"));
    run_out(&mut desk);
    let hours = [(48, "deputy"), (72, "manager"), (84, "next_level"), (90, "end")];
    assert_eq!(taken(&desk), hours.map(|(h, to)| (h, to.to_owned())));
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Expired { task: "level-1".parse().unwrap() }));
    let reminders = desk.events.iter().filter(|e| matches!(e.what, What::Reminded { .. })).count();
    assert_eq!(reminders, 4, "at half of each time");
}

#[test]
fn those_asked_first_may_still_decide_and_so_may_the_new_ones() {
    for person in ["ana", "cara", "hasan", "dina", "faruk"] {
        let mut desk = Desk::open(&policy("", STEPS), Case::of("100"));
        for hours in [48, 24, 12] {
            desk.later(hours).tick();
        }
        desk.approve(person, "level-1").unwrap();
        let expected = if person == "faruk" { Err(RefusalCode::RepeatedApprover) } else { Ok(()) };
        assert_eq!(desk.approve("faruk", "level-2").map(|_| ()), expected, "nobody decides both levels");
        if person == "faruk" {
            desk.approve("gita", "level-2").unwrap();
        }
        assert_eq!(desk.machine.outcome(), Some(&Outcome::Approved));
    }
}

#[test]
fn the_only_one_of_the_next_level_cannot_decide_this_one() {
    let mut desk = Desk::open(&policy("", STEPS), Case::with("100", |c| c.people.retain(|p| p.id != id("gita"))));
    for hours in [48, 24, 12] {
        desk.later(hours).tick();
    }
    assert_eq!(desk.approve("faruk", "level-1"), Err(RefusalCode::RepeatedApprover));
    desk.approve("dina", "level-1").unwrap();
    desk.approve("faruk", "level-2").unwrap();
}

#[test]
fn by_hand_the_next_step_is_taken_at_once() {
    let mut desk = Desk::open(&policy("", TWO), Case::of("100"));
    assert_eq!(desk.act("gita", escalate("level-2")), Err(RefusalCode::TaskNotOpen));
    desk.later(5).act("ben", escalate("level-1")).unwrap();
    assert_eq!(desk.machine.due_at(&desk.machine.tasks()[0]), Some(start() + TimeDelta::hours(5 + 24)));
    assert_eq!(desk.act("ada", escalate("level-1")), Err(RefusalCode::NothingToEscalate));
    desk.approve("hasan", "level-1").unwrap();
    assert_eq!(desk.act("ada", escalate("level-2")), Err(RefusalCode::NothingToEscalate));
}

#[test]
fn each_of_several_open_tasks_has_its_own_steps() {
    let text = policy("", &STEPS.replace("role = \"chief\"", "role = \"chief\"\nparallel = true"));
    let mut desk = Desk::open(&text, Case::of("100"));
    desk.later(48).tick();
    assert_eq!(taken(&desk), [(48, "deputy".to_owned())]);
    // Long overdue, both are looked at in one go: one is escalated, the other ends the document.
    desk.later(72).tick();
    assert_eq!(taken(&desk).len(), 3);
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Expired { task: "level-2".parse().unwrap() }));
}

#[test]
fn a_task_is_given_to_somebody_else() {
    let mut desk = Desk::open(&policy("", TWO), Case::of("100"));
    for (from, to, code) in [
        ("ana", "ben", RefusalCode::DelegationInvalid),
        ("ana", "ana", RefusalCode::DelegationInvalid),
        ("gita", "ivy", RefusalCode::NotEligible),
        ("ana", "sub", RefusalCode::SelfApproval),
    ] {
        assert_eq!(desk.act("ada", reassign("level-1", from, to)), Err(code), "{from} to {to}");
    }
    assert_eq!(desk.act("ada", reassign("level-2", "gita", "ivy")), Err(RefusalCode::TaskNotOpen));
    desk.act("ada", reassign("level-1", "ana", "ivy")).unwrap();
    assert_eq!(desk.approve("ana", "level-1"), Err(RefusalCode::NotEligible));
    desk.approve("ivy", "level-1").unwrap();
    assert_eq!(desk.act("ada", reassign("level-2", "faruk", "ivy")), Err(RefusalCode::RepeatedApprover));
    desk.act("ada", reassign("level-2", "faruk", "ana")).unwrap();
    desk.approve("ana", "level-2").unwrap();
}

#[test]
fn all_of_them_stays_all_of_them_when_a_task_is_reassigned() {
    let text = policy("", &TWO.replacen("role = \"clerk\"", "role = \"clerk\"\nquorum = \"all\"", 1));
    let mut desk = Desk::open(&text, Case::of("100"));
    desk.approve("ana", "level-1").unwrap();
    assert_eq!(desk.act("ada", reassign("level-1", "ana", "ivy")), Err(RefusalCode::AlreadyDecided));
    desk.act("ada", reassign("level-1", "ben", "ivy")).unwrap();
    desk.approve("ivy", "level-1").unwrap();
    desk.is_open(&["level-1"]);
    desk.approve("cara", "level-1").unwrap();
    desk.is_open(&["level-2"]);
}
