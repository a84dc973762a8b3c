//! The outbox's dispatcher and its channels: events of the ledger go to the log, to a signed webhook, by mail to people, or to
//! Kafka, at least once each and in the order of their document.
//!
//! What was handed over but not marked, because the process died in between, is handed over again under the same id. [`webhook`]
//! is the signing client by which outside systems are spoken to.

mod channels;
mod cloud_event;
mod dispatch;
mod failure;
#[cfg(feature = "kafka")]
mod kafka;
mod mail;
mod pace;
pub mod webhook;

pub use channels::{Channels, NotifyError};
pub use cloud_event::{cloud_event, schema_id};
pub use dispatch::{dispatch, run};
pub use mail::{LETTERS, Written, letter};
