//! The fleet while parts of it are killed: a worker that dies at a chosen point of a chosen step, and what must be in the
//! books afterwards.

mod books;
pub mod campaign;
mod points;
mod process;
mod story;
mod worker;

pub use books::{Document, Ending, check, check_books};
pub use points::{Point, Points};
pub use process::{STICKY, told};
pub use story::{Answer, Story, slot};
pub use worker::{FaultWorker, Spec};
