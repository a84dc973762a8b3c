//! Pages of records, by their names.

use vextrus_domain::vendor::Vendor;
use vextrus_domain::{Department, Person, TenantId};

use super::store::{BudgetLine, BudgetRow, DepartmentRow, Stored, VersionedPerson, VersionedVendor};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// The tenant's people after this one, whether active or not.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn people_page(
    tx: &mut Tx,
    tenant: &TenantId,
    after: &str,
    page: u32,
) -> Result<Vec<Stored<Person>>, LedgerError> {
    let rows: Vec<VersionedPerson> = tx
        .all(
            "SELECT person, department, roles, active, manager, deputy, approval_limit, version FROM people
             WHERE tenant = $1 AND person > $2 ORDER BY person LIMIT CAST($3 AS BIGINT)",
            args![tenant.as_str(), after, page],
        )
        .await?;
    rows.into_iter().map(VersionedPerson::into_stored).collect()
}

/// The tenant's vendors after this one, whether active or not.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn vendors(
    tx: &mut Tx,
    tenant: &TenantId,
    after: &str,
    page: u32,
) -> Result<Vec<Stored<Vendor>>, LedgerError> {
    let rows: Vec<VersionedVendor> = tx
        .all(
            "SELECT vendor, name, kind, tin, bin, active, tax, class, version FROM vendors
             WHERE tenant = $1 AND vendor > $2 ORDER BY vendor LIMIT CAST($3 AS BIGINT)",
            args![tenant.as_str(), after, page],
        )
        .await?;
    rows.into_iter().map(VersionedVendor::into_stored).collect()
}

/// The tenant's departments after this one, whether active or not.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn departments(
    tx: &mut Tx,
    tenant: &TenantId,
    after: &str,
    page: u32,
) -> Result<Vec<Stored<Department>>, LedgerError> {
    let rows: Vec<DepartmentRow> = tx
        .all(
            "SELECT department, name, head, active, version FROM departments
             WHERE tenant = $1 AND department > $2 ORDER BY department LIMIT CAST($3 AS BIGINT)",
            args![tenant.as_str(), after, page],
        )
        .await?;
    rows.into_iter().map(DepartmentRow::into_stored).collect()
}

/// The tenant's budget lines after this one: fiscal year, department and project (empty for the department's own).
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn budgets(
    tx: &mut Tx,
    tenant: &TenantId,
    after: &(String, String, String),
    page: u32,
) -> Result<Vec<Stored<BudgetLine>>, LedgerError> {
    let (year, department, project) = after;
    let rows: Vec<BudgetRow> = tx
        .all(
            "SELECT fiscal_year, department, project, allocated, reserved, committed, excess, version FROM budget_lines
             WHERE tenant = $1 AND (fiscal_year, department, project) > ($2, $3, $4)
             ORDER BY fiscal_year, department, project LIMIT CAST($5 AS BIGINT)",
            args![tenant.as_str(), year, department, project, page],
        )
        .await?;
    rows.into_iter().map(BudgetRow::into_stored).collect()
}
