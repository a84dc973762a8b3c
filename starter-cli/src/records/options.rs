//! What can be said of records on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// A record that is put.
#[derive(Debug, Args)]
pub(crate) struct PutOptions {
    /// The record as JSON, as it stands in examples/company.json; - reads it from stdin.
    pub(crate) file: PathBuf,
    /// Only if the record still has this etag, as `show` tells it; 0 only if there is none yet.
    #[arg(long, default_value = "")]
    pub(crate) etag: String,
    /// The id of this request; the same id gives the same answer. A new one without it.
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

/// A command about people, departments or budgets.
#[derive(Debug, Subcommand)]
pub(crate) enum RecordCommand {
    /// Brings a record to what is given, and creates it where there is none.
    Put(PutOptions),
    /// Shows a record with its etag.
    Show {
        /// Its id or name; of a budget the year, the department and the project, such as 2026-27~works~bridge-7.
        id: String,
    },
    /// Lists all of them, by name.
    List,
}

/// A command about vendors.
#[derive(Debug, Subcommand)]
pub(crate) enum VendorCommand {
    /// Brings a vendor's record to what is given, and creates it where there is none. Example: vextrus --as nadia vendor put vendor.json
    Put(PutOptions),
    /// Shows a vendor with its etag, and the end of the account to which it is paid.
    Show {
        /// Its id or name.
        id: String,
    },
    /// Lists all vendors, by name.
    List,
    /// Proposes the account to which a vendor is paid. It counts once somebody else has approved it.
    ///
    /// Example: vextrus --as nadia vendor propose-account padma-builders account.json --reason "letter of 3 November"
    ProposeAccount {
        /// The vendor's id or name.
        vendor: String,
        /// The account as JSON: bank, branch, routing_number (or swift), account_name, account_number, evidence; - reads it from stdin.
        file: PathBuf,
        /// Why.
        #[arg(long)]
        reason: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Lists the changes of one vendor's account, or of all, the latest first.
    AccountChanges {
        /// The vendor's id or name; all vendors without it.
        vendor: Option<String>,
    },
    /// Shows a change of an account: its whole number to whoever proposed it or decides on it.
    AccountChange {
        /// Its id or name.
        change: String,
    },
    /// Decides on a change of an account. Example: vextrus --as farida vendor decide-account ID --answer approve
    DecideAccount {
        /// Its id or name.
        change: String,
        /// approve or reject.
        #[arg(long)]
        answer: String,
        /// A comment for the trail; the reason, to reject.
        #[arg(long, default_value = "")]
        comment: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Takes your own change of an account back.
    WithdrawAccount {
        /// Its id or name.
        change: String,
        /// Why.
        #[arg(long, default_value = "")]
        comment: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
}

/// A command about the calendar.
#[derive(Debug, Subcommand)]
pub(crate) enum CalendarCommand {
    /// Shows the calendar that counts.
    Show,
    /// Proposes another one. It counts once somebody else has activated it: vextrus rules activate.
    Propose {
        /// The calendar, in the form of rules/calendar/bangladesh.toml; - reads it from stdin.
        file: PathBuf,
        /// Why.
        #[arg(long)]
        reason: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
}
