//! Mushak 6.6, the certificate of VAT deducted at source (VAT Rules r.40(1)(f); VDS Rules 2025 r.6).
//!
//! It goes out in triplicate; when is another module's business. Without a Mushak 6.3 it must not be issued
//! (r.40(1)(f)(vi), from 2025-07-01): a row cannot be made from a bill without one.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vextrus_domain::invoice::{Mushak63, canonical_number};
use vextrus_domain::words::in_words;
use vextrus_domain::{Invoice, Lang, Payer, Refusal, RefusalCode, Taka};

use super::findings::{Findings, excerpt, too_large};
use super::{Challan, Officer, Party};
use crate::assessment::Assessment;
use crate::schedule::Tax;

/// One invoice of the certificate. Amounts are in taka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form66Row {
    /// The Mushak 6.3: its number and date.
    pub mushak_63: Mushak63,
    /// The total value of the supply, taxes included (unlike column 5 of the 6.3).
    pub supply_value: Taka,
    /// The VAT charged.
    pub vat: Taka,
    /// The VAT deducted at source.
    pub vat_deducted: Taka,
}

/// The supplier whose VAT was deducted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supplier {
    /// Its name.
    pub name: String,
    /// Its BIN.
    pub bin: String,
}

/// What a certificate is issued from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request66<'a> {
    /// The certificate's number.
    pub number: String,
    /// The day of issue.
    pub issued_on: NaiveDate,
    /// The company that withheld.
    pub payer: &'a Payer,
    /// The supplier.
    pub supplier: Supplier,
    /// The invoices, one or many of this supplier.
    pub rows: Vec<Form66Row>,
    /// Who signs.
    pub officer: Officer,
    /// The deposit; required where the company is not registered for VAT (VDS Rules 2025 r.6(3)).
    pub challan: Option<Challan>,
}

/// A certificate of VAT deducted at source. Made by [`issue`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form66 {
    /// The certificate's number.
    pub number: String,
    /// The day of issue.
    pub issued_on: NaiveDate,
    /// The company that withheld.
    pub withholder: Party,
    /// The supplier.
    pub supplier: Supplier,
    /// The invoices; a row's serial is its place, from 1.
    pub rows: Vec<Form66Row>,
    /// The sum of the supplies, taxes included.
    pub supply_value: Taka,
    /// The sum of the VAT.
    pub vat: Taka,
    /// The sum of the VAT deducted.
    pub vat_deducted: Taka,
    /// The deposit, where the company is not registered for VAT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challan: Option<Challan>,
    /// Who signs.
    pub officer: Officer,
    /// What a reader must know, such as `supplier.bin: LEGACY_IDENTIFIER`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl Form66 {
    /// The VAT deducted, in words.
    #[must_use]
    pub fn in_words(&self, lang: Lang) -> String {
        in_words(self.vat_deducted, lang)
    }
}

/// Makes the certificate.
///
/// # Errors
/// A refusal that names every field that is missing or wrong: an identity that the company's profile does not take
/// (under `nbr` every old one), a row without its Mushak 6.3, more deducted than charged, a missing or insufficient
/// deposit of a company that is not registered for VAT.
pub fn issue(request: Request66<'_>) -> Result<Form66, Refusal> {
    let Request66 { number, issued_on, payer, supplier, rows, officer, challan } = request;
    let mut found = Findings::default();
    found.text("number", &number);
    found.payer(payer);
    if !payer.withholding_entity {
        let message = "it is no withholding entity (VAT Act s.2(21)), so it cannot certify; pay the supplier its VAT";
        found.say("payer.withholding_entity", RefusalCode::TaxFactsContradict, message);
    }
    let under = (payer.identity_profile, issued_on);
    let mut warnings = Vec::new();
    let mut warn = |field: &str, warning: Option<&str>| warnings.extend(warning.map(|w| format!("{field}: {w}")));
    // Who is not registered for VAT has no BIN to print.
    let withholder_bin = if payer.vat_registered || !payer.bin.trim().is_empty() {
        found.bin("payer.bin", &payer.bin, under)
    } else {
        None
    };
    warn("payer.bin", withholder_bin.as_ref().and_then(|(_, w)| *w));
    found.text("supplier.name", &supplier.name);
    let supplier_bin = found.bin("supplier.bin", &supplier.bin, under);
    warn("supplier.bin", supplier_bin.as_ref().and_then(|(_, w)| *w));
    check_rows(&mut found, &rows, issued_on);
    found.officer(&officer);
    let sum = |pick: fn(&Form66Row) -> Taka| Taka::sum(rows.iter().map(pick)).map_err(too_large);
    let (supply_value, vat, vat_deducted) = (sum(|r| r.supply_value)?, sum(|r| r.vat)?, sum(|r| r.vat_deducted)?);
    match &challan {
        Some(challan) => {
            found.challan("challan", challan, issued_on);
            if challan.amount < vat_deducted {
                let message =
                    format!("{} does not cover the {vat_deducted} deducted; deposit the rest", challan.amount);
                found.say("challan.amount", RefusalCode::TotalMismatch, message);
            }
        }
        None if !payer.vat_registered => {
            let message = "there is none; who is not registered for VAT deposits first (VDS Rules 2025 r.6(3))";
            found.invalid("challan", message);
        }
        None => {}
    }
    found.refuse()?;
    let printed = |bin: Option<(vextrus_domain::identity::Bin, _)>| bin.map(|(b, _)| b.printed()).unwrap_or_default();
    Ok(Form66 {
        number,
        issued_on,
        withholder: Party { name: payer.name.clone(), bin: printed(withholder_bin), address: payer.address.clone() },
        supplier: Supplier { name: supplier.name, bin: printed(supplier_bin) },
        rows,
        supply_value,
        vat,
        vat_deducted,
        challan,
        officer,
        warnings,
    })
}

