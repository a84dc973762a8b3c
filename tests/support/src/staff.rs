//! The companies with people who answer for employees, the default templates, and employees who are synthetic throughout.

use std::ops::Deref;

use chrono::{DateTime, Utc};
use vextrus_domain::{Actor, DocumentKey, Employee, Employment, Person, PersonalData, Refusal, RequestId, canonical};
use vextrus_ledger::employees::claim::{self, Asked, Claim, Leaving};
use vextrus_ledger::employees::provisions::{self, Provision};
use vextrus_ledger::employees::views::{self, ProcessView};
use vextrus_ledger::masterdata::{self, Company};
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_lifecycle::{Action, Command, SignedCommand};

use crate::acme::Acme;
use crate::company::{ACME, GLOBEX, IN_FORCE_SINCE, actor, company, id, request};
use crate::events;
use crate::ledgers::{Database, Engine, Fixture};
use crate::raw::Raw;

/// Answers for the processes of employees.
pub const HR: &str = "hasina";
/// May do what the HR manager may.
pub const HR_DEPUTY: &str = "kamal";
/// To whom new employees report.
pub const MANAGER: &str = "rashed";
/// Another manager.
pub const OTHER_MANAGER: &str = "dilara";
/// The template of the coming, as it stands under `rules/`.
pub const ONBOARDING: &str = include_str!("../../../rules/onboarding/onboarding.toml");
/// The template of the leaving.
pub const OFFBOARDING: &str = include_str!("../../../rules/onboarding/offboarding.toml");
/// The moment at which a test begins: a Sunday morning in Dhaka.
pub const TODAY: &str = "2025-11-02T04:00:00Z";
/// The first day at work of new employees.
pub const START: &str = "2025-11-30";

/// Person and roles; all of department `works`.
const PEOPLE: &[(&str, &[&str])] = &[
    (HR, &["hr_administrator"]),
    (HR_DEPUTY, &["hr_administrator"]),
    (MANAGER, &[]),
    (OTHER_MANAGER, &[]),
    ("tuhin", &["it"]),
    ("mina", &["facilities"]),
];

/// Words that may stand in the record of an employee of these tests and nowhere else. All in lowercase.
pub const PERSONAL: &[&str] = &["zebunnessa", "quaderi", "zebu.q@", "1798765432", "5092174638"];

/// The companies with their staff. Books and trails must be right after every scenario, and nothing personal may stand beside the
/// records.
#[derive(Debug)]
pub struct Staff {
    /// The companies.
    pub acme: Acme,
}

impl Deref for Staff {
    type Target = Acme;

    fn deref(&self) -> &Acme {
        &self.acme
    }
}

impl Fixture for Staff {
    async fn build(database: Database) -> Self {
        let acme = Acme::build(database).await;
        acme.at(IN_FORCE_SINCE);
        let mut tx = acme.ledger().begin_for_all().await.unwrap();
        for tenant in [ACME, GLOBEX] {
            let people = PEOPLE.iter().map(|(name, _)| person(name)).collect();
            let part = Company { people, vendors: Vec::new(), purchase_orders: Vec::new(), ..company(tenant) };
            masterdata::import(&mut tx, &Company { budgets: Vec::new(), ..part }, "controller").await.unwrap();
            for text in [ONBOARDING, OFFBOARDING] {
                rules::found(&mut tx, &id(tenant), RuleKind::Onboarding, text, "controller").await.unwrap().unwrap();
            }
        }
        tx.commit().await.unwrap();
        acme.at(TODAY);
        Self { acme }
    }

    async fn after(&self) {
        assert_eq!(self.wrong().await, Vec::<String>::new());
        events::assert_sound(&self.database).await;
        assert_eq!(self.spoken_of().await, Vec::<String>::new(), "what is personal stands in the records alone");
    }
}

/// One person's record.
///
/// # Panics
/// When the staff has no such person.
#[must_use]
pub fn person(name: &str) -> Person {
    let (_, roles) = PEOPLE.iter().find(|(known, _)| *known == name).unwrap();
    Person::new(id(name), Some(id("works")), roles.iter().map(|role| id(role)).collect())
}

/// A skilled worker who is to begin on [`START`].
#[must_use]
pub fn employee(name: &str) -> Employee {
    Employee { id: id(name), personal: personal(), employment: employment() }
}

/// What is personal about every employee of these tests.
///
/// # Panics
/// Never.
#[must_use]
pub fn personal() -> PersonalData {
    canonical::from_text(
        r#"{"name":"Zebunnessa Quaderi","email":"Zebu.Q@example.com","phone":"01798765432","nid":"5092174638"}"#,
    )
    .unwrap()
}

