//! Issued purchase orders: their lines, what was received and billed of them, and their end.

mod end;
mod first;
mod receipts;

use chrono::NaiveDate;
use vextrus_domain::ids::PoNumber;
use vextrus_domain::matching::OrderedLine;
use vextrus_domain::quantity::{Quantity, QuantitySum};
use vextrus_domain::{
    DepartmentId, DocumentId, DocumentKey, FiscalYear, Invoice, Order, PersonId, ProjectId, Taka, TenantId, VendorId,
};

use crate::audit::{OrderRow, What};
use crate::db::{Tx, args};
use crate::error::LedgerError;

pub(crate) use end::document_of;
pub use end::{close, end_when_billed};
pub use first::first_lines;
pub use receipts::{Receipt, ReceivedLine, receive};

/// The series of order numbers.
const SERIES: &str = "PO";
/// The longest note on a receipt or reason for an order's end, in bytes.
const MAX_NOTE: usize = 500;

/// An order that invoices can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedOrder {
    /// Its number.
    pub number: PoNumber,
    /// To whom it was given.
    pub vendor: VendorId,
    /// Its value with VAT, where it was imported; its amount without VAT, where it was issued here.
    pub total: Taka,
    /// Whether it still takes invoices.
    pub open: bool,
    /// Who closed it by hand; nobody has closed an order that ended when all of it was billed.
    pub closed_by: Option<PersonId>,
    /// What only orders issued here have.
    pub issued: Option<Issued>,
}

/// What only orders issued here have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The document that asked for it.
    pub document: DocumentId,
    /// 1 as issued; one more for each amendment.
    pub version: u32,
    /// Whose budget pays.
    pub department: DepartmentId,
    /// The project, where one pays.
    pub project: Option<ProjectId>,
    /// Its amount, VAT excluded.
    pub amount: Taka,
    /// Its amount when it was issued first.
    pub first_amount: Taka,
    /// Its lines, with what was received and billed of them.
    pub lines: Vec<OrderedLine>,
}

#[derive(sqlx::FromRow)]
struct Row {
    vendor: String,
    total: i64,
    open: bool,
    closed_by: Option<String>,
    document: Option<String>,
    version: i64,
    department: Option<String>,
    project: Option<String>,
    amount: Option<i64>,
    first_amount: Option<i64>,
}

fn bad(why: impl std::fmt::Display) -> LedgerError {
    LedgerError::corrupt("purchase order", why.to_string())
}

fn taka(poisha: i64) -> Result<Taka, LedgerError> {
    Taka::from_poisha(poisha).map_err(bad)
}

/// An order, locked until the transaction ends. `but` is a document whose billing is left out.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn lock(
    tx: &mut Tx,
    tenant: &TenantId,
    number: &PoNumber,
    but: Option<&DocumentId>,
) -> Result<Option<IssuedOrder>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            "UPDATE purchase_orders SET lock_version = lock_version + 1 WHERE tenant = $1 AND po_number = $2
             RETURNING vendor, total, open, closed_by, document, version, department, project, amount, first_amount",
            args![tenant.as_str(), number.as_str()],
        )
        .await?;
    into_order(tx, tenant, number, row, but).await
}

/// Locks an order until the transaction ends, without reading it. There may be none.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn lock_row(tx: &mut Tx, tenant: &TenantId, number: &PoNumber) -> Result<(), LedgerError> {
    tx.exec(
        "UPDATE purchase_orders SET lock_version = lock_version + 1 WHERE tenant = $1 AND po_number = $2",
        args![tenant.as_str(), number.as_str()],
    )
    .await
    .map(drop)
}

/// An order as it is.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn get(tx: &mut Tx, tenant: &TenantId, number: &PoNumber) -> Result<Option<IssuedOrder>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            "SELECT vendor, total, open, closed_by, document, version, department, project, amount, first_amount
             FROM purchase_orders WHERE tenant = $1 AND po_number = $2",
            args![tenant.as_str(), number.as_str()],
        )
        .await?;
    into_order(tx, tenant, number, row, None).await
}

