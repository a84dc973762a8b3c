//! Numbers of the VAT return (Mushak 9.1) that must agree with the papers behind them.
//!
//! The notes' numbers have one source (confidence M): compare them with the current form of the Board before relying on
//! them. Only what the sources tell is here; Part 3 and the balances are not.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vextrus_domain::calendar::TaxPeriod;
use vextrus_domain::invoice::canonical_number;
use vextrus_domain::{Rate, Refusal, Taka};

use super::findings::too_large;
use super::form_6_10::{Form610Row, Registered, Side, ValueBasis, candidates};
use super::{claim_window, in_claim_window};
use crate::schedule::Confidence;

/// How a purchase is taxed, as Part 4 sorts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateClass {
    /// At 0 %.
    Zero,
    /// Exempt.
    Exempt,
    /// At 15 %.
    Standard,
    /// At another rate.
    Other,
}

impl RateClass {
    /// The class of a rate; none for 0 %, which zero-rated and exempt share.
    #[must_use]
    pub const fn of_rate(rate: Rate) -> Option<Self> {
        match rate.ppm() {
            0 => None,
            150_000 => Some(Self::Standard),
            _ => Some(Self::Other),
        }
    }

    /// The note of Part 4 for purchases of the class: the first for local ones, the one after it for imports.
    #[must_use]
    pub const fn note(self, imported: bool) -> u8 {
        let local = match self {
            Self::Zero => 10,
            Self::Exempt => 12,
            Self::Standard => 14,
            Self::Other => 16,
        };
        if imported { local + 1 } else { local }
    }
}

/// A purchase of the period that is claimed in its return. Amounts are in taka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purchase {
    /// How it is taxed.
    pub class: RateClass,
    /// Whether it was imported.
    pub imported: bool,
    /// Its value without VAT.
    pub value: Taka,
    /// Its VAT.
    pub vat: Taka,
}

/// A Mushak 6.6 that we issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued66 {
    /// Its number.
    pub number: String,
    /// The period of the payment, in whose return the VAT is accounted for (VDS Rules 2025 r.6).
    pub period: TaxPeriod,
    /// The VAT deducted, in taka.
    pub vat_deducted: Taka,
}

/// A Mushak 6.6 that a customer gave us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Received66 {
    /// Its number.
    pub number: String,
    /// The period of the payment that it is for, from which the window runs.
    pub period: TaxPeriod,
    /// The day on which we got it; none while it is not in hand.
    pub received_on: Option<NaiveDate>,
    /// The period in whose return we claim it; none while we do not.
    pub claimed_in: Option<TaxPeriod>,
    /// The VAT deducted, in taka.
    pub vat_deducted: Taka,
}

impl Received66 {
    /// Whether it may lower the tax of this period: in hand by the period's end (VAT Rules r.39) and within the window
    /// of VAT Act s.50, which is reckoned from the payment's period.
    #[must_use]
    pub fn counts_in(&self, period: TaxPeriod) -> bool {
        self.received_on.is_some_and(|day| TaxPeriod::of(day) <= period) && in_claim_window(self.period, period)
    }
}

/// Value and VAT of a note of Part 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteFigures {
    /// The value, in taka.
    pub value: Taka,
    /// The VAT, in taka.
    pub vat: Taka,
}

/// What the return says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stated {
    /// Note 24, VAT withheld by us; none where it is not known.
    pub note_24: Option<Taka>,
    /// Note 29, VAT withheld from us; none where it is not known.
    pub note_29: Option<Taka>,
    /// Notes 10 to 17 by number; none where Part 4 is not known.
    pub part_4: Option<BTreeMap<u8, NoteFigures>>,
    /// The rows of the Mushak 6.10 that went with it; none where it is not known.
    pub form_6_10: Option<Vec<Form610Row>>,
}

/// The papers of a period.
#[derive(Debug, Clone, Copy)]
pub struct Papers<'a> {
    /// The period.
    pub period: TaxPeriod,
    /// The certificates that we issued, of any period.
    pub issued: &'a [Issued66],
    /// The certificates that we received, of any period.
    pub received: &'a [Received66],
    /// The purchases that the return claims.
    pub purchases: &'a [Purchase],
    /// The registers of purchases and sales.
    pub register: &'a [Registered],
    /// How the company reads the limit of the 6.10.
    pub basis: ValueBasis,
}

/// Two numbers that must be the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TieOut {
    /// What is compared, such as `note_24`.
    pub name: String,
    /// What the return says, in taka.
    pub left: Taka,
    /// What the papers give, in taka.
    pub right: Taka,
    /// Whether they agree.
    pub agrees: bool,
    /// How sure the rule behind it is.
    pub confidence: Confidence,
}

