//! What steps seldom answer, on a real server: a workflow comes to an end all the same. The answers of one step are given in the place of
//! the ledger's; everything else is as it is.
#![cfg(test)]

mod documents;
mod processes;
mod rounds;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use temporalio_sdk::interceptors::{
    ActivityExecutionValue, ActivityInboundInterceptor, ExecuteActivityInput, ExecuteActivityOutput, Next,
};
use vextrus_domain::{Refusal, RefusalCode};
use vextrus_starter_cli::stack::StackOptions;
use vextrus_tests_e2e::World;
use vextrus_worker::Fleet;

/// Later than a step may take.
const LATE: Duration = Duration::from_secs(4);

/// What is said in the place of a step.
pub(crate) enum Said {
    /// This.
    Value(Box<dyn ActivityExecutionValue>),
    /// It fails, and trying again cannot help.
    Fails,
    /// Nothing, until long after its time is over.
    Nothing,
}

impl Said {
    pub(crate) fn value(value: impl ActivityExecutionValue) -> Self {
        Self::Value(Box::new(value))
    }
}

/// What a step refuses with.
pub(crate) fn no() -> Refusal {
    Refusal::new(RefusalCode::Internal, "it was made to refuse")
}

struct Instead {
    step: &'static str,
    said: Arc<Mutex<VecDeque<Said>>>,
}

impl ActivityInboundInterceptor for Instead {
    fn execute_activity<'a>(
        &'a self,
        input: ExecuteActivityInput,
        next: Next<'a, ExecuteActivityInput, ExecuteActivityOutput<'a>>,
    ) -> ExecuteActivityOutput<'a> {
        async move {
            let is_ours = input.activity_info().activity_type == self.step;
            let said = if is_ours { self.said.lock().unwrap().pop_front() } else { None };
            match said {
                // What a local activity fails with, the server tries again: it is told there.
                Some(said @ (Said::Fails | Said::Nothing)) if input.activity_info().is_local => {
                    self.said.lock().unwrap().push_front(said);
                    Err(vextrus_contract::failure(RefusalCode::Internal, true, &"it was left to the server"))
                }
                None => next.run(input).await,
                Some(Said::Value(value)) => Ok(value),
                Some(Said::Fails) => {
                    Err(vextrus_contract::failure(RefusalCode::Internal, true, &"it was made to fail"))
                }
                Some(Said::Nothing) => {
                    tokio::time::sleep(LATE).await;
                    next.run(input).await
                }
            }
        }
        .boxed()
    }
}

/// A world whose worker says this in the place of the first answers of a step.
pub(crate) async fn with(
    step: &'static str,
    said: impl IntoIterator<Item = Said>,
    change: impl FnOnce(&mut StackOptions),
) -> anyhow::Result<(World, Fleet)> {
    let mut world = World::with(change).await?;
    world.stack.stop_worker().await?;
    let said = Arc::new(Mutex::new(said.into_iter().collect()));
    let fleet = vextrus_worker::start(world.stack.parts()?, |options| {
        options.activity_inbound_interceptor(Instead { step, said: Arc::clone(&said) });
    })?;
    Ok((world, fleet))
}

/// Stops both. What the ledger holds may be open still: it was not asked.
pub(crate) async fn stop(world: World, fleet: Fleet) -> anyhow::Result<()> {
    fleet.stop().await?;
    world.stack.stop().await
}
