//! The log, on stderr.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt, reload};

use crate::config::{LogConfig, LogFormat};

static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

pub(super) fn init(config: &LogConfig) {
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|error| {
        // Nobody listens yet; a wrong filter must not keep a process from starting.
        eprintln!("log.filter {:?} cannot be read ({error}); logging at info", config.filter);
        EnvFilter::new("info")
    });
    let (filter, handle) = reload::Layer::new(filter);
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = match config.format {
        LogFormat::Text => lines.boxed(),
        // The spans of a line hold the ids by which it is found: trace, workflow, run, tenant, document.
        LogFormat::Json => lines.json().with_current_span(true).with_span_list(false).boxed(),
    };
    if tracing_subscriber::registry().with(filter.and_then(lines)).try_init().is_ok() {
        drop(FILTER.set(handle));
    }
}

pub(super) fn set_filter(filter: &str) -> Result<(), String> {
    let new = EnvFilter::try_new(filter).map_err(|e| format!("log.filter {filter:?} cannot be read: {e}"))?;
    let handle = FILTER.get().ok_or("this process has no log of its own")?;
    handle.reload(new).map_err(|e| e.to_string())
}
