//! What is measured of a load.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use temporalio_client::WorkflowGetResultOptions;
use temporalio_common::UntypedWorkflow;
use vextrus_starter_cli::stack::Stack;
use vextrus_temporal::runs;

use crate::figures::{Spread, Times, micros, per_1000_s};
use crate::fleet::{ByProcess, Engine, Fleet, Used};
use crate::load::{self, Pace};
use crate::mix::Mix;
use crate::story::Timed;

/// Workflows whose end is waited for, since the ledger is a step ahead of it, and whose events are counted.
const LOOKED_AT: usize = 64;
const REQUESTS: [&str; 2] = ["temporal_request_total", "temporal_long_request_total"];
const STATEMENTS: &str = "db_client_operation_duration_seconds_count";
const WAITED: &str = "temporal_workflow_task_schedule_to_start_latency_seconds";

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) mix: Mix,
    pub(crate) pace: Pace,
    pub(crate) documents: u32,
    /// How many come before and do not count: they find empty caches and pools.
    pub(crate) warm_up: u32,
}

/// What was measured. What stands by process or by part is of one document.
#[derive(Debug, Serialize)]
pub(crate) struct Phase {
    pub(crate) ledger: Engine,
    pub(crate) mix: String,
    pub(crate) pace: String,
    pub(crate) documents: u32,
    pub(crate) elapsed_us: u64,
    pub(crate) documents_per_1000_s: u64,
    /// The least and the most, by kind.
    pub(crate) history_events: BTreeMap<&'static str, (usize, usize)>,
    pub(crate) cpu_us: ByProcess,
    /// The most memory of each process while the load was under way, in KiB.
    pub(crate) peaks_kib: ByProcess,
    /// In thousandths; known where the processes tell of themselves.
    pub(crate) statements: ByProcess,
    /// Calls of the Temporal service, in thousandths.
    pub(crate) requests: ByProcess,
    /// How long a workflow task waited for the worker, at the 95th percentile.
    pub(crate) schedule_to_start_us: Option<u64>,
    pub(crate) start: Spread,
    pub(crate) query: Spread,
    pub(crate) inbox: Spread,
    pub(crate) decide: Spread,
    pub(crate) whole: Spread,
}

/// Measures a load, whose documents are numbered from `first`. Answers the next number.
pub(crate) async fn measure(fleet: &Fleet, plan: &Plan, first: u32) -> anyhow::Result<(Phase, u32)> {
    let Plan { mix, pace, documents, warm_up } = plan;
    if *warm_up > 0 {
        load::send(&fleet.people, mix, *pace, (first, *warm_up)).await?;
    }
    let first = first + warm_up;
    eprintln!("{}, {}, {documents} documents, {pace}", fleet.engine.name(), mix.name());
    fleet.forget_peaks();
    let before = fleet.used().await?;
    let (timed, elapsed) = load::send(&fleet.people, mix, *pace, (first, *documents)).await?;
    for document in timed.iter().rev().take(LOOKED_AT) {
        ended(&fleet.stack, document).await?;
    }
    let used = fleet.used().await?;
    Ok((phase(fleet, plan, &timed, elapsed, (&before, &used)).await?, first + documents))
}

async fn phase(
    fleet: &Fleet,
    plan: &Plan,
    timed: &[Timed],
    elapsed: Duration,
    (before, after): (&Used, &Used),
) -> anyhow::Result<Phase> {
    let count = u64::from(plan.documents);
    let each = |before: Option<u64>, after: Option<u64>| Some(after?.saturating_sub(before?) / count);
    let cpu =
        before.cpu_us.iter().zip(&after.cpu_us).map(|((name, before), (_, after))| (*name, each(*before, *after)));
    let told = |before: &Option<_>, after: &Option<crate::scrape::Counts>| match (before, after) {
        (Some(before), Some(after)) => Some(after.since(before)),
        _ => None,
    };
    let counts = [("worker", told(&before.worker, &after.worker)), ("facade", told(&before.facade, &after.facade))];
    let thousandths = |sum: u64| sum * 1000 / count;
    let of = |names: &[&str]| {
        let sum = |c: &crate::scrape::Counts| thousandths(names.iter().map(|name| c.sum(name)).sum());
        counts.iter().map(|(part, counts)| (*part, counts.as_ref().map(sum))).collect()
    };
    let waited = counts[0].1.as_ref().and_then(|worker| worker.quantile(WAITED, 95));
    let mut history_events = BTreeMap::new();
    for document in timed.iter().rev().take(LOOKED_AT) {
        let events = events(&fleet.stack, document).await?;
        let (least, most) = history_events.entry(document.kind.name()).or_insert((events, events));
        (*least, *most) = (events.min(*least), events.max(*most));
    }
    let spread = |of: &dyn Fn(&Timed) -> Vec<Duration>| {
        let mut times = Times::new()?;
        timed.iter().flat_map(of).for_each(|took| times.record(took));
        anyhow::Ok(times.spread())
    };
    Ok(Phase {
        ledger: fleet.engine,
        mix: plan.mix.name(),
        pace: plan.pace.to_string(),
        documents: plan.documents,
        elapsed_us: micros(elapsed),
        documents_per_1000_s: per_1000_s(count, elapsed),
        history_events,
        cpu_us: cpu.collect(),
        peaks_kib: fleet.peaks_kib(),
        statements: of(&[STATEMENTS]),
        requests: of(&REQUESTS),
        schedule_to_start_us: waited.map(micros),
        start: spread(&|t| vec![t.start])?,
        query: spread(&|t| t.query.clone())?,
        inbox: spread(&|t| t.inbox.clone())?,
        decide: spread(&|t| t.decide.clone())?,
        whole: spread(&|t| vec![t.whole])?,
    })
}

async fn ended(stack: &Stack, document: &Timed) -> anyhow::Result<()> {
    let handle = stack.client.get_workflow_handle::<UntypedWorkflow>(document.workflow_id.clone());
    let result = handle.get_result(WorkflowGetResultOptions::default()).await;
    result.map(drop).map_err(|e| anyhow::anyhow!("{}: {e:?}", document.workflow_id))
}

/// Of all its runs.
async fn events(stack: &Stack, document: &Timed) -> anyhow::Result<usize> {
    let runs = runs::life(&stack.client, &document.workflow_id).await?;
    Ok(runs.iter().map(|run| run.events.len()).sum())
}
