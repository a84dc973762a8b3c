//! What must hold for any schedule and any bill at all, as plain functions: `properties.rs` calls them with random texts, and
//! the fuzz targets include this file by its path. It has no `#![cfg(test)]` of its own, which would leave them without it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::Deserialize;
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{Invoice, Lang, PayeeFacts, Payer, Refusal, Taka};
use vextrus_tax::{Answers, Assessment, Case, Schedule, Step, Tax, assess, diff, explain};

/// The text of the company's schedule.
pub(crate) const HOUSE: &str = include_str!("../../../rules/tax/house.toml");
/// The text of the statutory schedule.
pub(crate) const NBR: &str = include_str!("../../../rules/tax/nbr.toml");

/// Both schedules, read once: a fuzz target calls these functions some thousand times a second.
static SHIPPED: LazyLock<Vec<Schedule>> =
    LazyLock::new(|| [HOUSE, NBR].iter().filter_map(|text| Schedule::parse(text).ok()).collect());

/// A whole case as one text. What is left out is what a test company has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    invoice: Invoice,
    #[serde(default)]
    payer: Payer,
    #[serde(default)]
    payee: PayeeFacts,
    kind: Option<VendorKind>,
    paid_on: Option<NaiveDate>,
    #[serde(default)]
    answers: Answers,
}

/// A text is a schedule that can be used, or is refused with its line.
pub(crate) fn check_schedule(text: &str) {
    let schedule = match Schedule::parse(text) {
        Ok(schedule) => schedule,
        Err(error) => {
            assert!(error.line >= 1 && error.line <= text.lines().count() + 1, "line {} of {text:?}", error.line);
            assert!(!error.problem.is_empty(), "{error}");
            return;
        }
    };
    assert!(diff(&schedule, &schedule).is_empty());
    for row in &schedule.rows {
        assert!(schedule.rows_of(row.tax, &row.code).any(|r| r == row), "{} is not found", row.key());
    }
    assert!(Schedule::parse(text).is_ok_and(|again| again.hash == schedule.hash));
    let Ok(written) = serde_json::from_str::<Written>(PLAIN_BILL) else { return };
    check_one(&schedule, &written);
}

/// The bill that every schedule that could be read is tried on.
const PLAIN_BILL: &str = r#"{"invoice": {"vendor": "v", "number": "1", "date": "2026-08-01", "due_date": "2026-08-01",
    "currency": "BDT", "lines": [{"description": "x", "quantity": "1", "unit_price": "100", "amount": "100"}],
    "subtotal": "100", "vat": "15", "total": "115", "department": "works"}}"#;

/// A text is a case, which every schedule assesses or refuses; or it is none.
pub(crate) fn check_case(text: &str) {
    if let Ok(invoice) = Invoice::from_json(text) {
        let (payer, payee) = (Payer::default(), PayeeFacts::default());
        check_all(&Written { invoice, payer, payee, kind: None, paid_on: None, answers: Answers::new() });
    }
    if let Ok(written) = serde_json::from_str::<Written>(text) {
        check_all(&written);
    }
    if let Ok(stored) = serde_json::from_str::<Assessment>(text) {
        check_rendering(&stored);
        check_stored(&stored);
    }
}

fn check_all(written: &Written) {
    for schedule in SHIPPED.iter() {
        check_one(schedule, written);
    }
}

fn check_one(schedule: &Schedule, written: &Written) {
    // Whether the bill is sound by itself is asked before it is assessed; an unsound one must not panic either.
    let sound = written.invoice.violations().is_empty();
    let case = Case {
        invoice: &written.invoice,
        payer: &written.payer,
        kind: written.kind.unwrap_or(VendorKind::Supplier),
        payee: &written.payee,
        paid_on: written.paid_on.unwrap_or(written.invoice.date),
        answers: &written.answers,
    };
    let result = assess(schedule, &case);
    assert!(result == assess(schedule, &case), "the same case is assessed in two ways");
    match result {
        Ok(assessment) => {
            check_rendering(&assessment);
            check_stored(&assessment);
            if sound {
                check_assessment(&assessment);
            }
        }
        Err(refusal) => check_refusal(&refusal),
    }
}

/// A refusal says something.
pub(crate) fn check_refusal(refusal: &Refusal) {
    assert!(!refusal.message.is_empty(), "{refusal:?}");
}

