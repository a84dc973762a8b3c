//! Random bills in random worlds, with their taxes reckoned in whole numbers.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::NaiveDate;
use proptest::prelude::*;
use vextrus_domain::payee::{Evidence, TaxCertificate, Trade, VatStatus};
use vextrus_domain::tax_facts::{Contract, PaymentMethod, Prices, VdsExemption};
use vextrus_domain::{InvoiceLine, Rate, Taka};
use vextrus_tax::{BothUplifts, PartPayments, Schedule, Tax, TdsBase, TdsRounding};

use super::common::{self, Facts, day, facts, house, nbr, share};

/// A schedule and a day, with the codes that a bill of that day can name.
pub(super) struct World {
    pub(super) schedule: Schedule,
    pub(super) day: NaiveDate,
    pub(super) natural: bool,
    pub(super) non_resident: bool,
    /// Supply codes with their rate of VAT; those that a person must say more about come last.
    pub(super) supplies: Vec<(Option<String>, u32)>,
    pub(super) settled: usize,
    pub(super) payments: Vec<Option<String>>,
}

const TODAY: &str = "2026-08-15";
/// In `WORLDS`: the statutory schedule as it stands today.
pub(super) const NBR: usize = 1;
pub(super) const NEAREST_TAKA: usize = 2;
/// How many of them have neither bands nor VAT in the base.
pub(super) const PLAIN: usize = 3;
/// How many have no bands.
pub(super) const UNBANDED: usize = 7;
pub(super) const ALL: usize = 8;

pub(super) static WORLDS: LazyLock<[World; ALL]> = LazyLock::new(|| {
    let with = |change: &dyn Fn(&mut Schedule)| {
        let mut schedule = nbr();
        change(&mut schedule);
        schedule
    };
    [
        world(house(), TODAY, false, false),
        world(nbr(), TODAY, false, false),
        world(with(&|s| s.policy.tds_rounding = TdsRounding::NearestTakaS331), TODAY, false, false),
        world(with(&|s| s.policy.tds_base = TdsBase::InclVat), TODAY, true, false),
        world(with(&|s| s.policy.part_payments = PartPayments::WholeContract), TODAY, false, true),
        world(with(&|s| s.policy.both_uplifts = BothUplifts::Sum), "2024-08-15", false, false),
        world(with(&|s| s.policy.both_uplifts = BothUplifts::Product), "2025-08-15", true, false),
        // The day of slabs.
        world(nbr(), "2023-12-15", false, false),
    ]
});

fn world(schedule: Schedule, on: &str, natural: bool, non_resident: bool) -> World {
    let day = day(on);
    let vat = |code: &str| {
        let of = |code: &str| {
            let mut rows = schedule.rows_of(Tax::Vat, code);
            rows.find(|r| r.in_force(day) && r.payee.covers(false, false)).map(|r| r.rate.ppm())
        };
        of(code).or_else(|| of("STANDARD")).unwrap()
    };
    let codes = |tds: bool| -> BTreeSet<String> {
        schedule.rows.iter().filter(|r| (r.tax == Tax::Tds) == tds).map(|r| r.key()).collect()
    };
    let unclear: BTreeSet<String> = schedule.ambiguous.iter().map(|a| a.code.clone()).collect();
    let coded = |code: String| (Some(code.clone()), vat(&code));
    let mut supplies = vec![(None, vat("STANDARD"))];
    supplies.extend(codes(false).difference(&unclear).cloned().map(coded));
    let mut payments = vec![None];
    payments.extend(codes(true).into_iter().map(Some));
    let doubtful: Vec<_> = unclear.iter().cloned().map(coded).collect();
    // What the schedule covers on the day is found by trying.
    let mut world = World { settled: supplies.len(), schedule, day, natural, non_resident, supplies, payments };
    let tried = |world: &World, supply, payment| {
        let item = Item { unit: 123_456, supply, payment, ..Item::default() };
        bill(world, &[item], &Extras::default()).assess(&world.schedule).is_ok()
    };
    let good: Vec<bool> = (0..world.payments.len()).map(|payment| tried(&world, 0, payment)).collect();
    world.payments = good.into_iter().zip(world.payments).filter(|(good, _)| *good).map(|(_, p)| p).collect();
    assert!(!world.payments.is_empty(), "nothing can be paid on {on}");
    let good: Vec<bool> = (0..world.supplies.len()).map(|supply| tried(&world, supply, 0)).collect();
    world.supplies = good.into_iter().zip(world.supplies).filter(|(good, _)| *good).map(|(_, s)| s).collect();
    world.settled = world.supplies.len();
    world.supplies.extend(doubtful);
    world
}

