//! `vextrus ledger import`: master data from a file, with a report of each record.

mod csv;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};
use vextrus_domain::ids::PoNumber;
use vextrus_domain::{DepartmentId, FiscalYear, PersonId, ProjectId, TenantId, VendorId};
use vextrus_ledger::Tx;
use vextrus_ledger::masterdata::{self, Company, Record, RowReport};

use crate::exit::{Refused, Usage};
use crate::ledger::{open, tenant};
use crate::options::{Format, LedgerOptions};
use crate::output;
use crate::tax::table;

/// What the report calls a company's own tax facts.
const PAYER: &str = "payer";
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

    /// The record that these fields name, where it is stored.
    async fn stored(self, tx: &mut Tx, tenant: &TenantId, fields: &Value) -> anyhow::Result<Option<Value>> {
        fn of<T: FromStr>(fields: &Value, name: &str) -> Option<T> {
            fields.get(name)?.as_str()?.parse().ok()
        }
        fn json(record: Option<impl Serialize>) -> anyhow::Result<Option<Value>> {
            Ok(record.map(serde_json::to_value).transpose()?)
        }
        match self {
            Self::People => {
                let Some(id) = of::<PersonId>(fields, "id") else { return Ok(None) };
                json(masterdata::person(tx, tenant, &id).await?.map(|stored| stored.record))
            }
            Self::Departments => {
                let Some(id) = of::<DepartmentId>(fields, "id") else { return Ok(None) };
                json(masterdata::department(tx, tenant, &id).await?.map(|stored| stored.record))
            }
            Self::Vendors => {
                let Some(id) = of::<VendorId>(fields, "id") else { return Ok(None) };
                json(masterdata::stored_vendor(tx, tenant, &id).await?.map(|stored| stored.record))
            }
            Self::PurchaseOrders => {
                let Some(number) = of::<PoNumber>(fields, "number") else { return Ok(None) };
                json(masterdata::order_from_elsewhere(tx, tenant, &number).await?)
            }
            Self::Budgets => {
                let (year, department) = (of::<FiscalYear>(fields, "fiscal_year"), of(fields, "department"));
                let Some((year, department)) = year.zip(department) else { return Ok(None) };
                let (year, project) = (year.to_string(), of::<ProjectId>(fields, "project"));
                let line = masterdata::budget(tx, tenant, &year, &department, project.as_ref()).await?;
                json(line.map(|line| line.record.budget))
            }
        }
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

/// A row of the file, from 1: what it gives, or why it gives nothing.
struct Row {
    what: &'static str,
    given: Result<Given, String>,
}

/// What a row gives.
enum Given {
    Record(Record),
    /// The fields of a record that it speaks of; the others stay as they are stored.
    Cells(Kind, Value),
}

impl Given {
    async fn into_record(self, tx: &mut Tx, tenant: &TenantId) -> anyhow::Result<Result<Record, String>> {
        let (kind, cells) = match self {
            Self::Record(record) => return Ok(Ok(record)),
            Self::Cells(kind, cells) => (kind, cells),
        };
        let stored = kind.stored(tx, tenant, &cells).await?.unwrap_or_else(|| json!({}));
        Ok(kind.read(csv::laid_over(kind, stored, cells)).map_err(|e| e.to_string()))
    }
}

pub(crate) async fn run(format: Format, options: ImportOptions) -> anyhow::Result<()> {
    let tenant = tenant(&options.ledger)?;
    let (rows, company) = read(&options)?;
    if let Some(company) = company.as_ref().filter(|company| company.tenant != tenant) {
        anyhow::bail!("{} is about {}, not {tenant}", options.file.display(), company.tenant);
    }
    let mut tx = open(&options.ledger).await?.begin(&tenant).await?;
    let mut told: Vec<(&str, Result<RowReport, String>)> = Vec::with_capacity(rows.len() + 1);
    if let Some(payer) = company.and_then(|company| company.payer) {
        let change = masterdata::put_payer(&mut tx, &tenant, &payer, &options.by).await?;
        told.push((PAYER, Ok(RowReport { what: PAYER, name: tenant.to_string(), result: Ok(change) })));
    }
    let (mut records, mut read, mut names) = (Vec::with_capacity(rows.len()), Vec::new(), HashMap::new());
    for (number, row) in (1..).zip(rows) {
        let mut record = match row.given {
            Ok(given) => given.into_record(&mut tx, &tenant).await?,
            Err(why) => Err(why),
        };
        let name = record.as_ref().ok().filter(|record| !matches!(record, Record::Contact(_))).map(Record::name);
        if let Some(first) = name.and_then(|name| names.insert((row.what, name), number)) {
            record = Err(format!("row {first} is about it already"));
        }
        read.push((row.what, record.as_ref().err().cloned()));
        records.extend(record.ok());
    }
    let mut done = masterdata::import_rows(&mut tx, &tenant, &records, &options.by).await?.into_iter();
    told.extend(read.into_iter().map(|(what, why)| {
        let report = why.map_or_else(|| done.next().ok_or_else(|| "it was left out".to_owned()), Err);
        (what, report)
    }));
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
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let is_csv = Path::new(file).extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    match options.records {
        None if is_csv => {
            Err(Usage("a CSV file holds records of one kind; say which with --records".to_owned()).into())
        }
        None => {
            let company: Company = serde_json::from_str(text)
                .with_context(|| format!("{}: the company cannot be read", file.display()))?;
            let row = |record: Record| Row { what: record.what(), given: Ok(Given::Record(record)) };
            Ok((company.records().into_iter().map(row).collect(), Some(company)))
        }
        Some(kind) => {
            let rows = if is_csv {
                let values = csv::values(kind, text).with_context(|| file.display().to_string())?;
                values.into_iter().map(|value| value.map(|cells| Given::Cells(kind, cells))).collect()
            } else {
                let values: Vec<Value> = serde_json::from_str(text)
                    .with_context(|| format!("{}: it is no array of records", file.display()))?;
                let record = |value| kind.read(value).map(Given::Record).map_err(|e| e.to_string());
                values.into_iter().map(record).collect::<Vec<_>>()
            };
            Ok((rows.into_iter().map(|given| Row { what: kind.what(), given }).collect(), None))
        }
    }
}
