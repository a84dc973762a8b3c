//! Budgets: reserved when a document is assessed, committed when it is settled, released when it is closed; and what issued
//! orders keep of them (their encumbrance), which their invoices use first.

use vextrus_approval::Shortfall;
use vextrus_domain::ids::PoNumber;
use vextrus_domain::{DepartmentId, DocumentKey, FiscalYear, ProjectId, Refusal, RefusalCode, Taka, TenantId};

use crate::db::{Tx, args};
use crate::error::LedgerError;

/// What a document needs of which budget.
#[derive(Debug, Clone, Copy)]
pub struct Need<'a> {
    /// The fiscal year.
    pub year: FiscalYear,
    /// The department.
    pub department: &'a DepartmentId,
    /// The project, where one pays: then its line and the department's are both needed.
    pub project: Option<&'a ProjectId>,
    /// How much, without VAT.
    pub cost: Taka,
    /// The issued order whose encumbrance is used first.
    pub order: Option<&'a PoNumber>,
    /// What happens when a budget does not suffice.
    pub shortfall: Shortfall,
    /// Whether the document was assessed before, and so has reserved something.
    pub again: bool,
}

impl Need<'_> {
    /// The lines, in the one order in which they are locked: the department's own line ('') sorts before its project's.
    fn lines(&self) -> impl Iterator<Item = &str> {
        std::iter::once("").chain(self.project.map(ProjectId::as_str))
    }
}

/// A budget line that does not suffice, where the policy lets the document go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// In words, with the values.
    pub message: String,
}

/// Brings what an open document has reserved to what it needs: nothing for what it had before. Answers the lines that do not
/// suffice although the document goes on.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `BUDGET_UNKNOWN` or, where the policy stops at it, `BUDGET_EXCEEDED`.
pub async fn reserve(
    tx: &mut Tx,
    key: &DocumentKey,
    need: &Need<'_>,
) -> Result<Result<Vec<Short>, Refusal>, LedgerError> {
    if need.again {
        give_back(tx, key).await?;
        tx.exec(
            "DELETE FROM budget_reservations WHERE tenant = $1 AND document = $2 AND submission = $3 AND state = 'reserved'",
            args![key.tenant.as_str(), key.document.as_str(), key.submission],
        )
        .await?;
    }
    let mut short = Vec::new();
    for project in need.lines() {
        let mut own = need.cost.poisha();
        if let Some(order) = need.order {
            own -= hold(tx, key, need, order, project, own).await?;
        }
        // What takes nothing meets no shortfall, and needs no line of its year.
        if own == 0 {
            continue;
        }
        match take(tx, &key.tenant, need, project, own).await? {
            Ok(None) => {}
            Ok(Some(missing)) => short.push(missing),
            Err(refusal) => return Ok(Err(refusal)),
        }
        write(tx, key, need, (need.year.to_string(), project), own, None).await?;
    }
    Ok(Ok(short))
}

/// Holds what an order keeps of a line for one of its invoices; answers how much, in poisha.
async fn hold(
    tx: &mut Tx,
    key: &DocumentKey,
    need: &Need<'_>,
    order: &PoNumber,
    project: &str,
    wanted: i64,
) -> Result<i64, LedgerError> {
    let kept: Vec<(String, i64)> = tx
        .all(
            "SELECT fiscal_year, amount - held - used - released FROM encumbrances
             WHERE tenant = $1 AND po_number = $2 AND department = $3 AND project = $4
               AND amount - held - used - released > 0 ORDER BY fiscal_year",
            args![key.tenant.as_str(), order.as_str(), need.department.as_str(), project],
        )
        .await?;
    let mut held = 0;
    for (year, free) in kept {
        let part = free.min(wanted - held);
        if part <= 0 {
            break;
        }
        tx.exec(
            "UPDATE encumbrances SET held = held + $6
             WHERE tenant = $1 AND po_number = $2 AND fiscal_year = $3 AND department = $4 AND project = $5",
            args![key.tenant.as_str(), order.as_str(), &year, need.department.as_str(), project, part],
        )
        .await?;
        write(tx, key, need, (year, project), part, Some(order)).await?;
        held += part;
    }
    Ok(held)
}

