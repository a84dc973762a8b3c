//! What tax law asks of whoever is paid: the facts that choose a rate, and the evidence for them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::calendar::FiscalYear;
use crate::money::Rate;

/// The facts of a payee that tax depends on. The default is a resident company, registered for VAT, that has shown nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PayeeFacts {
    /// Whether it is a natural person (TDS Rules 2026 r.4 has other rates for them).
    #[serde(skip_serializing_if = "is_false")]
    pub natural_person: bool,
    /// Whether it is not resident (Income Tax Act 2023 s.119).
    #[serde(skip_serializing_if = "is_false")]
    pub non_resident: bool,
    /// What it does with goods (VDS Rules 2025 r.4 and r.5); none where nobody has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trade: Option<Trade>,
    /// How it stands with VAT.
    #[serde(skip_serializing_if = "VatStatus::is_registered")]
    pub vat_status: VatStatus,
    /// Its proof of submission of return, where it has shown one (Income Tax Act 2023 s.264).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psr: Option<Psr>,
    /// Why it need not show one, such as `s.166(2)`; none where it must.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psr_exemption: Option<String>,
    /// The eVAT certificate of regular filing, or an honour card (VDS Rules 2025 r.5(b)).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filing_certificate: Option<Evidence>,
    /// The Board's certificates of exemption or of a reduced rate (TDS Rules 2026 r.3(4)).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<TaxCertificate>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// What a supplier does with what it supplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trade {
    /// It makes the goods.
    Manufacturer,
    /// It sells goods that others make.
    Trader,
    /// It renders services.
    ServiceProvider,
}

/// How a supplier stands with VAT (Value Added Tax and Supplementary Duty Act 2012).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VatStatus {
    /// Registered; it issues Mushak 6.3.
    #[default]
    Registered,
    /// Enlisted for turnover tax; it issues Mushak 6.9.
    Enlisted,
    /// Neither.
    Unregistered,
}

impl VatStatus {
    fn is_registered(&self) -> bool {
        *self == Self::Registered
    }
}

/// What counts as proof of submission of return; a bare TIN certificate does not (Income Tax Act 2023 s.264).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PsrKind {
    /// The acknowledgement of the return.
    ReturnAcknowledgement,
    /// The certificate that the system gives.
    TaxCertificate,
    /// The certificate of the Deputy Commissioner of Taxes.
    DctCertificate,
}

/// A proof of submission of return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Psr {
    /// Which paper.
    pub kind: PsrKind,
    /// Its number.
    pub number: String,
    /// Its assessment year, such as `2026-27`.
    pub assessment_year: FiscalYear,
    /// When somebody verified it.
    pub verified_on: NaiveDate,
    /// Who verified it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_by: Option<String>,
}

/// A paper that proves something for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Its number.
    pub number: String,
    /// The first day on which it counts.
    pub from: NaiveDate,
    /// The last day on which it counts.
    pub until: NaiveDate,
}

impl Evidence {
    /// Whether it counts on this day.
    #[must_use]
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.until
    }
}

/// A certificate of the Board: no tax, or a lower rate, for payments under one section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxCertificate {
    /// The section that it is for, such as `s89`.
    pub section: String,
    /// The rate that it allows, in parts per million; 0 is an exemption.
    #[serde(rename = "rate_ppm")]
    pub rate: Rate,
    /// The paper and its validity.
    pub paper: Evidence,
}
