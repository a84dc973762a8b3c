//! How many events a second the gate replays, by the length of the history: it must not fall with it.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use temporalio_common::data_converters::DataConverter;
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::history::v1::History;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use vextrus_domain::DocumentType;
use vextrus_proto::approval::v1::Comment;
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_replay::fetch;
use vextrus_replay::gate::{self, Recorded, Verdict};
use vextrus_starter_cli::client::new_request_id;
use vextrus_tests_e2e::{World, invoice};

/// How many comments the invoices have; each is some six events.
const COMMENTS: [usize; 4] = [0, 10, 50, 250];
/// About how many events are replayed of each.
const EVENTS: usize = 20_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let world = World::new().await?;
    let mut histories = Vec::new();
    for comments in COMMENTS {
        histories.push(recorded(&world, comments).await?);
    }
    world.stack.stop().await?;
    tokio::task::spawn_blocking(move || histories.into_iter().try_for_each(measured)).await?
}

/// The history of an invoice that was much talked about.
async fn recorded(world: &World, comments: usize) -> anyhow::Result<History> {
    let id = world.submit(&invoice("padma-builders", &format!("B-{comments}"), "200000")).await?;
    world.until_open(&id).await?;
    let mut nasrin = world.person("nasrin").await?;
    for number in 0..comments {
        let comment = Action::Comment(Comment { text: format!("word {number}") });
        nasrin.act(nasrin.name(DocumentType::Invoice, &id), comment, new_request_id()).await?;
    }
    world.decide_when_open(&id, "level-1", "rahim", "approve").await?;
    world.decide_when_open(&id, "level-2", "karim", "approve").await?;
    world.result(&id).await?;
    let execution =
        WorkflowExecution { workflow_id: format!("invoice/{}/{id}/1", world.company.tenant), ..Default::default() };
    fetch::history(&world.stack.client, &execution).await?.context("the history is gone")
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

fn measured(history: History) -> anyhow::Result<()> {
    let workflows = vextrus_replay::workflows(DataConverter::default())?;
    let length = history.events.len();
    let times = EVENTS.div_ceil(length);
    let recorded = |n: usize| Recorded { name: n.to_string(), history: of_run(history.clone(), n) };
    let batch: Vec<Recorded> = (0..times).map(recorded).collect();
    let began = Instant::now();
    let outcomes = gate::replay(&workflows, batch)?;
    let took = began.elapsed();
    ensure!(outcomes.iter().all(|o| o.verdict == Verdict::Replayed), "{:?}", outcomes.first());
    let rate = u128::try_from(length * times)? * 1000 / took.as_millis().max(1);
    eprintln!("{length:>5} events a history: {rate:>7} events a second ({times} histories in {took:.2?})");
    Ok(())
}
