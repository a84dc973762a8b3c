//! GetProcess and ListProcesses. Every active person of the tenant may read a process; what is personal, few, and
//! what people said, those whom it concerns.

use chrono::{DateTime, Utc};
use vextrus_domain::{Actor, DocumentKey, PersonId, canonical};
use vextrus_ledger::employees::views::{self, ProcessView};
use vextrus_ledger::employees::{claim, processes, records};
use vextrus_ledger::{LedgerError, Tx};
use vextrus_lifecycle::{Machine, Process};
use vextrus_proto::onboarding::v1 as proto;

use super::names as own;
use super::render;
use crate::call::Call;
use crate::errors::Failure;
use crate::read::reader;
use crate::service::App;
use crate::{filter, names, pages};

pub(crate) async fn get(
    app: &App,
    call: &Call,
    request: proto::GetProcessRequest,
) -> Result<proto::GetProcessResponse, Failure> {
    let named = own::named(&request.name, &call.actor)?;
    if named.task.is_some() {
        return Err(Failure::field("name", "it names a task; give its process"));
    }
    let mut tx = app.ledger.read(&call.actor.tenant).await?;
    reader(app, &mut tx, call, &request.name).await?;
    let view = process(&mut tx, named.kind, &named.key).await?;
    Ok(proto::GetProcessResponse { process: Some(shown(&mut tx, &call.actor, view).await?) })
}

/// Where a page ends, and of which list: another filter has other pages.
type Cursor = (DateTime<Utc>, String, String);

pub(crate) async fn list(
    app: &App,
    call: &Call,
    request: proto::ListProcessesRequest,
) -> Result<proto::ListProcessesResponse, Failure> {
    names::own_tenant(&request.parent, &call.actor)?;
    let filter = filter::processes(&request.filter)?;
    let size = pages::size(request.page_size)?;
    let of = canonical::sha256_hex(&request.filter);
    let before = pages::cursor::<Cursor>(&request.page_token)?;
    if before.as_ref().is_some_and(|(.., list)| *list != of) {
        return Err(Failure::field("page_token", "it is of another filter; start with an empty one"));
    }
    let before = before.map(|(at, process, _)| (at, process));
    let mut tx = app.ledger.report(&call.actor.tenant).await?;
    reader(app, &mut tx, call, &request.parent).await?;
    let mut found = processes::list(&mut tx, &call.actor.tenant, &filter, before.as_ref(), size + 1).await?;
    let next_page_token = pages::cut(&mut found, size, |p| (p.claimed_at, p.key.document.to_string(), of.clone()))?;
    let processes = found.iter().map(render::listed).collect::<Result<_, _>>()?;
    Ok(proto::ListProcessesResponse { processes, next_page_token })
}

/// A process of this kind.
pub(super) async fn process(tx: &mut Tx, kind: Process, key: &DocumentKey) -> Result<ProcessView, Failure> {
    let view = views::process(tx, key).await?.filter(|view| view.process.kind == kind);
    view.ok_or_else(|| names::not_found(&own::process_name(kind, &key.tenant, key.document.as_str())).into())
}

/// A process as the actor may see it.
pub(super) async fn shown(tx: &mut Tx, actor: &Actor, view: ProcessView) -> Result<proto::EmployeeProcess, Failure> {
    let process = &view.process;
    let (mut personal, mut words) = (None, was_asked(&view.machine, &actor.person));
    if is_concerned(tx, actor, &view).await? {
        let record = records::get(tx, &process.key.tenant, &process.employee).await?;
        (personal, words) = (record.map(|record| record.personal), true);
    }
    Ok(render::process(&view, personal.as_ref(), words)?)
}

/// Whether somebody may read what was said in a process.
pub(crate) async fn hears(tx: &mut Tx, actor: &Actor, kind: Process, key: &DocumentKey) -> Result<bool, Failure> {
    let view = process(tx, kind, key).await?;
    Ok(was_asked(&view.machine, &actor.person) || is_concerned(tx, actor, &view).await?)
}

/// Whether somebody may see what is personal about the employee.
async fn is_concerned(tx: &mut Tx, actor: &Actor, view: &ProcessView) -> Result<bool, LedgerError> {
    let process = &view.process;
    Ok(actor.person == process.employee
        || actor.person == *render::manager(view)
        || claim::may_administer(tx, actor, process).await?.is_ok())
}

/// Whether somebody is or was asked in a task, and so may see what was said.
fn was_asked(machine: &Machine, person: &PersonId) -> bool {
    let mut asked = machine.tasks().iter().filter(|t| t.opened_at.is_some());
    asked.any(|t| t.people.contains(person) || t.plan.people.contains(person) || t.by.as_ref() == Some(person))
}