/// The work of every employee of these tests.
#[must_use]
pub fn employment() -> Employment {
    Employment {
        department: id("works"),
        position: "Site engineer".to_owned(),
        grade: Some("G7".to_owned()),
        class: id("skilled"),
        start_date: id(START),
        manager: id(MANAGER),
        hr_manager: id(HR),
    }
}

/// Somebody who leaves.
#[must_use]
pub fn leaving(name: &str, last_day: &str) -> Leaving {
    Leaving { employee: id(name), last_day: id(last_day), reason: "another post".to_owned(), hr_manager: id(HR) }
}

impl Staff {
    /// Claims an onboarding as the HR manager.
    ///
    /// # Errors
    /// The refusal.
    pub async fn hire(&self, employee: &Employee) -> Result<Claim, Refusal> {
        self.hire_as(HR, &request(), employee).await
    }

    /// Claims an onboarding.
    ///
    /// # Errors
    /// The refusal.
    pub async fn hire_as(&self, person: &str, request: &RequestId, employee: &Employee) -> Result<Claim, Refusal> {
        self.ask(&actor(person), request, Asked::Onboarding(employee)).await
    }

    /// Claims an offboarding as the HR manager.
    ///
    /// # Errors
    /// The refusal.
    pub async fn release(&self, leaving: &Leaving) -> Result<Claim, Refusal> {
        self.ask(&actor(HR), &request(), Asked::Offboarding(leaving)).await
    }

    /// Claims a process.
    ///
    /// # Errors
    /// The refusal.
    pub async fn ask(&self, actor: &Actor, request: &RequestId, asked: Asked<'_>) -> Result<Claim, Refusal> {
        claim::claim(&self.ledger(), actor, request, asked).await.unwrap()
    }

    /// Writes whether a person is active.
    pub async fn put_active(&self, name: &str, active: bool) {
        self.put_person(Person { active, ..person(name) }).await;
    }

    /// A process as it is shown.
    pub async fn process(&self, key: &DocumentKey) -> ProcessView {
        let mut tx = self.ledger().read(&key.tenant).await.unwrap();
        views::process(&mut tx, key).await.unwrap().unwrap()
    }

    /// What an employee was given.
    pub async fn given(&self, name: &str) -> Vec<Provision> {
        let mut tx = self.read().await.unwrap();
        provisions::of(&mut tx, &id(ACME), &id(name)).await.unwrap()
    }

    /// What an employee has, by its names, in order of the names.
    pub async fn has(&self, name: &str) -> Vec<String> {
        let active = self.given(name).await.into_iter().filter(|p| p.active);
        let mut names: Vec<String> = active.map(|p| p.reference).collect();
        names.sort();
        names
    }

    /// A command that a person gives now, not yet signed.
    #[must_use]
    pub fn ordered(&self, key: &DocumentKey, person: &str, action: Action) -> Command {
        Command { key: key.clone(), action, actor: id(person), in_office: false, request_id: request(), at: self.now() }
    }

    /// The same, signed as the facade signs.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn signed_order(&self, key: &DocumentKey, person: &str, action: Action) -> SignedCommand {
        self.ordered(key, person, action).sign(&self.key).unwrap()
    }

    /// The tables beside the records in which something personal stands, with the word.
    pub async fn spoken_of(&self) -> Vec<String> {
        let mut found = places(&self.database, PERSONAL).await;
        found.retain(|place| !place.starts_with("employee_records"));
        found
    }

    /// Makes a moment the present.
    pub fn to(&self, moment: DateTime<Utc>) {
        self.at(&moment.to_rfc3339());
    }
}

/// The tables that hold any of these lowercase words in any column, each with the word.
pub async fn places(database: &Database, words: &[&str]) -> Vec<String> {
    let mut raw = database.raw().await;
    let mut found = Vec::new();
    let tables: Vec<String> = raw.rows().await.into_keys().collect();
    for table in tables {
        let columns = columns(&mut raw, database.engine, &table).await;
        let holds = |words: &[&str]| {
            let tests = words.iter().flat_map(|word| {
                columns.iter().map(move |column| format!("lower(CAST({column} AS TEXT)) LIKE '%{word}%'"))
            });
            format!("SELECT count(*) FROM {table} WHERE {}", tests.collect::<Vec<_>>().join(" OR "))
        };
        // Most tables hold none of them.
        if raw.number(&holds(words)).await == 0 {
            continue;
        }
        for word in words {
            if raw.number(&holds(&[word])).await > 0 {
                found.push(format!("{table}: {word}"));
            }
        }
    }
    found
}

async fn columns(raw: &mut Raw, engine: Engine, table: &str) -> Vec<String> {
    let sql = match engine {
        Engine::Sqlite => format!("SELECT name FROM pragma_table_info('{table}')"),
        Engine::Postgres => format!(
            "SELECT column_name::text FROM information_schema.columns
             WHERE table_name = '{table}' AND table_schema = 'public'"
        ),
    };
    raw.texts(&sql).await
}
