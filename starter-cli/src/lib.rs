//! `vextrus`, the command line: documents and inbox through the facade, rules and taxes offline, and for operators the
//! ledger, the development stack and the demonstration.

mod acts;
mod audit;
pub mod client;
mod config;
mod cutover;
mod delegations;
#[cfg(feature = "dev")]
mod demo;
mod desk;
#[cfg(feature = "dev")]
mod dev;
mod employees;
mod exit;
mod files;
#[cfg(test)]
mod golden;
mod identity;
mod import;
mod intake;
mod invoices;
pub mod json;
mod ledger;
mod lists;
mod manual;
mod namespace;
mod options;
mod orders;
mod outbox;
mod output;
#[cfg(feature = "dev")]
mod own_session;
mod papers;
mod periods;
mod present;
mod profiles;
mod reconcile;
mod records;
mod replay;
mod reports;
mod rollout;
mod rules;
mod server;
mod session;
mod tax;
mod text;
mod traced;
mod treasury;

pub mod secrets;
#[cfg(feature = "dev")]
pub mod stack;

pub use options::Options;
pub use traced::words;

use options::{Command, Format};
use present::Style;

/// Runs a command and answers its exit code. Its words are what its trace is called.
pub async fn run(words: &str, options: Options) -> u8 {
    #[cfg(feature = "dev")]
    if matches!(options.command, Command::Dev(_) | Command::Demo(_)) {
        // They are a fleet, and start their telemetry themselves.
        return carry_out(options).await;
    }
    traced::run(words, carry_out(options)).await
}

async fn carry_out(options: Options) -> u8 {
    let Options { global, command } = options;
    Style::of_stdout(global.lang).set();
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
        Command::Cutover(command) => cutover::run(&global, command).await,
        Command::Attachment(command) => papers::run(&global, command).await,
        Command::Delegation(command) => delegations::run(&global, command).await,
        Command::Vendor(command) => records::vendor(&global, command).await,
        Command::Person(command) => records::person(&global, command).await,
        Command::Department(command) => records::department(&global, command).await,
        Command::Budget(command) => records::budget(&global, command).await,
        Command::Calendar(command) => records::calendar(&global, command).await,
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
        Command::Namespace(command) => namespace::run(&global, command).await,
        #[cfg(feature = "dev")]
        Command::Dev(dev) => dev::run(&global, dev).await,
        #[cfg(feature = "dev")]
        Command::Demo(demo) => demo::run(&global, demo).await,
        Command::Config(command) => config::run(&global, command),
        Command::Completions(options) => manual::completions(&options),
        Command::Man(options) => manual::man(&options),
    };
    match done {
        Ok(()) => 0,
        Err(error) => exit::report(&error),
    }
}
