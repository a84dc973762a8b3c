//! What holds for any bill, in any schedule, whatever is known of who pays and who is paid.
#![cfg(test)]

mod arbitrary;
#[path = "properties/bills.rs"]
mod bills;
mod common;

use std::collections::{BTreeMap, BTreeSet};

use bills::{
    ALL, Extras, Item, NBR, NEAREST_TAKA, PLAIN, UNBANDED, WORLDS, World, bill, certificates, extras, items, poisha,
};
use chrono::NaiveDate;
use common::share;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use vextrus_domain::payee::Trade;
use vextrus_domain::tax_facts::Contract;
use vextrus_domain::{Invoice, Lang, PayeeFacts, Payer, RefusalCode, Taka};
use vextrus_tax::{Assessment, Basis, Question, QuestionKind, Tax, explain};

fn of(assessment: &Assessment, tax: Tax) -> Taka {
    Taka::sum(assessment.withheld.iter().filter(|w| w.tax == tax).map(|w| w.amount)).unwrap()
}

/// The amounts of the document: what order and form of the lines must not change.
fn totals(a: &Assessment) -> [Taka; 7] {
    [a.subtotal, a.sd, a.vat, a.total, of(a, Tax::Vds), of(a, Tax::Tds), a.net_payable]
}

fn assessed(world: usize, items: &[Item], extras: &Extras) -> Result<Assessment, TestCaseError> {
    let world = &WORLDS[world];
    let result = bill(world, items, extras).assess(&world.schedule);
    result.map_err(|refusal| TestCaseError::fail(refusal.to_string()))
}

/// A bill whose rates do not hang on its amounts: nothing is shared between kinds of payment, credited or banded.
fn plain() -> impl Strategy<Value = Extras> {
    (
        any::<bool>(),
        any::<bool>(),
        prop::option::of(certificates()),
        prop::option::of(prop::sample::select(vec![Trade::Trader])),
    )
        .prop_map(|(no_psr, not_by_bank, certificate, trade)| Extras {
            no_psr,
            not_by_bank,
            certificate,
            trade,
            ..Extras::default()
        })
}

/// The rates of a kind of payment on the day: the gross or plain one, and that on commission.
fn rates_of(world: &World, payment: usize) -> (Option<u32>, Option<u32>) {
    let Some(key) = &world.payments[payment] else { return (None, None) };
    let rows = world.schedule.rows.iter().filter(|r| r.tax == Tax::Tds && r.key() == *key && r.in_force(world.day));
    let (commission, main): (Vec<_>, Vec<_>) =
        rows.filter(|r| r.payee.covers(world.natural, false)).partition(|r| r.basis == Basis::Commission);
    (main.first().map(|r| r.rate.ppm()), commission.first().map(|r| r.rate.ppm()))
}

fn near(a: Taka, b: Taka, poisha: i64) -> bool {
    a.distance(b).unwrap().poisha() <= poisha
}

