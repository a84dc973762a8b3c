//! The one exit: a document is settled or closed, never both and never neither. The ledger has the last word.

use std::time::Duration;

use temporalio_workflow::{TimerOptions, WorkflowCancellationToken, WorkflowContext};
use vextrus_approval::{Outcome, SignedDecision};
use vextrus_contract::activities::InvoiceActivities;
use vextrus_contract::invoice::{FinalStatus, InvoiceResult};
use vextrus_contract::steps::{CloseInput, CloseOutput, CloseReason, SettleInput, SettleOutput, Settlement};
use vextrus_domain::{Refusal, RefusalCode};

use crate::body::{End, record};
use crate::steps::{self, now, options};
use crate::workflow::InvoiceApproval;

/// How the exit was taken.
pub(crate) enum Conclusion {
    /// The document has ended.
    Ended(Box<InvoiceResult>),
    /// The ledger knows better: the document goes on.
    GoesOn,
}

pub(crate) async fn conclude(ctx: &WorkflowContext<InvoiceApproval>, end: End) -> Conclusion {
    let (reason, refusal) = match end {
        End::Outcome(Outcome::Approved) => return settle(ctx).await,
        End::Outcome(Outcome::Rejected { .. }) => return close_by_decision(ctx, CloseReason::Rejected).await,
        End::Outcome(Outcome::Withdrawn) => return close_by_decision(ctx, CloseReason::Withdrawn).await,
        End::Outcome(Outcome::Expired { .. }) => (CloseReason::Expired, None),
        End::Refused(refusal) => (CloseReason::Rejected, Some(refusal)),
        End::Cancelled => (CloseReason::Cancelled, None),
        End::Failed(refusal) => (CloseReason::Failed, Some(refusal)),
    };
    close(ctx, reason, refusal).await
}

async fn settle(ctx: &WorkflowContext<InvoiceApproval>) -> Conclusion {
    let at = now(ctx);
    let input = ctx.state(|w| SettleInput {
        key: w.state.start.key.clone(),
        revision: w.state.revision,
        at,
        decision: w.state.last_decision(),
    });
    let decision = input.decision.clone();
    match ctx.execute_activity(InvoiceActivities::settle, input, options(ctx, "settle".to_owned())).await {
        Ok(SettleOutput::Settled(settlement)) => ended(ctx, FinalStatus::Approved, Some(*settlement), None).await,
        Ok(SettleOutput::Reassess { .. }) => {
            ctx.state_mut(|w| w.state.go_on());
            Conclusion::GoesOn
        }
        Ok(SettleOutput::Refused(refusal)) => match decision.filter(|_| is_about_the_decision(refusal.code)) {
            Some(decision) => take_back(ctx, &decision, refusal),
            None => close(ctx, CloseReason::Failed, Some(refusal)).await,
        },
        Err(error) => close(ctx, CloseReason::Failed, Some(steps::refusal(&error))).await,
    }
}

/// Closes a document that a person's decision has ended. A decision that the ledger refuses is taken back.
async fn close_by_decision(ctx: &WorkflowContext<InvoiceApproval>, reason: CloseReason) -> Conclusion {
    let decision = ctx.state(|w| w.state.last_decision());
    match close_step(ctx, reason, None, decision.clone()).await {
        Ok(CloseOutput::Refused(no)) => match decision {
            Some(decision) => take_back(ctx, &decision, no),
            None => close(ctx, CloseReason::Failed, Some(no)).await,
        },
        Ok(CloseOutput::Closed) => ended(ctx, status(reason), None, None).await,
        Ok(CloseOutput::AlreadySettled(settlement)) => ended(ctx, FinalStatus::Approved, Some(*settlement), None).await,
        Err(refusal) => close(ctx, CloseReason::Failed, Some(refusal)).await,
    }
}

