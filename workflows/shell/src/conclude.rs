//! The one exit: a document is settled or closed, never both and never neither. The ledger has the last word.

use std::time::Duration;

use temporalio_workflow::{TimerOptions, WorkflowCancellationToken, WorkflowContext};
use vextrus_approval::Outcome;
use vextrus_contract::activities::DocumentActivities;
use vextrus_contract::document::{DocumentResult, FinalStatus};
use vextrus_contract::steps::{CloseInput, CloseOutput, CloseReason, SettleInput, SettleOutput, Settlement};
use vextrus_domain::{Refusal, RefusalCode};

use crate::Holds;
use crate::body::{End, record};
use crate::steps::{self, now, options};

/// How often an expiry is tried again that the ledger finds too early; some hours in all.
const NOT_DUE_TRIES: u32 = 10;

/// How the exit was taken.
pub(crate) enum Conclusion {
    /// The document has ended.
    Ended(Box<DocumentResult>),
    /// The ledger knows better: the document goes on.
    GoesOn,
}

pub(crate) async fn conclude<W: Holds>(ctx: &WorkflowContext<W>, end: End) -> Conclusion {
    let (reason, refusal) = match end {
        End::Outcome(Outcome::Approved) => return settle(ctx).await,
        End::Outcome(Outcome::Rejected { .. }) => return close_by_outcome(ctx, CloseReason::Rejected).await,
        End::Outcome(Outcome::Withdrawn) => return close_by_outcome(ctx, CloseReason::Withdrawn).await,
        End::Outcome(Outcome::Expired { .. }) => return close_by_outcome(ctx, CloseReason::Expired).await,
        End::Refused(refusal) => (CloseReason::Rejected, Some(refusal)),
        End::Failed(refusal) => (CloseReason::Failed, Some(refusal)),
        End::Cancelled | End::NextRun => (CloseReason::Cancelled, None),
    };
    close(ctx, reason, refusal).await
}

async fn settle<W: Holds>(ctx: &WorkflowContext<W>) -> Conclusion {
    let at = now(ctx);
    let input = ctx.state(|w| SettleInput {
        key: w.state().start.key.clone(),
        revision: w.state().revision(),
        at,
        entries: w.state().pending().to_vec(),
    });
    let count = input.entries.len();
    match ctx.execute_activity(DocumentActivities::settle, input, options(ctx, "settle".to_owned())).await {
        Ok(SettleOutput::Settled(settlement)) => {
            ctx.state_mut(|w| w.state_mut().confirm(count, &[], at));
            ended(ctx, FinalStatus::Approved, Some(*settlement), None).await
        }
        Ok(SettleOutput::Reassess { why }) => {
            ctx.state_mut(|w| w.state_mut().reopen(count, &why, at));
            Conclusion::GoesOn
        }
        Ok(SettleOutput::NotApproved { refused }) => {
            let at = now(ctx);
            ctx.state_mut(|w| w.state_mut().confirm(count, &refused, at));
            Conclusion::GoesOn
        }
        Ok(SettleOutput::Refused(refusal)) => close(ctx, CloseReason::Failed, Some(refusal)).await,
        Err(error) => close(ctx, CloseReason::Failed, Some(steps::refusal(&error))).await,
    }
}

/// Closes a document that people or time have ended. Where the ledger does not take a command of theirs, the document goes on.
async fn close_by_outcome<W: Holds>(ctx: &WorkflowContext<W>, reason: CloseReason) -> Conclusion {
    let mut tries = 0;
    loop {
        let count = ctx.state(|w| w.state().pending().len());
        return match close_step(ctx, reason, None).await {
            Ok(CloseOutput::NotEnded { refused }) => {
                let at = now(ctx);
                ctx.state_mut(|w| w.state_mut().confirm(count, &refused, at));
                Conclusion::GoesOn
            }
            Ok(CloseOutput::Closed) => {
                let at = now(ctx);
                ctx.state_mut(|w| w.state_mut().confirm(count, &[], at));
                ended(ctx, status(reason), None, None).await
            }
            Ok(CloseOutput::AlreadySettled(settlement)) => {
                ended(ctx, FinalStatus::Approved, Some(*settlement), None).await
            }
            // The database's clock may be behind the server's: the moment is yet to come there.
            Ok(CloseOutput::Refused(refusal)) if refusal.code == RefusalCode::NotDue && tries < NOT_DUE_TRIES => {
                tries += 1;
                pause(ctx, tries).await;
                continue;
            }
            Ok(CloseOutput::Refused(refusal)) | Err(refusal) => close(ctx, CloseReason::Failed, Some(refusal)).await,
        };
    }
}

