//! Mushak 6.10 and the return.

use vextrus_domain::Taka;
use vextrus_tax::Confidence;
use vextrus_tax::mushak::form_6_10::{LISTED_ABOVE, Registered, Side, ValueBasis, candidates};
use vextrus_tax::mushak::vat_return::{
    Issued66, NoteFigures, Papers, Purchase, RateClass, Received66, Stated, tie_out,
};
use vextrus_tax::mushak::{Party, in_claim_window};

use crate::{ISSUER, day, taka};

fn registered(side: Side, number: &str, date: &str, value: &str, total: &str) -> Registered {
    let party = Party { name: "Padma".into(), bin: ISSUER.into(), address: String::new() };
    Registered { side, party, number: number.into(), date: day(date), value: taka(value), total: taka(total) }
}

#[test]
fn large_invoices_are_listed_above_two_lakh_exactly() {
    assert_eq!(LISTED_ABOVE, taka("2,00,000"));
    let register = [
        registered(Side::Sale, "9", "2026-08-02", "200000", "230000"),
        registered(Side::Purchase, "2", "2026-08-31", "173913.05", "200000.01"),
        registered(Side::Purchase, "1", "2026-08-31", "200000.01", "200000.01"),
        registered(Side::Purchase, "3", "2026-08-31", "173913.04", "200000"),
        registered(Side::Purchase, "4", "2026-09-01", "900000", "900000"),
    ];
    let listed = |basis| -> Vec<(u32, String)> {
        let rows = candidates(&register, "2026-08".parse().unwrap(), basis);
        rows.into_iter().map(|r| (r.serial, r.registered.number)).collect()
    };
    let expect = |rows: &[(u32, &str)]| rows.iter().map(|(n, s)| (*n, (*s).to_owned())).collect::<Vec<_>>();
    assert_eq!(listed(ValueBasis::WithTaxes), expect(&[(1, "1"), (2, "2"), (1, "9")]));
    assert_eq!(listed(ValueBasis::WithoutTaxes), expect(&[(1, "1")]));
}

#[test]
fn the_window_is_six_periods_and_was_four() {
    for (of, claimed, right) in [
        ("2026-07", "2026-06", false),
        ("2026-07", "2026-07", true),
        ("2026-07", "2027-01", true),
        ("2026-07", "2027-02", false),
        ("2025-07", "2026-01", true),
        ("2025-06", "2025-10", true),
        ("2025-06", "2025-11", false),
    ] {
        assert_eq!(in_claim_window(of.parse().unwrap(), claimed.parse().unwrap()), right, "{of} {claimed}");
    }
}

fn issued(number: &str, of: &str, amount: &str) -> Issued66 {
    Issued66 { number: number.into(), period: of.parse().unwrap(), vat_deducted: taka(amount) }
}

/// A certificate that we claim in August 2026.
fn received(of: &str, on: Option<&str>, amount: &str) -> Received66 {
    Received66 {
        number: "c".into(),
        period: of.parse().unwrap(),
        received_on: on.map(day),
        claimed_in: Some("2026-08".parse().unwrap()),
        vat_deducted: taka(amount),
    }
}

fn purchase(class: RateClass, imported: bool, value: &str, vat: &str) -> Purchase {
    Purchase { class, imported, value: taka(value), vat: taka(vat) }
}

fn figures(value: &str, vat: &str) -> NoteFigures {
    NoteFigures { value: taka(value), vat: taka(vat) }
}

#[test]
fn the_return_agrees_with_its_papers_or_says_where_not() {
    let period = "2026-08".parse().unwrap();
    let issued = [issued("1", "2026-08", "30000"), issued("2", "2026-08", "0.01"), issued("3", "2026-07", "5")];
    let good = [received("2026-02", Some("2026-08-31"), "100"), received("2026-08", Some("2026-08-10"), "20")];
    let late = [
        received("2026-01", Some("2026-02-01"), "7"),
        received("2026-08", Some("2026-09-01"), "7"),
        received("2026-08", None, "7"),
    ];
    let old = [received("2025-06", Some("2025-07-01"), "7")];
    let received = [good.as_slice(), &late].concat();
    let purchases = [
        purchase(RateClass::Zero, false, "1", "0"),
        purchase(RateClass::Exempt, true, "2", "0"),
        purchase(RateClass::Standard, false, "200000", "30000"),
        purchase(RateClass::Standard, false, "100", "15"),
        purchase(RateClass::Other, true, "100", "10"),
    ];
    let register = [
        registered(Side::Purchase, "1001/2026-27", "2026-08-01", "200000", "230000"),
        registered(Side::Sale, "5", "2026-08-01", "1", "1"),
    ];
    let mut papers = Papers {
        period,
        issued: &issued,
        received: &received,
        purchases: &purchases,
        register: &register,
        basis: ValueBasis::default(),
    };
    let part_4 = [
        (10, figures("1", "0")),
        (13, figures("2", "0")),
        (14, figures("200100", "30015")),
        (17, figures("100", "10")),
    ];
    let mut stated = Stated {
        note_24: Some(taka("30000.01")),
        note_29: Some(taka("120")),
        part_4: Some(part_4.into_iter().collect()),
        form_6_10: Some(candidates(&register, period, ValueBasis::default())),
    };
    let all = tie_out(&stated, &papers).unwrap();
    assert_eq!(all.len(), 2 + 8 + 4);
    assert!(all.iter().all(|t| t.agrees && t.confidence == Confidence::M), "{all:?}");
    stated.note_24 = Some(taka("30000"));
    stated.note_29 = Some(taka("141"));
    stated.part_4.as_mut().unwrap().insert(15, figures("9", "1"));
    stated.form_6_10.as_mut().unwrap()[0].registered.total = taka("230000.01");
    let wrong: Vec<String> =
        tie_out(&stated, &papers).unwrap().into_iter().filter(|t| !t.agrees).map(|t| t.name).collect();
    assert_eq!(
        wrong,
        ["note_24", "note_29", "note_15_value", "note_15_vat", "6_10_purchases_in_register", "6_10_purchases_complete"]
    );
    papers.received = &old;
    let doubtful = tie_out(&Stated { note_29: Some(Taka::ZERO), ..Stated::default() }, &papers).unwrap();
    assert!(doubtful.len() == 1 && doubtful[0].agrees && doubtful[0].confidence == Confidence::L);
    assert_eq!(tie_out(&Stated::default(), &papers).unwrap(), [], "what is not known is not compared");
    assert_eq!(RateClass::of_rate("10".parse().unwrap()), Some(RateClass::Other));
    assert_eq!(RateClass::of_rate("0".parse().unwrap()), None);
}
