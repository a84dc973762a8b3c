//! `vextrus report …`: registers of a tenant's books as CSV or JSON.

mod options;
mod write;

use chrono::NaiveDate;
use vextrus_domain::calendar::dhaka_date;
use vextrus_ledger::registers::{self, Asked, Totals};
use vextrus_tax::Tax;

pub(crate) use options::ReportCommand;
use options::{AsOf, WithheldOptions};
use write::Writing;

use crate::ledger;
use crate::options::{Format, LedgerOptions};

pub(crate) async fn run(format: Format, command: ReportCommand) -> anyhow::Result<()> {
    let options = ledger_of(&command);
    let tenant = ledger::tenant(options)?;
    let mut tx = ledger::open(options).await?.report(&tenant).await?;
    let today = dhaka_date(tx.now());
    let asked = asked(command, today);
    let mut writing = Writing::new(std::io::stdout(), format, &asked, (&tenant, today));
    let totals = registers::report(&mut tx, &tenant, &asked, &mut |cells| writing.row(&cells)).await??;
    tx.rollback().await?;
    writing.finish(&totals)?;
    if matches!(format, Format::Text | Format::Csv) {
        eprintln!("{}", told(&totals));
    }
    Ok(())
}

fn asked(command: ReportCommand, today: NaiveDate) -> Asked {
    let withheld =
        |tax, o: WithheldOptions| Asked::Withheld { tax, month: o.month, as_of: o.as_of.day.unwrap_or(today) };
    match command {
        ReportCommand::Vds(options) => withheld(Tax::Vds, options),
        ReportCommand::Tds(options) => withheld(Tax::Tds, options),
        ReportCommand::Obligations { as_of: AsOf { day }, .. } => Asked::Obligations { as_of: day.unwrap_or(today) },
        ReportCommand::Purchases { month, .. } => Asked::Purchases { month },
        ReportCommand::Budget { fiscal_year, .. } => Asked::Budget { year: fiscal_year },
        ReportCommand::Journal { from, to, .. } => Asked::Journal { from, to },
        ReportCommand::Serials(_) => Asked::Serials,
        ReportCommand::Document { document, at, .. } => Asked::Document { document, at },
        ReportCommand::Rules { at, .. } => Asked::Rules { at },
    }
}

const fn ledger_of(command: &ReportCommand) -> &LedgerOptions {
    match command {
        ReportCommand::Vds(options) | ReportCommand::Tds(options) => &options.ledger,
        ReportCommand::Serials(ledger)
        | ReportCommand::Obligations { ledger, .. }
        | ReportCommand::Purchases { ledger, .. }
        | ReportCommand::Budget { ledger, .. }
        | ReportCommand::Journal { ledger, .. }
        | ReportCommand::Document { ledger, .. }
        | ReportCommand::Rules { ledger, .. } => ledger,
    }
}

/// The totals for people, beside a table that holds nothing but its rows.
fn told(totals: &Totals) -> String {
    let sums = |sums: &registers::Sums| {
        let each: Vec<String> = sums.iter().map(|(name, sum)| format!("{name} {sum}")).collect();
        each.join(", ")
    };
    let mut lines = vec![format!("{} rows", totals.rows)];
    if !totals.sums.is_empty() {
        lines.push(format!("total: {}", sums(&totals.sums)));
    }
    let groups = totals.groups.iter().flat_map(|(_, groups)| groups);
    lines.extend(groups.map(|(group, of)| format!("{group}: {}", sums(of))));
    lines.join("\n")
}
