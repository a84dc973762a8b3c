//! The certificate of income tax deducted at source (Income Tax Act 2023 s.145, TDS Rules 2026 r.10, schedule 2).
//!
//! It shows the payee's name and TIN, the amount, the sections and the deposit (s.145(1)), and is issued only after the
//! deposit by A-Challan. Who certifies what was not deducted is personally liable (s.144).

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vextrus_domain::identity::Tin;
use vextrus_domain::invoice::canonical_number;
use vextrus_domain::words::in_words;
use vextrus_domain::{Lang, Payer, Refusal, RefusalCode, Taka};

use super::findings::{Findings, excerpt, too_large};
use super::{Challan, Officer};
use crate::assessment::Assessment;
use crate::schedule::Tax;

/// One deduction. Amounts are in taka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deduction {
    /// The section, such as `s89`.
    pub section: String,
    /// The day of payment or credit.
    pub paid_on: NaiveDate,
    /// What the tax was deducted from.
    pub base: Taka,
    /// The tax deducted.
    pub tax: Taka,
}

/// What a certificate is issued from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TdsRequest<'a> {
    /// The certificate's number.
    pub number: String,
    /// The day of issue.
    pub issued_on: NaiveDate,
    /// The company that deducted.
    pub payer: &'a Payer,
    /// The payee's name.
    pub payee_name: String,
    /// The payee's TIN.
    pub payee_tin: String,
    /// The first day that it is for.
    pub from: NaiveDate,
    /// The last day that it is for.
    pub until: NaiveDate,
    /// The deductions.
    pub deductions: Vec<Deduction>,
    /// The deposits; one may cover other payees too.
    pub deposits: Vec<Challan>,
    /// Who signs.
    pub officer: Officer,
}

/// A certificate of tax deducted at source. Made by [`issue`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TdsCertificate {
    /// The certificate's number.
    pub number: String,
    /// The day of issue.
    pub issued_on: NaiveDate,
    /// The company that deducted: its name.
    pub payer_name: String,
    /// Its address.
    pub payer_address: String,
    /// The payee's name.
    pub payee_name: String,
    /// The payee's TIN.
    pub payee_tin: Tin,
    /// The first day that it is for.
    pub from: NaiveDate,
    /// The last day that it is for.
    pub until: NaiveDate,
    /// The deductions.
    pub deductions: Vec<Deduction>,
    /// The sum of what was paid.
    pub base: Taka,
    /// The sum of the tax.
    pub tax: Taka,
    /// The deposits.
    pub deposits: Vec<Challan>,
    /// Who signs.
    pub officer: Officer,
    /// What a reader must know, such as `payee_tin: LEGACY_IDENTIFIER`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl TdsCertificate {
    /// The sections, each once, in the order of the deductions.
    #[must_use]
    pub fn sections(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        self.deductions.iter().map(|d| d.section.as_str()).filter(|s| seen.insert(*s)).collect()
    }

    /// The tax in words.
    #[must_use]
    pub fn in_words(&self, lang: Lang) -> String {
        in_words(self.tax, lang)
    }
}

/// Makes the certificate.
///
/// # Errors
/// A refusal that names every field that is missing or wrong: a TIN that the company's profile does not take (under
/// `nbr` every old one), no deduction, a deduction outside the period, no deposit, or deposits that do not cover the
/// tax.
pub fn issue(request: TdsRequest<'_>) -> Result<TdsCertificate, Refusal> {
    let TdsRequest { number, issued_on, payer, payee_name, payee_tin, from, until, deductions, deposits, officer } =
        request;
    let mut found = Findings::default();
    found.text("number", &number);
    found.payer(payer);
    if !payer.specified_person {
        let message = "it is no specified person (Income Tax Act 2023 s.140(3)), so it deducts no tax to certify";
        found.say("payer.specified_person", RefusalCode::TaxFactsContradict, message);
    }
    found.text("payee_name", &payee_name);
    let tin = if payee_tin.trim().is_empty() {
        found.say(
            "payee_tin",
            RefusalCode::VendorIdentityInvalid,
            "there is none; a certificate shows the payee's TIN",
        );
        None
    } else {
        let read = payee_tin.parse::<Tin>();
        found.identity("payee_tin", read.and_then(|t| payer.identity_profile.check_tin(&t, issued_on).map(|a| (t, a))))
    };
    if until < from {
        found.invalid("until", format!("{until} is before the first day {from}; exchange them"));
    }
    check_deductions(&mut found, &deductions, (from, until, issued_on));
    let sum = |pick: fn(&Deduction) -> Taka| Taka::sum(deductions.iter().map(pick)).map_err(too_large);
    let (base, tax) = (sum(|d| d.base)?, sum(|d| d.tax)?);
    check_deposits(&mut found, &deposits, deductions.iter().map(|d| d.paid_on).min(), (tax, issued_on))?;
    found.officer(&officer);
    found.refuse()?;
    let Some((payee_tin, warning)) = tin else {
        return Err(Refusal::new(RefusalCode::VendorIdentityInvalid, "payee_tin: there is none; give the TIN"));
    };
    Ok(TdsCertificate {
        number,
        issued_on,
        payer_name: payer.name.clone(),
        payer_address: payer.address.clone(),
        payee_name,
        payee_tin,
        from,
        until,
        deductions,
        base,
        tax,
        deposits,
        officer,
        warnings: warning.map(|w| format!("payee_tin: {w}")).into_iter().collect(),
    })
}