/// A line, by places in the lists of its world.
#[derive(Debug, Clone, Default)]
pub(super) struct Item {
    pub(super) unit: i64,
    pub(super) times: i64,
    pub(super) supply: usize,
    pub(super) payment: usize,
    pub(super) sd_ppm: u32,
    pub(super) commission_percent: Option<i64>,
}

impl Item {
    pub(super) fn amount(&self) -> Taka {
        Taka::from_poisha(self.unit * self.times.max(1)).unwrap()
    }
}

/// Everything beside the lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Extras {
    pub(super) inclusive: bool,
    pub(super) unclear: bool,
    pub(super) no_psr: bool,
    pub(super) not_by_bank: bool,
    pub(super) no_mushak: bool,
    pub(super) not_withholding: bool,
    pub(super) jitter: i64,
    pub(super) retention_percent: i64,
    pub(super) advance_percent: i64,
    pub(super) import_tax: i64,
    pub(super) contract: Option<Contract>,
    pub(super) payment: Option<i64>,
    pub(super) exemption: Option<String>,
    pub(super) certificate: Option<(String, u32)>,
    pub(super) trade: Option<Trade>,
    pub(super) vat_status: VatStatus,
}

/// The facts of such a bill, whose taxes are reckoned here in whole numbers.
pub(super) fn bill(world: &World, items: &[Item], extras: &Extras) -> Facts {
    let (mut amounts, mut vat, mut sd) = (Taka::ZERO, Taka::from_poisha(extras.jitter).unwrap(), Taka::ZERO);
    let mut lines = Vec::new();
    for item in items {
        let known = if extras.unclear { world.supplies.len() } else { world.settled };
        let (tax_code, ppm) = world.supplies[item.supply % known].clone();
        let ppm = if extras.vat_status == VatStatus::Registered { ppm } else { 0 };
        let amount = item.amount();
        let (line_vat, line_sd) = if extras.inclusive {
            let vat = fraction(amount, ppm);
            (vat, fraction(amount.minus(vat).unwrap(), item.sd_ppm))
        } else {
            let sd = share(amount, item.sd_ppm);
            (share(amount.plus(sd).unwrap(), ppm), sd)
        };
        amounts = amounts.plus(amount).unwrap();
        (vat, sd) = (vat.plus(line_vat).unwrap(), sd.plus(line_sd).unwrap());
        let part = |percent| Taka::from_poisha(amount.poisha() / 100 * percent).unwrap();
        lines.push(InvoiceLine {
            description: "supply".to_owned(),
            quantity: item.times.max(1).to_string().parse().unwrap(),
            unit_price: Taka::from_poisha(item.unit).unwrap(),
            amount,
            tax_code,
            tds_code: world.payments[item.payment % world.payments.len()].clone(),
            sd_rate: (item.sd_ppm > 0).then(|| Rate::from_ppm(item.sd_ppm)),
            commission: item.commission_percent.map(part),
            po_line: None,
        });
    }
    if vat.poisha() <= extras.jitter.abs() {
        vat = vat.minus(Taka::from_poisha(extras.jitter).unwrap()).unwrap();
    }
    let mut invoice = common::invoice(world.day, &[], vat);
    (invoice.lines, invoice.sd) = (lines, sd);
    let taxes = vat.plus(sd).unwrap();
    (invoice.subtotal, invoice.total) = if extras.inclusive {
        (amounts.minus(taxes).unwrap(), amounts)
    } else {
        (amounts, amounts.plus(taxes).unwrap())
    };
    invoice.mushak_63 = invoice.mushak_63.filter(|_| !extras.no_mushak);
    let part = |percent| Taka::from_poisha(invoice.total.poisha() / 100 * percent).unwrap();
    (invoice.tax.retention, invoice.tax.advance) = (part(extras.retention_percent), part(extras.advance_percent));
    invoice.tax.prices = if extras.inclusive { Prices::Inclusive } else { Prices::Exclusive };
    invoice.tax.contract = extras.contract.clone();
    invoice.tax.import_tax_paid = Taka::from_poisha(extras.import_tax).unwrap();
    invoice.tax.payment.amount = extras.payment.map(|p| Taka::from_poisha(p).unwrap());
    invoice.tax.payment.method = if extras.not_by_bank { PaymentMethod::Other } else { PaymentMethod::BankTransfer };
    let claim = |clause: &String| VdsExemption { clause: clause.clone(), evidence: "EFD 1".to_owned() };
    invoice.tax.vds_exemption = extras.exemption.as_ref().map(claim);
    let mut facts = facts(invoice, world.day);
    (facts.payee.natural_person, facts.payee.non_resident) = (world.natural, world.non_resident);
    facts.payee.psr = facts.payee.psr.filter(|_| !extras.no_psr);
    (facts.payee.trade, facts.payee.vat_status) = (extras.trade, extras.vat_status);
    let paper = Evidence { number: "C-1".to_owned(), from: world.day, until: world.day };
    facts.payee.filing_certificate = extras.trade.map(|_| paper.clone());
    let certificate = |(section, ppm): (String, u32)| TaxCertificate { section, rate: Rate::from_ppm(ppm), paper };
    facts.payee.certificates = extras.certificate.clone().map(certificate).into_iter().collect();
    (facts.payer.withholding_entity, facts.payer.specified_person) = (!extras.not_withholding, !extras.not_withholding);
    facts
}

