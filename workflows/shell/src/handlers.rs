//! The handlers of messages, for the workflow types to call.

use temporalio_workflow::common::data_converters::RawValue;
use temporalio_workflow::{SyncWorkflowContext, WaitConditionOptions, WorkflowCancellationToken, WorkflowContext};
use vextrus_approval::SignedCommand;
use vextrus_contract::document::{ApproveSignal, CommandAnswer, RejectSignal, RequestInfoSignal};

use crate::messages::{self, Refused};
use crate::{Holds, steps};

/// Takes a command. One that must be judged by a plan waits while the document is being computed, so that it is not lost: the server
/// delivers messages before the activity result that comes with them.
pub async fn command<W: Holds>(ctx: &WorkflowContext<W>, name: &'static str, signed: SignedCommand) -> CommandAnswer {
    if ctx.state(|w| w.state().must_wait(&signed)) {
        // On its own token: a cancelled document is ready too, once it is concluded, and answers so.
        let detached = WaitConditionOptions::builder().cancellation_token(WorkflowCancellationToken::new()).build();
        drop(ctx.wait_condition_with_options(|w: &W| w.state().is_ready(), detached).await);
    }
    let now = steps::now(ctx);
    ctx.state_mut(|w| w.state_mut().answer(name, signed, now))
}

/// What the handler would refuse now.
///
/// # Errors
/// The refusal, as text with its code first.
pub fn check(state: &crate::State, signed: &SignedCommand) -> Result<(), Refused> {
    if state.must_wait(signed) { Ok(()) } else { state.would_refuse(signed).map_err(Into::into) }
}

/// The signal `approve`.
pub fn approve<W: Holds>(holder: &mut W, ctx: &SyncWorkflowContext<W>, raw: RawValue) {
    let parsed = messages::parse::<W, ApproveSignal>(ctx, raw).map(Into::into);
    holder.state_mut().receive("approve", parsed, messages::time(ctx.workflow_time()));
}

/// The signal `reject`.
pub fn reject<W: Holds>(holder: &mut W, ctx: &SyncWorkflowContext<W>, raw: RawValue) {
    let parsed = messages::parse::<W, RejectSignal>(ctx, raw).map(Into::into);
    holder.state_mut().receive("reject", parsed, messages::time(ctx.workflow_time()));
}

/// The signal `requestInfo`.
pub fn request_info<W: Holds>(holder: &mut W, ctx: &SyncWorkflowContext<W>, raw: RawValue) {
    let parsed = messages::parse::<W, RequestInfoSignal>(ctx, raw).map(Into::into);
    holder.state_mut().receive("requestInfo", parsed, messages::time(ctx.workflow_time()));
}
