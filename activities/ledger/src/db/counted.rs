//! What is counted of a transaction, for metrics and traces: once it has committed, so that nothing counts twice or for nothing.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::Instant;

use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue, StringValue};
use vextrus_domain::Taka;
use vextrus_platform::metrics::{self, Counters};
use vextrus_platform::telemetry::trace;

use super::tx::Tx;

/// The statements whose texts for spans are kept.
const MOST_KNOWN: usize = 1000;

/// A counter that goes up with the commit.
#[derive(Debug)]
pub(crate) struct Counted {
    counter: &'static Counters,
    labels: Vec<&'static str>,
    by: u64,
}

impl Tx {
    /// Has a metric count something, if this transaction commits. Labels are texts of this program, so that they are few.
    pub fn count(&mut self, counter: &'static Counters, labels: &[&'static str], by: u64) {
        self.counted.push(Counted { counter, labels: labels.to_vec(), by });
    }

    /// Has a metric count an amount, in whole taka.
    pub fn count_taka(&mut self, counter: &'static Counters, labels: &[&'static str], amount: Taka) {
        let whole = u64::try_from(amount.poisha() / 100).unwrap_or_default();
        self.count(counter, labels, whole);
    }
}

/// Counts what was committed.
pub(super) fn commit(counted: Vec<Counted>) {
    for Counted { counter, labels, by } in counted {
        counter.with_label_values(&labels).inc_by(by);
    }
}

/// Measures how long a transaction waits for its connection.
pub(super) fn waited(began: Instant) {
    metrics::CONNECTION_WAIT.with_label_values::<&str>(&[]).observe(began.elapsed().as_secs_f64());
}

/// The time that a writing transaction is held. One that is dropped was not committed.
#[derive(Debug)]
pub(super) struct Held {
    began: Instant,
    committed: bool,
}

impl Held {
    pub(super) fn begin() -> Self {
        Self { began: Instant::now(), committed: false }
    }

    pub(super) fn committed(&mut self) {
        self.committed = true;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let outcome = if self.committed { "committed" } else { "rolled_back" };
        metrics::TRANSACTIONS.with_label_values(&[outcome]).observe(self.began.elapsed().as_secs_f64());
    }
}

/// A statement under way: how long it takes, and its span where the trace that it belongs to is sent. Values are no part of its text.
pub(super) struct Statement {
    began: Instant,
    span: Option<Context>,
}

/// What a span says of a statement: its first words, and its text on one line.
#[derive(Debug, Clone)]
struct Told {
    summary: StringValue,
    text: StringValue,
}

impl Told {
    /// Of the few hundred statements of this program it is kept; of those that are put together, of which there is no end, as many as
    /// there is room for.
    fn of(sql: &str) -> Self {
        static KNOWN: LazyLock<RwLock<HashMap<String, Told>>> = LazyLock::new(RwLock::default);
        if let Some(told) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(sql) {
            return told.clone();
        }
        let words: Vec<&str> = sql.split_whitespace().collect();
        let summary = words.iter().take(3).copied().collect::<Vec<_>>().join(" ");
        let shared = |text: String| StringValue::from(Arc::<str>::from(text));
        let told = Self { summary: shared(summary), text: shared(words.join(" ")) };
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST_KNOWN {
            known.insert(sql.to_owned(), told.clone());
        }
        told
    }
}

impl Statement {
    pub(super) fn begin(system: &'static str, sql: &str) -> Self {
        let is_sampled = Context::map_current(|context| context.span().span_context().is_sampled());
        let span = is_sampled.then(|| {
            let Told { summary, text } = Told::of(sql);
            let name = summary.as_str().to_owned();
            let with = vec![
                KeyValue::new("db.system.name", system),
                KeyValue::new("db.query.summary", summary),
                KeyValue::new("db.query.text", text),
            ];
            trace::span(name, SpanKind::Client, with, &Context::current())
        });
        Self { began: Instant::now(), span }
    }

    pub(super) fn end<T>(self, result: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        metrics::STATEMENTS.with_label_values::<&str>(&[]).observe(self.began.elapsed().as_secs_f64());
        if let Some(context) = self.span {
            if let Err(error) = &result {
                let kind = error.as_database_error().and_then(|e| e.code()).map_or_else(
                    || "the database did not answer".to_owned(),
                    |code| format!("SQLSTATE or SQLite code {code}"),
                );
                context.span().set_status(Status::error(kind));
            }
            context.span().end();
        }
        result
    }
}
