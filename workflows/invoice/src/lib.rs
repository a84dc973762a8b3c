//! `InvoiceApproval`: a vendor's invoice from its claim to its payment instruction, or to its end.
//!
//! A shell round the approval machine. Handlers change the machine's state and nothing else; the main loop alone schedules
//! activities. It leaves by one exit, which either settles or closes the document.

mod alarm;
mod body;
mod conclude;
mod messages;
mod state;
mod steps;
mod views;
mod workflow;

pub use workflow::InvoiceApproval;
