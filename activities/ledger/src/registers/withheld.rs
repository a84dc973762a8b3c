//! The registers of VAT and income tax deducted at source, by the month of the payment.

use chrono::NaiveDate;
use vextrus_domain::calendar::TaxPeriod;
use vextrus_domain::{Invoice, Rate, TenantId, canonical};
use vextrus_tax::Tax;

use super::adding::Adding;
use super::{Cell, Rows, Totals, end_of};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// Of the VDS register.
pub(super) const VDS: &[&str] = &[
    "document",
    "payment_instruction",
    "vendor",
    "supplier_name",
    "supplier_bin",
    "mushak_6_3_number",
    "mushak_6_3_date",
    "invoice_number",
    "invoice_date",
    "supply_value",
    "service_code",
    "vds_base",
    "vds_rate_percent",
    "vat_deducted",
    "withheld_on",
    "deposit_by",
    "deposit",
    "deposit_means",
    "deposit_number",
    "deposited_on",
    "bank",
    "economic_code",
    "deposit_days_late",
    "deposit_overdue",
    "mushak_6_6_by",
    "mushak_6_6_number",
    "mushak_6_6_date",
    "mushak_6_6_overdue",
    "state",
    "deadline_rule",
];

/// Of the TDS register. The same places, in the words of the other law.
pub(super) const TDS: &[&str] = &[
    "document",
    "payment_instruction",
    "vendor",
    "payee_name",
    "payee_tin",
    "mushak_6_3_number",
    "mushak_6_3_date",
    "invoice_number",
    "invoice_date",
    "bill_amount",
    "section",
    "base_amount",
    "tds_rate_percent",
    "tax_deducted",
    "withheld_on",
    "deposit_by",
    "deposit",
    "deposit_means",
    "challan_number",
    "deposited_on",
    "bank",
    "economic_code",
    "deposit_days_late",
    "deposit_overdue",
    "certificate_by",
    "certificate_number",
    "certificate_date",
    "certificate_overdue",
    "state",
    "deadline_rule",
];

const SUMS: &[&str] = &["base", "deducted", "deposited", "not_deposited", "certified"];

/// An obligation with what had become of it by a moment ($2) of a tenant ($1). What follows: a condition and an order.
macro_rules! obligations_until {
    ($condition:literal, $order:literal) => {
        concat!(
            "SELECT o.tax, o.document, o.code, o.vendor, v.name, v.tin, v.bin, o.base, o.rate_ppm, o.amount, o.withheld_on,
                o.deposit_by, o.certificate_by AS first_certificate_by, o.deadline_rule, i.instruction,
                d.number AS invoice_number, d.dated, d.payload, x.deposit, x.means, x.number AS deposit_number, x.deposited_on,
                x.bank, x.account_code, l.certificate_by, y.certificate, y.issued_on
             FROM tax_obligations o
             JOIN documents d ON d.tenant = o.tenant AND d.document = o.document AND d.submission = o.submission
             JOIN vendors v ON v.tenant = o.tenant AND v.vendor = o.vendor
             JOIN payment_instructions i ON i.tenant = o.tenant AND i.document = o.document AND i.submission = o.submission
             LEFT JOIN deposit_lines l ON l.tenant = o.tenant AND l.document = o.document AND l.submission = o.submission
                AND l.tax = o.tax AND l.code = o.code
                AND EXISTS (SELECT 1 FROM treasury_deposits s
                    WHERE s.tenant = l.tenant AND s.deposit = l.deposit AND s.recorded_at < $2)
                AND NOT EXISTS (SELECT 1 FROM deposit_reversals r
                    WHERE r.tenant = l.tenant AND r.deposit = l.deposit AND r.reversed_at < $2)
             LEFT JOIN treasury_deposits x ON x.tenant = l.tenant AND x.deposit = l.deposit
             LEFT JOIN certificate_lines m ON m.tenant = o.tenant AND m.document = o.document AND m.submission = o.submission
                AND m.tax = o.tax AND m.code = o.code
                AND EXISTS (SELECT 1 FROM tax_certificates k
                    WHERE k.tenant = m.tenant AND k.certificate = m.certificate AND k.issued_at < $2)
                AND NOT EXISTS (SELECT 1 FROM certificate_cancellations c
                    WHERE c.tenant = m.tenant AND c.certificate = m.certificate AND c.cancelled_at < $2)
             LEFT JOIN tax_certificates y ON y.tenant = m.tenant AND y.certificate = m.certificate
             WHERE o.tenant = $1 AND i.created_at < $2 AND ",
            $condition,
            " ORDER BY ",
            $order
        )
    };
}
pub(super) use obligations_until;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) tax: String,
    pub(super) document: String,
    pub(super) code: String,
    pub(super) vendor: String,
    pub(super) name: String,
    tin: String,
    bin: String,
    base: i64,
    rate_ppm: i64,
    pub(super) amount: i64,
    pub(super) withheld_on: NaiveDate,
    deposit_by: Option<NaiveDate>,
    first_certificate_by: Option<NaiveDate>,
    pub(super) deadline_rule: String,
    instruction: String,
    invoice_number: String,
    dated: NaiveDate,
    payload: String,
    pub(super) deposit: Option<i64>,
    means: Option<String>,
    deposit_number: Option<String>,
    deposited_on: Option<NaiveDate>,
    bank: Option<String>,
    account_code: Option<String>,
    certificate_by: Option<NaiveDate>,
    certificate: Option<String>,
    issued_on: Option<NaiveDate>,
}