/// Closes a document whatever people say now. It ends only when the ledger has ended it: a reservation must not outlive its
/// document.
async fn close(ctx: &WorkflowContext<InvoiceApproval>, reason: CloseReason, refusal: Option<Refusal>) -> Conclusion {
    ctx.state_mut(|w| w.state.closing = true);
    let (mut reason, mut refusal) = (reason, refusal);
    let mut tries = 0;
    loop {
        tries += 1;
        match close_step(ctx, reason, refusal.clone(), None).await {
            Ok(CloseOutput::Closed) => return ended(ctx, status(reason), None, refusal).await,
            Ok(CloseOutput::AlreadySettled(settlement)) => {
                return ended(ctx, FinalStatus::Approved, Some(*settlement), None).await;
            }
            // The ledger's clock is behind the server's: the deadline has not passed for it yet.
            Ok(CloseOutput::Refused(no)) if no.code == RefusalCode::NotDue && tries < 5 => pause(ctx, tries).await,
            Ok(CloseOutput::Refused(no)) if reason != CloseReason::Failed => {
                (reason, refusal) = (CloseReason::Failed, Some(no));
            }
            Ok(CloseOutput::Refused(_)) | Err(_) => pause(ctx, tries).await,
        }
    }
}

async fn close_step(
    ctx: &WorkflowContext<InvoiceApproval>,
    reason: CloseReason,
    refusal: Option<Refusal>,
    decision: Option<SignedDecision>,
) -> Result<CloseOutput, Refusal> {
    let key = ctx.state(|w| w.state.start.key.clone());
    let input = CloseInput { key, at: now(ctx), reason, refusal, decision };
    let summary = format!("close: {}", reason.name());
    let closed = ctx.execute_activity(InvoiceActivities::close, input, options(ctx, summary)).await;
    closed.map_err(|error| steps::refusal(&error))
}

/// Waits a minute, then two, up to an hour, before the ledger is asked again.
async fn pause(ctx: &WorkflowContext<InvoiceApproval>, tries: u32) {
    let minutes = 1_u64 << (tries - 1).min(6);
    let options = TimerOptions::builder(Duration::from_secs(60 * minutes.min(60)))
        .summary("before closing is tried again".to_owned())
        .cancellation_token(WorkflowCancellationToken::new())
        .build();
    ctx.timer(options).await;
}

fn take_back(ctx: &WorkflowContext<InvoiceApproval>, decision: &SignedDecision, refusal: Refusal) -> Conclusion {
    let at = now(ctx);
    ctx.state_mut(|w| w.state.void(&decision.decision.request_id, refusal, at));
    Conclusion::GoesOn
}

/// Whether the refusal is about the decision that came with the step, so that the document can go on without it.
fn is_about_the_decision(code: RefusalCode) -> bool {
    use RefusalCode as C;
    matches!(
        code,
        C::SignatureMissing
            | C::SignatureInvalid
            | C::NotEligible
            | C::SelfApproval
            | C::RepeatedApprover
            | C::StalePlan
            | C::TaskUnknown
            | C::TaskNotOpen
            | C::AlreadyDecided
            | C::AnswerNotAllowed
            | C::RequestIdReused
    )
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

async fn ended(
    ctx: &WorkflowContext<InvoiceApproval>,
    status: FinalStatus,
    settlement: Option<Settlement>,
    refusal: Option<Refusal>,
) -> Conclusion {
    ctx.state_mut(|w| w.state.ended = Some(status));
    steps::show(ctx, status.name(), "end");
    // Messages that came during the last step; their trail must not be lost with the workflow.
    while let Some(write) = ctx.state_mut(|w| w.state.next_write()) {
        drop(record(ctx, write).await);
    }
    let result = ctx.state(|w| {
        let assessed = w.state.assessed.as_ref().map(|a| &a.totals);
        let totals = settlement.as_ref().map(|s| &s.totals).or(assessed);
        InvoiceResult {
            status,
            instruction: settlement.as_ref().map(|s| s.instruction.clone()),
            vat: totals.map(|t| t.vat),
            withheld: totals.map(|t| t.withheld.clone()).unwrap_or_default(),
            net_payable: totals.map(|t| t.net_payable),
            decisions: w.state.decisions(),
            refusal,
        }
    });
    Conclusion::Ended(Box::new(result))
}
