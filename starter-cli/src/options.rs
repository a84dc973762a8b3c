//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use vextrus_domain::Lang;

use crate::acts::ActCommand;
use crate::audit::options::AuditCommand;
use crate::client::Certificates;
use crate::config::ConfigCommand;
use crate::cutover::CutoverCommand;
use crate::delegations::DelegationCommand;
use crate::employees::{EmployeeCommand, OffboardingCommand, OnboardingCommand};
use crate::identity::IdentityCommand;
use crate::import::ImportOptions;
use crate::intake::IntakeCommand;
use crate::lists::{InboxOptions, ListOptions};
use crate::manual::{CompletionsOptions, ManOptions};
use crate::namespace::NamespaceCommand;
use crate::orders::OrderCommand;
use crate::outbox::OutboxCommand;
use crate::papers::AttachmentCommand;
use crate::periods::PeriodCommand;
use crate::records::{CalendarCommand, RecordCommand, VendorCommand};
use crate::replay::ReplayOptions;
use crate::reports::ReportCommand;
use crate::rollout::RolloutCommand;
use crate::rules::RulesCommand;
use crate::tax::TaxCommand;
use crate::treasury::TreasuryCommand;

/// Purchase orders and vendor invoices, their approval and their taxes, and the coming and going of employees, on Temporal.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 unavailable, 6 out of time.
#[derive(Debug, Parser)]
#[command(name = "vextrus", version)]
pub struct Options {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How a command is told whom to ask, as whom, and how to answer.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The profile of the configuration file whose address, tenant and token are used where nothing else is said.
    #[arg(long, global = true, env = "VEXTRUS_PROFILE")]
    pub(crate) profile: Option<String>,
    /// The facade, such as http://127.0.0.1:7300; the running `vextrus dev` without it. For `replay`, `rollout` and `namespace`, Temporal as HOST:PORT.
    #[arg(long, global = true, env = "VEXTRUS_ADDRESS")]
    pub(crate) address: Option<String>,
    /// The tenant; that of the running `vextrus dev` without it.
    #[arg(long, global = true, env = "VEXTRUS_TENANT")]
    pub(crate) tenant: Option<String>,
    /// A file with a bearer token.
    #[arg(long, global = true, env = "VEXTRUS_TOKEN_FILE")]
    pub(crate) token_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) certificates: Certificates,
    /// A person of the running `vextrus dev`, whose token is used.
    #[arg(long = "as", global = true, env = "VEXTRUS_AS", value_name = "PERSON", conflicts_with = "token_file")]
    pub(crate) person: Option<String>,
    /// The session file that `vextrus dev` and `vextrus demo --keep` write and other commands read.
    #[arg(long, global = true, env = "VEXTRUS_SESSION", default_value = crate::session::DEFAULT_PATH)]
    pub(crate) session: PathBuf,
    /// How to answer: text for people, json, or jsonl (one object a line). Reports answer csv in place of text.
    #[arg(short, long, global = true, default_value = "text")]
    pub(crate) output: Format,
    /// The language of text for people: en or bn. On a terminal there is colour, unless NO_COLOR is set.
    #[arg(long, global = true, env = "VEXTRUS_LANG", default_value = "en")]
    pub(crate) lang: Lang,
}

