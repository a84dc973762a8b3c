//! When what was withheld is due: deposits, certificates and returns, each with its rule of law.
//!
//! The holiday rule differs by statute and is kept per rule: the deposit of income tax has none but for the last working day
//! of June, the withholding return moves for weekly and government holidays, the VAT return for government holidays only.

mod income_tax;
mod vat;

use std::fmt;

use chrono::{Days, NaiveDate};
use serde::Serialize;
use vextrus_domain::calendar::{DayAnswer, TaxPeriod, WorkingCalendar};

use crate::Confidence;

pub use income_tax::{tds_certificate, tds_deposit, withholding_return};
pub use vat::{mushak_66, vat_return, vds_adjustment, vds_deposit};

/// What must be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// Deposit deducted income tax by A-Challan.
    TdsDeposit,
    /// Give the payee a certificate of deduction.
    TdsCertificate,
    /// File the return of withheld income tax.
    WithholdingReturn,
    /// Account for withheld VAT as an increasing adjustment (return 9.1, note 24).
    VdsAdjustment,
    /// Deposit withheld VAT, where the payer files no VAT return.
    VdsDeposit,
    /// Issue the certificate of withheld VAT, Mushak 6.6.
    Mushak66,
    /// File the VAT return, Mushak 9.1.
    VatReturn,
}

impl Duty {
    /// The duty in words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::TdsDeposit => "deposit the income tax deducted, by A-Challan",
            Self::TdsCertificate => "give the payee the certificate of deduction",
            Self::WithholdingReturn => "file the withholding return",
            Self::VdsAdjustment => "take the VAT withheld into the VAT return as an increasing adjustment",
            Self::VdsDeposit => "deposit the VAT withheld",
            Self::Mushak66 => "issue Mushak 6.6",
            Self::VatReturn => "file the VAT return",
        }
    }
}

impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// A duty and the last day for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// What must be done.
    pub duty: Duty,
    /// The last day on which it is in time. Where days of the month differ, the earliest of them.
    pub due: NaiveDate,
    /// The rule of law.
    pub rule: &'static str,
    /// Where the rule was read.
    pub source: String,
    /// How sure that source is; L must be confirmed by a person.
    pub confidence: Confidence,
    /// What else to know; empty where there is nothing.
    pub note: String,
    /// The year whose holidays are not all listed, where the day depends on them: it may move.
    pub missing_year: Option<i32>,
}

impl Deadline {
    fn new(duty: Duty, due: NaiveDate, rule: &'static str, source: &str, confidence: Confidence) -> Self {
        Self { duty, due, rule, source: source.to_owned(), confidence, note: String::new(), missing_year: None }
    }

    fn noted(mut self, note: &str) -> Self {
        if !self.note.is_empty() && !note.is_empty() {
            self.note.push_str("; ");
        }
        self.note.push_str(note);
        self
    }

    /// Takes the day that was counted to, with its doubt.
    fn counted(mut self, answer: DayAnswer) -> Self {
        self.due = answer.date;
        self.missing_year = self.missing_year.or(answer.missing_year);
        self
    }

    /// Whether a person must confirm it: the source is weak, or holidays are missing.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.confidence == Confidence::L || self.missing_year.is_some()
    }
}

/// All duties for tax withheld in a month, by their day. `registered` says whether the payer is registered for VAT: it then
/// accounts for withheld VAT in its return instead of depositing it.
#[must_use]
pub fn for_month(month: TaxPeriod, calendar: &WorkingCalendar, registered: bool) -> Vec<Deadline> {
    let mut all = income_tax::deposits_of(month, calendar);
    all.push(tds_certificate(month));
    all.push(withholding_return(month, calendar));
    if registered {
        let filed = vat_return(month, calendar);
        let adjusted = vds_adjustment(month, calendar);
        all.push(
            mushak_66(filed.due, calendar, true)
                .within(&adjusted)
                .noted("counted from the last day for the return; filing it earlier brings this forward"),
        );
        all.extend([adjusted, filed]);
    } else {
        let (first, last) = (month.first_day(), month.last_day());
        let due = later(last, vat::DEPOSIT_DAYS);
        let deposited = vds_deposit(first).noted(&format!("for a payment on {first}; one on {last} is due on {due}"));
        all.push(
            mushak_66(deposited.due, calendar, false)
                .within(&deposited)
                .noted("counted from the last day for that deposit; each deposit begins its own three days"),
        );
        all.push(deposited);
    }
    all.sort_by_key(|deadline| (deadline.due, deadline.duty));
    all
}

impl Deadline {
    /// Takes over the doubts of the deadline from which it is counted.
    fn within(mut self, base: &Self) -> Self {
        if base.confidence == Confidence::L {
            self.confidence = Confidence::L;
        }
        self.missing_year = base.missing_year.or(self.missing_year);
        self
    }
}

/// The date this many days later; the last date there is where there is none.
fn later(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}

/// The first month under the rules of 2026: TDS Rules 2026, and the disputed cadence of VAT returns.
fn is_before_2026_27(date: NaiveDate) -> bool {
    NaiveDate::from_ymd_opt(2026, 7, 1).is_some_and(|start| date < start)
}
