//! Every rate of the research's table, and every row of the schedules, through the public API: the row applies on its days,
//! for its payees and bases, and on no others.
#![cfg(test)]

mod common;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use common::{HOUSE, Line, NBR, day, facts, house, invoice, nbr, share, taka, told};
use vextrus_domain::payee::VatStatus;
use vextrus_domain::{Refusal, RefusalCode, Taka};
use vextrus_tax::{Assessment, Basis, Confidence, PayeeClass, QuestionKind, Row, Schedule, Status, Tax};

/// Copied from the research note; see `data/README.md`.
const RATES: &str = include_str!("data/rates.csv");
/// What the note's text gives beyond that table.
const BEYOND: &str = include_str!("data/beyond.txt");
/// A payment day for rows without a first day.
const ANY_DAY: &str = "2026-08-01";
/// A base in no band that makes no round tax.
const BASE: &str = "1234567.89";

/// One line of the table, by column.
fn table() -> Vec<BTreeMap<&'static str, &'static str>> {
    let mut lines = RATES.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let cells = |line: &'static str| {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), names.len(), "{line}");
        names.iter().copied().zip(cells).collect()
    };
    lines.map(cells).collect()
}

/// The row of the schedule that a line of the table stands for.
fn row_of<'s>(schedule: &'s Schedule, line: &BTreeMap<&str, &str>) -> &'s Row {
    let date = |name: &str| line[name].parse::<NaiveDate>().ok();
    let amount = |name: &str| Some(line[name]).filter(|t| !t.is_empty() && *t != "0").map(taka);
    let tax = Tax::ALL.into_iter().find(|t| t.name() == line["tax"]).unwrap();
    let section = if tax == Tax::Tds { line["section"].trim_end_matches("-slab") } else { "" };
    let payee = match line["payee_kind"] {
        "any" => PayeeClass::Any,
        "natural_person" => PayeeClass::NaturalPerson,
        "other" => PayeeClass::Other,
        "enlisted" => PayeeClass::Enlisted,
        unknown => panic!("payee {unknown}"),
    };
    let basis = match line["basis"] {
        "commission" => Basis::Commission,
        "gross" => Basis::Gross,
        _ => Basis::Base,
    };
    let mut found = schedule.rows_of(tax, line["code"]).filter(|r| {
        r.section == section
            && (r.payee, r.basis, r.from, r.to) == (payee, basis, date("from"), date("to_exclusive"))
            && (r.over, r.upto) == (amount("band_over"), amount("band_upto"))
    });
    let row = found.next().unwrap_or_else(|| panic!("no row for {line:?}"));
    assert!(found.next().is_none(), "two rows for {line:?}");
    assert_eq!(row.rate.ppm().to_string(), line["rate_ppm"], "{line:?}");
    assert_eq!(format!("{:?}", row.confidence), line["confidence"], "{line:?}");
    assert_eq!(row.serial, line["serial"], "{line:?}");
    row
}

/// The VAT rate of a code on a day, as the schedule's rows have it; nothing before there were any.
fn vat_ppm(schedule: &Schedule, code: &str, on: NaiveDate) -> u32 {
    let code = if schedule.rows_of(Tax::Vat, code).next().is_some() { code } else { "STANDARD" };
    schedule.rows_of(Tax::Vat, code).find(|r| r.in_force(on)).map_or(0, |r| r.rate.ppm())
}

/// A bill of this base that the row is for, but for the day.
fn bill(schedule: &Schedule, row: &Row, on: NaiveDate, base: Taka) -> Result<Assessment, Refusal> {
    let amount = base.to_string();
    let key = row.key();
    let (tax_code, tds_code) = if row.tax == Tax::Tds { ("", key.as_str()) } else { (row.code.as_str(), "") };
    // The whole bill is commission where the commission's row is wanted; a poisha of it gives the gross bill's the higher tax.
    let commission = match row.basis {
        Basis::Commission => amount.as_str(),
        Basis::Gross => "0.01",
        Basis::Base => "",
    };
    let line = Line { amount: &amount, tax_code, tds_code, commission };
    let vat = share(base, vat_ppm(schedule, &row.code, on));
    let mut facts = facts(invoice(on, &[line], vat), on);
    facts.payer.specified_person = row.tax == Tax::Tds;
    facts.payer.withholding_entity = row.tax == Tax::Vds;
    facts.payee.natural_person = row.payee == PayeeClass::NaturalPerson;
    facts.payee.non_resident = row.section == "s119";
    if row.payee == PayeeClass::Enlisted {
        facts.payee.vat_status = VatStatus::Enlisted;
    }
    // A code that is one of its own choices is meant as itself.
    facts.answers.insert(format!("ambiguous_code/{}", row.code), row.code.clone());
    facts.assess(schedule)
}

