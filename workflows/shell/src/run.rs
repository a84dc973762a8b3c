//! The run of a document's workflow: to its end, or to another run.

use temporalio_workflow::WorkflowContext;
use vextrus_contract::document::{DocumentResult, DocumentStart, FinalStatus};

use crate::Holds;
use crate::alarm::Alarm;
use crate::body::{End, body};
use crate::conclude::{Conclusion, conclude};
use crate::steps::LOCAL_ASSESS;

/// How a run ends.
#[derive(Debug)]
pub enum Exit {
    /// The document has ended.
    Ended(Box<DocumentResult>),
    /// An operator cancelled it, and what it had reserved is given back: the run ends as cancelled too.
    Cancelled,
    /// The history has grown long: the document goes on in another run.
    NextRun(Box<DocumentStart>),
}

/// Runs the document.
pub async fn run<W: Holds>(ctx: &WorkflowContext<W>) -> Exit {
    let is_local = ctx.patched(LOCAL_ASSESS);
    ctx.state_mut(|w| w.state_mut().assess_is_local = is_local);
    let mut alarm = Alarm::none(ctx.cancellation_token().clone());
    loop {
        let end = body(ctx, &mut alarm).await;
        if matches!(end, End::NextRun) {
            return Exit::NextRun(Box::new(ctx.state(|w| w.state().carry())));
        }
        if let Conclusion::Ended(result) = conclude(ctx, end).await {
            return if result.status == FinalStatus::Cancelled { Exit::Cancelled } else { Exit::Ended(result) };
        }
    }
}