proptest! {
    #[test]
    fn every_case_adds_up_or_is_refused(world in 0..ALL, items in items(8), extras in extras()) {
        let facts = bill(&WORLDS[world], &items, &extras);
        prop_assert_eq!(facts.invoice.violations(), vec![]);
        let result = facts.assess(&WORLDS[world].schedule);
        prop_assert_eq!(&result, &facts.assess(&WORLDS[world].schedule));
        match result {
            Ok(a) => {
                arbitrary::check_assessment(&a);
                arbitrary::check_rendering(&a);
                arbitrary::check_stored(&a);
                // Where VAT is taken as printed, the duty within the rest of the price follows it, within the tolerance.
                let poisha = i64::from(extras.unclear && extras.inclusive);
                prop_assert!(near(Taka::sum(a.lines.iter().map(|l| l.value)).unwrap(), a.subtotal, poisha));
                prop_assert!(near(Taka::sum(a.lines.iter().map(|l| l.sd)).unwrap(), a.sd, poisha));
                prop_assert!(a.cost().unwrap() >= a.subtotal);
            }
            Err(refusal) => {
                arbitrary::check_refusal(&refusal);
                prop_assert_eq!(refusal.code, RefusalCode::TaxFactsContradict, "{}", refusal);
            }
        }
    }

    #[test]
    fn facts_are_stored_and_read_as_they_are(world in 0..ALL, items in items(4), extras in extras()) {
        let facts = bill(&WORLDS[world], &items, &extras);
        prop_assert_eq!(Invoice::from_json(&serde_json::to_string(&facts.invoice).unwrap()).unwrap(), facts.invoice);
        prop_assert_eq!(serde_json::from_value::<Payer>(serde_json::to_value(&facts.payer).unwrap()).unwrap(), facts.payer);
        prop_assert_eq!(serde_json::from_value::<PayeeFacts>(serde_json::to_value(&facts.payee).unwrap()).unwrap(), facts.payee);
    }

    #[test]
    fn more_value_is_never_less_tax_nor_less_payable(
        world in 0..PLAIN, items in items(5), extras in plain(), at in 0_usize..5, more in 1_i64..10_000_000,
    ) {
        let before = assessed(world, &items, &extras)?;
        let mut dearer = items.clone();
        let at = at % items.len();
        (dearer[at].unit, dearer[at].times) = (dearer[at].amount().poisha() + more, 1);
        let after = assessed(world, &dearer, &extras)?;
        for (was, is) in totals(&before).into_iter().zip(totals(&after)).take(6) {
            prop_assert!(was <= is, "{was} became {is}");
        }
        // A poisha more may tip the rounding of SD, VAT, VDS and a section, or of s.331.
        let slack = if world == NEAREST_TAKA { 102 } else { 3 };
        prop_assert!(before.net_payable.poisha() <= after.net_payable.poisha() + slack);
        prop_assert!(more < 1_000 || before.net_payable < after.net_payable, "{} became {}", before.net_payable, after.net_payable);
    }

    #[test]
    fn a_line_may_be_split(
        world in 0..PLAIN, items in items(4), extras in plain(), at in 0_usize..4, cuts in prop::collection::vec(1_i64..1_000, 1..6),
    ) {
        let mut items = items;
        let at = at % items.len();
        items[at].sd_ppm = 0;
        let mut parts = items.clone();
        let mut line = parts.remove(at);
        let mut left = line.amount().poisha();
        let whole: i64 = cuts.iter().sum::<i64>() + 1;
        let commission = line.commission_percent.take().map(|percent| left / 100 * percent);
        items[at].commission_percent = commission.map(|_| 0);
        line.commission_percent = commission.map(|_| 0);
        let mut k = 0;
        for cut in cuts.iter().map(|cut| line.amount().poisha() / whole * cut).filter(|cut| *cut > 0) {
            parts.insert(at, Item { unit: cut, times: 1, ..line.clone() });
            (left, k) = (left - cut, k + 1);
        }
        parts.insert(at, Item { unit: left, times: 1, ..line });
        let (one, many) = (assessed(world, &items, &extras)?, assessed(world, &parts, &extras)?);
        prop_assert_eq!(one.subtotal, many.subtotal);
        // Half a poisha for the whole line, and half for each of its parts.
        let difference = one.vat.distance(many.vat).unwrap();
        prop_assert!(difference.poisha() * 2 <= k + 2, "{difference} for {} parts", k + 1);
        prop_assert!(of(&one, Tax::Vds).distance(of(&many, Tax::Vds)).unwrap().poisha() * 2 <= k + 2);
        prop_assert_eq!(of(&one, Tax::Tds), of(&many, Tax::Tds));
        let change = |a: &Assessment| a.vat.minus(of(a, Tax::Vds)).and_then(|t| t.minus(a.net_payable)).unwrap();
        prop_assert_eq!(change(&one), change(&many));
    }

    #[test]
    fn the_order_of_lines_changes_no_total(world in 0..ALL, items in items(8), extras in extras(), by in 0_usize..8) {
        let mut extras = extras;
        // The last line bears a printed difference, and kinds of payment share a base by the poisha.
        (extras.jitter, extras.contract, extras.payment) = (0, None, None);
        let (first, schedule) = (bill(&WORLDS[world], &items, &extras), &WORLDS[world].schedule);
        let mut turned = items.clone();
        turned.rotate_left(by % items.len());
        turned.swap(0, by % items.len());
        match (first.assess(schedule), bill(&WORLDS[world], &turned, &extras).assess(schedule)) {
            (Ok(a), Ok(b)) => {
                prop_assert_eq!(totals(&a), totals(&b));
                let keys = |a: &Assessment| a.questions.iter().map(Question::key).collect::<BTreeSet<_>>();
                prop_assert_eq!(keys(&a), keys(&b));
            }
            (Err(a), Err(b)) => prop_assert_eq!(a.code, b.code),
            (a, b) => prop_assert!(false, "{:?} but {:?}", a, b),
        }
    }

    #[test]
    fn inclusive_prices_are_the_same_bill(world in 0..PLAIN, items in items(6), extras in plain(), with_sd in any::<bool>()) {
        let mut items = items;
        items.iter_mut().for_each(|i| i.sd_ppm *= u32::from(with_sd));
        let exclusive = assessed(world, &items, &extras)?;
        let mut gross = items.clone();
        for (item, line) in gross.iter_mut().zip(&exclusive.lines) {
            (item.unit, item.times) = (Taka::sum([line.value, line.sd, line.vat]).unwrap().poisha(), 1);
            item.commission_percent = None;
        }
        items.iter_mut().for_each(|i| i.commission_percent = None);
        let exclusive = assessed(world, &items, &extras)?;
        let inclusive = assessed(world, &gross, &Extras { inclusive: true, ..extras })?;
        prop_assert_eq!(exclusive.total, inclusive.total);
        for (a, b) in exclusive.lines.iter().zip(&inclusive.lines) {
            // SD and VAT are rounded one after the other, and taken out in the reverse order.
            let poisha = i64::from(with_sd);
            prop_assert!(near(a.value, b.value, poisha) && near(a.vat, b.vat, poisha) && near(a.sd, b.sd, 2 * poisha), "{:?} {:?}", a, b);
        }
        prop_assert!(with_sd || totals(&exclusive) == totals(&inclusive));
    }

    #[test]
    fn tax_that_the_payer_bears_is_the_tax_on_net_and_tax(world in 0..PLAIN, items in items(1), no_psr in any::<bool>()) {
        let contract = Contract { net_of_tax: true, ..Contract::default() };
        let mut items = items;
        items[0].commission_percent = None;
        let a = assessed(world, &items, &Extras { no_psr, contract: Some(contract), ..Extras::default() })?;
        for withheld in a.withheld.iter().filter(|w| w.tax == Tax::Tds) {
            let gross = withheld.base.plus(withheld.amount).unwrap();
            let slack = if world == NEAREST_TAKA { 50 } else { 1 };
            prop_assert!(near(share(gross, withheld.rate.ppm()), withheld.amount, slack), "{:?}", withheld);
        }
        prop_assert_eq!(a.borne, of(&a, Tax::Tds));
        prop_assert_eq!(a.net_payable, a.total.minus(of(&a, Tax::Vds)).unwrap());
    }

    #[test]
    fn the_uplift_is_half_of_the_rate(world in NBR..ALL, items in items(5), no_psr in any::<bool>()) {
        let (no_psr, not_by_bank) = (no_psr, !no_psr);
        let usual = assessed(world, &items, &Extras::default())?;
        let raised = assessed(world, &items, &Extras { no_psr, not_by_bank, ..Extras::default() })?;
        // A non-resident is outside s.142.
        let times = if WORLDS[world].non_resident { 2 } else { 3 };
        let rates = |a: &Assessment| a.trace.iter().filter(|s| s.tax == Tax::Tds && s.row.is_some()).map(|s| (a.row(s).unwrap().key(), s.rate.ppm())).collect::<BTreeMap<_, _>>();
        let (low, high) = (rates(&usual), rates(&raised));
        prop_assert_eq!(low.keys().collect::<Vec<_>>(), high.keys().collect::<Vec<_>>());
        for (key, rate) in &low {
            prop_assert_eq!(high[key] * 2, rate * times, "{}", key);
        }
        prop_assert!(of(&usual, Tax::Tds) <= of(&raised, Tax::Tds));
    }

    #[test]
    fn the_higher_of_gross_and_commission_is_due(at in 0_usize..100, unit in poisha(), percent in 0_i64..=100) {
        let world = &WORLDS[NBR];
        let both: Vec<usize> = (0..world.payments.len()).filter(|p| rates_of(world, *p).1.is_some()).collect();
        let payment = both[at % both.len()];
        let (main, commission) = rates_of(world, payment);
        let item = Item { unit, payment, commission_percent: Some(percent), ..Item::default() };
        let a = assessed(NBR, &[item], &Extras::default())?;
        let within = Taka::from_poisha(unit / 100 * percent).unwrap();
        let highest = share(a.subtotal, main.unwrap()).max(share(within, commission.unwrap()));
        prop_assert_eq!(of(&a, Tax::Tds), highest);
    }

    #[test]
    fn questions_are_as_many_as_what_they_are_about(world in 0..UNBANDED, items in items(4), extras in extras()) {
        // A printed difference can take the last poisha of VAT from a line, and with it what is asked of its VDS.
        let extras = Extras { jitter: 0, ..extras };
        let schedule = &WORLDS[world].schedule;
        let many: Vec<Item> = items.iter().cycle().take(items.len() * 12).cloned().collect();
        let (few, many) = (bill(&WORLDS[world], &items, &extras).assess(schedule), bill(&WORLDS[world], &many, &extras).assess(schedule));
        if let (Ok(few), Ok(many)) = (few, many) {
            prop_assert_eq!(few.rows.len(), many.rows.len());
            prop_assert!(few.questions.len().abs_diff(many.questions.len()) <= 3, "{:?}", many.questions);
        }
    }

    #[test]
    fn certificates_never_raise(world in 0..ALL, items in items(6), extras in extras(), certificate in certificates()) {
        let (schedule, mut with) = (&WORLDS[world].schedule, extras.clone());
        with.certificate = Some(certificate);
        let without = Extras { certificate: None, ..extras };
        let (a, b) = (bill(&WORLDS[world], &items, &without).assess(schedule), bill(&WORLDS[world], &items, &with).assess(schedule));
        if let (Ok(a), Ok(b)) = (a, b) {
            prop_assert!(of(&b, Tax::Tds) <= of(&a, Tax::Tds));
            prop_assert_eq!(of(&b, Tax::Vds), of(&a, Tax::Vds));
        }
    }
}