/// The bases to try: one where there is no band, else both ends of it.
fn bases(row: &Row) -> Vec<Taka> {
    let poisha = taka("0.01");
    match (row.over, row.upto) {
        (None, None) => vec![taka(BASE)],
        (over, upto) => {
            let low = over.unwrap_or(Taka::ZERO).plus(poisha).unwrap();
            // The tax of a single poisha is none.
            vec![low.max(taka("1000.01")), upto.unwrap_or_else(|| low.plus(low).unwrap())]
        }
    }
}

fn uses(result: &Assessment, row: &Row) -> bool {
    result.rows.iter().any(|r| **r == *row)
}

fn doubtful(row: &Row) -> bool {
    row.confidence == Confidence::L || row.status == Status::Placeholder || row.ask.is_some()
}

/// The row alone gives the tax, to the poisha, on its first and last days; the days next to them do not use it.
fn applies(schedule: &Schedule, row: &Row) {
    let first = row.from.unwrap_or_else(|| day(ANY_DAY));
    let last = row.to.map_or(day("2031-06-30"), |to| to.pred_opt().unwrap());
    for (on, base) in [first, last].into_iter().flat_map(|on| bases(row).into_iter().map(move |b| (on, b))) {
        let result = bill(schedule, row, on, base).unwrap_or_else(|e| panic!("{} {on}: {e}", row.key()));
        let tax = share(base, row.rate.ppm());
        assert!(uses(&result, row), "{} {on}", row.key());
        if row.tax == Tax::Vat {
            assert_eq!((result.vat, result.lines[0].vat), (tax, tax), "{} {on}", row.key());
            assert!(result.rows.len() == 1 && result.withheld.is_empty(), "{} {on}", row.key());
        } else {
            let told: Vec<_> = result.withheld.iter().map(told).collect();
            assert_eq!(told, [(row.key().as_str(), row.rate.ppm(), base, tax)], "{} {on}", row.key());
            assert_eq!(result.withheld[0].tax, row.tax);
            assert_eq!(result.net_payable, result.total.minus(tax).unwrap());
        }
        let subject = format!("{} {}", row.tax, row.key());
        let asked = result.questions.iter().any(|q| q.kind == QuestionKind::UncertainRate && q.subject == subject);
        // A commission's doubt is asked where the gross bill's tax is the higher one too.
        let other = result.rows.iter().any(|r| r.tax == row.tax && r.key() == row.key() && doubtful(r));
        assert_eq!(asked, other, "{subject} {on}: {:?}", result.questions);
        assert!(asked || !doubtful(row), "{subject} {on}");
    }
    for on in [row.from.map(|from| from.pred_opt().unwrap()), row.to].into_iter().flatten() {
        match bill(schedule, row, on, bases(row)[0]) {
            Ok(result) => assert!(!uses(&result, row), "{} is used on {on}", row.key()),
            Err(refusal) => assert_eq!(refusal.code, RefusalCode::RateNotCovered, "{} {on}: {refusal}", row.key()),
        }
    }
}

#[test]
fn every_rate_of_the_table_is_in_its_schedule_and_applies() {
    let (house, nbr) = (house(), nbr());
    let mut counts = BTreeMap::new();
    for line in table() {
        assert!(matches!(line["confidence"], "H" | "M"), "{line:?}");
        let schedule = if line["schedule"] == "house" { &house } else { &nbr };
        let row = row_of(schedule, &line);
        // The house deducts no VAT and knows no days, so that its row is the only one on any.
        applies(schedule, row);
        *counts.entry((line["schedule"], line["tax"])).or_insert(0) += 1;
    }
    let counts: Vec<_> = counts.into_iter().map(|((schedule, tax), n)| (schedule, tax, n)).collect();
    let expected =
        [("house", "TDS", 3), ("house", "VAT", 1), ("nbr", "TDS", 96), ("nbr", "VAT", 7), ("nbr", "VDS", 51)];
    assert_eq!(counts, expected);
    assert_eq!(RATES.lines().count() - 1, 158);
}

#[test]
fn the_other_rows_are_those_of_the_notes_text() {
    let nbr = nbr();
    let lines = table();
    let known: Vec<&Row> = lines.iter().filter(|l| l["schedule"] == "nbr").map(|l| row_of(&nbr, l)).collect();
    let mut found: Vec<String> = Vec::new();
    for row in nbr.rows.iter().filter(|r| !known.contains(&&***r)) {
        let (from, to) = (row.from.unwrap(), row.to.map_or("-".to_owned(), |to| to.to_string()));
        let name = format!("{} {} {from} {to} ", row.tax, row.key());
        let rate = row.rate.ppm();
        match found.last_mut().filter(|last| last.starts_with(&name)) {
            Some(last) => *last = format!("{last} {rate}"),
            None => found.push(format!("{name}{rate}")),
        }
    }
    for (found, line) in found.iter().zip(BEYOND.lines()) {
        assert_eq!(found, line);
    }
    assert_eq!((found.len(), nbr.rows.len()), (BEYOND.lines().count(), known.len() + 96));
    let split = |r: &&Row| r.section == "s90" && r.upto.is_some();
    assert!(nbr.rows.iter().map(|r| &**r).filter(split).all(|r| r.upto == Some(taka("2500000"))));
}