/// Takes from a line what is free, or more than that where the policy lets it.
async fn take(
    tx: &mut Tx,
    tenant: &TenantId,
    need: &Need<'_>,
    project: &str,
    amount: i64,
) -> Result<Result<Option<Short>, Refusal>, LedgerError> {
    let at = |amount| args![tenant.as_str(), need.year.to_string(), need.department.as_str(), project, amount];
    let taken = tx
        .exec(
            "UPDATE budget_lines SET reserved = reserved + $5 WHERE tenant = $1 AND fiscal_year = $2 AND department = $3
             AND project = $4 AND allocated - reserved - committed >= $5",
            at(amount),
        )
        .await?;
    if taken == 1 {
        return Ok(Ok(None));
    }
    let refusal = lacking(tx, tenant, need, project, amount).await?;
    if need.shortfall == Shortfall::Stop || refusal.code == RefusalCode::BudgetUnknown {
        return Ok(Err(refusal));
    }
    tx.exec(
        "UPDATE budget_lines SET reserved = reserved + $5, excess = CASE
             WHEN reserved + $5 + committed - allocated > excess THEN reserved + $5 + committed - allocated ELSE excess END
         WHERE tenant = $1 AND fiscal_year = $2 AND department = $3 AND project = $4",
        at(amount),
    )
    .await?;
    Ok(Ok(Some(Short { message: refusal.message })))
}

async fn write(
    tx: &mut Tx,
    key: &DocumentKey,
    need: &Need<'_>,
    (year, project): (String, &str),
    amount: i64,
    from: Option<&PoNumber>,
) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO budget_reservations (tenant, document, submission, fiscal_year, department, project, amount, from_order,
            po_number, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'reserved')
         ON CONFLICT (tenant, document, submission, fiscal_year, department, project)
         DO UPDATE SET amount = budget_reservations.amount + $7, from_order = budget_reservations.from_order + $8,
            po_number = coalesce(budget_reservations.po_number, $9)",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            key.submission,
            year,
            need.department.as_str(),
            project,
            amount,
            if from.is_some() { amount } else { 0 },
            from.map(PoNumber::as_str)
        ],
    )
    .await
    .map(drop)
}

async fn lacking(
    tx: &mut Tx,
    tenant: &TenantId,
    need: &Need<'_>,
    project: &str,
    needed: i64,
) -> Result<Refusal, LedgerError> {
    let of = if project.is_empty() { String::new() } else { format!(", project {project}") };
    let line = format!("department {}{of}, {}", need.department, need.year);
    let Some(free) = free(tx, tenant, need.year, need.department, project).await? else {
        return Ok(Refusal::new(RefusalCode::BudgetUnknown, format!("{line} has no budget line; give it one")));
    };
    let needed = Taka::from_poisha(needed).map_err(|e| LedgerError::corrupt("reservation", e))?;
    let message = format!("{line} has BDT {} free; {} without VAT are needed", free.grouped(), needed.grouped());
    Ok(Refusal::new(RefusalCode::BudgetExceeded, message))
}

/// What is free on a line; none where there is no such line. Below zero where the policy let more be spent.
///
/// # Errors
/// [`LedgerError::Database`].
async fn free(
    tx: &mut Tx,
    tenant: &TenantId,
    year: FiscalYear,
    department: &DepartmentId,
    project: &str,
) -> Result<Option<Taka>, LedgerError> {
    let found: Option<(i64,)> = tx
        .opt(
            "SELECT allocated - reserved - committed FROM budget_lines
             WHERE tenant = $1 AND fiscal_year = $2 AND department = $3 AND project = $4",
            args![tenant.as_str(), year.to_string(), department.as_str(), project],
        )
        .await?;
    found.map(|(free,)| amount(free)).transpose()
}

fn amount(poisha: i64) -> Result<Taka, LedgerError> {
    Taka::from_poisha(poisha).map_err(|e| LedgerError::corrupt("budget line", e))
}

