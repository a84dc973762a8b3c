//! `vextrus`, the command line: documents and inbox through the facade, rules and taxes offline, and for operators the
//! ledger, the development stack and the demonstration.

mod acts;
mod audit;
pub mod client;
mod delegations;
mod demo;
mod dev;
mod employees;
mod exit;
mod files;
mod identity;
mod invoices;
pub mod json;
mod ledger;
mod lists;
mod manual;
mod options;
mod orders;
mod outbox;
mod output;
mod periods;
mod profiles;
mod reconcile;
mod replay;
mod reports;
mod rollout;
mod rules;
mod session;
mod tax;
mod text;
mod treasury;

pub mod stack;

pub use options::Options;

use options::{Command, Format};

/// Runs a command and answers its exit code.
pub async fn run(options: Options) -> u8 {
    let Options { global, command } = options;
    if global.output == Format::Csv && !matches!(command, Command::Report(_)) {
        let said = "only `vextrus report` answers csv; use -o text, json or jsonl".to_owned();
        return exit::report(&exit::Usage(said).into());
    }
    let done = match command {
        Command::Invoice(command) => invoices::run(&global, command).await,
        Command::Order(command) => orders::run(&global, command).await,
        Command::Onboarding(command) => employees::onboarding(&global, command).await,
        Command::Offboarding(command) => employees::offboarding(&global, command).await,
        Command::Employee(command) => employees::employee(&global, command).await,
        Command::Inbox(options) => invoices::inbox(&global, options).await,
        Command::Delegation(command) => delegations::run(&global, command).await,
        Command::Rules(command) => rules::run(&global, command).await,
        Command::Tax(command) => tax::run(&global, command),
        Command::Identity(command) => identity::run(&global, command),
        Command::Ledger(command) => ledger::run(&global, command).await,
        Command::Audit(command) => audit::run(&global, command).await,
        Command::Report(command) => reports::run(global.output, command).await,
        Command::Treasury(command) => treasury::run(global.output, command).await,
        Command::Period(command) => periods::run(global.output, command).await,
        Command::Outbox(command) => outbox::run(&global, command).await,
        Command::Replay(options) => replay::run(&global, options).await,
        Command::Rollout(command) => rollout::run(&global, command).await,
        Command::Dev(dev) => dev::run(&global, dev).await,
        Command::Demo(demo) => demo::run(&global, demo).await,
        Command::Completions(options) => manual::completions(&options),
        Command::Man(options) => manual::man(&options),
    };
    match done {
        Ok(()) => 0,
        Err(error) => exit::report(&error),
    }
}
