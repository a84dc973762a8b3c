//! Deciding in somebody's name: for one task, and by standing delegations.

use chrono::TimeDelta;
use vextrus_approval::{By, Outcome, What};
use vextrus_domain::{DocumentType, RefusalCode};

use crate::common::{Case, TWO, id, policy, standing};
use crate::desk::{Desk, delegate, reassign};

fn desk() -> Desk {
    Desk::open(&policy("", TWO), Case::of("100"))
}

/// Who decided last, in whose name and through whom.
fn last_decider(desk: &Desk) -> String {
    let decided = desk.events.iter().rev().find(|e| matches!(e.what, What::Decided { .. })).unwrap();
    let By { actor, principal, through } = decided.by.as_ref().unwrap();
    format!("{actor} for {principal} through {through:?}")
}

#[test]
fn a_task_is_delegated_and_its_owner_keeps_it() {
    let mut desk = desk();
    assert_eq!(desk.approve("ivy", "level-1"), Err(RefusalCode::NotEligible));
    desk.act("ana", delegate("level-1", "ivy")).unwrap();
    let mut owner = desk.clone();
    owner.approve("ana", "level-1").unwrap();
    assert_eq!(owner.approve("ivy", "level-1"), Err(RefusalCode::AlreadyDecided));
    desk.approve("ivy", "level-1").unwrap();
    assert_eq!(last_decider(&desk), "ivy for ana through []");
    desk.is_open(&["level-2"]);
    let people: Vec<String> = desk.machine.approvers().iter().map(ToString::to_string).collect();
    assert_eq!(people, ["ana", "ivy"], "both had a part");
    for person in ["ana", "ivy"] {
        assert_eq!(desk.act("faruk", delegate("level-2", person)), Err(RefusalCode::RepeatedApprover));
        desk.delegations = vec![standing("gita", person)];
        assert_eq!(desk.approve(person, "level-2"), Err(RefusalCode::RepeatedApprover));
    }
}

#[test]
fn delegations_that_make_no_sense_are_refused() {
    let mut desk = desk();
    for (actor, task, to, code) in [
        ("ana", "level-1", "ben", RefusalCode::DelegationInvalid),
        ("ana", "level-1", "ana", RefusalCode::DelegationInvalid),
        ("ana", "level-1", "sub", RefusalCode::SelfApproval),
        ("ivy", "level-1", "ada", RefusalCode::NotEligible),
        ("sub", "level-1", "ivy", RefusalCode::SelfApproval),
        ("faruk", "level-2", "ivy", RefusalCode::TaskNotOpen),
    ] {
        assert_eq!(desk.act(actor, delegate(task, to)), Err(code), "{actor} to {to}");
    }
    desk.act("ana", delegate("level-1", "ivy")).unwrap();
    desk.act("ivy", delegate("level-1", "ada")).unwrap();
    assert_eq!(desk.act("ada", delegate("level-1", "ivy")), Err(RefusalCode::DelegationInvalid), "a circle");
    desk.approve("ada", "level-1").unwrap();
    assert_eq!(last_decider(&desk), "ada for ana through [\"ivy\"]");
}

#[test]
fn chains_are_as_long_as_the_policy_allows() {
    let text = |hops: u32| format!("{}\n[limits]\ndelegation_hops = {hops}", policy("", TWO));
    for hops in 0..3 {
        let mut desk = Desk::open(&text(hops), Case::of("100"));
        let chain = ["ana", "ivy", "emon", "omar"];
        for (n, pair) in chain.windows(2).enumerate() {
            let delegated = desk.act(pair[0], delegate("level-1", pair[1]));
            if n < hops as usize {
                delegated.unwrap();
            } else {
                // Nobody can pass on what they do not have.
                let code = if n == hops as usize { RefusalCode::DelegationInvalid } else { RefusalCode::NotEligible };
                assert_eq!(delegated, Err(code), "hop {n} of {hops}");
            }
        }
        desk.delegations = chain.windows(2).map(|pair| standing(pair[0], pair[1])).collect();
        for (n, person) in chain.iter().enumerate().skip(1) {
            let mut desk = desk.clone();
            assert_eq!(desk.approve(person, "level-1").is_ok(), n <= hops as usize, "{person} within {hops}");
        }
    }
}

#[test]
fn standing_delegations_count_for_their_days_types_and_people() {
    let refused = |change: fn(&mut Desk)| {
        let mut desk = desk();
        desk.delegations = vec![standing("ana", "ivy")];
        desk.now += TimeDelta::hours(1);
        let mut command = desk.command("ivy", reassign("level-1", "ana", "ivy"));
        change(&mut desk);
        // The command says by which delegations; the machine looks whether they count.
        command.action =
            vextrus_approval::Action::RequestInfo { task: "level-1".parse().unwrap(), question: "?".to_owned() };
        command.via = desk.delegations.clone();
        desk.send(command).err()
    };
    assert_eq!(refused(|_| {}), None);
    assert_eq!(
        refused(|d| d.delegations[0].last_day = "2026-08-01".parse().unwrap()),
        Some(RefusalCode::DelegationInvalid)
    );
    assert_eq!(
        refused(|d| d.delegations[0].first_day = "2026-08-03".parse().unwrap()),
        Some(RefusalCode::DelegationInvalid)
    );
    assert_eq!(
        refused(|d| d.delegations[0].documents = vec![DocumentType::Invoice]),
        Some(RefusalCode::DelegationInvalid)
    );
    assert_eq!(refused(|d| d.delegations[0].from = id("gita")), Some(RefusalCode::NotEligible));
    assert_eq!(refused(|d| d.delegations.clear()), Some(RefusalCode::NotEligible));
}

