//! Who has an account may sign in, and has an inbox: a person of the company. Roles come with the master data.

use vextrus_domain::{DepartmentId, Employment, PersonId, TenantId};

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Makes the employee a person of the company, without roles; somebody hired again has none of those that they had.
///
/// # Errors
/// [`LedgerError::Database`].
pub(super) async fn employ(
    tx: &mut Tx,
    tenant: &TenantId,
    employee: &PersonId,
    employment: &Employment,
) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO people (tenant, person, department, roles, active, manager) VALUES ($1, $2, $3, '[]', $4, $5)
         ON CONFLICT (tenant, person) DO UPDATE SET department = $3, roles = '[]', active = $4, manager = $5, deputy = NULL,
            approval_limit = NULL",
        args![
            tenant.as_str(),
            employee.as_str(),
            DepartmentId::as_str(&employment.department),
            true,
            employment.manager.as_str()
        ],
    )
    .await
    .map(drop)
}

/// The employee is no active person of the company any more.
///
/// # Errors
/// [`LedgerError::Database`].
pub(super) async fn dismiss(tx: &mut Tx, tenant: &TenantId, employee: &PersonId) -> Result<(), LedgerError> {
    tx.exec(
        "UPDATE people SET active = $3 WHERE tenant = $1 AND person = $2",
        args![tenant.as_str(), employee.as_str(), false],
    )
    .await
    .map(drop)
}
