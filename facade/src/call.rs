//! One call: who makes it, until when it must be answered, and how its end is logged.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{FutureExt as _, SpanKind, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use tokio::time::{Instant, timeout_at};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status};
use tracing::Instrument as _;
use tracing::field::Empty;
use vextrus_domain::{Actor, Refusal, RefusalCode};
use vextrus_platform::metrics;
use vextrus_platform::telemetry::trace;

use crate::errors::{Failure, grpc_code};
use crate::limits::Slot;
use crate::permissions::Permissions;
use crate::service::App;

/// The most time that a call gets; the caller's `grpc-timeout` can only make it shorter.
pub(crate) const CALL_LIMIT: Duration = Duration::from_secs(10);
/// The most time that an upload gets.
pub(crate) const UPLOAD_LIMIT: Duration = Duration::from_secs(60);

/// Longer than anything lasts here.
const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// What is kept back, so that the answer arrives before the caller gives up.
const MARGIN: Duration = Duration::from_millis(250);

/// A call of an authenticated person.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) actor: Actor,
    rpc: &'static str,
    started: Instant,
    asked: Option<Duration>,
    until: Instant,
    token_until: Instant,
    /// The trace that the caller is in.
    trace: Context,
    _slot: Arc<Slot>,
}

impl Call {
    /// The call that a request makes: of the person whose token it brings, and within what one caller may ask.
    pub(crate) fn of<T>(app: &App, rpc: &'static str, request: &Request<T>) -> Result<Self, Failure> {
        let started = Instant::now();
        let (actor, token_left) = app.auth.caller(request.metadata()).inspect_err(|refusal| {
            tracing::info!(rpc, %refusal, "a call was not authenticated");
            measure(rpc, grpc_code(refusal.code), started);
        })?;
        let slot = app.limits.take(&actor).inspect_err(|_| {
            tracing::warn!(rpc, tenant = %actor.tenant, "a caller asks too much");
            measure(rpc, Code::ResourceExhausted, started);
        })?;
        let trace = trace::received(&Metadata(request.metadata()));
        let asked = caller_limit(request.metadata());
        let limit = asked.unwrap_or(CALL_LIMIT).min(CALL_LIMIT);
        let until = started + limit - MARGIN.min(limit / 5);
        let token_until = started + token_left.min(A_DAY);
        Ok(Self { actor, rpc, started, asked, until, token_until, trace, _slot: Arc::new(slot) })
    }

    /// The same call with another most time, for what lasts longer than others.
    pub(crate) fn within(mut self, most: Duration) -> Self {
        let limit = self.asked.unwrap_or(most).min(most);
        self.until = self.started + limit - MARGIN.min(limit / 5);
        self
    }

    /// The caller's own time limit, for what may last longer than a call.
    pub(crate) fn asked(&self) -> Option<Duration> {
        self.asked
    }

    /// Until when the caller's token counts, for what may last longer than a call.
    pub(crate) fn token_until(&self) -> Instant {
        self.token_until
    }

    /// The method that was called.
    pub(crate) fn rpc(&self) -> &'static str {
        self.rpc
    }

    /// What is left for a call to another service, whose own "no answer" can then still be put into words.
    pub(crate) fn left(&self) -> Duration {
        let left = self.until.saturating_duration_since(Instant::now());
        left - MARGIN.min(left / 5)
    }

    /// Answers the call in time, and logs how.
    pub(crate) async fn answer<T>(
        &self,
        app: &Arc<App>,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<Response<T>, Status> {
        let _under_way = UnderWay::begin();
        let with = vec![KeyValue::new("rpc.system.name", "grpc"), KeyValue::new("rpc.method", self.rpc)];
        let context = trace::span(self.rpc, SpanKind::Server, with, &self.trace);
        let log = tracing::info_span!("call", rpc = self.rpc, tenant = %self.actor.tenant, trace_id = Empty);
        if let Some(id) = trace::trace_id(&context) {
            log.record("trace_id", id);
        }
        let work = async {
            app.permissions.check(app, self).await?;
            work.await
        };
        let work = work.with_context(context.clone()).instrument(log.clone());
        let result = match timeout_at(self.until, work).await {
            Ok(result) => result,
            Err(_) => Err(Refusal::new(
                RefusalCode::Unavailable,
                "the call was not answered in time; send it again with the same request id",
            )
            .into()),
        };
        let told = result.inspect_err(|failure| Permissions::tell(app, self, failure));
        let result = told.map(Response::new).map_err(|failure| failure.into_status(self.rpc));
        let code = result.as_ref().map_or_else(Status::code, |_| Code::Ok);
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        log.in_scope(|| tracing::info!(?code, millis, "answered"));
        measure(self.rpc, code, self.started);
        let span = context.span();
        span.set_attribute(KeyValue::new("rpc.response.status_code", name(code)));
        if is_fault(code) {
            span.set_status(opentelemetry::trace::Status::error(""));
        }
        span.end();
        result
    }
}

/// Whether a code tells of our fault rather than of the caller's.
const fn is_fault(code: Code) -> bool {
    matches!(code, Code::Unknown | Code::DeadlineExceeded | Code::Internal | Code::Unavailable | Code::DataLoss)
}

fn measure(rpc: &str, code: Code, began: Instant) {
    metrics::CALLS.with_label_values(&[rpc, name(code)]).observe(began.elapsed().as_secs_f64());
}

/// The code as OpenTelemetry's conventions name it.
const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// A call under way, for as long as it is.
struct UnderWay;

impl UnderWay {
    fn begin() -> Self {
        metrics::CALLS_UNDER_WAY.with_label_values::<&str>(&[]).inc();
        Self
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        metrics::CALLS_UNDER_WAY.with_label_values::<&str>(&[]).dec();
    }
}

/// Metadata as what carries a caller's trace.
struct Metadata<'a>(&'a MetadataMap);

impl Extractor for Metadata<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// The caller's time limit: `grpc-timeout`, at most eight digits and a unit.
fn caller_limit(metadata: &MetadataMap) -> Option<Duration> {
    let text = metadata.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount * 3600),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &'static str) -> Option<Duration> {
        let mut metadata = MetadataMap::new();
        metadata.insert("grpc-timeout", text.parse().unwrap());
        caller_limit(&metadata)
    }

    #[test]
    fn the_callers_limit_is_read() {
        assert_eq!(limit("2S"), Some(Duration::from_secs(2)));
        assert_eq!(limit("1500m"), Some(Duration::from_millis(1500)));
        assert_eq!(limit("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        for bad in ["", "S", "5", "-1S", "1.5S", "123456789S", "5s"] {
            assert_eq!(limit(bad), None, "{bad}");
        }
    }
}
