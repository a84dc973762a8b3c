//! The names of records, such as `tenants/{tenant}/vendors/{vendor}`, and of changes of bank accounts.

use std::fmt::Display;
use std::str::FromStr;

use vextrus_domain::{Actor, DepartmentId, DocumentId, FiscalYear, ProjectId, TenantId};
use vextrus_ledger::masterdata::Budget;

use crate::errors::Failure;
use crate::names::of_actor;

/// The name of a record.
pub(super) fn record_name(tenant: &TenantId, collection: &str, id: impl Display) -> String {
    format!("tenants/{tenant}/{collection}/{id}")
}

/// The name of a change of a vendor's bank account.
pub(crate) fn change_name(tenant: &TenantId, change: impl Display) -> String {
    record_name(tenant, "bankAccountChanges", change)
}

/// The name of a budget line.
pub(super) fn budget_name(tenant: &TenantId, budget: &Budget) -> String {
    let project = budget.project.as_ref().map(|p| format!("~{p}")).unwrap_or_default();
    record_name(tenant, "budgets", format_args!("{}~{}{project}", budget.fiscal_year, budget.department))
}

/// Reads a field as the name of a record of this collection.
pub(super) fn record<T: FromStr<Err: Display>>(
    field: &str,
    name: &str,
    collection: &str,
    actor: &Actor,
) -> Result<T, Failure> {
    match name.split('/').collect::<Vec<_>>()[..] {
        ["tenants", tenant, found, id] if found == collection => {
            let id = id.parse().map_err(|error| Failure::field(field, error))?;
            of_actor(field, tenant, actor, name)?;
            Ok(id)
        }
        _ => Err(Failure::field(field, format!("write it as tenants/{{tenant}}/{collection}/{{id}}"))),
    }
}

/// The budget line that `name` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BudgetKey {
    pub(super) fiscal_year: FiscalYear,
    pub(super) department: DepartmentId,
    pub(super) project: Option<ProjectId>,
}

impl FromStr for BudgetKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split('~');
        let (year, department, project) = (parts.next(), parts.next(), parts.next());
        let (Some(year), Some(department), None) = (year, department, parts.next()) else {
            return Err(format!("{text:.80?} is no budget: write it as 2026-27~works or 2026-27~works~bridge-7"));
        };
        Ok(Self {
            fiscal_year: year.parse().map_err(|e| format!("{e}"))?,
            department: department.parse().map_err(|e| format!("{e}"))?,
            project: project.map(str::parse).transpose().map_err(|e| format!("{e}"))?,
        })
    }
}

/// The change of a bank account that a name names; none where it names something else.
pub(crate) fn change(name: &str, actor: &Actor) -> Option<Result<DocumentId, Failure>> {
    let is_one = matches!(name.split('/').collect::<Vec<_>>()[..], ["tenants", _, "bankAccountChanges", _]);
    is_one.then(|| record("name", name, "bankAccountChanges", actor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_has_a_name_that_is_read_back() {
        for text in ["2026-27~works", "2026-27~works.north~bridge-7"] {
            let key: BudgetKey = text.parse().unwrap();
            let budget = Budget {
                fiscal_year: key.fiscal_year,
                department: key.department,
                project: key.project,
                allocated: vextrus_domain::Taka::ZERO,
            };
            let name = budget_name(&"acme".parse().unwrap(), &budget);
            assert_eq!(name, format!("tenants/acme/budgets/{text}"));
        }
        for bad in ["", "2026-27", "2026~works", "2026-27~works~a~b", "2026-27~~a"] {
            assert!(bad.parse::<BudgetKey>().is_err(), "{bad}");
        }
    }
}
