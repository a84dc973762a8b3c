//! UpsertBudget, GetBudget and ListBudgets.

use vextrus_ledger::masterdata::{self, BudgetLine, Record, Stored};
use vextrus_proto::masterdata::v1 as proto;

use super::names::BudgetKey;
use super::records::{another, found, listing, put, reading, wanted};
use super::{fields, names, render};
use crate::call::Call;
use crate::errors::Failure;
use crate::pages;
use crate::service::App;

pub(crate) async fn upsert(
    app: &App,
    call: &Call,
    request: proto::UpsertBudgetRequest,
) -> Result<proto::UpsertBudgetResponse, Failure> {
    let ids = (request.parent.as_str(), request.request_id.as_str());
    let given = request.budget.map(|record| (record.etag.clone(), record));
    let wanted = wanted(call, ids, "budget", given, fields::budget)?;
    let done = put(app, call, &wanted).await?;
    let Record::Budget(budget) = wanted.into_record() else { return Err(another("budget")) };
    let (tenant, year) = (&call.actor.tenant, budget.fiscal_year.to_string());
    // What is taken of it is as it is now.
    let mut tx = app.ledger.read(tenant).await?;
    let line = masterdata::budget(&mut tx, tenant, &year, &budget.department, budget.project.as_ref()).await?;
    let line = line.ok_or_else(|| another("budget"))?.record;
    let stored = Stored { record: BudgetLine { budget, ..line }, version: done.version };
    let budget = Some(render::budget(tenant, stored));
    Ok(proto::UpsertBudgetResponse { budget, change: render::change(done.change).into() })
}

pub(crate) async fn get(
    app: &App,
    call: &Call,
    request: proto::GetBudgetRequest,
) -> Result<proto::GetBudgetResponse, Failure> {
    let tenant = &call.actor.tenant;
    let key: BudgetKey = names::record("name", &request.name, "budgets", &call.actor)?;
    let mut tx = reading(app, call, &request.name).await?;
    let year = key.fiscal_year.to_string();
    let stored = masterdata::budget(&mut tx, tenant, &year, &key.department, key.project.as_ref()).await?;
    Ok(proto::GetBudgetResponse { budget: Some(render::budget(tenant, found(stored, &request.name)?)) })
}

pub(crate) async fn list(
    app: &App,
    call: &Call,
    request: proto::ListBudgetsRequest,
) -> Result<proto::ListBudgetsResponse, Failure> {
    let tenant = &call.actor.tenant;
    let (mut tx, size) = listing(app, call, &request.parent, request.page_size).await?;
    let after = pages::cursor(&request.page_token)?.unwrap_or_default();
    let mut lines = masterdata::budgets(&mut tx, tenant, &after, size + 1).await?;
    let next_page_token = pages::cut(&mut lines, size, |line| {
        let budget = &line.record.budget;
        let project = budget.project.as_ref().map(ToString::to_string).unwrap_or_default();
        (budget.fiscal_year.to_string(), budget.department.to_string(), project)
    })?;
    let budgets = lines.into_iter().map(|line| render::budget(tenant, line)).collect();
    Ok(proto::ListBudgetsResponse { budgets, next_page_token })
}
