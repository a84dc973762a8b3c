//! What can be said behind `vextrus report`.

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use vextrus_domain::DocumentId;
use vextrus_domain::calendar::{FiscalYear, TaxPeriod};

use crate::options::LedgerOptions;
use crate::tax::date;

#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// The register of VAT deducted at source in a month: deposits, Mushak 6.6 and what is late.
    ///
    /// Example: vextrus report vds --month 2026-07 --tenant acme-bd > vds-2026-07.csv
    Vds(WithheldOptions),
    /// The register of income tax deducted at source in a month: challans, certificates and what is late.
    Tds(WithheldOptions),
    /// What is still to be deposited or certified, by deadline.
    Obligations {
        #[command(flatten)]
        as_of: AsOf,
        #[command(flatten)]
        ledger: LedgerOptions,
    },
    /// The purchase book of a month, with the fields of Mushak 6.1 that the ledger has.
    Purchases {
        /// The month of the postings, such as 2026-07.
        #[arg(long)]
        month: TaxPeriod,
        #[command(flatten)]
        ledger: LedgerOptions,
    },
    /// Budgets against what is reserved, ordered and spent.
    Budget {
        /// The fiscal year, such as 2026-27.
        #[arg(long, value_name = "YEAR")]
        fiscal_year: FiscalYear,
        #[command(flatten)]
        ledger: LedgerOptions,
    },
    /// Postings from one day to another, with the trial balance of their accounts among the totals.
    Journal {
        /// The first day.
        #[arg(long, value_name = "DATE", value_parser = date)]
        from: NaiveDate,
        /// The last day.
        #[arg(long, value_name = "DATE", value_parser = date)]
        to: NaiveDate,
        #[command(flatten)]
        ledger: LedgerOptions,
    },
    /// Every series of numbers: what it has reached, what is missing, and what stands twice.
    Serials(LedgerOptions),
    /// A document as it was at the end of a day, from its trail and the log of its approval.
    Document {
        /// The document's id.
        document: DocumentId,
        /// The day.
        #[arg(long, value_name = "DATE", value_parser = date)]
        at: NaiveDate,
        #[command(flatten)]
        ledger: LedgerOptions,
    },
    /// The rules that were in force at the end of a day, and who put them in force.
    Rules {
        /// The day.
        #[arg(long, value_name = "DATE", value_parser = date)]
        at: NaiveDate,
        #[command(flatten)]
        ledger: LedgerOptions,
    },
}

#[derive(Debug, Args)]
pub(crate) struct WithheldOptions {
    /// The month in which tax was withheld, such as 2026-07.
    #[arg(long)]
    pub(crate) month: TaxPeriod,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
}

#[derive(Debug, Args)]
pub(crate) struct AsOf {
    /// As the books stood at the end of this day; today in Dhaka without it.
    #[arg(long = "as-of", value_name = "DATE", value_parser = date)]
    pub(crate) day: Option<NaiveDate>,
}
