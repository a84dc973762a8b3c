//! What a template's file is held to, and where it is told to be wrong.

use proptest::prelude::*;
use vextrus_lifecycle::{MAX_TASKS, Owner, Template, TemplateError, Undo};

use crate::common::{OFFBOARDING, ONBOARDING, offboarding, onboarding, task, with_probation};

/// Where it is wrong is marked with `# here`.
fn wrong(text: &str, said: &str) {
    let error = Template::parse(text).expect_err(text).to_string();
    assert!(error.contains(said), "{error}\ndoes not say {said:?} of\n{text}");
    let line = 1 + text.lines().position(|l| l.contains("# here")).expect("marked");
    let told = [format!("line {line} of"), format!("line {line}, column")];
    assert!(told.iter().any(|t| error.contains(t)), "{error}\nis not about line {line} of\n{text}");
}

/// A task `zero`, and one that is wrong.
fn after_zero(id: &str, lines: &str) -> String {
    task("zero", "hr", "") + &task(id, "hr", lines).replace("[[task]]", "[[task]] # here")
}

#[test]
fn tasks_do_not_contradict_themselves() {
    for (lines, said) in [
        ("blocking = true\nskippable = true", "one: what blocks cannot be skipped"),
        ("skippable = true", "set blocking = false or skippable = false"),
        ("within_hours = 0", "one: within_hours: give 1 to 2000 office hours"),
        ("within_hours = 2001", "one: within_hours: give 1 to 2000 office hours"),
        ("within_hours = 9223372036854775807", "one: within_hours: give 1 to 2000 office hours"),
        ("remind_at_percent = [0]", "one: remind_at_percent: give rising numbers from 1 to 99"),
        ("remind_at_percent = [100]", "rising numbers from 1 to 99"),
        ("remind_at_percent = [50, 50]", "rising numbers from 1 to 99"),
        ("remind_at_percent = [10, 60, 50]", "rising numbers from 1 to 99"),
        ("due = { start = 1001 }", "one: due: 1001 working days are too many; the most is 1000"),
        ("due = { start = -2147483648 }", "one: due: -2147483648 working days are too many"),
        ("opens = { start = -1001 }", "one: opens: -1001 working days are too many"),
        ("due = {}", "due: give either start or probation"),
        ("opens = { start = 1, probation = 1 }", "opens: give either start or probation"),
        ("opens = { probation = 0 }", "one: opens: it counts from the end of probation, and no class has one"),
        ("due = { probation = 0 }", "one: due: it counts from the end of probation, and no class has one"),
        ("automatic = \"disable_account\"", "one: automatic: disable_account undoes something"),
        ("automatic = \"create_account\"\nreview = true", "one: review: a person decides on the probation"),
        ("undo = { name = \"take it back\", owner = \"the boss\" }", "\"the boss\" is not a role"),
        ("after = [\"two\"]", "one: after: there is no task two"),
        ("after = [\"undo\"]", "one: after: there is no task undo"),
        ("after = [\"zero\", \"zero\"]", "one: after: zero is there twice"),
        ("after = [\"zero\", \"one\"]", "one waits for one is a circle"),
        ("when = { department = [] }", "when: department is empty, so that nobody has the task"),
        ("when = { position = [] }", "when: position is empty"),
        ("when = { grade = [] }", "when: grade is empty"),
        ("when = { class = [] }", "when: class is empty"),
        ("when = { class = [\"managerial\"], worker = true }", "no class that is named has worker = true"),
        ("when = { class = [\"skilled\", \"worker\"], worker = false }", "no class that is named has worker = false"),
    ] {
        wrong(&onboarding(&after_zero("one", lines)), said);
    }
    for lines in [
        "within_hours = 2000\nremind_at_percent = [1, 99]\ndue = { start = 1000 }\nopens = { start = -1000 }",
        "blocking = false\nskippable = true\nremind_at_percent = []\nafter = [\"zero\"]",
        "when = { class = [\"managerial\", \"skilled\"], worker = true }",
    ] {
        Template::parse(&onboarding(&after_zero("one", lines))).expect(lines);
    }
    Template::parse(&with_probation(&task("one", "hr", "review = true\ndue = { probation = -2 }"))).unwrap();
}

