//! `vextrus ledger …`, for operators.

use std::path::Path;

use anyhow::Context as _;
use chrono::SecondsFormat;
use serde_json::{Value, json};
use vextrus_domain::{Refusal, TenantId};
use vextrus_ledger::backup::{self, Backup};
use vextrus_ledger::{Ledger, LedgerError, Tx, check, retry};
use vextrus_platform::Config;

use crate::options::{Global, LedgerCommand, LedgerOptions, LedgerPlace};
use crate::output::{self, line};
use crate::{import, intake, reconcile};

pub(crate) async fn run(global: &Global, command: LedgerCommand) -> anyhow::Result<()> {
    let format = global.output;
    match command {
        LedgerCommand::Migrate(place) => {
            let mut config = Config::load(place.config.as_deref())?;
            // A replica that has not caught up yet is no reason to fail.
            config.ledger.replica_address.clear();
            let ledger = open_configured(&config).await?;
            let tables = ledger.tables_version().await?;
            ledger.close().await;
            let said = || format!("the ledger's tables are of version {tables}");
            output::answer(format, said, &json!({"tables": tables}))
        }
        LedgerCommand::Check { tenant, place } => check_books(tenant.as_deref(), &place).await,
        LedgerCommand::Reconcile(options) => reconcile::run(format, options).await,
        LedgerCommand::AdoptNamespace(options) => reconcile::adopt(options).await,
        LedgerCommand::Import(options) => import::run(format, options).await,
        LedgerCommand::Intake(command) => intake::run(format, command).await,
        LedgerCommand::Backup { file, place } => {
            let taken = backup::save(&open_at(&place).await?, &file).await?;
            let said = || format!("{} holds {}", file.display(), held(&taken));
            output::answer(format, said, &of_file(&file, &taken))
        }
        LedgerCommand::Restore { file, by, keep_faults, place } => {
            let restored = backup::restore(&open_at(&place).await?, &file, &by, keep_faults).await?;
            for fault in &restored.faults {
                eprintln!("wrong: {fault}");
            }
            let found = if restored.faults.is_empty() { "found sound" } else { "with its faults" };
            let said = || format!("{} is restored, {found}: {}", file.display(), held(&restored));
            output::answer(format, said, &of_file(&file, &restored))
        }
    }
}

/// The database's own file first, then the books and trails of one tenant, or of all.
async fn check_books(tenant: Option<&str>, place: &LedgerPlace) -> anyhow::Result<()> {
    let asked: Option<TenantId> = tenant.map(str::parse).transpose()?;
    let ledger = open_at(place).await?;
    let mut all = 0;
    for damage in ledger.damage().await? {
        eprintln!("wrong: the file: {damage}");
        all += 1;
    }
    if ledger.is_postgres() && !ledger.guards_tenants().await? {
        eprintln!(
            "note: this role passes row security; nothing but the program keeps companies apart. See docs/database.md"
        );
    }
    let tenants = match &asked {
        Some(tenant) => vec![tenant.clone()],
        None => backup::tenants(&mut ledger.read_for_all().await?).await?,
    };
    for tenant in &tenants {
        let mut tx = ledger.read(tenant).await?;
        let wrong = check::check(&mut tx, tenant).await?;
        for line in &wrong {
            eprintln!("wrong: {}{line}", if asked.is_some() { String::new() } else { format!("{tenant}: ") });
        }
        if wrong.is_empty() {
            line(&format!("the books and the trail of {tenant} are sound"))?;
        }
        all += wrong.len();
    }
    ledger.close().await;
    let whose = asked.map_or_else(|| "the ledger".to_owned(), |tenant| format!("the books of {tenant}"));
    anyhow::ensure!(all == 0, "{all} things are wrong with {whose}");
    if tenants.is_empty() {
        line("the ledger holds no company")?;
    }
    Ok(())
}

fn held(backup: &Backup) -> String {
    let manifest = &backup.manifest;
    let tenants = if manifest.tenants.is_empty() { "no company".to_owned() } else { manifest.tenants.join(", ") };
    let at = backup.head.at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!(
        "{} rows in {} tables of {tenants}, as of {at}\nsha256 {}",
        backup.rows(),
        manifest.tables.len(),
        manifest.sha256
    )
}

fn of_file(file: &Path, backup: &Backup) -> Value {
    let Backup { head, manifest, faults } = backup;
    serde_json::json!({"file": file, "head": head, "manifest": manifest, "rows": backup.rows(), "faults": faults})
}

pub(crate) fn tenant(options: &LedgerOptions) -> anyhow::Result<TenantId> {
    Ok(options.tenant.parse()?)
}

pub(crate) async fn open(options: &LedgerOptions) -> anyhow::Result<Ledger> {
    open_at(&options.place).await
}

async fn open_at(place: &LedgerPlace) -> anyhow::Result<Ledger> {
    open_configured(&Config::load(place.config.as_deref())?).await
}

pub(crate) async fn open_configured(config: &Config) -> anyhow::Result<Ledger> {
    Ledger::open_as(&config.ledger)
        .await
        .with_context(|| format!("the ledger at {} cannot be opened", without_password(&config.ledger.address)))
}

/// Carries a change out that has a request id, in a transaction of its own; what is refused leaves nothing behind.
pub(crate) async fn change<T>(
    options: &LedgerOptions,
    make: impl AsyncFn(&mut Tx) -> Result<Result<T, Refusal>, LedgerError>,
) -> anyhow::Result<T> {
    let (ledger, tenant) = (open(options).await?, tenant(options)?);
    Ok(retry::keyed(|| once(&ledger, &tenant, &make)).await??)
}

/// The same for a change that has no request id: where nobody can tell whether it came through, it is not made again.
pub(crate) async fn change_unkeyed<T>(
    options: &LedgerOptions,
    make: impl AsyncFn(&mut Tx) -> Result<Result<T, Refusal>, LedgerError>,
) -> anyhow::Result<T> {
    let (ledger, tenant) = (open(options).await?, tenant(options)?);
    Ok(retry::unkeyed(|| once(&ledger, &tenant, &make)).await??)
}

async fn once<T>(
    ledger: &Ledger,
    tenant: &TenantId,
    make: impl AsyncFn(&mut Tx) -> Result<Result<T, Refusal>, LedgerError>,
) -> Result<Result<T, Refusal>, LedgerError> {
    let mut tx = ledger.begin(tenant).await?;
    let made = make(&mut tx).await?;
    if made.is_ok() {
        tx.commit().await?;
    }
    Ok(made)
}

fn without_password(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, place)| place)
}