/// Compares what the return says with its papers. What is not known of the return is not compared.
///
/// # Errors
/// A sum beyond what the ledger holds.
pub fn tie_out(stated: &Stated, papers: &Papers<'_>) -> Result<Vec<TieOut>, Refusal> {
    let mut found = Vec::new();
    let mut compare = |name: String, left: Taka, right: Taka, confidence| {
        found.push(TieOut { name, left, right, agrees: left == right, confidence });
    };
    if let Some(note) = stated.note_24 {
        let issued = papers.issued.iter().filter(|c| c.period == papers.period);
        let sum = Taka::sum(issued.map(|c| c.vat_deducted)).map_err(too_large)?;
        compare("note_24".to_owned(), note, sum, Confidence::M);
    }
    if let Some(note) = stated.note_29 {
        let claimed = papers.received.iter().filter(|c| c.claimed_in == Some(papers.period));
        let (count, old): (Vec<_>, Vec<_>) = claimed.partition(|c| c.counts_in(papers.period));
        // A doubtful window makes the answer doubtful, whichever way it went.
        let doubtful = count.iter().chain(&old).any(|c| claim_window(c.period).1 == Confidence::L);
        let sum = Taka::sum(count.iter().map(|c| c.vat_deducted)).map_err(too_large)?;
        compare("note_29".to_owned(), note, sum, if doubtful { Confidence::L } else { Confidence::M });
    }
    if let Some(part_4) = &stated.part_4 {
        let mut sums: BTreeMap<u8, NoteFigures> = BTreeMap::new();
        for purchase in papers.purchases {
            let sum = sums.entry(purchase.class.note(purchase.imported)).or_default();
            sum.value = sum.value.plus(purchase.value).map_err(too_large)?;
            sum.vat = sum.vat.plus(purchase.vat).map_err(too_large)?;
        }
        for note in 10..=17_u8 {
            let (left, right) = (part_4.get(&note), sums.get(&note));
            if left.is_some() || right.is_some() {
                let (left, right) = (left.copied().unwrap_or_default(), right.copied().unwrap_or_default());
                compare(format!("note_{note}_value"), left.value, right.value, Confidence::M);
                compare(format!("note_{note}_vat"), left.vat, right.vat, Confidence::M);
            }
        }
    }
    if let Some(rows) = &stated.form_6_10 {
        found.extend(list_of_large(rows, papers)?);
    }
    Ok(found)
}

/// Every row of the 6.10 stands in a register, and every large invoice of the registers stands in the 6.10.
fn list_of_large(rows: &[Form610Row], papers: &Papers<'_>) -> Result<Vec<TieOut>, Refusal> {
    let expected = candidates(papers.register, papers.period, papers.basis);
    let mut found = Vec::with_capacity(4);
    for (side, name) in [(Side::Purchase, "purchases"), (Side::Sale, "sales")] {
        let of = |rows: &[Form610Row]| -> Vec<Key> {
            rows.iter().map(|r| &r.registered).filter(|i| i.side == side).map(key).collect()
        };
        let (listed, wanted) = (of(rows), of(&expected));
        let register: Vec<Key> = papers.register.iter().filter(|i| i.side == side).map(key).collect();
        let known = common(&listed, &register);
        let present = common(&wanted, &listed);
        let sum = |keys: &[Key]| Taka::sum(keys.iter().map(|k| k.3)).map_err(too_large);
        for (what, left, right) in [("in_register", &listed, &known), ("complete", &present, &wanted)] {
            found.push(TieOut {
                name: format!("6_10_{name}_{what}"),
                left: sum(left)?,
                right: sum(right)?,
                agrees: left.len() == right.len(),
                confidence: Confidence::M,
            });
        }
    }
    Ok(found)
}

/// What makes an invoice the same in the list and in a register: who, number, date and total.
type Key = (String, String, NaiveDate, Taka);

fn key(invoice: &Registered) -> Key {
    let who = if invoice.party.bin.trim().is_empty() { &invoice.party.name } else { &invoice.party.bin };
    (canonical_number(who), canonical_number(&invoice.number), invoice.date, invoice.total)
}

/// Those of `wanted` that are in `pool`, each of which serves once.
fn common(wanted: &[Key], pool: &[Key]) -> Vec<Key> {
    let mut left: BTreeMap<&Key, usize> = BTreeMap::new();
    for key in pool {
        *left.entry(key).or_default() += 1;
    }
    let mut found = Vec::with_capacity(wanted.len());
    for key in wanted {
        if let Some(n) = left.get_mut(key).filter(|n| **n > 0) {
            *n -= 1;
            found.push(key.clone());
        }
    }
    found
}
