//! Vendors, as far as tax needs to know them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::VendorId;
use crate::payee::PayeeFacts;

/// What kind of supply the vendor makes; it chooses the row of withholding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VendorKind {
    /// Executes contracts (works).
    Contractor,
    /// Supplies goods.
    Supplier,
    /// Renders services.
    Service,
}

impl VendorKind {
    /// The kind's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Contractor => "contractor",
            Self::Supplier => "supplier",
            Self::Service => "service",
        }
    }
}

impl fmt::Display for VendorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not a kind of vendor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a kind of vendor: use contractor, supplier or service")]
pub struct UnknownVendorKind(String);

impl FromStr for VendorKind {
    type Err = UnknownVendorKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Contractor, Self::Supplier, Self::Service]
            .into_iter()
            .find(|k| k.name() == text)
            .ok_or_else(|| UnknownVendorKind(text.to_owned()))
    }
}

/// A vendor's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// The vendor.
    pub id: VendorId,
    /// The name on its papers.
    pub name: String,
    /// What it supplies.
    pub kind: VendorKind,
    /// Its TIN as recorded; checked when an invoice is assessed.
    pub tin: String,
    /// Its BIN as recorded; checked when an invoice is assessed.
    pub bin: String,
    /// The class that approval policies know it by, such as `related_party`; its kind, where none is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Whether it may be paid.
    #[serde(default = "active")]
    pub active: bool,
    /// What tax depends on, with its evidence.
    #[serde(default)]
    pub tax: PayeeFacts,
}

impl Vendor {
    /// The class that approval policies know it by.
    #[must_use]
    pub fn class(&self) -> &str {
        self.class.as_deref().unwrap_or(self.kind.name())
    }
}

fn active() -> bool {
    true
}
