//! A company and its documents.

use chrono::{DateTime, Utc};
use vextrus_approval::{
    Amounts, Change, Choices, ExceptionFinding, ExceptionKind, Facts, Occasion, Plan, Policy, StandingDelegation,
    resolve,
};
use vextrus_domain::calendar::WorkingCalendar;
use vextrus_domain::{Person, PersonId, Refusal, Taka};

pub(crate) const INVOICE: &str = include_str!("../../../../rules/approval/invoice.toml");
pub(crate) const ORDER: &str = include_str!("../../../../rules/approval/purchase_order.toml");
pub(crate) const BANGLADESH: &str = include_str!("../../../../rules/calendar/bangladesh.toml");

/// A policy for orders, from its first lines and its levels.
pub(crate) fn policy(top: &str, rest: &str) -> String {
    format!(
        r#"document = "purchase_order"
administrators = "admin"
{top}
[budget]
shortfall = "stop"
[[exception]]
kind = "possible_duplicate"
role = "clerk"
within = "2d"
proceed = "not_a_duplicate"
refuse = "reject"
{rest}
"#
    )
}

/// Two levels, of a clerk and of a chief.
pub(crate) const TWO: &str = r#"
[[level]]
role = "clerk"
within = "2d"
escalate = [{ to = "deputy", within = "1d" }]
[[level]]
role = "chief"
within = "4d"
"#;

/// Everybody of the company but the submitter has one role: ana, ben and cara are clerks, dina and emon heads, faruk and gita
/// chiefs, ada and omar administrators. ana's deputy is hasan, her manager dina; ben's deputy is hasan too.
pub(crate) fn people() -> Vec<Person> {
    let mut all: Vec<Person> = [
        ("ana", "clerk"),
        ("ben", "clerk"),
        ("cara", "clerk"),
        ("dina", "head"),
        ("emon", "head"),
        ("faruk", "chief"),
        ("gita", "chief"),
        ("ada", "admin"),
        ("omar", "admin"),
        ("hasan", "staff"),
        ("ivy", "staff"),
        ("sub", "staff"),
    ]
    .into_iter()
    .map(|(id, role)| person(id, "works", &[role]))
    .collect();
    (all[0].deputy, all[0].manager) = (Some(id("hasan")), Some(id("dina")));
    all[1].deputy = Some(id("hasan"));
    all
}

pub(crate) fn person(name: &str, department: &str, roles: &[&str]) -> Person {
    Person::new(id(name), Some(department.parse().unwrap()), roles.iter().map(|r| r.parse().unwrap()).collect())
}

/// Gives somebody of the company one more role.
pub(crate) fn also(people: &mut [Person], name: &str, role: &str) {
    people.iter_mut().find(|p| p.id.as_str() == name).unwrap().roles.push(role.parse().unwrap());
}

pub(crate) fn id(name: &str) -> PersonId {
    name.parse().unwrap()
}

pub(crate) fn taka(text: &str) -> Taka {
    text.parse().unwrap()
}

/// Ten o'clock in Dhaka, on a Sunday.
pub(crate) fn start() -> DateTime<Utc> {
    "2026-08-02T04:00:00Z".parse().unwrap()
}

pub(crate) fn duplicate() -> ExceptionFinding {
    ExceptionFinding::new(ExceptionKind::PossibleDuplicate, "is it the same as PO-7?".to_owned())
}

/// A duplicate whose answer counts.
pub(crate) fn which(subject: &str) -> ExceptionFinding {
    let choices = Choices { subject: subject.to_owned(), answers: vec!["a".to_owned(), "b".to_owned()] };
    ExceptionFinding { choices: Some(choices), ..duplicate() }
}

pub(crate) fn standing(from: &str, to: &str) -> StandingDelegation {
    StandingDelegation {
        number: 1,
        from: id(from),
        to: id(to),
        first_day: "2026-08-01".parse().unwrap(),
        last_day: "2026-12-31".parse().unwrap(),
        documents: Vec::new(),
        limit: None,
    }
}

/// A document, before it is resolved.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) people: Vec<Person>,
    pub(crate) amounts: Amounts,
    pub(crate) together: Taka,
    pub(crate) change: Option<Change>,
    pub(crate) department: &'static str,
    pub(crate) project: Option<&'static str>,
    pub(crate) vendor_class: &'static str,
    pub(crate) submitter: &'static str,
    pub(crate) findings: Vec<ExceptionFinding>,
    pub(crate) calendar: WorkingCalendar,
    pub(crate) at: DateTime<Utc>,
}

impl Case {
    pub(crate) fn of(amount: &str) -> Self {
        Self {
            people: people(),
            amounts: Amounts::same(taka(amount)),
            together: Taka::ZERO,
            change: None,
            department: "works",
            project: None,
            vendor_class: "local",
            submitter: "sub",
            findings: Vec::new(),
            calendar: WorkingCalendar::parse(BANGLADESH).unwrap(),
            at: start(),
        }
    }

    pub(crate) fn with(amount: &str, change: impl FnOnce(&mut Self)) -> Self {
        let mut case = Self::of(amount);
        change(&mut case);
        case
    }

    pub(crate) fn resolve(&self, policy: &str, revision: u32, occasion: Occasion) -> Result<Plan, Refusal> {
        self.resolve_with(&Policy::parse(policy).unwrap(), revision, occasion)
    }

    pub(crate) fn resolve_with(&self, policy: &Policy, revision: u32, occasion: Occasion) -> Result<Plan, Refusal> {
        let project = self.project.map(|p| p.parse().unwrap());
        let facts = Facts {
            revision,
            occasion,
            amounts: self.amounts,
            together: self.together,
            change: self.change.clone(),
            department: &self.department.parse().unwrap(),
            project: project.as_ref(),
            vendor_class: self.vendor_class,
            submitter: &id(self.submitter),
            people: &self.people,
            findings: &self.findings,
            calendar: &self.calendar,
            at: self.at,
        };
        resolve(policy, "policy-hash", &facts)
    }

    pub(crate) fn first(&self, policy: &str) -> Result<Plan, Refusal> {
        self.resolve(policy, 1, Occasion::First)
    }

    /// The people asked, stage by stage: `ana ben cara | faruk gita`, tasks of one stage with `+` between them.
    pub(crate) fn asks(&self, policy: &str) -> String {
        asks(&self.first(policy).unwrap())
    }
}

pub(crate) fn asks(plan: &Plan) -> String {
    let mut text = String::new();
    let mut stage = 0;
    for (n, task) in plan.tasks.iter().enumerate() {
        let people: Vec<&str> = task.eligible.iter().map(PersonId::as_str).collect();
        text += if n == 0 {
            ""
        } else if task.stage == stage {
            " + "
        } else {
            " | "
        };
        text += &people.join(" ");
        stage = task.stage;
    }
    text
}