/// How to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Jsonl,
    Csv,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Vendor invoices.
    #[command(subcommand)]
    Invoice(InvoiceCommand),
    /// Purchase orders: asking for one, its approval, its receipts, its amendment and its end.
    #[command(subcommand)]
    Order(OrderCommand),
    /// The onboarding of employees: from the signed letter to the end of probation.
    #[command(subcommand)]
    Onboarding(OnboardingCommand),
    /// The offboarding of employees: from the notice to the final dues.
    #[command(subcommand)]
    Offboarding(OffboardingCommand),
    /// The records of employees.
    #[command(subcommand)]
    Employee(EmployeeCommand),
    /// What waits for you; with --each, asks what is to be done with each task; with --decide, decides several at once.
    ///
    /// Example: vextrus --as rahim inbox --decide approve tenants/acme-bd/invoices/ID/tasks/level-1
    Inbox(InboxOptions),
    /// The papers behind documents: the scan of a Mushak 6.3, an order, a contract.
    #[command(subcommand)]
    Attachment(AttachmentCommand),
    /// Who decides in whose name, such as during leave.
    #[command(subcommand)]
    Delegation(DelegationCommand),
    /// Vendors, and the accounts to which they are paid.
    #[command(subcommand)]
    Vendor(VendorCommand),
    /// People: their departments, roles and limits.
    #[command(subcommand)]
    Person(RecordCommand),
    /// Departments.
    #[command(subcommand)]
    Department(RecordCommand),
    /// Budgets of departments and projects.
    #[command(subcommand)]
    Budget(RecordCommand),
    /// Holidays and office hours.
    #[command(subcommand)]
    Calendar(CalendarCommand),
    /// The company's rules: tax schedules, approval policies, account mappings, calendars.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Taxes of a bill, the rates behind them and when they are due. Needs no server.
    #[command(subcommand)]
    Tax(TaxCommand),
    /// Numbers of taxpayers and people. Needs no server.
    #[command(subcommand)]
    Identity(IdentityCommand),
    /// The ledger, for operators.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// The trail, for operators and auditors: shows, verifies and exports it, and keeps records from being erased.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Registers and questions of an auditor, as CSV or JSON.
    #[command(subcommand)]
    Report(ReportCommand),
    /// Deposits of withheld tax and their certificates.
    #[command(subcommand)]
    Treasury(TreasuryCommand),
    /// Closed periods, to which nothing is posted any more.
    #[command(subcommand)]
    Period(PeriodCommand),
    /// Documents that are open in a service that this one replaces.
    #[command(subcommand)]
    Cutover(CutoverCommand),
    /// What is told to others, for operators: what waits, what was given up.
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// The gate before a rollout: whether this build goes where workflows have gone. Fails where running ones would break.
    ///
    /// Example: vextrus replay --address temporal:7233 --query "ExecutionStatus = 'Running'" --junit replay.xml
    Replay(ReplayOptions),
    /// Which version of the workers new workflows go to, and how a new one is brought in.
    #[command(subcommand)]
    Rollout(RolloutCommand),
    /// The namespace in Temporal and its search attributes: makes them as workers need them.
    #[command(subcommand)]
    Namespace(NamespaceCommand),
    /// The configuration of the processes: checks and prints it.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Runs everything on this machine, in the foreground: a Temporal development server, ledger, worker and facade.
    #[cfg(feature = "dev")]
    Dev(DevOptions),
    /// Shows an order and invoices going from request to payment instruction, or to their end.
    #[cfg(feature = "dev")]
    Demo(DemoOptions),
    /// Writes the completions of a shell to stdout. Example: vextrus completions bash > /etc/bash_completion.d/vextrus
    Completions(CompletionsOptions),
    /// Writes a manual page for each command. Example: vextrus man /usr/local/share/man/man1
    Man(ManOptions),
}

