//! The task queues. Each workflow type has its own, which also runs its ledger activities, so that those can start
//! eagerly.

/// Invoices: the workflow and its ledger activities.
pub const INVOICE: &str = "invoice";

/// Calls to outside systems, for every workflow type.
pub const INTEGRATIONS: &str = "integrations";

/// Every task queue.
pub const ALL: [&str; 2] = [INVOICE, INTEGRATIONS];
