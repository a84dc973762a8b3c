//! The ledger: what is claimed, assessed, decided, reserved, posted and owed, and the trail of it all.
//!
//! One module a table or a question. A business step is one transaction ([`Tx`]) that an activity composes from these
//! modules; rows are locked in one order: effect, document, vendor, purchase order, budget lines sorted, the tenant's books, number
//! series.

pub mod approvals;
pub mod assessments;
pub mod attachments;
pub mod audit;
pub mod backup;
pub mod bank_details;
pub mod budgets;
pub mod check;
pub mod claims;
pub mod delegations;
pub mod documents;
pub mod effects;
pub mod employees;
pub mod figures;
pub mod holds;
pub mod intake;
pub mod journal;
pub mod masterdata;
pub mod orders;
pub mod outbox;
pub mod payments;
pub mod periods;
pub mod reconcile;
pub mod registers;
pub mod requests;
pub mod retry;
pub mod rules;
pub mod standing;
pub mod treasury;
pub mod views;

mod asked;
mod db;
mod error;

pub use db::{Clock, Ledger, Plan, Plans, Tx};
pub use error::LedgerError;
