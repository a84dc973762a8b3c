//! `vextrus dev`: everything on this machine, in the foreground.

use std::future::Future;
use std::path::Path;
use std::pin::{Pin, pin};

use anyhow::Context as _;
use temporalio_sdk::opentelemetry::WorkflowIdGenerator;
use vextrus_ledger::masterdata::Company;
use vextrus_platform::config::SignalTrust;
use vextrus_platform::{Config, shutdown, telemetry};

use crate::options::{DevOptions, Global};
use crate::session::Session;
use crate::stack::{Stack, StackOptions, Temporal};

/// The example company, so that the command works from any folder.
pub(crate) const EXAMPLE_COMPANY: &str = include_str!("../../examples/company.json");

pub(crate) async fn run(global: &Global, options: DevOptions) -> anyhow::Result<()> {
    let config = Config::load(None)?;
    let telemetry = telemetry::start_with("vextrus-dev", &config, WorkflowIdGenerator::default())?;
    let company = match &options.company {
        None => company_of(EXAMPLE_COMPANY)?,
        Some(file) => company_in(file)?,
    };
    let mut stop = pin!(shutdown::requested());
    let options = StackOptions {
        folder: options.folder.clone(),
        temporal: Temporal::Own { port: Some(options.port), ui_port: Some(options.ui_port) },
        listen: options.listen.clone(),
        trust: SignalTrust::Namespace,
        codec: Some(config.codec),
        telemetry: Some(config.telemetry),
        worker_admin_listen: Some(config.worker.admin_listen),
        facade_admin_listen: Some(config.facade.admin_listen),
        ..StackOptions::default()
    };
    let mut stack = start(options, stop.as_mut()).await?;
    stack.found(&company).await?;
    let session = Session::of(&stack, &company)?;
    let file = session.write(&global.session)?;
    tell(&session, &company);
    eprintln!("Ctrl-C stops everything.");
    let failed = tokio::select! {
        () = stop => None,
        error = stack.failed() => Some(error),
    };
    drop(file);
    let stopped = stack.stop().await;
    telemetry.stop().await;
    stopped?;
    failed.map_or(Ok(()), Err)
}

/// Starts a stack, unless it is asked to stop meanwhile; then nothing of it is left.
pub(crate) async fn start(options: StackOptions, stop: Pin<&mut impl Future<Output = ()>>) -> anyhow::Result<Stack> {
    tokio::select! {
        // First, so that a signal is listened for before anything is started that must not be left behind.
        biased;
        () = stop => anyhow::bail!("stopped before it was up"),
        stack = Stack::start(options) => stack,
    }
}

/// Says where everything is and how to use it.
pub(crate) fn tell(session: &Session, company: &Company) {
    let person = |role: &str| {
        let holds = |p: &&vextrus_domain::Person| p.roles.iter().any(|r| r.as_str() == role);
        company.people.iter().find(holds).map_or("PERSON", |p| p.id.as_str())
    };
    eprintln!("facade       {}", session.address);
    eprintln!("Temporal     {}", session.temporal);
    if let Some(ui) = &session.temporal_ui {
        eprintln!("Temporal UI  {ui}");
    }
    eprintln!("ledger       {}", session.ledger);
    eprintln!("people       {}", session.tokens.keys().cloned().collect::<Vec<_>>().join(", "));
    let program = std::env::current_exe().map_or_else(|_| "vextrus".to_owned(), |path| path.display().to_string());
    eprintln!("try          {program} --as {} invoice submit examples/invoices/08-yours.json", person("requester"));
    eprintln!("             {program} --as {} inbox", person("accounts_payable"));
    let start = "onboarding start examples/onboarding/01-engineer.json";
    eprintln!("             {program} --as {} {start}", person("hr_administrator"));
}

pub(crate) fn company_of(text: &str) -> anyhow::Result<Company> {
    serde_json::from_str(text).context("the company cannot be read")
}

/// Reads a company from its file.
fn company_in(file: &Path) -> anyhow::Result<Company> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    company_of(&text).with_context(|| file.display().to_string())
}
