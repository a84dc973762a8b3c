//! The main loop: plan, record what was taken, have systems do their work, and wait for the next of them, a message or a moment, until
//! there is an end.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures::FutureExt as _;
use temporalio_workflow::{
    ActivityCloseTimeouts, ActivityExecutionError, ActivityOptions, TimerResult, WaitConditionOptions,
    WorkflowCancellationToken, WorkflowContext, select,
};
use vextrus_contract::activities::EmployeeActivities;
use vextrus_contract::employees::{
    INTEGRATIONS, PerformInput, PerformOutput, PlanInput, PlanOutput, ProcessResult, ProcessStart, ProgressInput,
    ProgressOutput,
};
use vextrus_contract::search_attributes::{STAGE, STATUS};
use vextrus_domain::TaskId;
use vextrus_lifecycle::{Performed, Status};
use vextrus_shell::{Alarm, now, refusal, retries, step_options};

use crate::Holds;
use crate::state::Next;

/// How a run ends.
#[derive(Debug)]
pub(crate) enum Exit {
    /// The process has ended.
    Ended(Box<ProcessResult>),
    /// An operator cancelled it, and what it had done is undone: the run ends as cancelled too.
    Cancelled,
    /// The process goes on in another run.
    NextRun(Box<ProcessStart>),
}

/// A system's work under way.
struct Working<'a> {
    task: TaskId,
    attempt: u32,
    future: Pin<Box<dyn Future<Output = Result<PerformOutput, ActivityExecutionError>> + 'a>>,
}

/// Runs the process.
pub(crate) async fn run<W: Holds>(ctx: &WorkflowContext<W>) -> Exit {
    // On a token of its own: a cancelled process still waits for the people who undo it.
    let mut alarm = Alarm::none(WorkflowCancellationToken::new());
    let mut working: Vec<Working<'_>> = Vec::new();
    let mut cancelled = false;
    loop {
        ask(ctx, &mut working);
        match ctx.state(|w| w.state().next()) {
            Next::End(status) => return end(ctx, status, cancelled),
            Next::Record => record(ctx).await,
            Next::Plan => plan(ctx).await,
            Next::Wait => {
                let long = ctx.continue_as_new_suggested()
                    || ctx.history_length() >= ctx.state(|w| w.state().start.events_of_a_run);
                // A cancellation is for this run: another one would know nothing of it.
                let heard = cancelled || ctx.cancellation_token().is_cancelled();
                let quiet = working.is_empty() && ctx.all_handlers_finished() && !heard;
                if quiet && ctx.state(|w| w.state().is_at_a_border(long)) {
                    return Exit::NextRun(Box::new(ctx.state(|w| w.state().carry())));
                }
                show(ctx);
                wait(ctx, &mut alarm, &mut working, &mut cancelled).await;
            }
        }
    }
}

/// Asks the systems for what the ledger knows to be asked of them.
fn ask<'a, W: Holds>(ctx: &'a WorkflowContext<W>, working: &mut Vec<Working<'a>>) {
    for (task, attempt) in ctx.state(|w| w.state().asked()) {
        if working.iter().any(|w| w.task == task && w.attempt == attempt) {
            continue;
        }
        let (key, step, within) = ctx.state(|w| {
            let start = &w.state().start;
            (start.key.clone(), start.step_timeout_millis, start.perform_within_millis)
        });
        let timeouts = ActivityCloseTimeouts::ScheduleAndStartToClose {
            start_to_close: Duration::from_millis(step.max(1)),
            schedule_to_close: Duration::from_millis(within.max(step).max(1)),
        };
        let options = ActivityOptions::with_close_timeouts(timeouts)
            .task_queue(INTEGRATIONS)
            .cancellation_token(WorkflowCancellationToken::new())
            .retry_policy(retries())
            .summary(format!("perform {task}"))
            .build();
        let input = PerformInput { key, task: task.clone(), attempt };
        let future = Box::pin(ctx.execute_activity(EmployeeActivities::perform, input, options));
        working.push(Working { task, attempt, future });
    }
}

async fn record<W: Holds>(ctx: &WorkflowContext<W>) {
    let (key, entries, summary, timeout) = ctx.state(|w| {
        let state = w.state();
        (state.start.key.clone(), state.pending().to_vec(), state.summary(), state.start.step_timeout_millis)
    });
    let count = entries.len();
    let input = ProgressInput { key, entries };
    let done = ctx.execute_activity(EmployeeActivities::progress, input, step_options(timeout, summary)).await;
    let at = now(ctx);
    ctx.state_mut(|w| match done {
        Ok(ProgressOutput::Recorded { refused, known }) => w.state_mut().confirm(count, &refused, &known, at),
        Ok(ProgressOutput::Elsewhere { machine, .. }) => w.state_mut().adopt(*machine, at),
        Ok(ProgressOutput::Refused(no)) => w.state_mut().give_up(no),
        Err(error) => w.state_mut().give_up(refusal(&error)),
    });
}

