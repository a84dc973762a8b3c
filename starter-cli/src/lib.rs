//! `vextrus`, the command line: documents and inbox through the facade, rules and taxes offline, and for operators the
//! ledger, the development stack and the demonstration.

mod acts;
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
mod options;
mod orders;
mod output;
mod reconcile;
mod rules;
mod session;
mod tax;
mod text;

pub mod stack;

pub use options::Options;

use options::Command;

/// Runs a command and answers its exit code.
pub async fn run(options: Options) -> u8 {
    let Options { global, command } = options;
    let done = match command {
        Command::Invoice(command) => invoices::run(&global, command).await,
        Command::Order(command) => orders::run(&global, command).await,
        Command::Onboarding(command) => employees::onboarding(&global, command).await,
        Command::Offboarding(command) => employees::offboarding(&global, command).await,
        Command::Employee(command) => employees::employee(&global, command).await,
        Command::Inbox => invoices::inbox(&global).await,
        Command::Delegation(command) => delegations::run(&global, command).await,
        Command::Rules(command) => rules::run(&global, command).await,
        Command::Tax(command) => tax::run(&global, command),
        Command::Identity(command) => identity::run(&global, command),
        Command::Ledger(command) => ledger::run(&global, command).await,
        Command::Dev(dev) => dev::run(&global, dev).await,
        Command::Demo(demo) => demo::run(&global, demo).await,
    };
    match done {
        Ok(()) => 0,
        Err(error) => exit::report(&error),
    }
}
