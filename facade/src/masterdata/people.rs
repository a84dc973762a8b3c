//! UpsertPerson, GetPerson and ListPeople.

use vextrus_domain::{PersonId, Refusal, RefusalCode};
use vextrus_ledger::masterdata::{self, Record, Stored};
use vextrus_proto::masterdata::v1 as proto;

use super::records::{another, found, listing, put, reading, wanted};
use super::{fields, names, render};
use crate::call::Call;
use crate::errors::Failure;
use crate::pages;
use crate::service::App;

pub(crate) async fn upsert(
    app: &App,
    call: &Call,
    request: proto::UpsertPersonRequest,
) -> Result<proto::UpsertPersonResponse, Failure> {
    let ids = (request.parent.as_str(), request.request_id.as_str());
    let given = request.person.map(|record| (record.etag.clone(), record));
    let wanted = wanted(call, ids, "person", given, |reader, given| fields::person(reader, given, &call.actor))?;
    if matches!(wanted.record(), Record::Person(person) if person.id == call.actor.person) {
        let message = format!("{} is yourself; somebody else gives you roles and limits", call.actor.person);
        return Err(Refusal::new(RefusalCode::PermissionDenied, message).into());
    }
    let done = put(app, call, &wanted).await?;
    let Record::Person(person) = wanted.into_record() else { return Err(another("person")) };
    let person = render::person(&call.actor.tenant, Stored { record: person, version: done.version });
    Ok(proto::UpsertPersonResponse { person: Some(person), change: render::change(done.change).into() })
}

pub(crate) async fn get(
    app: &App,
    call: &Call,
    request: proto::GetPersonRequest,
) -> Result<proto::GetPersonResponse, Failure> {
    let tenant = &call.actor.tenant;
    let id: PersonId = names::record("name", &request.name, "people", &call.actor)?;
    let id = if id.as_str() == masterdata::ME { call.actor.person.clone() } else { id };
    let mut tx = reading(app, call, &request.name).await?;
    let stored = found(masterdata::person(&mut tx, tenant, &id).await?, &request.name)?;
    Ok(proto::GetPersonResponse { person: Some(render::person(tenant, stored)) })
}

pub(crate) async fn list(
    app: &App,
    call: &Call,
    request: proto::ListPeopleRequest,
) -> Result<proto::ListPeopleResponse, Failure> {
    let tenant = &call.actor.tenant;
    let (mut tx, size) = listing(app, call, &request.parent, request.page_size).await?;
    let after: String = pages::cursor(&request.page_token)?.unwrap_or_default();
    let mut lines = masterdata::people_page(&mut tx, tenant, &after, size + 1).await?;
    let next_page_token = pages::cut(&mut lines, size, |line| line.record.id.to_string())?;
    let people = lines.into_iter().map(|line| render::person(tenant, line)).collect();
    Ok(proto::ListPeopleResponse { people, next_page_token })
}
