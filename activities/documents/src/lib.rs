//! The steps of a document, whatever its type: `assess`, `record`, `settle` and `close`, each one transaction over the ledger; and
//! the preview, which is an assessment that is rolled back. No SDK here: the worker's activities and the facade call the same code.

mod assess;
mod close;
pub mod counted;
mod entries;
mod invoice;
mod order;
mod preview;
mod record;
mod settle;
mod stop;
mod taxes;

use vextrus_ledger::Ledger;
use vextrus_ledger::approvals::Trust;

pub use preview::{Preview, preview};
pub use taxes::taxes;

/// The steps over one ledger.
#[derive(Debug, Clone)]
pub struct Steps {
    /// The ledger.
    pub ledger: Ledger,
    /// Whose word is taken.
    pub trust: Trust,
}
