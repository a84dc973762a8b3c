//! What an invoice says beyond its lines that tax depends on: the contract, how it is paid, exemptions claimed.

use serde::{Deserialize, Serialize};

use crate::money::Taka;
use crate::payee::{Psr, TaxCertificate};

/// The facts of one invoice that tax depends on. The default is a bill with VAT-exclusive prices, paid by bank transfer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TaxFacts {
    /// Whether the lines' prices include SD and VAT.
    #[serde(skip_serializing_if = "is_default")]
    pub prices: Prices,
    /// The contract under which it is paid, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<Contract>,
    /// How it will be paid.
    #[serde(skip_serializing_if = "is_default")]
    pub payment: Payment,
    /// Tax paid on these goods at import (Income Tax Act 2023 s.120), credited against what is deducted (TDS Rules 2026 r.3(2)).
    #[serde(skip_serializing_if = "is_default")]
    pub import_tax_paid: Taka,
    /// The clause of VDS Rules 2025 r.5 under which no VAT is withheld, where one is claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vds_exemption: Option<VdsExemption>,
    /// A proof of submission of return that came with the bill. The vendor's record goes before it; where it is used, a person
    /// is asked whether it was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psr: Option<Psr>,
    /// Certificates of the Board that came with the bill; used beside those of the vendor's record, and asked about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<TaxCertificate>,
    /// What is kept back from the payment until the work is accepted.
    #[serde(skip_serializing_if = "is_default")]
    pub retention: Taka,
    /// An advance that is set off.
    #[serde(skip_serializing_if = "is_default")]
    pub advance: Taka,
}

impl TaxFacts {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        is_default(self)
    }

    /// The amounts that are given, with their fields' paths.
    #[must_use]
    pub fn amounts(&self) -> Vec<(&'static str, Taka)> {
        let mut found = vec![
            ("tax.import_tax_paid", self.import_tax_paid),
            ("tax.retention", self.retention),
            ("tax.advance", self.advance),
        ];
        found.extend(self.payment.amount.map(|a| ("tax.payment.amount", a)));
        if let Some(contract) = &self.contract {
            found.push(("tax.contract.value", contract.value));
            found.push(("tax.contract.taxed_before", contract.taxed_before));
        }
        found
    }

    /// The texts that are given, with their fields' paths.
    #[must_use]
    pub fn texts(&self) -> Vec<(&'static str, &str)> {
        let mut found: Vec<(&'static str, &str)> = Vec::new();
        found.extend(self.psr.as_ref().map(|p| ("tax.psr.number", p.number.as_str())));
        found.extend(self.certificates.iter().map(|c| ("tax.certificates.paper.number", c.paper.number.as_str())));
        found.extend(self.payment.evidence.as_deref().map(|e| ("tax.payment.evidence", e)));
        if let Some(exemption) = &self.vds_exemption {
            found.push(("tax.vds_exemption.clause", exemption.clause.as_str()));
            if !exemption.evidence.is_empty() {
                found.push(("tax.vds_exemption.evidence", exemption.evidence.as_str()));
            }
        }
        found
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Whether the prices of the lines include SD and VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prices {
    /// Taxes come on top.
    #[default]
    Exclusive,
    /// Taxes are in them; they are taken out by the tax fraction.
    Inclusive,
}

/// The contract behind a bill.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Contract {
    /// Its value, on the basis that the bill has (VAT-exclusive by default).
    pub value: Taka,
    /// Whether the bill is one of several under it.
    #[serde(skip_serializing_if = "is_default")]
    pub instalment: bool,
    /// The base on which tax was deducted from earlier payments under it.
    #[serde(skip_serializing_if = "is_default")]
    pub taxed_before: Taka,
    /// Whether the payer bears the payee's tax (Income Tax Act 2023 s.141).
    #[serde(skip_serializing_if = "is_default")]
    pub net_of_tax: bool,
    /// Whether the price was agreed with income tax in it (TDS Rules 2026 r.11).
    #[serde(skip_serializing_if = "is_default")]
    pub tax_inclusive: bool,
}

/// How a bill will be paid.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Payment {
    /// By which means.
    #[serde(skip_serializing_if = "is_default")]
    pub method: PaymentMethod,
    /// The amount, where it is not the bill's, on the basis that the bill has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Taka>,
    /// What proves the means, such as the payee's bank account on file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// By which means a payee is paid (Income Tax Act 2023 s.142(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// By bank transfer; a payment instruction is one.
    #[default]
    BankTransfer,
    /// In any other way.
    Other,
}

/// A claim that no VAT is to be withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VdsExemption {
    /// The clause of VDS Rules 2025 r.5, `a` to `k`.
    pub clause: String,
    /// The paper that proves it, such as an EFD receipt's number.
    #[serde(default)]
    pub evidence: String,
}
