//! The steps of a vendor's invoice: `assess`, `settle` and `close`, each one transaction over the ledger.

mod activities;
mod assess;
mod close;
mod settle;

pub use activities::Invoices;
