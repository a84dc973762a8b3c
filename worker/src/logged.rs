//! The ids by which the log lines of a step are found.

use std::collections::HashMap;
use std::time::Instant;

use temporalio_sdk::interceptors::{ActivityInboundInterceptor, ExecuteActivityInput, ExecuteActivityOutput, Next};
use temporalio_sdk::opentelemetry::TRACE_HEADER_KEY;
use tracing::Instrument as _;
use tracing::field::Empty;
use vextrus_temporal::WorkflowId;

/// Puts each step's log lines into a span with its trace, workflow, run, tenant and document.
pub(crate) struct Logged;

impl ActivityInboundInterceptor for Logged {
    fn execute_activity<'a>(
        &'a self,
        input: ExecuteActivityInput,
        next: Next<'a, ExecuteActivityInput, ExecuteActivityOutput<'a>>,
    ) -> ExecuteActivityOutput<'a> {
        let info = input.activity_info();
        let workflow = info.workflow_id.clone().unwrap_or_default();
        let span = tracing::info_span!(
            "step",
            step = info.activity_type,
            attempt = info.attempt,
            workflow,
            run = info.workflow_run_id.as_deref().unwrap_or_default(),
            tenant = Empty,
            document = Empty,
            trace_id = Empty,
        );
        if let Ok(id) = workflow.parse::<WorkflowId>() {
            span.record("tenant", id.tenant());
            span.record("document", id.document());
        }
        if let Some(trace) = trace_of(&input) {
            span.record("trace_id", trace);
        }
        let running = next.run(input);
        let told = async move {
            let began = Instant::now();
            let result = running.await;
            let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(ok = result.is_ok(), millis, "a step was carried out");
            result
        };
        Box::pin(told.instrument(span))
    }
}

/// The trace that the step belongs to, from the header that the SDK's plugin writes: W3C's `traceparent` among its fields.
fn trace_of(input: &ExecuteActivityInput) -> Option<String> {
    let header = input.headers().get(TRACE_HEADER_KEY)?;
    let fields: HashMap<String, String> = serde_json::from_slice(&header.data).ok()?;
    fields.get("traceparent")?.split('-').nth(1).map(str::to_owned)
}
