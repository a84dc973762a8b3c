//! The workflow's one timer. It is not cancelled when the deadline moves out, but re-armed when it fires: a cancelled timer
//! costs the history two events more than one that fires in vain, and most never fire.

use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use temporalio_workflow::{CancellableFuture, TimerOptions, TimerResult, WorkflowCancellationToken, WorkflowContext};

use crate::steps;

/// A running timer.
pub type Timer<'a> = Pin<Box<dyn CancellableFuture<Output = TimerResult> + 'a>>;

/// The longest time that a timer is set for; what is due later is looked at again then.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// The timer, where one is running.
pub struct Alarm<'a> {
    parent: WorkflowCancellationToken,
    running: Option<Running<'a>>,
}

struct Running<'a> {
    at: DateTime<Utc>,
    token: WorkflowCancellationToken,
    timer: Timer<'a>,
}

impl<'a> Alarm<'a> {
    /// No timer yet. Those that will run are cancelled with `parent`.
    #[must_use]
    pub fn none(parent: WorkflowCancellationToken) -> Self {
        Self { parent, running: None }
    }

    /// The timer's future, armed so that it fires no later than `at`.
    pub fn no_later_than<W: 'static>(&mut self, ctx: &'a WorkflowContext<W>, at: DateTime<Utc>) -> &mut Timer<'a> {
        if let Some(late) = self.running.take_if(|r| r.at > at) {
            late.token.cancel();
        }
        let running = self.running.get_or_insert_with(|| {
            let token = self.parent.child_token();
            // A moment that has passed still needs a timer, and the server takes none of no length.
            let wait = (at - steps::now(ctx)).to_std().unwrap_or_default().clamp(Duration::from_millis(1), LONGEST);
            let options = TimerOptions::builder(wait)
                .summary("next reminder or deadline".to_owned())
                .cancellation_token(token.clone())
                .build();
            Running { at, token, timer: Box::pin(ctx.timer(options)) }
        });
        &mut running.timer
    }

    /// The timer has fired or was cancelled with the workflow.
    pub fn over(&mut self) {
        self.running = None;
    }
}
