//! How many events a second the gate replays, by the length of the history: it must not fall with it. The histories are those of the
//! corpus whose lengths are nearest.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use temporalio_common::data_converters::DataConverter;
use temporalio_protos::temporal::api::history::v1::History;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use vextrus_replay::gate::{self, Recorded, Verdict};
use vextrus_tests_replay::corpus::{self, Entry};

/// Lengths in events.
const LENGTHS: [usize; 5] = [10, 40, 100, 200, 1000];
/// About how many events are replayed of each.
const EVENTS: usize = 40_000;

fn main() -> anyhow::Result<()> {
    let entries = corpus::read(&corpus::folder())?;
    for length in LENGTHS {
        let nearest = entries.iter().min_by_key(|e| e.history.events.len().abs_diff(length));
        measured(nearest.context("the corpus is empty")?)?;
    }
    Ok(())
}

/// The same history, of another run.
fn of_run(mut history: History, run: usize) -> History {
    if let Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) =
        history.events.first_mut().and_then(|e| e.attributes.as_mut())
    {
        started.original_execution_run_id = format!("run-{run}");
    }
    history
}

fn measured(entry: &Entry) -> anyhow::Result<()> {
    let workflows = vextrus_replay::workflows(DataConverter::default())?;
    let length = entry.history.events.len();
    let times = EVENTS.div_ceil(length);
    let recorded = |n: usize| Recorded { name: n.to_string(), history: of_run(entry.history.clone(), n) };
    let batch: Vec<Recorded> = (0..times).map(recorded).collect();
    let began = Instant::now();
    let outcomes = gate::replay(&workflows, batch)?;
    let took = began.elapsed();
    ensure!(outcomes.iter().all(|o| o.verdict == Verdict::Replayed), "{:?}", outcomes.first());
    let rate = u128::try_from(length * times)? * 1000 / took.as_millis().max(1);
    eprintln!("{length:>5} events: {rate:>7} events a second ({times} histories in {took:.2?}) {}", entry.name());
    Ok(())
}
