//! An offboarding undoes what the onboarding has done.

use vextrus_domain::RefusalCode;
use vextrus_lifecycle::{Machine, Operation, Plan, PlannedTask, PlannedUndo, Status, Work};

use crate::common::{Case, OFFBOARDING, ONBOARDING, date, dhaka, graph, id, ids, offboarding, one, task};
use crate::desk::{Desk, impossible, skip, told, withdraw};

const CARD: &str = "undo = { name = \"Card taken back\", owner = \"it\" }";

/// An account, a mailbox after it, a letter that nothing undoes, a badge after the letter, a card after the mailbox; a mentor who
/// was skipped.
fn ended() -> Machine {
    let tasks = task("account", "it", "automatic = \"create_account\"")
        + &task("mail", "it", "automatic = \"create_mailbox\"\nafter = [\"account\"]")
        + &task("letter", "hr", "after = [\"account\"]")
        + &task("badge", "facilities", "automatic = \"issue_badge\"\nafter = [\"letter\"]")
        + &task("card", "hr", &format!("after = [\"mail\"]\n{CARD}"))
        + &task("mentor", "manager", "blocking = false\nskippable = true");
    let mut desk = Desk::open(&tasks);
    desk.done("account", "u-17");
    desk.done("mail", "emp@acme");
    desk.complete("hana", "letter").unwrap();
    desk.performed("badge", 1, impossible()).unwrap();
    desk.complete("farid", "badge").unwrap();
    desk.act("karim", skip("mentor")).unwrap();
    desk.complete("hana", "card").unwrap();
    assert_eq!(desk.machine.ended(), Some(Status::Partial));
    desk.machine
}

fn leaving() -> Case {
    Case::with(|c| {
        c.undoes = Some(ended());
        c.began_at = dhaka("2027-02-28 10:00");
        c.work.start_date = date("2027-03-11");
    })
}

fn template(undo: &str) -> String {
    let tasks = task("handover", "manager", "") + &task("dues", "hr", "after = [\"undo\"]") + &task("other", "hr", "");
    offboarding(&format!("{undo}\n{tasks}"))
}

fn find<'a>(plan: &'a Plan, id: &str) -> &'a PlannedTask {
    plan.tasks.iter().find(|t| t.id.as_str() == id).unwrap()
}

#[test]
fn what_was_done_is_undone_in_reverse() {
    let plan = leaving().plan(&template("[undo]\nafter = [\"handover\"]\nopens = { start = 1 }"));
    assert_eq!(
        graph(&plan),
        "handover dues<undo-account,undo-badge,undo-card,undo-mail other \
         undo-card<handover undo-badge<handover undo-mail<undo-card undo-account<undo-badge,undo-card,undo-mail"
    );
    for (id, name, work, people, undoes, reference) in [
        ("undo-card", "Card taken back", Work::Person, "iris ivan", "card", None),
        ("undo-badge", "Undo by hand: The badge", Work::Person, "farid", "badge", None),
        ("undo-mail", "Undo: The mail", Work::System(Operation::CloseMailbox), "iris ivan", "mail", Some("emp@acme")),
        (
            "undo-account",
            "Undo: The account",
            Work::System(Operation::DisableAccount),
            "iris ivan",
            "account",
            Some("u-17"),
        ),
    ] {
        let task = find(&plan, id);
        assert_eq!((task.name.as_str(), task.work, &task.people), (name, work, &ids(people)), "{id}");
        assert_eq!((task.undoes.as_ref().unwrap().as_str(), task.reference.as_deref()), (undoes, reference), "{id}");
        assert!(task.blocking && !task.skippable && !task.review && task.within_seconds == 16 * 3600);
        // Friday and Saturday are between the last day, a Thursday, and the next working day.
        assert_eq!((task.opens_at, task.due_at), (Some(dhaka("2027-03-14 00:00")), None));
        let again = format!("Restore what was undone: {name}");
        let undo = PlannedUndo::Person { name: again, owner: "hr".to_owned(), people: ids("ada hana omar") };
        assert_eq!(task.undo, undo, "{id}");
    }
}

#[test]
fn the_group_stands_for_what_there_is_to_undo() {
    let undo = "[undo]\nafter = [\"handover\"]";
    let nothing = |c: &mut Case| c.undoes = None;
    assert_eq!(graph(&Case::with(nothing).plan(&template(undo))), "handover dues<handover other");
    assert_eq!(graph(&Case::with(nothing).plan(&template(""))), "handover dues other");
    let plan = leaving().plan(&template(""));
    assert!(find(&plan, "undo-card").after.is_empty() && find(&plan, "undo-card").opens_at.is_none());
    assert_eq!(find(&plan, "undo-mail").after, ["undo-card".parse().unwrap()]);
    // What undoing waits for is left out itself: then it waits for what that would have waited for.
    let not_here = "after = [\"other\"]\nwhen = { department = [\"it\"] }";
    let text = template(undo).replacen("owner = \"manager\"\n", &format!("owner = \"manager\"\n{not_here}\n"), 1);
    assert_eq!(find(&leaving().plan(&text), "undo-card").after, ["other".parse().unwrap()]);
    assert_eq!(graph(&Case::with(nothing).plan(&text)), "dues<other other");
}

