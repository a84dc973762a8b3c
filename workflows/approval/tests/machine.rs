//! The approval machine by table and by property.
#![cfg(test)]

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use vextrus_approval::{
    Command, Decision, Event, ExceptionFinding, ExceptionKind, Facts, Machine, Outcome, Plan, Policy, TaskKind,
    WITHDRAW, resolve,
};
use vextrus_domain::{Person, RefusalCode, Taka};

const POLICY: &str = include_str!("../../../rules/approval/invoice.toml");

fn people() -> Vec<Person> {
    [
        ("clerk", "accounts_payable"),
        ("clerk2", "accounts_payable"),
        ("head", "department_head"),
        ("fm", "finance_manager"),
        ("cfo", "cfo"),
        ("ceo", "ceo"),
    ]
    .into_iter()
    .map(|(id, role)| Person {
        id: id.parse().unwrap(),
        department: Some("works".parse().unwrap()),
        roles: vec![role.parse().unwrap()],
        active: true,
    })
    .collect()
}

fn plan_for(
    total: &str,
    submitter: &str,
    people: &[Person],
    findings: &[ExceptionFinding],
) -> Result<Plan, vextrus_domain::Refusal> {
    let facts = Facts {
        revision: 1,
        total: total.parse::<Taka>().unwrap(),
        department: &"works".parse().unwrap(),
        submitter: &submitter.parse().unwrap(),
        people,
        findings,
    };
    resolve(&Policy::parse(POLICY).unwrap(), "policy-hash", &facts)
}

fn start() -> DateTime<Utc> {
    "2026-08-02T04:00:00Z".parse().unwrap()
}

fn opened(total: &str, findings: &[ExceptionFinding]) -> Machine {
    let mut machine = Machine::new("sub".parse().unwrap());
    machine.handle(&Command::Open(plan_for(total, "sub", &people(), findings).unwrap()), start()).unwrap();
    machine
}

fn decision(machine: &Machine, task: &str, answer: &str, actor: &str, request: &str) -> Decision {
    let hash = machine
        .tasks()
        .iter()
        .find(|t| t.task.id.as_str() == task)
        .or_else(|| machine.tasks().first())
        .map(|t| t.plan_hash.clone());
    Decision {
        key: vextrus_domain::DocumentKey {
            tenant: "acme".parse().unwrap(),
            document: "d".parse().unwrap(),
            submission: 1,
        },
        task: Some(task.parse().unwrap()),
        plan_hash: hash,
        answer: answer.to_owned(),
        actor: actor.parse().unwrap(),
        principal: actor.parse().unwrap(),
        request_id: request.parse().unwrap(),
        comment: String::new(),
    }
}

fn say(machine: &mut Machine, task: &str, answer: &str, actor: &str) -> Result<Vec<Event>, RefusalCode> {
    let decision = decision(machine, task, answer, actor, &format!("{task}-{answer}-{actor}"));
    machine.handle(&Command::Decide(decision), start()).map_err(|r| r.code)
}

#[test]
fn levels_follow_the_total_strictly_above() {
    for (total, levels) in [
        ("100000", 1),
        ("100000.01", 2),
        ("500000", 2),
        ("500000.01", 3),
        ("1000000.01", 4),
        ("5000000", 4),
        ("5000000.01", 5),
    ] {
        assert_eq!(plan_for(total, "sub", &people(), &[]).unwrap().tasks.len(), levels, "{total}");
    }
}

#[test]
fn the_submitter_is_not_among_the_eligible() {
    let plan = plan_for("1", "clerk", &people(), &[]).unwrap();
    assert_eq!(plan.tasks[0].eligible, ["clerk2".parse().unwrap()]);
    let refusal = plan_for("200000", "head", &people(), &[]).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::NoEligibleApprover);
    let mut elsewhere = people();
    elsewhere[2].department = Some("sales".parse().unwrap());
    assert!(plan_for("200000", "sub", &elsewhere, &[]).unwrap_err().message.contains("department works"));
}

#[test]
fn one_level_after_the_other_until_approved() {
    let mut m = opened("600000", &[]);
    assert_eq!(say(&mut m, "level-2", "approve", "head"), Err(RefusalCode::TaskNotOpen));
    say(&mut m, "level-1", "approve", "clerk").unwrap();
    say(&mut m, "level-2", "approve", "head").unwrap();
    assert_eq!(m.outcome(), None);
    say(&mut m, "level-3", "approve", "fm").unwrap();
    assert_eq!(m.outcome(), Some(&Outcome::Approved));
    assert_eq!(say(&mut m, "level-3", "reject", "fm"), Err(RefusalCode::AlreadyDecided));
}

