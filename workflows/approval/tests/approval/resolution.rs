//! From a policy and a document to its plan.

use vextrus_approval::{
    Amounts, Basis, Change, ExceptionFinding, ExceptionKind, Keep, Occasion, Policy, Quorum, Succession, forecast,
};
use vextrus_domain::{Person, RefusalCode, Taka};

use crate::common::{Case, INVOICE, ORDER, TWO, also, asks, duplicate, id, person, policy, start, taka};

/// Somebody for each role that the shipped policies ask for.
fn company() -> Vec<Person> {
    ["accounts_payable", "department_head", "finance_manager", "cfo", "ceo"]
        .iter()
        .map(|role| person(role, "works", &[role]))
        .collect()
}

fn poisha(amount: Taka, more: i64) -> Taka {
    Taka::from_poisha(amount.poisha() + more).unwrap()
}

#[test]
fn bands_of_the_shipped_policies_at_their_edges() {
    let invoice = [("100000", 1), ("500000", 2), ("1000000", 3), ("5000000", 4)];
    let order = [("50000", 0), ("100000", 1)];
    for (text, bands) in [(INVOICE, &invoice[..]), (ORDER, &order[..])] {
        let policy = Policy::parse(text).unwrap();
        let mut edges: Vec<Taka> = policy.levels.iter().filter_map(|l| l.condition.above).collect();
        edges.sort();
        assert_eq!(edges, bands.iter().map(|(edge, _)| taka(edge)).collect::<Vec<_>>(), "no band is left out");
        for (edge, levels) in bands {
            for (more, asked) in [(-1, *levels), (0, *levels), (1, levels + 1)] {
                let case = Case::with("0", |c| {
                    c.people = company();
                    // Only the amount of the policy's own basis decides.
                    c.amounts = Amounts::same(poisha(taka("9000000"), 0));
                    let own = poisha(taka(edge), more);
                    match policy.basis {
                        Basis::Total => c.amounts.total = own,
                        Basis::Subtotal => c.amounts.subtotal = own,
                        Basis::Payable => c.amounts.payable = own,
                    }
                });
                let plan = case.resolve_with(&policy, 1, Occasion::First).unwrap();
                assert_eq!(plan.tasks.len(), asked, "{edge} and {more} poisha");
            }
        }
    }
}

#[test]
fn conditions_choose_levels() {
    let text = policy(
        "",
        r#"
[[level]]
role = "clerk"
within = "1d"
[[level]]
name = "small"
role = "head"
up_to = "100"
departments = ["works", "sales"]
within = "1d"
[[level]]
name = "donor"
people = ["ivy"]
projects = ["dam"]
above = "100"
within = "1d"
[[level]]
name = "foreign"
role = "chief"
vendor_classes = ["foreign"]
within = "1d"
"#,
    );
    let (all, heads, chiefs) = ("ana ben cara", "dina emon", "faruk gita");
    type Change = fn(&mut Case);
    let cases: [(&str, Change, String); 8] = [
        ("100", |_| {}, format!("{all} | {heads}")),
        ("100.01", |_| {}, all.to_owned()),
        ("100", |c| c.department = "it", all.to_owned()),
        ("100", |c| c.project = Some("dam"), format!("{all} | {heads}")),
        ("100.01", |c| c.project = Some("dam"), format!("{all} | ivy")),
        ("100.01", |c| c.project = Some("road"), all.to_owned()),
        ("1", |c| c.vendor_class = "foreign", format!("{all} | {heads} | {chiefs}")),
        ("60", |c| (c.project, c.together) = (Some("dam"), Taka::whole(41)), format!("{all} | ivy")),
    ];
    for (amount, change, expected) in cases {
        assert_eq!(Case::with(amount, change).asks(&text), expected, "{amount}");
    }
    let why: Vec<String> = Case::with("60", |c| {
        (c.project, c.together, c.vendor_class) = (Some("dam"), Taka::whole(41), "foreign");
    })
    .first(&text)
    .unwrap()
    .tasks
    .into_iter()
    .map(|t| t.why)
    .collect();
    assert_eq!(
        why,
        [
            "every document is asked for",
            "the amount without VAT 101.00 is above 100.00, with 41.00 of other documents that count together, the project is dam",
            "the vendor's class is foreign"
        ]
    );
}

