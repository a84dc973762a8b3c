//! The task queues. Each workflow type has its own, which also runs its ledger activities, so that those can start
//! eagerly.

use vextrus_domain::DocumentType;

/// Invoices: the workflow and its ledger activities.
pub const INVOICE: &str = "invoice";

/// Purchase orders: the workflow and its ledger activities.
pub const PURCHASE_ORDER: &str = "purchase-order";

/// Onboardings and offboardings: the workflows and their ledger activities.
pub const ONBOARDING: &str = "onboarding";

/// Calls to outside systems, for every workflow type.
pub const INTEGRATIONS: &str = "integrations";

/// The comparison of the ledger with Temporal.
pub const RECONCILE: &str = "reconcile";

/// Every task queue.
pub const ALL: [&str; 5] = [INVOICE, PURCHASE_ORDER, ONBOARDING, INTEGRATIONS, RECONCILE];

/// The task queue of a type of document.
#[must_use]
pub const fn of(kind: DocumentType) -> &'static str {
    match kind {
        DocumentType::Invoice => INVOICE,
        DocumentType::PurchaseOrder => PURCHASE_ORDER,
    }
}
