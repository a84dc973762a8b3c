//! Registers: what an auditor asks of a tenant's books, as tables. Nothing here writes.
//!
//! A report is read in one transaction that sees one state, and its rows are handed on as the database gives them. What is asked
//! *as of* a day is answered as the books stood when that day ended in Dhaka.

mod adding;
mod budget;
mod cell;
mod document;
mod in_force;
mod journal;
mod obligations;
mod purchases;
mod serials;
mod withheld;

use chrono::{DateTime, NaiveDate, Utc};
use vextrus_domain::calendar::{FiscalYear, TaxPeriod, dhaka_midnight};
use vextrus_domain::{DocumentId, Refusal, TenantId};
use vextrus_tax::Tax;

use crate::db::Tx;
use crate::error::LedgerError;

pub use cell::Cell;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// What was withheld in a month, VDS or TDS, with its deposits and certificates.
    Withheld {
        /// VDS; anything else is TDS.
        tax: Tax,
        /// The month of the payments.
        month: TaxPeriod,
        /// As of the end of this day.
        as_of: NaiveDate,
    },
    /// What is to be deposited or certified, by deadline.
    Obligations {
        /// As of the end of this day.
        as_of: NaiveDate,
    },
    /// The purchase book of a month.
    Purchases {
        /// The month of the postings.
        month: TaxPeriod,
    },
    /// Budgets against what is reserved, ordered and spent.
    Budget {
        /// The fiscal year.
        year: FiscalYear,
    },
    /// Postings from one day to another.
    Journal {
        /// The first day.
        from: NaiveDate,
        /// The last day.
        to: NaiveDate,
    },
    /// Every series of numbers, with what is missing or stands twice.
    Serials,
    /// A document as it was.
    Document {
        /// Which.
        document: DocumentId,
        /// As of the end of this day.
        at: NaiveDate,
    },
    /// The rules that were in force.
    Rules {
        /// As of the end of this day.
        at: NaiveDate,
    },
}

/// Where rows go, one after the other, each with a cell for each column.
pub type Rows<'a> = dyn FnMut(Vec<Cell>) -> std::io::Result<()> + Send + 'a;

/// Named amounts or counts.
pub type Sums = Vec<(&'static str, Cell)>;

/// What the rows come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// How many rows there are.
    pub rows: i64,
    /// Over all of them.
    pub sums: Sums,
    /// By something that some of them share: its name, and the sums of each.
    pub groups: Option<(&'static str, Vec<(String, Sums)>)>,
}

impl Asked {
    /// The report's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Withheld { tax: Tax::Vds, .. } => "vds",
            Self::Withheld { .. } => "tds",
            Self::Obligations { .. } => "obligations",
            Self::Purchases { .. } => "purchases",
            Self::Budget { .. } => "budget",
            Self::Journal { .. } => "journal",
            Self::Serials => "serials",
            Self::Document { .. } => "document",
            Self::Rules { .. } => "rules",
        }
    }

    /// Its columns, in order.
    #[must_use]
    pub const fn columns(&self) -> &'static [&'static str] {
        match self {
            Self::Withheld { tax: Tax::Vds, .. } => withheld::VDS,
            Self::Withheld { .. } => withheld::TDS,
            Self::Obligations { .. } => obligations::COLUMNS,
            Self::Purchases { .. } => purchases::COLUMNS,
            Self::Budget { .. } => budget::COLUMNS,
            Self::Journal { .. } => journal::COLUMNS,
            Self::Serials => serials::COLUMNS,
            Self::Document { .. } => document::COLUMNS,
            Self::Rules { .. } => in_force::COLUMNS,
        }
    }

    /// What it was asked with.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Withheld { month, .. } | Self::Purchases { month } => vec![("month", month.to_string())],
            Self::Obligations { .. } | Self::Serials => Vec::new(),
            Self::Budget { year } => vec![("fiscal_year", year.to_string())],
            Self::Journal { from, to } => vec![("from", from.to_string()), ("to", to.to_string())],
            Self::Document { document, at } => vec![("document", document.to_string()), ("at", at.to_string())],
            Self::Rules { at } => vec![("at", at.to_string())],
        }
    }

    /// The day at whose end the answer holds; none where it is the present.
    #[must_use]
    pub const fn as_of(&self) -> Option<NaiveDate> {
        match self {
            Self::Withheld { as_of, .. } | Self::Obligations { as_of } => Some(*as_of),
            Self::Document { at, .. } | Self::Rules { at } => Some(*at),
            _ => None,
        }
    }
}

/// Answers what is asked of a tenant's books: the rows, then what they come to.
///
/// # Errors
/// [`LedgerError::Database`], [`LedgerError::Corrupt`], or [`LedgerError::Output`] when a row cannot be handed on; the inner error
/// is `NOT_FOUND` for an unknown document and `INVALID_FIELD` for days in the wrong order.
pub async fn report(
    tx: &mut Tx,
    tenant: &TenantId,
    asked: &Asked,
    rows: &mut Rows<'_>,
) -> Result<Result<Totals, Refusal>, LedgerError> {
    Ok(Ok(match asked {
        Asked::Withheld { tax, month, as_of } => withheld::report(tx, tenant, (*tax, *month), *as_of, rows).await?,
        Asked::Obligations { as_of } => obligations::report(tx, tenant, *as_of, rows).await?,
        Asked::Purchases { month } => purchases::report(tx, tenant, *month, rows).await?,
        Asked::Budget { year } => budget::report(tx, tenant, *year, rows).await?,
        Asked::Journal { from, to } => return journal::report(tx, tenant, (*from, *to), rows).await,
        Asked::Serials => serials::report(tx, tenant, rows).await?,
        Asked::Document { document, at } => return document::report(tx, tenant, document, *at, rows).await,
        Asked::Rules { at } => in_force::report(tx, tenant, *at, rows).await?,
    }))
}

/// The moment at which a day ends in Dhaka.
fn end_of(day: NaiveDate) -> DateTime<Utc> {
    dhaka_midnight(day.succ_opt().unwrap_or(day))
}
