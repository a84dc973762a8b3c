//! Which tasks an employee's plan has, and whose they are.

use vextrus_domain::{EmployeeClass, RefusalCode};
use vextrus_lifecycle::{Operation, PlannedUndo, Process, Work};

use crate::common::{Case, OFFBOARDING, ONBOARDING, graph, id, ids, onboarding, one, task};

#[test]
fn conditions_decide_who_has_a_task() {
    for (when, applies) in [
        ("department = [\"works\"]", true),
        ("department = [\"it\", \"works\"]", true),
        ("department = [\"it\"]", false),
        ("position = [\"SITE Engineer\"]", true),
        ("position = [\"Site\"]", false),
        ("grade = [\"G6\", \"G7\"]", true),
        ("grade = [\"G8\"]", false),
        ("class = [\"skilled\"]", true),
        ("class = [\"clerical\", \"managerial\"]", false),
        ("worker = true", true),
        ("worker = false", false),
        ("class = [\"skilled\", \"managerial\"], worker = true", true),
        ("department = [\"works\"], grade = [\"G7\"]", true),
        ("department = [\"works\"], grade = [\"G8\"]", false),
        ("department = [\"it\"], grade = [\"G7\"]", false),
        ("", true),
    ] {
        let template = onboarding(&(task("one", "hr", &format!("when = {{ {when} }}")) + &task("all", "hr", "")));
        assert_eq!(Case::new().plan(&template).tasks.len(), 1 + usize::from(applies), "{when}");
    }
    let graded = onboarding(&(task("one", "hr", "when = { grade = [\"G7\"] }") + &task("all", "hr", "")));
    assert_eq!(graph(&Case::with(|c| c.work.grade = None).plan(&graded)), "all");
    for (class, worker) in EmployeeClass::ALL.map(|class| (class, class != EmployeeClass::Managerial)) {
        let plan = Case::with(|c| c.work.class = class).plan(ONBOARDING);
        let has = |id: &str| plan.tasks.iter().any(|t| t.id.as_str() == id);
        assert_eq!((has("service-book"), has("etin")), (worker, !worker), "{class}");
        assert_eq!(plan.tasks.len(), 16);
    }
}

#[test]
fn what_is_left_out_hands_on_what_it_waits_for() {
    let left_out = "when = { department = [\"it\"] }";
    let graph_of = |tasks: &[(&str, &str, bool)]| {
        let tasks = tasks.iter().map(|(id, after, applies)| {
            let after = after.split_whitespace().map(|a| format!("\"{a}\"")).collect::<Vec<_>>().join(", ");
            task(id, "hr", &format!("after = [{after}]\n{}", if *applies { "" } else { left_out }))
        });
        graph(&Case::new().plan(&onboarding(&tasks.collect::<String>())))
    };
    assert_eq!(graph_of(&[("a", "", true), ("b", "a", false), ("c", "b", true)]), "a c<a");
    assert_eq!(graph_of(&[("a", "", true), ("b", "a", false), ("c", "b", false), ("d", "c", true)]), "a d<a");
    assert_eq!(graph_of(&[("a", "", false), ("b", "a", true)]), "b");
    assert_eq!(
        graph_of(&[("a", "", true), ("b", "", true), ("x", "a b", false), ("c", "x b", true)]),
        "a b c<a,b",
        "each once"
    );
    assert_eq!(graph_of(&[("c", "b a", true), ("b", "", true), ("a", "b", true)]), "c<a,b b a<b");
}

#[test]
fn many_ways_through_what_is_left_out_are_walked_once() {
    let left_out = |n: usize| {
        let after = format!("after = [\"t{}\", \"t{}\"]", n - 1, n - 2);
        task(&format!("t{n}"), "hr", &format!("{after}\nwhen = {{ department = [\"it\"] }}"))
    };
    let ladder: String = (2..59).map(left_out).collect();
    let text = task("t0", "hr", "") + &task("t1", "hr", "") + &ladder + &task("last", "hr", "after = [\"t58\"]");
    assert_eq!(graph(&Case::new().plan(&onboarding(&text))), "t0 t1 last<t0,t1");
}

