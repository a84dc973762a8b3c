//! What can be said behind `vextrus tax`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use vextrus_domain::Rate;
use vextrus_domain::calendar::TaxPeriod;
use vextrus_domain::vendor::VendorKind;
use vextrus_tax::Tax;

#[derive(Debug, Subcommand)]
pub(crate) enum TaxCommand {
    /// Works out the taxes of a bill: VAT, what is withheld, what is payable, with the working.
    ///
    /// What the file does not say is taken so: the vendor is a resident company, registered for VAT, that has shown no proof
    /// of return; the payer is a limited company, which withholds; payment is by bank transfer. Open questions do not fail:
    /// they are listed behind the amounts.
    ///
    /// Example: vextrus tax assess -f examples/invoices/02-one-level.json --kind supplier
    Assess(AssessOptions),
    /// Says why the taxes of a bill are what they are, and what would change them.
    ///
    /// Without a tax, a rate or an --if, it shows the whole working, and compares with a payment on the next 1 July and,
    /// where they are missing, with a proof of return and with a bank transfer.
    ///
    /// Example: vextrus tax explain -f examples/tax/security.json --schedule nbr --tax TDS --if-paid-on 2027-07-01
    Explain(ExplainOptions),
    /// Tax schedules: the rates, where they come from, and since when they apply.
    #[command(subcommand)]
    Schedule(ScheduleCommand),
    /// Lists when what was withheld in a month is due: deposits, certificates and returns.
    ///
    /// A question mark stands behind a day that a person must confirm. Nobody qualified has reviewed the rules.
    Deadlines(DeadlinesOptions),
}

/// Which bill, and by which rates.
#[derive(Debug, Args)]
pub(crate) struct CaseOptions {
    /// A bill as `vextrus invoice submit` takes it, or a case: {"invoice": …, "kind": …, "payee": …, "payer": …,
    /// "paid_on": …, "answers": …}; - reads it from stdin.
    #[arg(short, long)]
    pub(crate) file: PathBuf,
    /// The schedule: house (the company's own rates), nbr (the law's), or a file.
    #[arg(long, default_value = "house", value_name = "house|nbr|PATH")]
    pub(crate) schedule: String,
    /// The day of payment or credit, whose rates of withholding apply; over the case's, or else the date of the bill.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) on: Option<NaiveDate>,
    /// What the vendor supplies: contractor, supplier or service; over the case's. Needed where a line names no TDS code.
    #[arg(long)]
    pub(crate) kind: Option<VendorKind>,
}

#[derive(Debug, Args)]
pub(crate) struct AssessOptions {
    #[command(flatten)]
    pub(crate) case: CaseOptions,
    /// Exits with 4 where a person must still answer a question.
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    #[command(flatten)]
    pub(crate) case: CaseOptions,
    /// Only this tax: VAT, VDS, TDS or SD.
    #[arg(long, value_parser = tax)]
    pub(crate) tax: Option<Tax>,
    /// Only this rate, in per cent, such as 7.5; what led to it is shown too.
    #[arg(long)]
    pub(crate) rate: Option<Rate>,
    /// Compares with a payment on this day; may be given more than once.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) if_paid_on: Vec<NaiveDate>,
    /// Compares with, or without, a proof of submission of return.
    #[arg(long, value_name = "yes|no", hide_possible_values = true)]
    pub(crate) if_psr: Option<YesNo>,
    /// Compares with, or without, payment by bank transfer.
    #[arg(long, value_name = "yes|no", hide_possible_values = true)]
    pub(crate) if_bank: Option<YesNo>,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum YesNo {
    Yes,
    No,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// Lists the schedules that come with this program, with how many rows of which confidence they have.
    List,
    /// Shows a schedule's rows.
    Show {
        /// The schedule: house, nbr or a file.
        #[arg(default_value = "house", value_name = "house|nbr|PATH")]
        schedule: String,
        /// Only this tax: VAT, VDS, TDS or SD.
        #[arg(long, value_parser = tax)]
        tax: Option<Tax>,
        /// Only this code, such as S040.00, RESIDUAL or s90/RESIDUAL; its sources are shown too.
        #[arg(long)]
        code: Option<String>,
        /// Only what is in force on this day.
        #[arg(long, value_name = "DATE", value_parser = date)]
        on: Option<NaiveDate>,
    },
    /// Checks schedules without storing them; what is wrong is told as FILE:LINE: problem.
    Check {
        /// The schedules' files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Says what differs between two schedules.
    Diff {
        /// The older one: house, nbr or a file.
        #[arg(value_name = "BEFORE")]
        before: String,
        /// The newer one: house, nbr or a file.
        #[arg(value_name = "AFTER")]
        after: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DeadlinesOptions {
    /// The month in which tax was withheld, such as 2026-07.
    #[arg(long)]
    pub(crate) month: TaxPeriod,
    /// A calendar of holidays; that of Bangladesh which comes with this program without it.
    #[arg(long)]
    pub(crate) calendar: Option<PathBuf>,
    /// For a company that is not registered for VAT: it deposits withheld VAT instead of taking it into its return.
    #[arg(long)]
    pub(crate) unregistered: bool,
}

/// A date as people in the trade write it for machines. Chrono's own reading takes `2026-7-1` and says less.
pub(crate) fn date(text: &str) -> Result<NaiveDate, String> {
    let read =
        text.parse::<NaiveDate>().ok().filter(|date| text.len() == "2026-07-01".len() && date.to_string() == text);
    read.ok_or_else(|| "it is not a date: write year, month and day like 2026-07-01".to_owned())
}

fn tax(text: &str) -> Result<Tax, String> {
    let known = Tax::ALL.into_iter().find(|tax| tax.name().eq_ignore_ascii_case(text));
    known.ok_or_else(|| "it is not a tax: use VAT, VDS, TDS or SD".to_owned())
}
