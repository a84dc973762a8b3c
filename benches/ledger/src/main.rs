//! How many invoices the ledger settles a second, on either database, without Temporal: the step `settle` alone, each with its last
//! decision, its taxes computed again, its postings, its budget and its number. Then how long the first page of an inbox takes, and
//! how long it takes to seal and to verify a trail. It measures and judges nothing.
//!
//! `VEXTRUS_TEST_POSTGRES_FSYNC=on` has PostgreSQL write as in production; SQLite always does.

mod inbox;
mod trail;

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use vextrus_contract::steps::{SettleInput, SettleOutput};
use vextrus_documents::Steps;
use vextrus_tests_support::company::invoice;
use vextrus_tests_support::ledgers::{Engine, all_at_once, run};
use vextrus_tests_support::steps::Desk;

/// Invoices that are measured, unless the first argument says how many.
const INVOICES: usize = 200;
/// One in so many goes before and does not count: it finds empty caches and pools.
const BEFORE: usize = 10;
/// Steps under way at a time.
const IN_FLIGHT: usize = 8;

fn main() -> anyhow::Result<()> {
    let invoices = match std::env::args().nth(1) {
        Some(given) => given.parse().with_context(|| format!("{given:?} is no number of invoices"))?,
        None => INVOICES,
    };
    line(&format!("settle, {invoices} invoices of one company, {IN_FLIGHT} under way at a time"))?;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut said = Ok(());
        run(engine, async |desk: &Desk| said = measure(engine, desk, invoices).await);
        said?;
    }
    inbox::measure()?;
    trail::measure()
}

async fn measure(engine: Engine, desk: &Desk, invoices: usize) -> anyhow::Result<()> {
    let before = invoices.div_ceil(BEFORE);
    // Enough for all of them.
    desk.put_budget("2025-26", "works", None, "9000000000").await;
    let mut inputs = Vec::with_capacity(before + invoices);
    for number in 0..before + invoices {
        let (claim, assessed) = desk.submit(&invoice("padma", &format!("BENCH-{number}"), "10000")).await;
        let last = desk.approve(&claim.key).await;
        inputs.push(desk.settle_input(&claim.key, assessed.plan.revision, Some(last)));
    }
    let measured = inputs.split_off(before);
    settle(&desk.steps(), inputs).await?;
    let began = Instant::now();
    let mut times = settle(&desk.steps(), measured).await?;
    let whole = began.elapsed();
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    let per_10_seconds = u128::try_from(invoices)? * 10_000_000 / whole.as_micros().max(1);
    let writes = match engine {
        Engine::Sqlite => "synchronous=FULL".to_owned(),
        Engine::Postgres => format!("fsync={}", desk.database.raw().await.texts("SHOW fsync").await.concat()),
    };
    line(&format!(
        "{:<10} {:>5}.{} a second    p50 {:>7} us    p95 {:>7} us    {writes}",
        format!("{engine:?}").to_lowercase(),
        per_10_seconds / 10,
        per_10_seconds % 10,
        at(50).as_micros(),
        at(95).as_micros(),
    ))
}

/// Settles them all, and answers how long each took.
async fn settle(steps: &Steps, inputs: Vec<SettleInput>) -> anyhow::Result<Vec<Duration>> {
    let (inputs, next) = (Arc::new(inputs), Arc::new(AtomicUsize::new(0)));
    let workers = (0..IN_FLIGHT).map(|_| {
        let (steps, inputs, next) = (steps.clone(), Arc::clone(&inputs), Arc::clone(&next));
        async move {
            let mut times = Vec::new();
            while let Some(input) = inputs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let began = Instant::now();
                let settled = steps.settle_step(input).await?;
                anyhow::ensure!(matches!(settled, SettleOutput::Settled(_)), "it was not settled: {settled:?}");
                times.push(began.elapsed());
            }
            Ok(times)
        }
    });
    let times: anyhow::Result<Vec<Vec<Duration>>> = all_at_once(workers).await.into_iter().collect();
    Ok(times?.concat())
}

fn line(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