async fn into_order(
    tx: &mut Tx,
    tenant: &TenantId,
    number: &PoNumber,
    row: Option<Row>,
    but: Option<&DocumentId>,
) -> Result<Option<IssuedOrder>, LedgerError> {
    let Some(row) = row else { return Ok(None) };
    let issued = match (row.document, row.department, row.amount, row.first_amount) {
        (Some(document), Some(department), Some(amount), Some(first_amount)) => Some(Issued {
            document: document.parse().map_err(bad)?,
            version: u32::try_from(row.version).map_err(bad)?,
            department: department.parse().map_err(bad)?,
            project: row.project.map(|p| p.parse()).transpose().map_err(bad)?,
            amount: taka(amount)?,
            first_amount: taka(first_amount)?,
            lines: lines(tx, tenant, number, row.version, but).await?,
        }),
        _ => None,
    };
    let (vendor, total) = (row.vendor.parse().map_err(bad)?, taka(row.total)?);
    let closed_by = row.closed_by.map(|p| p.parse()).transpose().map_err(bad)?;
    Ok(Some(IssuedOrder { number: number.clone(), vendor, total, open: row.open, closed_by, issued }))
}

#[derive(sqlx::FromRow)]
struct LineRow {
    line: i64,
    product: String,
    quantity: i64,
    unit_price: i64,
    received: i64,
    billed: i64,
}

async fn lines(
    tx: &mut Tx,
    tenant: &TenantId,
    number: &PoNumber,
    version: i64,
    but: Option<&DocumentId>,
) -> Result<Vec<OrderedLine>, LedgerError> {
    let rows: Vec<LineRow> = tx
        .all(
            "SELECT l.line, l.product, l.quantity, l.unit_price,
                (SELECT CAST(coalesce(sum(r.quantity), 0) AS BIGINT) FROM goods_receipt_lines r
                 WHERE r.tenant = l.tenant AND r.po_number = l.po_number AND r.line = l.line) AS received,
                (SELECT CAST(coalesce(sum(b.quantity), 0) AS BIGINT) FROM billed_lines b
                 JOIN documents d ON d.tenant = b.tenant AND d.document = b.document AND d.submission = b.submission
                 WHERE b.tenant = l.tenant AND b.po_number = l.po_number AND b.line = l.line AND b.document <> $4
                   AND d.state IN ('assessed', 'settled')) AS billed
             FROM order_lines l WHERE l.tenant = $1 AND l.po_number = $2 AND l.version = $3 ORDER BY l.line",
            args![tenant.as_str(), number.as_str(), version, but.map_or("", DocumentId::as_str)],
        )
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(OrderedLine {
                line: u32::try_from(row.line).map_err(bad)?,
                product: row.product,
                ordered: u64::try_from(row.quantity)
                    .ok()
                    .and_then(Quantity::from_millionths)
                    .ok_or_else(|| bad("a quantity of nothing"))?,
                unit_price: taka(row.unit_price)?,
                received: sum_of(row.received)?,
                billed: sum_of(row.billed)?,
            })
        })
        .collect()
}

fn sum_of(millionths: i64) -> Result<QuantitySum, LedgerError> {
    QuantitySum::from_millionths(u64::try_from(millionths).map_err(bad)?).map_err(bad)
}

/// What open and approved invoices other than this one bill on an order, VAT included.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn billed(tx: &mut Tx, key: &DocumentKey, number: &PoNumber) -> Result<Taka, LedgerError> {
    let (billed,): (i64,) = tx
        .one(
            "SELECT CAST(coalesce(sum(total), 0) AS BIGINT) FROM documents
             WHERE tenant = $1 AND po_number = $2 AND kind = 'invoice' AND document <> $3 AND state IN ('assessed', 'settled')",
            args![key.tenant.as_str(), number.as_str(), key.document.as_str()],
        )
        .await?;
    taka(billed)
}

/// Writes what an invoice bills of which line of an order that was issued here, in place of what it billed before.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn bill(
    tx: &mut Tx,
    key: &DocumentKey,
    invoice: &Invoice,
    order: Option<&PoNumber>,
) -> Result<(), LedgerError> {
    tx.exec(
        "DELETE FROM billed_lines WHERE tenant = $1 AND document = $2 AND submission = $3",
        args![key.tenant.as_str(), key.document.as_str(), key.submission],
    )
    .await?;
    let Some(number) = order else { return Ok(()) };
    for line in &invoice.lines {
        let Some(po_line) = line.po_line else { continue };
        tx.exec(
            "INSERT INTO billed_lines (tenant, document, submission, po_number, line, quantity, amount)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (tenant, document, submission, line)
             DO UPDATE SET quantity = billed_lines.quantity + $6, amount = billed_lines.amount + $7",
            args![
                key.tenant.as_str(),
                key.document.as_str(),
                key.submission,
                number.as_str(),
                po_line,
                millionths(line.quantity),
                line.amount
            ],
        )
        .await?;
    }
    Ok(())
}

