//! `PurchaseOrderApproval`: a purchase order as a workflow. What it does is the shell's; here stand its type and its messages.

use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::common::data_converters::RawValue;
use temporalio_workflow::{
    ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowContextView, WorkflowResult,
    WorkflowTermination,
};
use vextrus_approval::SignedCommand;
use vextrus_contract::document::{CommandAnswer, DetailsView, DocumentResult, DocumentStart, History, StatusView};
use vextrus_shell::{Exit, Holds, Refused, State};

/// A purchase order, or the amendment of one, from its claim to its issue, or to its end.
#[workflow]
#[derive(Debug)]
pub struct PurchaseOrderApproval {
    state: State,
}

impl Holds for PurchaseOrderApproval {
    fn state(&self) -> &State {
        &self.state
    }

    fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

#[workflow_methods]
impl PurchaseOrderApproval {
    #[init]
    fn new(_ctx: &WorkflowContextView, start: DocumentStart) -> Self {
        Self { state: State::new(start) }
    }

    /// Runs the document to its end, in as many runs as it takes.
    ///
    /// # Errors
    /// Only its cancellation; every other end is a result.
    #[run(name = "PurchaseOrderApproval")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<DocumentResult> {
        match vextrus_shell::run(ctx).await {
            Exit::Ended(result) => Ok(*result),
            Exit::Cancelled => Err(WorkflowTermination::cancelled()),
            Exit::NextRun(start) => match ctx.continue_as_new(*start, ContinueAsNewOptions::default())? {},
        }
    }

    /// Decides a task. Waits while the document is being assessed, so that an early decision is not lost.
    #[update(name = "decide")]
    pub async fn decide(ctx: &mut WorkflowContext<Self>, signed: SignedCommand) -> CommandAnswer {
        vextrus_shell::command(ctx, "decide", signed).await
    }

    #[update_validator(decide)]
    fn check_decide(&self, _ctx: &WorkflowContextView, signed: &SignedCommand) -> Result<(), Refused> {
        vextrus_shell::check(&self.state, signed)
    }

    /// Any other command: withdraw, ask, answer, return, resubmit, delegate, reassign, comment, escalate, replan, reassess.
    #[update(name = "command")]
    pub async fn command(ctx: &mut WorkflowContext<Self>, signed: SignedCommand) -> CommandAnswer {
        vextrus_shell::command(ctx, "command", signed).await
    }

    #[update_validator(command)]
    fn check_command(&self, _ctx: &WorkflowContextView, signed: &SignedCommand) -> Result<(), Refused> {
        vextrus_shell::check(&self.state, signed)
    }

    /// `{approver, comments}`: approves the current task.
    #[signal(name = "approve")]
    pub fn approve(&mut self, ctx: &mut SyncWorkflowContext<Self>, raw: RawValue) {
        vextrus_shell::approve(self, ctx, raw);
    }

    /// `{approver, reason}`: rejects the document at the current task.
    #[signal(name = "reject")]
    pub fn reject(&mut self, ctx: &mut SyncWorkflowContext<Self>, raw: RawValue) {
        vextrus_shell::reject(self, ctx, raw);
    }

    /// `{requestedBy, question}`: asks the submitter something; the task's clock stands still until the answer.
    #[signal(name = "requestInfo")]
    pub fn request_info(&mut self, ctx: &mut SyncWorkflowContext<Self>, raw: RawValue) {
        vextrus_shell::request_info(self, ctx, raw);
    }

    /// Where the document stands and what it waits for.
    #[query(name = "status")]
    pub fn status(&self, _ctx: &WorkflowContextView) -> StatusView {
        self.state.status_view()
    }

    /// The latest of what has happened.
    #[query(name = "approvalHistory")]
    pub fn approval_history(&self, _ctx: &WorkflowContextView) -> History {
        self.state.history_view()
    }

    /// The order's head.
    #[query(name = "orderDetails")]
    pub fn order_details(&self, _ctx: &WorkflowContextView) -> DetailsView {
        self.state.details_view()
    }
}
