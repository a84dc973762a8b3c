//! `vextrus ledger import`: master data from a file, with a report of each record.

mod csv;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use vextrus_ledger::masterdata::{self, Company, Record, RowReport};

use crate::exit::{Refused, Usage};
use crate::ledger::{open, tenant};
use crate::options::{Format, LedgerOptions};
use crate::output;
use crate::tax::table;

/// The largest file that is read.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// What is imported.
#[derive(Debug, Args)]
pub(crate) struct ImportOptions {
    /// A company such as examples/company.json; or, with --records, records of one kind as a JSON array or as CSV with a line of heads.
    file: PathBuf,
    /// What the file holds, where it is no company.
    #[arg(long)]
    records: Option<Kind>,
    /// Only says what would become of each record: nothing is written.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    ledger: LedgerOptions,
    /// Who imports it, for the trail.
    #[arg(long)]
    by: String,
}

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Kind {
    People,
    Departments,
    Vendors,
    PurchaseOrders,
    Budgets,
}

impl Kind {
    fn read(self, value: Value) -> Result<Record, serde_json::Error> {
        Ok(match self {
            Self::People => Record::Person(serde_json::from_value(value)?),
            Self::Departments => Record::Department(serde_json::from_value(value)?),
            Self::Vendors => Record::Vendor(Box::new(serde_json::from_value(value)?)),
            Self::PurchaseOrders => Record::Order(serde_json::from_value(value)?),
            Self::Budgets => Record::Budget(serde_json::from_value(value)?),
        })
    }

    const fn what(self) -> &'static str {
        match self {
            Self::People => "person",
            Self::Departments => "department",
            Self::Vendors => "vendor",
            Self::PurchaseOrders => "order",
            Self::Budgets => "budget",
        }
    }
}

/// A row of the file, from 1: a record, or why it is none.
struct Row {
    what: &'static str,
    record: Result<Record, String>,
}

pub(crate) async fn run(format: Format, options: ImportOptions) -> anyhow::Result<()> {
    let tenant = tenant(&options.ledger)?;
    let (rows, company) = read(&options)?;
    if let Some(company) = company.as_ref().filter(|company| company.tenant != tenant) {
        anyhow::bail!("{} is about {}, not {tenant}", options.file.display(), company.tenant);
    }
    let mut tx = open(&options.ledger).await?.begin(&tenant).await?;
    let records: Vec<Record> = rows.iter().filter_map(|row| row.record.clone().ok()).collect();
    if let Some(payer) = company.and_then(|company| company.payer) {
        masterdata::put_payer(&mut tx, &tenant, &payer, &options.by).await?;
    }
    let mut done = masterdata::import_rows(&mut tx, &tenant, &records, &options.by).await?.into_iter();
    let told: Vec<(&str, Result<RowReport, String>)> = rows
        .into_iter()
        .map(|row| (row.what, row.record.and_then(|_| done.next().ok_or_else(|| "it was left out".to_owned()))))
        .collect();
    let refused = told.iter().filter(|(_, told)| told.as_ref().map_or(true, |report| report.result.is_err())).count();
    if refused == 0 && !options.dry_run {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    tell(format, &told, (refused, options.dry_run))?;
    if refused > 0 {
        return Err(Refused(format!("{refused} of {} records are refused, and nothing is written", told.len())).into());
    }
    Ok(())
}

fn tell(
    format: Format,
    told: &[(&str, Result<RowReport, String>)],
    (refused, dry_run): (usize, bool),
) -> anyhow::Result<()> {
    let row = |(number, (what, told)): (usize, &(&str, Result<RowReport, String>))| {
        let (name, became) = match told {
            Err(why) => (String::new(), format!("refused: {why}")),
            Ok(report) => {
                let became = report.result.as_ref().map_or_else(|r| format!("refused: {r}"), |c| c.name().to_owned());
                (report.name.clone(), became)
            }
        };
        [(number + 1).to_string(), (*what).to_owned(), name, became]
    };
    let rows: Vec<[String; 4]> = told.iter().enumerate().map(row).collect();
    let lines = rows.iter().map(|[row, what, name, became]| {
        let refused = became.strip_prefix("refused: ");
        json!({"row": row.parse::<u64>().unwrap_or_default(), "what": what, "name": name,
            "became": if refused.is_some() { "refused" } else { became }, "why": refused})
    });
    let end = match (refused, dry_run) {
        (0, true) => "\nnothing was written: it was a dry run",
        (0, false) => "\nall of it is written",
        _ => "",
    };
    output::list(format, || format!("{}{end}", table(["row", "what", "name", "became"], &rows)), lines.collect())
}

/// The rows of the file; the company too, where it is one.
fn read(options: &ImportOptions) -> anyhow::Result<(Vec<Row>, Option<Company>)> {
    let file = &options.file;
    let size = std::fs::metadata(file).with_context(|| format!("{} cannot be read", file.display()))?.len();
    anyhow::ensure!(size <= MAX_FILE, "{} has {size} bytes; the most is {MAX_FILE}", file.display());
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let is_csv = Path::new(file).extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    match options.records {
        None if is_csv => {
            Err(Usage("a CSV file holds records of one kind; say which with --records".to_owned()).into())
        }
        None => {
            let company: Company = serde_json::from_str(&text)
                .with_context(|| format!("{}: the company cannot be read", file.display()))?;
            let row = |record: Record| Row { what: record.what(), record: Ok(record) };
            Ok((company.records().into_iter().map(row).collect(), Some(company)))
        }
        Some(kind) => {
            let values = if is_csv {
                csv::values(kind, &text).with_context(|| file.display().to_string())?
            } else {
                let values: Vec<Value> = serde_json::from_str(&text)
                    .with_context(|| format!("{}: it is no array of records", file.display()))?;
                values.into_iter().map(Ok).collect()
            };
            let read =
                |value: Result<Value, String>| value.and_then(|value| kind.read(value).map_err(|e| e.to_string()));
            Ok((values.into_iter().map(|value| Row { what: kind.what(), record: read(value) }).collect(), None))
        }
    }
}