#[test]
fn refusals_are_typed() {
    let mut m = Machine::new("sub".parse().unwrap());
    assert_eq!(say(&mut m, "level-1", "approve", "clerk"), Err(RefusalCode::NotAssessed));
    let mut m = opened("600000", &[]);
    for (task, answer, actor, code) in [
        ("level-1", "approve", "sub", RefusalCode::SelfApproval),
        ("level-1", "approve", "fm", RefusalCode::NotEligible),
        ("level-9", "approve", "clerk", RefusalCode::TaskUnknown),
        ("level-2", "approve", "head", RefusalCode::TaskNotOpen),
        ("level-1", "perhaps", "clerk", RefusalCode::AnswerNotAllowed),
    ] {
        assert_eq!(say(&mut m, task, answer, actor), Err(code));
    }
    let mut stale = decision(&m, "level-1", "approve", "clerk", "r");
    stale.plan_hash = Some("other".into());
    assert_eq!(m.handle(&Command::Decide(stale), start()).unwrap_err().code, RefusalCode::StalePlan);
    say(&mut m, "level-1", "approve", "clerk").unwrap();
    assert_eq!(say(&mut m, "level-1", "approve", "clerk2"), Err(RefusalCode::AlreadyDecided));
}

#[test]
fn nobody_decides_two_levels_but_an_exception_is_not_a_level() {
    let mut all = people();
    all[0].roles.push("department_head".parse().unwrap());
    let finding = ExceptionFinding::new(ExceptionKind::PoVariance, "?".into());
    let mut m = Machine::new("sub".parse().unwrap());
    m.handle(&Command::Open(plan_for("200000", "sub", &all, &[finding]).unwrap()), start()).unwrap();
    assert!(matches!(m.tasks()[0].task.kind, TaskKind::Exception(ExceptionKind::PoVariance)));
    assert_eq!(say(&mut m, "level-1", "approve", "clerk"), Err(RefusalCode::TaskNotOpen));
    say(&mut m, "exception-1-1", "accept_variance", "clerk").unwrap();
    say(&mut m, "level-1", "approve", "clerk").unwrap();
    assert_eq!(say(&mut m, "level-2", "approve", "clerk"), Err(RefusalCode::RepeatedApprover));
}

#[test]
fn the_same_request_is_answered_the_same_way_once() {
    let mut m = opened("600000", &[]);
    let first = decision(&m, "level-1", "approve", "clerk", "r1");
    m.handle(&Command::Decide(first.clone()), start()).unwrap();
    assert_eq!(m.handle(&Command::Decide(first.clone()), start()).unwrap(), []);
    let other = Decision { answer: "reject".into(), ..first };
    assert_eq!(m.handle(&Command::Decide(other), start()).unwrap_err().code, RefusalCode::RequestIdReused);
}

#[test]
fn time_reminds_at_half_and_expires_at_the_end() {
    let mut m = opened("1", &[]);
    let half = start() + TimeDelta::days(1);
    assert_eq!(m.next_moment(), Some(half));
    assert_eq!(m.handle(&Command::Tick, half - TimeDelta::seconds(1)).unwrap(), []);
    assert!(matches!(m.handle(&Command::Tick, half).unwrap()[..], [Event::Reminded { .. }]));
    assert_eq!(m.next_moment(), Some(start() + TimeDelta::days(2)));
    m.handle(&Command::Tick, start() + TimeDelta::days(2)).unwrap();
    assert_eq!(m.outcome(), Some(&Outcome::Expired { task: "level-1".parse().unwrap() }));
    assert_eq!(m.next_moment(), None);
    assert_eq!(say(&mut m, "level-1", "approve", "clerk"), Err(RefusalCode::DocumentClosed));
}

#[test]
fn only_the_submitter_withdraws_also_before_the_plan() {
    for mut m in [Machine::new("sub".parse().unwrap()), opened("1", &[])] {
        let mut d = decision(&m, "level-1", WITHDRAW, "clerk", "w");
        d.task = None;
        assert_eq!(m.handle(&Command::Decide(d.clone()), start()).unwrap_err().code, RefusalCode::NotSubmitter);
        (d.actor, d.principal) = ("sub".parse().unwrap(), "sub".parse().unwrap());
        m.handle(&Command::Decide(d), start()).unwrap();
        assert_eq!(m.outcome(), Some(&Outcome::Withdrawn));
    }
}

