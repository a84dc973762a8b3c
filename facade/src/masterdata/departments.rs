//! UpsertDepartment, GetDepartment and ListDepartments.

use vextrus_domain::DepartmentId;
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
    request: proto::UpsertDepartmentRequest,
) -> Result<proto::UpsertDepartmentResponse, Failure> {
    let ids = (request.parent.as_str(), request.request_id.as_str());
    let given = request.department.map(|record| (record.etag.clone(), record));
    let wanted =
        wanted(call, ids, "department", given, |reader, given| fields::department(reader, given, &call.actor))?;
    let done = put(app, call, &wanted).await?;
    let Record::Department(department) = wanted.into_record() else { return Err(another("department")) };
    let department = render::department(&call.actor.tenant, Stored { record: department, version: done.version });
    Ok(proto::UpsertDepartmentResponse { department: Some(department), change: render::change(done.change).into() })
}

pub(crate) async fn get(
    app: &App,
    call: &Call,
    request: proto::GetDepartmentRequest,
) -> Result<proto::GetDepartmentResponse, Failure> {
    let tenant = &call.actor.tenant;
    let id: DepartmentId = names::record("name", &request.name, "departments", &call.actor)?;
    let mut tx = reading(app, call, &request.name).await?;
    let stored = found(masterdata::department(&mut tx, tenant, &id).await?, &request.name)?;
    Ok(proto::GetDepartmentResponse { department: Some(render::department(tenant, stored)) })
}

pub(crate) async fn list(
    app: &App,
    call: &Call,
    request: proto::ListDepartmentsRequest,
) -> Result<proto::ListDepartmentsResponse, Failure> {
    let tenant = &call.actor.tenant;
    let (mut tx, size) = listing(app, call, &request.parent, request.page_size).await?;
    let after: String = pages::cursor(&request.page_token)?.unwrap_or_default();
    let mut lines = masterdata::departments(&mut tx, tenant, &after, size + 1).await?;
    let next_page_token = pages::cut(&mut lines, size, |line| line.record.id.to_string())?;
    let departments = lines.into_iter().map(|line| render::department(tenant, line)).collect();
    Ok(proto::ListDepartmentsResponse { departments, next_page_token })
}
