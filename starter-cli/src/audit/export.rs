//! `vextrus audit export`: the whole trail of a tenant as files that need no program of ours.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use serde_json::json;
use vextrus_domain::TenantId;
use vextrus_ledger::{Ledger, Tx, audit};
use vextrus_platform::Config;

use crate::ledger::{open, tenant};
use crate::options::{Global, LedgerOptions};
use crate::output;

/// How many rows are read at once.
const PAGE: u32 = 5_000;
/// What verifies the folder: Python's standard library, and openssl for the signatures.
const RECIPE: &str = include_str!("verify.py");

pub(super) async fn run(global: &Global, out: &Path, by: &str, options: &LedgerOptions) -> anyhow::Result<()> {
    let tenant = tenant(options)?;
    let config = Config::load(options.place.config.as_deref())?;
    let ledger = open(options).await?;
    std::fs::create_dir(out).with_context(|| format!("folder {} cannot be made; name a new one", out.display()))?;
    // The entry goes first, so that what is taken out tells of it too, once it is sealed.
    told(&ledger, &tenant, by).await?;
    let mut tx = ledger.read(&tenant).await?;
    let entries = entries(&mut tx, &tenant, &out.join("entries.jsonl")).await?;
    let leaves = leaves(&mut tx, &tenant, &out.join("log.txt")).await?;
    let checkpoints = checkpoints(&mut tx, &tenant, &out.join("checkpoints")).await?;
    let keys = config.audit.accepted_keys.split(',').map(str::trim).filter(|k| !k.is_empty());
    std::fs::write(out.join("keys.txt"), keys.fold(String::new(), |all, key| all + key + "\n"))?;
    std::fs::write(out.join("verify.py"), RECIPE)?;
    let shown = json!({"folder": out, "entries": entries, "sealed": leaves, "checkpoints": checkpoints});
    let text = || {
        format!(
            "{entries} entries, {leaves} of them sealed by {checkpoints} checkpoints, are in {}\nverify them there with: python3 verify.py",
            out.display()
        )
    };
    output::answer(global.output, text, &shown)
}

async fn told(ledger: &Ledger, tenant: &TenantId, by: &str) -> anyhow::Result<()> {
    anyhow::ensure!(!by.trim().is_empty(), "--by: say who takes the trail out");
    let mut tx = ledger.begin(tenant).await?;
    tx.audit_tenant(tenant, "trail_exported", by, json!({}));
    tx.commit().await?;
    Ok(())
}

fn file(path: &Path) -> anyhow::Result<BufWriter<File>> {
    Ok(BufWriter::new(File::create_new(path).with_context(|| format!("{} cannot be written", path.display()))?))
}

async fn entries(tx: &mut Tx, tenant: &TenantId, path: &Path) -> anyhow::Result<u64> {
    let mut file = file(path)?;
    let (mut after, mut count) = ((String::new(), 0), 0);
    loop {
        let page = audit::exports::entries(tx, tenant, (&after.0, after.1), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = (last.chain.clone(), last.seq);
        for entry in page {
            writeln!(file, "{}", entry.content)?;
            count += 1;
        }
    }
    file.flush()?;
    Ok(count)
}

async fn leaves(tx: &mut Tx, tenant: &TenantId, path: &Path) -> anyhow::Result<i64> {
    let mut file = file(path)?;
    let mut count = 0;
    loop {
        let page = audit::exports::leaves(tx, tenant, count, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for leaf in page {
            writeln!(file, "{}", leaf.text())?;
            count += 1;
        }
    }
    file.flush()?;
    Ok(count)
}

async fn checkpoints(tx: &mut Tx, tenant: &TenantId, folder: &Path) -> anyhow::Result<i64> {
    std::fs::create_dir(folder)?;
    let mut last = 0;
    loop {
        let page = audit::exports::bundles(tx, tenant, last, PAGE).await?;
        let Some(latest) = page.last() else { return Ok(last) };
        last = latest.number;
        for checkpoint in page {
            let mut file = file(&folder.join(format!("{:010}.json", checkpoint.number)))?;
            serde_json::to_writer_pretty(&mut file, &checkpoint.bundle)?;
            file.flush()?;
        }
    }
}
