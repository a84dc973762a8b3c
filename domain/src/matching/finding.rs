//! What does not match, in values and in words.

use std::fmt;

use crate::digits::excerpt;
use crate::money::{MoneyError, Rate, Taka};
use crate::quantity::{Quantity, QuantitySum};

/// One thing in which an invoice does not match its purchase order or the goods received. Written as a sentence for the person
/// who is asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// The unit price is above the order's by more than the tolerance.
    PriceAbove {
        /// The line's number on the order.
        line: u32,
        /// What was ordered.
        product: String,
        /// The highest unit price at which the invoice bills the line.
        price: Taka,
        /// The order's unit price, VAT excluded.
        agreed: Taka,
        /// The share by which it may be exceeded.
        tolerance: Rate,
        /// Whether the invoice's prices include taxes, so that they may seem higher than they are.
        taxes_included: bool,
    },
    /// More is billed than was received, by more than the tolerance.
    BeyondReceived {
        /// The line's number on the order.
        line: u32,
        /// What was ordered.
        product: String,
        /// What this invoice bills.
        billed: QuantitySum,
        /// What other invoices bill.
        others: QuantitySum,
        /// What was received.
        received: QuantitySum,
        /// The share of what was received by which it may be exceeded.
        tolerance: Rate,
    },
    /// More is billed than was ordered.
    BeyondOrdered {
        /// The line's number on the order.
        line: u32,
        /// What was ordered.
        product: String,
        /// What this invoice bills.
        billed: QuantitySum,
        /// What other invoices bill.
        others: QuantitySum,
        /// What was ordered.
        ordered: Quantity,
    },
    /// A line of the invoice names a line that the order does not have.
    UnknownLine {
        /// The number that it names.
        line: u32,
        /// What the invoice says was supplied.
        product: String,
        /// The invoice line's amount.
        amount: Taka,
    },
    /// A line of the invoice names no line of the order.
    Unmatched {
        /// What the invoice says was supplied.
        product: String,
        /// The invoice line's amount.
        amount: Taka,
    },
    /// The invoice as a whole differs from the value of what it bills, at the order's prices, by more than the tolerance.
    TotalDiffers {
        /// The invoice's subtotal, taxes excluded.
        subtotal: Taka,
        /// What is billed of the order's lines, at the order's prices.
        value: Taka,
        /// The distance between the two.
        difference: Taka,
        /// The most that it may be.
        tolerance: Taka,
    },
    /// The value of what is billed, at the order's prices, is larger than an amount can be.
    ValueTooLarge,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PriceAbove { line, product, price, agreed, tolerance, taxes_included } => {
                let (price, agreed) = (price.grouped(), agreed.grouped());
                write!(
                    f,
                    "line {line}, {:?}: the unit price is {price}, the order's {agreed} (tolerance {tolerance})",
                    excerpt(product)
                )?;
                f.write_str(if *taxes_included {
                    "; the invoice's prices include taxes, the order's do not"
                } else {
                    ""
                })
            }
            Self::BeyondReceived { line, product, billed, others, received, tolerance } => {
                write_billed(f, *line, product, *billed, *others)?;
                write!(f, ", {received} received (tolerance {tolerance})")
            }
            Self::BeyondOrdered { line, product, billed, others, ordered } => {
                write_billed(f, *line, product, *billed, *others)?;
                write!(f, ", {ordered} ordered")
            }
            Self::UnknownLine { line, product, amount } => {
                let (product, amount) = (excerpt(product), amount.grouped());
                write!(f, "{product:?} of {amount} is billed on line {line}, which the order does not have")
            }
            Self::Unmatched { product, amount } => {
                write!(f, "{:?} of {} is billed on no line of the order", excerpt(product), amount.grouped())
            }
            Self::TotalDiffers { subtotal, value, difference, tolerance } => write!(
                f,
                "the subtotal is {}, what is billed comes to {} at the order's prices, a difference of {} (tolerance {})",
                subtotal.grouped(),
                value.grouped(),
                difference.grouped(),
                tolerance.grouped()
            ),
            Self::ValueTooLarge => {
                write!(f, "what is billed cannot be valued at the order's prices: {}", MoneyError::OutOfRange)
            }
        }
    }
}

fn write_billed(
    f: &mut fmt::Formatter<'_>,
    line: u32,
    product: &str,
    billed: QuantitySum,
    others: QuantitySum,
) -> fmt::Result {
    write!(f, "line {line}, {:?}: {billed} billed", excerpt(product))?;
    if others > QuantitySum::ZERO { write!(f, " and {others} on other invoices") } else { Ok(()) }
}
