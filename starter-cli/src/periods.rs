//! `vextrus period …`: through which day the books are closed.

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;
use vextrus_ledger::periods::{self, PeriodLock};

use crate::options::{Format, LedgerOptions};
use crate::tax::{date, table};
use crate::treasury::Acting;
use crate::{ledger, output};

#[derive(Debug, Subcommand)]
pub(crate) enum PeriodCommand {
    /// Closes the books through the last day of a month: what is settled later is posted on the first open day.
    ///
    /// Example: vextrus period lock --through 2026-07-31 --reason "returns are filed" --by nasrin
    Lock(ChangeOptions),
    /// Opens the books again: closed they stay through an earlier day only.
    Reopen(ChangeOptions),
    /// Lists every change, the latest last.
    List(LedgerOptions),
}

#[derive(Debug, Args)]
pub(crate) struct ChangeOptions {
    /// The last day that is closed.
    #[arg(long, value_name = "DATE", value_parser = date)]
    through: NaiveDate,
    /// Why, for the trail.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    acting: Acting,
}

pub(crate) async fn run(format: Format, command: PeriodCommand) -> anyhow::Result<()> {
    match command {
        PeriodCommand::Lock(options) => change(format, options, true).await,
        PeriodCommand::Reopen(options) => change(format, options, false).await,
        PeriodCommand::List(options) => {
            let tenant = ledger::tenant(&options)?;
            let mut tx = ledger::open(&options).await?.read(&tenant).await?;
            let all = periods::list(&mut tx, &tenant).await?;
            tx.rollback().await?;
            output::list(format, || text(&all, tenant.as_str()), all.iter().map(|entry| json!(entry)).collect())
        }
    }
}

async fn change(format: Format, options: ChangeOptions, locks: bool) -> anyhow::Result<()> {
    let ChangeOptions { through, reason, acting } = options;
    let (actor, request) = (acting.actor()?, acting.request()?);
    let change = ledger::change(&acting.ledger, async |tx| {
        if locks {
            periods::lock(tx, &actor, &request, through, &reason).await
        } else {
            periods::reopen(tx, &actor, &request, through, &reason).await
        }
    });
    let entry = change.await?;
    output::answer(format, || format!("the books of {} are closed through {through}", actor.tenant), &json!(entry))
}

fn text(all: &[PeriodLock], tenant: &str) -> String {
    if all.is_empty() {
        return format!("no period of {tenant} is closed");
    }
    let row = |e: &PeriodLock| [e.seq.to_string(), e.through.to_string(), e.set_by.clone(), e.reason.clone()];
    table(["entry", "closed through", "by", "reason"], &all.iter().map(row).collect::<Vec<_>>())
}