#[test]
fn a_voided_decision_reopens_its_task_and_what_rested_on_it() {
    let mut m = opened("600000", &[]);
    say(&mut m, "level-1", "approve", "clerk").unwrap();
    say(&mut m, "level-2", "approve", "head").unwrap();
    let refusal = vextrus_domain::Refusal::new(RefusalCode::SignatureInvalid, "no");
    m.handle(&Command::Void { request_id: "level-1-approve-clerk".parse().unwrap(), refusal }, start()).unwrap();
    let open: Vec<_> = m.open_tasks().map(|t| t.task.id.to_string()).collect();
    assert_eq!(open, ["level-1"]);
    assert!(m.tasks()[1].decision.is_none());
}

#[test]
fn a_refusal_stands_though_another_decision_of_its_stage_is_voided() {
    let finding = |kind| ExceptionFinding::new(kind, "?".into());
    let mut m = opened("1", &[finding(ExceptionKind::PoVariance), finding(ExceptionKind::PossibleDuplicate)]);
    say(&mut m, "exception-1-1", "approve", "clerk").unwrap();
    say(&mut m, "exception-1-2", "reject", "clerk2").unwrap();
    let refusal = vextrus_domain::Refusal::new(RefusalCode::SignatureInvalid, "no");
    m.handle(&Command::Void { request_id: "exception-1-1-approve-clerk".parse().unwrap(), refusal }, start()).unwrap();
    assert!(matches!(m.outcome(), Some(Outcome::Rejected { task, .. }) if task.as_str() == "exception-1-2"));
}

#[test]
fn a_later_plan_follows_what_was_decided() {
    let mut m = opened("1", &[]);
    say(&mut m, "level-1", "approve", "clerk").unwrap();
    assert_eq!(m.outcome(), Some(&Outcome::Approved));
    let finding = ExceptionFinding::new(ExceptionKind::PayableChanged, "?".into());
    let facts = Facts {
        revision: 2,
        total: Taka::whole(1),
        department: &"works".parse().unwrap(),
        submitter: &"sub".parse().unwrap(),
        people: &people(),
        findings: &[finding],
    };
    let plan = resolve(&Policy::parse(POLICY).unwrap(), "h", &facts).unwrap();
    m.handle(&Command::Open(plan), start()).unwrap();
    assert_eq!(m.outcome(), None);
    say(&mut m, "exception-2-1", "approve", "clerk").unwrap();
    assert_eq!(m.outcome(), Some(&Outcome::Approved));
}

#[test]
fn policies_are_checked() {
    for (from, to, said) in [
        ("remind_at_percent = 50", "remind_at_percent = 0", "remind_at_percent is 0"),
        ("above = \"500000\"", "above = \"5\"", "level 3 is above a smaller amount"),
        ("within = \"7d\"", "within = \"0s\"", "is not a time"),
        ("refuse = \"reject\"", "refuse = \"accept_variance\"", "same answer"),
        ("kind = \"possible_duplicate\"", "kind = \"po_variance\"", "2 rules for exception po_variance"),
        ("[matching]", "[matching]\nsurprise = 1", "unknown field"),
    ] {
        let error = Policy::parse(&POLICY.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

proptest! {
    #[test]
    fn approval_always_means_distinct_eligible_people(
        steps in prop::collection::vec((0..7_usize, 0..7_usize, 0..3_usize, 0..20_u32), 1..60)
    ) {
        let (tasks, actors, answers) = (
            ["level-1", "level-2", "level-3", "level-4", "level-5", "exception-1-1", "level-6"],
            ["clerk", "clerk2", "head", "fm", "cfo", "ceo", "sub"],
            ["approve", "approve", "not_a_duplicate"],
        );
        let finding = ExceptionFinding::new(ExceptionKind::PossibleDuplicate, "?".into());
        let mut m = opened("6000000", &[finding]);
        let mut replayed = m.clone();
        for (task, actor, answer, request) in steps {
            let d = decision(&m, tasks[task], answers[answer], actors[actor], &format!("r{request}"));
            if let Ok(events) = m.handle(&Command::Decide(d), start()) {
                events.iter().for_each(|e| replayed.apply(e));
            }
        }
        prop_assert_eq!(&m, &replayed, "the state is the sum of its events");
        let mut deciders = std::collections::BTreeSet::new();
        for state in m.tasks() {
            if let Some(d) = &state.decision {
                prop_assert!(state.task.eligible.contains(&d.actor) && d.actor.as_str() != "sub");
                prop_assert!(state.task.kind != TaskKind::Level || deciders.insert(d.actor.clone()));
            }
        }
        prop_assert_eq!(m.outcome() == Some(&Outcome::Approved), m.tasks().iter().all(|t| t.decision.is_some()));
    }
}
