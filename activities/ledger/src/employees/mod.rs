//! Employees: their records, the processes of their coming and going, and what the company's own systems gave them.
//!
//! What is personal stands in the records alone. Everything else names the employee by id, so that a record can be erased
//! while the trail stays whole. Rows are locked in one order: effect, process, provisions, number series.

pub mod claim;
pub mod course;
pub mod processes;
pub mod provisions;
pub mod records;
pub mod views;

mod accounts;
mod check;
mod log;
mod project;

pub(crate) use check::check;
