//! What becomes of withheld tax: it is deposited with the treasury or taken up in the VAT return, and certified to the vendor.
//!
//! An obligation is deposited once, as a whole, and certified once, after that. Nothing is changed: a deposit is reversed and a
//! certificate cancelled by another entry with a reason, the certificate first. Everything is asked by a person under a request id;
//! the same request is answered the same way. A refusal writes nothing of its own; whoever asks rolls back.

mod certificates;
pub(crate) mod check;
mod deposits;
mod reversals;
mod select;

pub use certificates::{CertificateRequest, Certified, certificate, certify};
pub use deposits::{DepositRequest, Deposited, Means, deposit};
pub use reversals::{Ended, cancel, reverse};
pub use select::{MAX_OBLIGATIONS, Selection};

/// The series of a certificate's numbers.
pub(crate) const fn series(tax: vextrus_tax::Tax) -> &'static str {
    match tax {
        vextrus_tax::Tax::Vds => "VDSC",
        _ => "TDSC",
    }
}
