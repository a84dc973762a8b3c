//! Onboarding, offboarding and the records of employees.

mod act;
mod erase;
mod inbox;
mod read;
mod start;

use chrono::Days;
use tonic::Status;
use tonic_types::StatusExt as _;
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::signature::AcceptedKeys;
use vextrus_domain::{DocumentKey, Employee};
use vextrus_ledger::approvals::Trust;
use vextrus_ledger::employees::claim::{self, Asked};
use vextrus_ledger::employees::course::Course;
use vextrus_ledger::employees::processes;
use vextrus_ledger::masterdata;
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_lifecycle::{Action, Command, DAY_MILLIS, Facts, Status as Ended, Template, resolve};
use vextrus_proto::onboarding::v1 as proto;

use crate::setup::{World, actor, now};

/// What may stand in no answer but the record itself.
const PERSONAL: [&str; 4] = ["okeya", "ultana", "12345678", "1234567890"];

/// An employee of `karim`'s, whose process is `habib`'s.
fn employee(id: &str) -> Employee {
    let start = dhaka_date(now()).checked_add_days(Days::new(14)).unwrap();
    serde_json::from_value(serde_json::json!({
        "id": id,
        "personal": {"name": "Rokeya Sultana", "email": "rokeya@example.com", "phone": "01712345678", "nid": "1234567890"},
        "employment": {"department": "works", "position": "Site engineer", "grade": "G7", "class": "skilled",
            "start_date": start, "manager": "karim", "hr_manager": "habib"},
    }))
    .unwrap()
}

fn message(id: &str) -> proto::Employee {
    vextrus_facade::employee(&employee(id))
}

fn start(request_id: &str, employee: proto::Employee) -> proto::StartOnboardingRequest {
    let (parent, request_id) = ("tenants/acme".to_owned(), request_id.to_owned());
    proto::StartOnboardingRequest { parent, request_id, employee: Some(employee) }
}

fn name(key: &DocumentKey) -> String {
    format!("tenants/{}/onboardings/{}", key.tenant, key.document)
}

/// Claims an onboarding for `farzana`, whose HR manager is `habib`, as the facade would.
async fn claimed(world: &World, id: &str) -> DocumentKey {
    let (request_id, employee) = (format!("claim-{id}").parse().unwrap(), employee(id));
    let claim = claim::claim(&world.ledger, &actor("farzana"), &request_id, Asked::Onboarding(&employee)).await;
    claim.unwrap().unwrap().process.key
}

/// Gives a person an account, with these roles.
async fn with_account(world: &World, person: &str, roles: &[&str]) {
    let company = serde_json::from_value(serde_json::json!({
        "tenant": "acme",
        "payer": {"name": "Works Ltd", "bin": "111222333-0101", "address": "Dhaka"},
        "people": [{"id": person, "department": "works", "roles": roles}],
        "vendors": [],
        "budgets": [],
    }));
    let mut tx = world.ledger.begin(&"acme".parse().unwrap()).await.unwrap();
    masterdata::import(&mut tx, &company.unwrap(), "test").await.unwrap();
    tx.commit().await.unwrap();
}

/// The same, with its plan as the worker makes it.
async fn planned(world: &World, id: &str) -> DocumentKey {
    let key = claimed(world, id).await;
    let mut tx = world.ledger.begin(&key.tenant).await.unwrap();
    let process = processes::lock(&mut tx, &key).await.unwrap().unwrap();
    let rule = rules::version(&mut tx, RuleKind::Onboarding, &process.template).await.unwrap();
    let facts = Facts {
        employee: &process.employee,
        employment: &process.employment,
        extended: false,
        people: &masterdata::people(&mut tx, &key.tenant).await.unwrap(),
        calendar: &rules::calendar(&mut tx, &key.tenant).await.unwrap(),
        template: &process.template,
        revision: 1,
        began_at: process.claimed_at,
        day_millis: DAY_MILLIS,
        undoes: None,
    };
    let plan = resolve(&Template::parse(&rule.content).unwrap(), &facts).unwrap();
    let at = tx.now();
    let mut course = Course::load(&mut tx, &process).await.unwrap();
    course.plan(&mut tx, &process, &plan, at).await.unwrap().unwrap();
    course.write(&mut tx, &process).await.unwrap();
    tx.commit().await.unwrap();
    key
}

/// Writes a command as the worker would.
async fn brought(world: &World, key: &DocumentKey, person: &str, request_id: &str, action: Action) {
    let request_id = request_id.parse().unwrap();
    let mut tx = world.ledger.begin(&key.tenant).await.unwrap();
    let process = processes::lock(&mut tx, key).await.unwrap().unwrap();
    let answers = claim::may_administer(&mut tx, &actor(person), &process).await.unwrap().is_ok();
    let in_office = answers && !matches!(action, Action::Complete { .. });
    let command = Command { key: key.clone(), action, actor: actor(person).person, in_office, request_id, at: now() };
    let signed = command.sign(&world.key).unwrap();
    let keys = AcceptedKeys::from_public_texts([world.key.public_text().as_str()]).unwrap();
    let mut course = Course::load(&mut tx, &process).await.unwrap();
    let at = tx.now();
    let trust = Trust { keys, unsigned: false };
    course.command(&mut tx, &process, &signed, &trust, at).await.unwrap().unwrap();
    course.write(&mut tx, &process).await.unwrap();
    tx.commit().await.unwrap();
}

/// Ends a process, in which nothing was done that is to be undone.
async fn ended(world: &World, key: &DocumentKey) {
    let mut tx = world.ledger.begin(&key.tenant).await.unwrap();
    let process = processes::lock(&mut tx, key).await.unwrap().unwrap();
    let mut course = Course::load(&mut tx, &process).await.unwrap();
    let at = tx.now();
    course.stop(&mut tx, &process, (Ended::Cancelled, "an operator did"), at).await.unwrap().unwrap();
    course.write(&mut tx, &process).await.unwrap();
    tx.commit().await.unwrap();
}

/// Requires that nothing personal stands in a status.
fn says_nothing_personal(status: &Status) {
    let shown = format!("{status:?} {:?}", status.get_error_details());
    for personal in PERSONAL {
        assert!(!shown.contains(personal), "{personal}: {shown}");
    }
}
