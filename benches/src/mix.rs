//! The documents of a load: which kinds, and how many of each.

use std::str::FromStr;

use anyhow::Context as _;
use serde::Serialize;
use vextrus_domain::{Content, Invoice, Order};

/// How many vendors of each sort there are. Documents of one vendor wait for each other.
pub(crate) const VENDORS: u32 = 25;

/// The vendor of this number among those like one of the example's.
pub(crate) fn vendor(like: &str, number: u32) -> String {
    format!("{like}-{}", number % VENDORS)
}

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// An invoice with one level.
    OneLevel,
    /// An invoice with three.
    ThreeLevels,
    /// A purchase order with two.
    Order,
}

impl Kind {
    const ALL: [Self; 3] = [Self::OneLevel, Self::ThreeLevels, Self::Order];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OneLevel => "one-level",
            Self::ThreeLevels => "three-levels",
            Self::Order => "order",
        }
    }

    /// The document of this number. No two have the same total, so that none is taken for another's double.
    pub(crate) fn document(self, number: u32) -> anyhow::Result<Content> {
        // Whatever may be asked for stays within the limits of its levels: an invoice with one goes up to 100,000.
        let (like, least, step) = match self {
            Self::OneLevel => ("jamuna-survey", 2_000_000, 60),
            Self::ThreeLevels => ("padma-builders", 60_000_000, 2_000),
            Self::Order => ("meghna-steel", 15_000_000, 2_000),
        };
        let vendor = vendor(like, number);
        let subtotal = u64::from(number) * step + least;
        let taka = |poisha: u64| format!("{}.{:02}", poisha / 100, poisha % 100);
        let (amount, vat) = (taka(subtotal), subtotal * 15 / 100);
        if self == Self::Order {
            let order = serde_json::json!({
                "vendor": vendor, "date": "2026-10-12", "currency": "BDT", "amount": amount, "department": "works",
                "lines": [{"product": format!("supply {number}"), "quantity": "1", "unit_price": amount, "amount": amount}],
            });
            let order = Order::from_json(&order.to_string()).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
            return Ok(Content::Order(Box::new(order)));
        }
        let invoice = serde_json::json!({
            "vendor": vendor, "number": format!("B-{number}"), "date": "2026-10-12", "due_date": "2026-11-30",
            "currency": "BDT", "department": "works", "subtotal": amount, "vat": taka(vat), "total": taka(subtotal + vat),
            "lines": [{"description": "supply", "quantity": "1", "unit_price": amount, "amount": amount}],
        });
        let invoice = Invoice::from_json(&invoice.to_string()).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
        Ok(Content::Invoice(Box::new(invoice)))
    }
}

impl FromStr for Kind {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> anyhow::Result<Self> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|k| k.name() == name).with_context(|| format!("{name:?} is none of: {}", known()))
    }
}

/// Kinds with their shares, such as `one-level=8,order=1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mix(Vec<(Kind, u32)>);

impl Mix {
    pub(crate) fn only(kind: Kind) -> Self {
        Self(vec![(kind, 1)])
    }

    /// The kind of the document of this number: each kind in its share, spread alike every time.
    pub(crate) fn kind(&self, number: u32) -> Kind {
        let all: u32 = self.0.iter().map(|(_, share)| share).sum();
        // A step that has no divisor in common with most sums mixes the kinds.
        let mut at = number.wrapping_mul(7) % all.max(1);
        for (kind, share) in &self.0 {
            match at.checked_sub(*share) {
                Some(left) => at = left,
                None => return *kind,
            }
        }
        Kind::OneLevel
    }

    pub(crate) fn name(&self) -> String {
        match &self.0[..] {
            [(kind, _)] => kind.name().to_owned(),
            kinds => kinds.iter().map(|(kind, share)| format!("{}={share}", kind.name())).collect::<Vec<_>>().join(","),
        }
    }
}

impl FromStr for Mix {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let kinds = text.split(',').map(|part| {
            let (kind, share) = part.split_once('=').unwrap_or((part, "1"));
            let share: u32 =
                share.parse().with_context(|| format!("{share:?} in {part:?} is no share; say {kind}=3"))?;
            anyhow::ensure!((1..=1000).contains(&share), "the share in {part:?} is not from 1 to 1000");
            Ok((kind.parse()?, share))
        });
        Ok(Self(kinds.collect::<anyhow::Result<_>>()?))
    }
}
