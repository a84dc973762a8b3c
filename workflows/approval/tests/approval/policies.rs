//! What a policy's file is held to, and where it is told to be wrong.

use proptest::prelude::*;
use vextrus_approval::{Limits, Policy, PolicyError};

use crate::common::{INVOICE, ORDER, TWO, policy};

/// Where it is wrong is marked with `# here`.
fn wrong(text: &str, said: &str) {
    let error = Policy::parse(text).expect_err(text).to_string();
    assert!(error.contains(said), "{error}\ndoes not say {said:?} of\n{text}");
    let at = 1 + text.lines().position(|l| l.contains("# here")).expect("marked");
    assert!(error.contains(&format!("line {at}")), "{error}\nis not about line {at} of\n{text}");
}

/// One level with this in it.
fn level(lines: &str) -> String {
    policy("", &format!("[[level]] # here\nname = \"one\"\nrole = \"clerk\"\nwithin = \"2d\"\n{lines}"))
}

/// A level for everybody, and one with this in it.
fn second(lines: &str) -> String {
    policy("", &format!("[[level]]\nrole = \"clerk\"\nwithin = \"2d\"\n[[level]] # here\nwithin = \"1d\"\n{lines}"))
}

#[test]
fn shipped_policies_are_read() {
    let invoice = Policy::parse(INVOICE).unwrap();
    let roles: Vec<&str> = invoice.roles().into_iter().map(|r| r.as_str()).collect();
    assert_eq!(
        roles,
        ["accounts_payable", "approval_administrator", "ceo", "cfo", "department_head", "finance_manager"]
    );
    assert!(!invoice.counts_working_time() && invoice.limits == Limits::default());
    assert_eq!(Policy::parse(ORDER).unwrap().levels.len(), 2);
    assert!(
        Policy::parse(&policy("", &TWO.replace("\"4d\"", "\"4d\"\nclock = \"working\"")))
            .unwrap()
            .counts_working_time()
    );
}

#[test]
fn levels_say_who_how_many_and_which_amounts() {
    for (lines, said) in [
        ("people = [\"ana\"]", "either `role` or `people`"),
        (
            "escalate = [{to=\"a\",within=\"1d\"},{to=\"a\",within=\"1d\"},{to=\"a\",within=\"1d\"},{to=\"a\",within=\"1d\"},{to=\"a\",within=\"1d\"},{to=\"a\",within=\"1d\"}]",
            "6 steps of escalation; the most is 5",
        ),
        ("escalate = [{ to = \"the boss\", within = \"1d\" }]", "is not a role"),
        ("remind_at_percent = [50, 50]", "ascending"),
        ("remind_at_percent = [0]", "1 to 99"),
        ("remind_at_percent = [100]", "1 to 99"),
        ("parallel = true", "the first level cannot be parallel"),
        ("above = \"-1\"\nup_to = \"5\"", "above of level one is -1.00; give zero or more"),
        ("above = \"5\"\nup_to = \"5\"", "no amount is both"),
    ] {
        wrong(&level(lines), said);
    }
    for (lines, said) in [
        ("", "either `role` or `people`"),
        ("people = []\nname = \"x\"", "not an empty list"),
        ("people = [\"ana\"]", "needs a `name`"),
        ("people = [\"ana\", \"ben\", \"ana\"]\nname = \"x\"", "`people` has ana twice"),
        ("role = \"clerk\"", "two levels have the name \"clerk\""),
        ("role = \"chief\"\nname = \"a b\"", "cannot be a level's name"),
    ] {
        wrong(&second(lines), said);
    }
    let unsorted = "[[level]]\nrole = \"clerk\"\nwithin = \"2d\"\nabove = \"7\"\n[[level]] # here\nrole = \"chief\"\nwithin = \"1d\"";
    wrong(&policy("no_approval_up_to = \"7\"", unsorted), "sort them by `above`");
}