/// Rows that no bill reaches: the VAT of their years was not found, so that the bill is refused before.
const UNREACHED: [(&str, &str); 2] = [("S037.00", "2019-07-01"), ("S001.10nonAC", "2023-07-01")];

#[test]
fn every_row_of_the_schedule_applies_and_the_doubtful_ask() {
    let nbr = nbr();
    let mut unreached = Vec::new();
    for row in &nbr.rows {
        let from = row.from.unwrap();
        if row.tax == Tax::Vds && UNREACHED.contains(&(&row.code, &from.to_string())) {
            let refusal = bill(&nbr, row, from, taka(BASE)).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::RateNotCovered);
            unreached.push(row.code.as_str());
        } else {
            applies(&nbr, row);
        }
    }
    assert_eq!(unreached, UNREACHED.map(|(code, _)| code));
}

#[test]
fn rows_are_counted_by_tax_and_confidence_and_stand_in_order() {
    let nbr = nbr();
    let mut counts: BTreeMap<(&str, String), u32> = BTreeMap::new();
    for row in &nbr.rows {
        *counts.entry((row.tax.name(), format!("{:?}", row.confidence))).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().map(|((tax, confidence), n)| (*tax, confidence.as_str(), *n)).collect();
    let expected = [
        ("TDS", "H", 74),
        ("TDS", "L", 1),
        ("TDS", "M", 86),
        ("VAT", "H", 12),
        ("VAT", "L", 2),
        ("VAT", "M", 9),
        ("VDS", "H", 52),
        ("VDS", "M", 14),
    ];
    assert_eq!(counts, expected);
    let place = |row: &Row| {
        let section: u32 = row.section.trim_start_matches('s').parse().unwrap_or(0);
        (row.tax, section, row.from, row.serial.parse::<u32>().unwrap_or(0))
    };
    let unsorted: Vec<String> =
        nbr.rows.windows(2).filter(|w| place(&w[0]) > place(&w[1])).map(|w| w[1].key()).collect();
    assert!(unsorted.is_empty(), "{unsorted:?}");
}

#[test]
fn nothing_is_made_up_for_what_was_not_found() {
    let nbr = nbr();
    for (code, on) in [
        ("s89/OIL_DEALER", "2025-08-01"),
        ("s89/GAS_DISTRIBUTION", "2026-06-30"),
        ("s90/RESIDUAL", "2025-07-01"),
        ("s90/RESIDUAL", "2024-06-30"),
        ("s90/PROFESSIONAL", "2025-07-01"),
        ("s89/RESIDUAL", "2021-06-30"),
        ("s109/RENT", "2026-06-30"),
    ] {
        let line = Line { amount: BASE, tds_code: code, ..Line::default() };
        let mut facts = facts(invoice(day(on), &[line], share(taka(BASE), 150_000)), day(on));
        facts.payer.withholding_entity = false;
        let refusal = facts.assess(&nbr).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::RateNotCovered, "{code} {on}");
        assert!(refusal.message.contains(on) && refusal.message.contains(code), "{refusal}");
    }
}

/// The number of the first line of a text that holds all of these, which are parted by `&`.
fn line_with(text: &str, what: &str) -> usize {
    1 + text
        .lines()
        .position(|l| what.split(" & ").all(|w| l.contains(w)))
        .unwrap_or_else(|| panic!("no line has {what}"))
}

