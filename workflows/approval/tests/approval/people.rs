//! Segregation of duties, administrators, and who has a part in a document.

use vextrus_approval::{Action, Amounts, Outcome};
use vextrus_domain::RefusalCode;

use crate::common::{Case, TWO, also, id, person, policy, standing, taka};
use crate::desk::{Desk, comment, delegate, escalate, reassess, reassign, replan, withdraw};

#[test]
fn nobody_decides_two_levels_but_for_roles_that_may() {
    let case = || Case::with("100", |c| also(&mut c.people, "ana", "chief"));
    let mut desk = Desk::open(&policy("", TWO), case());
    desk.approve("ana", "level-1").unwrap();
    assert_eq!(desk.approve("ana", "level-2"), Err(RefusalCode::RepeatedApprover));
    assert_eq!(desk.answer_task("ana", "level-2", "reject"), Err(RefusalCode::RepeatedApprover));
    desk.approve("faruk", "level-2").unwrap();

    let twice = policy("", TWO).replace("[budget]", "[separation]\nmay_decide_twice = [\"chief\"]\n[budget]");
    let mut desk = Desk::open(&twice, case());
    desk.approve("ana", "level-1").unwrap();
    desk.approve("ana", "level-2").unwrap();
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Approved));

    let twice = twice.replacen(
        "role = \"clerk\"\nwithin = \"2d\"\nescalate",
        "role = \"clerk\"\nquorum = 2\nwithin = \"2d\"\nescalate",
        1,
    );
    let mut desk = Desk::open(&twice, case());
    desk.approve("ana", "level-1").unwrap();
    assert_eq!(desk.approve("ana", "level-1"), Err(RefusalCode::RepeatedApprover), "two levels, not one level twice");
}

#[test]
fn an_approval_that_would_leave_a_level_without_people_is_refused() {
    let few = |c: &mut Case| {
        c.people = vec![
            person("ana", "works", &["clerk", "chief"]),
            person("ben", "works", &["clerk"]),
            person("sub", "works", &[]),
        ];
    };
    let mut desk = Desk::open(&policy("", TWO), Case::with("100", few));
    assert_eq!(desk.approve("ana", "level-1"), Err(RefusalCode::RepeatedApprover));
    desk.answer_task("ana", "level-1", "reject").unwrap();

    let mut desk = Desk::open(&policy("", TWO), Case::with("100", few));
    // A delegate counts like whoever they stand for.
    desk.delegations = vec![standing("ben", "ana")];
    assert_eq!(desk.approve("ana", "level-1"), Err(RefusalCode::RepeatedApprover));
    desk.approve("ben", "level-1").unwrap();
    desk.approve("ana", "level-2").unwrap();
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Approved));

    // Those whom a level can still be escalated to are people too.
    let mut desk = Desk::open(
        &policy("", &TWO.replace("\"4d\"", "\"4d\"\nescalate = [{ to = \"deputy\", within = \"1d\" }]")),
        Case::with("100", |c| {
            few(c);
            c.people[0].deputy = Some(id("dora"));
            c.people.push(person("dora", "works", &[]));
        }),
    );
    desk.approve("ana", "level-1").unwrap();
    desk.later(4 * 24 + 1).tick();
    desk.approve("dora", "level-2").unwrap();
}

#[test]
fn a_reassignment_that_would_leave_a_level_without_people_is_refused() {
    let text = policy("", &TWO.replace("escalate = ", "quorum = \"all\" #"));
    let mut desk = Desk::open(&text, Case::with("100", |c| c.people.retain(|p| p.id != id("gita"))));
    assert_eq!(desk.act("ada", reassign("level-1", "ana", "faruk")), Err(RefusalCode::RepeatedApprover));
    desk.act("ada", reassign("level-1", "ana", "ivy")).unwrap();
}

#[test]
fn a_level_that_has_nobody_left_anyway_stops_nobody() {
    let boss = "[[level]]\nrole = \"boss\"\nabove = \"500\"\nwithin = \"1d\"";
    let mut desk =
        Desk::open(&policy("", &format!("{TWO}{boss}")), Case::with("100", |c| also(&mut c.people, "ana", "boss")));
    desk.approve("ana", "level-1").unwrap();
    desk.act("faruk", reassess()).unwrap();
    desk.case.amounts = Amounts::same(taka("501"));
    desk.next_plan().unwrap();
    assert_eq!(desk.approve("ana", "level-2-1"), Err(RefusalCode::TaskNotOpen));
    desk.approve("faruk", "level-2").unwrap();
    assert_eq!(desk.approve("ana", "level-2-1"), Err(RefusalCode::RepeatedApprover));
    desk.act("ada", reassign("level-2-1", "ana", "gita")).unwrap();
    desk.approve("gita", "level-2-1").unwrap();
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Approved));
}

#[test]
fn a_quorum_of_a_later_level_is_kept_possible() {
    let text = policy("", &TWO.replace("role = \"chief\"", "role = \"chief\"\nquorum = 2"));
    let mut desk = Desk::open(&text, Case::with("100", |c| also(&mut c.people, "faruk", "clerk")));
    assert_eq!(desk.approve("faruk", "level-1"), Err(RefusalCode::RepeatedApprover));
    desk.approve("ana", "level-1").unwrap();
    desk.approve("faruk", "level-2").unwrap();
    desk.approve("gita", "level-2").unwrap();
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Approved));
}

