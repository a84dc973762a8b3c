//! `vextrus vendor …`, `person …`, `department …`, `budget …` and `calendar …`: master data, through the facade.

mod accounts;
mod options;
mod show;

use anyhow::Context as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vextrus_facade::record_messages as message;
use vextrus_ledger::masterdata::Record;
use vextrus_proto::masterdata::v1::{Budget, Department, Person, RecordChange, Vendor};

pub(crate) use options::{CalendarCommand, PutOptions, RecordCommand, VendorCommand};

use crate::client::{Client, new_request_id, told_again};
use crate::options::{Format, Global};
use crate::tax::table;
use crate::{files, json as shown, output, text};

pub(crate) async fn vendor(global: &Global, command: VendorCommand) -> anyhow::Result<()> {
    let mut client = Client::from_options(global).await?;
    match command {
        VendorCommand::Put(asked) => {
            let (vendor, id) = (one(&asked, "vendor", |vendor| Record::Vendor(Box::new(vendor)))?, request_id(&asked));
            let Record::Vendor(vendor) = vendor else { return Err(another()) };
            let record = message::vendor(&client.tenant()?, *vendor, asked.etag);
            put(global.output, told_again(client.put_vendor(record, id.clone()).await, &id)?)
        }
        VendorCommand::Show { id } => show::one(global.output, &client.vendor(&id).await?),
        VendorCommand::List => {
            let row = |v: &Vendor| {
                let kind = show::word(v.kind().as_str_name(), "VENDOR_KIND_");
                [
                    shown::last(&v.name).to_owned(),
                    v.display_name.clone(),
                    kind,
                    v.tin.clone(),
                    v.bin.clone(),
                    at_work(v.inactive),
                ]
            };
            list(global.output, ["vendor", "name", "kind", "TIN", "BIN", ""], &client.vendors().await?, row)
        }
        other => accounts::run(global, client, other).await,
    }
}

pub(crate) async fn person(global: &Global, command: RecordCommand) -> anyhow::Result<()> {
    let mut client = Client::from_options(global).await?;
    match command {
        RecordCommand::Put(asked) => {
            let (person, id) = (one(&asked, "person", Record::Person)?, request_id(&asked));
            let Record::Person(person) = person else { return Err(another()) };
            let record = message::person(&client.tenant()?, person, asked.etag);
            put(global.output, told_again(client.put_person(record, id.clone()).await, &id)?)
        }
        RecordCommand::Show { id } => show::one(global.output, &client.person(&id).await?),
        RecordCommand::List => {
            let row = |p: &Person| {
                let limit = p.approval_limit_poisha.map(text::amount).unwrap_or_default();
                [shown::last(&p.name).to_owned(), p.department.clone(), p.roles.join(", "), limit, at_work(p.inactive)]
            };
            list(global.output, ["person", "department", "roles", "up to BDT", ""], &client.people().await?, row)
        }
    }
}

pub(crate) async fn department(global: &Global, command: RecordCommand) -> anyhow::Result<()> {
    let mut client = Client::from_options(global).await?;
    match command {
        RecordCommand::Put(asked) => {
            let (department, id) = (one(&asked, "department", Record::Department)?, request_id(&asked));
            let Record::Department(department) = department else { return Err(another()) };
            let record = message::department(&client.tenant()?, department, asked.etag);
            put(global.output, told_again(client.put_department(record, id.clone()).await, &id)?)
        }
        RecordCommand::Show { id } => show::one(global.output, &client.department(&id).await?),
        RecordCommand::List => {
            let row = |d: &Department| {
                [shown::last(&d.name).to_owned(), d.display_name.clone(), d.head.clone(), at_work(d.inactive)]
            };
            list(global.output, ["department", "name", "head", ""], &client.departments().await?, row)
        }
    }
}

pub(crate) async fn budget(global: &Global, command: RecordCommand) -> anyhow::Result<()> {
    let mut client = Client::from_options(global).await?;
    match command {
        RecordCommand::Put(asked) => {
            let (budget, id) = (one(&asked, "budget", Record::Budget)?, request_id(&asked));
            let Record::Budget(budget) = budget else { return Err(another()) };
            let record = message::budget(&client.tenant()?, budget, asked.etag);
            put(global.output, told_again(client.put_budget(record, id.clone()).await, &id)?)
        }
        RecordCommand::Show { id } => show::one(global.output, &client.budget(&id).await?),
        RecordCommand::List => {
            let row = |b: &Budget| {
                let [allocated, reserved, spent] =
                    [b.allocated_poisha, b.reserved_poisha, b.committed_poisha].map(text::amount);
                [b.fiscal_year.clone(), b.department.clone(), b.project.clone(), allocated, reserved, spent]
            };
            let heads = ["year", "department", "project", "allocated", "reserved", "spent"];
            list(global.output, heads, &client.budgets().await?, row)
        }
    }
}

pub(crate) async fn calendar(global: &Global, command: CalendarCommand) -> anyhow::Result<()> {
    let mut client = Client::from_options(global).await?;
    match command {
        CalendarCommand::Show => {
            let found = client.calendar().await?;
            let json = json!({"content": found.content, "hash": found.hash});
            output::answer(global.output, || found.content.clone(), &json)
        }
        CalendarCommand::Propose { file, reason, request_id } => {
            let id = request_id.unwrap_or_else(new_request_id);
            let content = files::read(&file, "calendar")?;
            let number = told_again(client.propose_calendar(content, &reason, id.clone()).await, &id)?;
            let said = || format!("proposal {number}; another person activates it: vextrus rules activate {number}");
            output::answer(global.output, said, &json!({"proposal": number}))
        }
    }
}

/// A record of a file, sound by itself.
fn one<T: DeserializeOwned>(asked: &PutOptions, what: &str, record: impl Fn(T) -> Record) -> anyhow::Result<Record> {
    let text = files::read(&asked.file, what)?;
    let read =
        serde_json::from_str(&text).with_context(|| format!("{}: the {what} cannot be read", asked.file.display()))?;
    let record = record(read);
    files::sound(record.violations())?;
    Ok(record)
}

fn another() -> anyhow::Error {
    anyhow::anyhow!("a record became another one")
}

fn request_id(asked: &PutOptions) -> String {
    asked.request_id.clone().unwrap_or_else(new_request_id)
}

fn put<T: Serialize>(format: Format, (record, change): (T, RecordChange)) -> anyhow::Result<()> {
    let change = show::word(change.as_str_name(), "RECORD_CHANGE_");
    let record = serde_json::to_value(&record)?;
    let name = record.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let etag = record.get("etag").and_then(Value::as_str).unwrap_or_default().to_owned();
    let said = || format!("{name} is {change}, etag {etag}");
    output::answer(format, said, &json!({"change": change, "record": record}))
}

fn list<T: Serialize, const N: usize>(
    format: Format,
    heads: [&str; N],
    found: &[T],
    row: impl Fn(&T) -> [String; N],
) -> anyhow::Result<()> {
    let rows: Vec<[String; N]> = found.iter().map(row).collect();
    let lines = found.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
    output::list(format, || table(heads, &rows), lines)
}

fn at_work(inactive: bool) -> String {
    if inactive { "inactive".to_owned() } else { String::new() }
}
