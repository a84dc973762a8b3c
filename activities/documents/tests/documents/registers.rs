//! Registers, over what real documents have left in the books; their sums against queries of the test's own.

use std::collections::BTreeMap;

use vextrus_domain::{Payer, Refusal, RefusalCode, TenantId};
use vextrus_ledger::registers::{self, Asked, Cell, Totals};
use vextrus_ledger::treasury::{CertificateRequest, DepositRequest, Selection};
use vextrus_tax::Tax;
use vextrus_tests_support::company::{ACME, GLOBEX, billed, id, invoice, order};
use vextrus_tests_support::dice::Dice;
use vextrus_tests_support::on_both;
use vextrus_tests_support::steps::Desk;

use crate::treasury::{certificate_of, certify, challan, deposit, filed, paid, professional, reverse, statutory};

on_both![
    the_vds_register_tells_what_became_of_each_obligation,
    the_tds_register_tells_what_was_late,
    a_register_as_of_a_day_is_what_the_books_said_then,
    obligations_stand_in_the_order_of_their_deadlines,
    whatever_is_withheld_the_registers_add_up,
    the_purchase_book_is_the_input_vat_of_the_month,
    the_budget_is_what_documents_keep_and_spend,
    the_journal_balances_over_any_days,
    serials_tell_gaps,
    no_company_sees_anothers_registers,
];

pub(crate) type Line = BTreeMap<&'static str, String>;

pub(crate) async fn answer(desk: &Desk, tenant: &str, asked: &Asked) -> Result<(Vec<Line>, Totals), Refusal> {
    let tenant: TenantId = id(tenant);
    let mut lines = Vec::new();
    let mut tx = desk.ledger().read(&tenant).await.unwrap();
    let totals = registers::report(&mut tx, &tenant, asked, &mut |cells: Vec<Cell>| {
        assert_eq!(cells.len(), asked.columns().len(), "a cell for each column");
        lines.push(asked.columns().iter().copied().zip(cells.iter().map(ToString::to_string)).collect());
        Ok(())
    })
    .await
    .unwrap()?;
    tx.rollback().await.unwrap();
    assert_eq!(usize::try_from(totals.rows).unwrap(), lines.len());
    Ok((lines, totals))
}

pub(crate) async fn read(desk: &Desk, asked: &Asked) -> (Vec<Line>, Totals) {
    answer(desk, ACME, asked).await.unwrap()
}

pub(crate) fn told(lines: &[Line], columns: &[&str]) -> Vec<String> {
    lines.iter().map(|line| columns.iter().map(|c| line[c].as_str()).collect::<Vec<_>>().join(" ")).collect()
}

fn sums(totals: &Totals) -> BTreeMap<&'static str, String> {
    totals.sums.iter().map(|(name, sum)| (*name, sum.to_string())).collect()
}

/// The sum of a column of lines.
fn added(lines: &[Line], column: &str) -> String {
    let poisha = |text: &str| text.replace('.', "").parse::<i128>().unwrap();
    Cell::Amount(lines.iter().map(|line| poisha(&line[column])).sum()).to_string()
}

fn payer() -> Payer {
    Payer {
        name: "Acme Ltd".to_owned(),
        bin: "9876543210101".to_owned(),
        address: "Dhaka".to_owned(),
        ..Payer::default()
    }
}

fn withheld(tax: Tax, as_of: &str) -> Asked {
    Asked::Withheld { tax, month: id("2026-07"), as_of: id(as_of) }
}

