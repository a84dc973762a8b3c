//! A tax schedule: dated rows with their legal reference, source and confidence, and the company's reading of what the law
//! leaves open. Data with a hash, which goes into every assessment.

mod checks;
mod diff;
mod lookup;
mod policy;
mod read;
mod row;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vextrus_domain::Taka;
use vextrus_domain::vendor::VendorKind;

pub use diff::{Change, diff};
pub(crate) use lookup::{Known, Rates};
pub use policy::{
    BothUplifts, MonthDay, NoMushak63, NoPsr, PartPayments, Policy, PsrDays, TdsBase, TdsRounding, Uplift, Vds,
};
pub use read::ScheduleError;
pub use row::{Basis, Confidence, PayeeClass, Row, Status, Tax};

/// A code with several rates: a person must say which is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ambiguous {
    /// The code as papers print it.
    pub code: String,
    /// The codes of the rows that it may mean.
    pub choices: Vec<String>,
    /// What tells them apart.
    pub question: String,
}

/// A promise of the schedule: for this key, every day in the span has exactly one rate for every base and payee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Required {
    /// The tax.
    pub tax: Tax,
    /// The section; empty where the code alone tells.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub section: String,
    /// The code.
    pub code: String,
    /// The first day; none means from ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The first day that is not promised; none means for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
}

/// Which code of income tax at source a bill without one falls under, by the vendor's kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withholding {
    /// For contractors.
    pub contractor: String,
    /// For suppliers.
    pub supplier: String,
    /// For services.
    pub service: String,
    /// Whether a person must confirm it.
    #[serde(default)]
    pub ask: bool,
}

impl Withholding {
    pub(crate) fn code(&self, kind: VendorKind) -> &str {
        match kind {
            VendorKind::Contractor => &self.contractor,
            VendorKind::Supplier => &self.supplier,
            VendorKind::Service => &self.service,
        }
    }
}

impl Default for Withholding {
    fn default() -> Self {
        let [contractor, supplier, service] = ["CONTRACTOR", "SUPPLIER", "SERVICE"].map(str::to_owned);
        Self { contractor, supplier, service, ask: false }
    }
}

/// A schedule of rates, as a company has activated it.
#[derive(Debug, Clone, Serialize)]
pub struct Schedule {
    /// The schedule's name.
    #[serde(rename = "schedule")]
    pub name: String,
    /// SHA-256 of its text, in hex: the version that an assessment names.
    pub hash: String,
    /// How far the stated taxes may be from the computed ones.
    pub vat_tolerance: Taka,
    /// How the company reads open questions of law.
    pub policy: Policy,
    /// What a bill without a code of income tax falls under.
    pub withholding: Withholding,
    /// Codes with several rates.
    pub ambiguous: Vec<Ambiguous>,
    /// What it promises to cover.
    pub required: Vec<Required>,
    /// The rows, in the order of the text.
    #[serde(rename = "row")]
    pub rows: Vec<Arc<Row>>,
    #[serde(skip)]
    index: [BTreeMap<Box<str>, Vec<u32>>; 4],
}