/// What is left of a budget that pays for a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetLeft {
    /// The department's own line, or the project's.
    pub project: Option<ProjectId>,
    /// What is free beside what this document has reserved; none where there is no such line.
    pub free: Option<Taka>,
}

/// What is left of the lines that pay: the department's own, and the project's where one does.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn left(
    tx: &mut Tx,
    tenant: &TenantId,
    year: FiscalYear,
    department: &DepartmentId,
    project: Option<&ProjectId>,
) -> Result<Vec<BudgetLeft>, LedgerError> {
    let mut left = Vec::new();
    for project in std::iter::once(None).chain(project.map(Some)) {
        let line = project.map_or("", ProjectId::as_str);
        let free = free(tx, tenant, year, department, line).await?;
        left.push(BudgetLeft { project: project.cloned(), free });
    }
    Ok(left)
}

/// The same, of lines that were read already, in poisha: the department's own, and the project's.
pub(crate) fn found(
    project: Option<&ProjectId>,
    own: Option<i64>,
    of_project: Option<i64>,
) -> Result<Vec<BudgetLeft>, LedgerError> {
    let mut left = vec![BudgetLeft { project: None, free: own.map(amount).transpose()? }];
    if let Some(project) = project {
        left.push(BudgetLeft { project: Some(project.clone()), free: of_project.map(amount).transpose()? });
    }
    Ok(left)
}

#[derive(sqlx::FromRow)]
struct Reserved {
    fiscal_year: String,
    department: String,
    project: String,
    amount: i64,
    from_order: i64,
    po_number: Option<String>,
}

impl Reserved {
    /// The order that some of it is held of.
    fn order(&self) -> Option<&str> {
        self.po_number.as_deref().filter(|_| self.from_order > 0)
    }
}

async fn reserved(tx: &mut Tx, key: &DocumentKey) -> Result<Vec<Reserved>, LedgerError> {
    tx.all(
        "SELECT fiscal_year, department, project, amount, from_order, po_number FROM budget_reservations
         WHERE tenant = $1 AND document = $2 AND submission = $3 AND state = 'reserved'
         ORDER BY department, project, fiscal_year",
        args![key.tenant.as_str(), key.document.as_str(), key.submission],
    )
    .await
}

/// Moves a line: `reserved` and `committed` by so much. An excess that is not needed any more goes with what is given back.
async fn shift(
    tx: &mut Tx,
    tenant: &TenantId,
    at: &Reserved,
    reserved: i64,
    committed: i64,
) -> Result<(), LedgerError> {
    tx.exec(
        "UPDATE budget_lines SET reserved = reserved + $5, committed = committed + $6, excess = CASE
             WHEN reserved + $5 + committed + $6 <= allocated THEN 0
             WHEN reserved + $5 + committed + $6 - allocated < excess THEN reserved + $5 + committed + $6 - allocated
             ELSE excess END
         WHERE tenant = $1 AND fiscal_year = $2 AND department = $3 AND project = $4",
        args![tenant.as_str(), &at.fiscal_year, &at.department, &at.project, reserved, committed],
    )
    .await
    .map(drop)
}

/// Whether the order that a document's reservations are held of is open; locked, so that it does not end or take in another
/// invoice meanwhile. It is the order that they were held of, whatever the document names by now.
async fn lock_order(tx: &mut Tx, tenant: &TenantId, lines: &[Reserved]) -> Result<bool, LedgerError> {
    let Some(order) = lines.iter().find_map(Reserved::order) else { return Ok(false) };
    let (open,): (bool,) = tx
        .one(
            "UPDATE purchase_orders SET lock_version = lock_version + 1 WHERE tenant = $1 AND po_number = $2 RETURNING open",
            args![tenant.as_str(), order],
        )
        .await?;
    Ok(open)
}

