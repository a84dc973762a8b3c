//! `EmployeeOnboarding` and `EmployeeOffboarding`: an employee's process as a workflow, round the pure machine of
//! `workflows/lifecycle`. Both do the same; what differs is their templates.

mod body;
mod handlers;
mod messages;
mod state;
mod views;

use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::common::data_converters::RawValue;
use temporalio_workflow::{
    ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowContextView, WorkflowResult,
    WorkflowTermination,
};
use vextrus_contract::employees::{ProcessAnswer, ProcessResult, ProcessStart, ProcessStatusView, ProcessTaskView};
use vextrus_lifecycle::SignedCommand;
use vextrus_shell::Refused;

use crate::body::Exit;
use crate::state::State;

/// A workflow that holds a process's state.
pub(crate) trait Holds: 'static {
    fn state(&self) -> &State;
    fn state_mut(&mut self) -> &mut State;
}

/// From the signed letter to the end of probation.
#[workflow]
#[derive(Debug)]
pub struct EmployeeOnboarding {
    state: State,
}

/// From the notice to the final dues; it undoes what the onboarding has done.
#[workflow]
#[derive(Debug)]
pub struct EmployeeOffboarding {
    state: State,
}

impl Holds for EmployeeOnboarding {
    fn state(&self) -> &State {
        &self.state
    }

    fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Holds for EmployeeOffboarding {
    fn state(&self) -> &State {
        &self.state
    }

    fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

#[workflow_methods]
impl EmployeeOnboarding {
    #[init]
    fn new(_ctx: &WorkflowContextView, start: ProcessStart) -> Self {
        Self { state: State::new(start) }
    }

    /// Runs the process to its end, in as many runs as it takes.
    ///
    /// # Errors
    /// Only its cancellation; every other end is a result.
    #[run(name = "EmployeeOnboarding")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<ProcessResult> {
        match body::run(ctx).await {
            Exit::Ended(result) => Ok(*result),
            Exit::Cancelled => Err(WorkflowTermination::cancelled()),
            Exit::NextRun(start) => match ctx.continue_as_new(*start, ContinueAsNewOptions::default())? {},
        }
    }

    /// Any command: complete, skip, reassign, retry, move the start, change the manager, withdraw.
    #[update(name = "command")]
    pub async fn command(ctx: &mut WorkflowContext<Self>, signed: SignedCommand) -> ProcessAnswer {
        handlers::command(ctx, signed).await
    }

    #[update_validator(command)]
    fn check_command(&self, _ctx: &WorkflowContextView, signed: &SignedCommand) -> Result<(), Refused> {
        handlers::check(&self.state, signed)
    }

    /// `{taskId, completedBy}`: a person's task is done.
    #[signal(name = "completeTask")]
    pub fn complete_task(&mut self, ctx: &mut SyncWorkflowContext<Self>, raw: RawValue) {
        handlers::complete_task(self, ctx, raw);
    }

    /// `{taskId, reason}`: a task is left out, where its template allows it.
    #[signal(name = "skipTask")]
    pub fn skip_task(&mut self, ctx: &mut SyncWorkflowContext<Self>, raw: RawValue) {
        handlers::skip_task(self, ctx, raw);
    }

    /// Where the process stands and what it waits for.
    #[query(name = "status")]
    pub fn status(&self, _ctx: &WorkflowContextView) -> ProcessStatusView {
        self.state.status_view()
    }

    /// Every task, with people and times.
    #[query(name = "tasks")]
    pub fn tasks(&self, _ctx: &WorkflowContextView) -> Vec<ProcessTaskView> {
        self.state.tasks_view()
    }
}

#[workflow_methods]
impl EmployeeOffboarding {
    #[init]
    fn new(_ctx: &WorkflowContextView, start: ProcessStart) -> Self {
        Self { state: State::new(start) }
    }

    /// Runs the process to its end, in as many runs as it takes.
    ///
    /// # Errors
    /// Only its cancellation; every other end is a result.
    #[run(name = "EmployeeOffboarding")]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<ProcessResult> {
        match body::run(ctx).await {
            Exit::Ended(result) => Ok(*result),
            Exit::Cancelled => Err(WorkflowTermination::cancelled()),
            Exit::NextRun(start) => match ctx.continue_as_new(*start, ContinueAsNewOptions::default())? {},
        }
    }

    /// Any command: complete, skip, reassign, retry, move the last day, change the manager, withdraw.
    #[update(name = "command")]
    pub async fn command(ctx: &mut WorkflowContext<Self>, signed: SignedCommand) -> ProcessAnswer {
        handlers::command(ctx, signed).await
    }

    #[update_validator(command)]
    fn check_command(&self, _ctx: &WorkflowContextView, signed: &SignedCommand) -> Result<(), Refused> {
        handlers::check(&self.state, signed)
    }

    /// `{taskId, completedBy}`: a person's task is done.
    #[signal(name = "completeTask")]
    pub fn complete_task(&mut self, ctx: &mut SyncWorkflowContext<Self>, raw: RawValue) {
        handlers::complete_task(self, ctx, raw);
    }

    /// `{taskId, reason}`: a task is left out, where its template allows it.
    #[signal(name = "skipTask")]
    pub fn skip_task(&mut self, ctx: &mut SyncWorkflowContext<Self>, raw: RawValue) {
        handlers::skip_task(self, ctx, raw);
    }

    /// Where the process stands and what it waits for.
    #[query(name = "status")]
    pub fn status(&self, _ctx: &WorkflowContextView) -> ProcessStatusView {
        self.state.status_view()
    }

    /// Every task, with people and times.
    #[query(name = "tasks")]
    pub fn tasks(&self, _ctx: &WorkflowContextView) -> Vec<ProcessTaskView> {
        self.state.tasks_view()
    }
}