#[test]
fn administrators_administer_others() {
    let mut desk = Desk::open(&policy("", TWO), Case::with("100", |c| also(&mut c.people, "sub", "admin")));
    for action in [reassign("level-1", "ana", "ivy"), replan(), reassess(), escalate("level-1")] {
        assert!(matches!(desk.act("sub", action), Err(RefusalCode::SelfApproval)));
    }
    assert_eq!(desk.act("ivy", reassign("level-1", "ana", "ivy")), Err(RefusalCode::NotAdministrator));
    assert_eq!(desk.act("ivy", replan()), Err(RefusalCode::NotAdministrator));
    assert_eq!(desk.act("ana", replan()), Err(RefusalCode::NotAdministrator));
    assert_eq!(desk.act("ivy", reassess()), Err(RefusalCode::NotAdministrator));
    assert_eq!(desk.act("ivy", escalate("level-1")), Err(RefusalCode::NotEligible));
    assert_eq!(desk.act("ada", reassign("level-1", "ana", "ada")), Err(RefusalCode::SelfApproval));
    desk.act("ana", escalate("level-1")).unwrap();
    desk.act("ana", reassess()).unwrap();
    desk.next_plan().unwrap();
    desk.act("ada", replan()).unwrap();
    let none = policy("", TWO).replace("administrators = \"admin\"\n", "");
    let mut desk = Desk::open(&none, Case::of("100"));
    assert_eq!(desk.act("ada", replan()), Err(RefusalCode::NotAdministrator));
}

#[test]
fn those_who_have_a_part_may_comment() {
    let mut desk = Desk::open(&policy("", TWO), Case::of("100"));
    for person in ["sub", "ana", "gita", "ada"] {
        desk.act(person, comment()).unwrap();
    }
    assert_eq!(desk.act("ivy", comment()), Err(RefusalCode::NotEligible));
    desk.act("ana", delegate("level-1", "ivy")).unwrap();
    desk.act("ivy", comment()).unwrap();
    assert_eq!(desk.act("ana", Action::Comment { text: " ".to_owned() }), Err(RefusalCode::ReasonRequired));
}

#[test]
fn only_the_submitter_withdraws_also_before_the_plan() {
    for mut desk in [Desk::empty(&policy("", TWO), Case::of("1")), Desk::open(&policy("", TWO), Case::of("1"))] {
        assert_eq!(desk.act("ana", withdraw()), Err(RefusalCode::NotSubmitter));
        let mut other = desk.command("sub", withdraw());
        other.principal = id("ana");
        assert_eq!(desk.send(other), Err(RefusalCode::NotSubmitter));
        desk.act("sub", withdraw()).unwrap();
        assert_eq!(desk.machine.outcome(), Some(&Outcome::Withdrawn));
    }
}

#[test]
fn limits_are_enforced() {
    let text = |limits: &str| format!("{}\n[limits]\n{limits}", policy("", TWO));
    let exceeded = |desk: &mut Desk, actor: &str, action: Action| {
        assert_eq!(desk.act(actor, action), Err(RefusalCode::LimitExceeded));
    };
    let mut desk = Desk::open(&text("comments = 2"), Case::of("1"));
    desk.act("ana", comment()).unwrap();
    desk.act("sub", comment()).unwrap();
    exceeded(&mut desk, "ana", comment());
    // Before there is a plan the usual limits hold.
    let mut desk = Desk::empty(&text("comments = 2"), Case::of("1"));
    for _ in 0..100 {
        desk.act("sub", comment()).unwrap();
    }
    exceeded(&mut desk, "sub", comment());

    let mut desk = Desk::open(&text("interventions = 5"), Case::of("1"));
    desk.act("ana", delegate("level-1", "ivy")).unwrap();
    desk.act("ada", reassign("level-1", "ben", "emon")).unwrap();
    desk.act("ana", escalate("level-1")).unwrap();
    desk.act("ana", reassess()).unwrap();
    desk.next_plan().unwrap();
    desk.act("ada", replan()).unwrap();
    desk.next_plan().unwrap();
    for (actor, action) in [
        ("ana", delegate("level-3-1", "ivy")),
        ("ada", reassign("level-3-1", "ben", "emon")),
        ("ana", escalate("level-3-1")),
        ("ana", reassess()),
        ("ada", replan()),
    ] {
        exceeded(&mut desk, actor, action);
    }
    desk.approve("ana", "level-3-1").unwrap();
}

#[test]
fn a_limit_of_a_person_or_of_a_delegation_holds_at_its_edge() {
    let limited = |limit: &str| Case::with("100", |c| c.people[0].approval_limit = Some(taka(limit)));
    Desk::open(&policy("", TWO), limited("100")).approve("ana", "level-1").unwrap();
    let refused = Desk::open(&policy("", TWO), limited("99.99")).approve("ana", "level-1");
    assert_eq!(refused, Err(RefusalCode::NotEligible));
    for (limit, allowed) in [("100", true), ("99.99", false)] {
        let mut desk = Desk::open(&policy("", TWO), Case::of("100"));
        let mut delegation = standing("ana", "ivy");
        delegation.limit = Some(taka(limit));
        desk.delegations = vec![delegation];
        assert_eq!(desk.approve("ivy", "level-1").is_ok(), allowed, "{limit}");
    }
}
