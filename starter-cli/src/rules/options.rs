//! What can be said behind `vextrus rules`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand, value_parser};
use vextrus_domain::PersonId;
use vextrus_ledger::rules::RuleKind;

use crate::options::LedgerOptions;
use crate::tax::date;

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Checks a rule without storing it.
    Check(RuleFile),
    /// Lists a tenant's rules: what is in force, what will be, and the proposals that wait for another person.
    List(LedgerOptions),
    /// Says what a rule would change of the one in force.
    ///
    /// Schedules are compared by their rows and settings, other rules line by line. A proposal is compared with what is in
    /// force when it is to take effect.
    ///
    /// Example: vextrus rules diff tax rules/tax/nbr.toml
    Diff(DiffOptions),
    /// Holds an approval policy to a file of example documents: does it ask whom you expect?
    ///
    /// The people are those of the examples; where they name none, the tenant's.
    ///
    /// Example: vextrus rules test examples/approvals/default.toml rules/approval/invoice.toml
    Test(TestOptions),
    /// Stores a rule by its hash and proposes it, for another person to activate.
    ///
    /// Example: vextrus rules propose tax rules/tax/nbr.toml --by farida --reason "the law's rates" --effective 2027-07-01
    Propose(ProposeOptions),
    /// Puts a proposed rule in force, from its effective date on. Its proposer cannot.
    Activate(ActivateOptions),
}

/// A rule on file.
#[derive(Debug, Args)]
pub(crate) struct RuleFile {
    /// The kind of rule: tax, approval, accounts or calendar.
    pub(crate) kind: RuleKind,
    /// The rule's file.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
#[command(override_usage = "vextrus rules diff [OPTIONS] --tenant <TENANT> <KIND> <FILE>\n       \
                            vextrus rules diff [OPTIONS] --tenant <TENANT> --proposal <NUMBER>")]
pub(crate) struct DiffOptions {
    /// The kind of rule: tax, approval, accounts or calendar.
    #[arg(required_unless_present = "proposal", requires = "file")]
    pub(crate) kind: Option<RuleKind>,
    /// The rule's file.
    pub(crate) file: Option<PathBuf>,
    /// A proposal, in place of a file.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["kind", "file"], value_parser = value_parser!(i64).range(1..))]
    pub(crate) proposal: Option<i64>,
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
}

#[derive(Debug, Args)]
#[command(override_usage = "vextrus rules test [OPTIONS] <EXAMPLES> <POLICY>\n       \
                            vextrus rules test [OPTIONS] --tenant <TENANT> --proposal <NUMBER> <EXAMPLES>")]
pub(crate) struct TestOptions {
    /// The file of examples.
    pub(crate) examples: PathBuf,
    /// The policy's file.
    #[arg(required_unless_present = "proposal")]
    pub(crate) policy: Option<PathBuf>,
    /// A proposal of the tenant, in place of a file.
    #[arg(long, value_name = "NUMBER", conflicts_with = "policy", requires = "tenant", value_parser = value_parser!(i64).range(1..))]
    pub(crate) proposal: Option<i64>,
    /// The tenant, for a proposal and for examples without people of their own.
    #[arg(long, env = "VEXTRUS_TENANT")]
    pub(crate) tenant: Option<String>,
    /// The configuration file, where the ledger is asked; the defaults and the environment (VEXTRUS_LEDGER_ADDRESS) apply without one.
    #[arg(long, env = "VEXTRUS_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ProposeOptions {
    #[command(flatten)]
    pub(crate) rule: RuleFile,
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
    /// Who proposes it: a person of the tenant.
    #[arg(long, value_name = "PERSON")]
    pub(crate) by: PersonId,
    /// Why, for the trail: the law, order or decision that it follows.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The day from which it counts, from midnight in Dhaka, today at the earliest; its activation without it.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) effective: Option<NaiveDate>,
}

#[derive(Debug, Args)]
pub(crate) struct ActivateOptions {
    /// The proposal's number.
    #[arg(value_parser = value_parser!(i64).range(1..))]
    pub(crate) proposal: i64,
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
    /// Who activates it: a person of the tenant, and not its proposer.
    #[arg(long, value_name = "PERSON")]
    pub(crate) by: PersonId,
}
