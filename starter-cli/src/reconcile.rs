//! `vextrus ledger reconcile` and `vextrus ledger adopt-namespace`: the ledger against Temporal, as `TEMPORAL_*` names it.

use anyhow::Context as _;
use serde_json::{Value, json};
use temporalio_client::{Client, NamespacedClient as _};
use vextrus_documents::Steps;
use vextrus_domain::signature::AcceptedKeys;
use vextrus_ledger::Ledger;
use vextrus_ledger::approvals::Trust;
use vextrus_ledger::reconcile::namespaces;
use vextrus_platform::Config;
use vextrus_platform::config::SignalTrust;
use vextrus_reconcile::{Found, Reconciler, Round, Scope};
use vextrus_temporal::{Codec, ConnectOptions, connect, namespace_id};

use crate::ledger::open_configured;
use crate::options::{AdoptOptions, Format, ReconcileOptions};
use crate::output;
use crate::tax::table;

pub(crate) async fn run(format: Format, options: ReconcileOptions) -> anyhow::Result<()> {
    let config = Config::load(options.config.as_deref())?;
    let tenant = options.tenant.as_deref().map(str::parse).transpose()?;
    let scope = Scope { tenant, dry_run: options.dry_run, by_hand: true };
    let (ledger, client) = both(&config).await?;
    // No key: the documents are closed without a command of anybody's.
    let trust = Trust { keys: AcceptedKeys::default(), unsigned: config.signals.trust == SignalTrust::Namespace };
    let steps = Steps { ledger: ledger.clone(), trust };
    let round = Reconciler::configured(&config, client, steps).round(&scope).await?;
    ledger.close().await;
    let summary = answer(format, &round, &scope)?;
    anyhow::ensure!(round.is_sound(), "{summary}");
    Ok(())
}

pub(crate) async fn adopt(options: AdoptOptions) -> anyhow::Result<()> {
    let config = Config::load(options.config.as_deref())?;
    let (ledger, client) = both(&config).await?;
    let name = client.namespace();
    let id = namespace_id(&client, &name).await?;
    let mut tx = ledger.begin_for_all().await?;
    namespaces::adopt(&mut tx, (&name, &id), &options.by, &options.reason).await??;
    tx.commit().await?;
    ledger.close().await;
    output::line(&format!("the ledger's workflows live in namespace {name} ({id}) from now on"))
}

async fn both(config: &Config) -> anyhow::Result<(Ledger, Client)> {
    let codec = Codec::configured(&config.codec)?;
    let ledger = open_configured(config).await?;
    let client = connect(ConnectOptions { codec, ..ConnectOptions::default() }).await.context("temporal")?;
    Ok((ledger, client))
}

/// Writes what was found; answers it in one line.
fn answer(format: Format, round: &Round, scope: &Scope) -> anyhow::Result<String> {
    let count: u64 = round.tally.found.values().sum();
    let mut summary = match count {
        0 => "everything that was looked at fits together".to_owned(),
        1 => "1 thing does not fit together".to_owned(),
        count => format!("{count} things do not fit together"),
    };
    let namespaces = &round.namespaces;
    if !namespaces.are_one() {
        let kept = namespaces.ledger.as_deref().unwrap_or("none yet");
        summary =
            format!("namespace {} is {}, and the ledger's is {kept}; {summary}", namespaces.name, namespaces.server);
    }
    let findings: Vec<Value> = round.found.iter().map(|found| one(found, scope)).collect();
    if format == Format::Jsonl {
        output::list(format, String::new, findings)?;
        return Ok(summary);
    }
    let json = json!({
        "dry_run": scope.dry_run, "looked_at": round.tally.looked_at, "found": &round.tally.found, "findings": findings,
        "namespace": {"name": &namespaces.name, "server": &namespaces.server, "ledger": &namespaces.ledger},
    });
    output::answer(format, || text(round, &summary), &json)?;
    Ok(summary)
}

fn one(found: &Found, scope: &Scope) -> Value {
    let is_new = (!scope.dry_run).then_some(found.is_new);
    json!({"tenant": &found.key.tenant, "document": &found.key.document, "submission": found.key.submission,
        "workflow": &found.workflow, "run": &found.run, "finding": found.finding.name(), "act": found.act.name(),
        "remedy": found.remedy, "is_new": is_new})
}

fn text(round: &Round, summary: &str) -> String {
    let looked = format!("{} documents, processes and runs looked at: {summary}", round.tally.looked_at);
    if round.found.is_empty() {
        return looked;
    }
    let row = |found: &Found| {
        let words = [found.workflow.as_str(), found.finding.name(), found.act.name(), found.remedy];
        words.map(str::to_owned)
    };
    let rows: Vec<[String; 4]> = round.found.iter().map(row).collect();
    format!("{}\n{looked}", table(["workflow", "finding", "act", "what to do"], &rows).trim_end())
}
