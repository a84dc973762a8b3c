//! A company, and an employee who begins there.

use chrono::{DateTime, NaiveDate, Utc};
use vextrus_domain::calendar::WorkingCalendar;
use vextrus_domain::{EmployeeClass, Employment, Person, PersonId, Refusal};
use vextrus_lifecycle::{DAY_MILLIS, Facts, Machine, Plan, PlannedTask, Template, resolve};

pub(crate) const ONBOARDING: &str = include_str!("../../../../rules/onboarding/onboarding.toml");
pub(crate) const OFFBOARDING: &str = include_str!("../../../../rules/onboarding/offboarding.toml");
pub(crate) const BANGLADESH: &str = include_str!("../../../../rules/calendar/bangladesh.toml");

/// A template of an onboarding with these tasks.
pub(crate) fn onboarding(tasks: &str) -> String {
    format!("process = \"onboarding\"\nadministrators = \"admin\"\n{tasks}")
}

/// One with a probation.
pub(crate) fn with_probation(tasks: &str) -> String {
    let months = "months = { managerial = 6, clerical = 6, skilled = 3 }\nextension_months = { skilled = 3 }";
    onboarding(&format!("[probation]\n{months}\n{tasks}"))
}

/// A template of an offboarding with these tasks.
pub(crate) fn offboarding(tasks: &str) -> String {
    format!("process = \"offboarding\"\nadministrators = \"admin\"\n{tasks}")
}

/// A task, with these lines in it.
pub(crate) fn task(id: &str, owner: &str, lines: &str) -> String {
    format!("[[task]]\nid = \"{id}\"\nname = \"The {id}\"\nowner = \"{owner}\"\n{lines}\n")
}

/// hana is the HR manager, karim the manager whose deputy is dipa; ivan and iris do IT, farid does facilities, ada and omar are
/// administrators. ivan's deputy is dipa too, and iris's was quentin, who has left. The employee is emp.
pub(crate) fn people() -> Vec<Person> {
    let mut all: Vec<Person> = [
        ("ada", "admin"),
        ("dipa", "staff"),
        ("emp", "staff"),
        ("farid", "facilities"),
        ("hana", "staff"),
        ("iris", "it"),
        ("ivan", "it"),
        ("karim", "staff"),
        ("lima", "staff"),
        ("omar", "admin"),
        ("quentin", "staff"),
    ]
    .into_iter()
    .map(|(name, role)| Person::new(id(name), None, vec![role.parse().unwrap()]))
    .collect();
    for (name, deputy) in [("karim", "dipa"), ("ivan", "dipa"), ("iris", "quentin")] {
        one(&mut all, name).deputy = Some(id(deputy));
    }
    one(&mut all, "quentin").active = false;
    all
}

pub(crate) fn one<'a>(people: &'a mut [Person], name: &str) -> &'a mut Person {
    people.iter_mut().find(|p| p.id.as_str() == name).unwrap()
}

pub(crate) fn id(name: &str) -> PersonId {
    name.parse().unwrap()
}

pub(crate) fn ids(names: &str) -> Vec<PersonId> {
    names.split_whitespace().map(id).collect()
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A moment on the clock of Dhaka.
pub(crate) fn dhaka(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_str(&format!("{text} +0600"), "%Y-%m-%d %H:%M %z").unwrap().to_utc()
}

/// What is known of the employee: Site engineer, grade G7, a skilled worker. The first day is Sunday, 6 December 2026; the process
/// began on Sunday, 15 November, at ten.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) people: Vec<Person>,
    pub(crate) work: Employment,
    pub(crate) extended: bool,
    pub(crate) calendar: WorkingCalendar,
    pub(crate) began_at: DateTime<Utc>,
    pub(crate) day_millis: u64,
    pub(crate) undoes: Option<Machine>,
}

impl Case {
    pub(crate) fn new() -> Self {
        let work = Employment {
            department: "works".parse().unwrap(),
            position: "Site engineer".to_owned(),
            grade: Some("G7".to_owned()),
            class: EmployeeClass::Skilled,
            start_date: date("2026-12-06"),
            manager: id("karim"),
            hr_manager: id("hana"),
        };
        Self {
            people: people(),
            work,
            extended: false,
            calendar: WorkingCalendar::parse(BANGLADESH).unwrap(),
            began_at: dhaka("2026-11-15 10:00"),
            day_millis: DAY_MILLIS,
            undoes: None,
        }
    }

    pub(crate) fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut case = Self::new();
        change(&mut case);
        case
    }

    pub(crate) fn starts(on: &str) -> Self {
        Self::with(|c| c.work.start_date = date(on))
    }

    pub(crate) fn resolve(&self, template: &str, revision: u32) -> Result<Plan, Refusal> {
        let facts = Facts {
            employee: &id("emp"),
            employment: &self.work,
            extended: self.extended,
            people: &self.people,
            calendar: &self.calendar,
            template: "template-hash",
            revision,
            began_at: self.began_at,
            day_millis: self.day_millis,
            undoes: self.undoes.as_ref(),
        };
        resolve(&Template::parse(template).unwrap(), &facts)
    }

    pub(crate) fn plan(&self, template: &str) -> Plan {
        self.resolve(template, 1).unwrap()
    }

    /// The only task of a plan.
    pub(crate) fn only(&self, template: &str) -> PlannedTask {
        let mut tasks = self.plan(template).tasks;
        assert_eq!(tasks.len(), 1);
        tasks.remove(0)
    }
}

/// The ids of a plan, with what each waits for: `a b<a c<a,b`.
pub(crate) fn graph(plan: &Plan) -> String {
    let shown = |task: &PlannedTask| {
        let after: Vec<&str> = task.after.iter().map(|t| t.as_str()).collect();
        format!("{}{}{}", task.id, if after.is_empty() { "" } else { "<" }, after.join(","))
    };
    plan.tasks.iter().map(shown).collect::<Vec<_>>().join(" ")
}