#[test]
fn a_delegation_that_ends_between_two_levels_is_over() {
    let mut desk = desk();
    let mut of_gita = standing("gita", "ivy");
    of_gita.last_day = "2026-08-02".parse().unwrap();
    desk.delegations = vec![of_gita];
    desk.approve("ana", "level-1").unwrap();
    // Given in time, it counts, though it comes the day after.
    let mut in_time = desk.clone();
    let mut command = in_time.command("ivy", crate::desk::ask("level-2"));
    in_time.later(24);
    in_time.send(command.clone()).unwrap();
    desk.later(24);
    assert_eq!(desk.approve("ivy", "level-2"), Err(RefusalCode::NotEligible));
    // A moment in the future is none.
    command.at = desk.now + TimeDelta::days(300);
    assert_eq!(desk.send(command), Err(RefusalCode::DelegationInvalid));
}

#[test]
fn a_delegate_of_two_people_gives_one_of_their_approvals() {
    let text = policy("", &TWO.replacen("role = \"clerk\"", "role = \"clerk\"\nquorum = 2", 1));
    let mut desk = Desk::open(&text, Case::of("100"));
    desk.delegations = vec![standing("ana", "ivy"), standing("ben", "ivy")];
    desk.approve("ivy", "level-1").unwrap();
    assert_eq!(last_decider(&desk), "ivy for ana through []");
    let mut command = desk.command("ivy", crate::desk::comment());
    let task = "level-1".parse().unwrap();
    let plan_hash = desk.machine.tasks()[0].plan_hash.clone();
    (command.principal, command.via) = (id("ben"), desk.delegations.clone());
    command.action =
        vextrus_approval::Action::Decide { task, plan_hash, answer: "approve".to_owned(), comment: String::new() };
    assert_eq!(desk.send(command), Err(RefusalCode::RepeatedApprover));
    assert_eq!(desk.approve("ivy", "level-1"), Err(RefusalCode::RepeatedApprover));
    assert_eq!(desk.approve("ana", "level-1"), Err(RefusalCode::RepeatedApprover), "it was given in her name");
    desk.approve("ben", "level-1").unwrap();
    desk.is_open(&["level-2"]);
}

#[test]
fn no_chain_leads_through_the_submitter_or_an_earlier_decider() {
    let chain = |between: &str| vec![standing("gita", between), standing(between, "ivy")];
    for (between, code) in [("sub", RefusalCode::SelfApproval), ("ana", RefusalCode::RepeatedApprover)] {
        let mut desk = desk();
        desk.approve("ana", "level-1").unwrap();
        desk.delegations = chain(between);
        assert_eq!(desk.approve("ivy", "level-2"), Err(code));
        // Another way of the same length, or a longer one, is as good.
        desk.delegations.extend(chain("emon"));
        desk.approve("ivy", "level-2").unwrap();
        assert_eq!(last_decider(&desk), "ivy for gita through [\"emon\"]");
        assert_eq!(desk.machine.outcome(), Some(&Outcome::Approved));
    }
    let mut desk = desk();
    desk.delegations = vec![standing("gita", "sub")];
    desk.approve("ana", "level-1").unwrap();
    assert_eq!(desk.approve("sub", "level-2"), Err(RefusalCode::SelfApproval));
}

#[test]
fn circles_of_standing_delegations_end() {
    let mut desk = desk();
    desk.delegations =
        vec![standing("ana", "ivy"), standing("ivy", "emon"), standing("emon", "ana"), standing("ivy", "ivy")];
    desk.approve("emon", "level-1").unwrap();
    assert_eq!(last_decider(&desk), "emon for ana through [\"ivy\"]");
    assert_eq!(desk.approve("omar", "level-2"), Err(RefusalCode::NotEligible));
}

#[test]
fn a_reassigned_task_takes_its_delegations_with_it() {
    let mut desk = desk();
    desk.act("ana", delegate("level-1", "ivy")).unwrap();
    desk.act("ada", reassign("level-1", "ana", "emon")).unwrap();
    assert_eq!(desk.approve("ivy", "level-1"), Err(RefusalCode::NotEligible));
    assert_eq!(desk.approve("ana", "level-1"), Err(RefusalCode::NotEligible));
    // Nor do they come back with it.
    desk.act("ada", reassign("level-1", "emon", "ana")).unwrap();
    assert_eq!(desk.approve("ivy", "level-1"), Err(RefusalCode::NotEligible));
    desk.approve("ana", "level-1").unwrap();
}