fn millionths(quantity: Quantity) -> i64 {
    i64::try_from(quantity.millionths()).unwrap_or(i64::MAX)
}

/// The next order number of a fiscal year. It is taken back when the transaction is not committed, so that none is missing.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn next_number(tx: &mut Tx, key: &DocumentKey, year: FiscalYear) -> Result<(i64, PoNumber), LedgerError> {
    let serial = crate::payments::next_number(tx, &key.tenant, SERIES, year).await?;
    let number = format!("{SERIES}-{year}-{serial:06}").parse().map_err(bad)?;
    Ok((serial, number))
}

/// Whether a number is one that orders issued here have, such as `PO-2025-26-000001`: an imported order must not take it.
pub(crate) fn is_of_our_series(number: &PoNumber) -> bool {
    let Some((year, serial)) = number.as_str().strip_prefix("PO-").and_then(|rest| rest.rsplit_once('-')) else {
        return false;
    };
    year.parse::<FiscalYear>().is_ok() && serial.len() >= 6 && serial.chars().all(|c| c.is_ascii_digit())
}

/// Issues an order under its number.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn issue(
    tx: &mut Tx,
    key: &DocumentKey,
    order: &Order,
    (serial, number): (i64, &PoNumber),
    on: NaiveDate,
) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO purchase_orders (tenant, po_number, vendor, total, open, document, version, fiscal_year, serial, department,
            project, amount, first_amount, issued_on) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10, $4, $4, $11)",
        args![
            key.tenant.as_str(),
            number.as_str(),
            order.vendor.as_str(),
            order.amount,
            true,
            key.document.as_str(),
            FiscalYear::of(on).to_string(),
            serial,
            order.department.as_str(),
            order.project.as_ref().map(ProjectId::as_str),
            on
        ],
    )
    .await?;
    let row = OrderRow {
        po_number: number.to_string(),
        fiscal_year: Some(FiscalYear::of(on).to_string()),
        serial: Some(serial),
        document: Some(key.document.to_string()),
        vendor: order.vendor.to_string(),
        first_amount: Some(order.amount.poisha()),
        issued_on: Some(on),
    };
    tx.tie(key, What::Order, number.to_string(), &row)?;
    write_lines(tx, &key.tenant, number, 1, order).await
}

/// Brings an issued order to its next version.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn amend(
    tx: &mut Tx,
    tenant: &TenantId,
    number: &PoNumber,
    version: u32,
    order: &Order,
) -> Result<(), LedgerError> {
    tx.exec(
        "UPDATE purchase_orders SET version = $3, amount = $4, total = $4 WHERE tenant = $1 AND po_number = $2",
        args![tenant.as_str(), number.as_str(), version, order.amount],
    )
    .await?;
    write_lines(tx, tenant, number, version, order).await
}

async fn write_lines(
    tx: &mut Tx,
    tenant: &TenantId,
    number: &PoNumber,
    version: u32,
    order: &Order,
) -> Result<(), LedgerError> {
    for (line, ordered) in (1_i64..).zip(&order.lines) {
        tx.exec(
            "INSERT INTO order_lines (tenant, po_number, version, line, product, quantity, unit_price, amount)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![
                tenant.as_str(),
                number.as_str(),
                version,
                line,
                &ordered.product,
                millionths(ordered.quantity),
                ordered.unit_price,
                ordered.amount
            ],
        )
        .await?;
    }
    Ok(())
}

/// Another open amendment of an order, where there is one.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn open_amendment(tx: &mut Tx, key: &DocumentKey, number: &PoNumber) -> Result<Option<String>, LedgerError> {
    let found: Option<(String,)> = tx
        .opt(
            "SELECT document FROM documents WHERE tenant = $1 AND po_number = $2 AND kind = 'purchase_order' AND document <> $3
             AND state = 'assessed' LIMIT 1",
            args![key.tenant.as_str(), number.as_str(), key.document.as_str()],
        )
        .await?;
    Ok(found.map(|(document,)| document))
}
