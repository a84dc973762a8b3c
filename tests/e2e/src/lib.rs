//! The fleet on a real Temporal server, as tests drive it: one server a test binary, a namespace and a ledger a test.

pub mod history;
pub mod messages;
mod papers;
mod staff;
#[expect(clippy::unwrap_used, reason = "only tests use it, and a test fails by panicking")]
pub mod watched;
mod work;
mod world;

pub use papers::{invoice, order, order_policy, status_of, task};
pub use staff::{Door, Staff, employee, leaving, personal_words};
pub use work::work;
pub use world::{Handle, OrderHandle, World, sound};
