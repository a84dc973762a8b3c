//! What is to be deposited or certified, by deadline.

use chrono::NaiveDate;
use vextrus_domain::TenantId;

use super::adding::Adding;
use super::withheld::{Row, obligations_until};
use super::{Cell, Rows, Totals, end_of};
use crate::db::{Tx, args};
use crate::error::LedgerError;

pub(super) const COLUMNS: &[&str] = &[
    "duty",
    "due",
    "days_late",
    "overdue",
    "tax",
    "code",
    "amount",
    "withheld_on",
    "document",
    "vendor",
    "vendor_name",
    "deposit",
    "deadline_rule",
];

pub(super) async fn report(
    tx: &mut Tx,
    tenant: &TenantId,
    as_of: NaiveDate,
    rows: &mut Rows<'_>,
) -> Result<Totals, LedgerError> {
    // The databases disagree on where nothing sorts.
    const SQL: &str = obligations_until!(
        "o.amount > 0 AND (x.deposit IS NULL OR y.certificate IS NULL)",
        "CASE WHEN x.deposit IS NULL AND o.deposit_by IS NULL THEN 1 ELSE 0 END,
            CASE WHEN x.deposit IS NULL THEN o.deposit_by ELSE l.certificate_by END, o.document, o.tax, o.code"
    );
    let mut adding = Adding::of(&["to_deposit", "to_certify"]);
    tx.each(SQL, args![tenant.as_str(), end_of(as_of)], |row: Row| {
        let standing = row.standing(as_of);
        let (duty, due) = match row.deposit {
            None => ("deposit", standing.deposit_by),
            Some(_) => ("certificate", standing.certificate_by),
        };
        let part = |here: bool| if here { row.amount } else { 0 };
        adding.add(&[part(row.deposit.is_none()), part(row.deposit.is_some())]);
        let late = due.map(|due| (as_of - due).num_days().max(0));
        Ok(rows(vec![
            Cell::text(duty),
            Cell::maybe(due, Cell::Day),
            Cell::maybe(late, Cell::Count),
            Cell::Flag(late.is_some_and(|days| days > 0)),
            Cell::text(row.tax),
            Cell::text(row.code),
            Cell::poisha(row.amount),
            Cell::Day(row.withheld_on),
            Cell::text(row.document),
            Cell::text(row.vendor),
            Cell::text(row.name),
            Cell::maybe(row.deposit, Cell::Count),
            Cell::text(row.deadline_rule),
        ])?)
    })
    .await?;
    Ok(adding.totals())
}