#[test]
fn levels_are_asked_one_after_the_other_or_together() {
    let level = |role: &str, more: &str| format!("[[level]]\nrole = \"{role}\"\nwithin = \"1d\"\n{more}\n");
    let three =
        |second: &str, third: &str| policy("", &(level("clerk", "") + &level("head", second) + &level("chief", third)));
    let (clerks, heads, chiefs) = ("ana ben cara", "dina emon", "faruk gita");
    for (second, third, expected) in [
        ("", "", format!("{clerks} | {heads} | {chiefs}")),
        ("parallel = true", "parallel = true", format!("{clerks} + {heads} + {chiefs}")),
        ("", "parallel = true", format!("{clerks} | {heads} + {chiefs}")),
        // A level that is not asked takes its place with it, and what is parallel to it.
        ("departments = [\"it\"]", "parallel = true", format!("{clerks} | {chiefs}")),
        ("parallel = true\ndepartments = [\"it\"]", "parallel = true", format!("{clerks} + {chiefs}")),
    ] {
        assert_eq!(Case::of("1").asks(&three(second, third)), expected, "{second} {third}");
    }
    let found = |before: &str, second: &str| {
        let text = three(second, "").replacen("refuse = \"reject\"", &format!("refuse = \"reject\"\n{before}"), 1);
        Case::with("1", |c| c.findings = vec![duplicate(), duplicate()]).asks(&text)
    };
    let asked = format!("{clerks} + {clerks}");
    assert_eq!(found("", ""), format!("{asked} | {clerks} | {heads} | {chiefs}"));
    assert_eq!(found("before = \"chief\"", ""), format!("{clerks} | {heads} | {asked} | {chiefs}"));
    assert_eq!(found("before = \"head\"", "parallel = true"), format!("{clerks} | {asked} | {heads} | {chiefs}"));
    assert_eq!(found("before = \"head\"", "departments = [\"it\"]"), format!("{clerks} | {asked} | {chiefs}"));
}

#[test]
fn an_exception_before_a_level_that_nobody_is_asked_for_comes_last() {
    let text = policy("no_approval_up_to = \"10\"", "[[level]]\nrole = \"head\"\nabove = \"10\"\nwithin = \"1d\"");
    let case = Case::with("5", |c| c.findings = vec![duplicate()]);
    assert_eq!(case.asks(&text), "ana ben cara");
    assert_eq!(Case::of("10").asks(&text), "", "nobody need approve");
    assert_eq!(Case::with("10", |c| c.together = taka("0.01")).asks(&text), "dina emon");
    let other = ExceptionFinding::new(ExceptionKind::BudgetExceeded, "?".into());
    assert_eq!(Case::with("5", |c| c.findings = vec![other.clone()]).asks(&text), "", "the policy has no rule for it");
}

#[test]
fn quorums_want_enough_different_people() {
    let level = |quorum: &str| {
        policy("", &TWO.replacen("role = \"clerk\"", &format!("role = \"clerk\"\nquorum = {quorum}"), 1))
    };
    let needed = |quorum: &str| Case::of("1").first(&level(quorum)).map(|p| p.tasks[0].needed);
    assert_eq!((needed("\"any\""), needed("\"all\""), needed("2")), (Ok(1), Ok(3), Ok(2)));
    let refusal = needed("4").unwrap_err();
    assert!(refusal.code == RefusalCode::NoEligibleApprover && refusal.message.contains("needs 4 of ana, ben, cara"));
    assert_eq!(Policy::parse(&level("2")).unwrap().levels[0].quorum, Quorum::Of(2));
    // One person holds both roles alone: nobody decides two levels, unless the policy says so.
    let case = Case::with("1", |c| {
        c.people = vec![person("ana", "works", &["clerk", "chief"]), person("ben", "works", &["clerk"])]
    });
    assert_eq!(case.asks(&policy("", TWO)), "ana ben | ana");
    assert!(case.first(&level("\"all\"")).unwrap_err().message.contains("decide another level"));
    let twice = level("\"all\"").replace("[budget]", "[separation]\nmay_decide_twice = [\"chief\"]\n[budget]");
    assert_eq!(case.asks(&twice), "ana ben | ana");
}