#[test]
fn ids_names_and_owners_are_told_apart() {
    for (id, said) in [
        ("zero", "zero is there twice"),
        ("undo", "neither undo nor undo-"),
        ("undo-zero", "neither undo nor undo-"),
        (&"x".repeat(31), "use at most 30 characters"),
    ] {
        wrong(&onboarding(&after_zero(id, "")), said);
    }
    Template::parse(&onboarding(&after_zero(&"x".repeat(30), ""))).unwrap();
    let named = |name: &str| onboarding(&after_zero("one", "").replace("The one", name));
    for name in ["", "  ", &"x".repeat(201), "bell \\u0007", "two\\nlines"] {
        wrong(&named(name), "one: name: give 1 to 200 bytes of plain text");
    }
    Template::parse(&named(&"x".repeat(200))).unwrap();
    wrong(&onboarding(&task("one", "the boss", "").replace("[[task]]", "[[task]] # here")), "or manager, hr, employee");
    let owners = ["manager", "hr", "employee", "it"].map(|owner| {
        let template = Template::parse(&onboarding(&task("one", owner, ""))).unwrap();
        template.tasks[0].owner.clone()
    });
    assert_eq!(owners, [Owner::Manager, Owner::Hr, Owner::Employee, Owner::Role("it".parse().unwrap())]);
    assert_eq!(owners.each_ref().map(Owner::name), ["manager", "hr", "employee", "it"]);
}

#[test]
fn circles_are_named_in_order() {
    let chain = |pairs: &[(&str, &str)], marked: &str| -> String {
        let mark = |id: &str| if id == marked { "[[task]] # here" } else { "[[task]]" };
        let one = |(id, after): &(&str, &str)| {
            let after = after.split_whitespace().map(|a| format!("\"{a}\"")).collect::<Vec<_>>().join(", ");
            task(id, "hr", &format!("after = [{after}]")).replace("[[task]]", mark(id))
        };
        pairs.iter().map(one).collect()
    };
    // What waits for the circle, and what it waits for, are not in it.
    let pairs = [("0d", "a"), ("a", "free c"), ("b", "a"), ("c", "b free"), ("free", "")];
    wrong(&onboarding(&chain(&pairs, "a")), "after: a waits for c waits for b waits for a is a circle");
    let through_undoing = |undo: &str, tasks: &str| offboarding(&format!("{undo}\n{tasks}"));
    let last = task("last", "hr", "after = [\"undo\"]");
    let here = last.replace("[[task]]", "[[task]] # here");
    wrong(&through_undoing("[undo]\nafter = [\"last\"]", &here), "last waits for undo waits for last is a circle");
    let (undo, zero) = ("[undo] # here\nafter = [\"zero\"]", task("zero", "hr", "after = [\"undo\"]"));
    wrong(&through_undoing(undo, &zero), "undo waits for zero waits for undo is a circle");
    Template::parse(&through_undoing("[undo]\nafter = [\"first\"]", &(last + &task("first", "hr", "")))).unwrap();
}

