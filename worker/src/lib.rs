//! The worker: the one place that knows what runs on which task queue.

mod fleet;
mod metrics;
mod startup;
mod version;

pub use fleet::{Fleet, Parts, WorkerError, start};
pub use startup::{StartupError, parts, prepare, run};
pub use version::{VersionError, WorkerVersion};
