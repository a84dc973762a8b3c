//! Random documents, and a company that approves them: what the benchmarks of the approval machine drive.
//!
//! A crate of its own: what it measures needs neither the fleet nor the Temporal SDK, and builds in seconds without them.

mod desk;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use vextrus_approval::{Amounts, ExceptionFinding, ExceptionKind, Facts, Machine, Occasion, Plan, Policy, resolve};
use vextrus_domain::calendar::WorkingCalendar;
use vextrus_domain::{DepartmentId, Person, PersonId, Refusal, Taka};

/// The shipped policies for invoices and for purchase orders, and that of a garment factory: working time and quorums.
const POLICIES: [&str; 3] = [
    include_str!("../../../rules/approval/invoice.toml"),
    include_str!("../../../rules/approval/purchase_order.toml"),
    include_str!("../../../examples/approvals/garment-factory/invoice.toml"),
];
const CALENDAR: &str = include_str!("../../../rules/calendar/bangladesh.toml");

const DEPARTMENTS: [&str; 4] = ["works", "sales", "finance", "stores"];
/// Roles with how many people hold each, in each department.
const ROLES: [(&str, usize); 9] = [
    ("requester", 5),
    ("accounts_payable", 1),
    ("department_head", 1),
    ("finance_manager", 1),
    ("cfo", 1),
    ("ceo", 1),
    ("merchandiser", 1),
    ("director", 1),
    ("approval_administrator", 1),
];

/// A company with its policies, its people and its calendar.
#[derive(Debug)]
pub struct Company {
    policies: Vec<Policy>,
    people: Vec<Person>,
    departments: Vec<DepartmentId>,
    calendar: WorkingCalendar,
    start: DateTime<Utc>,
}

/// A document, and what will happen to it.
#[derive(Debug, Clone)]
pub struct Document {
    policy: usize,
    amounts: Amounts,
    department: usize,
    submitter: PersonId,
    findings: Vec<ExceptionFinding>,
    /// Where the choices of the people come from.
    chance: Chance,
}

/// A linear congruential generator, so that every run sees the same documents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chance(u64);

impl Chance {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> anyhow::Result<&'a T> {
        let at = usize::try_from(self.below(all.len().max(1) as u64))?;
        all.get(at).context("there is none")
    }
}

impl Company {
    /// The company: 52 people in four departments.
    ///
    /// # Errors
    /// Where a policy or the calendar cannot be read.
    pub fn new() -> anyhow::Result<Self> {
        let mut people = Vec::new();
        for department in DEPARTMENTS {
            for (role, number) in ROLES {
                for n in 0..number {
                    let id = format!("{department}-{role}-{n}").parse()?;
                    let mut person = Person::new(id, Some(department.parse()?), vec![role.parse()?]);
                    person.deputy = Some(format!("{department}-requester-{n}").parse()?);
                    people.push(person);
                }
            }
        }
        Ok(Self {
            policies: POLICIES.iter().map(|text| Policy::parse(text)).collect::<Result<_, _>>()?,
            people,
            departments: DEPARTMENTS.iter().map(|d| d.parse()).collect::<Result<_, _>>()?,
            calendar: WorkingCalendar::parse(CALENDAR)?,
            start: "2026-08-02T04:00:00Z".parse()?,
        })
    }

    /// So many random documents, the same ones each time: of every band, with and without exceptions.
    ///
    /// # Errors
    /// Where an amount is beyond what the ledger holds.
    pub fn documents(&self, number: usize) -> anyhow::Result<Vec<Document>> {
        let mut chance = Chance(1);
        (0..number).map(|_| self.document(&mut chance)).collect()
    }

    fn document(&self, chance: &mut Chance) -> anyhow::Result<Document> {
        let digits = u32::try_from(chance.below(7))?;
        let amount = Taka::from_poisha(i64::try_from(chance.below(99_999) + 1)? * 10_i64.pow(digits))?;
        let requesters: Vec<&Person> =
            self.people.iter().filter(|p| p.roles.iter().any(|r| r.as_str() == "requester")).collect();
        let submitter = chance.one_of(&requesters)?.id.clone();
        let mut findings = Vec::new();
        if chance.below(4) == 0 {
            let question = "is it the same as 2026-17?".to_owned();
            findings.push(ExceptionFinding::new(ExceptionKind::PossibleDuplicate, question));
        }
        Ok(Document {
            policy: usize::try_from(chance.below(self.policies.len() as u64))?,
            amounts: Amounts::same(amount),
            department: usize::try_from(chance.below(self.departments.len() as u64))?,
            submitter,
            findings,
            chance: *chance,
        })
    }

    /// The document's plan.
    ///
    /// # Errors
    /// `NO_ELIGIBLE_APPROVER` where the submitter is the only one whom the policy asks for.
    pub fn plan(&self, document: &Document, revision: u32, occasion: Occasion) -> Result<Plan, Refusal> {
        let facts = Facts {
            revision,
            occasion,
            amounts: document.amounts,
            together: Taka::ZERO,
            change: None,
            department: &self.departments[document.department],
            project: None,
            vendor_class: "local",
            submitter: &document.submitter,
            people: &self.people,
            findings: &document.findings,
            calendar: &self.calendar,
            at: self.start,
        };
        resolve(&self.policies[document.policy], "policy-hash", &facts)
    }

    /// Resolves the document and drives it to its end: people decide, ask, answer, return, resubmit, delegate and are late.
    ///
    /// # Errors
    /// Where the machine refuses what it should take.
    pub fn approve(&self, document: &Document) -> anyhow::Result<Machine> {
        desk::approve(self, document)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn documents_end_in_every_way() {
        let company = Company::new().unwrap();
        let mut ends: BTreeMap<String, u32> = BTreeMap::new();
        let mut events = 0;
        for document in company.documents(2_000).unwrap() {
            let machine = company.approve(&document).unwrap();
            let end = format!("{:?}", machine.outcome().unwrap());
            *ends.entry(end.chars().take_while(|c| c.is_alphanumeric()).collect()).or_default() += 1;
            events += machine.history().len();
        }
        assert_eq!(ends.len(), 4, "{ends:?}");
        assert!(ends["Approved"] > 1_000 && events > 4_000, "{ends:?} with {events} events");
    }
}
