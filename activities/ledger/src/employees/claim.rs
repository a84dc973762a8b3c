//! Claims: an employee has one process at a time. What is personal is taken in here and goes no further than the record.

use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use vextrus_domain::violations::FieldViolation;
use vextrus_domain::{
    Actor, DocumentKey, Employee, Employment, PersonId, Refusal, RefusalCode, RequestId, RoleName, TenantId, canonical,
};
use vextrus_lifecycle::{Process, Status, Template};

use super::course::Course;
use super::processes::{self, State, StoredProcess};
use super::records;
use crate::claims::not_a_member;
use crate::db::{Ledger, Tx, args};
use crate::error::LedgerError;
use crate::intake::{self, Intake};
use crate::rules::{self, ActiveRule, RuleKind};
use crate::{effects, masterdata, retry};

/// How an onboarding ends that leaves the employee in the company, and an offboarding after which they are gone.
const DONE: &str = Status::Completed.name();
const PARTLY: &str = Status::Partial.name();
/// The longest reason, in bytes.
const MAX_REASON: usize = 500;

/// An employee who is to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaving {
    /// Who.
    pub employee: PersonId,
    /// The last day at work.
    pub last_day: NaiveDate,
    /// Why, for the trail.
    pub reason: String,
    /// Who answers for the process.
    pub hr_manager: PersonId,
}

