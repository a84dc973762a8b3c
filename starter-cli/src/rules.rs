//! `vextrus rules …`.

use std::path::Path;

use anyhow::Context as _;
use vextrus_domain::canonical;
use vextrus_ledger::rules;

use crate::ledger;
use crate::options::RulesCommand;
use crate::output::line;

pub(crate) async fn run(command: RulesCommand) -> anyhow::Result<()> {
    match command {
        RulesCommand::Check { kind, file } => {
            let text = read(&file)?;
            kind.check(&text).map_err(|why| anyhow::anyhow!("{}: {why}", file.display()))?;
            line(&format!("{}: a sound {kind} rule, {}", file.display(), canonical::sha256_hex(&text)))
        }
        RulesCommand::Activate { kind, file, ledger, by } => {
            let text = read(&file)?;
            let tenant = ledger::tenant(&ledger)?;
            let opened = ledger::open(&ledger).await?;
            let mut tx = opened.begin().await?;
            let hash = rules::activate(&mut tx, &tenant, kind, &text, &by)
                .await?
                .map_err(|why| anyhow::anyhow!("{}: {why}", file.display()))?;
            tx.commit().await?;
            line(&format!("{kind} rule {hash} is active for {tenant}"))
        }
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}
