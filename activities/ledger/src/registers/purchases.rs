//! The purchase book (Mushak 6.1, VAT Rules r.40), from what is settled. Stock is not kept here, so its columns are not either.

use chrono::NaiveDate;
use vextrus_domain::calendar::TaxPeriod;
use vextrus_domain::{Invoice, InvoiceLine, TenantId, canonical};
use vextrus_tax::Assessment;

use super::adding::Adding;
use super::{Cell, Rows, Totals};
use crate::db::{Tx, args};
use crate::error::LedgerError;

pub(super) const COLUMNS: &[&str] = &[
    "serial",
    "date",
    "challan_number",
    "challan_date",
    "invoice_number",
    "invoice_date",
    "supplier_name",
    "supplier_address",
    "supplier_bin",
    "description",
    "quantity",
    "value",
    "supplementary_duty",
    "vat",
    "total",
    "vendor",
    "document",
    "payment_instruction",
];

#[derive(sqlx::FromRow)]
struct Row {
    instruction: String,
    posting_date: NaiveDate,
    document: String,
    vendor: String,
    name: String,
    bin: String,
    payload: String,
    assessment: String,
}

pub(super) async fn report(
    tx: &mut Tx,
    tenant: &TenantId,
    month: TaxPeriod,
    rows: &mut Rows<'_>,
) -> Result<Totals, LedgerError> {
    let mut adding = Adding::of(&["value", "supplementary_duty", "vat", "total"]);
    let mut serial = 0;
    tx.each(
        "SELECT i.instruction, i.posting_date, i.document, i.vendor, v.name, v.bin, d.payload, a.assessment
         FROM payment_instructions i
         JOIN documents d ON d.tenant = i.tenant AND d.document = i.document AND d.submission = i.submission
         JOIN vendors v ON v.tenant = i.tenant AND v.vendor = i.vendor
         JOIN assessments a ON a.tenant = d.tenant AND a.document = d.document AND a.submission = d.submission
            AND a.revision = d.revision
         WHERE i.tenant = $1 AND i.posting_date BETWEEN $2 AND $3
         ORDER BY i.posting_date, i.instruction",
        args![tenant.as_str(), month.first_day(), month.last_day()],
        |row: Row| {
            let bill: Invoice = canonical::from_text(&row.payload)?;
            let of: Assessment = canonical::from_text(&row.assessment)?;
            adding.add(&[of.subtotal.poisha(), of.sd.poisha(), of.vat.poisha(), of.total.poisha()]);
            serial += 1;
            Ok(rows(cells(serial, row, &bill, &of))?)
        },
    )
    .await?;
    Ok(adding.totals())
}

fn cells(serial: i64, row: Row, bill: &Invoice, of: &Assessment) -> Vec<Cell> {
    let challan = bill.mushak_63.as_ref();
    let (description, quantity) = goods(&bill.lines);
    vec![
        Cell::Count(serial),
        Cell::Day(row.posting_date),
        Cell::maybe(challan, |form| Cell::text(form.number.clone())),
        Cell::maybe(challan, |form| Cell::Day(form.date)),
        Cell::text(bill.number.clone()),
        Cell::Day(bill.date),
        Cell::text(row.name),
        Cell::Empty,
        Cell::text(row.bin),
        description,
        quantity,
        Cell::poisha(of.subtotal.poisha()),
        Cell::poisha(of.sd.poisha()),
        Cell::poisha(of.vat.poisha()),
        Cell::poisha(of.total.poisha()),
        Cell::text(row.vendor),
        Cell::text(row.document),
        Cell::text(row.instruction),
    ]
}

/// What was bought and how much of it. Quantities of several lines do not add up, so that they stand with what they are of.
fn goods(lines: &[InvoiceLine]) -> (Cell, Cell) {
    if let [line] = lines {
        return (Cell::text(line.description.clone()), Cell::text(line.quantity.to_string()));
    }
    let each: Vec<String> = lines.iter().map(|line| format!("{} ({})", line.description, line.quantity)).collect();
    (Cell::text(each.join("; ")), Cell::Empty)
}
