//! Budgets against actual: what is allocated, reserved by open documents, kept by orders, and spent.

use vextrus_domain::TenantId;
use vextrus_domain::calendar::FiscalYear;

use super::adding::Adding;
use super::{Cell, Rows, Totals};
use crate::db::{Tx, args};
use crate::error::LedgerError;

pub(super) const COLUMNS: &[&str] =
    &["fiscal_year", "department", "project", "allocated", "reserved", "encumbered", "actual", "available", "excess"];

const SUMS: &[&str] = &["allocated", "reserved", "encumbered", "actual", "available", "excess"];

#[derive(sqlx::FromRow)]
struct Row {
    department: String,
    project: String,
    allocated: i64,
    excess: i64,
    reserved: i64,
    encumbered: i64,
    actual: i64,
}

pub(super) async fn report(
    tx: &mut Tx,
    tenant: &TenantId,
    year: FiscalYear,
    rows: &mut Rows<'_>,
) -> Result<Totals, LedgerError> {
    // What a project spends counts on its own line and on its department's, and so is not added up over both.
    let (mut departments, mut projects) = (Adding::of(SUMS), Adding::of(SUMS));
    let mut count = 0;
    let label = year.to_string();
    tx.each(
        "SELECT b.department, b.project, b.allocated, b.excess,
            CAST((SELECT coalesce(sum(r.amount - r.from_order), 0) FROM budget_reservations r WHERE r.tenant = b.tenant
                AND r.fiscal_year = b.fiscal_year AND r.department = b.department AND r.project = b.project
                AND r.state = 'reserved') AS BIGINT) AS reserved,
            CAST((SELECT coalesce(sum(e.amount - e.used - e.released), 0) FROM encumbrances e WHERE e.tenant = b.tenant
                AND e.fiscal_year = b.fiscal_year AND e.department = b.department AND e.project = b.project)
                AS BIGINT) AS encumbered,
            CAST((SELECT coalesce(sum(r.amount), 0) FROM budget_reservations r WHERE r.tenant = b.tenant
                AND r.fiscal_year = b.fiscal_year AND r.department = b.department AND r.project = b.project
                AND r.state = 'committed') AS BIGINT) AS actual
         FROM budget_lines b WHERE b.tenant = $1 AND b.fiscal_year = $2 ORDER BY b.department, b.project",
        args![tenant.as_str(), &label],
        |row: Row| {
            let available = row.allocated - row.reserved - row.encumbered - row.actual;
            let amounts = [row.allocated, row.reserved, row.encumbered, row.actual, available, row.excess];
            count += 1;
            if row.project.is_empty() {
                departments.add(&amounts)
            } else {
                projects.add(&amounts)
            }
            let words = [Cell::text(label.clone()), Cell::text(row.department), Cell::text(row.project)];
            Ok(rows(words.into_iter().chain(amounts.map(Cell::poisha)).collect())?)
        },
    )
    .await?;
    let groups = vec![("departments".to_owned(), departments.sums()), ("projects".to_owned(), projects.sums())];
    Ok(Totals { rows: count, sums: Vec::new(), groups: Some(("lines", groups)) })
}
