//! `vextrus audit …`, for operators and auditors.

mod export;
mod hold;
pub(crate) mod options;

use anyhow::Context as _;
use serde_json::{Value, json};
use vextrus_domain::TenantId;
use vextrus_domain::calendar::dhaka_time;
use vextrus_domain::signature::AcceptedKeys;
use vextrus_ledger::audit::checkpoint::Bundle;
use vextrus_ledger::audit::verify::{self, Verified, Witness};
use vextrus_ledger::audit::{self, Entry, TENANT_CHAIN};
use vextrus_platform::Config;
use vextrus_sealer::Destination;

use crate::ledger::{open, tenant};
use crate::options::{Global, LedgerOptions};
use crate::{output, secrets};
use options::AuditCommand;

pub(crate) async fn run(global: &Global, command: AuditCommand) -> anyhow::Result<()> {
    match command {
        AuditCommand::Show { document, ledger } => show(global, &document, &ledger).await,
        AuditCommand::Verify { checkpoints, ledger } => verify(global, &checkpoints, &ledger).await,
        AuditCommand::Export { out, by, ledger } => export::run(global, &out, &by, &ledger).await,
        AuditCommand::Key { file } => {
            anyhow::ensure!(!file.exists(), "{} is there already; name a new file", file.display());
            let key = secrets::fresh_key();
            secrets::write_secret(&file, &key.to_secret_text())?;
            let shown = json!({"key_id": key.id(), "public_key": key.public_text()});
            output::answer(global.output, || key.public_text(), &shown)
        }
        AuditCommand::Hold(command) => hold::run(global, command).await,
    }
}

async fn show(global: &Global, document: &str, options: &LedgerOptions) -> anyhow::Result<()> {
    let tenant = tenant(options)?;
    let chain = if document == "-" { TENANT_CHAIN } else { document };
    let mut tx = open(options).await?.read(&tenant).await?;
    let entries = audit::read_chain(&mut tx, &tenant, chain).await??;
    anyhow::ensure!(!entries.is_empty(), "{tenant} has no trail of {document:?}; give the id as it was submitted");
    let lines = entries.iter().map(serde_json::to_value).collect::<Result<Vec<Value>, _>>()?;
    output::list(global.output, || entries.iter().map(text).collect::<Vec<_>>().join("\n"), lines)
}

fn text(entry: &Entry) -> String {
    let at = dhaka_time(entry.at).format("%Y-%m-%d %H:%M:%S");
    let who = match (&entry.actor, &entry.principal) {
        (Some(actor), Some(principal)) if actor != principal => format!(" by {actor} for {principal}"),
        (Some(actor), _) => format!(" by {actor}"),
        (None, _) => String::new(),
    };
    let submission = entry.submission.map(|s| format!("/{s}")).unwrap_or_default();
    format!("{:>4}  {at}  {}{submission}{who}  {}", entry.seq, entry.kind, entry.body)
}

async fn verify(global: &Global, places: &[String], options: &LedgerOptions) -> anyhow::Result<()> {
    let tenant = tenant(options)?;
    let config = Config::load(options.place.config.as_deref())?;
    let keys = vextrus_sealer::accepted(&config.audit)?;
    let configured = Some(config.audit.export.clone()).filter(|place| places.is_empty() && !place.is_empty());
    let mut witnesses = Vec::new();
    for place in places.iter().chain(&configured) {
        witnesses.extend(read(place, &tenant, &keys).await?);
    }
    let mut tx = open(options).await?.read(&tenant).await?;
    let verified = verify::verify(&mut tx, &tenant, &keys, &witnesses).await?;
    output::answer(global.output, || summary(&tenant, &verified), &serde_json::to_value(&verified)?)?;
    for problem in &verified.problems {
        eprintln!("wrong: {problem}");
    }
    let count = verified.problems.len();
    anyhow::ensure!(count == 0, "{count} things are wrong with the trail of {tenant}");
    Ok(())
}

fn summary(tenant: &TenantId, v: &Verified) -> String {
    let mut lines = vec![
        format!("{tenant}: {} entries in {} chains", v.entries, v.chains),
        format!("{} of them are sealed by {} checkpoints, {} wait for the next", v.sealed, v.checkpoints, v.unsealed),
        format!("{} are vouched for by checkpoints from elsewhere", v.witnessed),
    ];
    if v.untied > 0 {
        lines.push(format!("{} rows are from before entries named what was written with them", v.untied));
    }
    if v.problems.is_empty() {
        lines.push("the trail is sound".to_owned());
    }
    lines.join("\n")
}

/// The checkpoints of a tenant in a file or a place.
async fn read(place: &str, tenant: &TenantId, keys: &AcceptedKeys) -> anyhow::Result<Vec<Witness>> {
    if place.contains("://") {
        return Ok(Destination::at(place)?.witnesses(tenant, keys).await?);
    }
    let text = std::fs::read_to_string(place).with_context(|| format!("checkpoint {place} cannot be read"))?;
    let (checkpoint, bundle) = Bundle::read(&text, keys).with_context(|| format!("checkpoint {place}"))?;
    anyhow::ensure!(checkpoint.tenant == *tenant, "checkpoint {place} is of {}, not of {tenant}", checkpoint.tenant);
    Ok(vec![Witness { place: place.to_owned(), checkpoint, bundle }])
}
