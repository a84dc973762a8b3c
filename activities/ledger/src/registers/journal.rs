//! Postings from one day to another, with the trial balance of their accounts.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use vextrus_domain::{Refusal, RefusalCode, TenantId};

use super::adding::Adding;
use super::{Cell, Rows, Totals};
use crate::db::{Tx, args};
use crate::error::LedgerError;

pub(super) const COLUMNS: &[&str] =
    &["entry", "line", "posting_date", "account", "purpose", "debit", "credit", "document", "vendor", "invoice_number"];

const SUMS: &[&str] = &["debit", "credit"];
const BALANCE: &[&str] = &["debit", "credit", "balance"];

#[derive(sqlx::FromRow)]
struct Row {
    entry: String,
    line: i64,
    posting_date: NaiveDate,
    account: String,
    purpose: String,
    debit: i64,
    credit: i64,
    document: String,
    vendor: String,
    number: String,
}

pub(super) async fn report(
    tx: &mut Tx,
    tenant: &TenantId,
    (from, to): (NaiveDate, NaiveDate),
    rows: &mut Rows<'_>,
) -> Result<Result<Totals, Refusal>, LedgerError> {
    if to < from {
        let message = format!("to is {to}, which is before {from}; exchange them");
        return Ok(Err(Refusal::new(RefusalCode::InvalidField, message)));
    }
    let mut all = Adding::of(SUMS);
    let mut accounts: BTreeMap<(String, String), Adding> = BTreeMap::new();
    tx.each(
        "SELECT l.entry, l.line, e.posting_date, l.account, l.purpose, l.debit, l.credit, e.document, d.vendor, d.number
         FROM journal_entries e JOIN journal_lines l ON l.tenant = e.tenant AND l.entry = e.entry
         JOIN documents d ON d.tenant = e.tenant AND d.document = e.document AND d.submission = e.submission
         WHERE e.tenant = $1 AND e.state = 'posted' AND e.posting_date BETWEEN $2 AND $3
         ORDER BY e.posting_date, e.entry, l.line",
        args![tenant.as_str(), from, to],
        |row: Row| {
            all.add(&[row.debit, row.credit]);
            let of = (row.account.clone(), row.purpose.clone());
            let account = accounts.entry(of).or_insert_with(|| Adding::of(BALANCE));
            account.add(&[row.debit, row.credit, row.debit - row.credit]);
            Ok(rows(vec![
                Cell::text(row.entry),
                Cell::Count(row.line),
                Cell::Day(row.posting_date),
                Cell::text(row.account),
                Cell::text(row.purpose),
                Cell::poisha(row.debit),
                Cell::poisha(row.credit),
                Cell::text(row.document),
                Cell::text(row.vendor),
                Cell::text(row.number),
            ])?)
        },
    )
    .await?;
    let groups = accounts.into_iter().map(|((account, purpose), sums)| (format!("{account} {purpose}"), sums.sums()));
    Ok(Ok(Totals { groups: Some(("accounts", groups.collect())), ..all.totals() }))
}
