//! The processes of employees, and the record of what is personal about them.
//!
//! What is personal comes in with StartOnboarding and goes out in a process's `personal`. It stands in nothing else that leaves this
//! crate: no message repeats what a field held, since anybody may have written anything anywhere.

pub(crate) mod act;
pub(crate) mod erase;
pub(crate) mod names;
pub(crate) mod read;
pub(crate) mod start;

mod fields;
mod message;
mod render;
mod workflow;

pub use message::employee;
pub use names::collection as process_collection;