#[test]
fn only_those_who_may_are_asked() {
    let text = policy("", "[[level]]\nrole = \"clerk\"\nwithin = \"1d\"\nsame_department = true");
    let case = |change: fn(&mut Vec<Person>)| Case::with("100", |c| change(&mut c.people));
    assert_eq!(case(|p| p[0].active = false).asks(&text), "ben cara");
    assert_eq!(case(|p| p[1].department = None).asks(&text), "ana cara");
    assert_eq!(case(|p| p[2].department = Some("it".parse().unwrap())).asks(&text), "ana ben");
    assert_eq!(case(|p| p[0].approval_limit = Some(taka("100"))).asks(&text), "ana ben cara");
    assert_eq!(case(|p| p[0].approval_limit = Some(taka("99.99"))).asks(&text), "ben cara");
    assert_eq!(Case::with("100", |c| c.submitter = "ana").asks(&text), "ben cara");
    let refusal = Case::with("100", |c| c.department = "it").first(&text).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::NoEligibleApprover);
    assert!(refusal.message.contains("department it") && refusal.message.contains("clerk"), "{refusal}");
    let named = policy("", "[[level]]\nname = \"board\"\npeople = [\"sub\", \"ghost\"]\nwithin = \"1d\"");
    assert!(Case::of("1").first(&named).unwrap_err().message.contains("among the people of board"));
}