#[test]
fn what_stands_above_the_tasks_is_checked() {
    let many = |count: usize| (0..count).map(|n| task(&format!("t{n}"), "hr", "")).collect::<String>();
    let here = |text: String| text.replacen('\n', " # here\n", 1);
    let any = task("one", "hr", "");
    wrong(&here(onboarding("")), "there are 0 tasks; give 1 to 60");
    wrong(&here(onboarding(&many(MAX_TASKS + 1))), "there are 61 tasks; give 1 to 60");
    Template::parse(&onboarding(&many(MAX_TASKS))).unwrap();
    for (probation, said) in [
        ("months = { skilled = 0 }", "probation: skilled has 0 months; give 1 to 24"),
        ("months = { skilled = 25 }", "probation: skilled has 25 months; give 1 to 24"),
        ("months = { skilled = 3 }\nextension_months = { skilled = 25 }", "skilled has 25 months; give 1 to 24"),
        ("extension_months = { skilled = 3 }", "probation: skilled has an extension and no months"),
    ] {
        wrong(&here(onboarding(&format!("[probation]\n{probation}\n{any}"))), said);
    }
    wrong(&here(offboarding(&format!("[probation]\nmonths = {{ skilled = 3 }}\n{any}"))), "a matter of the onboarding");
    Template::parse(&onboarding(&format!("[probation]\nmonths = {{ skilled = 24 }}\n{any}"))).unwrap();
    for undo in ["after = [\"one\"]", "opens = { start = 1 }"] {
        wrong(&onboarding(&format!("[undo] # here\n{undo}\n{any}")), "only an offboarding undoes what was done");
    }
    for (undo, said) in [
        ("after = [\"two\"]", "undo: after: there is no task two"),
        ("after = [\"undo\"]", "undo: after: there is no task undo"),
        ("opens = { probation = 1 }", "undo.opens: it counts from the end of probation"),
        ("opens = { start = 1001 }", "undo.opens: 1001 working days are too many"),
        ("opens = {}", "opens: give either start or probation"),
    ] {
        wrong(&offboarding(&format!("[undo] # here\n{undo}\n{any}")), said);
    }
    wrong(&offboarding(&after_zero("one", "review = true")), "one: review: a person decides on the probation");
    Template::parse(&offboarding(&after_zero("one", "automatic = \"disable_account\""))).unwrap();
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    for line in [
        "surprise = 1",
        "after = \"zero\"",
        "after = [\"a b\"]",
        "automatic = \"make_coffee\"",
        "again_when = [\"weather\"]",
        "within_hours = -1",
        "within_hours = 2.5",
        "remind_at_percent = [256]",
        "due = { start = 99999999999 }",
        "due = { month = 1 }",
        "undo = { name = \"x\" }",
        "when = { class = [\"boss\"] }",
        "when = { planet = [\"earth\"] }",
    ] {
        wrong(&onboarding(&task("one", "hr", &format!("{line} # here"))), "the template cannot be read");
    }
    for top in
        ["[probation]\nlength = 3 # here", "[probation]\nmonths = { boss = 3 } # here", "[undo]\nbefore = [] # here"]
    {
        wrong(&onboarding(&format!("{top}\n{}", task("one", "hr", ""))), "the template cannot be read");
    }
    wrong("process = \"holiday\" # here\n", "the template cannot be read");
    let nobodys = onboarding(&task("one", "hr", "")).replace("administrators = \"admin\"\n", "");
    assert!(Template::parse(&nobodys).unwrap_err().to_string().contains("missing field `administrators`"));
    assert_eq!(Template::parse(&"#".repeat(256 * 1024 + 1)), Err(TemplateError::TooLong));
    assert!(matches!(Template::parse(&"#".repeat(256 * 1024)), Err(TemplateError::Unreadable(_))));
}

#[test]
fn what_is_left_out_has_a_meaning() {
    let template = Template::parse(&onboarding(&task("one", "hr", ""))).unwrap();
    let one = &template.tasks[0];
    assert_eq!((one.within_seconds, one.remind_at_percent.as_slice()), (24 * 3600, &[50][..]));
    assert!(one.blocking && !one.skippable && !one.review && one.automatic.is_none() && one.undo == Undo::Nothing);
    let undo = |lines: &str| Template::parse(&onboarding(&task("one", "hr", lines))).unwrap().tasks[0].undo.clone();
    use vextrus_lifecycle::Operation;
    assert_eq!(undo("automatic = \"create_account\""), Undo::System(Operation::DisableAccount));
    assert_eq!(undo("automatic = \"send_welcome\""), Undo::Nothing);
    let by_person = "automatic = \"create_account\"\nundo = { name = \"take it back\", owner = \"it\" }";
    let owner = Owner::Role("it".parse().unwrap());
    assert_eq!(undo(by_person), Undo::Person { name: "take it back".to_owned(), owner });
}

proptest! {
    /// Whatever is done to a template, it is read or refused in words.
    #[test]
    fn mangled_templates_are_no_panic(
        leaves in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..5_u8, "[a-z0-9=\"\\[\\]{},._ -]{0,12}"), 1..6),
    ) {
        let mut lines: Vec<String> = if leaves { OFFBOARDING } else { ONBOARDING }.lines().map(str::to_owned).collect();
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
        if let Err(error) = Template::parse(&lines.join("\n")) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