async fn plan<W: Holds>(ctx: &WorkflowContext<W>) {
    let (key, revision, timeout) = ctx.state(|w| {
        let state = w.state();
        (state.start.key.clone(), state.machine().revision() + 1, state.start.step_timeout_millis)
    });
    let options = step_options(timeout, format!("plan, revision {revision}"));
    let made = ctx.execute_activity(EmployeeActivities::plan, PlanInput { key, revision }, options).await;
    let at = now(ctx);
    ctx.state_mut(|w| {
        let state = w.state_mut();
        match made {
            Ok(PlanOutput::Planned { at, plan, trust_unsigned }) => {
                if let Err(no) = state.take_up(*plan, trust_unsigned, at) {
                    state.give_up(no);
                }
            }
            Ok(PlanOutput::NotYet(_)) => state.postpone(at),
            Ok(PlanOutput::Refused(no)) => state.stop(Status::Failed, &no.to_string(), at),
            Err(error) => state.stop(Status::Failed, &refusal(&error).to_string(), at),
        }
    });
}

/// Waits for a message, a cancellation, a system's answer or the next moment, and takes it.
async fn wait<'a, W: Holds>(
    ctx: &'a WorkflowContext<W>,
    alarm: &mut Alarm<'a>,
    working: &mut Vec<Working<'a>>,
    cancelled: &mut bool,
) {
    enum Heard {
        Message,
        Cancelled,
        Answer(usize, Box<Result<PerformOutput, ActivityExecutionError>>),
        Time(TimerResult),
    }
    let token = if *cancelled { WorkflowCancellationToken::new() } else { ctx.cancellation_token() };
    let options = WaitConditionOptions::builder().cancellation_token(token).build();
    // While only systems are asked, there is no moment to wait for.
    let moment = ctx.state(|w| w.state().next_moment());
    let mut timer = moment.map(|moment| alarm.no_later_than(ctx, moment));
    let mut time = poll_fn(|cx| timer.as_mut().map_or(Poll::Pending, |timer| timer.as_mut().poll(cx))).fuse();
    // In the order in which they were asked: the first that has answered, the same in every replay.
    let mut answers = poll_fn(|cx| {
        for (index, work) in working.iter_mut().enumerate() {
            if let Poll::Ready(result) = work.future.as_mut().poll(cx) {
                return Poll::Ready((index, result));
            }
        }
        Poll::Pending
    })
    .fuse();
    let heard = select! {
        heard = ctx.wait_condition_with_options(|w: &W| !matches!(w.state().next(), Next::Wait), options) => {
            if heard.is_ok() { Heard::Message } else { Heard::Cancelled }
        },
        (index, result) = answers => Heard::Answer(index, Box::new(result)),
        result = time => Heard::Time(result),
    };
    let at = now(ctx);
    match heard {
        Heard::Message => {}
        Heard::Cancelled => {
            *cancelled = true;
            ctx.state_mut(|w| w.state_mut().stop(Status::Cancelled, "an operator cancelled the workflow", at));
        }
        Heard::Answer(index, result) => {
            let work = working.remove(index);
            let result = match *result {
                Ok(PerformOutput::Performed(performed)) => performed,
                // Whether it was done is not known here; the ledger may know.
                Ok(PerformOutput::Refused(_)) | Err(_) => Performed::Unclear,
            };
            ctx.state_mut(|w| w.state_mut().performed(work.task, work.attempt, result, at));
        }
        Heard::Time(result) => {
            alarm.over();
            if matches!(result, TimerResult::Fired) {
                ctx.state_mut(|w| w.state_mut().tick(at));
            }
        }
    }
}

/// Shows where the process stands, in one event, and only when it has changed.
fn show<W: Holds>(ctx: &WorkflowContext<W>) {
    let stands = ctx.state(|w| (w.state().status().to_owned(), w.state().machine().phase().to_owned()));
    if ctx.state(|w| w.state().shown != stands) {
        ctx.upsert_search_attributes([STATUS.value_set(stands.0.clone()), STAGE.value_set(stands.1.clone())]);
        ctx.state_mut(|w| w.state_mut().shown = stands);
    }
}

fn end<W: Holds>(ctx: &WorkflowContext<W>, status: Status, cancelled: bool) -> Exit {
    show(ctx);
    if cancelled && status == Status::Cancelled {
        return Exit::Cancelled;
    }
    Exit::Ended(Box::new(ctx.state(|w| w.state().result(status))))
}
