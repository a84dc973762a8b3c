//! `vextrus tax …`: taxes worked out offline, without a server or a ledger.

mod assess;
mod case;
mod deadlines;
mod explain;
mod file;
mod options;
mod schedule;
mod schedules;
mod show;
mod table;

pub(crate) use file::{MAX_RULES, read};
pub(crate) use options::{TaxCommand, date};
pub(crate) use schedules::short;
pub(crate) use table::table;

use crate::options::Global;

pub(crate) fn run(global: &Global, command: TaxCommand) -> anyhow::Result<()> {
    match command {
        TaxCommand::Assess(asked) => assess::run(global.output, &asked),
        TaxCommand::Explain(asked) => explain::run(global.output, &asked),
        TaxCommand::Schedule(command) => schedule::run(global.output, command),
        TaxCommand::Deadlines(asked) => deadlines::run(global.output, &asked),
    }
}
