//! `vextrus ledger …`, for operators.

use std::path::Path;

use anyhow::Context as _;
use vextrus_domain::{Refusal, TenantId};
use vextrus_ledger::masterdata::{self, Company};
use vextrus_ledger::{Ledger, LedgerError, Tx, check};
use vextrus_platform::Config;

use crate::options::{LedgerCommand, LedgerOptions};
use crate::output::line;

pub(crate) async fn run(command: LedgerCommand) -> anyhow::Result<()> {
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
    let config = Config::load(options.config.as_deref())?;
    Ledger::open(&config.ledger.address)
        .await
        .with_context(|| format!("the ledger at {} cannot be opened", without_password(&config.ledger.address)))
}

/// How often a change is tried again when another one followed the same entry of the tenant's trail.
const TRIES: usize = 3;

/// Carries a change out in a transaction of its own; what is refused leaves nothing behind.
pub(crate) async fn change<T>(
    options: &LedgerOptions,
    make: impl AsyncFn(&mut Tx) -> Result<Result<T, Refusal>, LedgerError>,
) -> anyhow::Result<T> {
    let ledger = open(options).await?;
    let mut tries = 1;
    loop {
        let mut tx = ledger.begin().await?;
        let committed = match make(&mut tx).await {
            Ok(Ok(made)) => tx.commit().await.map(|()| made),
            Ok(Err(refusal)) => return Err(refusal.into()),
            Err(error) => Err(error),
        };
        match committed {
            Err(error) if error.is_unique_violation() && tries < TRIES => tries += 1,
            done => return Ok(done?),
        }
    }
}

fn without_password(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, place)| place)
}
