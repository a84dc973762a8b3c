//! One dated rate, and what it is for.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vextrus_domain::{Rate, Taka};

/// Which tax a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Tax {
    /// Value added tax.
    Vat,
    /// VAT deducted at source.
    Vds,
    /// Income tax deducted at source.
    Tds,
    /// Supplementary duty.
    Sd,
}

impl Tax {
    /// Every tax, in the order of their discriminants.
    pub const ALL: [Self; 4] = [Self::Vat, Self::Vds, Self::Tds, Self::Sd];

    /// The tax's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vat => "VAT",
            Self::Vds => "VDS",
            Self::Tds => "TDS",
            Self::Sd => "SD",
        }
    }
}

impl fmt::Display for Tax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How sure the source of a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confidence {
    /// Primary text, or two independent sources.
    H,
    /// One source.
    M,
    /// Memory or a weak source; never computes silently.
    L,
}

/// Whom a row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayeeClass {
    /// Everybody.
    #[default]
    Any,
    /// Natural persons.
    NaturalPerson,
    /// Everybody but natural persons.
    Other,
    /// Suppliers that are enlisted for turnover tax.
    Enlisted,
}

impl PayeeClass {
    /// Whether a row of this class is for such a payee.
    #[must_use]
    pub const fn covers(self, natural_person: bool, enlisted: bool) -> bool {
        match self {
            Self::Any => true,
            Self::NaturalPerson => natural_person,
            Self::Other => !natural_person,
            Self::Enlisted => enlisted,
        }
    }

    fn meets(self, other: Self) -> bool {
        let split = [self, other];
        self == other
            || split.contains(&Self::Any)
            || (split.contains(&Self::Enlisted)
                && (split.contains(&Self::Other) || split.contains(&Self::NaturalPerson)))
    }
}

/// What a rate is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The base that the tax has anyway.
    #[default]
    Base,
    /// The gross bill; where a commission row stands beside it, the higher tax of the two is due.
    Gross,
    /// The commission within the bill.
    Commission,
}

/// What kind of rule a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The company's own.
    House,
    /// The law's.
    #[default]
    Statutory,
    /// Not known yet; never computes silently.
    Placeholder,
}

/// One dated rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The tax.
    pub tax: Tax,
    /// The section of law, such as `s90`; empty where the code alone tells.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub section: String,
    /// The serial within the section's table.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub serial: String,
    /// What is taxed: a supply's code for VAT, SD and VDS, a kind of payment for TDS.
    pub code: String,
    /// Whom it is for.
    #[serde(default)]
    pub payee: PayeeClass,
    /// What the rate is applied to.
    #[serde(default)]
    pub basis: Basis,
    /// The row is for bases above this; none means from nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Taka>,
    /// The row is for bases up to and with this; none means without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upto: Option<Taka>,
    /// The rate in parts per million.
    #[serde(rename = "rate_ppm")]
    pub rate: Rate,
    /// The first day that it covers; none means all earlier days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The first day that it no longer covers; none means all later days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// The section or rule of law.
    pub legal_ref: String,
    /// Where the rate was read.
    pub source: String,
    /// How sure that source is.
    pub confidence: Confidence,
    /// What kind of rule it is.
    #[serde(default)]
    pub status: Status,
    /// What a person must be asked whenever the row is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<String>,
}

impl Row {
    /// Whether the row is in force on this day.
    #[must_use]
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day < to)
    }

    /// Whether the row is for such a base.
    #[must_use]
    pub fn in_band(&self, base: Taka) -> bool {
        self.over.is_none_or(|over| over < base || (over == Taka::ZERO && base == Taka::ZERO))
            && self.upto.is_none_or(|upto| base <= upto)
    }

    /// The section and code as a line of an invoice names them, such as `s90/PROFESSIONAL`.
    #[must_use]
    pub fn key(&self) -> String {
        if self.section.is_empty() || self.tax != Tax::Tds {
            self.code.clone()
        } else {
            [&self.section, "/", &self.code].concat()
        }
    }

    /// Whether both rows could be meant for one base on one day.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let days = self.from.zip(other.to).is_none_or(|(from, to)| from < to)
            && other.from.zip(self.to).is_none_or(|(from, to)| from < to);
        let bands = self.over.zip(other.upto).is_none_or(|(over, upto)| over < upto)
            && other.over.zip(self.upto).is_none_or(|(over, upto)| over < upto);
        // Gross and commission stand beside each other; a plain base excludes both.
        let bases = self.basis == other.basis || self.basis == Basis::Base || other.basis == Basis::Base;
        self.tax == other.tax
            && self.section == other.section
            && self.code == other.code
            && self.payee.meets(other.payee)
            && bases
            && days
            && bands
    }
}
