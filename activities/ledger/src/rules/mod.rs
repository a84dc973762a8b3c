//! The company's rules: versions by hash, proposals, activations, and which rule is in force when.
//!
//! A rule is of a kind and has a subject: the type of document that it is for, or [`WHOLE_COMPANY`]. Each kind and subject of
//! a tenant has one rule in force. Rules are never edited: one person proposes a version, another activates it, and **the
//! latest activation that has taken effect counts**. An activation therefore also overtakes an earlier one whose day is
//! still to come and is not before its own.
//!
//! The first rule of a kind and subject may be founded by one person alone.

mod activate;
mod active;
mod found;
mod kept;
mod kind;
mod list;
mod propose;
mod records;
mod write;

pub use activate::activate;
pub use active::{ActiveRule, active, active_at, calendar, needed, version};
pub(crate) use active::{calendar_of, not_active};
pub use found::found;
pub(crate) use kept::Kept;
pub use kind::{RuleKind, WHOLE_COMPANY};
pub use list::{Listing, list};
pub use propose::{propose, propose_once};
pub use records::{Activation, Proposal, proposal};
