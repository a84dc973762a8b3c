//! `cargo bench -p vextrus-benches-outbox`: dispatch on both engines, with few events and with many, on an empty outbox and on one
//! that has sent a hundred thousand. It measures and judges nothing.
#![expect(clippy::print_stdout, reason = "the figures are its answer")]

use vextrus_benches_outbox::Bench;
use vextrus_tests_support::ledgers::{Database, Engine};

const FEW: u32 = 1_000;
const MANY: u32 = 10_000;
const SENT: u32 = 100_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    println!("{:<10}{:>12}{:>12}{:>14}{:>16}", "engine", "sent before", "events", "per second", "µs an event");
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::create(engine).await;
        let mut bench = Bench::new(&database.address).await?;
        // Connections and caches.
        bench.add(FEW).await?;
        bench.dispatch().await?;
        let mut sent = FEW;
        for events in [FEW, MANY, MANY] {
            row(engine, sent, &mut bench, events).await?;
            sent += events;
        }
        bench.add(SENT).await?;
        bench.dispatch().await?;
        sent += SENT;
        for events in [FEW, MANY] {
            row(engine, sent, &mut bench, events).await?;
            sent += events;
        }
        bench.close().await;
    }
    Ok(())
}

async fn row(engine: Engine, sent: u32, bench: &mut Bench, events: u32) -> anyhow::Result<()> {
    bench.add(events).await?;
    let (done, took) = bench.dispatch().await?;
    anyhow::ensure!(done == usize::try_from(events)?, "{done} of {events} were dispatched");
    let micros = took.as_micros().max(1);
    let (count, name) = (u128::from(events), format!("{engine:?}").to_lowercase());
    println!("{name:<10}{sent:>12}{events:>12}{:>14}{:>16}", count * 1_000_000 / micros, micros / count);
    Ok(())
}