/// What is still to be done, and since when it is late.
pub(super) struct Standing {
    /// The last day for the deposit.
    pub(super) deposit_by: Option<NaiveDate>,
    /// The last day for the certificate: it is counted from the deposit, once there is one.
    pub(super) certificate_by: Option<NaiveDate>,
    /// How many days the deposit was late or is by now; none where it needs none or nobody knows until when.
    pub(super) days_late: Option<i64>,
    deposit_overdue: bool,
    certificate_overdue: bool,
    state: &'static str,
}

impl Row {
    pub(super) fn standing(&self, as_of: NaiveDate) -> Standing {
        let state = match (self.amount, self.deposit, &self.certificate) {
            (0, ..) => "nil",
            (_, None, _) => "open",
            (_, _, None) => "deposited",
            _ => "certified",
        };
        let certificate_by = self.certificate_by.or(self.first_certificate_by);
        let late = |by: Option<NaiveDate>, on: NaiveDate| by.map(|by| (on - by).num_days().max(0));
        Standing {
            deposit_by: self.deposit_by,
            certificate_by,
            days_late: late(self.deposit_by, self.deposited_on.unwrap_or(as_of)).filter(|_| state != "nil"),
            deposit_overdue: state == "open" && self.deposit_by.is_some_and(|by| by < as_of),
            certificate_overdue: matches!(state, "open" | "deposited") && certificate_by.is_some_and(|by| by < as_of),
            state,
        }
    }
}

pub(super) async fn report(
    tx: &mut Tx,
    tenant: &TenantId,
    (tax, month): (Tax, TaxPeriod),
    as_of: NaiveDate,
    rows: &mut Rows<'_>,
) -> Result<Totals, LedgerError> {
    const SQL: &str =
        obligations_until!("o.tax = $3 AND o.withheld_on BETWEEN $4 AND $5", "o.withheld_on, i.instruction, o.code");
    let tax = if tax == Tax::Vds { Tax::Vds } else { Tax::Tds };
    let of = args![tenant.as_str(), end_of(as_of), tax.name(), month.first_day(), month.last_day()];
    let mut adding = Adding::of(SUMS);
    tx.each(SQL, of, |row: Row| {
        let (deposited, certified) = (row.deposit.is_some(), row.certificate.is_some());
        let part = |taken: bool| if taken { row.amount } else { 0 };
        adding.add(&[row.base, row.amount, part(deposited), part(!deposited), part(certified)]);
        Ok(rows(cells(row, tax, as_of)?)?)
    })
    .await?;
    Ok(adding.totals())
}

fn cells(row: Row, tax: Tax, as_of: NaiveDate) -> Result<Vec<Cell>, LedgerError> {
    let standing = row.standing(as_of);
    let bill: Invoice = canonical::from_text(&row.payload)?;
    let (mushak_63, mushak_63_date) = match bill.mushak_63 {
        Some(form) => (Cell::text(form.number), Cell::Day(form.date)),
        None => (Cell::Empty, Cell::Empty),
    };
    Ok(vec![
        Cell::text(row.document),
        Cell::text(row.instruction),
        Cell::text(row.vendor),
        Cell::text(row.name),
        Cell::text(if tax == Tax::Vds { row.bin } else { row.tin }),
        mushak_63,
        mushak_63_date,
        Cell::text(row.invoice_number),
        Cell::Day(row.dated),
        Cell::poisha(bill.total.poisha()),
        Cell::text(row.code),
        Cell::poisha(row.base),
        Cell::text(percent(row.rate_ppm)?),
        Cell::poisha(row.amount),
        Cell::Day(row.withheld_on),
        Cell::maybe(standing.deposit_by, Cell::Day),
        Cell::maybe(row.deposit, Cell::Count),
        Cell::maybe(row.means, Cell::text),
        Cell::maybe(row.deposit_number, Cell::text),
        Cell::maybe(row.deposited_on, Cell::Day),
        Cell::maybe(row.bank, Cell::text),
        Cell::maybe(row.account_code, Cell::text),
        Cell::maybe(standing.days_late, Cell::Count),
        Cell::Flag(standing.deposit_overdue),
        Cell::maybe(standing.certificate_by, Cell::Day),
        Cell::maybe(row.certificate, Cell::text),
        Cell::maybe(row.issued_on, Cell::Day),
        Cell::Flag(standing.certificate_overdue),
        Cell::text(standing.state),
        Cell::text(row.deadline_rule),
    ])
}

/// A rate without its sign, such as `7.5`.
fn percent(ppm: i64) -> Result<String, LedgerError> {
    let ppm = u32::try_from(ppm).map_err(|e| LedgerError::corrupt("rate", e))?;
    Ok(Rate::from_ppm(ppm).to_string().trim_end_matches(" %").to_owned())
}
