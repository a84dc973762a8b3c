//! `vextrus demo`: a small company, an order with its receipts and its invoice, further invoices, from submission to their end, and
//! two employees, on a real Temporal server.

mod employees;
mod purchasing;

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;
use tonic::Status;
use vextrus_domain::{Invoice as InvoiceFile, TenantId};
use vextrus_ledger::masterdata::Company;
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_ledger::{audit, check, views};
use vextrus_platform::config::{LogConfig, LogFormat};
use vextrus_platform::{shutdown, telemetry};
use vextrus_proto::approval::v1::PendingTask;

use crate::client::{Client, new_request_id};
use crate::dev::{EXAMPLE_COMPANY, company_of, start, tell};
use crate::options::{DemoOptions, Global};
use crate::output::line;
use crate::session::Session;
use crate::stack::{Stack, StackOptions, Temporal};
use crate::{invoices, json, tax, text};

/// What people do in the demonstration.
const SCRIPT: &str = include_str!("../../../examples/script.json");

/// Who changes the rules of the example company.
const CONTROLLER: &str = "farida";
const CFO: &str = "tanvir";

/// How often the demonstration looks, and how long it waits in all.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(60);

/// One invoice of the demonstration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scene {
    title: String,
    file: String,
    submitter: String,
    /// The tax schedule that the company activates first, where it changes.
    #[serde(default)]
    schedule: Option<String>,
    #[serde(default)]
    decisions: Vec<Said>,
    /// How it must end: an outcome, or the code of the refusal at submission.
    ends: String,
}

/// What one person says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    person: String,
    task: String,
    answer: String,
    #[serde(default)]
    comment: String,
}

pub(crate) async fn run(global: &Global, options: DemoOptions) -> anyhow::Result<()> {
    telemetry::log_only(&LogConfig { filter: "warn,vextrus::outbox=off".to_owned(), format: LogFormat::Text });
    let company = company_of(EXAMPLE_COMPANY)?;
    let script: Vec<Scene> = serde_json::from_str(SCRIPT).context("the script cannot be read")?;
    line("starting a Temporal server, the ledger, the worker and the facade …")?;
    let mut stop = pin!(shutdown::requested());
    let stack_options = StackOptions {
        temporal: Temporal::Own { port: None, ui_port: Some(0) },
        day: Some(employees::DAY),
        ..StackOptions::default()
    };
    let mut stack = start(stack_options, stop.as_mut()).await?;
    let shown = tokio::select! {
        shown = show(&stack, &company, &script) => shown,
        () = &mut stop => Err(anyhow::anyhow!("stopped before its end")),
    };
    if shown.is_ok() && options.keep {
        let session = Session::of(&stack, &company)?;
        let file = session.write(&global.session)?;
        line("everything stays up; Ctrl-C stops it.")?;
        tell(&session, &company);
        tokio::select! {
            () = &mut stop => {}
            error = stack.failed() => eprintln!("error: {error:#}"),
        }
        drop(file);
    }
    stack.stop().await?;
    shown
}

async fn show(stack: &Stack, company: &Company, script: &[Scene]) -> anyhow::Result<()> {
    stack.found(company).await?;
    if let Some(ui) = &stack.ui {
        line(&format!("Temporal UI: {ui}"))?;
    }
    purchasing::play(stack, &company.tenant).await?;
    for (number, scene) in (2..).zip(script) {
        line(&format!("\n=== {number}. {} ({})", scene.title, scene.file))?;
        play(stack, &company.tenant, scene).await?;
    }
    employees::play(stack, &company.tenant, script.len() + 2).await?;
    books(stack, &company.tenant).await?;
    if let Some(ui) = &stack.ui {
        line(&format!(
            "Temporal UI: {ui}/namespaces/{}/workflows (while this runs; KEEP=1 keeps it up)",
            stack.namespace
        ))?;
    }
    Ok(())
}

async fn play(stack: &Stack, tenant: &TenantId, scene: &Scene) -> anyhow::Result<()> {
    if let Some(schedule) = &scene.schedule {
        activate(stack, tenant, schedule).await?;
    }
    let file = example(&scene.file)?;
    let mut submitter = client(stack, tenant, &scene.submitter).await?;
    let submitted = submitter.submit(json::content(&file), new_request_id()).await;
    let mut invoice = match submitted {
        Ok((invoice, _)) => invoice,
        Err(status) => return refused(scene, &status),
    };
    let id = json::last(&invoice.name).to_owned();
    line(&format!("{} submits {} of {}, BDT {}", scene.submitter, file.number, file.vendor, file.total.grouped()))?;
    for said in &scene.decisions {
        let mut person = client(stack, tenant, &said.person).await?;
        let task = own_task(&mut person, &format!("{}/tasks/{}", invoice.name, said.task)).await?;
        line(&format!("  {} is asked as {}: {}", said.person, task.role, task.question))?;
        let answered = person.decide(&id, Some(&said.task), &said.answer, &said.comment, new_request_id());
        answered.await?;
        let comment = if said.comment.is_empty() { String::new() } else { format!(": {}", said.comment) };
        line(&format!("  {} says {}{comment}", said.person, said.answer))?;
    }
    invoice = until(&id, async || submitter.get(&id).await, invoices::has_ended).await?;
    line(text::invoice(&invoice).trim_end())?;
    let ended = json::outcome(invoice.outcome()).unwrap_or_default();
    anyhow::ensure!(ended == scene.ends, "it ended {ended}, not {}", scene.ends);
    Ok(())
}

