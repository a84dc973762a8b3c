//! Mushak 6.10, the list of purchases and sales above BDT 2,00,000 an invoice (VAT Rules r.42).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vextrus_domain::Taka;
use vextrus_domain::calendar::TaxPeriod;

use super::Party;

/// Invoices above this are listed. This amount itself is not above.
pub const LISTED_ABOVE: Taka = Taka::whole(200_000);

/// Whether we bought or sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// We received the supply (r.42(1)(b)).
    Purchase,
    /// We made the supply (r.42(1)(a)).
    Sale,
}

/// Which value of an invoice is compared with the limit: r.42 says "value of the invoice" and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueBasis {
    /// The total with all taxes. The default: it lists everything that the other reading lists, and more.
    #[default]
    WithTaxes,
    /// The value without taxes.
    WithoutTaxes,
}

/// An invoice as the register of purchases or sales holds it. Amounts are in taka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// Whether we bought or sold.
    pub side: Side,
    /// The other side. Its BIN is empty where it has none.
    pub party: Party,
    /// The number of the tax invoice (6.3), or of the turnover-tax invoice (6.9).
    pub number: String,
    /// Its date.
    pub date: NaiveDate,
    /// The value without taxes.
    pub value: Taka,
    /// The total with all taxes.
    pub total: Taka,
}

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form610Row {
    /// Its serial on its side of the list, from 1.
    pub serial: u32,
    /// The invoice.
    #[serde(rename = "invoice")]
    pub registered: Registered,
}

/// Whether an invoice must be listed.
#[must_use]
pub fn must_be_listed(invoice: &Registered, basis: ValueBasis) -> bool {
    let value = match basis {
        ValueBasis::WithTaxes => invoice.total,
        ValueBasis::WithoutTaxes => invoice.value,
    };
    value > LISTED_ABOVE
}

/// The rows of a tax period, purchases before sales, each in the order of date and number.
#[must_use]
pub fn candidates(register: &[Registered], period: TaxPeriod, basis: ValueBasis) -> Vec<Form610Row> {
    let mut listed: Vec<&Registered> =
        register.iter().filter(|i| period.contains(i.date) && must_be_listed(i, basis)).collect();
    listed.sort_by(|a, b| (a.side, a.date, &a.number).cmp(&(b.side, b.date, &b.number)));
    let mut rows: Vec<Form610Row> = Vec::with_capacity(listed.len());
    for invoice in listed {
        let before = rows.last().filter(|last| last.registered.side == invoice.side).map_or(0, |last| last.serial);
        rows.push(Form610Row { serial: before.saturating_add(1), registered: invoice.clone() });
    }
    rows
}
