//! The fleet on a real Temporal server, as tests drive it: one server a test binary, a namespace and a ledger a test.

pub mod history;
pub mod messages;
mod papers;
mod staff;
mod world;

pub use papers::{invoice, order, status_of, task};
pub use staff::{Door, Staff, employee, personal_words};
pub use world::{Handle, OrderHandle, World, sound};
