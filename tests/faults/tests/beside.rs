//! Two attempts of one step beside each other: the first was given up by the server and lives on. Both get one answer, and
//! the effect happens once.
#![cfg(test)]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, ensure};
use futures::FutureExt as _;
use temporalio_sdk::interceptors::{
    ActivityExecutionValue, ActivityInboundInterceptor, ExecuteActivityInput, ExecuteActivityOutput, Next,
};
use tokio::sync::watch;
use vextrus_contract::steps::{AssessOutput, CloseOutput, RecordOutput, SettleOutput};
use vextrus_domain::DocumentType;
use vextrus_tests_e2e::World;
use vextrus_tests_faults::{Document, Story, check, slot};
use vextrus_tests_support::ledgers::{Database, Engine};

const SUBTOTAL: u32 = 200_000;

/// When the first attempt goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goes {
    /// When the second has ended.
    Late,
    /// When the second has begun.
    Together,
}

/// What has become of the attempts.
struct Attempts {
    begun: watch::Sender<u32>,
    ended: watch::Sender<u32>,
    answers: Mutex<Vec<(u32, String)>>,
}

struct Beside {
    step: &'static str,
    goes: Goes,
    attempts: Arc<Attempts>,
}

impl ActivityInboundInterceptor for Beside {
    fn execute_activity<'a>(
        &'a self,
        input: ExecuteActivityInput,
        next: Next<'a, ExecuteActivityInput, ExecuteActivityOutput<'a>>,
    ) -> ExecuteActivityOutput<'a> {
        let Self { step, goes, attempts } = self;
        async move {
            if input.activity_info().activity_type != *step {
                return next.run(input).await;
            }
            // Of a local activity and of the activity that follows it, both attempts are the first.
            let mut attempt = 0;
            attempts.begun.send_modify(|n| {
                *n += 1;
                attempt = *n;
            });
            if attempt == 1 {
                let mut other =
                    if *goes == Goes::Late { attempts.ended.subscribe() } else { attempts.begun.subscribe() };
                let enough = if *goes == Goes::Late { 1 } else { 2 };
                // It cannot fail: its sender is at hand.
                drop(other.wait_for(|n| *n >= enough).await);
            }
            let result = next.run(input).await;
            let answer = match &result {
                Ok(value) => shown(value.as_ref()),
                Err(error) => format!("failed: {error:?}"),
            };
            attempts.answers.lock().unwrap().push((attempt, answer));
            attempts.ended.send_modify(|n| *n += 1);
            result
        }
        .boxed()
    }
}

fn shown(value: &dyn ActivityExecutionValue) -> String {
    fn text<T: Debug + 'static>(value: &dyn ActivityExecutionValue) -> Option<String> {
        value.downcast_ref::<T>().map(|v| format!("{v:?}"))
    }
    text::<AssessOutput>(value)
        .or_else(|| text::<RecordOutput>(value))
        .or_else(|| text::<SettleOutput>(value))
        .or_else(|| text::<CloseOutput>(value))
        .unwrap_or_else(|| "an answer of no known type".to_owned())
}

async fn beside(engine: Engine, step: &'static str, goes: Goes) -> anyhow::Result<()> {
    let ledger = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(Database::create(engine).await.address),
    };
    let mut world = World::with(|o| o.ledger = ledger).await?;
    world.stack.stop_worker().await?;
    let attempts = Arc::new(Attempts {
        begun: watch::Sender::new(0),
        ended: watch::Sender::new(0),
        answers: Mutex::new(Vec::new()),
    });
    let fleet = vextrus_worker::start(world.stack.parts()?, |o| {
        o.activity_inbound_interceptor(Beside { step, goes, attempts: Arc::clone(&attempts) });
    })?;
    let (story, _) = Story::through(step)?;
    let id = Story::submit(&world, "B-1", SUBTOTAL).await?;
    for answer in story.answers {
        Story::tell(&world, &id, answer).await?;
    }
    story.ends(&world, &id).await?;
    world
        .until("every attempt has ended", async || {
            let (begun, ended) = (*attempts.begun.borrow(), *attempts.ended.borrow());
            Ok(ended >= 2 && begun == ended)
        })
        .await?;
    fleet.stop().await?;
    let answers = std::mem::take(&mut *attempts.answers.lock().unwrap());
    ensure!(answers.iter().any(|(attempt, _)| *attempt == 1), "the first attempt has no answer: {answers:#?}");
    ensure!(goes == Goes::Together || answers[0].0 > 1, "the first attempt was not late: {answers:#?}");
    let (_, right) = &answers[0];
    let good = ["Assessed(", "Recorded", "Settled(", "Closed"].iter().any(|start| right.starts_with(start));
    ensure!(good && answers.iter().all(|(_, answer)| answer == right), "the attempts differ: {answers:#?}");
    check(&world, &[Document { kind: DocumentType::Invoice, id, subtotal: SUBTOTAL, ending: story.ending }]).await?;
    world.stack.stop().await
}

macro_rules! besides {
    ($($name:ident: $engine:ident, $step:literal, $goes:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() -> anyhow::Result<()> {
            let _slot = slot().await?;
            beside(Engine::$engine, $step, Goes::$goes).await.context(stringify!($name))
        }
    )*};
}

besides! {
    assess_late: Sqlite, "assess", Late;
    record_late: Sqlite, "record", Late;
    settle_late: Sqlite, "settle", Late;
    close_late: Sqlite, "close", Late;
    assess_together: Sqlite, "assess", Together;
    record_together: Sqlite, "record", Together;
    settle_together: Sqlite, "settle", Together;
    close_together: Sqlite, "close", Together;
    assess_together_on_postgres: Postgres, "assess", Together;
    record_together_on_postgres: Postgres, "record", Together;
    settle_together_on_postgres: Postgres, "settle", Together;
    close_together_on_postgres: Postgres, "close", Together;
}
