//! The handlers of messages. They change the machine's state and nothing else.

use temporalio_workflow::common::data_converters::RawValue;
use temporalio_workflow::{SyncWorkflowContext, WaitConditionOptions, WorkflowCancellationToken, WorkflowContext};
use vextrus_contract::employees::{CompleteTaskSignal, ProcessAnswer, SkipTaskSignal};
use vextrus_lifecycle::SignedCommand;
use vextrus_shell::{Refused, now, parse, time};

use crate::Holds;
use crate::state::State;

/// Takes a command. It waits for the first plan, without which it cannot be judged: an update's answer is kept for its id for
/// ever, so that a "not yet" could never be taken back.
pub(crate) async fn command<W: Holds>(ctx: &WorkflowContext<W>, signed: SignedCommand) -> ProcessAnswer {
    if !ctx.state(|w| w.state().is_ready()) {
        // On its own token: a cancelled process is ready too, once it has ended, and answers so.
        let detached = WaitConditionOptions::builder().cancellation_token(WorkflowCancellationToken::new()).build();
        drop(ctx.wait_condition_with_options(|w: &W| w.state().is_ready(), detached).await);
    }
    let at = now(ctx);
    ctx.state_mut(|w| w.state_mut().answer(signed, at))
}

/// What the handler would refuse now.
///
/// # Errors
/// The refusal, as text with its code first.
pub(crate) fn check(state: &State, signed: &SignedCommand) -> Result<(), Refused> {
    if state.is_ready() { state.would_refuse(signed).map_err(Into::into) } else { Ok(()) }
}

/// The signal `completeTask`.
pub(crate) fn complete_task<W: Holds>(holder: &mut W, ctx: &SyncWorkflowContext<W>, raw: RawValue) {
    let parsed = parse::<W, CompleteTaskSignal>(ctx, raw).map(Into::into);
    holder.state_mut().receive("completeTask", parsed, time(ctx.workflow_time()));
}

/// The signal `skipTask`.
pub(crate) fn skip_task<W: Holds>(holder: &mut W, ctx: &SyncWorkflowContext<W>, raw: RawValue) {
    let parsed = parse::<W, SkipTaskSignal>(ctx, raw).map(Into::into);
    holder.state_mut().receive("skipTask", parsed, time(ctx.workflow_time()));
}