impl Leaving {
    /// Everything that is wrong with it on its own.
    #[must_use]
    pub fn violations(&self) -> Vec<FieldViolation> {
        let mut found = Vec::new();
        let mut say = |field: &str, code, message: String| {
            found.push(FieldViolation {
                field: field.to_owned(),
                refusal: Refusal::new(code, format!("{field}: {message}")),
            });
        };
        if self.reason.trim().is_empty() {
            say("reason", RefusalCode::InvalidField, "it is empty".to_owned());
        }
        if self.reason.len() > MAX_REASON {
            let message = format!("it has {} bytes; the most is {MAX_REASON}", self.reason.len());
            say("reason", RefusalCode::LimitExceeded, message);
        }
        if self.hr_manager == self.employee {
            say("hr_manager", RefusalCode::InvalidField, "it is the employee; name somebody else".to_owned());
        }
        found
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// An onboarding.
    Onboarding(&'a Employee),
    /// An offboarding.
    Offboarding(&'a Leaving),
}

impl Asked<'_> {
    /// The process.
    #[must_use]
    pub const fn process(&self) -> Process {
        match self {
            Self::Onboarding(_) => Process::Onboarding,
            Self::Offboarding(_) => Process::Offboarding,
        }
    }

    const fn intake(&self) -> Intake {
        match self {
            Self::Onboarding(_) => Intake::Onboarding,
            Self::Offboarding(_) => Intake::Offboarding,
        }
    }

    /// Whose.
    #[must_use]
    pub const fn employee(&self) -> &PersonId {
        match self {
            Self::Onboarding(employee) => &employee.id,
            Self::Offboarding(leaving) => &leaving.employee,
        }
    }
}

/// A claimed process.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The process.
    pub process: StoredProcess,
    /// Whether it had been claimed before, by this very request or by the same one under another id.
    pub repeated: bool,
}

/// Claims a process.
///
/// The same request id with the same content is answered the same way, and so is the same content of the same person under
/// another id while the workflow may not have started. Any other process of the employee that has not ended is a refusal.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is a refusal.
pub async fn claim(
    ledger: &Ledger,
    actor: &Actor,
    request_id: &RequestId,
    asked: Asked<'_>,
) -> Result<Result<Claim, Refusal>, LedgerError> {
    retry::keyed(async || {
        let mut tx = ledger.begin(&actor.tenant).await?;
        let claimed = claim_once(&mut tx, actor, request_id, asked).await?;
        if claimed.is_ok() {
            tx.commit().await?;
        }
        Ok(claimed)
    })
    .await
}

/// The template by which something new is begun, where it is taken at all.
async fn template(
    tx: &mut Tx,
    tenant: &TenantId,
    asked: Asked<'_>,
) -> Result<Result<(ActiveRule, Arc<Template>), Refusal>, LedgerError> {
    if let Some(refusal) = intake::closed(tx, tenant, asked.intake()).await? {
        return Ok(Err(refusal));
    }
    match rules::needed(tx, tenant, RuleKind::Onboarding, asked.process().name()).await? {
        Ok(rule) => {
            let template = rule.read(tx, Template::parse)?;
            Ok(Ok((rule, template)))
        }
        Err(refusal) => Ok(Err(refusal)),
    }
}

async fn claim_once(
    tx: &mut Tx,
    actor: &Actor,
    request_id: &RequestId,
    asked: Asked<'_>,
) -> Result<Result<Claim, Refusal>, LedgerError> {
    let tenant = &actor.tenant;
    if !masterdata::is_active(tx, tenant, &actor.person).await? {
        return Ok(Err(not_a_member(actor)));
    }
    if let Some(earlier) = processes::of_request(tx, tenant, request_id.as_str()).await? {
        return repeated(tx, actor, request_id, asked, earlier).await;
    }
    let (rule, template) = match template(tx, tenant, asked).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (employment, undoes) = match work(tx, tenant, asked).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(refusal) = people_missing(tx, tenant, asked.process(), &employment).await? {
        return Ok(Err(refusal));
    }
    // Whom a request names as its HR manager proves nothing: anybody could name themselves.
    if !holds(tx, actor, &template.administrators).await? {
        return Ok(Err(not_of_role(actor, &template.administrators)));
    }
    let latest = processes::latest_of(tx, tenant, asked.employee()).await?;
    if let Some(open) = latest.clone().filter(|p| p.state != State::Ended) {
        // The same request at once: it was not there yet when it was looked for.
        if open.request_id == request_id.as_str() {
            return repeated(tx, actor, request_id, asked, open).await;
        }
        // Or it is sent again under a new id, because the workflow could not be started then.
        if open.state == State::Claimed && is_same(tx, actor, asked, &open).await? {
            return Ok(Ok(Claim { process: open, repeated: true }));
        }
        let message = format!("{} has the {} {} already", open.employee, open.kind, open.key.document);
        return Ok(Err(Refusal::new(RefusalCode::ProcessOpen, message)));
    }
    let (hash, personal_hash) = match asked {
        Asked::Onboarding(employee) => {
            if let Some(refusal) = speaks_of_person(employee, request_id) {
                return Ok(Err(refusal));
            }
            if is_employed(tx, tenant, &employee.id, latest.as_ref()).await? {
                return Ok(Err(employed(&employee.id)));
            }
            let record = records::put(tx, tenant, &employee.id, &employee.personal).await?;
            (record.hash(employee)?, Some(record.hash(&employee.personal)?))
        }
        Asked::Offboarding(leaving) => {
            let record = records::get(tx, tenant, &leaving.employee).await?;
            let fields = [("reason", leaving.reason.as_str()), ("request_id", request_id.as_str())];
            let found = record.and_then(|record| fields.into_iter().find(|(_, words)| record.is_in(words)));
            if let Some((field, _)) = found {
                return Ok(Err(records::personal_words(field)));
            }
            (canonical::hash(leaving)?, None)
        }
    };
    let key = processes::key_of(tenant, &Uuid::now_v7().to_string())?;
    insert(tx, &key, actor, request_id, asked, &hash, &employment, &rule.hash, undoes.as_ref()).await?;
    let reason = match asked {
        Asked::Onboarding(_) => None,
        Asked::Offboarding(leaving) => Some(&leaving.reason),
    };
    let body = json!({"request_id": request_id, "process": asked.process(), "employee": asked.employee(),
        "employment": &employment, "template": &rule.hash, "undoes": undoes.as_ref().map(|k| &k.document),
        "payload_hash": &hash, "personal_hash": personal_hash, "reason": reason});
    tx.audit(&key, "claimed", Some(&actor.person), body);
    let process = processes::get(tx, &key).await?;
    let process = process.ok_or_else(|| LedgerError::corrupt("process", "it is not there once it was written"))?;
    Ok(Ok(Claim { process, repeated: false }))
}

#[expect(clippy::too_many_arguments, reason = "one row, written in one place")]
async fn insert(
    tx: &mut Tx,
    key: &DocumentKey,
    actor: &Actor,
    request_id: &RequestId,
    asked: Asked<'_>,
    hash: &str,
    employment: &Employment,
    template: &str,
    undoes: Option<&DocumentKey>,
) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO employee_processes (tenant, process, kind, employee, request_id, payload_hash, employment, template, undoes,
            requested_by, state, claimed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'claimed', $11)",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            asked.process().name(),
            asked.employee().as_str(),
            request_id.as_str(),
            hash,
            canonical::to_text(employment)?,
            template,
            undoes.map(|k| k.document.as_str()),
            actor.person.as_str(),
            tx.now()
        ],
    )
    .await
    .map(drop)
}

