//! The documents and the employees of a load: which kinds, and how many of each.

use std::str::FromStr;

use anyhow::Context as _;
use chrono::{Days, Utc};
use serde::Serialize;
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::{Employee, Invoice, Order};

/// How many vendors of each sort there are. Documents of one vendor wait for each other.
pub(crate) const VENDORS: u32 = 25;

/// The vendor of this number among those like one of the example's.
pub(crate) fn vendor(like: &str, number: u32) -> String {
    format!("{like}-{}", number % VENDORS)
}

/// A kind of process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// An invoice with one level.
    OneLevel,
    /// An invoice with one level and a hundred lines.
    ManyLines,
    /// An invoice with three levels.
    ThreeLevels,
    /// A purchase order with two.
    Order,
    /// The onboarding of an employee.
    Onboarding,
}

impl Kind {
    const ALL: [Self; 5] = [Self::OneLevel, Self::ManyLines, Self::ThreeLevels, Self::Order, Self::Onboarding];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OneLevel => "one-level",
            Self::ManyLines => "many-lines",
            Self::ThreeLevels => "three-levels",
            Self::Order => "order",
            Self::Onboarding => "onboarding",
        }
    }
}

/// Whom a document is about and what it comes to. Whatever may be asked for stays within the limits of its levels.
pub(crate) struct Sums {
    like: &'static str,
    least: u64,
    step: u64,
}

/// Of an invoice with one level, which goes up to 100,000.
pub(crate) const ONE_LEVEL: Sums = Sums { like: "jamuna-survey", least: 2_000_000, step: 60 };
pub(crate) const THREE_LEVELS: Sums = Sums { like: "padma-builders", least: 60_000_000, step: 2_000 };
const TWO_LEVELS: Sums = Sums { like: "meghna-steel", least: 15_000_000, step: 2_000 };

impl Sums {
    /// No two of one kind have the same, so that none is taken for another's double.
    const fn subtotal(&self, number: u32) -> u64 {
        number as u64 * self.step + self.least
    }
}

fn taka(poisha: u64) -> String {
    format!("{}.{:02}", poisha / 100, poisha % 100)
}

/// The invoice of this number, with so many lines.
pub(crate) fn invoice(sums: &Sums, number: u32, lines: u64) -> anyhow::Result<Invoice> {
    let subtotal = sums.subtotal(number);
    let (amount, vat) = (taka(subtotal), subtotal * 15 / 100);
    let (each, rest) = (subtotal / lines, subtotal % lines);
    let lines: Vec<_> = (0..lines)
        .map(|line| {
            let amount = taka(if line == 0 { each + rest } else { each });
            serde_json::json!({"description": "supply", "quantity": "1", "unit_price": amount, "amount": amount})
        })
        .collect();
    let invoice = serde_json::json!({
        "vendor": vendor(sums.like, number), "number": format!("B-{number}"), "date": "2026-10-12", "due_date": "2026-11-30",
        "currency": "BDT", "department": "works", "subtotal": amount, "vat": taka(vat), "total": taka(subtotal + vat),
        "lines": lines,
    });
    Invoice::from_json(&invoice.to_string()).map_err(|refusal| anyhow::anyhow!("{refusal}"))
}

/// The order of this number.
pub(crate) fn order(number: u32) -> anyhow::Result<Order> {
    let amount = taka(TWO_LEVELS.subtotal(number));
    let order = serde_json::json!({
        "vendor": vendor(TWO_LEVELS.like, number), "date": "2026-10-12", "currency": "BDT", "amount": amount, "department": "works",
        "lines": [{"product": format!("supply {number}"), "quantity": "1", "unit_price": amount, "amount": amount}],
    });
    Order::from_json(&order.to_string()).map_err(|refusal| anyhow::anyhow!("{refusal}"))
}

/// The employee of this number, who comes in two weeks. Nobody else has their numbers.
pub(crate) fn employee(number: u32) -> anyhow::Result<Employee> {
    let employee = serde_json::json!({
        "id": format!("emp-{number:07}"),
        "personal": {
            "name": format!("Zubaida Qamrunnahar{number:07}"), "email": format!("zubaida{number:07}@private.example"),
            "phone": format!("017{number:08}"), "nid": format!("7{number:09}"),
        },
        "employment": {
            "department": "works", "position": "Site engineer", "grade": "G7", "class": "skilled",
            "start_date": dhaka_date(Utc::now()) + Days::new(14), "manager": "karim", "hr_manager": "hasina",
        },
    });
    Ok(serde_json::from_value(employee)?)
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
        let all = self.0.iter().map(|(_, share)| u64::from(*share)).sum::<u64>().max(1);
        // A step that has no divisor in common with the sum meets every share once before it begins again.
        let step = (7..).find(|step| has_no_common_divisor(*step, all)).unwrap_or(1);
        let mut at = u64::from(number) * step % all;
        for (kind, share) in &self.0 {
            match at.checked_sub(u64::from(*share)) {
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

fn has_no_common_divisor(mut one: u64, mut other: u64) -> bool {
    while other > 0 {
        (one, other) = (other, one % other);
    }
    one == 1
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

#[cfg(test)]
#[path = "mix_tests.rs"]
mod tests;