#[test]
fn who_undoes_it_is_there_and_is_not_the_one_who_leaves() {
    let undo = |change: &dyn Fn(&mut Case), id: &str| {
        let mut case = leaving();
        change(&mut case);
        let task = find(&case.plan(&template("")), id).clone();
        (task.people, task.escalate_to)
    };
    assert_eq!(undo(&|_| (), "undo-mail"), (ids("iris ivan"), ids("ada dipa hana omar")));
    let quit = |c: &mut Case| one(&mut c.people, "ivan").active = false;
    assert_eq!(undo(&quit, "undo-mail"), (ids("iris"), ids("ada hana omar")));
    let both = |c: &mut Case| ["iris", "ivan"].iter().for_each(|p| one(&mut c.people, p).active = false);
    assert_eq!(undo(&both, "undo-mail"), (ids("ada hana omar"), ids("")));
    // The employee's own automatic task was theirs and the administrators' when the system could not.
    let mut desk = Desk::open(&task("account", "employee", "automatic = \"create_account\""));
    desk.done("account", "u-17");
    let machine = desk.machine;
    assert_eq!(undo(&|c| c.undoes = Some(machine.clone()), "undo-account").0, ids("ada hana omar"));
}

#[test]
fn an_offboarding_runs_to_its_end() {
    let mut desk = Desk::of(&template("[undo]\nafter = [\"handover\"]\nopens = { start = 1 }"), leaving());
    desk.complete("karim", "handover").unwrap();
    desk.complete("hana", "other").unwrap();
    desk.at("2027-03-13 23:59");
    assert!(!told(&desk.tick()).contains("opened"));
    desk.at("2027-03-14 00:00");
    assert_eq!(told(&desk.tick()), "task_opened undo-card, task_opened undo-badge");
    assert_eq!(told(&desk.complete("ivan", "undo-card").unwrap()), "task_completed undo-card, task_started undo-mail");
    assert_eq!(desk.task("undo-mail").earlier_reference(), Some("emp@acme"));
    desk.done("undo-mail", "closed-1");
    assert_eq!(
        told(&desk.complete("farid", "undo-badge").unwrap()),
        "task_completed undo-badge, task_started undo-account"
    );
    assert_eq!(told(&desk.done("undo-account", "off")), "task_completed undo-account, task_opened dues");
    assert_eq!(told(&desk.complete("hana", "dues").unwrap()), "task_completed dues, ended");
    assert_eq!(desk.machine.ended(), Some(Status::Completed));
}

#[test]
fn an_offboarding_that_is_withdrawn_restores_what_it_undid() {
    let mut desk = Desk::of(&template(""), leaving());
    desk.complete("ivan", "undo-card").unwrap();
    desk.done("undo-mail", "closed-1");
    desk.act("ada", withdraw()).unwrap();
    assert_eq!(
        desk.stands(),
        "handover:dropped dues:dropped other:dropped undo-card:done undo-badge:dropped undo-mail:done \
         undo-account:dropped undo-undo-mail:open undo-undo-card:waiting"
    );
    let mail = desk.task("undo-undo-mail");
    assert_eq!(
        (mail.plan.name.as_str(), &mail.people),
        ("Restore what was undone: Undo: The mail", &ids("ada hana omar"))
    );
    desk.complete("ada", "undo-undo-mail").unwrap();
    desk.complete("ada", "undo-undo-card").unwrap();
    assert_eq!(desk.machine.ended(), Some(Status::Withdrawn));
}

#[test]
fn the_shipped_templates_follow_each_other() {
    let mut desk = Desk::of(ONBOARDING, Case::new());
    for _ in 0..100 {
        let running: Vec<String> = desk.machine.running().map(|t| t.plan.id.to_string()).collect();
        running.iter().for_each(|task| drop(desk.done(task, &format!("ref-{task}"))));
        let open = |t: &&vextrus_lifecycle::TaskState| t.status == vextrus_lifecycle::TaskStatus::Open;
        let open =
            desk.machine.tasks().iter().find(open).map(|t| (t.plan.id.clone(), t.people[0].clone(), t.plan.review));
        if let Some((task, person, review)) = open {
            let verdict = review.then_some(vextrus_lifecycle::Verdict::Confirm);
            let action = vextrus_lifecycle::Action::Complete { task, verdict, note: String::new() };
            desk.act(person.as_str(), action).unwrap();
        } else if desk.machine.ended().is_none() && running.is_empty() {
            desk.next();
        }
    }
    assert_eq!(desk.machine.ended(), Some(Status::Completed));
    let case = Case::with(|c| (c.undoes, c.work.start_date) = (Some(desk.machine), date("2027-12-30")));
    let plan = case.plan(OFFBOARDING);
    let undo: Vec<&str> = plan.tasks.iter().filter(|t| t.undoes.is_some()).map(|t| t.id.as_str()).collect();
    assert_eq!(
        undo,
        [
            "undo-benefits-enrollment",
            "undo-schedule-orientation",
            "undo-create-badge",
            "undo-assign-workstation",
            "undo-create-email",
            "undo-create-user-account",
            "undo-photo-id"
        ]
    );
    let dues = find(&plan, "final-dues");
    assert_eq!(dues.after.len(), 7);
    assert_eq!(find(&plan, "undo-create-user-account").reference.as_deref(), Some("ref-create-user-account"));
    // The letter of welcome rests on the orientation, yet nothing undoes it, and nothing waits for that.
    assert_eq!(find(&plan, "undo-schedule-orientation").after, ["handover".parse().unwrap()]);
}

#[test]
fn nobody_is_left_to_undo_it() {
    let mut case = leaving();
    case.people.iter_mut().for_each(|p| p.active = p.id == id("emp"));
    assert_eq!(case.resolve(&template(""), 1).unwrap_err().code, RefusalCode::NoEligibleApprover);
}
