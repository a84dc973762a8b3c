//! The papers of VAT and of income tax at source: what they must hold, whether they are right, and the data of those
//! that we issue. Value Added Tax and Supplementary Duty Rules 2016 (SRO 333-Ain/2016/1-Mushak as amended).
//!
//! Data only: printing is another module's. A paper that we receive is read whatever is wrong with it, and then
//! checked; a paper that we issue cannot be made wrong.

mod findings;
pub mod form_6_10;
pub mod form_6_3;
pub mod form_6_6;
pub mod tds_certificate;
pub mod vat_return;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vextrus_domain::Taka;
use vextrus_domain::calendar::TaxPeriod;

use crate::schedule::Confidence;
pub use form_6_3::Form63;
pub use form_6_6::Form66;
pub use form_6_10::Form610Row;
pub use tds_certificate::TdsCertificate;
pub use vat_return::{TieOut, tie_out};

/// A business as a paper names it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Party {
    /// Its name.
    pub name: String,
    /// Its BIN as printed; empty where there is none.
    pub bin: String,
    /// Its address.
    pub address: String,
}

/// Who answers for a paper.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Officer {
    /// The person's name.
    pub name: String,
    /// The person's designation.
    pub designation: String,
}

/// A deposit with the treasury.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challan {
    /// The number of the A-Challan.
    pub number: String,
    /// The day of the deposit.
    pub date: NaiveDate,
    /// The amount deposited, in taka.
    pub amount: Taka,
}

/// In how many tax periods after its own an amount may still be claimed, and how sure that is: 6 from July 2025 (VAT
/// Act s.46 for input credit, s.50 for withheld VAT), 4 before. For withheld VAT before July 2025 sources also say 3.
#[must_use]
pub fn claim_window(of: TaxPeriod) -> (u32, Confidence) {
    if NaiveDate::from_ymd_opt(2025, 7, 1).is_some_and(|from| from <= of.first_day()) {
        (6, Confidence::H)
    } else {
        (4, Confidence::L)
    }
}

/// Whether an amount of one period may be claimed in the return of another: in its own or those of [`claim_window`]
/// after.
#[must_use]
pub fn in_claim_window(of: TaxPeriod, claimed_in: TaxPeriod) -> bool {
    let last = (0..claim_window(of).0).fold(of, |period, _| period.next());
    of <= claimed_in && claimed_in <= last
}
