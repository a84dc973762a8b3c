//! The templates that come with the software.

use std::collections::BTreeMap;

use vextrus_domain::EmployeeClass;
use vextrus_lifecycle::{Anchor, Day, Fact, Operation, Owner, Process, TaskRule, Template, Undo};

use crate::common::{OFFBOARDING, ONBOARDING};

fn tasks(template: &Template) -> BTreeMap<&str, &TaskRule> {
    template.tasks.iter().map(|t| (t.id.as_str(), t)).collect()
}

fn day(day: Option<Day>) -> String {
    day.map_or_else(
        || "-".to_owned(),
        |d| format!("{}{:+}", if d.anchor == Anchor::Start { 's' } else { 'p' }, d.offset),
    )
}

/// Of each task: owner, opening, time, what it waits for, whether it blocks or may be skipped.
fn shown(task: &TaskRule) -> String {
    let after: Vec<&str> = task.after.iter().map(|t| t.as_str()).collect();
    let how = match (task.blocking, task.skippable) {
        (true, _) => "blocks",
        (false, true) => "skippable",
        (false, false) => "lapses",
    };
    format!("{} {} {} [{}] {how}", task.owner.name(), day(task.opens), day(task.due), after.join(" "))
}

#[test]
fn the_onboarding_asks_for_what_a_company_needs() {
    let template = Template::parse(ONBOARDING).unwrap();
    assert_eq!(template.process, Process::Onboarding);
    assert_eq!(template.administrators.as_str(), "hr_administrator");
    let known = tasks(&template);
    let expected = [
        ("appointment-letter", "hr - s-3 [] blocks"),
        ("assign-mentor", "manager - s+0 [] skippable"),
        ("assign-workstation", "it s-5 s-2 [appointment-letter] blocks"),
        ("bank-account", "employee - s+10 [identity-papers] blocks"),
        ("benefits-enrollment", "employee s+0 s+7 [identity-papers] lapses"),
        ("create-badge", "facilities s-5 s-1 [appointment-letter] blocks"),
        ("create-email", "it - s-2 [create-user-account] blocks"),
        ("create-user-account", "it s-10 s-3 [appointment-letter] blocks"),
        ("etin", "employee - s+10 [] blocks"),
        ("identity-papers", "employee - s+0 [] blocks"),
        ("nominee-form", "employee - s+15 [] blocks"),
        ("photo-id", "hr - s+5 [identity-papers] blocks"),
        ("previous-service-book", "employee - s+10 [] skippable"),
        ("probation-review", "manager p-10 p-2 [appointment-letter] blocks"),
        ("schedule-orientation", "hr - s-1 [create-email] blocks"),
        ("send-welcome", "hr - s-1 [create-email schedule-orientation] skippable"),
        ("service-book", "hr - s+15 [appointment-letter identity-papers] blocks"),
    ];
    let found: Vec<(&str, String)> = known.iter().map(|(id, task)| (*id, shown(task))).collect();
    assert_eq!(found, expected.map(|(id, text)| (id, text.to_owned())));
}

#[test]
fn the_onboarding_leaves_systems_what_they_can_do() {
    use Operation::{
        AssignWorkstation, CancelOrientation, CloseMailbox, CreateAccount, CreateMailbox, DisableAccount, IssueBadge,
        ReturnWorkstation, RevokeBadge, ScheduleOrientation, SendWelcome,
    };
    let template = Template::parse(ONBOARDING).unwrap();
    let known = tasks(&template);
    let automatic: Vec<(&str, Operation, &Undo)> =
        known.iter().filter_map(|(id, t)| t.automatic.map(|o| (*id, o, &t.undo))).collect();
    assert_eq!(
        automatic,
        [
            ("assign-workstation", AssignWorkstation, &Undo::System(ReturnWorkstation)),
            ("create-badge", IssueBadge, &Undo::System(RevokeBadge)),
            ("create-email", CreateMailbox, &Undo::System(CloseMailbox)),
            ("create-user-account", CreateAccount, &Undo::System(DisableAccount)),
            ("schedule-orientation", ScheduleOrientation, &Undo::System(CancelOrientation)),
            ("send-welcome", SendWelcome, &Undo::Nothing),
        ]
    );
    let by_people: Vec<&str> =
        known.iter().filter(|(_, t)| matches!(t.undo, Undo::Person { .. })).map(|(id, _)| *id).collect();
    assert_eq!(by_people, ["benefits-enrollment", "photo-id"]);
    let again: Vec<(&str, &[Fact])> =
        known.iter().map(|(id, t)| (*id, t.again_when.as_slice())).filter(|(_, facts)| !facts.is_empty()).collect();
    assert_eq!(again, [("assign-mentor", &[Fact::Manager][..]), ("schedule-orientation", &[Fact::StartDate][..])]);
    let reviews: Vec<&str> = known.iter().filter(|(_, t)| t.review).map(|(id, _)| *id).collect();
    assert_eq!(reviews, ["probation-review"]);
}

#[test]
fn the_onboarding_minds_the_class() {
    use EmployeeClass::{Clerical, Managerial, Skilled, Worker};
    let template = Template::parse(ONBOARDING).unwrap();
    let months = [(Managerial, 6), (Clerical, 6), (Skilled, 3), (Worker, 3)];
    assert_eq!(template.probation.months, BTreeMap::from(months));
    assert_eq!(template.probation.extension_months, BTreeMap::from([(Skilled, 3)]));
    let known = tasks(&template);
    let conditional: Vec<(&str, &[EmployeeClass])> = known
        .iter()
        .map(|(id, t)| (*id, t.when.classes.as_slice()))
        .filter(|(_, classes)| !classes.is_empty())
        .collect();
    assert_eq!(conditional, [("etin", &[Managerial][..]), ("service-book", &[Clerical, Skilled, Worker][..])]);
}

#[test]
fn the_offboarding_ends_with_the_dues() {
    let template = Template::parse(OFFBOARDING).unwrap();
    assert_eq!(template.process, Process::Offboarding);
    let found: Vec<(&str, String)> = tasks(&template).iter().map(|(id, task)| (*id, shown(task))).collect();
    let expected = [
        ("exit-interview", "hr - s+0 [resignation-letter] skippable"),
        ("final-dues", "hr - s+30 [undo] blocks"),
        ("handover", "manager - s+0 [resignation-letter] blocks"),
        ("resignation-letter", "hr - - [] blocks"),
        ("service-certificate", "hr - s+32 [final-dues] blocks"),
    ];
    assert_eq!(found, expected.map(|(id, text)| (id, text.to_owned())));
    assert_eq!(template.undoing.after, ["handover".parse().unwrap()]);
    assert_eq!(template.undoing.opens, Some(Day { anchor: Anchor::Start, offset: 1 }));
    let undo =
        Undo::Person { name: "Find out what of the final dues is to be claimed back".to_owned(), owner: Owner::Hr };
    assert_eq!(tasks(&template)["final-dues"].undo, undo);
}
