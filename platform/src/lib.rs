//! What every process shares: its configuration, its log, its keys, and how it is asked to stop.

pub mod config;
pub mod http;
pub mod keys;
pub mod notify;
mod secret;
pub mod shutdown;
pub mod telemetry;

pub use config::Config;
pub use secret::Secret;
