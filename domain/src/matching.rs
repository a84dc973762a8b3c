//! The three-way match: an invoice, the purchase order that it answers and the goods that were received.

mod finding;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::invoice::Invoice;
use crate::money::{MoneyError, Rate, Taka};
use crate::quantity::{Quantity, QuantitySum};
use crate::tax_facts::Prices;

pub use finding::Finding;

/// How far an invoice may be from its purchase order and the goods received before a person is asked.
///
/// The shares are written as percentages (`price = "2.5 %"`); where one is left out, it is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerances {
    /// The most by which the invoice's subtotal may differ from the value of what it bills, at the order's prices.
    #[serde(deserialize_with = "not_negative")]
    pub amount: Taka,
    /// How far a line's unit price may be above the order's, as a share of the order's.
    #[serde(default = "no_share", with = "percent")]
    pub price: Rate,
    /// How far the quantity billed, by this and other invoices, may be above what was received, as a share of what was received.
    #[serde(default = "no_share", with = "percent")]
    pub quantity: Rate,
}

const fn no_share() -> Rate {
    Rate::from_ppm(0)
}

fn not_negative<'de, D: Deserializer<'de>>(d: D) -> Result<Taka, D::Error> {
    let amount = Taka::deserialize(d)?;
    if amount.is_negative() {
        return Err(serde::de::Error::custom(format!("{amount} is no tolerance: give zero or more")));
    }
    Ok(amount)
}

mod percent {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::money::Rate;

    pub(super) fn serialize<S: Serializer>(rate: &Rate, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(rate)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Rate, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One line of an issued purchase order, and what has become of it so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedLine {
    /// Its number on the order, from 1; no other line of the order has it.
    pub line: u32,
    /// What was ordered.
    pub product: String,
    /// How much of it.
    pub ordered: Quantity,
    /// The price of one, VAT excluded.
    pub unit_price: Taka,
    /// How much has been received.
    pub received: QuantitySum,
    /// How much other open or approved invoices bill.
    pub billed: QuantitySum,
}

/// What is still to come on one line of a purchase order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenQuantity {
    /// The line's number on the order.
    pub line: u32,
    /// What was ordered.
    pub product: String,
    /// What was ordered and has not been received; zero where more was received.
    pub to_receive: QuantitySum,
    /// What was ordered and has not been billed; zero where more was billed.
    pub to_bill: QuantitySum,
}

/// For each line, what is still to be received and to be billed of the quantity ordered.
#[must_use]
pub fn open_quantities(lines: &[OrderedLine]) -> Vec<OpenQuantity> {
    let open = |line: &OrderedLine, done| QuantitySum::from(line.ordered).minus(done).unwrap_or(QuantitySum::ZERO);
    lines
        .iter()
        .map(|line| OpenQuantity {
            line: line.line,
            product: line.product.clone(),
            to_receive: open(line, line.received),
            to_bill: open(line, line.billed),
        })
        .collect()
}

/// What a person must be asked before the invoice is paid on its purchase order: by the order's lines, then what belongs to
/// no line, then the whole. Empty means that the invoice matches. The order of the invoice's lines plays no part.
///
/// An order without lines is known by its total only; that total is not compared here.
#[must_use]
pub fn three_way(lines: &[OrderedLine], invoice: &Invoice, tolerances: &Tolerances) -> Vec<Finding> {
    let by_number: BTreeMap<u32, &OrderedLine> = lines.iter().map(|line| (line.line, line)).collect();
    let mut bills: BTreeMap<u32, LineBill<'_>> = BTreeMap::new();
    let mut strays = Vec::new();
    let mut value = Ok(Taka::ZERO);
    for line in &invoice.lines {
        let (product, amount) = (|| line.description.clone(), line.amount);
        match line.po_line {
            None if lines.is_empty() => {}
            None => strays.push(Finding::Unmatched { product: product(), amount }),
            Some(number) => match by_number.get(&number) {
                None => strays.push(Finding::UnknownLine { line: number, product: product(), amount }),
                Some(ordered) => {
                    bills.entry(number).or_insert_with(|| LineBill::of(ordered)).add(line.quantity, line.unit_price);
                    // Rounded line by line, as the invoice's own amounts are.
                    value = value.and_then(|sum| sum.plus(line.quantity.priced(ordered.unit_price)?));
                }
            },
        }
    }
    strays.sort();
    let taxes_included = invoice.tax.prices == Prices::Inclusive;
    let mut found: Vec<Finding> = bills.values().flat_map(|bill| bill.findings(taxes_included, tolerances)).collect();
    found.extend(strays);
    if !lines.is_empty() {
        found.extend(whole(invoice.subtotal, value, tolerances.amount));
    }
    found
}

/// What the invoice bills of one line of the order.
struct LineBill<'a> {
    ordered: &'a OrderedLine,
    quantity: QuantitySum,
    highest_price: Taka,
}

impl<'a> LineBill<'a> {
    fn of(ordered: &'a OrderedLine) -> Self {
        Self { ordered, quantity: QuantitySum::ZERO, highest_price: Taka::ZERO }
    }

    fn add(&mut self, quantity: Quantity, price: Taka) {
        self.quantity = sum_or_most(self.quantity, quantity.into());
        self.highest_price = self.highest_price.max(price);
    }

    fn findings(&self, taxes_included: bool, tolerances: &Tolerances) -> Vec<Finding> {
        let OrderedLine { line, ordered, unit_price: agreed, received, billed: others, .. } = *self.ordered;
        let (billed, price) = (self.quantity, self.highest_price);
        let product = || self.ordered.product.clone();
        let in_all = sum_or_most(others, billed);
        let mut found = Vec::new();
        if beyond(price.poisha().into(), agreed.poisha().into(), tolerances.price) {
            let tolerance = tolerances.price;
            found.push(Finding::PriceAbove { line, product: product(), price, agreed, tolerance, taxes_included });
        }
        if beyond(in_all.millionths().into(), received.millionths().into(), tolerances.quantity) {
            let tolerance = tolerances.quantity;
            found.push(Finding::BeyondReceived { line, product: product(), billed, others, received, tolerance });
        }
        if in_all > ordered.into() {
            found.push(Finding::BeyondOrdered { line, product: product(), billed, others, ordered });
        }
        found
    }
}

/// A sum beyond the limit is far above anything that can be ordered, and is found as such.
fn sum_or_most(a: QuantitySum, b: QuantitySum) -> QuantitySum {
    a.plus(b).unwrap_or(QuantitySum::MAX)
}

/// Whether a value is above another by more than a share of it. In whole numbers: a decimal product of this length would be
/// rounded.
fn beyond(value: i128, base: i128, share: Rate) -> bool {
    const WHOLE: i128 = 1_000_000;
    value * WHOLE > base * (WHOLE + i128::from(share.ppm()))
}

fn whole(subtotal: Taka, value: Result<Taka, MoneyError>, tolerance: Taka) -> Option<Finding> {
    match value.and_then(|value| Ok((value, subtotal.distance(value)?))) {
        Ok((_, difference)) if difference <= tolerance => None,
        Ok((value, difference)) => Some(Finding::TotalDiffers { subtotal, value, difference, tolerance }),
        Err(_) => Some(Finding::ValueTooLarge),
    }
}
