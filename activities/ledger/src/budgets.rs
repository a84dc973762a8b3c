//! Budgets: reserved when a document is assessed, committed when it is settled, released when it is closed.

use vextrus_domain::{DocumentKey, FiscalYear, Invoice, ProjectId, Refusal, RefusalCode, Taka};

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Reserves what the invoice costs from its department's line and, where one is named, its project's.
/// Input VAT is recovered and costs no budget.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `BUDGET_UNKNOWN` or `BUDGET_EXCEEDED`.
pub async fn reserve(
    tx: &mut Tx,
    key: &DocumentKey,
    invoice: &Invoice,
    cost: Taka,
) -> Result<Result<(), Refusal>, LedgerError> {
    let year = invoice.fiscal_year();
    // The department's own line ('') sorts before its project's: the one order in which lines are locked.
    let lines = std::iter::once("").chain(invoice.project.as_ref().map(ProjectId::as_str));
    for project in lines {
        let changed = tx
            .exec(
                "UPDATE budget_lines SET reserved = reserved + $5 WHERE tenant = $1 AND fiscal_year = $2 AND department = $3
                 AND project = $4 AND allocated - reserved - committed >= $5",
                args![key.tenant.as_str(), year.to_string(), invoice.department.as_str(), project, cost],
            )
            .await?;
        if changed == 0 {
            return refused(tx, key, invoice, year, project, cost).await.map(Err);
        }
        tx.exec(
            "INSERT INTO budget_reservations (tenant, document, submission, fiscal_year, department, project, amount, state)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'reserved')",
            args![
                key.tenant.as_str(),
                key.document.as_str(),
                key.submission,
                year.to_string(),
                invoice.department.as_str(),
                project,
                cost
            ],
        )
        .await?;
    }
    Ok(Ok(()))
}

/// Brings what an open document has reserved from one cost to another.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `BUDGET_EXCEEDED`.
pub async fn adjust(
    tx: &mut Tx,
    key: &DocumentKey,
    invoice: &Invoice,
    cost: Taka,
) -> Result<Result<(), Refusal>, LedgerError> {
    for (year, department, project, amount) in reserved(tx, key).await? {
        let more = cost.poisha() - amount;
        if more == 0 {
            continue;
        }
        let changed = tx
            .exec(
                "UPDATE budget_lines SET reserved = reserved + $5 WHERE tenant = $1 AND fiscal_year = $2 AND department = $3
                 AND project = $4 AND allocated - reserved - committed >= $5",
                args![key.tenant.as_str(), year, department, &project, more],
            )
            .await?;
        if changed == 0 {
            let more = Taka::from_poisha(more).map_err(|e| LedgerError::corrupt("reservation", e))?;
            return refused(tx, key, invoice, invoice.fiscal_year(), &project, more).await.map(Err);
        }
        tx.exec(
            "UPDATE budget_reservations SET amount = $5 WHERE tenant = $1 AND document = $2 AND submission = $3
             AND project = $4 AND state = 'reserved'",
            args![key.tenant.as_str(), key.document.as_str(), key.submission, &project, cost],
        )
        .await?;
    }
    Ok(Ok(()))
}

async fn refused(
    tx: &mut Tx,
    key: &DocumentKey,
    invoice: &Invoice,
    year: FiscalYear,
    project: &str,
    needed: Taka,
) -> Result<Refusal, LedgerError> {
    let free: Option<(i64,)> = tx
        .opt(
            "SELECT allocated - reserved - committed FROM budget_lines
             WHERE tenant = $1 AND fiscal_year = $2 AND department = $3 AND project = $4",
            args![key.tenant.as_str(), year.to_string(), invoice.department.as_str(), project],
        )
        .await?;
    let of = if project.is_empty() { String::new() } else { format!(", project {project}") };
    let line = format!("department {}{of}, {year}", invoice.department);
    Ok(match free.map(|(poisha,)| Taka::from_poisha(poisha)) {
        None => Refusal::new(RefusalCode::BudgetUnknown, format!("{line} has no budget line; give it one")),
        Some(free) => {
            let free = free.map_err(|e| LedgerError::corrupt("budget line", e))?;
            let message =
                format!("{line} has BDT {} free; the invoice needs {} without VAT", free.grouped(), needed.grouped());
            Refusal::new(RefusalCode::BudgetExceeded, message)
        }
    })
}

/// Turns what a document has reserved into what is spent.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn commit(tx: &mut Tx, key: &DocumentKey) -> Result<(), LedgerError> {
    for (year, department, project, amount) in reserved(tx, key).await? {
        tx.exec(
            "UPDATE budget_lines SET reserved = reserved - $5, committed = committed + $5
             WHERE tenant = $1 AND fiscal_year = $2 AND department = $3 AND project = $4",
            args![key.tenant.as_str(), year, department, project, amount],
        )
        .await?;
    }
    mark(tx, key, "committed").await
}

/// Gives back what a document has reserved.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn release(tx: &mut Tx, key: &DocumentKey) -> Result<(), LedgerError> {
    for (year, department, project, amount) in reserved(tx, key).await? {
        tx.exec(
            "UPDATE budget_lines SET reserved = reserved - $5
             WHERE tenant = $1 AND fiscal_year = $2 AND department = $3 AND project = $4",
            args![key.tenant.as_str(), year, department, project, amount],
        )
        .await?;
    }
    mark(tx, key, "released").await
}

async fn reserved(tx: &mut Tx, key: &DocumentKey) -> Result<Vec<(String, String, String, i64)>, LedgerError> {
    tx.all(
        "SELECT fiscal_year, department, project, amount FROM budget_reservations
         WHERE tenant = $1 AND document = $2 AND submission = $3 AND state = 'reserved' ORDER BY department, project",
        args![key.tenant.as_str(), key.document.as_str(), key.submission],
    )
    .await
}

async fn mark(tx: &mut Tx, key: &DocumentKey, state: &str) -> Result<(), LedgerError> {
    tx.exec(
        "UPDATE budget_reservations SET state = $4
         WHERE tenant = $1 AND document = $2 AND submission = $3 AND state = 'reserved'",
        args![key.tenant.as_str(), key.document.as_str(), key.submission, state],
    )
    .await
    .map(drop)
}