async fn the_vds_register_tells_what_became_of_each_obligation(desk: &Desk) {
    const STATE: &[&str] =
        &["vat_deducted", "deposit_number", "deposited_on", "mushak_6_6_number", "mushak_6_6_by", "state"];
    statutory(desk, &payer()).await;
    paid(desk, &[("INV-1", "100000"), ("INV-2", "40000")]).await;
    let (lines, totals) = read(desk, &withheld(Tax::Vds, "2026-07-10")).await;
    assert_eq!(told(&lines, STATE), ["15000.00    2026-08-18 open", "6000.00    2026-08-18 open"]);
    let facts =
        ["supplier_name", "supplier_bin", "mushak_6_3_number", "service_code", "vds_rate_percent", "deposit_by"];
    assert_eq!(told(&lines[..1], &facts), ["jamuna limited 3234567890101 INV-1/2025-26 S032.00 15 2026-08-15"]);
    assert_eq!(told(&lines, &["supply_value", "vds_base"]), ["115000.00 100000.00", "46000.00 40000.00"]);
    assert_eq!(sums(&totals)["not_deposited"], "21000.00");

    desk.at("2026-08-12T06:00:00Z");
    deposit(desk, &filed("2026-08-12", "21000")).await.unwrap();
    let (lines, _) = read(desk, &withheld(Tax::Vds, "2026-08-18")).await;
    assert_eq!(
        told(&lines, &["state", "deposit_days_late", "deposit_overdue", "mushak_6_6_overdue"])[0],
        "deposited 0 no yes"
    );
    certify(desk, &certificate_of(Tax::Vds)).await.unwrap();
    let (lines, totals) = read(desk, &withheld(Tax::Vds, "2026-08-18")).await;
    assert_eq!(told(&lines, STATE)[0], "15000.00 ACK-7 2026-08-12 VDSC-2026-27-000001 2026-08-17 certified");
    assert_eq!(told(&lines, &["mushak_6_6_overdue", "deposit_means"])[1], "no vat_return");
    assert_eq!(sums(&totals)["certified"], "21000.00");
    assert_eq!((sums(&totals)["deposited"].as_str(), sums(&totals)["not_deposited"].as_str()), ("21000.00", "0.00"));
}

async fn the_tds_register_tells_what_was_late(desk: &Desk) {
    const LATE: &[&str] =
        &["deposit_by", "deposited_on", "deposit_days_late", "deposit_overdue", "certificate_overdue"];
    statutory(desk, &payer()).await;
    let keys = paid(desk, &[("INV-1", "100000"), ("INV-2", "40000")]).await;
    let (lines, _) = read(desk, &withheld(Tax::Tds, "2026-08-14")).await;
    assert_eq!(told(&lines, LATE), ["2026-08-14  0 no no", "2026-08-14  0 no no"], "the last day is in time");
    let (lines, _) = read(desk, &withheld(Tax::Tds, "2026-08-15")).await;
    assert_eq!(told(&lines, LATE), ["2026-08-14  1 yes yes", "2026-08-14  1 yes yes"]);
    desk.at("2026-08-20T06:00:00Z");
    let of = Selection { documents: vec![keys[0].document.clone()], ..Selection::default() };
    let late = DepositRequest { of, ..challan(Tax::Tds, "CH-1", "2026-08-20", "7500") };
    deposit(desk, &late).await.unwrap();
    let (lines, totals) = read(desk, &withheld(Tax::Tds, "2026-08-25")).await;
    assert_eq!(told(&lines, LATE), ["2026-08-14 2026-08-20 6 no yes", "2026-08-14  11 yes yes"]);
    let paper = ["payee_name", "payee_tin", "section", "challan_number", "bank", "economic_code"];
    let said = "jamuna limited 323456789012 s90/PROFESSIONAL CH-1 Sonali Bank, Motijheel 1/1141/0001/0112";
    assert_eq!(told(&lines[..1], &paper), [said]);
    assert_eq!((sums(&totals)["deposited"].as_str(), sums(&totals)["not_deposited"].as_str()), ("7500.00", "3000.00"));
    let (june, _) = read(desk, &Asked::Withheld { tax: Tax::Tds, month: id("2026-06"), as_of: id("2026-08-25") }).await;
    assert_eq!(june, []);
}