#[test]
fn owners_become_people() {
    let asked = |owner: &str, change: &dyn Fn(&mut Case)| {
        let task = Case::with(change).only(&onboarding(&task("one", owner, "")));
        (task.people, task.escalate_to)
    };
    let both = |people: &str, further: &str| (ids(people), ids(further));
    let as_is = |_: &mut Case| ();
    assert_eq!(asked("manager", &as_is), both("karim", "ada dipa hana omar"));
    assert_eq!(asked("hr", &as_is), both("hana", "ada omar"));
    // The deputy of iris has left.
    assert_eq!(asked("it", &as_is), both("iris ivan", "ada dipa hana omar"));
    assert_eq!(asked("facilities", &as_is), both("farid", "ada hana omar"));
    assert_eq!(asked("employee", &as_is), both("emp ada hana omar", ""));
    // Where nobody is there, those who answer for the process are asked.
    assert_eq!(asked("legal", &as_is), both("ada hana omar", ""));
    let left = |name: &'static str| move |c: &mut Case| one(&mut c.people, name).active = false;
    assert_eq!(asked("manager", &left("karim")), both("ada hana omar", ""));
    assert_eq!(asked("hr", &left("hana")), both("ada omar", ""));
    assert_eq!(asked("it", &left("ivan")), both("iris", "ada hana omar"));
    assert_eq!(asked("manager", &left("dipa")), both("karim", "ada hana omar"));
    assert_eq!(asked("employee", &left("emp")), both("emp ada hana omar", ""), "they may have no account yet");
}

#[test]
fn the_employee_does_only_what_is_theirs() {
    let holds = |role: &'static str| move |c: &mut Case| one(&mut c.people, "emp").roles.push(role.parse().unwrap());
    let asked = |owner: &str, change: &dyn Fn(&mut Case)| {
        let plan = Case::with(change).plan(&onboarding(&task("one", owner, "")));
        assert!(!plan.head.administrators.contains(&id("emp")));
        (plan.tasks[0].people.clone(), plan.tasks[0].escalate_to.clone())
    };
    assert_eq!(asked("it", &holds("it")).0, ids("iris ivan"));
    assert_eq!(asked("legal", &holds("legal")).0, ids("ada hana omar"), "their own role does not count");
    assert_eq!(asked("legal", &holds("admin")).0, ids("ada hana omar"));
    assert_eq!(asked("manager", &|c| c.work.manager = id("emp")).0, ids("ada hana omar"));
    assert_eq!(asked("hr", &|c| c.work.hr_manager = id("emp")).0, ids("ada omar"));
    let deputy = |c: &mut Case| one(&mut c.people, "karim").deputy = Some(id("emp"));
    assert_eq!(asked("manager", &deputy).1, ids("ada hana omar"));
}

#[test]
fn somebody_must_answer_for_the_process() {
    let administrators = |change: &dyn Fn(&mut Case)| {
        let template = onboarding(&task("one", "manager", ""));
        Case::with(change).resolve(&template, 1).map(|p| p.head.administrators).map_err(|r| r.code)
    };
    let leave = |c: &mut Case, names: &[&str]| names.iter().for_each(|n| one(&mut c.people, n).active = false);
    assert_eq!(administrators(&|_| ()), Ok(ids("ada hana omar")));
    assert_eq!(administrators(&|c| c.work.hr_manager = id("ada")), Ok(ids("ada omar")));
    assert_eq!(administrators(&|c| leave(c, &["ada", "omar"])), Ok(ids("hana")));
    assert_eq!(administrators(&|c| leave(c, &["hana"])), Ok(ids("ada omar")));
    assert_eq!(administrators(&|c| leave(c, &["ada", "hana", "omar"])), Err(RefusalCode::NoEligibleApprover));
}

#[test]
fn a_plan_says_what_the_template_says() {
    let lines = "automatic = \"create_account\"\nwithin_hours = 3\nremind_at_percent = [25, 75]\nblocking = false\n\
                 skippable = true\nagain_when = [\"manager\"]\nundo = { name = \"Close it\", owner = \"manager\" }";
    let text = onboarding(&(task("one", "it", lines) + &task("two", "employee", "review = true")));
    let plan = Case::new().resolve(&text, 7).unwrap();
    let (one, two) = (&plan.tasks[0], &plan.tasks[1]);
    assert_eq!(
        (one.name.as_str(), one.owner.as_str(), one.work),
        ("The one", "it", Work::System(Operation::CreateAccount))
    );
    assert_eq!((one.within_seconds, one.remind_at_percent.as_slice()), (3 * 3600, &[25, 75][..]));
    assert!(!one.blocking && one.skippable && !one.of_employee && !one.review && one.again_when.len() == 1);
    let undo = PlannedUndo::Person { name: "Close it".to_owned(), owner: "manager".to_owned(), people: ids("karim") };
    assert_eq!(one.undo, undo);
    assert!(two.blocking && !two.skippable && two.of_employee && two.review && two.work == Work::Person);
    assert_eq!((&two.undo, &two.undoes, &two.reference), (&PlannedUndo::Nothing, &None, &None));
    let head = &plan.head;
    assert_eq!((head.process, head.revision, head.template.as_str()), (Process::Onboarding, 7, "template-hash"));
    assert_eq!(
        (&head.employee, &head.manager, head.start_date),
        (&id("emp"), &id("karim"), Case::new().work.start_date)
    );
    assert_eq!(Case::new().plan(OFFBOARDING).head.process, Process::Offboarding);
}
