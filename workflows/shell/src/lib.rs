//! The shell that the workflows of all documents share, round the pure approval machine; and what every workflow needs: the one
//! timer, the options of steps, signals that cannot block it.
//!
//! Handlers change the machine's state and nothing else; the main loop alone schedules activities. A workflow leaves by one exit,
//! which either settles or closes the document, or goes on in another run when its history has grown long.

mod alarm;
mod body;
mod conclude;
mod handlers;
mod messages;
mod run;
mod state;
mod steps;
mod views;

pub use alarm::{Alarm, Timer};
pub use handlers::{approve, check, command, reject, request_info};
pub use messages::{Refused, parse, time};
pub use run::{Exit, run};
pub use state::State;
pub use steps::{LOCAL_ASSESS, now, refusal, retries, step_options};

/// A workflow that holds a document's state.
pub trait Holds: 'static {
    /// The state.
    fn state(&self) -> &State;
    /// The state, to be changed.
    fn state_mut(&mut self) -> &mut State;
}