#[test]
fn hostile_values_are_told_with_their_own_line() {
    for value in [
        "quorum = 0",
        "quorum = -1",
        "quorum = 101",
        "quorum = 2.5",
        "quorum = \"most\"",
        "quorum = true",
        "quorum = 99999999999999999999",
        "surprise = 1",
        "above = \"1000000000000000000\"",
        "above = \"1.001\"",
        "above = \"much\"",
        "above = 5",
        "within = \"99999999999999999999d\"",
        "within = \"20y\"",
        "within = \"0s\"",
        "within = \"500ms\"",
        "within = \"\"",
        "within = 5",
        "clock = \"lunar\"",
        "remind_at_percent = [999]",
        "people = [\"a b\"]",
        "departments = [\"\"]",
        "escalate = [{ to = \"deputy\", within = \"11y\" }]",
    ] {
        let mut text = policy("", "[[level]]\nrole = \"clerk\"\n");
        if !value.starts_with("within") {
            text += "within = \"2d\"\n";
        }
        wrong(&(text + value + " # here\n"), "");
    }
    let named = "[[level]]\nname = \"board\"\npeople = [\"ana\", \"ben\"]\nwithin = \"1d\"\nquorum = 3 # here";
    wrong(&policy("", named), "a quorum of 3 is more than the 2 people");
    for top in
        ["basis = \"weight\"", "no_approval_up_to = \"-1\"", "remind_at_percent = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]"]
    {
        wrong(&policy(&format!("{top} # here"), TWO), "");
    }
    assert_eq!(Policy::parse(&"#".repeat(300_000)), Err(PolicyError::TooLong));
    assert!(Policy::parse(&policy("", &"a".repeat(100_000))).is_err());
}

#[test]
fn limits_have_limits() {
    for (key, most) in
        [("questions", 200), ("comments", 500), ("returns", 50), ("delegation_hops", 10), ("interventions", 200)]
    {
        let text = |value: u64| {
            policy(
                "",
                &format!("{TWO}\n[limits]\nreturns = 1\n{key} = {value} # here")
                    .replace(if key == "returns" { "returns = 1\n" } else { "~" }, ""),
            )
        };
        Policy::parse(&text(most)).unwrap();
        wrong(&text(most + 1), &format!("limits.{key} is {}; the most is {most}", most + 1));
        wrong(&text(99_999_999_999), "");
    }
    let some = Policy::parse(&policy("", &format!("{TWO}\n[limits]\nreturns = 0"))).unwrap().limits;
    assert_eq!(some, Limits { returns: 0, ..Limits::default() });
}

#[test]
fn every_amount_asks_somebody_or_is_said_to_ask_nobody() {
    let bands = |free: &str, levels: &[(&str, &str)]| {
        let levels: String = levels
            .iter()
            .enumerate()
            .map(|(n, (from, to))| {
                let key = |key: &str, v: &str| if v.is_empty() { String::new() } else { format!("{key} = \"{v}\"\n") };
                format!(
                    "[[level]]\nname = \"l{n}\"\nrole = \"clerk\"\nwithin = \"1d\"\n{}{}",
                    key("above", from),
                    key("up_to", to)
                )
            })
            .collect();
        let free = if free.is_empty() { String::new() } else { format!("no_approval_up_to = \"{free}\"") };
        Policy::parse(&policy(&free, &levels)).map(|_| ()).map_err(|e| e.to_string())
    };
    for (free, levels) in [
        ("", &[("", "")][..]),
        ("", &[("", "100"), ("100", "")]),
        ("", &[("", "100"), ("50", "200"), ("200", "")]),
        ("50", &[("50", "")]),
        ("50", &[("50", "100"), ("100", "500"), ("500", "")]),
    ] {
        bands(free, levels).unwrap();
    }
    for (free, levels, said) in [
        ("", &[][..], "a small one"),
        ("", &[("50", "")], "a small one"),
        ("40", &[("50", "")], "one above 40.00"),
        ("", &[("", "100"), ("100.01", "")], "one above 100.00"),
        ("", &[("", "100"), ("100", "500")], "one above 500.00"),
        ("50", &[("50", "100"), ("500", "")], "one above 100.00"),
        ("50", &[("", "")], "asks about amounts up to no_approval_up_to"),
        ("50", &[("49.99", "")], "asks about amounts up to no_approval_up_to"),
    ] {
        let error = bands(free, levels).expect_err(said);
        assert!(error.contains(said), "{error}");
    }
    // Where other conditions decide, a level asks nobody about the rest.
    let some = TWO.replacen("role = \"clerk\"", "role = \"clerk\"\ndepartments = [\"it\"]", 1);
    let none = some.replacen("role = \"chief\"", "role = \"chief\"\nprojects = [\"dam\"]", 1);
    Policy::parse(&policy("", &some)).unwrap();
    assert!(Policy::parse(&policy("", &none)).unwrap_err().to_string().contains("a small one"));
}

