//! The types of document that people approve, and what is the same in all of them.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::calendar::FiscalYear;
use crate::canonical::{self, CanonicalError};
use crate::ids::{DepartmentId, PoNumber, ProjectId, VendorId};
use crate::invoice::Invoice;
use crate::money::Taka;
use crate::order::Order;

/// A type of document. Each has approval policies, a workflow type and a task queue of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentType {
    /// A vendor's invoice.
    Invoice,
    /// A purchase order, or the amendment of one.
    PurchaseOrder,
}

impl DocumentType {
    /// Every type.
    pub const ALL: [Self; 2] = [Self::Invoice, Self::PurchaseOrder];

    /// The type's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::PurchaseOrder => "purchase_order",
        }
    }

    /// The type's name in running text.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::PurchaseOrder => "purchase order",
        }
    }
}

impl fmt::Display for DocumentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no type of document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a type of document: use invoice or purchase_order")]
pub struct UnknownDocumentType(String);

impl FromStr for DocumentType {
    type Err = UnknownDocumentType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|t| t.name() == text)
            .ok_or_else(|| UnknownDocumentType(text.chars().take(40).collect()))
    }
}

/// What was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A vendor's invoice.
    Invoice(Box<Invoice>),
    /// A purchase order, or the amendment of one.
    Order(Box<Order>),
}

impl Content {
    /// Reads a content back from its canonical text.
    ///
    /// # Errors
    /// [`CanonicalError`] when the text is no content of this type.
    pub fn read(kind: DocumentType, text: &str) -> Result<Self, CanonicalError> {
        Ok(match kind {
            DocumentType::Invoice => Self::Invoice(canonical::from_text(text)?),
            DocumentType::PurchaseOrder => Self::Order(canonical::from_text(text)?),
        })
    }

    /// Its canonical text.
    ///
    /// # Errors
    /// [`CanonicalError`] when it has no JSON form.
    pub fn to_text(&self) -> Result<String, CanonicalError> {
        match self {
            Self::Invoice(invoice) => canonical::to_text(invoice),
            Self::Order(order) => canonical::to_text(order),
        }
    }

    /// The type of document.
    #[must_use]
    pub const fn kind(&self) -> DocumentType {
        match self {
            Self::Invoice(_) => DocumentType::Invoice,
            Self::Order(_) => DocumentType::PurchaseOrder,
        }
    }

    /// The vendor.
    #[must_use]
    pub fn vendor(&self) -> &VendorId {
        match self {
            Self::Invoice(invoice) => &invoice.vendor,
            Self::Order(order) => &order.vendor,
        }
    }

    /// Its date.
    #[must_use]
    pub fn date(&self) -> NaiveDate {
        match self {
            Self::Invoice(invoice) => invoice.date,
            Self::Order(order) => order.date,
        }
    }

    /// The fiscal year of its date.
    #[must_use]
    pub fn fiscal_year(&self) -> FiscalYear {
        FiscalYear::of(self.date())
    }

    /// The department that pays.
    #[must_use]
    pub fn department(&self) -> &DepartmentId {
        match self {
            Self::Invoice(invoice) => &invoice.department,
            Self::Order(order) => &order.department,
        }
    }

    /// The project that pays, where one does.
    #[must_use]
    pub fn project(&self) -> Option<&ProjectId> {
        match self {
            Self::Invoice(invoice) => invoice.project.as_ref(),
            Self::Order(order) => order.project.as_ref(),
        }
    }

    /// The purchase order that an invoice answers or an amendment changes.
    #[must_use]
    pub fn po_number(&self) -> Option<&PoNumber> {
        match self {
            Self::Invoice(invoice) => invoice.po_number.as_ref(),
            Self::Order(order) => order.amends.as_ref(),
        }
    }

    /// The amount that it is known by: an invoice's total, an order's amount without VAT.
    #[must_use]
    pub fn amount(&self) -> Taka {
        match self {
            Self::Invoice(invoice) => invoice.total,
            Self::Order(order) => order.amount,
        }
    }

    /// The invoice, where it is one.
    #[must_use]
    pub fn invoice(&self) -> Option<&Invoice> {
        match self {
            Self::Invoice(invoice) => Some(invoice),
            Self::Order(_) => None,
        }
    }

    /// The order, where it is one.
    #[must_use]
    pub fn order(&self) -> Option<&Order> {
        match self {
            Self::Order(order) => Some(order),
            Self::Invoice(_) => None,
        }
    }
}
