//! Master data: records as the services that own them give them, the calendar, and vendors' bank accounts.

pub(crate) mod bank;
pub(crate) mod budgets;
pub(crate) mod calendar;
pub(crate) mod departments;
mod fields;
pub mod message;
pub(crate) mod names;
pub(crate) mod people;
mod records;
mod render;
pub(crate) mod vendors;
