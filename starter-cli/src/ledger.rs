//! `vextrus ledger …`, for operators.

use std::path::Path;

use anyhow::Context as _;
use vextrus_domain::TenantId;
use vextrus_ledger::masterdata::{self, Company};
use vextrus_ledger::{Ledger, check};
use vextrus_platform::Config;

use crate::options::{Global, LedgerCommand, LedgerOptions};
use crate::output::line;
use crate::reconcile;

pub(crate) async fn run(global: &Global, command: LedgerCommand) -> anyhow::Result<()> {
    match command {
        LedgerCommand::Check(options) => {
            let tenant = tenant(&options)?;
            let mut tx = open(&options).await?.read().await?;
            let wrong = check::check(&mut tx, &tenant).await?;
            for line in &wrong {
                eprintln!("wrong: {line}");
            }
            anyhow::ensure!(wrong.is_empty(), "{} things are wrong with the books of {tenant}", wrong.len());
            line(&format!("the books and the trail of {tenant} are sound"))
        }
        LedgerCommand::Reconcile(options) => reconcile::run(global.output, options).await,
        LedgerCommand::AdoptNamespace(options) => reconcile::adopt(options).await,
        LedgerCommand::Import { file, ledger, by } => {
            let tenant = tenant(&ledger)?;
            let company = company_in(&file)?;
            anyhow::ensure!(company.tenant == tenant, "{} is about {}, not {tenant}", file.display(), company.tenant);
            let mut tx = open(&ledger).await?.begin().await?;
            masterdata::import(&mut tx, &company, &by).await?;
            tx.commit().await?;
            line(&format!("the master data of {tenant} is imported"))
        }
    }
}

pub(crate) fn company(text: &str) -> anyhow::Result<Company> {
    serde_json::from_str(text).context("the company cannot be read")
}

/// Reads a company from its file.
pub(crate) fn company_in(file: &Path) -> anyhow::Result<Company> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    company(&text).with_context(|| file.display().to_string())
}

pub(crate) fn tenant(options: &LedgerOptions) -> anyhow::Result<TenantId> {
    Ok(options.tenant.parse()?)
}

pub(crate) async fn open(options: &LedgerOptions) -> anyhow::Result<Ledger> {
    open_configured(&Config::load(options.config.as_deref())?).await
}

pub(crate) async fn open_configured(config: &Config) -> anyhow::Result<Ledger> {
    Ledger::open(&config.ledger.address)
        .await
        .with_context(|| format!("the ledger at {} cannot be opened", without_password(&config.ledger.address)))
}

fn without_password(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, place)| place)
}
