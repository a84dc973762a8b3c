//! What operators see of a process that speaks to Temporal: its health and its metrics, with the SDK's among them.

use std::sync::Arc;

use vextrus_platform::admin::{self, Admin, AdminError, Source};
use vextrus_platform::{Health, machine, metrics};

use crate::metrics::{SdkMetrics, SdkMetricsError};

/// Nothing can be seen of it.
#[derive(Debug, thiserror::Error)]
pub enum WatchedError {
    /// The listener cannot be opened.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The SDK's metrics cannot be had.
    #[error(transparent)]
    Sdk(#[from] SdkMetricsError),
}

/// The health and the metrics of a process, and where they are served.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Its health.
    pub health: Health,
    /// The SDK's metrics.
    pub sdk: SdkMetrics,
    /// Where both are served.
    pub admin: Arc<Admin>,
}

impl Watched {
    /// Serves them of this program where a key of the configuration says; none where it names no place. A process that is connected to
    /// Temporal already gives the SDK's metrics that it counts with. Must be called within a tokio runtime, before anything that may take
    /// long: whoever looks sees that the process starts.
    ///
    /// # Errors
    /// [`WatchedError`].
    pub fn open(
        program: &str,
        (key, listen): (&'static str, &str),
        commit: Option<&str>,
        sdk: Option<SdkMetrics>,
    ) -> Result<Option<Self>, WatchedError> {
        if listen.is_empty() {
            return Ok(None);
        }
        let (health, sdk) = (Health::starting(), sdk.map_or_else(SdkMetrics::start, Ok)?);
        let served = sdk.clone();
        let source: Source = Arc::new(move || {
            let sdk = served.clone();
            Box::pin(async move {
                sdk.text().await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "the SDK's metrics cannot be told");
                    String::new()
                })
            })
        });
        let admin = admin::serve((key, listen), health.clone(), source)?;
        metrics::BUILD
            .with_label_values(&[
                program,
                env!("CARGO_PKG_VERSION"),
                commit.filter(|commit| !commit.is_empty()).unwrap_or("unknown"),
            ])
            .set(1);
        machine::watch(&health);
        Ok(Some(Self { health, sdk, admin: Arc::new(admin) }))
    }
}
