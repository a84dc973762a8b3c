//! Where a worker dies, or hangs: by interceptors, so that it happens at that point and nowhere near it.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::FutureExt as _;
use serde::{Deserialize, Serialize};
use temporalio_sdk::WorkerOptions;
use temporalio_sdk::interceptors::{ActivityInboundInterceptor, ExecuteActivityInput, ExecuteActivityOutput, Next};
use temporalio_sdk::workflow_interceptors::{
    CancellableWorkflowOutboundFuture, ScheduleActivityInput, ScheduleActivityResult, ScheduleLocalActivityInput,
    WorkflowInterceptor, WorkflowInterceptorConstructor, WorkflowInterceptorContext, WorkflowNext,
};

/// A point of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Point {
    /// The process aborts before the step has begun.
    Before,
    /// The process aborts after the step's transaction has been committed and before the server is told.
    Committed,
    /// The process aborts once the workflow is given the step's result, and before it acts on it.
    Replied,
    /// The step hangs before it has begun; every attempt does.
    HangBefore,
    /// The step hangs after its transaction has been committed; every attempt does.
    HangCommitted,
}

/// The points of one worker. A worker dies at most once at each: a marker file tells that it has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Points {
    /// By step.
    pub at: BTreeMap<String, Point>,
    /// How many times a step passes its point unharmed before.
    #[serde(default)]
    pub after: u32,
    /// Where the marker files are.
    pub markers: PathBuf,
}

impl Points {
    /// The file that tells that this step's point was reached.
    #[must_use]
    pub fn marker(markers: &Path, step: &str) -> PathBuf {
        markers.join(format!("{step}.reached"))
    }

    fn is(&self, step: &str, point: Point) -> bool {
        self.at.get(step) == Some(&point)
    }

    /// Marks the point as reached; false when it had been before.
    fn reach(&self, step: &str) -> bool {
        OpenOptions::new().write(true).create_new(true).open(Self::marker(&self.markers, step)).is_ok()
    }

    fn die(&self, step: &str) {
        if self.reach(step) {
            std::process::abort();
        }
    }

    async fn hang(&self, step: &str) {
        self.reach(step);
        std::future::pending().await
    }

    /// Builds the points into a worker.
    pub fn install(&self, options: &mut WorkerOptions) {
        let points = Arc::new(self.clone());
        // Only where it is needed: it stands between the workflow and all its steps.
        if points.at.values().any(|p| *p == Point::Replied) {
            let points = Arc::clone(&points);
            options
                .workflow_interceptor(WorkflowInterceptorConstructor::new(move |_| InWorkflows(Arc::clone(&points))));
        }
        options.activity_inbound_interceptor(InSteps { points, passed: AtomicU32::new(0) });
    }
}

struct InSteps {
    points: Arc<Points>,
    /// How many of the steps that have a point have begun.
    passed: AtomicU32,
}

impl ActivityInboundInterceptor for InSteps {
    fn execute_activity<'a>(
        &'a self,
        input: ExecuteActivityInput,
        next: Next<'a, ExecuteActivityInput, ExecuteActivityOutput<'a>>,
    ) -> ExecuteActivityOutput<'a> {
        let points = &self.points;
        async move {
            let step = input.activity_info().activity_type.clone();
            if !points.at.contains_key(&step) || self.passed.fetch_add(1, Ordering::SeqCst) < points.after {
                return next.run(input).await;
            }
            if points.is(&step, Point::Before) {
                points.die(&step);
            }
            if points.is(&step, Point::HangBefore) {
                points.hang(&step).await;
            }
            let result = next.run(input).await;
            if result.is_ok() && points.is(&step, Point::Committed) {
                points.die(&step);
            }
            if result.is_ok() && points.is(&step, Point::HangCommitted) {
                points.hang(&step).await;
            }
            result
        }
        .boxed()
    }
}

struct InWorkflows(Arc<Points>);

#[expect(clippy::result_large_err, reason = "the type is the SDK's")]
impl WorkflowInterceptor for InWorkflows {
    fn schedule_activity(
        &self,
        _ctx: WorkflowInterceptorContext,
        input: ScheduleActivityInput,
        next: WorkflowNext<'static, ScheduleActivityInput, CancellableWorkflowOutboundFuture<ScheduleActivityResult>>,
    ) -> CancellableWorkflowOutboundFuture<ScheduleActivityResult> {
        let (points, step) = (Arc::clone(&self.0), input.activity_type().to_owned());
        next.run(input).map(move |result| {
            if points.is(&step, Point::Replied) {
                points.die(&step);
            }
            result
        })
    }

    fn schedule_local_activity(
        &self,
        _ctx: WorkflowInterceptorContext,
        input: ScheduleLocalActivityInput,
        next: WorkflowNext<
            'static,
            ScheduleLocalActivityInput,
            CancellableWorkflowOutboundFuture<ScheduleActivityResult>,
        >,
    ) -> CancellableWorkflowOutboundFuture<ScheduleActivityResult> {
        let (points, step) = (Arc::clone(&self.0), input.activity_type().to_owned());
        next.run(input).map(move |result| {
            if points.is(&step, Point::Replied) {
                points.die(&step);
            }
            result
        })
    }
}
