//! `vextrus rules …`: rules are checked, compared, proposed by one person and activated by another.

mod diff;
mod examples;
mod list;
mod options;
mod show;

use std::path::Path;

use serde_json::json;
use vextrus_domain::calendar::dhaka_midnight;
use vextrus_domain::{Refusal, RefusalCode, TenantId, canonical};
use vextrus_ledger::Tx;
use vextrus_ledger::rules::{self, Proposal, RuleKind};

pub(crate) use options::RulesCommand;
use options::{ActivateOptions, ProposeOptions, RuleFile};

use crate::options::{Format, Global};
use crate::tax::{MAX_RULES, read};
use crate::{ledger, output};

pub(crate) async fn run(global: &Global, command: RulesCommand) -> anyhow::Result<()> {
    match command {
        RulesCommand::Check(rule) => check(global.output, &rule),
        RulesCommand::List(ledger) => list::run(global.output, &ledger).await,
        RulesCommand::Diff(asked) => diff::run(global.output, &asked).await,
        RulesCommand::Test(asked) => examples::run(global.output, asked).await,
        RulesCommand::Propose(asked) => propose(global.output, &asked).await,
        RulesCommand::Activate(asked) => activate(global.output, &asked).await,
    }
}

fn check(format: Format, rule: &RuleFile) -> anyhow::Result<()> {
    let (text, subject) = sound(rule.kind, &rule.file)?;
    let (file, hash) = (rule.file.display().to_string(), canonical::sha256_hex(&text));
    let said = || format!("{file}: a sound {}, {hash}", rule.kind.title(&subject));
    let json = json!({"file": file, "kind": rule.kind, "subject": show::subject(&subject), "hash": hash});
    output::answer(format, said, &json)
}

async fn propose(format: Format, asked: &ProposeOptions) -> anyhow::Result<()> {
    let kind = asked.rule.kind;
    let (text, _) = sound(kind, &asked.rule.file)?;
    let tenant = ledger::tenant(&asked.ledger)?;
    let mut tx = ledger::open(&asked.ledger).await?.begin(&tenant).await?;
    let effective = asked.effective.map(dhaka_midnight);
    let proposal = rules::propose(&mut tx, &tenant, kind, &text, &asked.by, effective, &asked.reason).await??;
    tx.commit().await?;
    let said = || {
        let since = match asked.effective {
            Some(day) => format!("from {day} on"),
            None => "at once".to_owned(),
        };
        format!(
            "proposal {number}: {title} {hash} for {tenant}\nit counts {since}, when another person has activated it: \
             vextrus rules activate {number} --by PERSON",
            number = proposal.number,
            title = kind.title(&proposal.subject),
            hash = proposal.hash,
        )
    };
    output::answer(format, said, &show::proposal(&proposal))
}

async fn activate(format: Format, asked: &ActivateOptions) -> anyhow::Result<()> {
    let tenant = ledger::tenant(&asked.ledger)?;
    let mut tx = ledger::open(&asked.ledger).await?.begin(&tenant).await?;
    let activation = rules::activate(&mut tx, &tenant, asked.proposal, &asked.by).await??;
    tx.commit().await?;
    let said = || {
        let (title, hash) = (activation.kind.title(&activation.subject), &activation.hash);
        if activation.effective_from > activation.activated_at {
            format!("{title} {hash} is active for {tenant} from {} in Dhaka on", show::dhaka(activation.effective_from))
        } else {
            format!("{title} {hash} is active for {tenant}")
        }
    };
    output::answer(format, said, &show::activation(&activation))
}

async fn proposal(tx: &mut Tx, tenant: &TenantId, number: i64) -> anyhow::Result<Proposal> {
    rules::proposal(tx, tenant, number).await?.ok_or_else(|| {
        let message = format!("{tenant} has no proposal {number}; `vextrus rules list` shows those that are open");
        Refusal::new(RefusalCode::NotFound, message).into()
    })
}

/// The text of a rule's file and what the rule is for. What is wrong with it is told with the file's name.
fn sound(kind: RuleKind, file: &Path) -> anyhow::Result<(String, String)> {
    let text = read(file, MAX_RULES)?;
    let subject = kind.subject_of(&text).map_err(|why| anyhow::anyhow!("{}: {why}", file.display()))?;
    Ok((text, subject))
}
