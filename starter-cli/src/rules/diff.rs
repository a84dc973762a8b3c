//! `vextrus rules diff`: what a version changes.

use anyhow::Context as _;
use serde_json::{Value, json};
use similar::TextDiff;
use vextrus_domain::{TenantId, canonical};
use vextrus_ledger::Tx;
use vextrus_ledger::rules::{self, ActiveRule, RuleKind};
use vextrus_tax::Schedule;

use super::options::DiffOptions;
use super::{show, sound};
use crate::options::Format;
use crate::tax::short;
use crate::{exit, ledger, output};

/// The lines round a change that are shown with it.
const CONTEXT: usize = 3;

/// Two versions of one rule.
struct Versions {
    kind: RuleKind,
    subject: String,
    /// What is, or will be, in force; none where this would be the first.
    before: Option<ActiveRule>,
    after: ActiveRule,
    /// What the newer one is called.
    name: String,
}

pub(super) async fn run(format: Format, asked: &DiffOptions) -> anyhow::Result<()> {
    // What is wrong with a file is said before the ledger is asked.
    let on_file = match (asked.kind, &asked.file) {
        (Some(kind), Some(file)) => Some((kind, sound(kind, file)?, file.display().to_string())),
        _ => None,
    };
    let tenant = ledger::tenant(&asked.ledger)?;
    let mut tx = ledger::open(&asked.ledger).await?.read(&tenant).await?;
    let versions = match (on_file, asked.proposal) {
        (Some((kind, (content, subject), name)), _) => {
            let before = rules::active(&mut tx, &tenant, kind, &subject).await?;
            let after = ActiveRule { hash: canonical::sha256_hex(&content), content: content.into() };
            Versions { kind, subject, before, after, name }
        }
        (None, Some(number)) => proposed(&mut tx, &tenant, number).await?,
        (None, None) => return Err(exit::Usage("give a kind and a file, or --proposal".to_owned()).into()),
    };
    tx.rollback().await?;
    say(format, &versions)
}

/// A proposal, and what is in force when it is to take effect.
async fn proposed(tx: &mut Tx, tenant: &TenantId, number: i64) -> anyhow::Result<Versions> {
    let proposal = super::proposal(tx, tenant, number).await?;
    let at = proposal.effective_from.max(tx.now());
    let before = rules::active_at(tx, tenant, proposal.kind, &proposal.subject, at).await?;
    let after = rules::version(tx, proposal.kind, &proposal.hash).await?;
    let name = format!("proposal {number}");
    Ok(Versions { kind: proposal.kind, subject: proposal.subject, before, after, name })
}

fn say(format: Format, versions: &Versions) -> anyhow::Result<()> {
    let Versions { kind, subject, before, after, name } = versions;
    let changes = rows(versions)?;
    let lines = unified(versions);
    let said = || match (before, &changes) {
        (Some(same), _) if same.hash == after.hash => {
            format!("no difference: {name} is the {} in force, {}", kind.title(subject), short(&after.hash))
        }
        (_, Some((shown, _))) if !shown.is_empty() => shown.clone(),
        (_, Some(_)) => format!("no difference in rows and settings; the texts differ\n{lines}"),
        (_, None) => lines.clone(),
    };
    let json = json!({
        "kind": kind,
        "subject": show::subject(subject),
        "before": before.as_ref().map(|rule| &rule.hash),
        "after": after.hash,
        "changes": changes.as_ref().map(|(_, json)| json),
        "diff": lines,
    });
    output::answer(format, said, &json)
}

/// The changes of a schedule by its rows and settings, as text and as JSON; none for other rules and a first schedule.
fn rows(versions: &Versions) -> anyhow::Result<Option<(String, Value)>> {
    let (RuleKind::Tax, Some(before)) = (versions.kind, &versions.before) else { return Ok(None) };
    let read = |text: &str| Schedule::parse(text).context("the schedule in force cannot be read");
    let changes = vextrus_tax::diff(&read(&before.content)?, &read(&versions.after.content)?);
    let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
    Ok(Some((lines.join("\n"), serde_json::to_value(&changes)?)))
}

/// The lines that change, in the form of `diff -u`; nothing where none does.
fn unified(versions: &Versions) -> String {
    let (old, title) = match &versions.before {
        Some(rule) => (&*rule.content, format!("{} {}", versions.kind, short(&rule.hash))),
        None => ("", format!("no {} is active", versions.kind.title(&versions.subject))),
    };
    let new = format!("{} {}", versions.name, short(&versions.after.hash));
    let diff = TextDiff::from_lines(old, &*versions.after.content);
    diff.unified_diff().context_radius(CONTEXT).header(&title, &new).to_string()
}
