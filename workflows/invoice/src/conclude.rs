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
    match end {
        End::Outcome(Outcome::Approved) => settle(ctx).await,
        End::Outcome(Outcome::Rejected { .. }) => close(ctx, CloseReason::Rejected, None).await,
        End::Outcome(Outcome::Withdrawn) => close(ctx, CloseReason::Withdrawn, None).await,
        End::Outcome(Outcome::Expired { .. }) => close(ctx, CloseReason::Expired, None).await,
        End::Refused(refusal) => close(ctx, CloseReason::Rejected, Some(refusal)).await,
        End::Cancelled => close(ctx, CloseReason::Cancelled, None).await,
        End::Failed(refusal) => close(ctx, CloseReason::Failed, Some(refusal)).await,
    }
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

async fn close(ctx: &WorkflowContext<InvoiceApproval>, reason: CloseReason, refusal: Option<Refusal>) -> Conclusion {
    let decided = matches!(reason, CloseReason::Rejected | CloseReason::Withdrawn);
    loop {
        let at = now(ctx);
        let decision = ctx.state(|w| w.state.last_decision()).filter(|_| decided);
        let input = CloseInput {
            key: ctx.state(|w| w.state.start.key.clone()),
            at,
            reason,
            refusal: refusal.clone(),
            decision: decision.clone(),
        };
        let summary = format!("close: {}", reason.name());
        match ctx.execute_activity(InvoiceActivities::close, input, options(ctx, summary)).await {
            Ok(CloseOutput::Closed) => return ended(ctx, status(reason), None, refusal).await,
            Ok(CloseOutput::AlreadySettled(settlement)) => {
                return ended(ctx, FinalStatus::Approved, Some(*settlement), None).await;
            }
            Ok(CloseOutput::Refused(no)) if no.code == RefusalCode::NotDue => pause(ctx).await,
            Ok(CloseOutput::Refused(no)) => match decision {
                Some(decision) => return take_back(ctx, &decision, no),
                None => return ended(ctx, FinalStatus::Failed, None, Some(no)).await,
            },
            Err(error) => return ended(ctx, FinalStatus::Failed, None, Some(steps::refusal(&error))).await,
        }
    }
}

/// The ledger's clock is behind the server's: the deadline has not passed for it yet.
async fn pause(ctx: &WorkflowContext<InvoiceApproval>) {
    let options = TimerOptions::builder(Duration::from_secs(60))
        .summary("the ledger's clock is behind".to_owned())
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
        if record(ctx, write).await.is_err() {
            break;
        }
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
