//! The ledger's side of its comparison with Temporal: what it holds as open, which namespace its workflows live in, and what was
//! found.

pub mod findings;
pub mod namespaces;
pub mod open;
