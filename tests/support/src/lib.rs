//! What the tests of the ledger and of its steps share: real databases, a small company, and the steps without Temporal.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "only tests use this crate, and a test fails by panicking"
)]

pub mod acme;
pub mod company;
pub mod crowd;
pub mod dice;
pub mod events;
pub mod first_version;
pub mod ledgers;
mod migrate;
pub mod postgres;
pub mod proxy;
pub mod raw;
pub mod rewind;
pub mod secured;
pub mod staff;
#[cfg(feature = "steps")]
pub mod steps;
pub mod versions;