/// The same request again, or another one under its id.
async fn repeated(
    tx: &mut Tx,
    actor: &Actor,
    request_id: &RequestId,
    asked: Asked<'_>,
    earlier: StoredProcess,
) -> Result<Result<Claim, Refusal>, LedgerError> {
    if is_same(tx, actor, asked, &earlier).await? {
        return Ok(Ok(Claim { process: earlier, repeated: true }));
    }
    let message = format!("request id {request_id} was used for another request; use a new one");
    Ok(Err(Refusal::new(RefusalCode::RequestIdReused, message)))
}

/// Whether a process was claimed by the same person with the same content.
async fn is_same(tx: &mut Tx, actor: &Actor, asked: Asked<'_>, earlier: &StoredProcess) -> Result<bool, LedgerError> {
    let hash = match asked {
        Asked::Onboarding(employee) => match records::get(tx, &actor.tenant, &earlier.employee).await? {
            Some(record) => Some(record.hash(employee)?),
            None => None,
        },
        Asked::Offboarding(leaving) => Some(canonical::hash(leaving)?),
    };
    Ok(earlier.requested_by == actor.person
        && earlier.kind == asked.process()
        && hash.is_some_and(|hash| hash == earlier.payload_hash))
}

/// The work of an employee who comes is given; that of one who leaves is known.
async fn work(
    tx: &mut Tx,
    tenant: &TenantId,
    asked: Asked<'_>,
) -> Result<Result<(Employment, Option<DocumentKey>), Refusal>, LedgerError> {
    let leaving = match asked {
        Asked::Onboarding(employee) => return Ok(Ok((employee.employment.clone(), None))),
        Asked::Offboarding(leaving) => leaving,
    };
    let latest = processes::latest_of(tx, tenant, &leaving.employee).await?;
    let open = latest.as_ref().is_some_and(|p| p.state != State::Ended);
    let stays =
        |p: &StoredProcess| p.kind == Process::Offboarding && !matches!(p.status.as_deref(), Some(DONE | PARTLY));
    // Who took their leaving back may leave another time; it is the same coming that is undone.
    let latest = match latest {
        Some(p) if p.state == State::Ended && stays(&p) => match &p.undoes {
            Some(onboarding) => processes::get(tx, onboarding).await?,
            None => Some(p),
        },
        latest => latest,
    };
    let onboarded =
        latest.filter(|p| open || p.kind == Process::Onboarding && matches!(p.status.as_deref(), Some(DONE | PARTLY)));
    let Some(onboarding) = onboarded else {
        let message = format!("{} has no completed onboarding in {tenant} that could be undone", leaving.employee);
        return Ok(Err(Refusal::new(RefusalCode::NotOnboarded, message)));
    };
    // To whom they report now, whoever that was when they came.
    let course = Course::load(tx, &onboarding).await?;
    let employment = Employment {
        start_date: leaving.last_day,
        hr_manager: leaving.hr_manager.clone(),
        ..course.machine().changes().applied_to(&onboarding.employment)
    };
    Ok(Ok((employment, Some(onboarding.key))))
}

