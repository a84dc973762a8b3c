//! The workflow type: its input, its one exit, and the handlers of its messages.

use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::common::data_converters::RawValue;
use temporalio_workflow::{
    SyncWorkflowContext, WaitConditionOptions, WorkflowCancellationToken, WorkflowContext, WorkflowContextView,
    WorkflowResult,
};
use vextrus_approval::SignedDecision;
use vextrus_contract::invoice::{
    ApproveSignal, DecideAnswer, DetailsView, HistoryEntry, InvoiceResult, InvoiceStart, RejectSignal,
    RequestInfoSignal, StatusView,
};

use crate::alarm::Alarm;
use crate::body::body;
use crate::conclude::{Conclusion, conclude};
use crate::messages::{self, Refused};
use crate::state::State;

/// A vendor's invoice, from its claim to its end.
#[workflow]
#[derive(Debug)]
pub struct InvoiceApproval {
    pub(crate) state: State,
}

#[workflow_methods]
impl InvoiceApproval {
    #[init]
    fn new(_ctx: &WorkflowContextView, start: InvoiceStart) -> Self {
        Self { state: State::new(start) }
    }

    /// Runs the document to its end.
    ///
    /// # Errors
    /// None of its own: every end is a result.
    #[run(name = "InvoiceApproval")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<InvoiceResult> {
        let mut alarm = Alarm::none();
        loop {
            let end = body(ctx, &mut alarm).await;
            if let Conclusion::Ended(result) = conclude(ctx, end).await {
                return Ok(*result);
            }
        }
    }

    /// Decides a task. Waits while the document is being assessed, so that an early decision is not lost.
    #[update(name = "decide")]
    pub async fn decide(ctx: &mut WorkflowContext<Self>, signed: SignedDecision) -> DecideAnswer {
        until_ready(ctx).await;
        let now = steps_now(ctx);
        ctx.state_mut(|w| w.state.answer("decide", signed, now))
    }

    #[update_validator(decide)]
    fn check_decide(&self, _ctx: &WorkflowContextView, signed: &SignedDecision) -> Result<(), Refused> {
        if self.state.is_ready() { self.state.would_refuse(signed).map_err(Into::into) } else { Ok(()) }
    }

    /// Takes the document back; its submitter may, until it is concluded.
    #[update(name = "withdraw")]
    pub fn withdraw(&mut self, ctx: &mut SyncWorkflowContext<Self>, signed: SignedDecision) -> DecideAnswer {
        let now = messages::time(ctx.workflow_time());
        self.state.answer("withdraw", signed, now)
    }

    #[update_validator(withdraw)]
    fn check_withdraw(&self, _ctx: &WorkflowContextView, signed: &SignedDecision) -> Result<(), Refused> {
        self.state.would_refuse(signed).map_err(Into::into)
    }

    /// `{approver, comments}`: approves the current task.
    #[signal(name = "approve")]
    pub fn approve(&mut self, ctx: &mut SyncWorkflowContext<Self>, raw: RawValue) {
        let parsed = messages::parse::<ApproveSignal>(ctx, raw).map(Into::into);
        self.state.receive("approve", parsed, messages::time(ctx.workflow_time()));
    }

    /// `{approver, reason}`: rejects the document at the current task.
    #[signal(name = "reject")]
    pub fn reject(&mut self, ctx: &mut SyncWorkflowContext<Self>, raw: RawValue) {
        let parsed = messages::parse::<RejectSignal>(ctx, raw).map(Into::into);
        self.state.receive("reject", parsed, messages::time(ctx.workflow_time()));
    }

    /// `{requestedBy, question}`: asks the submitter something; the task stays open.
    #[signal(name = "requestInfo")]
    pub fn request_info(&mut self, ctx: &mut SyncWorkflowContext<Self>, raw: RawValue) {
        let parsed = messages::parse::<RequestInfoSignal>(ctx, raw).map(Into::into);
        self.state.receive("requestInfo", parsed, messages::time(ctx.workflow_time()));
    }

    /// Where the document stands and what it waits for.
    #[query(name = "status")]
    pub fn status(&self, _ctx: &WorkflowContextView) -> StatusView {
        self.state.status_view()
    }

    /// What people have decided and asked.
    #[query(name = "approvalHistory")]
    pub fn approval_history(&self, _ctx: &WorkflowContextView) -> Vec<HistoryEntry> {
        self.state.history.clone()
    }

    /// The invoice's head and amounts.
    #[query(name = "invoiceDetails")]
    pub fn invoice_details(&self, _ctx: &WorkflowContextView) -> DetailsView {
        self.state.details_view()
    }
}

fn steps_now(ctx: &WorkflowContext<InvoiceApproval>) -> chrono::DateTime<chrono::Utc> {
    messages::time(ctx.workflow_time())
}

async fn until_ready(ctx: &WorkflowContext<InvoiceApproval>) {
    // On its own token: a cancelled document is ready too, once it is concluded, and answers so.
    let detached = WaitConditionOptions::builder().cancellation_token(WorkflowCancellationToken::new()).build();
    drop(ctx.wait_condition_with_options(|w| w.state.is_ready(), detached).await);
}
