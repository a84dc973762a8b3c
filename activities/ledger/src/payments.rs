//! Payment instructions, gap-free numbers, and what is owed to the treasury for withheld tax.

use chrono::NaiveDate;
use vextrus_domain::calendar::{TaxPeriod, WorkingCalendar};
use vextrus_domain::{DocumentKey, FiscalYear, PersonId, Taka, TenantId, VendorId};
use vextrus_tax::deadlines::{self, Deadline};
use vextrus_tax::{Tax, Withheld};

use crate::audit::{InstructionRow, ObligationRow, What};
use crate::db::{Tx, args};
use crate::error::LedgerError;

/// The next number of a series of a tenant's fiscal year. It is taken back when the transaction is not committed, so that no
/// number is missing; take it last, since others wait for it.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn next_number(tx: &mut Tx, tenant: &TenantId, series: &str, year: FiscalYear) -> Result<i64, LedgerError> {
    let (number,): (i64,) = tx
        .one(
            "INSERT INTO number_series (tenant, series, fiscal_year, last) VALUES ($1, $2, $3, 1)
             ON CONFLICT (tenant, series, fiscal_year) DO UPDATE SET last = number_series.last + 1 RETURNING last",
            args![tenant.as_str(), series, year.to_string()],
        )
        .await?;
    Ok(number)
}

/// A payment that is proposed.
#[derive(Debug, Clone)]
pub struct Instruction<'a> {
    /// Its number within the fiscal year.
    pub serial: i64,
    /// The fiscal year of the posting date.
    pub fiscal_year: FiscalYear,
    /// Who is paid.
    pub vendor: &'a VendorId,
    /// How much.
    pub amount: Taka,
    /// Until when.
    pub due_date: NaiveDate,
    /// The date of the postings.
    pub posting_date: NaiveDate,
}

impl Instruction<'_> {
    /// The number as it is printed, such as `PI-2026-27-000001`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("PI-{}-{:06}", self.fiscal_year, self.serial)
    }
}

/// Writes a payment instruction in state `proposed`, to the account that the vendor is paid to now.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn propose(tx: &mut Tx, key: &DocumentKey, i: &Instruction<'_>) -> Result<(), LedgerError> {
    let (bank_change,): (Option<String>,) = tx.one(
        "INSERT INTO payment_instructions (tenant, instruction, fiscal_year, serial, document, submission, vendor, amount,
            due_date, posting_date, state, created_at, bank_change)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'proposed', $11,
            (SELECT change FROM vendor_accounts WHERE tenant = $1 AND vendor = $7 ORDER BY seq DESC LIMIT 1))
         RETURNING bank_change",
        args![
            key.tenant.as_str(),
            i.name(),
            i.fiscal_year.to_string(),
            i.serial,
            key.document.as_str(),
            key.submission,
            i.vendor.as_str(),
            i.amount,
            i.due_date,
            i.posting_date,
            tx.now()
        ],
    )
    .await?;
    let row = InstructionRow {
        instruction: i.name(),
        fiscal_year: i.fiscal_year.to_string(),
        serial: i.serial,
        document: key.document.to_string(),
        submission: i64::from(key.submission),
        vendor: i.vendor.to_string(),
        amount: i.amount.poisha(),
        due_date: i.due_date,
        posting_date: i.posting_date,
        bank_change,
    };
    tx.tie(key, What::Instruction, i.name(), &row)
}

/// Keeps who approved what an instruction pays: none of them releases the payment.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn exclude(
    tx: &mut Tx,
    key: &DocumentKey,
    instruction: &str,
    people: impl IntoIterator<Item = &PersonId>,
) -> Result<(), LedgerError> {
    for person in people {
        tx.exec(
            "INSERT INTO payment_exclusions (tenant, instruction, person) VALUES ($1, $2, $3)",
            args![key.tenant.as_str(), instruction, person.as_str()],
        )
        .await?;
    }
    Ok(())
}

/// Until when one withheld tax is deposited and its certificate given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The last day for the deposit or, for VAT that a registered payer withheld, for the return that takes it up.
    pub deposit: Deadline,
    /// The last day for the certificate, where the deposit is made on its last day.
    pub certificate: Deadline,
}

/// The deadlines of one withheld tax. `registered` says whether the payer is registered for VAT.
#[must_use]
pub fn due(withheld: &Withheld, on: NaiveDate, calendar: &WorkingCalendar, registered: bool) -> Due {
    let month = TaxPeriod::of(on);
    if withheld.tax == Tax::Vds {
        let deposit = if registered { deadlines::vds_adjustment(month, calendar) } else { deadlines::vds_deposit(on) };
        let certificate = deadlines::mushak_66(deposit.due, calendar, registered);
        return Due { deposit, certificate };
    }
    Due { deposit: deadlines::tds_deposit(on, calendar), certificate: deadlines::tds_certificate(month) }
}

/// Writes what is owed to the treasury for one withheld tax.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn owe(
    tx: &mut Tx,
    key: &DocumentKey,
    vendor: &VendorId,
    w: &Withheld,
    on: NaiveDate,
    due: &Due,
) -> Result<(), LedgerError> {
    tx.exec(
        "INSERT INTO tax_obligations (tenant, document, submission, tax, code, vendor, base, rate_ppm, amount, withheld_on,
            deposit_by, certificate_by, deadline_rule) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        args![
            key.tenant.as_str(),
            key.document.as_str(),
            key.submission,
            w.tax.name(),
            &w.code,
            vendor.as_str(),
            w.base,
            w.rate.ppm(),
            w.amount,
            on,
            due.deposit.due,
            due.certificate.due,
            format!("{}; {}", due.deposit.rule, due.certificate.rule)
        ],
    )
    .await?;
    let row = ObligationRow {
        document: key.document.to_string(),
        submission: i64::from(key.submission),
        tax: w.tax.name().to_owned(),
        code: w.code.clone(),
        vendor: vendor.to_string(),
        base: w.base.poisha(),
        rate_ppm: i64::from(w.rate.ppm()),
        amount: w.amount.poisha(),
        withheld_on: on,
        deposit_by: Some(due.deposit.due),
        certificate_by: Some(due.certificate.due),
        deadline_rule: format!("{}; {}", due.deposit.rule, due.certificate.rule),
    };
    tx.tie(key, What::Obligation, row.name(), &row)
}
