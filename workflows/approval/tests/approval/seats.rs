//! Whether every approval of a plan finds a person of its own, against trying all ways.

use proptest::prelude::*;
use vextrus_domain::RefusalCode;

use crate::common::{Case, id, person, policy};

/// Levels of named people with their quorums; the last of them may decide several.
fn text(levels: &[(Vec<usize>, usize)]) -> String {
    let level = |(n, (people, needed)): (usize, &(Vec<usize>, usize))| {
        let names: Vec<String> = people.iter().map(|p| format!("\"p{p}\"")).collect();
        let needed = (*needed).min(people.len());
        format!("[[level]]\nname = \"l{n}\"\npeople = [{}]\nquorum = {needed}\nwithin = \"1d\"\n", names.join(", "))
    };
    let separation = "[separation]\nmay_decide_twice = [\"twice\"]\n";
    policy("", &(levels.iter().enumerate().map(level).collect::<String>() + separation))
}

fn case(people: usize, twice: Option<usize>) -> Case {
    let role = |n: usize| if twice == Some(n) { "twice" } else { "once" };
    Case::with("1", |c| c.people = (0..people).map(|n| person(&format!("p{n}"), "works", &[role(n)])).collect())
}

/// Tries every way to fill the seats, one after the other.
fn fits(seats: &[(usize, &[usize])], taken: &mut Vec<(usize, usize)>, twice: Option<usize>) -> bool {
    let Some(((level, people), rest)) = seats.split_first() else { return true };
    people.iter().any(|p| {
        let sits = taken.iter().any(|(l, q)| q == p && (l == level || twice != Some(*p)));
        if sits {
            return false;
        }
        taken.push((*level, *p));
        let fit = fits(rest, taken, twice);
        taken.pop();
        fit
    })
}

proptest! {
    #[test]
    fn a_plan_is_refused_where_no_way_fits(
        levels in prop::collection::vec((prop::sample::subsequence((0..5).collect::<Vec<usize>>(), 1..5), 1..4_usize), 1..5),
        twice in prop::option::of(0..5_usize),
    ) {
        let seats: Vec<(usize, &[usize])> = levels
            .iter()
            .enumerate()
            .flat_map(|(n, (people, needed))| vec![(n, people.as_slice()); (*needed).min(people.len())])
            .collect();
        let plan = case(5, twice).first(&text(&levels));
        prop_assert_eq!(plan.is_ok(), fits(&seats, &mut Vec::new(), twice));
        if let Err(refusal) = plan {
            prop_assert_eq!(refusal.code, RefusalCode::NoEligibleApprover);
        }
    }
}

#[test]
fn large_quorums_are_quick_and_no_stack_overflows() {
    let crowd = |people: usize| {
        let level = |n: usize| format!("[[level]]\nname = \"l{n}\"\nrole = \"once\"\nquorum = 50\nwithin = \"1d\"\n");
        case(people, None).first(&policy("", &(0..20).map(level).collect::<String>()))
    };
    let plan = crowd(1_000).unwrap();
    assert!(plan.tasks.len() == 20 && plan.tasks[0].eligible.contains(&id("p999")));
    assert_eq!(crowd(999).unwrap_err().code, RefusalCode::NoEligibleApprover);
}