/// Changes of a text that keep most of it: bytes, and lines that are left out, doubled or swapped.
fn changes() -> impl Strategy<Value = Vec<(u8, usize, usize, String)>> {
    let tokens = prop::sample::select(vec![
        "\"",
        "0",
        "-1",
        "\"2026-07-01\"",
        "1000000",
        "[",
        "}",
        "=",
        ",",
        "\n",
        "\"s89\"",
        "VDS",
        "null",
        "৯",
        "\u{0}",
        "1e9",
    ]);
    let token = prop_oneof![4 => tokens.prop_map(str::to_owned), 1 => "\\PC{0,4}"];
    prop::collection::vec((0_u8..6, any::<usize>(), any::<usize>(), token), 1..4)
}

fn changed(text: &str, by: &str, changes: &[(u8, usize, usize, String)]) -> String {
    let mut parts: Vec<String> = text.split_inclusive(by).map(str::to_owned).collect();
    for (how, a, b, token) in changes {
        let (a_part, b_part) = (a % parts.len(), b % parts.len());
        match how {
            0 if parts.len() > 1 => drop(parts.remove(a_part)),
            1 => parts.insert(a_part, parts[b_part].clone()),
            2 => parts.swap(a_part, b_part),
            _ => {
                let mut chars: Vec<char> = parts[a_part].chars().collect();
                let at = b % (chars.len() + 1);
                // In place of one character, or between two.
                let end = (at + usize::from(*how == 3)).min(chars.len());
                chars.splice(at..end, token.chars());
                parts[a_part] = chars.into_iter().collect();
            }
        }
    }
    parts.concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_schedule_is_read_or_refused(text in any::<String>(), changes in changes(), which in 0_u8..8) {
        arbitrary::check_schedule(&text);
        // The long one takes its time.
        arbitrary::check_schedule(&changed(if which == 0 { arbitrary::NBR } else { arbitrary::HOUSE }, "\n", &changes));
    }

    #[test]
    fn any_case_is_assessed_or_refused(
        text in any::<String>(), changes in changes(), world in 0..ALL, items in items(4), extras in extras(), day in 0_i32..4_000,
    ) {
        arbitrary::check_case(&text);
        let facts = bill(&WORLDS[world], &items, &extras);
        let paid_on = NaiveDate::from_num_days_from_ce_opt(737_000 + day).unwrap();
        let case = serde_json::json!({
            "invoice": facts.invoice, "payer": facts.payer, "payee": facts.payee, "kind": facts.kind, "paid_on": paid_on,
        });
        arbitrary::check_case(&case.to_string());
        arbitrary::check_case(&changed(&case.to_string(), ",", &changes));
        arbitrary::check_case(&changed(&serde_json::to_string(&facts.invoice).unwrap(), ",", &changes));
        arbitrary::check_case(&changed(STORED, ",", &changes));
    }
}

