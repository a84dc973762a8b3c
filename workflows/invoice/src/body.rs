//! The main loop: assess, then record what was accepted and wait for the next message or moment, until there is an end.

use chrono::{DateTime, Utc};
use temporalio_workflow::{TimerResult, WorkflowContext, select};
use vextrus_approval::Outcome;
use vextrus_contract::activities::{ApprovalActivities, InvoiceActivities};
use vextrus_contract::steps::{AssessInput, AssessOutput, RecordInput, RecordOutput};
use vextrus_domain::{Refusal, RefusalCode};

use crate::alarm::Alarm;
use crate::state::Write;
use crate::steps::{self, now, options};
use crate::workflow::InvoiceApproval;

/// Why the main loop has ended.
#[derive(Debug)]
pub(crate) enum End {
    /// The approval machine has an outcome.
    Outcome(Outcome),
    /// The assessment refused the document.
    Refused(Refusal),
    /// The workflow was cancelled.
    Cancelled,
    /// A step cannot succeed.
    Failed(Refusal),
}

pub(crate) async fn body<'a>(ctx: &'a WorkflowContext<InvoiceApproval>, alarm: &mut Alarm<'a>) -> End {
    loop {
        if let Some(write) = ctx.state_mut(|w| w.state.next_write()) {
            match record(ctx, write).await {
                Some(refusal) if refusal.code == RefusalCode::DocumentClosed => return End::Failed(refusal),
                _ => continue,
            }
        }
        if let Some(outcome) = ctx.state(|w| w.state.machine.outcome().cloned()) {
            return End::Outcome(outcome);
        }
        if ctx.state(|w| w.state.must_assess) {
            if let Err(end) = assess(ctx).await {
                return end;
            }
            continue;
        }
        show_stage(ctx);
        if wait(ctx, alarm).await.is_err() {
            return End::Cancelled;
        }
    }
}

async fn assess(ctx: &WorkflowContext<InvoiceApproval>) -> Result<(), End> {
    let input = ctx.state(|w| AssessInput {
        key: w.state.start.key.clone(),
        revision: w.state.revision + 1,
        payload_hash: w.state.start.payload_hash.clone(),
    });
    let summary = format!("assess, revision {}", input.revision);
    let (end, again) = match ctx.execute_activity(InvoiceActivities::assess, input, options(ctx, summary)).await {
        Ok(AssessOutput::Assessed(assessed)) => match ctx.state_mut(|w| w.state.take_up(*assessed)) {
            Ok(()) => return Ok(()),
            Err(refusal) => (End::Failed(refusal), now(ctx)),
        },
        Ok(AssessOutput::Refused(refusal)) => (End::Refused(refusal), now(ctx)),
        Err(error) => (End::Failed(steps::refusal(&error)), now(ctx)),
    };
    ctx.state_mut(|w| w.state.give_up(again));
    Err(end)
}

/// Records one accepted decision, or what waits for the trail. A decision that the ledger refuses is taken back, and the
/// refusal answered; a note that it refuses must not keep a document from going on.
pub(crate) async fn record(ctx: &WorkflowContext<InvoiceApproval>, write: Write) -> Option<Refusal> {
    let key = ctx.state(|w| w.state.start.key.clone());
    let (input, summary) = match write {
        Write::Decision { signed, at, .. } => {
            let task = signed.decision.task.as_ref().map_or("document", |t| t.as_str());
            let summary = format!("record {} of {task}", signed.decision.answer);
            (RecordInput { key, at, decision: Some(signed), notes: Vec::new() }, summary)
        }
        Write::Note(note) => {
            // Whatever else waits for the trail goes with it, in one event group.
            let mut notes = vec![note];
            ctx.state_mut(|w| {
                while let Some(Write::Note(next)) = w.state.writes.pop_front_if(|w| matches!(w, Write::Note(_))) {
                    notes.push(next);
                }
            });
            let summary = format!("record {} on the trail", notes.len());
            (RecordInput { key, at: now(ctx), decision: None, notes }, summary)
        }
    };
    let request_id = input.decision.as_ref().map(|d| d.decision.request_id.clone());
    let refusal = match ctx.execute_activity(ApprovalActivities::record, input, options(ctx, summary)).await {
        Ok(RecordOutput::Recorded) => return None,
        Ok(RecordOutput::Reassess) => {
            ctx.state_mut(|w| w.state.must_assess = true);
            return None;
        }
        Ok(RecordOutput::Refused(refusal)) => refusal,
        Err(error) => steps::refusal(&error),
    };
    let request_id = request_id?;
    let at = now(ctx);
    ctx.state_mut(|w| w.state.void(&request_id, refusal.clone(), at));
    Some(refusal)
}

fn show_stage(ctx: &WorkflowContext<InvoiceApproval>) {
    let role = ctx.state(|w| w.state.machine.open_tasks().next().map(|t| t.task.role.to_string()));
    if let Some(role) = role {
        steps::show(ctx, "waiting", &role);
    }
}

/// Waits for a message or for the next moment; an error is the workflow's cancellation.
async fn wait<'a>(ctx: &'a WorkflowContext<InvoiceApproval>, alarm: &mut Alarm<'a>) -> Result<(), ()> {
    let moment = ctx.state(|w| w.state.machine.next_moment()).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let mut timer = alarm.no_later_than(ctx, moment);
    let fired = select! {
        heard = ctx.wait_condition(|w| w.state.has_writes() || w.state.machine.outcome().is_some()) => match heard {
            Ok(()) => return Ok(()),
            Err(_) => return Err(()),
        },
        result = timer => result,
    };
    alarm.over();
    match fired {
        TimerResult::Fired => {
            let at = now(ctx);
            ctx.state_mut(|w| w.state.tick(at));
            Ok(())
        }
        TimerResult::Cancelled => Err(()),
    }
}