async fn a_register_as_of_a_day_is_what_the_books_said_then(desk: &Desk) {
    statutory(desk, &payer()).await;
    paid(desk, &[("INV-1", "100000")]).await;
    desk.at("2026-07-20T06:00:00Z");
    deposit(desk, &challan(Tax::Tds, "CH-1", "2026-07-18", "7500")).await.unwrap();
    desk.at("2026-07-22T06:00:00Z");
    reverse(desk, 1, "of another company").await.unwrap();
    desk.at("2026-07-22T17:59:59Z");
    deposit(desk, &challan(Tax::Tds, "CH-2", "2026-07-18", "7500")).await.unwrap();
    desk.at("2026-07-22T18:00:00Z");
    certify(desk, &certificate_of(Tax::Tds)).await.unwrap();
    for (as_of, said) in [
        ("2026-07-09", None),
        ("2026-07-10", Some("  open")),
        ("2026-07-19", Some("  open")),
        ("2026-07-20", Some("CH-1  deposited")),
        ("2026-07-21", Some("CH-1  deposited")),
        ("2026-07-22", Some("CH-2  deposited")),
        ("2026-07-23", Some("CH-2 TDSC-2026-27-000001 certified")),
    ] {
        let (lines, _) = read(desk, &withheld(Tax::Tds, as_of)).await;
        let line = told(&lines, &["challan_number", "certificate_number", "state"]).pop();
        assert_eq!(line.as_deref(), said, "{as_of}");
        let (open, _) = read(desk, &Asked::Obligations { as_of: id(as_of) }).await;
        let tds = told(&open, &["tax", "duty"]).into_iter().find(|line| line.starts_with("TDS"));
        let duty = said.and_then(|s| match s.rsplit(' ').next() {
            Some("open") => Some("TDS deposit"),
            Some("deposited") => Some("TDS certificate"),
            _ => None,
        });
        assert_eq!(tds.as_deref(), duty, "{as_of}");
    }
}

async fn obligations_stand_in_the_order_of_their_deadlines(desk: &Desk) {
    statutory(desk, &payer()).await;
    paid(desk, &[("INV-1", "100000")]).await;
    desk.at("2026-08-10T06:00:00Z");
    paid(desk, &[("INV-2", "40000")]).await;
    let asked = Asked::Obligations { as_of: id("2026-08-15") };
    let (lines, totals) = read(desk, &asked).await;
    assert_eq!(
        told(&lines, &["due", "duty", "tax", "amount", "days_late", "overdue"]),
        [
            "2026-08-14 deposit TDS 7500.00 1 yes",
            "2026-08-15 deposit VDS 15000.00 0 no",
            "2026-09-14 deposit TDS 3000.00 0 no",
            "2026-09-15 deposit VDS 6000.00 0 no",
        ]
    );
    assert_eq!(sums(&totals)["to_deposit"], added(&lines, "amount"));
    deposit(desk, &challan(Tax::Tds, "CH-1", "2026-08-10", "7500")).await.unwrap();
    let (lines, totals) = read(desk, &asked).await;
    assert_eq!(told(&lines[..1], &["due", "duty", "deposit"]), ["2026-08-14 certificate 1"]);
    assert_eq!((sums(&totals)["to_certify"].as_str(), sums(&totals)["to_deposit"].as_str()), ("7500.00", "24000.00"));
}

async fn whatever_is_withheld_the_registers_add_up(desk: &Desk) {
    statutory(desk, &payer()).await;
    let mut dice = Dice::new();
    let mut challans = 0;
    for n in 0..8 {
        desk.at(&format!("2026-07-{:02}T06:00:00Z", 10 + n));
        let subtotal = format!("{}.{:02}", 1_000 + dice.roll(90_000), dice.roll(100));
        let (key, _) = desk.settled(&professional(&format!("INV-{n}"), &subtotal)).await;
        if dice.roll(2) == 0 {
            challans += 1;
            let sql = format!("amount), 0) FROM tax_obligations WHERE tax = 'TDS' AND document = '{}'", key.document);
            let of = Selection { documents: vec![key.document.clone()], ..Selection::default() };
            let number = format!("CH-{challans}");
            let owed = raw_sum(desk, &sql).await;
            let on = format!("2026-07-{:02}", 10 + n);
            let asked = DepositRequest { of: of.clone(), ..challan(Tax::Tds, &number, &on, &owed) };
            deposit(desk, &asked).await.unwrap();
            match dice.roll(3) {
                0 => drop(reverse(desk, challans, "by chance").await.unwrap()),
                1 => {
                    let wanted = CertificateRequest { of, ..certificate_of(Tax::Tds) };
                    certify(desk, &wanted).await.unwrap();
                }
                _ => {}
            }
        }
    }
    let deposited =
        "amount), 0) FROM deposit_lines WHERE tax = 'TDS' AND deposit NOT IN (SELECT deposit FROM deposit_reversals)";
    let whole =
        |tax: &str, column: &str| format!("{column}), 0) FROM tax_obligations WHERE tenant = 'acme' AND tax = '{tax}'");
    for (tax, column) in [(Tax::Tds, "tax_deducted"), (Tax::Vds, "vat_deducted")] {
        let (lines, totals) = read(desk, &withheld(tax, "2026-07-31")).await;
        assert_eq!(lines.len(), 8);
        let totals = sums(&totals);
        assert_eq!(totals["deducted"], raw_sum(desk, &whole(tax.name(), "amount")).await);
        assert_eq!(totals["base"], raw_sum(desk, &whole(tax.name(), "base")).await);
        assert_eq!(totals["deducted"], added(&lines, column));
        if tax == Tax::Tds {
            assert_eq!(totals["deposited"], raw_sum(desk, deposited).await);
            assert_eq!(totals["certified"], raw_sum(desk, "amount), 0) FROM tax_certificates").await);
        }
        let open: Vec<Line> = lines.into_iter().filter(|line| line["state"] == "open").collect();
        assert_eq!(totals["not_deposited"], added(&open, column));
    }
}