#[test]
fn an_import_credit_knows_no_order() {
    // Found by the property above: each kind of goods took its credit rounded to the poisha.
    let line = |unit, payment: &str| {
        let payment = WORLDS[NBR].payments.iter().position(|p| p.as_deref() == Some(payment)).unwrap();
        Item { unit, payment, ..Item::default() }
    };
    let tds = |items: &[Item], import_tax| {
        of(&assessed(NBR, items, &Extras { import_tax, ..Extras::default() }).unwrap(), Tax::Tds)
    };
    let (a, b) = (line(10, "s89/RESIDUAL"), line(90, "s89/CONSTRUCTION_MFG"));
    // 0.005 + 0.045 - 0.01, whichever comes first, and never less than nothing.
    for (credit, left) in [(1, 4), (4, 1), (5, 0), (9, 0)] {
        for items in [[a.clone(), b.clone()], [b.clone(), a.clone()]] {
            assert_eq!(tds(&items, credit).poisha(), left, "credit {credit}");
        }
    }
}

#[test]
fn duty_within_a_price_waits_for_the_vat_within_it() {
    // Found by the first property: 115 = 90.91 + 10 % SD 9.09 + 15 % VAT 15, whichever hotel it is.
    let world = &WORLDS[NBR];
    let supply = world.supplies.iter().position(|s| s.0.as_deref() == Some("S001.10")).unwrap();
    let item = Item { unit: 11_500, supply, sd_ppm: 100_000, ..Item::default() };
    let a = assessed(NBR, &[item], &Extras { inclusive: true, unclear: true, ..Extras::default() }).unwrap();
    let line = a.lines[0];
    assert_eq!([line.value, line.sd, line.vat].map(Taka::poisha), [9_091, 909, 1_500]);
    arbitrary::check_assessment(&a);
}