#[test]
fn exceptions_are_complete_and_unambiguous() {
    for (from, to, said) in [
        ("proceed = \"accept_variance\"", "proceed = \"reject\"", "do not swap"),
        ("refuse = \"reject\"", "refuse = \"accept_variance\"", "same answer"),
        ("proceed = \"accept_variance\"", "proceed = \"Accept it\"", "is not an answer"),
        ("kind = \"po_variance\"", "kind = \"po_variance\"\nbefore = \"nobody\"", "which is no level here"),
        ("kind = \"possible_duplicate\"", "kind = \"po_variance\"", "two rules for exception po_variance"),
        ("[matching]", "[matching]\nsurprise = 1", "unknown field"),
        ("document = \"invoice\"", "document = \"letter\"", "unknown variant"),
    ] {
        let error = Policy::parse(&INVOICE.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    let shifted = INVOICE.replacen("[[exception]]", "[[exception]] # other", 1).replacen(
        "\n[[exception]]\n",
        "\n[[exception]] # here\n",
        1,
    );
    wrong(&shifted.replacen("kind = \"possible_duplicate\"", "kind = \"po_variance\"", 1), "two rules");
    let top = |text: &str| text.replacen("\ndocument = ", "\ndocument  =  ", 1).replacen("basis", "basis ", 1);
    for (text, said) in [
        (
            INVOICE.replacen("shortfall = \"stop\"", "shortfall = \"exception\"", 1),
            "no rule for exception budget_exceeded",
        ),
        (ORDER.replacen("[splitting]", "[matching]\namount = \"0\"\n[splitting]", 1), "[matching] is for invoices"),
        (
            INVOICE.replacen("[budget]", "[splitting]\nwithin = \"1d\"\n[budget]", 1),
            "[splitting] is for purchase orders",
        ),
        (
            INVOICE.replacen("[matching]", "[limits]", 1).replacen(
                "amount = \"1000.00\"\nprice = \"0 %\"\nquantity = \"0 %\"",
                "",
                1,
            ),
            "no [matching]",
        ),
    ] {
        let error = Policy::parse(&top(&text)).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

proptest! {
    /// Whatever is done to a policy, it is read or refused in words.
    #[test]
    fn mangled_policies_are_no_panic(
        order in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..5_u8, "[a-z0-9=\"\\[\\]{},._ -]{0,12}"), 1..6),
    ) {
        let mut lines: Vec<String> = if order { ORDER } else { INVOICE }.lines().map(str::to_owned).collect();
        for (at, other, how, text) in changes {
            let (at, other) = (at.index(lines.len()), other.index(lines.len()));
            match how {
                0 => lines[at] = text,
                1 => lines.swap(at, other),
                2 => { let line = lines[other].clone(); lines.insert(at, line); }
                3 => { let line = lines[at].clone(); lines[at] = line.replace('"', &text); }
                _ => { lines.remove(at); lines.push(text); }
            }
        }
        if let Err(error) = Policy::parse(&lines.join("\n")) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
