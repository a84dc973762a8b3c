//! The worker: the one place that knows what runs on which task queue.

mod checks;
mod figures;
mod fleet;
mod logged;
mod ready;
mod renewal;
mod startup;
mod version;

pub use fleet::{Fleet, Parts, WorkerError, start};
pub use ready::Ready;
pub use renewal::Renewal;
pub use startup::{StartupError, parts, prepare, run, watched};
pub use version::{VersionError, WorkerVersion};
