//! The papers: what a received one must hold, what we may issue, what must agree.
#![cfg(test)]

mod certificates;
mod form_6_3;
mod vat_return;

use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::json;
use vextrus_domain::identity::IdentityProfile;
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{Invoice, PayeeFacts, Payer, Taka};
use vextrus_tax::{Answers, Assessment, Case, Schedule, assess};

pub(crate) const ISSUER: &str = "765432109-0101";
pub(crate) const BUYER: &str = "987654321-0203";

pub(crate) fn taka(text: &str) -> Taka {
    text.parse().unwrap()
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn bill() -> Invoice {
    let json = json!({
        "vendor": "padma", "number": "INV-7", "date": "2026-08-01", "due_date": "2026-08-31", "currency": "BDT",
        "lines": [{"description": "Consultancy", "quantity": "1", "unit_price": "200000", "amount": "200000",
                   "tax_code": "S032.00", "tds_code": "SERVICE"}],
        "subtotal": "200000", "vat": "30000", "total": "230000", "department": "works",
        "mushak_63": {"number": "1001/2026-27", "date": "2026-08-01"}
    });
    Invoice::from_json(&json.to_string()).unwrap()
}

pub(crate) fn payer() -> Payer {
    let (name, bin, address) = ("Meghna Mills Ltd".into(), BUYER.into(), "4 Agrabad, Chattogram".into());
    Payer { name, bin, address, identity_profile: IdentityProfile::Nbr, ..Payer::default() }
}

pub(crate) fn assessed(invoice: &Invoice) -> Assessment {
    let house = include_str!("../../../../rules/tax/house.toml");
    let vds = "\n[[row]]\ntax = \"VDS\"\ncode = \"S032.00\"\nrate_ppm = 150000\nlegal_ref = \"VDS Rules 2025 r.3(1)\"\n\
               source = \"test\"\nconfidence = \"H\"\n";
    let text = house.replacen("\n[[row]]", "\n[policy]\nvds = \"table\"\n\n[[row]]", 1) + vds;
    let schedule = Schedule::parse(&text).unwrap();
    let (payer, payee, answers) = (payer(), PayeeFacts::default(), Answers::new());
    let (kind, paid_on) = (VendorKind::Service, day("2026-08-20"));
    assess(&schedule, &Case { invoice, payer: &payer, kind, payee: &payee, paid_on, answers: &answers }).unwrap()
}

pub(crate) fn any_taka() -> impl Strategy<Value = Taka> {
    prop_oneof![-Taka::MAX_POISHA..=Taka::MAX_POISHA, -1_000_i64..1_000].prop_map(|p| Taka::from_poisha(p).unwrap())
}
