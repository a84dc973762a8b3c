//! The main loop: assess, record what was taken, and wait for the next message or moment, until there is an end.

use chrono::{DateTime, Utc};
use temporalio_workflow::{TimerResult, WorkflowContext, select};
use vextrus_approval::Outcome;
use vextrus_contract::activities::DocumentActivities;
use vextrus_contract::steps::{AssessInput, AssessOutput, RecordInput, RecordOutput};
use vextrus_domain::Refusal;

use crate::Holds;
use crate::alarm::Alarm;
use crate::state::Next;
use crate::steps::{self, now, options};

/// Why the main loop has ended.
#[derive(Debug)]
pub(crate) enum End {
    /// The approval machine has an outcome.
    Outcome(Outcome),
    /// The assessment refused the document.
    Refused(Refusal),
    /// The workflow was cancelled.
    Cancelled,
    /// A step cannot succeed.
    Failed(Refusal),
    /// The history has grown long.
    NextRun,
}

pub(crate) async fn body<'a, W: Holds>(ctx: &'a WorkflowContext<W>, alarm: &mut Alarm<'a>) -> End {
    loop {
        match ctx.state(|w| w.state().next()) {
            Next::End(outcome) => return End::Outcome(outcome),
            Next::Record => {
                if let Some(refusal) = record(ctx).await {
                    return End::Failed(refusal);
                }
            }
            Next::Assess => {
                if let Err(end) = assess(ctx).await {
                    return end;
                }
            }
            Next::Wait => {
                // A cancellation is for this run: another one would know nothing of it.
                if ctx.cancellation_token().is_cancelled() {
                    return End::Cancelled;
                }
                if is_long(ctx) {
                    return End::NextRun;
                }
                show_stage(ctx);
                if wait(ctx, alarm).await.is_err() {
                    return End::Cancelled;
                }
            }
        }
    }
}

/// Whether the document had better go on in another run. Nothing may be on its way then: no handler that has begun.
fn is_long<W: Holds>(ctx: &WorkflowContext<W>) -> bool {
    let most = ctx.state(|w| w.state().start.events_of_a_run);
    (ctx.continue_as_new_suggested() || ctx.history_length() >= most)
        && ctx.all_handlers_finished()
        && ctx.state(|w| w.state().is_quiet())
}

async fn assess<W: Holds>(ctx: &WorkflowContext<W>) -> Result<(), End> {
    let input = ctx.state(|w| {
        let state = w.state();
        AssessInput { key: state.start.key.clone(), revision: state.revision() + 1, payload_hash: state.payload_hash() }
    });
    let payload_hash = input.payload_hash.clone();
    let (end, at) = match steps::assess(ctx, input).await {
        Ok(AssessOutput::Assessed(assessed)) => {
            let (at, taken) = (now(ctx), ctx.state_mut(|w| w.state_mut().take_up(*assessed, payload_hash)));
            match taken {
                Ok(()) => return Ok(()),
                Err(refusal) => (End::Failed(refusal), at),
            }
        }
        Ok(AssessOutput::Refused(refusal)) => (End::Refused(refusal), now(ctx)),
        Err(error) => (End::Failed(steps::refusal(&error)), now(ctx)),
    };
    ctx.state_mut(|w| w.state_mut().give_up(at));
    Err(end)
}

/// Records everything that waits. Commands that the ledger does not take are taken back; the answer is a refusal of the whole.
pub(crate) async fn record<W: Holds>(ctx: &WorkflowContext<W>) -> Option<Refusal> {
    let (key, entries) = ctx.state(|w| (w.state().start.key.clone(), w.state().pending().to_vec()));
    let (count, summary) = (entries.len(), ctx.state(|w| w.state().summary()));
    let input = RecordInput { key, entries };
    let (refused, end) = match ctx.execute_activity(DocumentActivities::record, input, options(ctx, summary)).await {
        Ok(RecordOutput::Recorded { refused }) => (refused, None),
        Ok(RecordOutput::Refused(refusal)) => (Vec::new(), Some(refusal)),
        Err(error) => (Vec::new(), Some(steps::refusal(&error))),
    };
    let at = now(ctx);
    ctx.state_mut(|w| w.state_mut().confirm(count, &refused, at));
    end
}

fn show_stage<W: Holds>(ctx: &WorkflowContext<W>) {
    let (status, stage) = ctx.state(|w| w.state().stage());
    if let Some(stage) = stage {
        steps::show(ctx, status, &stage);
    }
}

/// Waits for a message or for the next moment; an error is the workflow's cancellation.
async fn wait<'a, W: Holds>(ctx: &'a WorkflowContext<W>, alarm: &mut Alarm<'a>) -> Result<(), ()> {
    let moment = ctx.state(|w| w.state().next_moment()).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let mut timer = alarm.no_later_than(ctx, moment);
    let fired = select! {
        heard = ctx.wait_condition(|w: &W| !matches!(w.state().next(), Next::Wait)) => match heard {
            Ok(()) => return Ok(()),
            Err(_) => return Err(()),
        },
        result = timer => result,
    };
    alarm.over();
    match fired {
        TimerResult::Fired => {
            let at = now(ctx);
            ctx.state_mut(|w| w.state_mut().tick(at));
            Ok(())
        }
        TimerResult::Cancelled => Err(()),
    }
}