/// The tax within an amount by whole numbers alone, half a poisha up.
fn fraction(gross: Taka, ppm: u32) -> Taka {
    let whole = 1_000_000 + i128::from(ppm);
    let poisha = (2 * i128::from(gross.poisha()) * i128::from(ppm) + whole) / (2 * whole);
    Taka::from_poisha(i64::try_from(poisha).unwrap()).unwrap()
}

pub(super) fn poisha() -> impl Strategy<Value = i64> {
    prop_oneof![1_i64..200, 1_i64..1_000_000, 1_i64..10_000_000_000, (0_u32..9).prop_map(|zeros| 5 * 10_i64.pow(zeros))]
}

pub(super) fn items(most: usize) -> impl Strategy<Value = Vec<Item>> {
    let sd = prop_oneof![6 => Just(0_u32), 1 => Just(100_000), 1 => 1_u32..3_500_000];
    let item = (poisha(), 1_i64..20, 0_usize..1_000, 0_usize..1_000, sd, prop::option::weighted(0.3, 0_i64..=100));
    prop::collection::vec(item, 1..=most).prop_map(|items| {
        let item = |(unit, times, supply, payment, sd_ppm, commission_percent)| Item {
            unit,
            times,
            supply,
            payment,
            sd_ppm,
            commission_percent,
        };
        items.into_iter().map(item).collect()
    })
}

/// Whatever may be said of a contract, now and then.
fn contracts() -> impl Strategy<Value = Option<Contract>> {
    let contract = (poisha(), any::<bool>(), poisha(), any::<bool>(), any::<bool>());
    prop::option::weighted(
        0.4,
        contract.prop_map(|(value, instalment, before, net_of_tax, tax_inclusive)| {
            let (value, taxed_before) = (Taka::from_poisha(value).unwrap(), Taka::from_poisha(before / 4).unwrap());
            Contract { value, instalment, taxed_before, net_of_tax, tax_inclusive }
        }),
    )
}

pub(super) fn certificates() -> impl Strategy<Value = (String, u32)> {
    (prop::sample::select(vec!["s89", "s90", "s119", ""]).prop_map(str::to_owned), (0_u32..150).prop_map(|n| n * 2_000))
}

pub(super) fn extras() -> impl Strategy<Value = Extras> {
    let rarely = || prop::bool::weighted(0.15);
    let flags = (any::<bool>(), rarely(), any::<bool>(), rarely(), rarely(), rarely());
    let trades =
        prop::option::of(prop::sample::select(vec![Trade::Manufacturer, Trade::Trader, Trade::ServiceProvider]));
    let statuses = prop::sample::select(
        vec![VatStatus::Registered; 6]
            .into_iter()
            .chain([VatStatus::Enlisted, VatStatus::Unregistered])
            .collect::<Vec<_>>(),
    );
    let clauses = prop::option::weighted(0.15, "[a-l]");
    let amounts = (-1_i64..=1, 0_i64..10, 0_i64..10, prop_oneof![4 => Just(0), 1 => poisha()]);
    let papers =
        (contracts(), prop::option::weighted(0.2, poisha()), clauses, prop::option::weighted(0.3, certificates()));
    (flags, amounts, papers, trades, statuses).prop_map(|(flags, amounts, papers, trade, vat_status)| Extras {
        inclusive: flags.0,
        unclear: flags.1,
        no_psr: flags.2,
        not_by_bank: flags.3,
        no_mushak: flags.4,
        not_withholding: flags.5,
        jitter: amounts.0,
        retention_percent: amounts.1,
        advance_percent: amounts.2,
        import_tax: amounts.3,
        contract: papers.0,
        payment: papers.1,
        exemption: papers.2,
        certificate: papers.3,
        trade,
        vat_status,
    })
}
