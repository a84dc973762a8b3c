//! A campaign: a whole fleet at work while its parts are killed, its wires cut and stalled, its clocks wrong. What happens when is
//! drawn beforehand from a seed, so that the same seed gives the same campaign.

mod desk;
mod rig;
mod schedule;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use desk::{Desk, Paper};
pub use rig::{Rig, WORKERS};
pub use schedule::{Fault, Wire, schedule};

/// What a process of the fleet is told, as JSON in its one argument.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Member {
    /// What it is.
    pub role: Role,
    /// Its configuration file.
    pub config: PathBuf,
    /// Where Temporal listens.
    pub temporal: String,
    /// By how much its clock is behind.
    pub clock_behind_micros: i64,
}

/// What a process of the fleet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// One of the workers.
    Worker,
    /// The facade.
    Facade,
}
