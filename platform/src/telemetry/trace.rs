//! Spans of our own, and the context that is passed on between processes (W3C Trace Context).

use std::collections::HashMap;

use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::{SpanKind, TraceContextExt as _, TraceId, Tracer as _};
use opentelemetry::{Context, KeyValue};

/// The name of our tracer.
const SCOPE: &str = "vextrus";

/// Our tracer; one that does nothing where no spans are sent.
#[must_use]
pub fn tracer() -> BoxedTracer {
    global::tracer(SCOPE)
}

/// Begins a span under a context, and answers the context within it. The span ends with the last of its contexts, or by `end`.
#[must_use]
pub fn span(
    name: impl Into<std::borrow::Cow<'static, str>>,
    kind: SpanKind,
    with: Vec<KeyValue>,
    under: &Context,
) -> Context {
    let tracer = tracer();
    let span = tracer.span_builder(name).with_kind(kind).with_attributes(with).start_with_context(&tracer, under);
    under.with_span(span)
}

/// The trace of a context, as logs name it; none where there is none.
#[must_use]
pub fn trace_id(context: &Context) -> Option<String> {
    let span = context.span();
    let id = span.span_context().trace_id();
    (id != TraceId::INVALID).then(|| id.to_string())
}

/// The context that a caller sent, read from what carried it.
#[must_use]
pub fn received(carrier: &dyn Extractor) -> Context {
    global::get_text_map_propagator(|p| p.extract_with_context(&Context::new(), carrier))
}

/// What a context is sent as: names and values.
#[must_use]
pub fn sent(context: &Context) -> HashMap<String, String> {
    let mut fields = Fields::default();
    global::get_text_map_propagator(|p| p.inject_context(context, &mut fields));
    fields.0
}

#[derive(Default)]
struct Fields(HashMap<String, String>);

impl Injector for Fields {
    fn set(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }
}