#[test]
fn duty_within_a_price_is_believed_while_nobody_has_said_whose_the_vat_is() {
    // Found by the first property: two lines whose rates differ, and nobody has said yet which they are.
    let world = &WORLDS[NBR];
    let doubtful = || world.supplies.iter().enumerate().skip(world.settled);
    let (dear, (_, rate)) = doubtful().max_by_key(|(_, (_, rate))| *rate).unwrap();
    let (cheap, _) = doubtful().find(|(_, (_, other))| other < rate).unwrap();
    let dutiable = Item { unit: 10_000_000, supply: cheap, sd_ppm: 100_000, ..Item::default() };
    let plain = Item { unit: 30_000_000, supply: dear, ..Item::default() };
    let mut facts = bill(world, &[dutiable, plain], &Extras { inclusive: true, unclear: true, ..Extras::default() });
    let a = facts.assess(&world.schedule).unwrap();
    arbitrary::check_assessment(&a);
    assert_eq!((a.lines[0].sd, a.lines[1].sd), (facts.invoice.sd, Taka::ZERO), "the printed duty is that of its line");
    assert_eq!(Taka::sum(a.lines.iter().map(|l| l.value)).unwrap(), a.subtotal);
    // No division of the VAT makes so much or so little duty of it.
    let (sd, subtotal) = (facts.invoice.sd, facts.invoice.subtotal);
    for difference in [2_000, -5_000].map(|taka| Taka::from_poisha(taka * 100).unwrap()) {
        facts.invoice.sd = sd.plus(difference).unwrap();
        facts.invoice.subtotal = subtotal.minus(difference).unwrap();
        assert_eq!(facts.assess(&world.schedule).unwrap_err().code, RefusalCode::TotalMismatch, "{difference}");
    }
}