#[test]
fn escalations_ask_people_who_were_not_asked_before() {
    let steps = |steps: &str, change: fn(&mut Case)| {
        let text = policy("", &TWO.replacen(r#"[{ to = "deputy", within = "1d" }]"#, steps, 1));
        let plan = Case::with("1", change).first(&text).unwrap();
        let steps = plan.tasks[0].escalations.iter();
        steps.map(|s| format!("{} {:?} {}", s.to, s.people, s.within_seconds)).collect::<Vec<_>>()
    };
    let four = r#"[{ to = "deputy", within = "1s" }, { to = "manager", within = "2s" }, { to = "next_level", within = "3s" }, { to = "head", within = "4s" }]"#;
    let none: fn(&mut Case) = |_| {};
    assert_eq!(
        steps(four, none),
        ["deputy [\"hasan\"] 1", "manager [\"dina\"] 2", "next_level [\"faruk\", \"gita\"] 3", "head [\"emon\"] 4"]
    );
    assert_eq!(steps(r#"[{ to = "deputy", within = "1s" }, { to = "deputy", within = "2s" }]"#, none).len(), 1);
    assert_eq!(steps(r#"[{ to = "deputy", within = "1s" }]"#, |c| c.submitter = "hasan").len(), 0);
    let limited: fn(&mut Case) =
        |c| c.people.iter_mut().for_each(|p| p.approval_limit = (p.id == id("hasan")).then_some(Taka::ZERO));
    assert_eq!(steps(r#"[{ to = "deputy", within = "1s" }]"#, limited).len(), 0);
}

#[test]
fn next_level_is_one_that_comes_later() {
    let next = r#"escalate = [{ to = "next_level", within = "1d" }]"#;
    let level = |role: &str, more: &str| format!("[[level]]\nrole = \"{role}\"\nwithin = \"1d\"\n{more}\n{next}\n");
    let text = policy("", &(level("clerk", "") + &level("head", "parallel = true") + &level("chief", "")));
    let text = text.replacen("refuse = \"reject\"", &format!("refuse = \"reject\"\n{next}"), 1);
    let case = Case::with("1", |c| {
        also(&mut c.people, "ivy", "auditor");
        c.findings = vec![duplicate()];
    });
    let plan = case.first(&text.replacen("role = \"clerk\"", "role = \"auditor\"", 1)).unwrap();
    let to: Vec<Vec<&str>> =
        plan.tasks.iter().map(|t| t.escalations.iter().flat_map(|s| &s.people).map(|p| p.as_str()).collect()).collect();
    assert_eq!(to, [vec!["ana", "ben", "cara"], vec!["faruk", "gita"], vec!["faruk", "gita"], vec![]]);
}

#[test]
fn an_amendment_asks_what_it_adds() {
    let case = |amount: &str, approved: &str, adds: &str| {
        let change = Some(Change { approved: taka(approved), adds: taka(adds) });
        let case = Case::with(amount, |c| (c.people, c.change) = (company(), change));
        case.first(ORDER).unwrap().tasks.into_iter().map(|t| t.name).collect::<Vec<_>>().join(" ")
    };
    for (amount, approved, adds, asked) in [
        ("60000", "60000", "0", ""),
        ("40000", "200000", "0", ""),
        ("110000", "60000", "50000", "finance"),
        ("110000.01", "60000", "50000.01", "department_head finance"),
        ("60000", "50000", "10000", "department_head"),
        ("300000", "150000", "150000", "department_head finance"),
        ("249999", "200000", "49999", ""),
        // Other goods for the same money, or for less.
        ("200000", "200000", "200000", "department_head finance"),
        ("150000", "200000", "60000", "department_head"),
    ] {
        assert_eq!(case(amount, approved, adds), asked, "from {approved} to {amount}, {adds} of it new");
    }
}

#[test]
fn what_was_computed_again_asks_levels_that_it_did_not_need_before() {
    let text = INVOICE.replace("basis = \"total\"", "basis = \"payable\"");
    let tasks = |payable: &str, before: &str| {
        let case = Case::with(payable, |c| c.people = company());
        let plan = case.resolve(&text, 2, Occasion::Reassessed { before: taka(before) }).unwrap();
        assert_eq!(plan.succession, Succession::Follows);
        plan.tasks.into_iter().map(|t| t.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(tasks("100000", "90000"), [""; 0]);
    assert_eq!(tasks("100000.01", "100000"), ["level-2-1"]);
    assert_eq!(tasks("600000", "100000"), ["level-2-1", "level-2-2"]);
    assert_eq!(tasks("1", "600000"), [""; 0]);
}

#[test]
fn what_stands_depends_on_the_occasion() {
    let text = |restart: &str| policy("", &format!("{TWO}\n[changes]\nwithin = \"1d\"\nrestart = \"{restart}\""));
    let succession = |restart: &str, occasion| Case::of("100").resolve(&text(restart), 2, occasion).unwrap().succession;
    let resubmitted = |before: &str| Occasion::Resubmitted { before: taka(before) };
    assert_eq!(succession("all", Occasion::First), Succession::Follows);
    assert_eq!(succession("all", Occasion::Replanned), Succession::Replaces(Keep::Approved));
    assert_eq!(succession("all", resubmitted("100")), Succession::Replaces(Keep::Nothing));
    assert_eq!(succession("undecided", resubmitted("100")), Succession::Replaces(Keep::Approved));
    assert_eq!(succession("undecided", resubmitted("99.99")), Succession::Replaces(Keep::Nothing));
}

#[test]
fn plans_are_reproducible_and_have_a_hash_of_their_own() {
    let plan = Case::of("100").first(&policy("", TWO)).unwrap();
    let hash = |amount: &str| Case::of(amount).first(&policy("", TWO)).unwrap().hash().unwrap();
    assert_eq!(plan.hash().unwrap(), hash("100"));
    assert_ne!(plan.hash().unwrap(), hash("100.01"));
    assert_eq!((plan.policy_hash.as_str(), plan.terms.amount), ("policy-hash", taka("100")));
    assert_eq!(plan.terms.administrators, [id("ada"), id("omar")]);
    assert!(plan.terms.hours.is_none(), "no time of it is working time");
    let beyond = Case::with("900000000000", |c| c.together = taka("900000000000")).first(&policy("", TWO));
    assert_eq!(beyond.unwrap_err().code, RefusalCode::LimitExceeded);
}

#[test]
fn the_forecast_adds_the_times_up() {
    let level =
        |role: &str, days: u32, more: &str| format!("[[level]]\nrole = \"{role}\"\nwithin = \"{days}d\"\n{more}\n");
    let text = policy("", &(level("clerk", 1, "") + &level("head", 5, "parallel = true") + &level("chief", 2, "")));
    let plan = Case::with("1", |c| c.findings = vec![duplicate()]).first(&text).unwrap();
    assert_eq!(asks(&plan), "ana ben cara | ana ben cara + dina emon | faruk gita");
    let days: Vec<(i64, i64)> = forecast(&plan, start())
        .iter()
        .map(|e| ((e.opens_by - start()).num_days(), (e.due_by - start()).num_days()))
        .collect();
    assert_eq!(days, [(0, 2), (2, 3), (2, 7), (7, 9)]);
}