/// Turns what an invoice has reserved into what is spent.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn commit(tx: &mut Tx, key: &DocumentKey) -> Result<(), LedgerError> {
    let lines = reserved(tx, key).await?;
    lock_order(tx, &key.tenant, &lines).await?;
    for line in lines {
        if let Some(order) = line.order() {
            tx.exec(
                "UPDATE encumbrances SET held = held - $6, used = used + $6
                 WHERE tenant = $1 AND po_number = $2 AND fiscal_year = $3 AND department = $4 AND project = $5",
                args![key.tenant.as_str(), order, &line.fiscal_year, &line.department, &line.project, line.from_order],
            )
            .await?;
        }
        shift(tx, &key.tenant, &line, -line.amount, line.amount).await?;
    }
    mark(tx, key, "committed").await
}

/// Gives back what a document has reserved. What an invoice held of an open order stays with the order.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn release(tx: &mut Tx, key: &DocumentKey) -> Result<(), LedgerError> {
    give_back(tx, key).await?;
    mark(tx, key, "released").await
}

async fn give_back(tx: &mut Tx, key: &DocumentKey) -> Result<(), LedgerError> {
    let lines = reserved(tx, key).await?;
    let is_open = lock_order(tx, &key.tenant, &lines).await?;
    for line in lines {
        let mut freed = line.amount - line.from_order;
        if let Some(order) = line.order() {
            // A closed order takes nothing back: what its invoice does not use is free.
            let released = if is_open { 0 } else { line.from_order };
            freed += released;
            tx.exec(
                "UPDATE encumbrances SET held = held - $6, released = released + $7
                 WHERE tenant = $1 AND po_number = $2 AND fiscal_year = $3 AND department = $4 AND project = $5",
                args![
                    key.tenant.as_str(),
                    order,
                    &line.fiscal_year,
                    &line.department,
                    &line.project,
                    line.from_order,
                    released
                ],
            )
            .await?;
        }
        shift(tx, &key.tenant, &line, -freed, 0).await?;
    }
    Ok(())
}

/// Hands what an order's document has reserved to the issued order.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn encumber(tx: &mut Tx, key: &DocumentKey, order: &PoNumber) -> Result<(), LedgerError> {
    for line in reserved(tx, key).await? {
        tx.exec(
            "INSERT INTO encumbrances (tenant, po_number, fiscal_year, department, project, amount)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (tenant, po_number, fiscal_year, department, project)
             DO UPDATE SET amount = encumbrances.amount + $6",
            args![key.tenant.as_str(), order.as_str(), &line.fiscal_year, &line.department, &line.project, line.amount],
        )
        .await?;
    }
    mark(tx, key, "encumbered").await
}

/// Frees of what an order keeps and nothing holds or used: up to this much of each line, the latest year's first, or all of it.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn free_order(
    tx: &mut Tx,
    tenant: &TenantId,
    order: &PoNumber,
    most: Option<Taka>,
) -> Result<(), LedgerError> {
    let lines: Vec<Reserved> = tx
        .all(
            "SELECT fiscal_year, department, project, amount - held - used - released AS amount, CAST(0 AS BIGINT) AS from_order,
                po_number FROM encumbrances WHERE tenant = $1 AND po_number = $2 AND amount - held - used - released > 0
             ORDER BY department, project, fiscal_year",
            args![tenant.as_str(), order.as_str()],
        )
        .await?;
    let most = most.map_or(i64::MAX, Taka::poisha);
    for (at, line) in lines.iter().enumerate() {
        // Lines are locked the earliest year first, as everywhere, and the later years of the same line are freed first.
        let same = |l: &&Reserved| l.department == line.department && l.project == line.project;
        let later: i64 = lines[at + 1..].iter().take_while(same).map(|l| l.amount).sum();
        let part = line.amount.min(most.saturating_sub(later));
        if part > 0 {
            tx.exec(
                "UPDATE encumbrances SET released = released + $6
                 WHERE tenant = $1 AND po_number = $2 AND fiscal_year = $3 AND department = $4 AND project = $5",
                args![tenant.as_str(), order.as_str(), &line.fiscal_year, &line.department, &line.project, part],
            )
            .await?;
            shift(tx, tenant, line, -part, 0).await?;
        }
    }
    Ok(())
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