/// Of somebody who leaves the manager may have left before: then those who answer for the process stand in.
async fn people_missing(
    tx: &mut Tx,
    tenant: &TenantId,
    process: Process,
    work: &Employment,
) -> Result<Option<Refusal>, LedgerError> {
    let manager = (process == Process::Onboarding).then_some(("manager", &work.manager));
    for (field, person) in manager.into_iter().chain([("hr_manager", &work.hr_manager)]) {
        if !masterdata::is_active(tx, tenant, person).await? {
            let message = format!("employment.{field}: {person} is not an active person of {tenant}; name one");
            return Ok(Some(Refusal::new(RefusalCode::InvalidField, message)));
        }
    }
    Ok(None)
}

/// Whether somebody works for the company: undoing another onboarding of theirs would take away what they have.
async fn is_employed(
    tx: &mut Tx,
    tenant: &TenantId,
    employee: &PersonId,
    latest: Option<&StoredProcess>,
) -> Result<bool, LedgerError> {
    let carried_out = |p: &StoredProcess| matches!(p.status.as_deref(), Some(DONE | PARTLY));
    let stays = latest.is_some_and(|p| carried_out(p) == (p.kind == Process::Onboarding));
    Ok(stays || masterdata::is_active(tx, tenant, employee).await?)
}

fn employed(employee: &PersonId) -> Refusal {
    let message = format!("id: {employee} works for the company already; give a new employee an id of their own");
    Refusal::new(RefusalCode::AlreadyEmployed, message).about(employee.as_str())
}

/// What of a claim stands in histories and on the trail.
fn speaks_of_person(employee: &Employee, request_id: &RequestId) -> Option<Refusal> {
    let work = &employee.employment;
    let fields = [
        ("id", employee.id.as_str()),
        ("request_id", request_id.as_str()),
        ("employment.department", work.department.as_str()),
        ("employment.position", work.position.as_str()),
        ("employment.grade", work.grade.as_deref().unwrap_or_default()),
    ];
    let found = fields.into_iter().find(|(_, words)| records::is_in(&employee.personal, words));
    found.map(|(field, _)| records::personal_words(field))
}

async fn holds(tx: &mut Tx, actor: &Actor, role: &RoleName) -> Result<bool, LedgerError> {
    let people = masterdata::people(tx, &actor.tenant).await?;
    Ok(people.iter().any(|p| p.active && p.id == actor.person && p.roles.contains(role)))
}

/// Whether somebody answers for an employee's process: its HR manager, or one who holds the role of administrators today. Nobody
/// answers for their own.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `NOT_ADMINISTRATOR`.
pub async fn may_administer(
    tx: &mut Tx,
    actor: &Actor,
    process: &StoredProcess,
) -> Result<Result<(), Refusal>, LedgerError> {
    let rule = rules::version(tx, RuleKind::Onboarding, &process.template).await?;
    let template = rule.read(tx, Template::parse)?;
    let may = actor.person != process.employee
        && (actor.person == process.employment.hr_manager || holds(tx, actor, &template.administrators).await?);
    Ok(if may { Ok(()) } else { Err(not_hr(actor)) })
}

fn not_of_role(actor: &Actor, role: &RoleName) -> Refusal {
    let message =
        format!("{} does not hold the role {role}, whose holders begin processes; ask one of them", actor.person);
    Refusal::new(RefusalCode::NotAdministrator, message)
}

fn not_hr(actor: &Actor) -> Refusal {
    let message = format!("{} does not answer for this process; ask its HR manager", actor.person);
    Refusal::new(RefusalCode::NotAdministrator, message)
}

/// Puts on the trail, once, that somebody started a step of a process that was never claimed or is not in turn.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn tell_refused(
    tx: &mut Tx,
    key: &DocumentKey,
    kind: &'static str,
    input: &impl Serialize,
    refusal: &Refusal,
) -> Result<bool, LedgerError> {
    if processes::get(tx, key).await?.is_none() {
        return Ok(false);
    }
    let step = format!("{kind}/{}", canonical::hash(input)?);
    if effects::begin::<bool>(tx, key, &step, input).await?.is_some() {
        return Ok(false);
    }
    processes::lock(tx, key).await?;
    tx.audit(key, kind, None, json!({"code": refusal.code, "message": &refusal.message}));
    effects::finish(tx, key, &step, &true).await?;
    Ok(true)
}
