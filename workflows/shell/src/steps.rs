//! How the workflow calls its activities, reads the time and shows where it stands.

use std::time::Duration;

use chrono::{DateTime, Utc};
use temporalio_workflow::common::error::IncomingError;
use temporalio_workflow::{
    ActivityExecutionError, ActivityOptions, LocalActivityOptions, RetryPolicy, WorkflowCancellationToken,
    WorkflowContext,
};
use vextrus_contract::LOCAL_WITHIN;
use vextrus_contract::activities::DocumentActivities;
use vextrus_contract::search_attributes::{STAGE, STATUS};
use vextrus_contract::steps::{AssessInput, AssessOutput};
use vextrus_domain::{Refusal, RefusalCode};

use crate::{Holds, messages};

/// The workflow's time.
#[must_use]
pub fn now<W>(ctx: &WorkflowContext<W>) -> DateTime<Utc> {
    messages::time(ctx.workflow_time())
}

/// Options of every step of a document.
pub(crate) fn options<W: Holds>(ctx: &WorkflowContext<W>, summary: String) -> ActivityOptions {
    step_options(ctx.state(|w| w.state().start.step_timeout_millis), summary)
}

/// 2026-11-30, version 0.1.0: a document is first assessed within the workflow task. Goes when no document that began before runs.
pub const LOCAL_ASSESS: &str = "local-assess";

/// Assesses the document. A local activity takes one event and no round trip, where an activity takes six events and two; but its retries
/// would be the workflow's own, task after task. So it is tried once, and what does not succeed at once is the server's to repeat:
/// the effect's key makes both the same step.
///
/// No other step can be had so. What the others write follows from a message, and an update is in no history before its task has ended:
/// a worker that died there would leave a decision in the ledger that the workflow never heard of. What is assessed is in the
/// history always, by the workflow's start or by the step before.
pub(crate) async fn assess<W: Holds>(
    ctx: &WorkflowContext<W>,
    input: AssessInput,
) -> Result<AssessOutput, ActivityExecutionError> {
    let summary = format!("assess, revision {}", input.revision);
    let (timeout_millis, is_local) = ctx.state(|w| (w.state().start.step_timeout_millis, w.state().assess_is_local));
    if is_local {
        let options = local_options(timeout_millis, summary.clone());
        let assessed = ctx.execute_local_activity(DocumentActivities::assess, input.clone(), options).await;
        if assessed.is_ok() {
            return assessed;
        }
    }
    ctx.execute_activity(DocumentActivities::assess, input, step_options(timeout_millis, summary)).await
}

fn local_options(timeout_millis: u64, summary: String) -> LocalActivityOptions {
    let patience = Duration::from_millis(timeout_millis.max(1)).min(LOCAL_WITHIN);
    LocalActivityOptions::builder()
        .start_to_close_timeout(patience)
        .schedule_to_close_timeout(patience)
        .cancellation_token(WorkflowCancellationToken::new())
        .retry_policy(RetryPolicy::builder().maximum_attempts(1).build())
        .summary(summary)
        // For who reads the history, and for the gate that compares it.
        .include_arguments_in_marker(true)
        .build()
}

/// Options of every step: on a token of its own, so that a cancel never reaches a step half done, and tried again without
/// limit, since each is safe to repeat and nothing must ever be left between two states.
#[must_use]
pub fn step_options(timeout_millis: u64, summary: String) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_millis(timeout_millis.max(1)))
        .cancellation_token(WorkflowCancellationToken::new())
        .retry_policy(retries())
        .summary(summary)
        .build()
}

/// How steps are tried again.
#[must_use]
pub fn retries() -> RetryPolicy {
    RetryPolicy::builder()
        .initial_interval(Duration::from_millis(200))
        .backoff_coefficient(2.0)
        .maximum_interval(Duration::from_secs(30))
        .build()
}

/// What a failed step says, as the refusal that the document ends with.
#[must_use]
pub fn refusal(error: &ActivityExecutionError) -> Refusal {
    if let ActivityExecutionError::Failed(failed) = error
        && let Some(IncomingError::Application(cause)) = failed.cause()
    {
        let text = cause.to_string();
        return Refusal::find_in(&text).unwrap_or_else(|| Refusal::new(RefusalCode::Internal, text));
    }
    Refusal::new(RefusalCode::Internal, error.to_string())
}

/// Shows where the document stands, in one event, and only when it has changed.
pub(crate) fn show<W: Holds>(ctx: &WorkflowContext<W>, status: &str, stage: &str) {
    let shown = (status.to_owned(), stage.to_owned());
    if ctx.state(|w| w.state().shown != shown) {
        ctx.upsert_search_attributes([STATUS.value_set(shown.0.clone()), STAGE.value_set(shown.1.clone())]);
        ctx.state_mut(|w| w.state_mut().shown = shown);
    }
}