/// A sum by the test's own query: from `column), 0) FROM …`.
async fn raw_sum(desk: &Desk, rest: &str) -> String {
    let poisha =
        desk.database.raw().await.number(&format!("SELECT CAST((SELECT coalesce(sum({rest}) AS BIGINT)")).await;
    Cell::Amount(i128::from(poisha)).to_string()
}

async fn the_purchase_book_is_the_input_vat_of_the_month(desk: &Desk) {
    statutory(desk, &payer()).await;
    paid(desk, &[("INV-1", "100000"), ("INV-2", "40000.55")]).await;
    desk.at("2026-08-02T06:00:00Z");
    paid(desk, &[("INV-3", "7000")]).await;
    let (lines, totals) = read(desk, &Asked::Purchases { month: id("2026-07") }).await;
    let words = [
        "serial",
        "date",
        "challan_number",
        "supplier_name",
        "supplier_address",
        "supplier_bin",
        "description",
        "quantity",
    ];
    assert_eq!(told(&lines[..1], &words), ["1 2026-07-10 INV-1/2025-26 jamuna limited  3234567890101 as ordered 1"]);
    assert_eq!(
        told(&lines, &["value", "supplementary_duty", "vat"]),
        ["100000.00 0.00 15000.00", "40000.55 0.00 6000.08"]
    );
    let posted = "l.debit), 0) FROM journal_lines l JOIN journal_entries e ON e.tenant = l.tenant AND e.entry = l.entry
        WHERE l.tenant = 'acme' AND e.posting_date BETWEEN '2026-07-01' AND '2026-07-31' AND l.purpose = ";
    let sums = sums(&totals);
    assert_eq!(sums["vat"], raw_sum(desk, &format!("{posted}'input_vat'")).await);
    assert_eq!(sums["value"], raw_sum(desk, &format!("{posted}'expense'")).await);
    assert_eq!(sums["total"], added(&lines, "total"));
}

async fn the_budget_is_what_documents_keep_and_spend(desk: &Desk) {
    let (_, number) = desk.issue(&order("padma", &[("cement", "10", "1000")])).await;
    desk.receive(&number, &[(1, "4")]).await.unwrap();
    desk.settled(&billed("padma", "INV-1", &number, &[(1, "4", "1000")])).await;
    desk.settled(&invoice("meghna", "INV-2", "50000")).await;
    desk.submit(&invoice("jamuna", "INV-3", "7000")).await;
    let (lines, totals) = read(desk, &Asked::Budget { year: id("2025-26") }).await;
    let works = lines.iter().find(|l| l["department"] == "works" && l["project"].is_empty()).unwrap();
    let columns = ["allocated", "reserved", "encumbered", "actual", "available", "excess"];
    assert_eq!(
        columns.map(|c| works[c].as_str()),
        ["20000000.00", "7000.00", "6000.00", "54000.00", "19933000.00", "0.00"]
    );
    let (_, groups) = totals.groups.unwrap();
    let departments: BTreeMap<_, _> = groups[0].1.iter().map(|(name, sum)| (*name, sum.to_string())).collect();
    assert_eq!(departments["actual"], raw_sum(desk, "debit), 0) FROM journal_lines WHERE purpose = 'expense'").await);
    let kept = "reserved), 0) FROM budget_lines WHERE tenant = 'acme' AND project = ''";
    let poisha = |text: &str| text.replace('.', "").parse::<i128>().unwrap();
    let both = poisha(&departments["reserved"]) + poisha(&departments["encumbered"]);
    assert_eq!(Cell::Amount(both).to_string(), raw_sum(desk, kept).await);
    assert_eq!(read(desk, &Asked::Budget { year: id("2030-31") }).await.0, []);
}