fn check_deductions(
    found: &mut Findings,
    deductions: &[Deduction],
    (from, until, issued_on): (NaiveDate, NaiveDate, NaiveDate),
) {
    if deductions.is_empty() {
        found.invalid("deductions", "there are none; a certificate without deduction makes its signer liable (s.144)");
    }
    for (i, deduction) in deductions.iter().enumerate() {
        let at = |name: &str| format!("deductions[{i}].{name}");
        found.text(&at("section"), &deduction.section);
        found.positive(&at("base"), deduction.base);
        found.positive(&at("tax"), deduction.tax);
        if deduction.tax > deduction.base {
            let message = format!("{} is more than its base {}; correct one of them", deduction.tax, deduction.base);
            found.say(&at("tax"), RefusalCode::TaxFactsContradict, message);
        }
        let day = deduction.paid_on;
        if day < from || until < day {
            found.invalid(
                &at("paid_on"),
                format!("{day} is outside the period {from} to {until}; certify it in its own"),
            );
        }
        if day > issued_on {
            found.invalid(&at("paid_on"), format!("{day} is after the certificate's {issued_on}; pay first"));
        }
    }
}

fn check_deposits(
    found: &mut Findings,
    deposits: &[Challan],
    first: Option<NaiveDate>,
    (tax, issued_on): (Taka, NaiveDate),
) -> Result<(), Refusal> {
    if deposits.is_empty() {
        found.invalid("deposits", "there are none; deposit the tax by A-Challan first (s.145, TDS Rules 2026 r.10)");
        return Ok(());
    }
    let mut seen = BTreeSet::new();
    for (i, challan) in deposits.iter().enumerate() {
        let field = format!("deposits[{i}]");
        found.challan(&field, challan, issued_on);
        if !challan.number.trim().is_empty() && !seen.insert(canonical_number(&challan.number)) {
            let message = format!("{} stands twice; name each deposit once", excerpt(&challan.number));
            found.invalid(&format!("{field}.number"), message);
        }
        if let Some(first) = first.filter(|first| challan.date < *first) {
            let message = format!("{} is before the first deduction of {first}; name the right deposit", challan.date);
            found.invalid(&format!("{field}.date"), message);
        }
    }
    let deposited = Taka::sum(deposits.iter().map(|c| c.amount)).map_err(too_large)?;
    if deposited < tax {
        let message = format!("{deposited} does not cover the {tax} deducted; deposit the rest first");
        found.say("deposits", RefusalCode::TotalMismatch, message);
    }
    Ok(())
}

/// The deductions of an assessment that was paid or credited on this day.
///
/// A schedule whose codes tell no section, as a company's own, gives the row's legal reference instead.
#[must_use]
pub fn deductions_of(assessment: &Assessment, paid_on: NaiveDate) -> Vec<Deduction> {
    let withheld = assessment.withheld.iter().filter(|w| w.tax == Tax::Tds);
    withheld
        .map(|w| {
            let row = assessment.rows.iter().find(|r| r.tax == Tax::Tds && r.key() == w.code);
            let section = match row {
                Some(row) if row.section.is_empty() => row.legal_ref.clone(),
                Some(row) => row.section.clone(),
                None => w.code.split('/').next().unwrap_or_default().to_owned(),
            };
            Deduction { section, paid_on, base: w.base, tax: w.amount }
        })
        .collect()
}
