//! `vextrus outbox …`, for operators.

mod options;
mod show;

use vextrus_domain::{Refusal, RefusalCode};
use vextrus_ledger::Tx;
use vextrus_ledger::outbox::{self, Change, MOST_LISTED};

pub(crate) use options::OutboxCommand;
use options::{DiscardOptions, ListOptions, ReplayOptions, ShowOptions};

use crate::options::{Format, Global, LedgerOptions};
use crate::{ledger, output};

pub(crate) async fn run(global: &Global, command: OutboxCommand) -> anyhow::Result<()> {
    match command {
        OutboxCommand::Status(ledger) => status(global.output, &ledger).await,
        OutboxCommand::List(asked) => list(global.output, &asked).await,
        OutboxCommand::Show(asked) => show_one(global.output, &asked).await,
        OutboxCommand::Replay(asked) => replay(&asked).await,
        OutboxCommand::Discard(asked) => discard(&asked).await,
    }
}

async fn status(format: Format, options: &LedgerOptions) -> anyhow::Result<()> {
    let tenant = ledger::tenant(options)?;
    let mut tx = ledger::open(options).await?.read(&tenant).await?;
    let backlog = outbox::backlog(&mut tx, Some(&tenant)).await?;
    let now = tx.now();
    tx.rollback().await?;
    output::answer(format, || show::status_text(&backlog, now), &show::status(&backlog, now))
}

async fn list(format: Format, asked: &ListOptions) -> anyhow::Result<()> {
    let tenant = ledger::tenant(&asked.ledger)?;
    let mut tx = ledger::open(&asked.ledger).await?.read(&tenant).await?;
    let found = outbox::list(&mut tx, &tenant, (asked.state(), asked.channel.as_deref()), asked.limit).await?;
    tx.rollback().await?;
    let lines = found.iter().map(show::delivery).collect();
    output::list(format, || show::table_of(&found, tenant.as_str()), lines)
}

async fn show_one(format: Format, asked: &ShowOptions) -> anyhow::Result<()> {
    let tenant = ledger::tenant(&asked.ledger)?;
    let mut tx = ledger::open(&asked.ledger).await?.read(&tenant).await?;
    let found = outbox::show(&mut tx, &tenant, &asked.id).await?;
    tx.rollback().await?;
    let Some((event, deliveries)) = found else {
        let message = format!("{tenant} has no event or delivery {:?}; `vextrus outbox list` shows them", asked.id);
        return Err(Refusal::new(RefusalCode::NotFound, message).into());
    };
    output::answer(format, || show::event_text(&event, &deliveries), &show::event(&event, &deliveries))
}

async fn replay(asked: &ReplayOptions) -> anyhow::Result<()> {
    let tenant = ledger::tenant(&asked.ledger)?;
    let change = Change { tenant: &tenant, by: asked.by.as_str() };
    let mut replayed = 0;
    if asked.all_dead {
        // One transaction for so many at a time: what was replayed before a failure stays so.
        let some = async |tx: &mut Tx| outbox::replay_dead(tx, change, asked.channel.as_deref()).await;
        loop {
            let count = ledger::change_unkeyed(&asked.ledger, some).await?;
            replayed += count;
            if count < usize::try_from(MOST_LISTED)? {
                break;
            }
        }
    } else {
        ledger::change_unkeyed(&asked.ledger, async |tx| outbox::replay(tx, change, &asked.deliveries).await).await?;
        replayed = asked.deliveries.len();
    }
    output::line(&format!("{replayed} deliveries of {tenant} are sent once more"))
}

async fn discard(asked: &DiscardOptions) -> anyhow::Result<()> {
    let tenant = ledger::tenant(&asked.ledger)?;
    let change = Change { tenant: &tenant, by: asked.by.as_str() };
    ledger::change_unkeyed(&asked.ledger, async |tx| outbox::discard(tx, change, &asked.delivery, &asked.reason).await)
        .await?;
    output::line(&format!("delivery {} is discarded", asked.delivery))
}