async fn the_journal_balances_over_any_days(desk: &Desk) {
    desk.settled(&invoice("padma", "INV-1", "100000")).await;
    desk.at("2025-08-11T06:00:00Z");
    desk.settled(&invoice("meghna", "INV-2", "50000")).await;
    let days = |from: &str, to: &str| Asked::Journal { from: id(from), to: id(to) };
    let (lines, totals) = read(desk, &days("2025-08-01", "2025-08-31")).await;
    let all = sums(&totals);
    assert_eq!(all["debit"], all["credit"]);
    assert_eq!(all["debit"], raw_sum(desk, "debit), 0) FROM journal_lines").await);
    assert_eq!((all["debit"].clone(), all["credit"].clone()), (added(&lines, "debit"), added(&lines, "credit")));
    let (_, accounts) = totals.groups.unwrap();
    let expense = accounts.iter().find(|(account, _)| account == "5100 expense").unwrap();
    assert_eq!(expense.1[2], ("balance", Cell::Amount(15_000_000)));
    let (one, totals) = read(desk, &days("2025-08-11", "2025-08-11")).await;
    assert!(one.iter().all(|line| line["vendor"] == "meghna" && line["posting_date"] == "2025-08-11"), "{one:?}");
    assert_eq!(sums(&totals)["debit"], "57500.00");
    assert_eq!(read(desk, &days("2025-08-12", "2025-12-31")).await.0, []);
    let refusal = answer(desk, ACME, &days("2025-08-12", "2025-08-11")).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::InvalidField);
}

async fn serials_tell_gaps(desk: &Desk) {
    statutory(desk, &payer()).await;
    paid(desk, &[("INV-1", "100000"), ("INV-2", "40000")]).await;
    desk.issue(&order("padma", &[("cement", "10", "1000")])).await;
    deposit(desk, &challan(Tax::Tds, "CH-1", "2026-07-10", "10500")).await.unwrap();
    certify(desk, &certificate_of(Tax::Tds)).await.unwrap();
    let columns = ["series", "fiscal_year", "first", "last", "taken", "count", "missing", "duplicates", "sound"];
    let (lines, totals) = read(desk, &Asked::Serials).await;
    assert_eq!(
        told(&lines, &columns),
        [
            "DEPOSIT  1 1  1 0 0 yes",
            "PI 2026-27 1 2 2 2 0 0 yes",
            "PO 2026-27 1 1 1 1 0 0 yes",
            "TDSC 2026-27 1 1 1 1 0 0 yes"
        ]
    );
    assert_eq!(sums(&totals)["missing"], "0");
    let mut tx = desk.begin().await.unwrap();
    tx.raw("UPDATE number_series SET last = 5 WHERE series = 'PI'").await.unwrap();
    tx.commit().await.unwrap();
    let (lines, totals) = read(desk, &Asked::Serials).await;
    assert_eq!(told(&lines[1..2], &["missing", "gaps", "sound"]), ["3 3 to 5 no"]);
    assert_eq!(sums(&totals)["missing"], "3");
    let mut tx = desk.begin().await.unwrap();
    tx.raw("UPDATE number_series SET last = 2 WHERE series = 'PI'").await.unwrap();
    tx.commit().await.unwrap();
}

async fn no_company_sees_anothers_registers(desk: &Desk) {
    statutory(desk, &payer()).await;
    paid(desk, &[("INV-1", "100000")]).await;
    deposit(desk, &challan(Tax::Tds, "CH-1", "2026-07-10", "7500")).await.unwrap();
    certify(desk, &certificate_of(Tax::Tds)).await.unwrap();
    let as_of = id("2026-12-31");
    for asked in [
        withheld(Tax::Vds, "2026-12-31"),
        withheld(Tax::Tds, "2026-12-31"),
        Asked::Obligations { as_of },
        Asked::Purchases { month: id("2026-07") },
        Asked::Journal { from: id("2000-01-01"), to: as_of },
        Asked::Serials,
    ] {
        assert!(!read(desk, &asked).await.0.is_empty() || matches!(asked, Asked::Obligations { .. }), "{asked:?}");
        assert_eq!(answer(desk, GLOBEX, &asked).await.unwrap().0, [], "{asked:?}");
    }
}