/// As it was stored before rows, lines and kinds of question were.
const STORED: &str = r#"{"subtotal": "100000.00", "vat": "15000.00", "total": "115000.00",
    "withheld": [{"tax": "TDS", "code": "CONTRACTOR", "rate": 75000, "base": "100000.00", "amount": "7500.00"}],
    "net_payable": "107500.00",
    "trace": [
        {"tax": "VAT", "code": "STANDARD", "base": "100000.00", "rate": 150000, "amount": "15000.00",
         "because": "Value Added Tax and Supplementary Duty Act 2012 s.15(3); company schedule; confidence H"},
        {"tax": "TDS", "code": "CONTRACTOR", "base": "100000.00", "rate": 75000, "amount": "7500.00",
         "because": "Income Tax Act 2023 s.89; company schedule; confidence H"}],
    "questions": ["TDS CONTRACTOR rests on \"memory\" alone: is it right?"]}"#;

#[test]
fn assessments_of_the_first_form_are_read_and_explained() {
    let a: Assessment = serde_json::from_str(STORED).unwrap();
    assert_eq!((a.net_payable, a.borne, a.lines.len()), ("107500".parse().unwrap(), Taka::ZERO, 0));
    assert_eq!((a.questions[0].kind, a.questions[0].blocks), (QuestionKind::UncertainRate, false));
    assert_eq!(
        explain::lines(&a, Lang::En)[1],
        "TDS CONTRACTOR: 7.5 % of 1,00,000.00 = 7,500.00 (Income Tax Act 2023 s.89; company schedule; confidence H)"
    );
    arbitrary::check_rendering(&a);
    arbitrary::check_stored(&a);
    arbitrary::check_case(STORED);
}

#[test]
fn most_cases_are_assessed() {
    // A property that is only ever met by refusals would say nothing.
    let mut runner = TestRunner::deterministic();
    let cases = (0..ALL, items(8), extras());
    let good = (0..200).filter(|_| {
        let (world, items, extras) = cases.new_tree(&mut runner).unwrap().current();
        bill(&WORLDS[world], &items, &extras).assess(&WORLDS[world].schedule).is_ok()
    });
    let good = good.count();
    assert!(good >= 120, "{good} of 200");
}
