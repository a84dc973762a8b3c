//! What a process tells of itself as it runs: its log, on stderr, and its traces, by OTLP.

mod log;
mod otlp;
pub mod trace;

use std::path::PathBuf;

use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SdkTracerProvider};

use crate::config::{Config, LogConfig};
use crate::shutdown;

pub use otlp::TelemetryError;

/// What was started. It is stopped with [`Telemetry::stop`], so that the last spans leave.
#[derive(Debug)]
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
}

/// Starts traces alone, for a program whose stderr is for people; none where no address is configured. Must be called within a tokio
/// runtime.
///
/// # Errors
/// As [`start_with`].
pub fn traces_only(program: &'static str, config: &Config) -> Result<Option<Telemetry>, TelemetryError> {
    let provider = otlp::provider(program, &config.telemetry, RandomIdGenerator::default())?;
    Ok(provider.map(|provider| Telemetry { provider: Some(provider) }))
}

/// Starts log and traces as they are configured, with random ids of spans.
///
/// # Errors
/// As [`start_with`].
pub fn start(program: &'static str, config: &Config) -> Result<Telemetry, TelemetryError> {
    start_with(program, config, RandomIdGenerator::default())
}

/// The same, with ids of the caller's: workflows need theirs to be the same in a replay. Must be called within a tokio runtime.
///
/// # Errors
/// [`TelemetryError`]: spans cannot be sent as it is configured. Whether anybody receives them is not asked.
pub fn start_with(
    program: &'static str,
    config: &Config,
    ids: impl IdGenerator + 'static,
) -> Result<Telemetry, TelemetryError> {
    log::init(&config.log);
    Ok(Telemetry { provider: otlp::provider(program, &config.telemetry, ids)? })
}

/// Starts the log alone. A second call in one process changes nothing, so that tests may call it freely.
pub fn log_only(config: &LogConfig) {
    log::init(config);
}

/// Reads the configuration again whenever the process gets SIGHUP, and takes up its `log.filter`. What cannot be read changes nothing, and
/// is told. Must be called within a tokio runtime.
pub fn read_filter_again_on_hangup(file: Option<PathBuf>) {
    let Some(mut hangups) = shutdown::hangups() else { return };
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            let read = Config::load(file.as_deref()).map_err(|e| e.to_string());
            match read.and_then(|config| log::set_filter(&config.log.filter).map(|()| config.log.filter)) {
                Ok(filter) => tracing::warn!(%filter, "log.filter was read again"),
                Err(error) => tracing::error!(%error, "log.filter stays as it was"),
            }
        }
    });
}

impl Telemetry {
    /// Sends what was not sent yet, for a few seconds at most.
    pub async fn stop(self) {
        let Some(provider) = self.provider else { return };
        // It waits for a thread of its own.
        let stopped = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(otlp::LAST_SPANS)).await;
        if let Ok(Err(error)) = stopped {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}