/// The amounts of a sound bill's assessment add up, and each says why.
pub(crate) fn check_assessment(a: &Assessment) {
    let sum = |amounts: &mut dyn Iterator<Item = Taka>| amounts.map(|t| i128::from(t.poisha())).sum::<i128>();
    let of = |tax: Tax| sum(&mut a.withheld.iter().filter(|w| w.tax == tax).map(|w| w.amount));
    let (paid, kept) = (sum(&mut [a.net_payable, a.retention, a.advance].into_iter()), of(Tax::Vds) + of(Tax::Tds));
    assert_eq!(paid + kept, sum(&mut [a.total, a.borne].into_iter()), "payable and withheld make the total");
    assert_eq!(sum(&mut [a.subtotal, a.sd, a.vat].into_iter()), i128::from(a.total.poisha()));
    assert_eq!(sum(&mut a.lines.iter().map(|l| l.vat)), i128::from(a.vat.poisha()), "VAT by line");
    assert_eq!(sum(&mut a.lines.iter().map(|l| l.vds)), of(Tax::Vds), "VDS by line");
    assert_eq!(sum(&mut a.lines.iter().map(|l| l.tds)), of(Tax::Tds), "TDS by line");
    for amount in a.withheld.iter().map(|w| w.amount).chain([a.net_payable, a.borne]) {
        assert!(!amount.is_negative(), "{amount}");
    }
    assert!(a.withheld.iter().all(|w| w.amount != Taka::ZERO && matches!(w.tax, Tax::Vds | Tax::Tds)));
    check_working(a);
    check_questions(a);
}

/// Every step that comes from a rate names the row of that rate, and every row is used.
fn check_working(a: &Assessment) {
    let mut used = BTreeSet::new();
    for step in &a.trace {
        let Some(number) = step.row else {
            let suppliers_word = step.tax == Tax::Sd && step.step == Step::Share;
            let without = matches!(step.step, Step::Stated { .. } | Step::HighestOf { .. } | Step::NotWithheld { .. });
            assert!(suppliers_word || without, "a rate without its row: {step:?}");
            continue;
        };
        let row = a.row(step);
        assert!(row.is_some_and(|row| row.tax == step.tax), "row {number} of {step:?} is {row:?}");
        used.insert(number);
        let applied = matches!(step.step, Step::Share | Step::TaxFraction | Step::Whole) && step.tax != Tax::Tds;
        assert!(!applied || row.is_some_and(|row| row.rate == step.rate), "{step:?} is not the rate of {row:?}");
    }
    assert_eq!(used.len(), a.rows.len(), "a row is cited and rests under no step");
}

/// Questions have keys of their own, and are no more than what they are about.
fn check_questions(a: &Assessment) {
    let keys: BTreeSet<String> = a.questions.iter().map(vextrus_tax::Question::key).collect();
    assert_eq!(keys.len(), a.questions.len(), "two questions under one key: {:?}", a.questions);
    // Fifteen kinds for the document, and a few for each row or line.
    assert!(a.questions.len() <= 15 + 3 * (a.rows.len() + a.lines.len()), "{} questions", a.questions.len());
    assert!(a.questions.iter().all(|q| !q.text.is_empty()));
}

/// The words of an assessment name everything that is withheld, in both languages.
pub(crate) fn check_rendering(a: &Assessment) {
    for lang in [Lang::En, Lang::Bn] {
        let (lines, summary) = (explain::lines(a, lang), explain::summary(a, lang).join("\n"));
        assert_eq!(lines.len(), a.trace.len());
        assert!(explain::why(a, None, None, lang).len() >= lines.len());
        for withheld in &a.withheld {
            let amount = withheld.amount.grouped_in(lang);
            assert!(summary.contains(&amount), "{amount} is not in {summary}");
        }
        for tax in Tax::ALL {
            let steps = a.trace.iter().filter(|s| s.tax == tax).count();
            assert!(explain::why(a, Some(tax), None, lang).len() >= steps, "{tax}");
        }
    }
}

/// What is stored is read as it was.
pub(crate) fn check_stored(a: &Assessment) {
    let Ok(json) = serde_json::to_string(a) else { return };
    let read = serde_json::from_str::<Assessment>(&json);
    assert!(read.as_ref().is_ok_and(|read| read == a), "{json}: {read:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handful_of_hostile_texts() {
        assert_eq!(SHIPPED.len(), 2, "both schedules can be read");
        assert!(serde_json::from_str::<Written>(PLAIN_BILL).is_ok());
        check_case(PLAIN_BILL);
        for text in
            [HOUSE, NBR, "", "\u{0}", "row = []", "schedule = \"x\"\nvat_tolerance = \"1\"\nrow = []", "[[row]", "é = "]
        {
            check_schedule(text);
        }
        let long = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for text in ["", "{}", "[]", "null", "{\"invoice\": {}}", "\"", "\u{FEFF}{}", &long] {
            check_case(text);
        }
        // The largest amounts that a bill can hold, the smallest, and one below nothing.
        for amount in ["1000000000000", "0.01", "-1", "999999999999.99"] {
            check_case(&PLAIN_BILL.replace("\"100\"", &format!("\"{amount}\"")));
            let whole = PLAIN_BILL.replace("\"100\"", &format!("\"{amount}\"")).replace("\"15\"", "\"0\"");
            check_case(&whole.replace("\"115\"", &format!("\"{amount}\"")));
        }
    }
}