#[derive(Debug, Subcommand)]
pub(crate) enum InvoiceCommand {
    /// Submits an invoice. Example: vextrus --as nasrin invoice submit examples/invoices/02-one-level.json
    Submit {
        /// The invoice as JSON; - reads it from stdin.
        file: PathBuf,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Shows an invoice with its taxes and tasks.
    Show {
        /// The invoice's id or name.
        invoice: String,
    },
    /// Follows an invoice until it ends.
    Watch {
        /// The invoice's id or name.
        invoice: String,
    },
    /// Lists invoices, the latest submitted first. Example: vextrus --as rahim invoice list --filter 'state = assessed'
    List(ListOptions),
    /// Shows everything that has happened to an invoice: its trail.
    Trail {
        /// The invoice's id or name.
        invoice: String,
    },
    /// Says what an invoice would owe if it were paid on a day, and by which rule. Starts nothing; budgets have no say.
    Taxes {
        /// The invoice as JSON; - reads it from stdin.
        file: PathBuf,
        /// The day of the payment, YYYY-MM-DD; today without it.
        #[arg(long, default_value = "")]
        paid_on: String,
    },
    /// Says how the taxes of an invoice were computed.
    ExplainTaxes {
        /// The invoice's id or name.
        invoice: String,
    },
    /// Submits a returned invoice again, changed.
    Resubmit {
        /// The invoice's id or name.
        invoice: String,
        /// The invoice as JSON, changed; - reads it from stdin.
        file: PathBuf,
        /// What was changed.
        #[arg(long, default_value = "")]
        comment: String,
        /// The id of this request; the same id gives the same answer. A new one without it.
        #[arg(long)]
        request_id: Option<String>,
    },
    /// Says who would have to approve an invoice, why and by when, and what its taxes are. Starts nothing.
    Explain {
        /// The invoice as JSON; - reads it from stdin.
        file: PathBuf,
    },
    #[command(flatten)]
    Act(ActCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Brings the ledger's tables to this program's version, or makes them in an empty database, and says which it is. It reads no books,
    /// and may be run again and by several at once.
    Migrate(LedgerPlace),
    /// Checks budgets, books, numbers, documents and trails against each other, of one tenant or of all, and SQLite's file.
    Check {
        /// The tenant; all that have rows without it.
        #[arg(long, env = "VEXTRUS_TENANT")]
        tenant: Option<String>,
        #[command(flatten)]
        place: LedgerPlace,
    },
    /// Writes the whole ledger, as it is at one moment, to a file that either database can be restored from. Others go on meanwhile.
    Backup {
        /// The file, which must not be there yet. It holds personal data; only its owner may read it.
        file: PathBuf,
        #[command(flatten)]
        place: LedgerPlace,
    },
    /// Restores a backup into a new, empty database: all of it, found sound, or nothing.
    Restore {
        /// The file.
        file: PathBuf,
        /// Who restores it, for the trail of every company in it.
        #[arg(long)]
        by: String,
        /// Restores what the check finds wrong with the books too, and says what that is.
        #[arg(long)]
        keep_faults: bool,
        #[command(flatten)]
        place: LedgerPlace,
    },
    /// Compares what the ledger holds as open with the workflows in Temporal (TEMPORAL_*), and closes what has none any more.
    /// Exits with 1 when something does not fit together.
    Reconcile(ReconcileOptions),
    /// Takes the namespace that TEMPORAL_* names for the ledger's, when its own is lost. What is missing there is closed then.
    AdoptNamespace(AdoptOptions),
    /// Writes master data from a file: people, departments, vendors, orders issued elsewhere, budgets, contacts. All of it or nothing.
    ///
    /// Example: vextrus ledger import vendors.csv --records vendors --dry-run --tenant acme-bd --by nadia
    Import(ImportOptions),
    /// Whether the company takes anything new.
    #[command(subcommand)]
    Intake(IntakeCommand),
}

/// What is compared with Temporal.
#[derive(Debug, Args)]
pub(crate) struct ReconcileOptions {
    /// Only looks: nothing is written, closed or started.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// One tenant; all of the ledger without it.
    #[arg(long, env = "VEXTRUS_TENANT")]
    pub(crate) tenant: Option<String>,
    /// The configuration file; the defaults and the environment (VEXTRUS_LEDGER_ADDRESS) apply without one.
    #[arg(long, env = "VEXTRUS_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// Who says that another namespace is the ledger's, and why.
#[derive(Debug, Args)]
pub(crate) struct AdoptOptions {
    /// Who, for the trail of every tenant.
    #[arg(long)]
    pub(crate) by: String,
    /// Why.
    #[arg(long)]
    pub(crate) reason: String,
    /// The configuration file; the defaults and the environment (VEXTRUS_LEDGER_ADDRESS) apply without one.
    #[arg(long, env = "VEXTRUS_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// Which ledger, and whose books in it.
#[derive(Debug, Args)]
pub(crate) struct LedgerOptions {
    /// The tenant.
    #[arg(long, env = "VEXTRUS_TENANT")]
    pub(crate) tenant: String,
    #[command(flatten)]
    pub(crate) place: LedgerPlace,
}

/// Which ledger.
#[derive(Debug, Args)]
pub(crate) struct LedgerPlace {
    /// The configuration file; the defaults and the environment (VEXTRUS_LEDGER_ADDRESS) apply without one.
    #[arg(long, env = "VEXTRUS_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

#[cfg(feature = "dev")]
#[derive(Debug, Args)]
pub(crate) struct DevOptions {
    /// Temporal's port; 0 takes a free one.
    #[arg(long, default_value_t = 7233)]
    pub(crate) port: u16,
    /// The port of Temporal's UI; 0 takes a free one.
    #[arg(long, default_value_t = 8233)]
    pub(crate) ui_port: u16,
    /// Where the facade listens; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:7300")]
    pub(crate) listen: String,
    /// A folder that keeps ledger and workflows over restarts; without it, both are gone at the end.
    #[arg(long)]
    pub(crate) folder: Option<PathBuf>,
    /// The company to start with, as JSON; the example company without it.
    #[arg(long)]
    pub(crate) company: Option<PathBuf>,
}

#[cfg(feature = "dev")]
#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// Stays up at the end and says how to use what runs.
    #[arg(long)]
    pub(crate) keep: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Names of options, and of what they are read as.
    type Known = Vec<(String, String)>;

    fn known(command: &clap::Command, of: impl Fn(&clap::Arg) -> bool) -> Known {
        let args = command.get_arguments().filter(|arg| of(arg));
        args.map(|arg| (arg.get_id().to_string(), format!("{:?}", arg.get_value_parser().type_id()))).collect()
    }

    fn look(command: &clap::Command, global: &Known, path: &str) {
        for sub in command.get_subcommands() {
            let path = format!("{path} {}", sub.get_name());
            for (name, kind) in known(sub, |arg| !arg.is_global_set()) {
                let same = global.iter().find(|(global, _)| *global == name);
                assert!(same.is_none_or(|(_, global)| *global == kind), "{path} reads {name} as another type");
            }
            look(sub, global, &path);
        }
    }

    /// clap finds that out when the command is run, and panics.
    #[test]
    fn an_option_that_every_command_has_is_of_one_type() {
        let all = Options::command();
        let global = known(&all, clap::Arg::is_global_set);
        assert!(global.iter().any(|(name, _)| name == "profile"), "{global:?}");
        look(&all, &global, "vextrus");
    }
}
