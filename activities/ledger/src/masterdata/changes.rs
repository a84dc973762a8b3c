//! What an import changes, for the trail: each record as it was and as it is.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use vextrus_domain::{ProjectId, Taka, TenantId};

use super::{Budget, Company, PersonRow, PurchaseOrder, VendorRow};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// How many changes stand in one entry.
pub(super) const IN_AN_ENTRY: usize = 200;

/// The records of a company that differ from what is stored, in its order. An address is not among them: the trail keeps for ever.
pub(super) async fn of(tx: &mut Tx, company: &Company) -> Result<Vec<Value>, LedgerError> {
    let tenant = &company.tenant;
    let mut changes = Vec::new();
    let before = people(tx, tenant).await?;
    compare(&mut changes, "person", &before, company.people.iter().map(|p| (p.id.to_string(), p)))?;
    let before = vendors(tx, tenant).await?;
    compare(&mut changes, "vendor", &before, company.vendors.iter().map(|v| (v.id.to_string(), v)))?;
    let before = orders(tx, tenant).await?;
    compare(&mut changes, "order", &before, company.purchase_orders.iter().map(|o| (o.number.to_string(), o)))?;
    let before = budgets(tx, tenant).await?;
    compare(&mut changes, "budget", &before, company.budgets.iter().map(|b| (budget_name(b), b)))?;
    Ok(changes)
}

fn compare<'a, T: Serialize + 'a>(
    changes: &mut Vec<Value>,
    what: &str,
    before: &BTreeMap<String, Value>,
    after: impl Iterator<Item = (String, &'a T)>,
) -> Result<(), LedgerError> {
    for (name, record) in after {
        let after = value(record)?;
        let before = before.get(&name);
        if before != Some(&after) {
            changes.push(json!({"what": what, "name": name, "before": before, "after": after}));
        }
    }
    Ok(())
}

fn value(record: &impl Serialize) -> Result<Value, LedgerError> {
    Ok(serde_json::to_value(record).map_err(vextrus_domain::canonical::CanonicalError::from)?)
}

async fn people(tx: &mut Tx, tenant: &TenantId) -> Result<BTreeMap<String, Value>, LedgerError> {
    let rows: Vec<PersonRow> = tx
        .all(
            "SELECT person, department, roles, active, manager, deputy, approval_limit FROM people WHERE tenant = $1",
            args![tenant.as_str()],
        )
        .await?;
    rows.into_iter().map(|row| Ok((row.person.clone(), value(&row.into_person()?)?))).collect()
}

#[derive(sqlx::FromRow)]
struct NamedVendor {
    vendor: String,
    #[sqlx(flatten)]
    row: VendorRow,
}

async fn vendors(tx: &mut Tx, tenant: &TenantId) -> Result<BTreeMap<String, Value>, LedgerError> {
    let rows: Vec<NamedVendor> = tx
        .all(
            "SELECT vendor, name, kind, tin, bin, active, tax, class FROM vendors WHERE tenant = $1",
            args![tenant.as_str()],
        )
        .await?;
    let bad = |e: &dyn std::fmt::Display| LedgerError::corrupt("vendor", e);
    let read = |named: NamedVendor| {
        let id = named.vendor.parse().map_err(|e| bad(&e))?;
        Ok((named.vendor, value(&named.row.into_vendor(&id)?)?))
    };
    rows.into_iter().map(read).collect()
}

#[derive(sqlx::FromRow)]
struct OrderRow {
    po_number: String,
    vendor: String,
    total: i64,
    open: bool,
}

async fn orders(tx: &mut Tx, tenant: &TenantId) -> Result<BTreeMap<String, Value>, LedgerError> {
    let rows: Vec<OrderRow> = tx
        .all(
            "SELECT po_number, vendor, total, open FROM purchase_orders WHERE tenant = $1 AND document IS NULL",
            args![tenant.as_str()],
        )
        .await?;
    let bad = |why: String| LedgerError::corrupt("purchase order", why);
    let read = |row: OrderRow| {
        let order = PurchaseOrder {
            number: row.po_number.parse().map_err(|e| bad(format!("{e}")))?,
            vendor: row.vendor.parse().map_err(|e| bad(format!("{e}")))?,
            total: Taka::from_poisha(row.total).map_err(|e| bad(e.to_string()))?,
            open: row.open,
        };
        Ok((row.po_number, value(&order)?))
    };
    rows.into_iter().map(read).collect()
}

#[derive(sqlx::FromRow)]
struct BudgetRow {
    fiscal_year: String,
    department: String,
    project: String,
    allocated: i64,
}

async fn budgets(tx: &mut Tx, tenant: &TenantId) -> Result<BTreeMap<String, Value>, LedgerError> {
    let rows: Vec<BudgetRow> = tx
        .all(
            "SELECT fiscal_year, department, project, allocated FROM budget_lines WHERE tenant = $1",
            args![tenant.as_str()],
        )
        .await?;
    let bad = |why: String| LedgerError::corrupt("budget", why);
    let read = |row: BudgetRow| {
        let project = Some(row.project).filter(|p| !p.is_empty());
        let budget = Budget {
            fiscal_year: row.fiscal_year.parse().map_err(|e| bad(format!("{e}")))?,
            department: row.department.parse().map_err(|e| bad(format!("{e}")))?,
            project: project.map(|p| p.parse()).transpose().map_err(|e| bad(format!("{e}")))?,
            allocated: Taka::from_poisha(row.allocated).map_err(|e| bad(e.to_string()))?,
        };
        Ok((budget_name(&budget), value(&budget)?))
    };
    rows.into_iter().map(read).collect()
}

fn budget_name(budget: &Budget) -> String {
    let project = budget.project.as_ref().map(ProjectId::as_str);
    [Some(budget.fiscal_year.to_string().as_str()), Some(budget.department.as_str()), project]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("/")
}