/// Makes another tax schedule the company's, by two people. What is running keeps what it was assessed with.
async fn activate(stack: &Stack, tenant: &TenantId, schedule: &str) -> anyhow::Result<()> {
    let path = Path::new("rules/tax").join(format!("{schedule}.toml"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let reason = format!("the company turns to schedule {schedule}");
    let mut tx = stack.ledger.begin(tenant).await?;
    let proposal = rules::propose(&mut tx, tenant, RuleKind::Tax, &text, &CONTROLLER.parse()?, None, &reason).await??;
    tx.commit().await?;
    line(&format!("{CONTROLLER} proposes tax schedule {schedule}, version {}", tax::short(&proposal.hash)))?;
    let mut tx = stack.ledger.begin(tenant).await?;
    rules::activate(&mut tx, tenant, proposal.number, &CFO.parse()?).await??;
    tx.commit().await?;
    line(&format!("{CFO} activates it"))
}

fn refused(scene: &Scene, status: &Status) -> anyhow::Result<()> {
    line(&format!("{} submits; refused at once, nothing is started:\n  {}", scene.submitter, status.message()))?;
    anyhow::ensure!(status.message().starts_with(&scene.ends), "it was not refused with {}", scene.ends);
    Ok(())
}

/// Waits until the task is in the person's inbox.
async fn own_task(person: &mut Client, name: &str) -> anyhow::Result<PendingTask> {
    let look = async || Ok(person.inbox().await?.into_iter().find(|t| t.name == name));
    until(name, look, Option::is_some).await?.with_context(|| format!("{name} was not asked"))
}

/// Looks until something is so.
async fn until<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T, Status>,
    reached: impl Fn(&T) -> bool,
) -> anyhow::Result<T> {
    let looked = async {
        loop {
            let now = look().await?;
            if reached(&now) {
                return Ok::<_, Status>(now);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let looked = tokio::time::timeout(PATIENCE, looked).await;
    Ok(looked.with_context(|| format!("{what} did not move within a minute"))??)
}

async fn client(stack: &Stack, tenant: &TenantId, person: &str) -> anyhow::Result<Client> {
    let token = stack.token(tenant, &person.parse()?)?;
    Client::new(&stack.facade, tenant.as_str(), &token).await
}

fn example(name: &str) -> anyhow::Result<InvoiceFile> {
    let path = Path::new("examples/invoices").join(name);
    invoices::read(&path).with_context(|| "run the demonstration from the repository's folder".to_owned())
}

async fn books(stack: &Stack, tenant: &TenantId) -> anyhow::Result<()> {
    let mut tx = stack.ledger.read(tenant).await?;
    line("\n=== the ledger")?;
    line(&format!("{:<8} {:<18} {:>18} {:>18}", "account", "", "debit", "credit"))?;
    for b in views::balances(&mut tx, tenant).await? {
        line(&format!("{:<8} {:<18} {:>18} {:>18}", b.account, b.purpose, b.debit.grouped(), b.credit.grouped()))?;
    }
    line(&format!("\n{:<26} {:>16} {:>14} {:>14}", "budget", "allocated", "reserved", "committed"))?;
    for b in views::budgets(&mut tx, tenant).await? {
        let name = format!("{} {} {}", b.fiscal_year, b.department, b.project);
        let (allocated, reserved, committed) = (b.allocated.grouped(), b.reserved.grouped(), b.committed.grouped());
        line(&format!("{name:<26} {allocated:>16} {reserved:>14} {committed:>14}"))?;
    }
    line("\npayment instructions")?;
    for i in views::instructions(&mut tx, tenant).await? {
        line(&format!(
            "{}  {:<16} BDT {:>16}  due {}, {}",
            i.instruction,
            i.vendor,
            text::amount(i.amount),
            i.due_date,
            i.state
        ))?;
    }
    let chains = audit::chains(&mut tx, tenant).await?;
    let mut entries = 0;
    for chain in &chains {
        entries += audit::read_chain(&mut tx, tenant, chain).await??.len();
    }
    line(&format!("\naudit trail: {entries} entries in {} chains, every hash and link verified", chains.len()))?;
    let wrong = check::check(&mut tx, tenant).await?;
    anyhow::ensure!(wrong.is_empty(), "the ledger is not sound: {}", wrong.join("; "));
    line("books: budgets, postings, instructions, obligations and numbers agree")?;
    tx.rollback().await?;
    Ok(())
}
