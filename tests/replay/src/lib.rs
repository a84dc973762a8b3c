//! The corpus: histories that a real server recorded, one for each way that a workflow can go. Every build must replay them.

pub mod corpus;
pub mod coverage;
mod machines;
pub mod patches;
pub mod stable;
