//! What every process shares: its configuration, its telemetry, its health, its keys, and how it is asked to stop.

pub mod admin;
pub mod certificates;
pub mod config;
pub mod health;
pub mod http;
pub mod keys;
pub mod machine;
pub mod metrics;
pub mod notify;
pub mod probe;
mod secret;
pub mod shutdown;
pub mod telemetry;

pub use config::Config;
pub use health::Health;
pub use secret::Secret;
pub use telemetry::Telemetry;
