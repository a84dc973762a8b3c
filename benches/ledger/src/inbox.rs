//! How long the first page of an inbox takes, and that it does not grow with what waits behind it.

use std::time::Instant;

use vextrus_domain::{PersonId, TenantId};
use vextrus_ledger::views;
use vextrus_tests_support::company::{ACME, id, invoice};
use vextrus_tests_support::crowd;
use vextrus_tests_support::ledgers::{Database, Engine, Fixture, run};
use vextrus_tests_support::steps::Desk;

use crate::line;

/// Tasks that wait for one person.
const PENDING: [u32; 3] = [10, 1_000, 10_000];
/// Tasks that are made one by one; the others are copies of them.
const MADE: u32 = 10;
/// A page, and the line that tells of a next one.
const PAGE: u32 = 51;
const READS: usize = 300;

/// A company whose copies are no books: they are not checked in the end.
struct Crowded(Desk);

impl Fixture for Crowded {
    async fn build(database: Database) -> Self {
        Self(Desk::build(database).await)
    }
}

pub(crate) fn measure() -> anyhow::Result<()> {
    line("the first page of an inbox")?;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        for pending in PENDING {
            let mut said = Ok(());
            run(engine, async |crowded: &Crowded| said = of_engine(engine, &crowded.0, pending).await);
            said?;
        }
    }
    Ok(())
}

async fn of_engine(engine: Engine, desk: &Desk, pending: u32) -> anyhow::Result<()> {
    let (tenant, rina) = (id::<TenantId>(ACME), id::<PersonId>("rina"));
    for number in 0..MADE {
        desk.submit(&invoice("padma", &format!("INBOX-{number}"), "10000")).await;
    }
    if pending > MADE {
        crowd::multiply(&desk.database, pending / MADE - 1, &[]).await;
    }
    crowd::look(&desk.database, 2).await;
    let expected = usize::try_from(pending.min(PAGE))?;
    let mut times = Vec::with_capacity(READS);
    for _ in 0..READS {
        let began = Instant::now();
        let mut tx = desk.read().await?;
        let found = views::inbox(&mut tx, &tenant, &rina, None, PAGE).await?;
        drop(tx);
        times.push(began.elapsed());
        anyhow::ensure!(found.len() == expected, "{} tasks in place of {expected}", found.len());
    }
    times.sort_unstable();
    let at = |percent: usize| times.get(READS * percent / 100).copied().unwrap_or_default().as_micros();
    line(&format!(
        "{:<10} {pending:>6} pending    p50 {:>7} us    p95 {:>7} us",
        format!("{engine:?}").to_lowercase(),
        at(50),
        at(95)
    ))
}