/// Closes a document whatever people say now. It ends only when the ledger has ended it: a reservation must not outlive its
/// document.
async fn close<W: Holds>(ctx: &WorkflowContext<W>, reason: CloseReason, refusal: Option<Refusal>) -> Conclusion {
    ctx.state_mut(|w| w.state_mut().closing = true);
    let (mut reason, mut refusal) = (reason, refusal);
    let mut tries = 0;
    loop {
        tries += 1;
        let count = ctx.state(|w| w.state().pending().len());
        match close_step(ctx, reason, refusal.clone()).await {
            Ok(CloseOutput::Closed) => {
                let at = now(ctx);
                ctx.state_mut(|w| w.state_mut().confirm(count, &[], at));
                return ended(ctx, status(reason), None, refusal).await;
            }
            Ok(CloseOutput::AlreadySettled(settlement)) => {
                return ended(ctx, FinalStatus::Approved, Some(*settlement), None).await;
            }
            Ok(CloseOutput::Refused(no)) if reason != CloseReason::Failed => {
                (reason, refusal) = (CloseReason::Failed, Some(no));
            }
            Ok(CloseOutput::Refused(_) | CloseOutput::NotEnded { .. }) | Err(_) => pause(ctx, tries).await,
        }
    }
}

async fn close_step<W: Holds>(
    ctx: &WorkflowContext<W>,
    reason: CloseReason,
    refusal: Option<Refusal>,
) -> Result<CloseOutput, Refusal> {
    let (key, entries) = ctx.state(|w| (w.state().start.key.clone(), w.state().pending().to_vec()));
    let input = CloseInput { key, reason, refusal, entries };
    let summary = format!("close: {}", reason.name());
    let closed = ctx.execute_activity(DocumentActivities::close, input, options(ctx, summary)).await;
    closed.map_err(|error| steps::refusal(&error))
}

/// Waits a minute, then two, up to an hour, before the ledger is asked again.
async fn pause<W: Holds>(ctx: &WorkflowContext<W>, tries: u32) {
    let minutes = 1_u64 << (tries - 1).min(6);
    let options = TimerOptions::builder(Duration::from_secs(60 * minutes.min(60)))
        .summary("before closing is tried again".to_owned())
        .cancellation_token(WorkflowCancellationToken::new())
        .build();
    ctx.timer(options).await;
}

const fn status(reason: CloseReason) -> FinalStatus {
    match reason {
        CloseReason::Rejected => FinalStatus::Rejected,
        CloseReason::Expired => FinalStatus::Expired,
        CloseReason::Withdrawn => FinalStatus::Withdrawn,
        CloseReason::Cancelled => FinalStatus::Cancelled,
        CloseReason::Failed => FinalStatus::Failed,
    }
}

async fn ended<W: Holds>(
    ctx: &WorkflowContext<W>,
    status: FinalStatus,
    settlement: Option<Settlement>,
    refusal: Option<Refusal>,
) -> Conclusion {
    ctx.state_mut(|w| w.state_mut().end(status));
    steps::show(ctx, status.name(), "end");
    // Messages that came during the last step; their trail must not be lost with the workflow.
    while ctx.state(|w| !w.state().pending().is_empty()) {
        drop(record(ctx).await);
    }
    let result = ctx.state(|w| {
        let state = w.state();
        let totals = settlement.as_ref().and_then(|s| s.totals.clone()).or_else(|| state.totals());
        DocumentResult { status, settlement, totals, decisions: state.decisions(), refusal }
    });
    Conclusion::Ended(Box::new(result))
}