/// The text with one change on that line.
fn edited(text: &str, what: &str, from: &str, to: &str) -> String {
    let number = line_with(text, what);
    let lines = (1..).zip(text.lines()).map(|(n, line)| {
        assert!(n != number || line.contains(from), "{from} is not in {line}");
        if n == number { line.replacen(from, to, 1) } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn bad_schedules_are_refused_with_their_line() {
    let residual = r#"serial = "20" & "RESIDUAL""#;
    for (what, from, to, said) in [
        (r#""VAT" & "STANDARD" & rate_ppm"#, "150000", "150001", "the statutory ceiling is 15 %"),
        (r#""VDS" & "S083.00""#, "150000", "150001", "the statutory ceiling is 15 %"),
        (residual, "50000", "100001", "the statutory ceiling is 10 %"),
        (r#""s90" & "MNO" & serial"#, "100000", "200001", "the statutory ceiling is 20 %"),
        (r#""s91" & "ROYALTY""#, "100000", "200001", "the statutory ceiling is 20 %"),
        (r#""s119" & "INTEREST""#, "100000", "300001", "the statutory ceiling is 30 %"),
        (residual, "2026-07-01", "2026-06-30", "the TDS row for s89/RESIDUAL covers the same days and bases"),
        (r#""ANY" & over = "5000000""#, "\"5000000\"", "\"4999999.99\"", "covers the same days and bases"),
        (r#"serial = "2" & "PROFESSIONAL" & "other""#, ", payee = \"other\"", "", "covers the same days"),
        (r#"serial = "1" & "ADVISORY" & "other""#, "\"other\"", "\"enlisted\"", "covers the same days"),
        (r#"serial = "4" & "CLEAN & "gross""#, ", basis = \"gross\"", "", "covers the same days"),
        (r#""ANY" & over = "5000000""#, "\"20000000\"", "\"5000000\"", "has an empty band"),
        (r#""MEDICINE" & to ="#, "to = \"2026-07-01\"", "to = \"2025-01-23\"", "ends before it begins"),
        (r#""S083.00""#, "legal_ref = \"VDS Rules 2025", "legal_ref = \"\", source = \"", "duplicate key"),
        (r#""S083.00""#, "code = \"S083.00\"", "code = \"S083/00\"", "holds a slash"),
        (r#""S083.00""#, "rate_ppm", "basis = \"gross\", rate_ppm", "only TDS knows gross and commission"),
        (
            r#""S083.00""#,
            "source = \"TakaBooks withholding-tds-vds.md; supply-portal gazette notes\"",
            "source = \" \"",
            "empty source",
        ),
        (residual, "confidence =", "confidance =", "unknown field `confidance`"),
        (residual, "\"H\"", "\"X\"", "unknown variant `X`"),
        (residual, "rate_ppm = 50000", "rate_ppm = 0.05", "invalid type: floating point"),
        (residual, "rate_ppm = 50000, ", "", "missing field `rate_ppm`"),
        ("policy.vds", "policy.vds", "policy.vat", "unknown field `vat`"),
        ("policy.vds", "table", "always", "unknown variant `always`"),
        ("withholding =", "s89/RESIDUAL", "s89/RESIDUEL", "withholding.supplier"),
        (r#"code = "S048.00""#, "\"S048.00b\"", "\"S048.00c\"", "no VAT or VDS row has the code \"S048.00c\""),
        (r#"code = "S048.00""#, ", \"S048.00b\"", "", "fewer than two choices"),
        ("vat_tolerance =", "vat_tolerance", "surprise = 1\nvat_tolerance", "unknown field `surprise`"),
    ] {
        let error = Schedule::parse(&edited(NBR, what, from, to)).err();
        let error = error.unwrap_or_else(|| panic!("{what}: {from} as {to} is accepted"));
        assert!(error.problem.contains(said), "{what}: {from} as {to}: {error}");
        assert_eq!(error.line, line_with(NBR, what), "{what}: {from} as {to}: {error}");
    }
    let house = format!("{HOUSE}\n[policy]\nvds = \"table\"\nvat = 1\n");
    assert_eq!(Schedule::parse(&house).unwrap_err().line, line_with(&house, "vat = 1"));
}

/// A gap is told at the promise that it breaks.
#[test]
fn gaps_in_what_is_promised_are_refused_with_the_promise() {
    for (what, from, to, promise, said) in [
        (
            r#"serial = "20" & "RESIDUAL""#,
            "2026-07-01",
            "2026-07-02",
            r#"{ tax = "TDS", section = "s89", code = "RESIDUAL""#,
            "TDS s89/RESIDUAL is promised, but natural persons have no rate for every base on 2026-07-01",
        ),
        (
            r#""ANY" & upto = "5000000""#,
            "\"5000000\"",
            "\"4999999.99\"",
            r#"{ tax = "TDS", section = "s89", code = "ANY""#,
            "TDS s89/ANY is promised",
        ),
        (
            r#"serial = "1" & "ADVISORY" & "other""#,
            "2026-07-01",
            "2027-07-01",
            r#"code = "ADVISORY", from = "2026-07-01" }"#,
            "TDS s90/ADVISORY is promised, but others have no rate",
        ),
        (
            r#""VDS" & "S004.00" & 75000 & from = "2021-07-01""#,
            "to = \"2025-07-01\"",
            "to = \"2025-06-30\"",
            r#"{ tax = "VDS", code = "S004.00", from"#,
            "no rate for every base on 2025-06-30",
        ),
    ] {
        let text = edited(NBR, what, from, to);
        let error = Schedule::parse(&text).unwrap_err();
        assert!(error.problem.contains(said), "{what}: {error}");
        assert_eq!(error.line, line_with(&text, promise), "{what}: {error}");
    }
}