fn check_rows(found: &mut Findings, rows: &[Form66Row], issued_on: NaiveDate) {
    if rows.is_empty() {
        found.invalid("rows", "there are none; a certificate is of at least one invoice");
    }
    let mut seen = BTreeSet::new();
    for (i, row) in rows.iter().enumerate() {
        let at = |name: &str| format!("rows[{i}].{name}");
        let number = canonical_number(&row.mushak_63.number);
        if number.is_empty() {
            let message = "there is no Mushak 6.3; without one no certificate may be issued (r.40(1)(f)(vi))";
            found.say(&at("mushak_63.number"), RefusalCode::MushakMissing, message);
        } else {
            found.text(&at("mushak_63.number"), &row.mushak_63.number);
            if !seen.insert(number) {
                let message = format!("{} stands twice; certify each invoice once", excerpt(&row.mushak_63.number));
                found.invalid(&at("mushak_63.number"), message);
            }
        }
        if row.mushak_63.date > issued_on {
            let message = format!("{} is after the certificate's {issued_on}; correct one of them", row.mushak_63.date);
            found.invalid(&at("mushak_63.date"), message);
        }
        for (name, amount) in [("supply_value", row.supply_value), ("vat", row.vat), ("vat_deducted", row.vat_deducted)]
        {
            found.positive(&at(name), amount);
        }
        if row.vat_deducted > row.vat {
            let message =
                format!("{} is more than the VAT {}; deduct no more than was charged", row.vat_deducted, row.vat);
            found.say(&at("vat_deducted"), RefusalCode::TaxFactsContradict, message);
        }
        if row.vat >= row.supply_value {
            let message = format!(
                "{} does not leave a value within {}; the supply includes its taxes",
                row.vat, row.supply_value
            );
            found.say(&at("vat"), RefusalCode::TotalMismatch, message);
        }
    }
}

/// The row of an invoice, from its assessment.
///
/// # Errors
/// A refusal where the bill has no Mushak 6.3, where no VAT was withheld, or where the assessment is another bill's.
pub fn row_of(invoice: &Invoice, assessment: &Assessment) -> Result<Form66Row, Refusal> {
    let Some(mushak_63) = invoice.mushak_63.clone() else {
        let message =
            "mushak_63: the bill has none; without one no Mushak 6.6 may be issued (VAT Rules r.40(1)(f)(vi))";
        return Err(Refusal::new(RefusalCode::MushakMissing, message));
    };
    if (assessment.total, assessment.vat) != (invoice.total, invoice.vat) {
        let message = format!(
            "the assessment is of a bill of {} with VAT {}, this one has {} with {}; assess it again",
            assessment.total, assessment.vat, invoice.total, invoice.vat
        );
        return Err(Refusal::new(RefusalCode::TotalMismatch, message));
    }
    let withheld = assessment.withheld.iter().filter(|w| w.tax == Tax::Vds);
    let vat_deducted = Taka::sum(withheld.map(|w| w.amount)).map_err(too_large)?;
    if vat_deducted <= Taka::ZERO {
        let message = "withheld: the assessment withholds no VAT; there is nothing to certify";
        return Err(Refusal::new(RefusalCode::InvalidField, message));
    }
    Ok(Form66Row { mushak_63, supply_value: invoice.total, vat: invoice.vat, vat_deducted })
}
